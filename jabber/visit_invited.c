/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords of rooms that users were invited to: for as long as one takes to
 * say :join. */
#include "clock.h"
#include "mem.h"
#include "visit_priv.h"

enum {
	INVITED_MS = 10 * 60 * 1000,
	INVITED_MAX = 256,
};

/* The password of a room that somebody was invited to. */
struct invited {
	struct lnode node;     /* visits.invited, the oldest first */
	struct addr *owner;    /* ref */
	struct buf room, password;
	uint64_t until_ms;
};

static void invited_free(struct visits *all, struct invited *i)
{
	list_remove(&all->invited, &i->node);
	mem_deref(i->owner);
	buf_free(&i->room);
	mem_scrub_free(i->password.p);
	mem_free(i);
}

static void on_forget(struct wtimer *t)
{
	struct visits *all = CONTAINER(t, struct visits, forget);
	struct lnode *n, *nx;

	LIST_EACH (&all->invited, n, nx) {
		struct invited *i = CONTAINER(n, struct invited, node);

		if (i->until_ms <= now_ms())
			invited_free(all, i);
	}
	if (!list_empty(&all->invited))
		wheel_start(loop_wheel(all->gate->conf.loop), t, INVITED_MS,
			    on_forget);
}

void visits_invited(struct person *p, struct view room, struct view password)
{
	struct visits *all = visits_of(p->gate);
	struct invited *i;

	if (!password.n || password.n > 1023 || room.n > 2047)
		return;
	if (all->invited.count >= INVITED_MAX)
		invited_free(all, CONTAINER(list_first(&all->invited),
					    struct invited, node));
	i = mem_zalloc(sizeof(*i));
	i->owner = mem_ref(p->aor);
	i->until_ms = now_ms() + INVITED_MS;
	buf_addv(&i->room, room);
	buf_addv(&i->password, password);
	list_append(&all->invited, &i->node);
	if (!wtimer_running(&all->forget))
		wheel_start(loop_wheel(all->gate->conf.loop), &all->forget,
			    INVITED_MS, on_forget);
}

void visits_invited_with(const struct gate *g, const struct addr *owner,
			 struct view room, struct buf *out)
{
	struct lnode *n, *nx;

	LIST_EACH (&visits_of(g)->invited, n, nx) {
		const struct invited *i = CONTAINER(n, struct invited, node);

		if (!addr_eq(i->owner, owner) || i->until_ms <= now_ms() ||
		    !view_eq(buf_view(&i->room), room))
			continue;
		buf_clear(out);
		buf_addv(out, buf_view(&i->password));
	}
}

void visits_uninvite(struct visits *all)
{
	while (!list_empty(&all->invited))
		invited_free(all, CONTAINER(list_first(&all->invited),
					    struct invited, node));
	wheel_stop(loop_wheel(all->gate->conf.loop), &all->forget);
}
