/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the columns of other servers' tables are. Versions differ in what else
 * there is, and in whether there are HA1s at all. */
#include "import.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	enum import_field field;
	unsigned tables; /* 1 << IMPORT_... that have it */
} columns[] = {
	{ "name", IMPORT_NAME, 1u << IMPORT_ROOMS },
	{ "username", IMPORT_NAME,
	  1u << IMPORT_MEMBERS | 1u << IMPORT_USERS },
	{ "user", IMPORT_NAME, 1u << IMPORT_USERS | 1u << IMPORT_BUDDIES },
	{ "domain", IMPORT_DOMAIN,
	  1u << IMPORT_ROOMS | 1u << IMPORT_MEMBERS | 1u << IMPORT_USERS },
	{ "flag", IMPORT_FLAG, 1u << IMPORT_ROOMS | 1u << IMPORT_MEMBERS },
	{ "room", IMPORT_ROOM, 1u << IMPORT_MEMBERS },
	{ "password", IMPORT_PASSWORD, 1u << IMPORT_USERS },
	{ "ha1", IMPORT_HA1, 1u << IMPORT_USERS },
	{ "ha1b", IMPORT_HA1B, 1u << IMPORT_USERS },
	{ "ha1_sha256", IMPORT_HA1_SHA256, 1u << IMPORT_USERS },
	{ "jab_id", IMPORT_JAB_ID, 1u << IMPORT_JUSERS },
	{ "jab_passwd", IMPORT_PASSWORD, 1u << IMPORT_JUSERS },
	{ "sip_id", IMPORT_SIP_ID, 1u << IMPORT_JUSERS },
	{ "type", IMPORT_TYPE, 1u << IMPORT_JUSERS },
	{ "sip_user", IMPORT_SIP_ID, 1u << IMPORT_PURPLEMAP },
	{ "ext_user", IMPORT_JAB_ID, 1u << IMPORT_PURPLEMAP },
	{ "ext_prot", IMPORT_PROT, 1u << IMPORT_PURPLEMAP },
	{ "ext_pass", IMPORT_PASSWORD, 1u << IMPORT_PURPLEMAP },
	{ "buddy", IMPORT_SIP_ID, 1u << IMPORT_BUDDIES },
};

enum import_field import_field_of(enum import_table table, struct view name)
{
	size_t i;

	for (i = 0; i < COUNT(columns); i++) {
		if (columns[i].tables & 1u << table &&
		    view_ieqs(name, columns[i].name))
			return columns[i].field;
	}
	return IMPORT_OTHER;
}

bool import_fields_do(enum import_table table, unsigned fields)
{
	static const unsigned needed[IMPORT_TABLES] = {
		[IMPORT_ROOMS] = 1u << IMPORT_NAME | 1u << IMPORT_DOMAIN |
				 1u << IMPORT_FLAG,
		[IMPORT_MEMBERS] = 1u << IMPORT_NAME | 1u << IMPORT_DOMAIN |
				   1u << IMPORT_FLAG | 1u << IMPORT_ROOM,
		[IMPORT_USERS] = 1u << IMPORT_NAME,
		[IMPORT_JUSERS] = 1u << IMPORT_JAB_ID | 1u << IMPORT_SIP_ID |
				  1u << IMPORT_PASSWORD,
		[IMPORT_PURPLEMAP] = 1u << IMPORT_SIP_ID |
				     1u << IMPORT_JAB_ID | 1u << IMPORT_PROT,
		[IMPORT_BUDDIES] = 1u << IMPORT_NAME | 1u << IMPORT_SIP_ID,
	};

	return (fields & needed[table]) == needed[table];
}
