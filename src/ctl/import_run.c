/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabctl import: which form a file has, and reading it twice: rooms first,
 * as dumps have the members before them. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "import_file.h"
#include "import_run.h"
#include "import_send.h"
#include "import_text.h"
#include "mem.h"

enum { WHY_MAX = 256 };

struct source {
	const char *path;  /* borrowed */
	struct buf text;   /* owned; of a text file */
	enum import_table table; /* CSV: of which table; else NONE */
	bool sqlite;
};

static int read_file(struct source *src, struct buf *why)
{
	int err = import_file_read(&src->text, src->path, why);

	src->sqlite = !err && import_file_is_sqlite(&src->text);
	return err;
}

/* Only what is of this pass comes through import_send_row(). */
static int read_source(struct source *src, struct import_send *s,
		       struct buf *why)
{
	struct buf text = { 0 };
	char said[WHY_MAX] = "";
	int err;

	if (src->table != IMPORT_NONE && src->table != s->pass)
		return 0;
	if (src->sqlite)
		err = store_import_sqlite(src->path, s->pass, NULL,
					  import_send_row, s, said,
					  sizeof(said));
	else if (src->table != IMPORT_NONE)
		err = import_csv(buf_view(&src->text), src->table,
				 import_send_row, s, &text);
	else
		err = import_sql(buf_view(&src->text), import_send_row, s,
				 &text);
	if (err && (*said || text.n))
		buf_addf(why, "%s: %s", src->path,
			 *said ? said : buf_str(&text));
	buf_free(&text);
	return err;
}

/* What was taken before a file breaks off stays, and is counted. */
static int read_pass(struct source *src, size_t n, struct import_send *s,
		     enum import_table pass, struct buf *why)
{
	int err = 0;

	s->pass = pass;
	for (size_t i = 0; i < n && !err; i++)
		err = read_source(&src[i], s, why);
	if (!err)
		err = import_send_flush(s);
	return err;
}

static int run(json_t **report, int fd, struct source *src, size_t n,
	       struct buf *why)
{
	struct import_send s;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = read_file(&src[i], why);
	if (err)
		return err;
	import_send_init(&s, fd);
	err = read_pass(src, n, &s, IMPORT_ROOMS, why);
	if (!err)
		err = read_pass(src, n, &s, IMPORT_MEMBERS, why);
	if (!err) {
		import_send_check(&s);
		*report = import_send_report(&s);
	}
	import_send_free(&s);
	return err;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int run_files(json_t **report, int fd, int argc, char **argv,
		     struct buf *why)
{
	struct source src[2] = { { .path = argv[0] } };
	char *rooms = mem_printf("%s/imc_rooms.csv", argv[0]);
	char *members = mem_printf("%s/imc_members.csv", argv[0]);
	bool folder = argc == 1 && is_folder(argv[0]);
	size_t n = argc == 2 || folder ? 2 : 1;
	int err;

	if (n == 2) {
		src[0].path = folder ? rooms : argv[0];
		src[0].table = IMPORT_ROOMS;
		src[1].path = folder ? members : argv[1];
		src[1].table = IMPORT_MEMBERS;
	}
	err = run(report, fd, src, n, why);
	for (size_t i = 0; i < n; i++)
		buf_free(&src[i].text);
	mem_free(rooms);
	mem_free(members);
	return err;
}

static json_t *refusal(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

/* Both have the same tables; the name is asked for, as they may part. */
static bool is_known(const char *name)
{
	return strcmp(name, "kamailio") == 0 || strcmp(name, "opensips") == 0;
}

int import_run(json_t **answer, int fd, int argc, char **argv)
{
	struct buf why = { 0 };
	json_t *report = NULL;
	int err = 0;

	if (argc < 2 || argc > 3 || !is_known(argv[0])) {
		*answer = refusal("usage: import kamailio|opensips "
				  "FILE [MEMBERS]");
		return 0;
	}
	err = run_files(&report, fd, argc - 1, argv + 1, &why);
	if (!err)
		*answer = json_pack("{s:b, s:o}", "ok", 1, "result", report);
	else if (why.n)
		*answer = refusal(buf_str(&why));
	buf_free(&why);
	return *answer ? 0 : err;
}
