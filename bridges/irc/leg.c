/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Channels of accounts, as legs of confabd. A leg that is refused or lost is
 * freed at once: when confabd wants it again it says JOIN again.
 */
#include <string.h>

#include "account_priv.h"
#include "log.h"
#include "mem.h"

enum { JOIN_MS = 120000 };

struct ircb_leg *ircb_leg_find(const struct ircb_pool *p, uint64_t id)
{
	struct hnode *n = htable_find(&p->legs, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, hnode);

		if (leg->id == id)
			return leg;
	}
	return NULL;
}

static void leg_free(struct ircb_leg *leg)
{
	struct ircb_account *a = leg->account;

	if (a->conn)
		ircb_out_forget(ircb_conn_out(a->conn), leg->id);
	wheel_stop(loop_wheel(a->pool->loop), &leg->late);
	htable_del(&a->pool->legs, &leg->hnode);
	list_remove(&a->legs, &leg->node);
	mem_scrub_free(leg->key);
	mem_deref(leg);
}

struct ircb_leg *ircb_leg_new(struct ircb_account *a,
			      const struct worker_join *j)
{
	struct ircb_leg *leg = mem_new(sizeof(*leg), NULL);

	leg->account = a;
	leg->id = j->leg;
	leg->key = view_dup(j->key);
	leg->by_name = j->by_name;
	view_copy(leg->place, sizeof(leg->place), j->place);
	list_append(&a->legs, &leg->node);
	htable_add(&a->pool->legs, &leg->hnode, hash_u64(leg->id));
	return leg;
}

void ircb_legs_drop(struct ircb_account *a)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->legs, n, nx)
		leg_free(CONTAINER(n, struct ircb_leg, node));
}

/* Is one of the legs, but not this one, in or on its way into the channel? */
static const struct ircb_leg *other_leg(const struct ircb_account *a,
					struct view channel,
					const struct ircb_leg *but)
{
	enum ircb_casemap map = ircb_conn_support(a->conn)->casemap;
	struct lnode *n, *nx;

	LIST_EACH (&a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);

		if (leg != but && leg->state != IRCB_LEG_WAITING &&
		    ircb_name_eq(map, view_str(leg->place), channel))
			return leg;
	}
	return NULL;
}

/* Is another leg in the same channel, and in it? */
static bool other_leg_up(const struct ircb_leg *leg)
{
	const struct ircb_leg *other =
		other_leg(leg->account, view_str(leg->place), leg);

	return other && other->state == IRCB_LEG_UP;
}

void ircb_leg_lost(struct ircb_leg *leg, enum worker_lost why,
		   struct view words)
{
	struct ircb_account *a = leg->account;

	worker_lost(a->pool->worker, leg->id, why, words);
	leg_free(leg);
	if (list_empty(&a->legs))
		ircb_account_idle(a);
}

void ircb_leg_up(struct ircb_leg *leg)
{
	struct ircb_account *a = leg->account;

	wheel_stop(loop_wheel(a->pool->loop), &leg->late);
	leg->state = IRCB_LEG_UP;
	worker_joined(a->pool->worker, leg->id, ircb_conn_nick(a->conn));
	if (!other_leg_up(leg) && !ircb_past_ask(a, view_str(leg->place)))
		worker_missed(a->pool->worker, leg->id);
}

static void on_late(struct wtimer *t)
{
	ircb_leg_lost(CONTAINER(t, struct ircb_leg, late), GONE_NET,
		      VIEW("the server does not answer our JOIN"));
}

/* With its key, which is never logged. */
static int send_join(struct ircb_leg *leg)
{
	const struct view params[2] = { view_str(leg->place),
					view_str(leg->key) };

	return ircb_conn_send(leg->account->conn, "JOIN", params,
			      params[1].n ? 2 : 1);
}

void ircb_leg_enter(struct ircb_leg *leg)
{
	struct ircb_account *a = leg->account;
	struct view place = view_str(leg->place);
	const struct ircb_leg *other = other_leg(a, place, leg);

	/* A server does not answer the JOIN of one who is in already. */
	if (other && other->state == IRCB_LEG_UP) {
		ircb_leg_up(leg);
		return;
	}
	leg->state = IRCB_LEG_JOINING;
	wheel_start(loop_wheel(a->pool->loop), &leg->late, JOIN_MS, on_late);
	if (!other && send_join(leg))
		ircb_leg_lost(leg, GONE_NET,
			      VIEW("too many commands wait for "
				   "the server"));
}

/* PART, when this was the channel's last leg; QUIT, when the account's. */
void ircb_leg_leave(struct ircb_leg *leg, struct view reason)
{
	struct ircb_account *a = leg->account;
	struct view params[2] = { VIEW_NONE, reason };
	char place[sizeof(leg->place)];
	bool inside = leg->state != IRCB_LEG_WAITING;

	memcpy(place, leg->place, sizeof(place));
	leg_free(leg);
	params[0] = view_str(place);
	if (!inside || !a->conn || other_leg(a, params[0], NULL))
		return;
	/* A reason that can't be sent is left out. */
	if (ircb_conn_send(a->conn, "PART", params, reason.n ? 2 : 1) &&
	    ircb_conn_send(a->conn, "PART", params, 1))
		log_warning("irc %.*s: can't leave %s", VIEW_ARG(a->label),
			    place);
}
