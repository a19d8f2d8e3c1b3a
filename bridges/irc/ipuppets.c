/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links with puppets: whoever of our users speaks in the room does so in the
 * channel by his own connection. The link's account listens for all, and
 * speaks for those who can't. The hub's laws forbid to call up from within an
 * op: what is to be done happens at the end of the turn.
 */
#include <errno.h>

#include "clock.h"
#include "ipuppets_priv.h"
#include "mem.h"

/* So long may a link be away until its puppets leave as well. */
enum { PUPPETS_MAX = 200, LINGER_MS = 2 * 60 * 1000 };

static struct ipups *pups_of(const struct igate *g)
{
	return g->state[IGATE_PUPPETS];
}

static struct wheel *wheel_of(const struct ilink *l)
{
	return loop_wheel(l->pups->gate->conf.loop);
}

static struct ilink *find(const struct ipups *ps, uint64_t leg)
{
	struct hnode *n = htable_find(&ps->links, hash_u64(leg));

	for (; n; n = htable_more(n))
		if (CONTAINER(n, struct ilink, by_leg)->leg == leg)
			return CONTAINER(n, struct ilink, by_leg);
	return NULL;
}

bool ilink_is(const struct ilink *l, const struct seat *s)
{
	return view_ieq(s->network, view_str(l->network));
}

static void on_soon(struct wtimer *t)
{
	struct ilink *l = CONTAINER(t, struct ilink, soon);
	struct lnode *n, *nx;

	LIST_EACH (&l->puppets, n, nx)
		ipuppet_step(CONTAINER(n, struct ipuppet, in_link));
}

void ilink_soon(struct ilink *l)
{
	if (!wtimer_running(&l->soon))
		wheel_start(wheel_of(l), &l->soon, 0, on_soon);
}

static void ilink_free(struct ilink *l)
{
	ipuppets_free(l);
	wheel_stop(wheel_of(l), &l->soon);
	wheel_stop(wheel_of(l), &l->linger);
	htable_del(&l->pups->links, &l->by_leg);
	mem_free(l->label);
	mem_free(l->network);
	mem_free(l->channel);
	mem_free(l);
}

static void on_linger(struct wtimer *t)
{
	struct ilink *l = CONTAINER(t, struct ilink, linger);

	ipuppets_leave(l);
	ilink_free(l);
}

/* ---- what is said ---- */

void ipword_free(struct iword *w)
{
	struct ipuppet *p = w->puppet;
	struct seat *s = w->state != IWORD_SENT ?
				 NULL :
				 seat_find(p->link->pups->gate, p->who,
					   view_str(p->link->network));

	if (s)
		seat_untell(s, w);
	list_remove(&p->words, &w->node);
	mem_deref(w->msg);
	mem_free(w);
}

/* The hub may ask again for what is on its way already. */
static void add_word(struct ipuppet *p, struct msg *msg)
{
	struct lnode *n, *nx;
	struct iword *w;

	LIST_EACH (&p->words, n, nx) {
		w = CONTAINER(n, struct iword, node);
		if (msg->seq && w->msg->seq == msg->seq) {
			w->wanted = true;
			return;
		}
	}
	w = mem_zalloc(sizeof(*w));
	w->puppet = p;
	w->msg = mem_ref(msg);
	w->wanted = true;
	list_append(&p->words, &w->node);
}

static int op_deliver(void *arg, struct leg *leg, struct msg *msg)
{
	struct ilink *l = find(pups_of(arg), leg->id);
	struct ipuppet *p = l && l->up ? ipuppet_of(l, msg) : NULL;

	if (!p)
		return ENOTSUP;
	add_word(p, msg);
	ilink_soon(l);
	return 0;
}

/* ---- links ---- */

static bool op_ours(void *arg, const struct leg *leg, struct view nick)
{
	const struct ilink *l = find(pups_of(arg), leg->id);

	return l && ipuppet_is_nick(l, nick);
}

/* "irc:libera/#lobby" */
static struct view channel_of(const struct leg *leg)
{
	struct view head, channel;

	view_cut(view_str(leg->target), '/', &head, &channel);
	return channel;
}

static struct ilink *ilink_new(struct ipups *ps, const struct leg *leg)
{
	struct ilink *l = mem_zalloc(sizeof(*l));

	l->pups = ps;
	l->leg = leg->id;
	l->room = leg->room->id;
	l->label = mem_strdup(leg->label);
	l->network = mem_strdup(leg->via);
	l->channel = view_dup(channel_of(leg));
	list_init(&l->puppets);
	htable_add(&ps->links, &l->by_leg, hash_u64(l->leg));
	ipuppets_watch(ps);
	return l;
}

