/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of another program's file: a data base, a dump, or a list. */
#include "import_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "import_file.h"
#include "import_text.h"
#include "mem.h"

enum { WHY_MAX = 256 };

static bool has(const struct buf *text, const char *name)
{
	return text->n && memmem(text->p, text->n, name, strlen(name));
}

/* A dump names the table; a list has no more than its rows. */
static bool is_dump(const struct import_source *from, const struct buf *text)
{
	size_t n = strlen(from->path);

	if (n > 4 && strcmp(from->path + n - 4, ".csv") == 0)
		return false;
	return has(text, from->name) || has(text, from->usual);
}

struct counted {
	import_row_h *h;
	void *arg;
	size_t rows;
};

static int on_row(const struct import_row *row, void *arg)
{
	struct counted *c = arg;

	c->rows++;
	return c->h(row, c->arg);
}

/* It may have the table by its name of old. */
static int read_sqlite(const struct import_source *from, import_row_h *h,
		       void *arg, char *said, size_t size)
{
	struct counted c = { h, arg, 0 };
	char again[WHY_MAX] = "";
	int err = store_import_sqlite(from->path, from->table, from->name,
				      on_row, &c, said, size);

	if (err != EBADMSG || c.rows || !strcmp(from->name, from->usual))
		return err;
	err = store_import_sqlite(from->path, from->table, from->usual, h,
				  arg, again, sizeof(again));
	if (err != EBADMSG)
		snprintf(said, size, "%s", again);
	return err;
}

int import_table_read(const struct import_source *from, import_row_h *h,
		      void *arg, struct buf *why)
{
	struct buf text = { 0 }, words = { 0 };
	char said[WHY_MAX] = "";
	int err = import_file_read(&text, from->path, why);

	if (err)
		goto out;
	if (import_file_is_sqlite(&text))
		err = read_sqlite(from, h, arg, said, sizeof(said));
	else if (is_dump(from, &text))
		err = import_sql_as(buf_view(&text), from->table, from->name,
				    h, arg, &words);
	else
		err = import_csv(buf_view(&text), from->table, h, arg,
				 &words);
	if (err && (*said || words.n))
		buf_addf(why, "%s: %s", from->path,
			 *said ? said : buf_str(&words));
 out:
	buf_free(&words);
	mem_wipe_free(text.p, text.cap);
	return err;
}
