/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confabctl jabber map import: the table jusers of the old jabber module, or a
 * list of sip_id,jab_id,jab_passwd[,type] as CSV. Each row is taken whole or
 * named with the reason why not. The order stays: the first enabled account of
 * a user is the one that is used.
 */
#include <errno.h>
#include <string.h>

#include "import_send.h"
#include "import_table.h"
#include "map.h"
#include "mem.h"

enum { NAME_MAX_BYTES = 512, PASSWORD_MAX_BYTES = 1024 };

static const char *check_row(const struct import_row *row, uint64_t *type)
{
	const struct view *f = row->field;

	*type = 0;
	if (row->bad)
		return row->bad;
	if (!f[IMPORT_SIP_ID].n)
		return "its sip_id is missing";
	if (!f[IMPORT_JAB_ID].n)
		return "its jab_id is missing";
	if (!f[IMPORT_PASSWORD].n)
		return "it has no password";
	if (f[IMPORT_SIP_ID].n > NAME_MAX_BYTES ||
	    f[IMPORT_JAB_ID].n > NAME_MAX_BYTES)
		return "its name is too long";
	if (f[IMPORT_PASSWORD].n > PASSWORD_MAX_BYTES)
		return "its password is too long";
	if (f[IMPORT_TYPE].n && view_u64(type, f[IMPORT_TYPE], 1))
		return "its type is neither 0 nor 1";
	return NULL;
}

static void add_lower(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		buf_addc(b, c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
}

/* As people know it: "alice = sip:alice@example.org". */
static void add_name(struct buf *what, const struct import_row *row)
{
	buf_addv(what, view_head(row->field[IMPORT_JAB_ID], 128));
	buf_adds(what, " = ");
	add_lower(what, view_head(row->field[IMPORT_SIP_ID], 128));
}

static int take(struct import_send *s, const struct import_row *row,
		bool enabled, const char *what)
{
	const struct view *f = row->field;
	json_t *json = json_pack("[s%, s%, s%, b]", f[IMPORT_SIP_ID].p,
				 f[IMPORT_SIP_ID].n, f[IMPORT_JAB_ID].p,
				 f[IMPORT_JAB_ID].n, f[IMPORT_PASSWORD].p,
				 f[IMPORT_PASSWORD].n, enabled);

	if (!json) {
		import_send_skip(s, "a row", row->line, "it is no UTF-8");
		return 0;
	}
	return import_send_queue(s, json,
				 f[IMPORT_SIP_ID].n + f[IMPORT_JAB_ID].n +
					 f[IMPORT_PASSWORD].n,
				 what, row->line);
}

static int on_row(const struct import_row *row, void *arg)
{
	struct import_send *s = arg;
	struct buf what = { 0 };
	const char *bad;
	uint64_t type;
	int err = 0;

	if (row->table != IMPORT_JUSERS)
		return 0;
	bad = check_row(row, &type);
	if (!row->bad)
		add_name(&what, row);
	if (!bad && !import_send_first(s, buf_view(&what)))
		bad = "it is twice in the file";
	if (bad)
		import_send_skip(s, what.n ? buf_str(&what) : "a row",
				 row->line, bad);
	else
		err = take(s, row, !type, buf_str(&what));
	buf_free(&what);
	return err;
}

static json_t *report(const struct import_send *s)
{
	const struct import_count *n = &s->count[IMPORT_JUSERS];

	return json_pack("{s:I, s:I, s:I, s:O}", "accounts_taken", n->taken,
			 "accounts_there_already", n->there,
			 "accounts_skipped", n->skipped, "skipped",
			 s->skipped);
}

static int import_files(json_t **answer, int fd, int argc, char **argv)
{
	struct import_send s;
	struct buf why = { 0 };
	int err = 0;

	import_send_init(&s, fd);
	s.pass = IMPORT_JUSERS;
	for (int i = 0; i < argc && !err; i++) {
		const struct import_source from = { argv[i], IMPORT_JUSERS,
						    "jusers" };

		err = import_table_read(&from, on_row, &s, &why);
	}
	if (!err)
		err = import_send_flush(&s);
	if (!err)
		*answer = json_pack("{s:b, s:o}", "ok", 1, "result",
				    report(&s));
	else if (why.n)
		*answer = map_refusal(buf_str(&why));
	import_send_free(&s);
	err = why.n ? 0 : err;
	buf_free(&why);
	return err;
}

/* ---- without a file: db_url says where ---- */

/* The SQLite file of a URL; NULL: it is another data base. */
static const char *file_of(const char *url)
{
	struct view v = view_str(url);

	if (view_istarts(v, VIEW("sqlite://")))
		url += strlen("sqlite://");
	return *url == '/' ? url : NULL;
}

static json_t *refuse_url(void)
{
	return map_refusal("db_url names no SQLite file: write a dump of its "
			   "table (mysqldump sip_jab jusers > jusers.sql) "
			   "and name that: jabber map import jusers.sql");
}

int map_import(json_t **answer, int fd, const char *word, int argc,
	       char **argv)
{
	json_t *said = NULL;
	const char *url;
	char *file = NULL;
	int err;

	if (argc > 0)
		return import_files(answer, fd, argc, argv);
	err = map_ask(&said, fd, json_pack("{s:[s, s]}", "argv", word,
					   "source"));
	if (err)
		return err;
	url = json_string_value(json_object_get(json_object_get(said,
								"result"),
						"db_url"));
	if (url && file_of(url))
		file = mem_strdup(file_of(url));
	json_decref(said);
	if (file)
		err = import_files(answer, fd, 1, &file);
	else
		*answer = refuse_url();
	mem_free(file);
	return err;
}
