/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watching: whom a user watches is a contact of his account there. An address
 * of ours is meant by itself; and with mapped_users one of our own users, who
 * has an account of the same network.
 */
#include "pshow_priv.h"

enum { WATCHES_USER = 500 };

void pcontact_add(struct pacct *a, struct view name)
{
	const struct purp p = { .verb = PURP_ADD, .who = name };

	(void)pacct_send(a, &p, NULL, NULL);
}

static void look(struct pacct *a, struct view name)
{
	const struct purp p = { .verb = PURP_LOOK, .who = name };

	(void)pacct_send(a, &p, NULL, NULL);
}

static struct watch *watch_of(const struct contact *c,
			      const struct addr *target)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->watches, n, nx)
		if (addr_eq(CONTAINER(n, struct watch, node)->target, target))
			return CONTAINER(n, struct watch, node);
	return NULL;
}

/* ---- who is meant ---- */

/* status: what to say where it is nobody. */
static struct pacct *meant_there(const struct pgate *g,
				 const struct addr *user,
				 const struct pmap_target *t,
				 struct buf *name, enum gate_watch *status)
{
	struct pacct *a = NULL;

	*status = GATE_WATCH_NOWHERE;
	if (t->kind != PMAP_NAME)
		return NULL;
	a = pacct_pick(g, user, t);
	if (!a)
		*status = GATE_WATCH_NONE;
	return a && !pgate_name(name, a, t->name) ? a : NULL;
}

/* The account and the name that an address means to a user; NULL. */
static struct pacct *meant(const struct pgate *g, const struct addr *user,
			   const struct addr *target, struct buf *name,
			   enum gate_watch *status)
{
	struct pmap_target t;
	struct buf text = { 0 };
	const struct pacct *b;
	struct pacct *a;

	if (!pmap_from_sip(g->map, target->user, target->host, VIEW_NONE, &t,
			   &text)) {
		a = meant_there(g, user, &t, name, status);
	} else {
		a = pgate_mapped(g, user, target->user, target->host, &b);
		*status = GATE_WATCH_NOWHERE;
		if (a)
			buf_adds(name, b->name);
	}
	buf_free(&text);
	return a;
}

/* ---- begin and end ---- */

static enum gate_watch begin(struct pacct *a, struct contact *c,
			     struct addr *target)
{
	struct watch *w;

	if (a->watches >= WATCHES_USER)
		return GATE_WATCH_NONE;
	w = mem_zalloc(sizeof(*w));
	w->target = mem_ref(target);
	list_append(&c->watches, &w->node);
	a->watches++;
	if (c->watches.count == 1)
		pcontact_add(a, buf_view(&c->name));
	pacct_look(a);
	return c->known || c->listed || a->state != PACCT_ONLINE ?
		       GATE_WATCH_ACTIVE :
		       GATE_WATCH_PENDING;
}

static enum gate_watch watch(struct pacct *a, struct view name,
			     struct addr *target, bool once)
{
	struct contact *c = pcontact_get(a, name);

	if (!c)
		return GATE_WATCH_NONE;
	if (once)
		look(a, name);
	if (once || watch_of(c, target))
		return GATE_WATCH_ACTIVE;
	return begin(a, c, target);
}

enum gate_watch pshow_watch(void *gate, struct addr *watcher,
			    struct addr *target, bool once)
{
	enum gate_watch status = GATE_WATCH_ANEW;
	struct pgate *g = gate;
	struct buf name = { 0 };
	struct pacct *a = g->running ?
				  meant(g, watcher, target, &name, &status) :
				  NULL;

	if (a)
		status = watch(a, buf_view(&name), target, once);
	buf_free(&name);
	return status;
}

/* By whatever name it began: the address may mean another one by now. */
static void unwatch_by(struct pacct *a, const struct addr *target)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, in_account);
		struct watch *w = watch_of(c, target);

		if (!w)
			continue;
		pcontact_unwatch(c, w);
		pacct_look(a);
		return;
	}
}

void pshow_unwatch(void *gate, struct addr *watcher, struct addr *target)
{
	const struct pgate *g = gate;
	struct pacct *a = NULL;

	while ((a = pacct_next(g, a)))
		if (addr_eq(a->owner, watcher) && a->watches)
			unwatch_by(a, target);
}

bool pshow_show(void *gate, struct addr *watcher, struct addr *target,
		struct presence_state *out)
{
	struct buf name = { 0 };
	enum gate_watch status;
	const struct pacct *a = meant(gate, watcher, target, &name, &status);
	const struct contact *c = a ? pcontact_find(a, buf_view(&name)) : NULL;

	*out = (struct presence_state){ .count = 0 };
	if (c && c->known) {
		out->count = 1;
		out->place[0] = (struct presence_place){
			.show = c->show, .note = buf_view(&c->note),
			.idle = c->idle
		};
	}
	buf_free(&name);
	return c && c->known;
}

/* ---- anew ---- */

static void say_anew(const struct pgate *g, struct addr *watcher,
		     struct addr *target)
{
	if (g->running)
		hub_gate_watch(g->conf.hub, watcher, target,
			       GATE_WATCH_ANEW);
}

/* Those to this user of ours (NULL: to any of them), or with all every one.
 * They are listed first: who hears of it may begin at once. */
static void end_watches(struct pacct *a, const struct addr *user, bool all)
{
	struct addr **targets = mem_array(NULL, a->watches + 1,
					  sizeof(*targets));
	struct lnode *n, *nx, *m, *mx;
	size_t count = 0;

	LIST_EACH (&a->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, in_account);

		LIST_EACH (&c->watches, m, mx) {
			struct watch *w = CONTAINER(m, struct watch, node);

			if (!all && (user ? !addr_eq(w->target, user) :
					    pmap_is_ours(a->gate->map,
							 w->target->host)))
				continue;
			targets[count++] = mem_ref(w->target);
			pcontact_unwatch(c, w);
		}
	}
	for (size_t i = 0; i < count; i++) {
		say_anew(a->gate, a->owner, targets[i]);
		mem_deref(targets[i]);
	}
	mem_free(targets);
}

void pshow_anew(struct pacct *a)
{
	end_watches(a, NULL, true);
	pshow_unproven(a);
}

void pshow_unproven(struct pacct *a)
{
	struct pacct *b = NULL;

	while ((b = pacct_next(a->gate, b)))
		if (pacct_is_pair(a, b) && b->watches)
			end_watches(b, a->owner, false);
}

static bool watches(const struct pacct *a, const struct addr *target)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->contacts, n, nx)
		if (watch_of(CONTAINER(n, struct contact, in_account),
			     target))
			return true;
	return false;
}

/* What they see by SIP they see by this network from now on. */
void pshow_proven(struct pacct *a)
{
	const struct pgate *g = a->gate;
	struct pacct *b = NULL;

	while (g->conf.mapped_users && (b = pacct_next(g, b))) {
		if (!pacct_is_pair(a, b) || b->state < PACCT_OFFLINE)
			continue;
		if (pacct_is_identity(a) && !watches(b, a->owner))
			say_anew(g, b->owner, a->owner);
		if (pacct_is_identity(b) && !watches(a, b->owner))
			say_anew(g, a->owner, b->owner);
	}
}

void pshow_unmap(struct pgate *g)
{
	struct pacct *a = NULL;

	while ((a = pacct_next(g, a)))
		if (a->watches)
			end_watches(a, NULL, false);
}
