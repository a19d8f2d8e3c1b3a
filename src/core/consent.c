/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules of presence, and of what else needs a yes: by their two sides, and in
 * a list of their user. */
#include "consent_priv.h"

#include <errno.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

struct consents *consents_new(void)
{
	return mem_zalloc(sizeof(struct consents));
}

static uint64_t pair_hash(const struct addr *user, const struct addr *other)
{
	return user->hash ^ hash_u64(other->hash);
}

static struct rule *find(const struct hub *h, const struct addr *user,
			 const struct addr *other)
{
	struct hnode *n = htable_find(&h->consents->rules,
				      pair_hash(user, other));

	for (; n; n = htable_more(n)) {
		struct rule *r = CONTAINER(n, struct rule, by_pair);

		if (addr_eq(r->user->addr, user) && addr_eq(r->other, other))
			return r;
	}
	return NULL;
}

struct asked *consent_user(const struct hub *h, const struct addr *addr)
{
	struct hnode *n = htable_find(&h->consents->users, addr->hash);

	while (n && !addr_eq(CONTAINER(n, struct asked, by_addr)->addr, addr))
		n = htable_more(n);
	return n ? CONTAINER(n, struct asked, by_addr) : NULL;
}

struct asked *consent_user_get(struct hub *h, struct addr *addr)
{
	struct asked *u = consent_user(h, addr);

	if (u)
		return u;
	u = mem_zalloc(sizeof(*u));
	u->addr = mem_ref(addr);
	list_init(&u->rules);
	htable_add(&h->consents->users, &u->by_addr, addr->hash);
	return u;
}

static void user_free(struct asked *u)
{
	mem_deref(u->addr);
	mem_deref(u->spent);
	mem_free(u);
}

static void user_tidy(struct consents *cs, struct asked *u)
{
	if (!list_empty(&u->rules) || u->last)
		return;
	htable_del(&cs->users, &u->by_addr);
	user_free(u);
}

struct rule *consent_rule_new(struct hub *h, struct asked *u,
			      struct addr *other)
{
	struct rule *r = mem_zalloc(sizeof(*r));

	r->user = u;
	r->other = mem_ref(other);
	if (u->spent && addr_eq(u->spent, other))
		r->number = u->last; /* their row stays one */
	list_append(&u->rules, &r->node);
	htable_add(&h->consents->rules, &r->by_pair,
		   pair_hash(u->addr, other));
	return r;
}

static void rule_free(struct consents *cs, struct rule *r)
{
	r->user->open -= r->now == CONSENT_ASKED;
	list_remove(&r->user->rules, &r->node);
	htable_del(&cs->rules, &r->by_pair);
	user_tidy(cs, r->user);
	mem_deref(r->other);
	mem_free(r);
}

static void state_set(struct rule *r, enum consent now)
{
	r->user->open -= r->now == CONSENT_ASKED;
	r->now = now;
	r->user->open += r->now == CONSENT_ASKED;
}

void consents_free(struct consents *cs)
{
	struct hnode *n;

	if (!cs)
		return;
	while ((n = htable_pop(&cs->rules))) {
		struct rule *r = CONTAINER(n, struct rule, by_pair);

		list_remove(&r->user->rules, &r->node);
		mem_deref(r->other);
		mem_free(r);
	}
	while ((n = htable_pop(&cs->users)))
		user_free(CONTAINER(n, struct asked, by_addr));
	htable_free(&cs->rules);
	htable_free(&cs->users);
	mem_free(cs);
}

/* ---- the store ---- */

static struct store_watch row_of(const struct rule *r)
{
	return (struct store_watch){
		.network = r->other->network,
		.user = r->user->addr->text,
		.other = r->other->text,
		.state = (uint32_t)r->now,
		.number = r->number,
		.asked_ms = r->asked_ms,
	};
}

/* The row that only had the last number has done its work. */
static void drop_spent(struct store_txn *t, struct asked *u,
		       const struct addr *but)
{
	if (u->spent && !(but && addr_eq(u->spent, but))) {
		const struct store_watch row = { .network = u->spent->network,
						 .user = u->addr->text,
						 .other = u->spent->text };

		store_del_watch(t, &row);
	}
	u->spent = mem_deref(u->spent);
}