static void op_up(void *arg, const struct leg *leg)
{
	struct igate *g = arg;
	struct igate_link c = { .max_puppets = 0 };
	struct ilink *l = find(pups_of(g), leg->id);

	if (g->conf.link)
		g->conf.link(view_str(leg->label), &c, g->conf.link_arg);
	if (c.identity != IGATE_BY_PUPPETS)
		return;
	if (!l)
		l = ilink_new(pups_of(g), leg);
	wheel_stop(wheel_of(l), &l->linger);
	l->max = c.max_puppets ? c.max_puppets : PUPPETS_MAX;
	l->expels = c.expels;
	l->up = true;
}

/* The hub begins anew, and asks again for what it was not told of. */
static void forget_words(struct ilink *l)
{
	struct lnode *n, *nx, *m, *mx;

	LIST_EACH (&l->puppets, n, nx) {
		struct ipuppet *p = CONTAINER(n, struct ipuppet, in_link);

		LIST_EACH (&p->words, m, mx) {
			struct iword *w = CONTAINER(m, struct iword, node);

			w->wanted = false;
			if (w->state == IWORD_NEW)
				ipword_free(w);
		}
	}
}

static void op_down(void *arg, const struct leg *leg)
{
	struct ilink *l = find(pups_of(arg), leg->id);

	if (!l)
		return;
	l->up = false;
	forget_words(l);
	if (leg->leaving || leg->room->ending)
		on_linger(&l->linger);
	else
		wheel_start(wheel_of(l), &l->linger, LINGER_MS, on_linger);
}

static const struct bridge_voices voices = {
	.deliver = op_deliver,
	.ours = op_ours,
	.up = op_up,
	.down = op_down,
};

/* ---- the module ---- */

static bool on_parcel(struct seat *s, const struct ircp *in)
{
	const struct ipups *ps = pups_of(s->gate);
	struct hnode *n = NULL;
	size_t pos = 0;

	if (in->verb != IRCP_JOINED && in->verb != IRCP_LEFT &&
	    in->verb != IRCP_NICK_IS)
		return false;
	while ((n = htable_each(&ps->links, &pos, n)) != NULL) {
		struct ilink *l = CONTAINER(n, struct ilink, by_leg);

		if (ilink_is(l, s))
			ipuppet_parcel(l, s, in);
	}
	return false;
}

static void on_down(struct seat *s, enum lost_why why, struct view text)
{
	const struct ipups *ps = pups_of(s->gate);
	struct hnode *n = NULL;
	size_t pos = 0;

	(void)why;
	(void)text;
	while ((n = htable_each(&ps->links, &pos, n)) != NULL)
		if (ilink_is(CONTAINER(n, struct ilink, by_leg), s))
			ipuppets_down(CONTAINER(n, struct ilink, by_leg), s);
}

static void on_gone(struct seat *s)
{
	const struct ipups *ps = pups_of(s->gate);
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&ps->links, &pos, n)) != NULL)
		if (ilink_is(CONTAINER(n, struct ilink, by_leg), s))
			ipuppets_gone(CONTAINER(n, struct ilink, by_leg), s);
}

static int start(struct igate *g)
{
	struct ipups *ps = mem_zalloc(sizeof(*ps));

	ps->gate = g;
	g->state[IGATE_PUPPETS] = ps;
	bridge_voices(g->conf.bridge, &voices, g);
	return 0;
}

static void drop_all(struct ipups *ps)
{
	struct hnode *n;
	size_t pos = 0;

	while ((n = htable_each(&ps->links, &pos, NULL)) != NULL) {
		ilink_free(CONTAINER(n, struct ilink, by_leg));
		pos = 0;
	}
}

static void stop(struct igate *g)
{
	struct ipups *ps = pups_of(g);

	drop_all(ps);
	hub_unwatch_rooms(g->conf.hub, ps);
	ps->watching = false;
}

static void end(struct igate *g)
{
	struct ipups *ps = pups_of(g);

	if (!ps)
		return;
	drop_all(ps);
	bridge_voices(g->conf.bridge, NULL, NULL);
	htable_free(&ps->links);
	mem_free(ps);
	g->state[IGATE_PUPPETS] = NULL;
}

static int status(struct igate *g, struct sink *out)
{
	const struct ipups *ps = pups_of(g);
	struct hnode *n = NULL;
	size_t pos = 0;
	int err = 0;

	while (!err && (n = htable_each(&ps->links, &pos, n)) != NULL) {
		const struct ilink *l = CONTAINER(n, struct ilink, by_leg);

		err = sink_printf(out, "irc: link %s: %zu puppet%s\n",
				  l->label, l->count,
				  l->count == 1 ? "" : "s");
	}
	return err;
}

const struct igate_module igate_puppets = {
	.start = start,
	.stop = stop,
	.free = end,
	.parcel = on_parcel,
	.down = on_down,
	.gone = on_gone,
	.status = status,
};
