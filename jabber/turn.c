/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue before the logins. */
#include "turn.h"

#include <string.h>

/* A domain whose server takes its time does not take all places. */
static bool has_its_turn(const struct jab *j, const struct turn *t)
{
	struct lnode *n, *nx;
	unsigned same = 0;

	LIST_EACH(&j->logins, n, nx)
		same += !strcmp(CONTAINER(n, struct turn, node)->domain,
				t->domain);
	return same < LOGINS_DOMAIN_MAX;
}

/* The first whose turn it is, or NULL. */
static struct turn *first(struct jab *j)
{
	struct lnode *n, *nx;

	if (j->logins.count >= LOGINS_MAX)
		return NULL;
	LIST_EACH(&j->waiting, n, nx)
		if (has_its_turn(j, CONTAINER(n, struct turn, node)))
			return CONTAINER(n, struct turn, node);
	return NULL;
}

/* A handler may end any turn, so each look is a new one. */
void turn_work(struct jab *j)
{
	struct turn *t;

	while ((t = first(j))) {
		list_remove(&j->waiting, &t->node);
		list_append(&j->logins, &t->node);
		t->state = TURN_TAKEN;
		t->h(t);
	}
}

void turn_want(struct jab *j, struct turn *t)
{
	list_append(&j->waiting, &t->node);
	t->state = TURN_WAITING;
	jab_poke(j);
}

void turn_end(struct jab *j, struct turn *t)
{
	if (t->state == TURN_NONE)
		return;
	list_remove(t->state == TURN_TAKEN ? &j->logins : &j->waiting,
		    &t->node);
	t->state = TURN_NONE;
	jab_poke(j);
}
