/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Presence. Whom a user watches is a contact of his account there: that asks
 * him, and what is known of him is shown. How the user is himself is shown by
 * all of his accounts.
 */
#include "log.h"
#include "pgate_priv.h"
#include "utf8.h"

enum { CONTACTS_MAX = 1000, WATCHES_USER = 500, NOTE_MAX = 300 };

/* A name that an account has heard of. */
struct contact {
	struct hnode by_key;
	struct lnode in_account;
	struct pacct *account;  /* borrowed: goes with it */
	struct buf name, note;
	enum show show;
	bool known;             /* show is of now */
	bool listed;
	struct list watches;    /* owned */
};

/* The owner watches him by this address. */
struct watch {
	struct lnode node;
	struct addr *target;    /* ref */
};

/* ---- contacts ---- */

static struct contact *find(const struct pacct *a, struct view name)
{
	struct hnode *n = htable_find(&a->gate->contacts,
				      pgate_key(a->id, name));

	for (; n; n = htable_more(n)) {
		struct contact *c = CONTAINER(n, struct contact, by_key);

		if (c->account == a && view_eq(buf_view(&c->name), name))
			return c;
	}
	return NULL;
}

static void unwatch(struct contact *c, struct watch *w)
{
	list_remove(&c->watches, &w->node);
	mem_deref(w->target);
	mem_free(w);
	c->account->watches--;
}

static void contact_free(struct contact *c)
{
	struct lnode *n;

	while ((n = list_first(&c->watches)))
		unwatch(c, CONTAINER(n, struct watch, node));
	htable_del(&c->account->gate->contacts, &c->by_key);
	list_remove(&c->account->contacts, &c->in_account);
	buf_free(&c->name);
	buf_free(&c->note);
	mem_free(c);
}

/* Strangers who wrote make room, who did so first goes first. False: there
 * are only contacts. */
static bool make_room(struct pacct *a)
{
	struct lnode *n, *nx;

	if (a->contacts.count < CONTACTS_MAX)
		return true;
	LIST_EACH (&a->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, in_account);

		if (c->listed || c->known || !list_empty(&c->watches))
			continue;
		contact_free(c);
		return true;
	}
	return false;
}

/* NULL: there are too many. */
static struct contact *get(struct pacct *a, struct view name)
{
	struct contact *c = find(a, name);

	if (c || !make_room(a))
		return c;
	c = mem_zalloc(sizeof(*c));
	c->account = a;
	buf_addv(&c->name, name);
	list_init(&c->watches);
	list_append(&a->contacts, &c->in_account);
	htable_add(&a->gate->contacts, &c->by_key, pgate_key(a->id, name));
	return c;
}

void pshow_meet(struct pacct *a, struct view name)
{
	struct contact *c = get(a, name);

	if (!c)
		return;
	list_remove(&a->contacts, &c->in_account);
	list_append(&a->contacts, &c->in_account);
}

bool pshow_knows(const struct pacct *a, struct view name)
{
	return find(a, name);
}

bool pshow_is_watched(const struct pacct *a, struct view name)
{
	const struct contact *c = find(a, name);

	return c && !list_empty(&c->watches);
}

void pshow_list(const struct pacct *a, struct sink *out)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, in_account);

		sink_printf(out, "%s %s%s%s\n", buf_str(&c->name),
			    c->known ? show_name(c->show) : "unknown",
			    c->listed ? " listed" : "",
			    list_empty(&c->watches) ? "" : " watched");
	}
}

/* ---- what is seen ---- */

/* Handlers may end watches: by address, of a list made before. */
static void tell(struct contact *c, bool active)
{
	struct pacct *a = c->account;
	struct hub *h = a->gate->conf.hub;
	size_t count = c->watches.count, i = 0;
	struct addr **targets = mem_array(NULL, count + 1,
					  sizeof(*targets));
	struct lnode *n, *nx;

	LIST_EACH (&c->watches, n, nx)
		targets[i++] = mem_ref(CONTAINER(n, struct watch,
						 node)->target);
	for (i = 0; i < count; i++) {
		if (a->gate->running && active)
			hub_gate_watch(h, a->owner, targets[i],
				       GATE_WATCH_ACTIVE);
		if (a->gate->running)
			hub_gate_shown(h, a->owner, targets[i]);
		mem_deref(targets[i]);
	}
	mem_free(targets);
}

