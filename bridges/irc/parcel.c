/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parcels. Frames carry UTF-8 (wire.h), so a parcel is one text: verb, kind,
 * past and time in decimal, then all the texts, with a NUL in front of each.
 */
#include <errno.h>
#include <stddef.h>

#include "framer.h"
#include "parcel.h"
#include "utf8.h"

enum {
	PARCEL_MAX = FRAME_PAYLOAD_MAX - 64,
	NUMERIC_MAX = 999,
	NUMBERS = 4,
	HEAD_MAX = NUMBERS * 21,
	SAY_KINDS = 3
};

static const size_t texts[] = {
	offsetof(struct ircp, place), offsetof(struct ircp, nick),
	offsetof(struct ircp, mask),  offsetof(struct ircp, account),
	offsetof(struct ircp, other), offsetof(struct ircp, text),
	offsetof(struct ircp, id),
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

/* The highest kind of each verb. */
static const unsigned kinds[IRCP_VERBS] = {
	[IRCP_SAY] = SAY_KINDS - 1,
	[IRCP_JOIN] = 1,
	[IRCP_HEARD] = SAY_KINDS - 1,
	[IRCP_LEFT] = IRCP_LEFT_MADE,
	[IRCP_PEOPLE] = IRCP_MODE,
	[IRCP_NAMES_ARE] = 1,
	[IRCP_REFUSED] = NUMERIC_MAX,
	[IRCP_SHOW] = IRCP_UNKNOWN,
};

static const struct view *text_of(const struct ircp *p, size_t i)
{
	return (const void *)((const char *)p + texts[i]);
}

static struct view *text_in(struct ircp *p, size_t i)
{
	return (void *)((char *)p + texts[i]);
}

static bool has_nul(const struct ircp *p)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (view_has(*text_of(p, i), '\0'))
			return true;
	return false;
}

static bool fits(const struct ircp *p)
{
	size_t n = HEAD_MAX;

	for (size_t i = 0; i < TEXTS; i++) {
		if (text_of(p, i)->n > PARCEL_MAX)
			return false;
		n += 1 + text_of(p, i)->n;
	}
	return n <= PARCEL_MAX;
}

int ircp_put(struct buf *b, const struct ircp *p)
{
	const uint64_t numbers[NUMBERS] = { p->verb, p->kind, p->past,
					    p->time_ms };

	if (!fits(p))
		return EMSGSIZE;
	if (has_nul(p))
		return EBADMSG;
	for (size_t i = 0; i < NUMBERS; i++) {
		if (i)
			buf_addc(b, ' ');
		buf_add_u64(b, numbers[i]);
	}
	for (size_t i = 0; i < TEXTS; i++) {
		buf_addc(b, '\0');
		buf_addv(b, *text_of(p, i));
	}
	return 0;
}

static int get_head(struct ircp *out, struct view head)
{
	uint64_t numbers[NUMBERS];
	struct view word;

	for (size_t i = 0; i < NUMBERS; i++) {
		view_cut(head, ' ', &word, &head);
		if (view_u64(&numbers[i], word, UINT64_MAX))
			return EBADMSG;
	}
	if (head.n || !numbers[0] || numbers[0] >= IRCP_VERBS ||
	    numbers[1] > kinds[numbers[0]] || numbers[2] > 1)
		return EBADMSG;
	out->verb = (enum ircp_verb)numbers[0];
	out->kind = (unsigned)numbers[1];
	out->past = numbers[2];
	out->time_ms = numbers[3];
	return 0;
}

int ircp_get(struct ircp *out, struct view parcel)
{
	struct view head, rest;
	bool more = view_cut(parcel, '\0', &head, &rest);

	*out = (struct ircp){ .verb = IRCP_NONE };
	if (parcel.n > PARCEL_MAX || !utf8_valid(parcel) ||
	    get_head(out, head))
		return EBADMSG;
	for (size_t i = 0; i < TEXTS; i++) {
		if (!more)
			return EBADMSG;
		more = view_cut(rest, '\0', text_in(out, i), &rest);
	}
	return more ? EBADMSG : 0;
}
