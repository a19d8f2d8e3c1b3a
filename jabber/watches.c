/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom of XMPP our users watch. What a contact has answered is kept on the
 * disk; an account's server knows it, too, and knows better. A subscription by
 * SIP ends, the one on XMPP stays.
 */
#include <errno.h>

#include "mem.h"
#include "roster.h"
#include "watch_priv.h"

enum { NOISE_RATE = 10, NOISE_BURST = 100, LOOKS_MAX = 16 };

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

/* ---- what contacts have answered ---- */

static struct answer *answer_find(const struct gate *g,
				  const struct addr *user,
				  const struct addr *other)
{
	struct hnode *n = htable_find(&watches_of(g)->answers,
				      user->hash ^ hash_u64(other->hash));

	for (; n; n = htable_more(n)) {
		struct answer *a = CONTAINER(n, struct answer, by_pair);

		if (addr_eq(a->user, user) && addr_eq(a->other, other))
			return a;
	}
	return NULL;
}

enum known answer_of(const struct gate *g, const struct addr *user,
		     const struct addr *other)
{
	const struct answer *a = answer_find(g, user, other);

	return a ? a->known : KNOWN_NOTHING;
}

/* ---- how many wait for an answer ---- */

static struct asker *asker_find(const struct watches *ws,
				const struct addr *user)
{
	struct hnode *n = htable_find(&ws->askers, user->hash);

	for (; n; n = htable_more(n)) {
		struct asker *a = CONTAINER(n, struct asker, by_user);

		if (addr_eq(a->user, user))
			return a;
	}
	return NULL;
}

static void asker_free(struct watches *ws, struct asker *a)
{
	htable_del(&ws->askers, &a->by_user);
	mem_deref(a->user);
	mem_free(a);
}

/* One of his answers is another one now. */
static void asker_count(struct watches *ws, struct addr *user,
			enum known before, enum known now)
{
	struct asker *a = asker_find(ws, user);

	if (before == KNOWN_PENDING && !--a->pending) {
		asker_free(ws, a);
		a = NULL;
	}
	if (now != KNOWN_PENDING)
		return;
	if (!a) {
		a = mem_zalloc(sizeof(*a));
		a->user = mem_ref(user);
		htable_add(&ws->askers, &a->by_user, user->hash);
	}
	a->pending++;
}

static bool asks_too_many(const struct watches *ws, const struct addr *user)
{
	const struct asker *a = asker_find(ws, user);

	return a && a->pending >= PENDING_MAX;
}

/* ---- answers ---- */

static void answer_free(struct watches *ws, struct answer *a)
{
	htable_del(&ws->answers, &a->by_pair);
	mem_deref(a->user);
	mem_deref(a->other);
	mem_free(a);
}

static void answer_write(struct gate *g, const struct answer *a)
{
	const struct store_watch row = {
		.network = VIEW("xmpp"),
		.user = a->user->text,
		.other = a->other->text,
		.direction = 1,
		.state = (uint32_t)a->known,
	};
	struct store_txn *t = store_begin(g->conf.store);

	if (a->known)
		store_put_watch(t, &row);
	else
		store_del_watch(t, &row);
	store_commit(t, NULL, NULL);
}

static struct answer *answer_new(struct watches *ws, struct addr *user,
				 struct addr *other)
{
	struct answer *a = mem_zalloc(sizeof(*a));

	a->user = mem_ref(user);
	a->other = mem_ref(other);
	htable_add(&ws->answers, &a->by_pair,
		   user->hash ^ hash_u64(other->hash));
	return a;
}

void answer_set(struct gate *g, struct addr *user, struct addr *other,
		enum known known)
{
	struct answer *a = answer_find(g, user, other);

	if (!g->running || (a ? a->known : KNOWN_NOTHING) == known)
		return;
	if (!a)
		a = answer_new(watches_of(g), user, other);
	asker_count(watches_of(g), user, a->known, known);
	a->known = known;
	answer_write(g, a);
	if (!known)
		answer_free(watches_of(g), a);
}

static void load_watch(struct gate *g, const struct store_watch *w)
{
	struct addr *user = NULL, *other = NULL;

	if (w->direction == 1 && w->state && w->state <= KNOWN_ALLOWED &&
	    !addr_parse(&user, w->user) && !addr_parse(&other, w->other) &&
	    !answer_find(g, user, other)) {
		answer_new(watches_of(g), user, other)->known =
			(enum known)w->state;
		asker_count(watches_of(g), user, KNOWN_NOTHING,
			    (enum known)w->state);
	}
	mem_deref(user);
	mem_deref(other);
}

/* An account's contact list says more than we remember. */
static enum known known_of(const struct person *p, const struct addr *addr)
{
	const struct roster_item *i;

	if (!p->account || !roster_is_known(p))
		return answer_of(p->gate, p->aor, addr);
	i = roster_find(p, watch_bare(addr));
	if (!i)
		return KNOWN_NOTHING;
	if (i->subscription == ROSTER_TO || i->subscription == ROSTER_BOTH)
		return KNOWN_ALLOWED;
	return i->asked ? KNOWN_PENDING : KNOWN_NOTHING;
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

/* ---- what contacts say ---- */

/* Those who watch him by SIP; what this makes them do may end any of it. */
static void tell_looks(struct contact *c, enum gate_watch state)
{
	struct addr *targets[LOOKS_MAX], *user = mem_ref(c->mine->person->aor);
	struct hub *h = c->mine->person->gate->conf.hub;
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&c->looks, n, nx)
		if (count < LOOKS_MAX)
			targets[count++] = mem_ref(
				CONTAINER(n, struct look, node)->target);
	for (size_t i = 0; i < count; i++) {
		hub_gate_watch(h, user, targets[i], state);
		mem_deref(targets[i]);
	}
	mem_deref(user);
}