static void on_show(struct pacct *a, struct contact *c,
		    const struct purp *p)
{
	static const enum show of[PURP_SHOWS] = {
		[PURP_OFFLINE] = SHOW_OFFLINE,
		[PURP_AVAILABLE] = SHOW_ONLINE,
		[PURP_AWAY] = SHOW_AWAY,
		[PURP_XAWAY] = SHOW_XA,
		[PURP_BUSY] = SHOW_DND,
		[PURP_INVISIBLE] = SHOW_OFFLINE,
		[PURP_MOBILE] = SHOW_ONLINE,
		[PURP_UNKNOWN] = SHOW_OFFLINE,
	};

	(void)a;
	c->known = p->kind != PURP_UNKNOWN;
	c->show = of[p->kind];
	buf_clear(&c->note);
	utf8_clean_line(&c->note, p->text, NOTE_MAX);
	tell(c, c->known);
}

void pshow_parcel(struct pacct *a, const struct purp *p)
{
	struct buf name = { 0 };
	struct contact *c = NULL;

	if (!pgate_name(&name, a, p->who))
		c = get(a, buf_view(&name));
	if (c && p->verb == PURP_SHOW)
		on_show(a, c, p);
	else if (c)
		c->listed = !p->kind;
	buf_free(&name);
}

/* ---- watching ---- */

static void add(struct pacct *a, struct view name)
{
	const struct purp p = { .verb = PURP_ADD, .who = name };

	(void)pacct_send(a, &p, NULL, NULL);
}

static enum gate_watch begin(struct pacct *a, struct view name,
			     struct addr *target, bool once)
{
	const struct purp look = { .verb = PURP_LOOK, .who = name };
	struct contact *c = get(a, name);
	struct watch *w;

	if (!c || a->watches >= WATCHES_USER)
		return GATE_WATCH_NONE;
	if (once) {
		(void)pacct_send(a, &look, NULL, NULL);
		return GATE_WATCH_ACTIVE;
	}
	w = mem_zalloc(sizeof(*w));
	w->target = mem_ref(target);
	list_append(&c->watches, &w->node);
	a->watches++;
	if (c->watches.count == 1)
		add(a, name);
	pacct_look(a);
	return c->known || c->listed || a->state != PACCT_ONLINE ?
		       GATE_WATCH_ACTIVE :
		       GATE_WATCH_PENDING;
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

/* The account and the name that an address means to a user; NULL. */
static struct pacct *meant(const struct pgate *g, const struct addr *user,
			   const struct addr *target, struct buf *name)
{
	struct pmap_target t;
	struct buf text = { 0 };
	struct pacct *a = NULL;

	if (!pmap_from_sip(g->map, target->user, target->host, VIEW_NONE, &t,
			   &text) &&
	    t.kind == PMAP_NAME)
		a = pacct_pick(g, user, &t);
	if (a && pgate_name(name, a, t.name))
		a = NULL;
	buf_free(&text);
	return a;
}

enum gate_watch pshow_watch(void *gate, struct addr *watcher,
			    struct addr *target, bool once)
{
	enum gate_watch state = GATE_WATCH_NOWHERE;
	struct pgate *g = gate;
	struct buf name = { 0 };
	struct pacct *a = g->running ? meant(g, watcher, target, &name) :
				       NULL;
	struct contact *c = a ? find(a, buf_view(&name)) : NULL;

	if (!g->running)
		state = GATE_WATCH_ANEW;
	else if (c && !once && watch_of(c, target))
		state = GATE_WATCH_ACTIVE;
	else if (a)
		state = begin(a, buf_view(&name), target, once);
	buf_free(&name);
	return state;
}

static void unwatch_by(struct pacct *a, const struct pmap_target *t,
		       const struct addr *target)
{
	struct buf name = { 0 };
	struct contact *c = NULL;
	struct watch *w;

	if (view_eqs(t->proto, a->proto->id) && !pgate_name(&name, a, t->name))
		c = find(a, buf_view(&name));
	w = c ? watch_of(c, target) : NULL;
	if (w) {
		unwatch(c, w);
		pacct_look(a);
	}
	buf_free(&name);
}

/* By whichever account it began: the address may mean another one by now. */
void pshow_unwatch(void *gate, struct addr *watcher, struct addr *target)
{
	const struct pgate *g = gate;
	struct pacct *a = NULL;
	struct buf text = { 0 };
	struct pmap_target t;

	if (!pmap_from_sip(g->map, target->user, target->host, VIEW_NONE, &t,
			   &text) &&
	    t.kind == PMAP_NAME)
		while ((a = pacct_next(g, a)))
			if (addr_eq(a->owner, watcher))
				unwatch_by(a, &t, target);
	buf_free(&text);
}

bool pshow_show(void *gate, struct addr *watcher, struct addr *target,
		struct presence_state *out)
{
	struct buf name = { 0 };
	const struct pacct *a = meant(gate, watcher, target, &name);
	const struct contact *c = a ? find(a, buf_view(&name)) : NULL;

