/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has come and gone, in words: the names first, and of many how many. */
#include "crowd_priv.h"
#include "hub_priv.h"

enum { SHOWN_MAX = 10 }; /* names in a line, of each kind */

static size_t add_names(struct buf *b, const struct crowd *c,
			enum hub_change what)
{
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&c->items, n, nx) {
		const struct happened *e = CONTAINER(n, struct happened, node);

		if (e->what != what || count++ >= SHOWN_MAX)
			continue;
		buf_adds(b, count > 1 ? ", " : "");
		buf_adds(b, e->nick);
	}
	return count;
}

/* "bob, carl came"; of many, the first names and how many more. */
static void add_group(struct buf *b, const struct crowd *c,
		      enum hub_change what, const char *verb)
{
	struct buf names = { 0 };
	size_t shown, count = add_names(&names, c, what);

	shown = count < SHOWN_MAX ? count : SHOWN_MAX;
	count += c->more[what];
	if (count) {
		buf_adds(b, b->n ? "; " : "");
		buf_addv(b, buf_view(&names));
		if (count > shown)
			buf_addf(b, "%s%zu more", shown ? " and " : "",
				 count - shown);
		buf_adds(b, verb);
	}
	buf_free(&names);
}

/* Who went alone says why. */
static void add_went(struct buf *b, const struct crowd *c)
{
	const struct happened *one = NULL;
	struct lnode *n, *nx;
	size_t count = c->more[PEOPLE_WENT];

	LIST_EACH (&c->items, n, nx) {
		const struct happened *e = CONTAINER(n, struct happened, node);

		if (e->what != PEOPLE_WENT)
			continue;
		one = e;
		count++;
	}
	add_group(b, c, PEOPLE_WENT, " left");
	if (one && count == 1 && *one->reason)
		buf_addf(b, " (%s)", one->reason);
}

static void add_single(struct buf *b, const struct happened *e)
{
	buf_adds(b, b->n ? "; " : "");
	if (e->what == PEOPLE_RENAMED) {
		buf_addf(b, "%s is now %s", e->nick, e->other);
		return;
	}
	buf_addf(b, "%s was removed by %s", e->nick, e->other);
	if (*e->reason)
		buf_addf(b, " (%s)", e->reason);
}

static void add_singles(struct buf *b, const struct crowd *c,
			enum hub_change what, const char *verb)
{
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&c->items, n, nx) {
		struct happened *e = CONTAINER(n, struct happened, node);

		if (e->what == what && count++ < SHOWN_MAX)
			add_single(b, e);
	}
	count += c->more[what];
	if (count > SHOWN_MAX)
		buf_addf(b, "; %zu more %s", count - SHOWN_MAX, verb);
}

static void add_split(struct buf *b, const struct crowd *c)
{
	add_group(b, c, PEOPLE_SPLIT, " were lost by a split of the network");
	if (c->back)
		buf_addf(b, "%s%zu of those lost by the split %s back",
			 b->n ? "; " : "", c->back,
			 c->back == 1 ? "is" : "are");
}

void crowd_put(struct buf *b, const struct crowd *c)
{
	add_group(b, c, PEOPLE_CAME, " came");
	add_went(b, c);
	add_singles(b, c, PEOPLE_KICKED, "were removed");
	add_singles(b, c, PEOPLE_RENAMED, "have other names");
	add_split(b, c);
}

void crowd_put_duration(struct buf *b, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s < 60)
		buf_addf(b, "%u s", (unsigned)(s ? s : 1));
	else if (s < 3600)
		buf_addf(b, "%u min", (unsigned)(s / 60));
	else
		buf_addf(b, "%u h %u min", (unsigned)(s / 3600),
			 (unsigned)(s / 60 % 60));
}
