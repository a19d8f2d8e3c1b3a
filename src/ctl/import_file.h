/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of another program's, in memory. */
#ifndef CONFAB_IMPORT_FILE_H
#define CONFAB_IMPORT_FILE_H

#include "buf.h"

/* EFBIG over 1 GiB, or open()'s and read()'s errors, with why. */
int import_file_read(struct buf *text, const char *path, struct buf *why);
/* It is a data base of SQLite, not text. */
bool import_file_is_sqlite(const struct buf *text);

#endif
