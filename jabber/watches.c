/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom of XMPP our users watch. What a contact has answered is kept on the
 * disk; an account's server knows it, too, and knows better. A subscription by
 * SIP ends, the one on XMPP stays.
 */
#include "watch_priv.h"

#include "mem.h"

struct watches *watches_of(const struct gate *g)
{
	return g->state[GATE_WATCHES];
}

struct addr *watch_addr(struct view bare)
{
	struct view user, host;
	struct addr *a = NULL;

	if (!view_cut(bare, '@', &user, &host)) {
		host = bare;
		user = VIEW_NONE;
	}
	return addr_new(&a, VIEW("xmpp"), user, host, VIEW_NONE) ? NULL : a;
}

struct view watch_bare(const struct addr *a)
{
	return view_from(a->text, a->network.n + 1);
}

void watch_say(const struct person *p, const char *type, struct view to)
{
	struct buf b = { 0 };

	stanza_open(&b, "presence", view_str(type),
		    p->account ? VIEW_NONE : buf_view(&p->jid), to,
		    VIEW_NONE);
	elem_close(&b);
	out_send(p, &b);
	buf_free(&b);
}

/* ---- users ---- */

struct mine *mine_find(const struct gate *g, const struct addr *aor)
{
	struct hnode *n = htable_find(&watches_of(g)->by_aor, aor->hash);

	for (; n; n = htable_more(n)) {
		struct mine *m = CONTAINER(n, struct mine, by_aor);

		if (addr_eq(m->person->aor, aor))
			return m;
	}
	return NULL;
}

struct mine *mine_get(struct person *p)
{
	struct watches *ws = watches_of(p->gate);
	struct mine *m = mine_find(p->gate, p->aor);

	if (m)
		return m;
	m = mem_zalloc(sizeof(*m));
	m->person = p;
	list_init(&m->contacts);
	list_append(&ws->all, &m->node);
	htable_add(&ws->by_aor, &m->by_aor, p->aor->hash);
	return m;
}

static void mine_free(struct watches *ws, struct mine *m)
{
	while (!list_empty(&m->contacts))
		contact_free(CONTAINER(list_first(&m->contacts),
				       struct contact, node));
	list_remove(&ws->all, &m->node);
	list_remove(&ws->due, &m->due_node);
	htable_del(&ws->by_aor, &m->by_aor);
	buf_free(&m->sent);
	buf_free(&m->owed);
	mem_free(m);
}

static bool has_looks(const struct mine *m)
{
	struct lnode *n, *nx;

	LIST_EACH (&m->contacts, n, nx)
		if (!list_empty(&CONTAINER(n, struct contact, node)->looks))
			return true;
	return false;
}

/* He stays as long as he watches somebody. */
static void hold(struct mine *m)
{
	bool looks = has_looks(m);

	if (looks == m->looks)
		return;
	m->looks = looks;
	if (looks)
		person_hold(m->person);
	else
		person_release(m->person);
}

/* ---- what SIP users want ---- */

/* The contact that a SIP address means; NULL: nobody who could be watched. */
static struct addr *contact_of(struct gate *g, const struct addr *target)
{
	struct jmap_target t;
	struct buf text = { 0 };
	struct addr *a = NULL;

	if (!jmap_from_sip(g->map, target->user, target->host, &t, &text) &&
	    (t.kind == JMAP_PERSON || t.kind == JMAP_SERVICE))
		a = watch_addr(t.bare);
	buf_free(&text);
	return a;
}

/* Whatever has to be said on XMPP so that he is seen. */
static void request(struct contact *c)
{
	struct person *p = c->mine->person;
	struct view bare = watch_bare(c->addr);

	if (!person_is_online(p))
		return;
	if (known_of(p, c->addr) != KNOWN_ALLOWED)
		watch_say(p, "subscribe", bare);
	else if (!p->account && list_empty(&c->spots))
		watch_say(p, "probe", bare);
}

