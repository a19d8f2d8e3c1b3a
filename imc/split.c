/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Splitting. A part ends at a line's end, else behind a word, else between
 * characters; the first two only where that leaves it at least half full. The
 * room for the marker depends on how many parts there are, which is found by
 * trying with one digit, then two, ...
 */
#include "split.h"
#include "utf8.h"

/* Where the last c is in the second half of v, or 0. */
static size_t last_at(struct view v, char c)
{
	struct view head, tail;

	if (!view_rcut(v, c, &head, &tail) || head.n < v.n / 2)
		return 0;
	return head.n;
}

/* Takes at most max bytes off *rest, and the white space that follows. */
static struct view cut_part(struct view *rest, size_t max)
{
	struct view part = *rest, window;
	size_t n;

	if (rest->n <= max) {
		*rest = VIEW_NONE;
		return part;
	}
	/* the separator may be the byte behind the part */
	window = view_head(*rest, max + 1);
	n = last_at(window, '\n');
	if (!n)
		n = last_at(window, ' ');
	part = view_head(*rest, n ? n : utf8_cut(*rest, max));
	*rest = view_from(*rest, part.n + (n != 0));
	return part;
}

static unsigned digits_of(unsigned n)
{
	return n < 10 ? 1 : 1 + digits_of(n / 10);
}

static size_t part_room(const struct split *sp)
{
	size_t used = sp->marker + sp->prefix.n;

	return sp->max > used + SPLIT_PART_MIN ? sp->max - used :
						 SPLIT_PART_MIN;
}

static unsigned count_parts(const struct split *sp)
{
	struct view rest = sp->rest;
	unsigned n = 0;

	do {
		cut_part(&rest, part_room(sp));
		n++;
	} while (!view_empty(rest));
	return n;
}

void split_init(struct split *sp, struct view text, size_t prefix, size_t max)
{
	unsigned digits = 0;

	*sp = (struct split){
		.prefix = view_head(text, prefix),
		.rest = view_from(text, prefix),
		.max = max,
		.count = 1,
	};
	if (text.n <= max)
		return;
	do {
		digits++;
		sp->marker = 2 * digits + sizeof("(/) ") - 1;
		sp->count = count_parts(sp);
	} while (digits_of(sp->count) > digits);
}

bool split_next(struct split *sp, struct buf *out)
{
	if (split_is_done(sp))
		return false;
	sp->next++;
	if (sp->count > 1)
		buf_addf(out, "(%u/%u) ", sp->next, sp->count);
	buf_addv(out, sp->prefix);
	buf_addv(out, sp->count > 1 ? cut_part(&sp->rest, part_room(sp)) :
				      sp->rest);
	return true;
}

bool split_is_done(const struct split *sp)
{
	return sp->next >= sp->count;
}
