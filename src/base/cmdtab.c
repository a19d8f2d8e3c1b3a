/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command tables: splitting a line, finding its row. */
#include <errno.h>

#include "cmdtab.h"

enum { DISTANCE_MAX = 64, NEAR = 2 };

int cmdline_parse(struct cmdline *out, struct view text)
{
	struct view word;
	size_t n = 0;

	*out = (struct cmdline){ 0 };
	while (n < text.n && text.p[n] != '\r' && text.p[n] != '\n' &&
	       text.p[n] != '\0')
		n++;
	text = view_head(text, n);
	if (!view_word(&text, " \t", &out->name))
		return EBADMSG;
	out->rest = view_trim(text);
	while (view_word(&text, " \t", &word)) {
		if (out->argc < CMD_ARGS_MAX)
			out->argv[out->argc] = word;
		out->argc++;
	}
	return 0;
}

static bool has_alias(const struct cmd *c, struct view name)
{
	struct view aliases = view_str(c->aliases), word;

	while (view_word(&aliases, " ", &word))
		if (view_ieq(word, name))
			return true;
	return false;
}

const struct cmd *cmd_find(const struct cmd *table, size_t count,
			   struct view name)
{
	for (size_t i = 0; i < count; i++)
		if (view_ieqs(name, table[i].name) ||
		    has_alias(&table[i], name))
			return &table[i];
	return NULL;
}

const struct cmd *cmd_nearest(const struct cmd *table, size_t count,
			      struct view name)
{
	const struct cmd *best = NULL;
	size_t least = NEAR + 1;

	for (size_t i = 0; i < count; i++) {
		size_t d = text_distance(name, view_str(table[i].name));

		if (d < least && d < name.n) {
			least = d;
			best = &table[i];
		}
	}
	return best;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's distance, one row at a time. */
size_t text_distance(struct view a, struct view b)
{
	size_t row[DISTANCE_MAX + 1];

	a = view_head(a, DISTANCE_MAX);
	b = view_head(b, DISTANCE_MAX);
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = view_ieq(view_mem(a.p + i - 1, 1),
					     view_mem(b.p + j - 1, 1));
			size_t above = row[j];

			row[j] = min3(diagonal + !same, above + 1,
				      row[j - 1] + 1);
			diagonal = above;
		}
	}
	return row[b.n];
}
