/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parsers of text that other programs wrote of imc's tables. Pure: bytes in,
 * rows out. EBADMSG with one line in why when the text ends in the middle or
 * is of another form; or what h returned. Rows are in the order of the text.
 */
#ifndef CONFAB_IMPORT_TEXT_H
#define CONFAB_IMPORT_TEXT_H

#include "buf.h"
#include "import.h"

/* What mysqldump, mariadb-dump, pg_dump (COPY or INSERT) and sqlite3's .dump
 * write; other tables are passed over. */
int import_sql(struct view text, import_row_h *h, void *arg, struct buf *why);
/* A table of this name counts as well (NULL: none does): its rows are those of
 * table. */
int import_sql_as(struct view text, enum import_table table, const char *name,
		  import_row_h *h, void *arg, struct buf *why);
/* RFC 4180, of one table, with or without a line of column names. */
int import_csv(struct view text, enum import_table table, import_row_h *h,
	       void *arg, struct buf *why);

#endif