void watches_answered(struct person *p, struct view bare, bool yes)
{
	struct addr *addr = watch_addr(bare);
	struct contact *c = addr ? contact_find(p->gate, p->aor, addr) : NULL;

	/* only to what was asked */
	if (addr && (c || answer_of(p->gate, p->aor, addr))) {
		answer_set(p->gate, p->aor, addr,
			   yes ? KNOWN_ALLOWED : KNOWN_NOTHING);
		if (c && !yes)
			contact_clear(c);
		if (c)
			tell_looks(c, yes ? GATE_WATCH_ACTIVE :
					    GATE_WATCH_NONE);
	}
	mem_deref(addr);
}

static bool is_nowhere(const struct elem *e)
{
	static const char *const conditions[] = {
		"item-not-found", "jid-malformed", "remote-server-not-found",
		"gone",
	};
	struct elem error;

	if (!elem_child(&error, e, "error", NULL))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (elem_has(&error, conditions[i], NULL))
			return true;
	return false;
}

void watches_failed(struct person *p, struct view bare, const struct elem *e)
{
	struct addr *addr = watch_addr(bare);
	struct contact *c = addr ? contact_find(p->gate, p->aor, addr) : NULL;

	if (c) {
		contact_clear(c);
		c->heard = true;
		if (is_nowhere(e) && answer_of(p->gate, p->aor, addr) ==
					     KNOWN_PENDING) {
			answer_set(p->gate, p->aor, addr, KNOWN_NOTHING);
			tell_looks(c, GATE_WATCH_NOWHERE);
		} else {
			contact_shown(c);
		}
	}
	mem_deref(addr);
}

/* What an account is shown, it may see: its server knows. */
static void take_presence(struct person *p, struct addr *addr,
			  struct view resource, const struct elem *e)
{
	struct contact *c = contact_find(p->gate, p->aor, addr);

	if (p->account && c && !list_empty(&c->looks) &&
	    answer_of(p->gate, p->aor, addr) != KNOWN_ALLOWED)
		watches_answered(p, watch_bare(addr), true);
	seen_presence(p, addr, resource, e);
}

static void take(struct person *p, struct addr *addr, struct view from,
		 struct view resource, const struct elem *e)
{
	struct view type = elem_get(e, "type"), bare = watch_bare(addr);

	if (!type.n || view_eqs(type, "unavailable"))
		take_presence(p, addr, resource, e);
	else if (view_eqs(type, "subscribed"))
		watches_answered(p, bare, true);
	else if (view_eqs(type, "unsubscribed"))
		watches_answered(p, bare, false);
	else if (view_eqs(type, "error"))
		watches_failed(p, bare, e);
	else if (view_eqs(type, "subscribe"))
		watched_subscribe(p, addr);
	else if (view_eqs(type, "unsubscribe"))
		watched_unsubscribe(p, addr);
	else if (view_eqs(type, "probe") && !p->account)
		watched_probe(p, addr, from);
}

/* For the gateway itself, or for nobody that there is. */
static void take_stray(struct xlink *x, const struct elem *e)
{
	struct view type = elem_get(e, "type"), to = elem_get(e, "to");
	struct view from = elem_get(e, "from");
	bool domain = !view_has(to, '@');
	const char *answer = NULL;
	struct buf b = { 0 };

	if (view_eqs(type, "subscribe"))
		answer = domain ? "subscribed" : "unsubscribed";
	else if (view_eqs(type, "probe"))
		answer = domain ? "" : "unsubscribed";
	if (!answer)
		return;
	stanza_open(&b, "presence", view_str(answer), to, from, VIEW_NONE);
	elem_close(&b);
	(void)xlink_send(x, &b);
	buf_free(&b);
}

static bool on_stanza(struct gate *g, struct xlink *x, struct person *p,
		      const struct elem *e)
{
	struct view from = elem_get(e, "from"), bare, resource, user, host;
	struct addr *addr;
	enum jmap_zone zone;

	if (x->kind == XLINK_ROOMS || !elem_is(e, "presence", NULL))
		return false;
	if (!view_cut(from, '/', &bare, &resource))
		bare = from;
	if (!view_cut(bare, '@', &user, &host))
		host = bare;
	if (!from.n || jmap_zone_of(g->map, host, &zone) ||
	    !gate_within(g, bare, 'p', NOISE_RATE, NOISE_BURST))
		return true;
	addr = watch_addr(bare);
	/* an account's other clients are no contacts of its */
	if (p && addr && !(p->account && view_eq(bare, buf_view(&p->jid))))
		take(p, addr, from, resource, e);
	else if (!p)
		take_stray(x, e);
	mem_deref(addr);
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
		tell_looks(CONTAINER(n, struct contact, node),
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
	struct hnode *n;

	if (!ws)
		return;
	out_stop(ws);
	while (!list_empty(&ws->all))
		mine_free(ws, CONTAINER(list_first(&ws->all), struct mine,
					node));
	while ((n = htable_pop(&ws->answers))) {
		struct answer *a = CONTAINER(n, struct answer, by_pair);

		mem_deref(a->user);
		mem_deref(a->other);
		mem_free(a);
	}
	while ((n = htable_pop(&ws->askers))) {
		struct asker *a = CONTAINER(n, struct asker, by_user);

		mem_deref(a->user);
		mem_free(a);
	}
	htable_free(&ws->by_aor);
	htable_free(&ws->contacts);
	htable_free(&ws->answers);
	htable_free(&ws->askers);
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
	.stanza = on_stanza,
	.up = on_up,
	.down = on_down,
	.registered = on_registered,
	.presence = on_presence,
	.gone = on_gone,
	.status = status,
	.load_watch = load_watch,
};
