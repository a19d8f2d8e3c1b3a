/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of somebody's places counts. */
#include "show.h"

const char *show_name(enum show show)
{
	static const char *const name[] = {
		[SHOW_OFFLINE] = "offline", [SHOW_ONLINE] = "online",
		[SHOW_CHAT] = "chat",	    [SHOW_AWAY] = "away",
		[SHOW_XA] = "xa",	    [SHOW_DND] = "dnd",
	};

	return name[show];
}

enum show show_of_word(struct view word)
{
	static const enum show words[] = { SHOW_CHAT, SHOW_AWAY, SHOW_XA,
					   SHOW_DND };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_ieqs(word, show_name(words[i])))
			return words[i];
	return SHOW_ONLINE;
}

/* More is better. */
static int rank(enum show show)
{
	static const int of[] = {
		[SHOW_OFFLINE] = 0, [SHOW_XA] = 1,     [SHOW_DND] = 2,
		[SHOW_AWAY] = 3,    [SHOW_ONLINE] = 4, [SHOW_CHAT] = 5,
	};

	return of[show];
}

/* Who is offline is nowhere, whatever his priority was. */
static bool is_better(const struct presence_place *a,
		      const struct presence_place *b)
{
	bool here = a->show != SHOW_OFFLINE;

	if (here != (b->show != SHOW_OFFLINE))
		return here;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return rank(a->show) > rank(b->show);
}

/* By insertion, which keeps the order of equals. */
void presence_sort(struct presence_state *p)
{
	for (size_t i = 1; i < p->count; i++) {
		struct presence_place place = p->place[i];
		size_t j = i;

		for (; j && is_better(&place, &p->place[j - 1]); j--)
			p->place[j] = p->place[j - 1];
		p->place[j] = place;
	}
}

enum show presence_best(const struct presence_state *p)
{
	const struct presence_place *best = NULL;

	for (size_t i = 0; i < p->count; i++)
		if (!best || is_better(&p->place[i], best))
			best = &p->place[i];
	return best ? best->show : SHOW_OFFLINE;
}
