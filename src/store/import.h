/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of Kamailio's and OpenSIPS's tables imc_rooms and imc_members, as
 * readers of any form of them hand them out. */
#ifndef CONFAB_STORE_IMPORT_H
#define CONFAB_STORE_IMPORT_H

#include <stddef.h>

#include "view.h"

enum import_table { IMPORT_NONE, IMPORT_ROOMS, IMPORT_MEMBERS };

enum import_field {
	IMPORT_NAME,   /* of the room; of a member the column "username" */
	IMPORT_DOMAIN,
	IMPORT_FLAG,
	IMPORT_ROOM,   /* members: "sip:name@domain" */
	IMPORT_FIELDS,
	IMPORT_OTHER = IMPORT_FIELDS, /* a column that we do not take */
};

struct import_row {
	enum import_table table;
	struct view field[IMPORT_FIELDS]; /* NULL columns are empty */
	size_t line;      /* in the file, from 1; 0: it has none */
	const char *bad;  /* why the row makes no sense, or NULL */
};

/* The row is borrowed until it returns; an error ends the reading. */
typedef int (import_row_h)(const struct import_row *row, void *arg);

/* A file of another program's; it is not written to. First all rooms, then
 * all members. EBADMSG no such tables, EBUSY, EACCES, EIO, with one line in
 * why; or what h returned. */
int store_import_sqlite(const char *path, import_row_h *h, void *arg,
			char *why, size_t whysize);

#endif
