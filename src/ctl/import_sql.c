/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dumps in SQL: of all statements only INSERT, REPLACE and COPY matter; of
 * the others the end has to be found, past strings and comments.
 */
#include <errno.h>
#include <string.h>

#include "import_row.h"
#include "import_text.h"

enum { HEAD_MAX = 4096 };

struct sql {
	struct view text;
	size_t at, line;
	bool backslash; /* MySQL: an escape in any string */
	enum import_table other; /* what the table of this name is */
	const char *name;        /* borrowed; or NULL */
	struct row_maker row;
	import_row_h *h;
	void *arg;
	struct buf *why; /* borrowed */
};

static bool ended(const struct sql *s)
{
	return s->at >= s->text.n;
}

static char peek_at(const struct sql *s, size_t n)
{
	return n < s->text.n - s->at ? s->text.p[s->at + n] : '\0';
}

static char peek(const struct sql *s)
{
	return peek_at(s, 0);
}

static char take(struct sql *s)
{
	char c = s->text.p[s->at++];

	s->line += c == '\n';
	return c;
}

static int broken(struct sql *s, const char *what)
{
	buf_addf(s->why, "line %zu: %s", s->line, what);
	return EBADMSG;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

static void skip_line(struct sql *s)
{
	while (!ended(s) && take(s) != '\n')
		;
}

static void skip_block(struct sql *s)
{
	while (!ended(s)) {
		if (take(s) == '*' && peek(s) == '/') {
			s->at++;
			return;
		}
	}
}

/* "#" begins a comment in MySQL only; "--" in all of them. */
static bool skip_comment(struct sql *s)
{
	char c = peek(s), d = peek_at(s, 1);

	if ((c == '-' && d == '-') || (c == '#' && s->backslash))
		skip_line(s);
	else if (c == '/' && d == '*')
		skip_block(s);
	else
		return false;
	return true;
}

static void skip_space(struct sql *s)
{
	while (!ended(s)) {
		if (is_space(peek(s)))
			take(s);
		else if (!skip_comment(s))
			return;
	}
}

static bool word(struct sql *s, struct view *out)
{
	size_t start;

	skip_space(s);
	start = s->at;
	while (!ended(s) && is_word(peek(s)))
		s->at++;
	*out = view_mem(s->text.p + start, s->at - start);
	return out->n > 0;
}

static bool accept(struct sql *s, char c)
{
	skip_space(s);
	if (ended(s) || peek(s) != c)
		return false;
	take(s);
	return true;
}

/* MySQL 8, 9.1.1, table of escapes; COPY has the same and some more. */
static char unescaped(char c)
{
	static const char from[] = "0bfnrtvZ", to[] = "\0\b\f\n\r\t\v\x1a";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : c;
}

/* Behind the opening quote; keep: the bytes belong to a value. */
static bool string(struct sql *s, char quote, bool escapes, bool keep)
{
	while (!ended(s)) {
		char c = take(s);

		if (c == quote) {
			if (ended(s) || peek(s) != quote)
				return true;
			take(s);
		} else if (c == '\\' && escapes && !ended(s)) {
			c = unescaped(take(s));
		}
		if (keep)
			row_add(&s->row, c);
	}
	return false;
}

static bool is_quote(char c)
{
	return c == '\'' || c == '"' || c == '`';
}

static int skip_statement(struct sql *s)
{
	while (!ended(s)) {
		char c;

		if (skip_comment(s))
			continue;
		c = take(s);
		if (c == ';')
			return 0;
		if (is_quote(c) &&
		    !string(s, c, s->backslash && c != '`', false))
			return broken(s, "a quote is not closed");
	}
	return 0; /* the last one may lack its ';' */
}

/* A name, bare or in quotes; in the text as it stands. */
static bool name_part(struct sql *s, struct view *out)
{
	size_t start;
	char c;

	skip_space(s);
	c = peek(s);
	if (c != '`' && c != '"')
		return word(s, out);
	take(s);
	start = s->at;
	if (!string(s, c, false, false))
		return false;
	*out = view_mem(s->text.p + start, s->at - start - 1);
	return true;
}

/* schema.table: the last part counts. */
static bool table_name(struct sql *s, enum import_table *out)
{
	struct view part;

	do {
		if (!name_part(s, &part))
			return false;
	} while (accept(s, '.'));
	*out = row_table_of(part);
	if (*out == IMPORT_NONE && s->name && view_ieqs(part, s->name))
		*out = s->other;
	return true;
}

/* The names in brackets; without them the usual ones. */
static int columns(struct sql *s, enum import_table table)
{
	struct view part;

	row_usual_columns(&s->row, table);
	if (!accept(s, '('))
		return 0;
	row_columns_begin(&s->row, table);
	do {
		if (!name_part(s, &part))
			return broken(s, "a column has no name");
		row_columns_add(&s->row, part);
	} while (accept(s, ','));
	row_columns_end(&s->row);
	return accept(s, ')') ? 0 : broken(s, "no ) behind the columns");
}

/* A string may have something in front: _binary'x', N'x', E'x'. */
static int value(struct sql *s)
{
	bool escapes = s->backslash;
	size_t start;
	struct view w;

	skip_space(s);
	start = s->at;
	while (!ended(s) && (is_word(peek(s)) || strchr("+-.", peek(s))))
		s->at++;
	w = view_mem(s->text.p + start, s->at - start);
	if (view_has(w, '_') && w.p[0] == '_')
		skip_space(s);
	if (peek(s) == '\'') {
		take(s);
		if (!string(s, '\'', escapes || view_ieqs(w, "E"), true))
			return broken(s, "a quote is not closed");
		row_next(&s->row, false);
		return 0;
	}
	if (!w.n)
		return broken(s, "a value is missing");
	for (size_t i = 0; i < w.n; i++)
		row_add(&s->row, w.p[i]);
	row_next(&s->row, view_ieqs(w, "NULL"));
	return 0;
}

static int tuple(struct sql *s)
{
	int err = 0;

	row_begin(&s->row, s->line);
	do {
		err = value(s);
	} while (!err && accept(s, ','));
	if (!err && !accept(s, ')'))
		err = broken(s, "no ) behind the values");
	return err ? err : row_emit(&s->row, s->h, s->arg);
}

/* INSERT [IGNORE] INTO table [(columns)] VALUES (...), (...); */
static int insert(struct sql *s)
{
	enum import_table table;
	struct view w;
	int err;

	while (word(s, &w) && !view_ieqs(w, "INTO"))
		;
	if (!w.n || !table_name(s, &table) || table == IMPORT_NONE)
		return skip_statement(s);
	err = columns(s, table);
	if (!err && (!word(s, &w) || !view_ieqs(w, "VALUES")))
		err = broken(s, "INSERT without VALUES");
	if (!err && !accept(s, '('))
		err = broken(s, "no ( before the values");
	while (!err) {
		err = tuple(s);
		if (err || !accept(s, ','))
			break;
		if (!accept(s, '('))
			err = broken(s, "no ( before the values");
	}
	return err ? err : skip_statement(s);
}

/* PostgreSQL 15, COPY, text format; numbers (\101) are not written by it. */
static int copy_line(struct sql *s, struct view line)
{
	size_t start = 0;

	row_begin(&s->row, s->line);
	for (size_t i = 0; i <= line.n; i++) {
		if (i == line.n || line.p[i] == '\t') {
			row_next(&s->row,
				 view_eqs(view_mem(line.p + start, i - start),
					  "\\N"));
			start = i + 1;
		} else if (line.p[i] == '\\' && i + 1 < line.n) {
			row_add(&s->row, unescaped(line.p[++i]));
		} else {
			row_add(&s->row, line.p[i]);
		}
	}
	return row_emit(&s->row, s->h, s->arg);
}

/* COPY table (columns) FROM stdin; lines up to one with \. */
static int copy(struct sql *s)
{
	enum import_table table;
	struct view line, rest;
	int err = 0;

	if (!table_name(s, &table))
		return skip_statement(s);
	row_usual_columns(&s->row, table);
	err = columns(s, table);
	if (!err)
		err = skip_statement(s);
	if (!err)
		skip_line(s);
	while (!err && !ended(s)) {
		view_cut(view_from(s->text, s->at), '\n', &line, &rest);
		s->at = s->text.n - rest.n;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (view_eqs(line, "\\."))
			return 0;
		if (table != IMPORT_NONE)
			err = copy_line(s, line);
		s->line++;
	}
	return err ? err : broken(s, "it ends in the middle of a table");
}

static int statement(struct sql *s)
{
	struct view w;

	if (peek(s) == '\\') { /* psql's own: \connect, \restrict */
		skip_line(s);
		return 0;
	}
	if (!word(s, &w))
		return skip_statement(s);
	if (view_ieqs(w, "INSERT") || view_ieqs(w, "REPLACE"))
		return insert(s);
	return view_ieqs(w, "COPY") ? copy(s) : skip_statement(s);
}

/* Only MySQL writes backquotes, and says who it is. */
static bool is_mysql(struct view text)
{
	struct view head = view_head(text, HEAD_MAX);

	return head.n && (view_has(head, '`') ||
			  memmem(head.p, head.n, "MySQL", 5) ||
			  memmem(head.p, head.n, "MariaDB", 7));
}

int import_sql(struct view text, import_row_h *h, void *arg, struct buf *why)
{
	return import_sql_as(text, IMPORT_NONE, NULL, h, arg, why);
}

int import_sql_as(struct view text, enum import_table table, const char *name,
		  import_row_h *h, void *arg, struct buf *why)
{
	struct sql s = { .text = text,
			 .other = table,
			 .name = name,
			 .line = 1,
			 .backslash = is_mysql(text),
			 .h = h,
			 .arg = arg,
			 .why = why };
	int err = 0;

	skip_space(&s);
	while (!err && !ended(&s)) {
		err = statement(&s);
		skip_space(&s);
	}
	row_free(&s.row);
	return err;
}
