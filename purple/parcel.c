/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parcels: verb, kind, number, time and past, then all the texts (flat.h). */
#include <errno.h>

#include "flat.h"
#include "parcel.h"

enum { NUMBERS = 5, TEXTS = 5, SAY_KINDS = 3 };

/* The highest kind of each verb. */
static const unsigned kinds[PURP_VERBS] = {
	[PURP_SAY] = SAY_KINDS - 1,
	[PURP_TYPING] = 1,
	[PURP_STATUS] = PURP_SHOWS - 1,
	[PURP_HEARD] = SAY_KINDS - 1,
	[PURP_IS_TYPING] = 1,
	[PURP_SHOW] = PURP_SHOWS - 1,
	[PURP_CONTACT] = 1,
	[PURP_ASKED] = 1,
	[PURP_QUESTION] = 1,
	[PURP_LEFT] = 1,
	[PURP_PEOPLE] = PURP_IS_THERE,
};

int purp_put(struct buf *b, const struct purp *p)
{
	const uint64_t numbers[NUMBERS] = { p->verb, p->kind, p->number,
					    p->time_ms, p->past };
	const struct view texts[TEXTS] = { p->who, p->place, p->other, p->text,
					   p->id };

	return flat_put(b, numbers, NUMBERS, texts, TEXTS);
}

int purp_get(struct purp *out, struct view parcel)
{
	uint64_t n[NUMBERS];
	struct view t[TEXTS];

	*out = (struct purp){ .verb = PURP_NONE };
	if (flat_get(parcel, n, NUMBERS, t, TEXTS) || !n[0] ||
	    n[0] >= PURP_VERBS || n[1] > kinds[n[0]] || n[4] > 1)
		return EBADMSG;
	*out = (struct purp){
		.verb = (enum purp_verb)n[0],
		.kind = (unsigned)n[1],
		.number = n[2],
		.time_ms = n[3],
		.past = n[4],
		.who = t[0],
		.place = t[1],
		.other = t[2],
		.text = t[3],
		.id = t[4],
	};
	return 0;
}
