/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comma-separated values. */
#include <errno.h>

#include "import_row.h"
#include "import_text.h"

struct csv {
	struct view text;
	size_t at, line;
	struct row_maker row;
};

static bool ended(const struct csv *c)
{
	return c->at >= c->text.n;
}

static char peek(const struct csv *c)
{
	return ended(c) ? '\n' : c->text.p[c->at];
}

static char take(struct csv *c)
{
	char ch = c->text.p[c->at++];

	c->line += ch == '\n';
	return ch;
}

/* Behind the opening quote. False: the text ends before the closing one. */
static bool quoted(struct csv *c)
{
	while (!ended(c)) {
		char ch = take(c);

		if (ch != '"') {
			row_add(&c->row, ch);
			continue;
		}
		if (ended(c) || peek(c) != '"')
			return true;
		row_add(&c->row, take(c));
	}
	return false;
}

/* MySQL's way of NULL is \N, PostgreSQL's is nothing. */
static bool value(struct csv *c)
{
	size_t start = c->at;
	struct view raw;

	if (peek(c) == '"') {
		take(c);
		if (!quoted(c))
			return false;
	}
	while (!ended(c) && peek(c) != ',' && peek(c) != '\n' &&
	       peek(c) != '\r')
		row_add(&c->row, take(c));
	raw = view_mem(c->text.p + start, c->at - start);
	row_next(&c->row, view_eqs(raw, "\\N"));
	return true;
}

static bool record(struct csv *c)
{
	row_begin(&c->row, c->line);
	do {
		if (!value(c))
			return false;
	} while (!ended(c) && peek(c) == ',' && take(c));
	while (!ended(c) && peek(c) == '\r')
		take(c);
	if (!ended(c) && peek(c) == '\n')
		take(c);
	return true;
}

/* A line of names has "domain" among them, as its own; one of users begins
 * with "user" or "username". */
static bool is_heading(struct csv *c, enum import_table table)
{
	struct view line, rest, word;

	view_cut(view_from(c->text, c->at), '\n', &line, &rest);
	while (view_word(&line, ",\"\r \t", &word)) {
		if (view_ieqs(word, "domain") ||
		    (table == IMPORT_USERS &&
		     import_field_of(table, word) == IMPORT_NAME) ||
		    ((table == IMPORT_JUSERS || table == IMPORT_PURPLEMAP ||
		      table == IMPORT_BUDDIES) &&
		     import_field_of(table, word) != IMPORT_OTHER))
			return true;
		if (table == IMPORT_USERS && !view_ieqs(word, "id"))
			return false;
	}
	return false;
}

static void heading(struct csv *c, enum import_table table)
{
	struct view line, rest, word;

	view_cut(view_from(c->text, c->at), '\n', &line, &rest);
	c->at += line.n + (c->at + line.n < c->text.n);
	c->line++;
	row_columns_begin(&c->row, table);
	while (view_word(&line, ",\"\r \t", &word))
		row_columns_add(&c->row, word);
	row_columns_end(&c->row);
}

/* A list of users that somebody wrote by hand: user,password. */
static void usual_columns(struct row_maker *m, enum import_table table)
{
	row_usual_columns(m, table);
	if (table == IMPORT_USERS) {
		row_columns_begin(m, table);
		row_columns_add(m, VIEW("username"));
		row_columns_add(m, VIEW("password"));
	}
}

static void skip_mark(struct csv *c)
{
	if (view_starts(c->text, VIEW("\xef\xbb\xbf")))
		c->at = 3;
}

int import_csv(struct view text, enum import_table table, import_row_h *h,
	       void *arg, struct buf *why)
{
	struct csv c = { .text = text, .line = 1 };
	int err = 0;

	skip_mark(&c);
	usual_columns(&c.row, table);
	if (is_heading(&c, table))
		heading(&c, table);
	while (!err && !ended(&c)) {
		if (peek(&c) == '\n' || peek(&c) == '\r') {
			take(&c);
			continue;
		}
		if (record(&c)) {
			err = row_emit(&c.row, h, arg);
		} else {
			buf_addf(why, "line %zu: a quote is not closed",
				 c.row.line);
			err = EBADMSG;
		}
	}
	row_free(&c.row);
	return err;
}
