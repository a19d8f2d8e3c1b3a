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

static size_t less(size_t have, size_t used)
{
	return have > used + SPLIT_PART_MIN ? have - used : SPLIT_PART_MIN;
}

/* Bytes of rest that one part has room for. */
static size_t part_room(const struct split *sp, struct view rest)
{
	size_t room = less(sp->max, sp->marker + sp->prefix.n), chars, fits;

	if (!sp->chars)
		return room;
	chars = less(sp->chars,
		     sp->marker + sms_size(sp->prefix, sp->alphabet));
	fits = sms_cut(rest, sp->alphabet, chars);
	return fits < room ? fits : room;
}

/* Takes a part off *rest, and the white space that follows. */
static struct view cut_part(const struct split *sp, struct view *rest)
{
	struct view part = *rest, window;
	size_t max = part_room(sp, *rest), n;

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

static unsigned count_parts(const struct split *sp)
{
	struct view rest = sp->rest;
	unsigned n = 0;

	do {
		cut_part(sp, &rest);
		n++;
	} while (!view_empty(rest));
	return n;
}

/* Digits, slashes, brackets and blanks count once in each alphabet. */
static void count(struct split *sp)
{
	unsigned digits = 0;

	do {
		digits++;
		sp->marker = 2 * digits + sizeof("(/) ") - 1;
		sp->count = count_parts(sp);
	} while (digits_of(sp->count) > digits);
}

static void set(struct split *sp, struct view text, size_t prefix, size_t max)
{
	*sp = (struct split){
		.prefix = view_head(text, prefix),
		.rest = view_from(text, prefix),
		.max = max,
		.count = 1,
	};
}

void split_init(struct split *sp, struct view text, size_t prefix, size_t max)
{
	set(sp, text, prefix, max);
	if (text.n > max)
		count(sp);
}

static void set_chars(struct split *sp, struct view text, size_t chars,
		      enum sms_alphabet alphabet)
{
	sp->chars = chars;
	sp->alphabet = alphabet;
	if (text.n > sp->max || sms_size(text, alphabet) > chars)
		count(sp);
}

void split_init_sms(struct split *sp, struct view text, size_t prefix,
		    size_t max)
{
	enum sms_alphabet alphabet = sms_alphabet_of(text);

	set(sp, text, prefix, max);
	set_chars(sp, text, sms_max(alphabet), alphabet);
}

void split_init_chars(struct split *sp, struct view text, size_t prefix,
		      size_t max, size_t chars)
{
	set(sp, text, prefix, max);
	set_chars(sp, text, chars, SMS_ANY);
}

bool split_next(struct split *sp, struct buf *out)
{
	if (split_is_done(sp))
		return false;
	sp->next++;
	if (sp->count > 1)
		buf_addf(out, "(%u/%u) ", sp->next, sp->count);
	buf_addv(out, sp->prefix);
	buf_addv(out, sp->count > 1 ? cut_part(sp, &sp->rest) : sp->rest);
	return true;
}

bool split_is_done(const struct split *sp)
{
	return sp->next >= sp->count;
}