static void write_rule(struct hub *h, const struct rule *r)
{
	const struct store_watch row = row_of(r);
	struct store_txn *t = store_begin(h->store);
	struct asked *u = r->user;
	bool last = r->number && r->number == u->last;

	if (last)
		drop_spent(t, u, r->other);
	if (r->now || last)
		store_put_watch(t, &row);
	else
		store_del_watch(t, &row);
	if (!r->now && last)
		u->spent = mem_ref(r->other);
	store_commit(t, NULL, NULL);
}

static void load_spent(struct asked *u, struct addr *other, uint64_t number)
{
	if (number < u->last)
		return;
	u->last = number;
	mem_deref(u->spent);
	u->spent = mem_ref(other);
}

void consents_load(const struct store_watch *w, void *arg)
{
	struct addr *user = NULL, *other = NULL;
	struct hub *h = arg;
	struct rule *r;

	if (w->direction || w->state > CONSENT_DENIED)
		return;
	if (addr_parse(&user, w->user) || addr_parse(&other, w->other)) {
		log_error("store: a rule of presence is damaged, it stays "
			  "out");
		goto out;
	}
	if (!w->state) {
		load_spent(consent_user_get(h, user), other, w->number);
		goto out;
	}
	r = find(h, user, other);
	if (!r)
		r = consent_rule_new(h, consent_user_get(h, user), other);
	state_set(r, (enum consent)w->state);
	r->number = w->number;
	r->asked_ms = w->asked_ms;
	if (r->user->last < r->number)
		r->user->last = r->number;
 out:
	mem_deref(user);
	mem_deref(other);
}

/* ---- changes ---- */

static void tell_listeners(struct hub *h, struct addr *user,
			   struct addr *other, enum consent now)
{
	struct consents *cs = h->consents;

	for (size_t i = 0; i < cs->listeners; i++) {
		const struct consent_listener *l = &cs->listener[i];

		if (view_eqs(other->network, l->network))
			l->h(user, other, now, l->arg);
	}
}

/* r is gone after CONSENT_NONE. */
void consent_change(struct hub *h, struct rule *r, enum consent now)
{
	struct addr *user = mem_ref(r->user->addr);
	struct addr *other = mem_ref(r->other);

	state_set(r, now);
	write_rule(h, r);
	if (!now)
		rule_free(h->consents, r);
	tell_listeners(h, user, other, now);
	mem_deref(user);
	mem_deref(other);
}

void consent_listen(struct hub *h, const struct consent_listener *l)
{
	struct consents *cs = h->consents;

	if (cs->listeners < LISTENERS)
		cs->listener[cs->listeners++] = *l;
}

void consent_unlisten(struct hub *h, const void *arg)
{
	struct consents *cs = h->consents;
	size_t left = 0;

	for (size_t i = 0; i < cs->listeners; i++)
		if (cs->listener[i].arg != arg)
			cs->listener[left++] = cs->listener[i];
	cs->listeners = left;
}

enum consent consent_of(const struct hub *h, const struct addr *user,
			const struct addr *other)
{
	const struct rule *r = find(h, user, other);

	return r ? r->now : CONSENT_NONE;
}

int consent_set(struct hub *h, struct addr *user, struct addr *other,
		enum consent now)
{
	struct rule *r = find(h, user, other);
	struct asked *u;

	if (h->state == HUB_STOPPED || (r ? r->now : CONSENT_NONE) == now)
		return 0;
	if (!r) {
		u = consent_user_get(h, user);
		if (u->rules.count >= CONSENT_USER_MAX)
			return ENOSPC;
		r = consent_rule_new(h, u, other);
	}
	consent_change(h, r, now);
	return 0;
}

void consent_forget(struct hub *h, const struct addr *user)
{
	struct asked *u = NULL;

	while (h->state != HUB_STOPPED && (u = consent_user(h, user)) &&
	       !list_empty(&u->rules))
		consent_change(h, CONTAINER(list_first(&u->rules), struct rule,
					    node),
			       CONSENT_NONE);
	if (h->state != HUB_STOPPED && u && u->spent) {
		struct store_txn *t = store_begin(h->store);

		drop_spent(t, u, NULL);
		store_commit(t, NULL, NULL);
	}
}

/* ---- questions ---- */

/* Without "sip:" or "xmpp:". */
struct view consent_shown(const struct addr *a)
{
	return view_from(a->text, a->network.n + 1);
}

