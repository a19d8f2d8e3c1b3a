/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confabctl jabber map import: the table jusers of the old jabber module, or a
 * list of sip_id,jab_id,jab_passwd[,type] as CSV; and purple map import: the
 * table purplemap of the old purple module. Each row is taken whole or named
 * with the reason why not. The order stays: the first enabled account of a
 * user is the one that is used.
 */
#include <errno.h>
#include <string.h>

#include "import_send.h"
#include "import_table.h"
#include "map.h"
#include "mem.h"

enum { NAME_MAX_BYTES = 512, PASSWORD_MAX_BYTES = 1024 };

/* ext_prot was "gtalk", or a plug-in; an IRC account needs no password. */
static const char *check_purple(const struct import_row *row)
{
	const struct view *f = row->field;

	if (row->bad)
		return row->bad;
	if (!f[IMPORT_SIP_ID].n || !f[IMPORT_JAB_ID].n || !f[IMPORT_PROT].n)
		return "its sip_user, ext_user or ext_prot is missing";
	if (f[IMPORT_SIP_ID].n > NAME_MAX_BYTES ||
	    f[IMPORT_JAB_ID].n > NAME_MAX_BYTES ||
	    f[IMPORT_PROT].n > NAME_MAX_BYTES)
		return "its name is too long";
	if (f[IMPORT_PASSWORD].n > PASSWORD_MAX_BYTES)
		return "its password is too long";
	return NULL;
}

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

/* "prpl-jabber/" of purplemap. */
static void add_prot(struct buf *b, const struct import_row *row)
{
	if (row->table != IMPORT_PURPLEMAP)
		return;
	buf_addv(b, row->field[IMPORT_PROT]);
	buf_addc(b, '/');
}

/* As people know it: "alice = sip:alice@example.org". */
static void add_name(struct buf *what, const struct import_row *row)
{
	add_prot(what, row);
	buf_addv(what, view_head(row->field[IMPORT_JAB_ID], 128));
	buf_adds(what, " = ");
	add_lower(what, view_head(row->field[IMPORT_SIP_ID], 128));
}

static int take(struct import_send *s, const struct import_row *row,
		bool enabled, const char *what)
{
	const struct view *f = row->field;
	struct buf login = { 0 };
	json_t *json;

	add_prot(&login, row);
	buf_addv(&login, f[IMPORT_JAB_ID]);
	json = json_pack("[s%, s%, s%, b]", f[IMPORT_SIP_ID].p,
			 f[IMPORT_SIP_ID].n, login.p, login.n,
			 f[IMPORT_PASSWORD].n ? f[IMPORT_PASSWORD].p : "",
			 f[IMPORT_PASSWORD].n, enabled);
	buf_free(&login);
	if (!json) {
		import_send_skip(s, "a row", row->line, "it is no UTF-8");
		return 0;
	}
	return import_send_queue(s, json,
				 f[IMPORT_SIP_ID].n + f[IMPORT_PROT].n +
					 f[IMPORT_JAB_ID].n + 1 +
					 f[IMPORT_PASSWORD].n,
				 what, row->line);
}

static int on_row(const struct import_row *row, void *arg)
{
	struct import_send *s = arg;
	struct buf what = { 0 };
	const char *bad;
	uint64_t type = 0;
	int err = 0;

	if (row->table != s->pass)
		return 0;
	bad = s->pass == IMPORT_PURPLEMAP ? check_purple(row) :
					    check_row(row, &type);
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
	const struct import_count *n = &s->count[s->pass];

	return json_pack("{s:I, s:I, s:I, s:O}", "accounts_taken", n->taken,
			 "accounts_there_already", n->there,
			 "accounts_skipped", n->skipped, "skipped",
			 s->skipped);
}

static int import_files(json_t **answer, int fd,
			const struct import_source *what, int argc,
			char **argv)
{
	struct import_send s;
	struct buf why = { 0 };
	int err = 0;

	import_send_init(&s, fd);
	s.pass = what->table;
	for (int i = 0; i < argc && !err; i++) {
		const struct import_source from = { argv[i], what->table,
						    what->name,
						    what->usual };

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

static json_t *refuse_url(const char *word, const char *table)
{
	char *text = mem_printf("db_url names no SQLite file: write a dump "
				"of its table (mysqldump ... %s > %s.sql) "
				"and name that: %s map import %s.sql",
				table, table, word, table);
	json_t *refusal = map_refusal(text);

	mem_free(text);
	return refusal;
}

static const char *text_of(const json_t *said, const char *key)
{
	return json_string_value(json_object_get(json_object_get(said,
								 "result"),
						 key));
}

/* What the operator has called the table, and where it is: to be asked once.
 * Takes nothing; said is the caller's. */
static int ask_source(json_t **said, int fd, const char *word,
		      struct import_source *what)
{
	int err = map_ask(said, fd, json_pack("{s:[s, s]}", "argv", word,
					      "source"));
	const char *table = text_of(*said, "db_table");

	if (table)
		what->name = table;
	return err;
}

static int import_url(json_t **answer, int fd, const char *word,
		      const struct import_source *what, const char *url)
{
	char *file;
	int err;

	if (!url || !file_of(url)) {
		*answer = refuse_url(word, what->name);
		return 0;
	}
	file = mem_strdup(file_of(url));
	err = import_files(answer, fd, what, 1, &file);
	mem_free(file);
	return err;
}

int map_import(json_t **answer, int fd, const char *word, int argc,
	       char **argv)
{
	bool purple = strcmp(word, "purple") == 0;
	const char *usual = purple ? "purplemap" : "jusers";
	struct import_source what = {
		.table = purple ? IMPORT_PURPLEMAP : IMPORT_JUSERS,
		.name = usual,
		.usual = usual,
	};
	json_t *said = NULL;
	int err = ask_source(&said, fd, word, &what);

	if (!err && argc > 0)
		err = import_files(answer, fd, &what, argc, argv);
	else if (!err)
		err = import_url(answer, fd, word, &what,
				 text_of(said, "db_url"));
	json_decref(said);
	return err;
}
