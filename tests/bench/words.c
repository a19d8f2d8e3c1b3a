/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See words.h. */
#include <string.h>

#include "words.h"

struct seat words_speaker(const struct options *o, unsigned message)
{
	return (struct seat){ .room = message % o->rooms,
			      .member = message / o->rooms % o->members };
}

struct view words_member(struct buf *b, struct seat who)
{
	buf_clear(b);
	buf_addf(b, "r%um%u", who.room, who.member);
	return buf_view(b);
}

static bool is_number(unsigned *out, struct view v, unsigned limit)
{
	uint64_t n;

	if (view_u64(&n, v, UINT32_MAX) || n >= limit)
		return false;
	*out = (unsigned)n;
	return true;
}

bool words_is_member(struct seat *who, const struct options *o,
		     struct view name)
{
	struct view room, member;

	return view_starts(name, VIEW("r")) &&
	       view_cut(view_from(name, 1), 'm', &room, &member) &&
	       is_number(&who->room, room, o->rooms) &&
	       is_number(&who->member, member, o->members);
}

struct view words_room(struct buf *b, const struct options *o, unsigned room)
{
	buf_clear(b);
	buf_adds(b, o->prefix);
	buf_add_u64(b, room);
	return buf_view(b);
}

static const struct view filler = VIEW("the quick brown fox and a lazy dog ");

struct view words_message(struct buf *b, const struct options *o,
			  unsigned message)
{
	buf_clear(b);
	buf_addf(b, "load %u ", message);
	while (b->n < o->size)
		buf_addv(b, view_head(filler, o->size - b->n));
	/* No blank at the end: a server may take it off. */
	b->p[b->n - 1] = '.';
	return buf_view(b);
}

/* What words_message() puts behind the number. */
static bool is_filled(struct view v)
{
	if (!v.n || v.p[v.n - 1] != '.')
		return false;
	for (v.n--; v.n > filler.n; v = view_from(v, filler.n))
		if (memcmp(v.p, filler.p, filler.n) != 0)
			return false;
	return !memcmp(v.p, filler.p, v.n);
}

bool words_is_message(unsigned *message, const struct options *o,
		      struct view body)
{
	struct view rest, number, filled;

	if (body.n < o->size)
		return false;
	rest = view_from(body, body.n - o->size);
	return view_starts(rest, VIEW("load ")) &&
	       view_cut(view_from(rest, 5), ' ', &number, &filled) &&
	       is_number(message, number, o->messages) && is_filled(filled);
}

struct view words_id(struct buf *b, enum about about, unsigned number,
		     uint64_t run)
{
	buf_clear(b);
	buf_addc(b, (char)about);
	buf_add_u64(b, number);
	buf_addc(b, 'x');
	buf_add_hex(b, run);
	return buf_view(b);
}

bool words_is_id(enum about *about, unsigned *number, struct view call_id,
		 uint64_t run)
{
	struct view first, rest, host;
	struct buf mine = { 0 };
	bool same;

	if (!call_id.n || !view_cut(call_id, '@', &first, &host) ||
	    !view_cut(view_from(first, 1), 'x', &first, &rest) ||
	    !is_number(number, first, UINT32_MAX))
		return false;
	*about = (enum about)call_id.p[0];
	same = view_starts(call_id, words_id(&mine, *about, *number, run));
	buf_free(&mine);
	return same;
}