	*out = (struct presence_state){ .count = 0 };
	if (c && c->known) {
		out->count = 1;
		out->place[0] = (struct presence_place){
			.show = c->show, .note = buf_view(&c->note)
		};
	}
	buf_free(&name);
	return c && c->known;
}

/* ---- how he is himself ---- */

static void send_status(struct pacct *a, const struct presence_state *p)
{
	static const enum purp_show of[] = {
		[SHOW_OFFLINE] = PURP_XAWAY, [SHOW_ONLINE] = PURP_AVAILABLE,
		[SHOW_CHAT] = PURP_AVAILABLE, [SHOW_AWAY] = PURP_AWAY,
		[SHOW_XA] = PURP_XAWAY, [SHOW_DND] = PURP_BUSY,
	};
	struct purp out = { .verb = PURP_STATUS,
			    .kind = of[presence_best(p)] };
	struct buf note = { 0 };

	if (p->count)
		utf8_clean_line(&note, p->place[0].note, NOTE_MAX);
	out.text = buf_view(&note);
	(void)pacct_send(a, &out, NULL, NULL);
	buf_free(&note);
}

void pshow_presence(struct pgate *g, struct addr *user,
		    const struct presence_state *p)
{
	bool open = presence_best(p) != SHOW_OFFLINE;
	struct pacct *a = NULL;

	while ((a = pacct_next(g, a))) {
		if (!addr_eq(a->owner, user))
			continue;
		if (open && !a->published)
			a->refused = false;
		a->published = open;
		if (a->state == PACCT_ONLINE)
			send_status(a, p);
		pacct_look(a);
	}
}

/* ---- accounts ---- */

/* In a list of its own: those who are told may change it. */
static struct contact **contacts_of(const struct pacct *a, size_t *count)
{
	struct contact **list = mem_array(NULL, a->contacts.count + 1,
					  sizeof(*list));
	struct lnode *n, *nx;

	*count = 0;
	LIST_EACH (&a->contacts, n, nx)
		list[(*count)++] = CONTAINER(n, struct contact, in_account);
	return list;
}

void pshow_up(struct pacct *a)
{
	struct presence_state state = { .count = 0 };
	size_t count;
	struct contact **list = contacts_of(a, &count);

	hub_gate_presence_of(a->gate->conf.hub, a->owner, &state);
	send_status(a, &state);
	for (size_t i = 0; i < count; i++)
		if (!list_empty(&list[i]->watches))
			add(a, buf_view(&list[i]->name));
	mem_free(list);
}

void pshow_down(struct pacct *a)
{
	size_t count;
	struct contact **list = contacts_of(a, &count);

	for (size_t i = 0; i < count; i++) {
		bool known = list[i]->known;

		list[i]->known = false;
		if (known)
			tell(list[i], false);
	}
	mem_free(list);
}

/* Whom he watches by it he has to watch anew, by another one or not at all. */
void pshow_anew(struct pacct *a)
{
	struct addr **targets = mem_array(NULL, a->watches + 1,
					  sizeof(*targets));
	struct lnode *n, *nx, *w;
	size_t count = 0;

	LIST_EACH (&a->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, in_account);

		while ((w = list_first(&c->watches))) {
			targets[count++] = mem_ref(
				CONTAINER(w, struct watch, node)->target);
			unwatch(c, CONTAINER(w, struct watch, node));
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (a->gate->running)
			hub_gate_watch(a->gate->conf.hub, a->owner,
				       targets[i], GATE_WATCH_ANEW);
		mem_deref(targets[i]);
	}
	mem_free(targets);
}

void pshow_gone(struct pacct *a)
{
	size_t count;
	struct contact **list;

	pshow_anew(a);
	list = contacts_of(a, &count);

	for (size_t i = 0; i < count; i++)
		contact_free(list[i]);
	mem_free(list);
}

void pshow_free(struct pgate *g)
{
	htable_free(&g->contacts);
}
