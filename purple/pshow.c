/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Presence. Whom a user watches is a contact of his account there: that asks
 * him, and what is known of him is shown. How the user is himself is shown by
 * all of his accounts.
 */
#include <errno.h>

#include "clock.h"
#include "log.h"
#include "pshow_priv.h"
#include "utf8.h"

enum { SHOW_AGAIN_MS = 1000, CONTACTS_MAX = 1000, NOTE_MAX = 300 };

/* ---- contacts ---- */

struct contact *pcontact_find(const struct pacct *a, struct view name)
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

void pcontact_unwatch(struct contact *c, struct watch *w)
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
		pcontact_unwatch(c, CONTAINER(n, struct watch, node));
	htable_del(&c->account->gate->contacts, &c->by_key);
	list_remove(&c->account->contacts, &c->in_account);
	buf_free(&c->name);
	buf_free(&c->note);
	mem_free(c);
}

/* The first who may go: a stranger who wrote, or else one whom nobody
 * watches (the network tells of him again when somebody does). */
static struct contact *idle_one(const struct pacct *a, bool strangers)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, in_account);

		if (list_empty(&c->watches) &&
		    !(strangers && (c->listed || c->known)))
			return c;
	}
	return NULL;
}

/* A stranger takes no contact's place. */
static bool make_room(struct pacct *a, bool stranger)
{
	struct contact *c;

	if (a->contacts.count < CONTACTS_MAX)
		return true;
	c = idle_one(a, true);
	if (!c && !stranger)
		c = idle_one(a, false);
	if (c)
		contact_free(c);
	return c;
}

static struct contact *get(struct pacct *a, struct view name, bool stranger)
{
	struct contact *c = pcontact_find(a, name);

	if (c || !make_room(a, stranger))
		return c;
	c = mem_zalloc(sizeof(*c));
	c->account = a;
	buf_addv(&c->name, name);
	list_init(&c->watches);
	list_append(&a->contacts, &c->in_account);
	htable_add(&a->gate->contacts, &c->by_key, pgate_key(a->id, name));
	return c;
}

struct contact *pcontact_get(struct pacct *a, struct view name)
{
	return get(a, name, false);
}

void pshow_meet(struct pacct *a, struct view name)
{
	struct contact *c = get(a, name, true);

	if (!c)
		return;
	list_remove(&a->contacts, &c->in_account);
	list_append(&a->contacts, &c->in_account);
}

bool pshow_knows(const struct pacct *a, struct view name)
{
	return pcontact_find(a, name);
}

bool pshow_is_watched(const struct pacct *a, struct view name)
{
	const struct contact *c = pcontact_find(a, name);

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
		[PURP_CHAT] = SHOW_CHAT,
	};

	const bool was = c->known;

	(void)a;
	c->known = p->kind != PURP_UNKNOWN;
	c->show = of[p->kind];
	c->idle = p->number > 0;
	buf_clear(&c->note);
	utf8_clean_line(&c->note, p->text, NOTE_MAX);
	tell(c, c->known && !was);
}

void pshow_parcel(struct pacct *a, const struct purp *p)
{
	struct buf name = { 0 };
	struct contact *c = NULL;

	if (!pgate_name(&name, a, p->who))
		c = pcontact_get(a, buf_view(&name));
	if (c && p->verb == PURP_SHOW)
		on_show(a, c, p);
	else if (c)
		c->listed = !p->kind;
	buf_free(&name);
}

/* ---- how he is himself ---- */

static int send_status(struct pacct *a, const struct presence_state *p)
{
	static const enum purp_show of[] = {
		[SHOW_OFFLINE] = PURP_XAWAY, [SHOW_ONLINE] = PURP_AVAILABLE,
		[SHOW_CHAT] = PURP_CHAT, [SHOW_AWAY] = PURP_AWAY,
		[SHOW_XA] = PURP_XAWAY, [SHOW_DND] = PURP_BUSY,
	};
	struct purp out = { .verb = PURP_STATUS,
			    .kind = of[presence_best(p)] };
	struct buf note = { 0 };
	int err;

	if (p->count)
		utf8_clean_line(&note, p->place[0].note, NOTE_MAX);
	out.text = buf_view(&note);
	err = pacct_send(a, &out, NULL, NULL);
	buf_free(&note);
	return err;
}

static void on_show_timer(struct wtimer *t);

/* Networks throw out who changes too often. What waits is told as it is by
 * then. */
static void show_him(struct pacct *a, const struct presence_state *p)
{
	static const struct bucket_rate rate = { 1, 2000, 5 };
	uint64_t wait = SHOW_AGAIN_MS;

	if (wtimer_running(&a->show))
		return;
	if (!bucket_take(&a->showing, &rate, now_ms()))
		wait = bucket_wait_ms(&a->showing, &rate, now_ms());
	else if (send_status(a, p) != EBUSY)
		return;
	wheel_start(pacct_wheel(a), &a->show, wait, on_show_timer);
}

static void show_now(struct pacct *a)
{
	struct presence_state state = { .count = 0 };

	hub_gate_presence_of(a->gate->conf.hub, a->owner, &state);
	show_him(a, &state);
}

static void on_show_timer(struct wtimer *t)
{
	show_now(CONTAINER(t, struct pacct, show));
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
			show_him(a, p);
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
	size_t count;
	struct contact **list = contacts_of(a, &count);

	show_now(a);
	for (size_t i = 0; i < count; i++)
		if (!list_empty(&list[i]->watches))
			pcontact_add(a, buf_view(&list[i]->name));
	mem_free(list);
}

void pshow_down(struct pacct *a)
{
	size_t count;
	struct contact **list = contacts_of(a, &count);

	wheel_stop(pacct_wheel(a), &a->show);
	for (size_t i = 0; i < count; i++) {
		bool known = list[i]->known;

		list[i]->known = false;
		if (known)
			tell(list[i], false);
	}
	mem_free(list);
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
