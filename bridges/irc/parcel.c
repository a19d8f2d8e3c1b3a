/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parcels: verb, kind, past and time, then all the texts (flat.h). */
#include <errno.h>

#include "flat.h"
#include "parcel.h"

enum { NUMERIC_MAX = 999, NUMBERS = 4, TEXTS = 7, SAY_KINDS = 3 };

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

int ircp_put(struct buf *b, const struct ircp *p)
{
	const uint64_t numbers[NUMBERS] = { p->verb, p->kind, p->past,
					    p->time_ms };
	const struct view texts[TEXTS] = { p->place,   p->nick,	 p->mask,
					   p->account, p->other, p->text,
					   p->id };

	return flat_put(b, numbers, NUMBERS, texts, TEXTS);
}

int ircp_get(struct ircp *out, struct view parcel)
{
	uint64_t n[NUMBERS];
	struct view t[TEXTS];

	*out = (struct ircp){ .verb = IRCP_NONE };
	if (flat_get(parcel, n, NUMBERS, t, TEXTS) || !n[0] ||
	    n[0] >= IRCP_VERBS || n[1] > kinds[n[0]] || n[2] > 1)
		return EBADMSG;
	*out = (struct ircp){
		.verb = (enum ircp_verb)n[0],
		.kind = (unsigned)n[1],
		.past = n[2],
		.time_ms = n[3],
		.place = t[0],
		.nick = t[1],
		.mask = t[2],
		.account = t[3],
		.other = t[4],
		.text = t[5],
		.id = t[6],
	};
	return 0;
}