static struct look *look_find(const struct contact *c,
			      const struct addr *target)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->looks, n, nx) {
		struct look *l = CONTAINER(n, struct look, node);

		if (addr_eq(l->target, target))
			return l;
	}
	return NULL;
}

static void look_add(struct contact *c, struct addr *target)
{
	struct look *l;

	if (look_find(c, target))
		return;
	l = mem_zalloc(sizeof(*l));
	l->target = mem_ref(target);
	list_append(&c->looks, &l->node);
	hold(c->mine);
}

static enum gate_watch begin(struct person *p, struct addr *addr,
			     struct addr *target)
{
	struct mine *m = mine_get(p);
	enum known known = known_of(p, addr);
	struct contact *c;

	if (known == KNOWN_NOTHING &&
	    asks_too_many(watches_of(p->gate), p->aor))
		return GATE_WATCH_NONE;
	c = contact_get(m, addr);
	if (!c || c->looks.count >= LOOKS_MAX)
		return GATE_WATCH_NONE;
	look_add(c, target);
	if (known == KNOWN_NOTHING)
		answer_set(p->gate, p->aor, addr, KNOWN_PENDING);
	(void)person_wake(p);
	request(c);
	return known == KNOWN_ALLOWED ? GATE_WATCH_ACTIVE :
					GATE_WATCH_PENDING;
}

/* Just how he is now: what is not known yet may be the next time. */
static enum gate_watch look_once(struct person *p, struct addr *addr)
{
	const struct contact *c = contact_find(p->gate, p->aor, addr);

	if (known_of(p, addr) != KNOWN_ALLOWED)
		return GATE_WATCH_PENDING;
	if (!p->account && (!c || !c->heard))
		watch_say(p, "probe", watch_bare(addr));
	return GATE_WATCH_ACTIVE;
}

enum gate_watch watches_watch(void *gate, struct addr *watcher,
			      struct addr *target, bool once)
{
	struct gate *g = gate;
	struct addr *addr = contact_of(g, target);
	enum gate_watch state;
	struct person *p;

	if (!addr)
		state = GATE_WATCH_NOWHERE;
	else if (!g->running || person_get(&p, g, watcher))
		state = GATE_WATCH_NONE;
	else if (once)
		state = look_once(p, addr);
	else
		state = begin(p, addr, target);
	mem_deref(addr);
	return state;
}

static void look_free(struct contact *c, struct look *l)
{
	list_remove(&c->looks, &l->node);
	mem_deref(l->target);
	mem_free(l);
}

/* RFC 8048 5.3: he was there for the contact as long as he watched, unless
 * the contact may see him anyway. An account keeps what it heard. */
static void end(struct contact *c)
{
	struct mine *m = c->mine;
	struct person *p = m->person;

	if (!list_empty(&c->looks))
		return;
	if (!p->account && consent_of(p->gate->conf.hub, p->aor, c->addr) !=
				   CONSENT_ALLOWED)
		watch_say(p, "unavailable", watch_bare(c->addr));
	if (!p->account)
		contact_free(c);
	hold(m);
}

void watches_unwatch(void *gate, struct addr *watcher, struct addr *target)
{
	struct gate *g = gate;
	struct addr *addr = contact_of(g, target);
	struct contact *c = addr ? contact_find(g, watcher, addr) : NULL;
	struct look *l = c ? look_find(c, target) : NULL;

	if (l) {
		look_free(c, l);
		end(c);
	}
	mem_deref(addr);
}

bool watches_show(void *gate, struct addr *watcher, struct addr *target,
		  struct presence_state *out)
{
	struct gate *g = gate;
	struct addr *addr = contact_of(g, target);
	const struct contact *c = addr ? contact_find(g, watcher, addr) :
					 NULL;

	mem_deref(addr);
	if (!c || !c->heard)
		return false;
	contact_state(c, out);
	return true;
}

/* ---- ways ---- */

static void requests(struct mine *m)
{
	struct lnode *n, *nx;

	LIST_EACH (&m->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, node);

		if (!list_empty(&c->looks))
			request(c);
	}
}

