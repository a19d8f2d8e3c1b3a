/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What contacts have answered to our users' requests: on the disk, since the
 * component has nobody else who knows. And how many wait for an answer.
 */
#include "watch_priv.h"

#include "mem.h"
#include "roster.h"

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

bool asks_too_many(const struct watches *ws, const struct addr *user)
{
	const struct asker *a = asker_find(ws, user);

	return a && a->pending >= PENDING_MAX;
}

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

void answer_load(struct gate *g, const struct store_watch *w)
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
enum known known_of(const struct person *p, const struct addr *addr)
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

void answers_free(struct watches *ws)
{
	struct hnode *n;

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
	htable_free(&ws->answers);
	htable_free(&ws->askers);
}
