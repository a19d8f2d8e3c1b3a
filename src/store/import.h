/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of Kamailio's and OpenSIPS's tables imc_rooms, imc_members, subscriber,
 * jusers and purplemap, as readers of any form of them hand them out. */
#ifndef CONFAB_STORE_IMPORT_H
#define CONFAB_STORE_IMPORT_H

#include <stddef.h>

#include "view.h"

enum import_table {
	IMPORT_NONE, IMPORT_ROOMS, IMPORT_MEMBERS, IMPORT_USERS,
	IMPORT_JUSERS, /* the jabber module's accounts */
	IMPORT_PURPLEMAP, /* the purple module's */
	IMPORT_BUDDIES, /* ours: whom users watch */
	IMPORT_TABLES,
};

enum import_field {
	IMPORT_NAME,   /* of the room; of others the column "username" */
	IMPORT_DOMAIN,
	IMPORT_FLAG,
	IMPORT_ROOM,   /* members: "sip:name@domain" */
	IMPORT_PASSWORD, /* users, jusers: in clear text */
	IMPORT_HA1,      /* users: by MD5; then of user@domain */
	IMPORT_HA1B,
	IMPORT_HA1_SHA256,
	IMPORT_JAB_ID,   /* jusers: "user" or "user@domain"; purplemap: the
			    account's name */
	IMPORT_PROT,     /* purplemap: "prpl-jabber" */
	IMPORT_SIP_ID,   /* "sip:user@domain"; buddies: "user" as well */
	IMPORT_TYPE,     /* 0 enabled, 1 disabled */
	IMPORT_FIELDS,
	IMPORT_OTHER = IMPORT_FIELDS, /* a column that we do not take */
};

struct import_row {
	enum import_table table;
	struct view field[IMPORT_FIELDS]; /* NULL columns are empty */
	size_t line;      /* in the file, from 1; 0: it has none */
	const char *bad;  /* why the row makes no sense, or NULL */
};

/* The field that a column of this name is; IMPORT_OTHER: none. */
enum import_field import_field_of(enum import_table table, struct view name);
/* Whether these fields (1 << field) are enough for a table. */
bool import_fields_do(enum import_table table, unsigned fields);

/* The row is borrowed until it returns; an error ends the reading. */
typedef int (import_row_h)(const struct import_row *row, void *arg);

/* One table of a file of another program's; it is not written to. name: how it
 * is called there, letters, digits and "_"; NULL: as usual. Columns that
 * are not there are empty. EBADMSG no such table, EBUSY, EACCES, EIO, with one
 * line in why; or what h returned. */
int store_import_sqlite(const char *path, enum import_table table,
			const char *name, import_row_h *h, void *arg,
			char *why, size_t whysize);

#endif