static void on_up(struct gate *g, struct xlink *x, struct person *p)
{
	struct watches *ws = watches_of(g);
	struct lnode *n, *nx;

	if (x->kind == XLINK_ACCOUNT) {
		out_account(mine_get(p));
		requests(mine_get(p));
	} else if (x->kind == XLINK_COMPONENT) {
		LIST_EACH (&ws->all, n, nx) {
			struct mine *m = CONTAINER(n, struct mine, node);

			if (!m->person->account)
				requests(m);
		}
		out_all(g);
	}
}

/* Closed, once; nobody's subscription ends by that. */
static void forget_seen(struct mine *m)
{
	struct lnode *n, *nx;

	buf_clear(&m->sent);
	LIST_EACH (&m->contacts, n, nx) {
		struct contact *c = CONTAINER(n, struct contact, node);

		contact_clear(c);
		c->heard = true;
		if (!list_empty(&c->looks))
			contact_shown(c);
		else
			contact_free(c);
	}
}

static void on_down(struct gate *g, struct xlink *x, struct person *p,
		    enum lost_why why, struct view text)
{
	struct watches *ws = watches_of(g);
	struct lnode *n, *nx;

	(void)why;
	(void)text;
	if (x->kind == XLINK_ROOMS)
		return;
	LIST_EACH (&ws->all, n, nx) {
		struct mine *m = CONTAINER(n, struct mine, node);

		if (x->kind == XLINK_ACCOUNT ? m->person == p :
					       !m->person->account)
			forget_seen(m);
	}
}

/* ---- users ---- */

static void on_registered(struct person *p, bool here)
{
	struct mine *m = mine_find(p->gate, p->aor);

	if (!m)
		return;
	m->left = !here;
	out_due(m, false);
}

static void on_presence(struct person *p, const struct presence_state *s)
{
	struct mine *m = mine_find(p->gate, p->aor);

	(void)s;
	if (m)
		out_due(m, false);
}

/* Who watched by him begins anew, as whoever he is then. */
static void on_gone(struct person *p)
{
	struct watches *ws = watches_of(p->gate);
	struct mine *m = mine_find(p->gate, p->aor);
	struct lnode *n, *nx;

	if (!m)
		return;
	LIST_EACH (&m->contacts, n, nx)
		watch_tell_looks(CONTAINER(n, struct contact, node),
				 GATE_WATCH_ANEW);
	out_goodbye(m);
	mine_free(ws, m);
}

/* ---- life ---- */

static int start(struct gate *g)
{
	struct watches *ws = mem_zalloc(sizeof(*ws));

	ws->gate = g;
	list_init(&ws->all);
	list_init(&ws->due);
	list_init(&ws->late);
	g->state[GATE_WATCHES] = ws;
	watch_in_start(g);
	return 0;
}

static void stop(struct gate *g)
{
	struct watches *ws = watches_of(g);
	struct lnode *n, *nx;

	watch_in_stop(g);
	LIST_EACH (&ws->all, n, nx)
		out_goodbye(CONTAINER(n, struct mine, node));
	out_stop(ws);
}

static void free_all(struct gate *g)
{
	struct watches *ws = watches_of(g);

	if (!ws)
		return;
	out_stop(ws);
	while (!list_empty(&ws->all))
		mine_free(ws, CONTAINER(list_first(&ws->all), struct mine,
					node));
	answers_free(ws);
	htable_free(&ws->by_aor);
	htable_free(&ws->contacts);
	mem_free(ws);
	g->state[GATE_WATCHES] = NULL;
}

static int status(struct gate *g, struct sink *out)
{
	const struct watches *ws = watches_of(g);

	return sink_printf(out, "presence: %zu users, %zu contacts seen\n",
			   ws->all.count, ws->contacts.count);
}

const struct gate_module watches_module = {
	.start = start,
	.stop = stop,
	.free = free_all,
	.stanza = watches_stanza,
	.up = on_up,
	.down = on_down,
	.registered = on_registered,
	.presence = on_presence,
	.gone = on_gone,
	.status = status,
	.load_watch = answer_load,
};
