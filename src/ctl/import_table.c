/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of another program's file: a data base, a dump, or a list. */
#include "import_table.h"

#include <string.h>

#include "import_file.h"
#include "import_text.h"
#include "mem.h"

enum { WHY_MAX = 256 };

/* A dump names the table; a list has no more than its rows. */
static bool is_dump(const char *path, const struct buf *text,
		    const char *name)
{
	size_t n = strlen(path);

	if (n > 4 && strcmp(path + n - 4, ".csv") == 0)
		return false;
	return text->n && memmem(text->p, text->n, name, strlen(name));
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
		err = store_import_sqlite(from->path, from->table, from->name,
					  h, arg, said, sizeof(said));
	else if (is_dump(from->path, &text, from->name))
		err = import_sql(buf_view(&text), h, arg, &words);
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