const struct consent_words *consent_words_of(const struct hub *h,
					     const struct addr *other)
{
	static const struct consent_words presence = {
		"wants to see your presence", "may see your presence",
		"may not see your presence", "",
	};
	const struct consents *cs = h->consents;

	for (size_t i = 0; i < cs->listeners; i++)
		if (cs->listener[i].words &&
		    view_eqs(other->network, cs->listener[i].network))
			return cs->listener[i].words;
	return &presence;
}

static void put_question(struct buf *b, const struct rule *r, struct view who,
			 const struct consent_words *words)
{
	buf_adds(b, "*** ");
	buf_addv(b, who);
	buf_addc(b, ' ');
	buf_adds(b, words->wants);
	buf_addf(b, ". Answer /allow %llu or /deny %llu",
		 (unsigned long long)r->number,
		 (unsigned long long)r->number);
}

static void put_to_him(struct hub *h, const struct rule *r, struct addr *from,
		       struct view who)
{
	struct buf text = { 0 };
	struct hub_say say = { .from = from, .kind = MSG_TEXT };
	int err;

	put_question(&text, r, who, consent_words_of(h, r->other));
	say.text = buf_view(&text);
	err = hub_direct(h, r->user->addr, &say, NULL, NULL);
	if (err)
		log_info("%.*s: can't be asked who may see him: error %d",
			 VIEW_ARG(r->user->addr->text), err);
	buf_free(&text);
}

/* The oldest question, if it is open for too long. */
static struct rule *stale(const struct asked *u)
{
	uint64_t now = wall_ms();
	struct rule *oldest = NULL;
	struct lnode *n, *nx;

	LIST_EACH (&u->rules, n, nx) {
		struct rule *r = CONTAINER(n, struct rule, node);

		if (r->now == CONSENT_ASKED &&
		    (!oldest || r->asked_ms < oldest->asked_ms))
			oldest = r;
	}
	return oldest && oldest->asked_ms + CONSENT_DAYS * DAY_MS < now ?
		       oldest :
		       NULL;
}

static bool has_room(struct hub *h, const struct asked *u)
{
	struct rule *r;

	if (!u || (u->open < CONSENT_ASKED_MAX &&
		   u->rules.count < CONSENT_USER_MAX))
		return true;
	r = u->open < CONSENT_ASKED_MAX ? NULL : stale(u);
	if (r)
		consent_change(h, r, CONSENT_NONE);
	return r;
}

int consent_ask_as(struct hub *h, struct addr *user, struct addr *other,
		   struct addr *from, struct view who)
{
	struct rule *r = find(h, user, other);

	if (r)
		return r->now == CONSENT_ALLOWED ? EALREADY :
		       r->now == CONSENT_DENIED	 ? EACCES :
						   0;
	if (h->state == HUB_STOPPED || !has_room(h, consent_user(h, user)))
		return EBUSY;
	r = consent_rule_new(h, consent_user_get(h, user), other);
	state_set(r, CONSENT_ASKED);
	r->number = ++r->user->last;
	r->asked_ms = wall_ms();
	write_rule(h, r);
	put_to_him(h, r, from, who);
	tell_listeners(h, user, other, CONSENT_ASKED);
	return 0;
}

int consent_ask(struct hub *h, struct addr *user, struct addr *other,
		struct addr *from)
{
	return consent_ask_as(h, user, other, from, consent_shown(other));
}

/* ---- walks ---- */

size_t consent_each(const struct hub *h, const struct addr *user,
		    const char *network, enum consent now,
		    consent_each_h *each, void *arg)
{
	const struct asked *u = consent_user(h, user);
	struct lnode *n, *nx;
	size_t count = 0;

	if (!u)
		return 0;
	LIST_EACH (&u->rules, n, nx) {
		struct rule *r = CONTAINER(n, struct rule, node);

		if (r->now != now || !view_eqs(r->other->network, network))
			continue;
		count++;
		if (each)
			each(r->other, arg);
	}
	return count;
}

struct addr *consent_users(const struct hub *h, size_t *pos,
			   struct addr *prev)
{
	const struct htable *t = &h->consents->users;
	struct asked *u = prev ? consent_user(h, prev) : NULL;
	struct hnode *n = htable_each(t, pos, u ? &u->by_addr : NULL);

	return n ? CONTAINER(n, struct asked, by_addr)->addr : NULL;
}
