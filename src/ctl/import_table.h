/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of another program's file, which may be a data base of SQLite, a
 * dump, or a list (CSV). */
#ifndef CONFAB_IMPORT_TABLE_H
#define CONFAB_IMPORT_TABLE_H

#include "buf.h"
#include "import.h"

struct import_source {
	const char *path;
	enum import_table table;
	const char *name;  /* of the table, as the operator has called it */
	const char *usual; /* and as it is called else */
};

/* The file may have passwords in it: its text is wiped afterwards. Errors of
 * import_file_read(), store_import_sqlite() and import_text.h, or what h
 * returned; with why. */
int import_table_read(const struct import_source *from, import_row_h *h,
		      void *arg, struct buf *why);

#endif
