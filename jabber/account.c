/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of an account. */
#include "account_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "jid.h"
#include "jid_prep.h"
#include "log.h"
#include "mem.h"
#include "muc.h"
#include "stanza.h"
#include "stream.h"

enum {
	/* A server that is dead is found within a minute. */
	IDLE_MS = 40000, /* nothing heard: ping */
	PONG_MS = 15000,
	ANSWER_EACH_MS = 60000,
	ANSWER_ALL_MS = 4000, /* so that the ring covers a minute */
	LINGER_MS = 2000,  /* a room that is joined anew needs no new login */
};

static const char *state_name(enum account_state state)
{
	static const char *const names[] = {
		[ACCOUNT_OFF] = "off",
		[ACCOUNT_WAITING] = "waiting to log in",
		[ACCOUNT_LOGIN] = "logging in",
		[ACCOUNT_ONLINE] = "online",
	};

	return names[state];
}

void account_set_state(struct account *a, enum account_state state)
{
	if (a->state != state)
		log_debug("jabber/%s: %s", a->label, state_name(state));
	a->state = state;
}

/* ---- coming and going ---- */

void account_new(struct jab *j, uint32_t id, const struct wire_msg *m)
{
	struct account *a = mem_zalloc(sizeof(*a));

	account_free(account_find(j, id));
	a->jab = j;
	a->id = id;
	list_init(&a->rooms);
	a->label = view_dup(m->s[0]);
	creds_read(&a->creds, m, "confab-");
	a->turn = (struct turn){ .domain = a->creds.domain,
				 .h = login_begin };
	htable_add(&j->accounts, &a->node, hash_u64(id));
}

struct account *account_find(const struct jab *j, uint32_t id)
{
	struct hnode *n = htable_find(&j->accounts, hash_u64(id));

	for (; n; n = htable_more(n))
		if (CONTAINER(n, struct account, node)->id == id)
			return CONTAINER(n, struct account, node);
	return NULL;
}

static void free_rooms(struct account *a)
{
	struct lnode *n, *nx;

	LIST_EACH(&a->rooms, n, nx)
		room_free(room_at(n));
}

/* Tells the server that we go; what it answers does not matter. */
static void logout(struct account *a, struct view reason)
{
	struct lnode *n, *nx;

	if (a->state != ACCOUNT_ONLINE)
		return;
	LIST_EACH(&a->rooms, n, nx)
		room_goodbye(room_at(n), reason);
	account_send(a, out_stanza(a->jab->ctx, "presence", "unavailable",
				   VIEW_NONE, VIEW_NONE));
	a->front = front_leave(a->front);
	login_drop(a);
}

void account_free(struct account *a)
{
	if (!a)
		return;
	logout(a, VIEW_NONE);
	free_rooms(a);
	login_drop(a);
	htable_del(&a->jab->accounts, &a->node);
	creds_free(&a->creds);
	mem_free(a->label);
	mem_free(a);
}

void account_end(struct account *a, enum worker_lost why, struct view text)
{
	log_info("jabber/%s: %.*s", a->label, VIEW_ARG(text));
	free_rooms(a);
	login_drop(a);
	worker_account_lost(a->jab->worker, a->id, why, text);
}

/* ---- online ---- */

static void on_alive(struct wtimer *t);

static void watch_alive(struct account *a, uint64_t ms)
{
	wheel_start(loop_wheel(a->jab->loop), &a->timer, ms, on_alive);
}

static void send_ping(struct account *a)
{
	char id[20];
	xmpp_stanza_t *s = out_stanza(a->jab->ctx, "iq", "get",
				      view_str(a->creds.domain),
				      jab_id(id, 'p', rand_u64()));

	out_child(s, "ping", NS_PING);
	account_send(a, s);
	a->ping_at = now_ms();
}

/* Whatever comes in counts as an answer. */
static void on_alive(struct wtimer *t)
{
	struct account *a = CONTAINER(t, struct account, timer);
	uint64_t silent = now_ms() - a->heard_at;

	if (a->ping_at) {
		account_end(a, GONE_NET, VIEW("the server does not answer any "
					      "more"));
	} else if (silent >= IDLE_MS) {
		send_ping(a);
		watch_alive(a, PONG_MS);
	} else {
		watch_alive(a, IDLE_MS - silent);
	}
}

void account_went_online(struct account *a, struct view own)
{
	struct lnode *n, *nx;

	turn_end(a->jab, &a->turn);
	account_set_state(a, ACCOUNT_ONLINE);
	log_info("jabber/%s: logged in as %.*s", a->label, VIEW_ARG(own));
	worker_account_up(a->jab->worker, a->id, own);
	a->heard_at = now_ms();
	a->ping_at = 0;
	watch_alive(a, IDLE_MS);
	account_send(a, out_stanza(a->jab->ctx, "presence", NULL, VIEW_NONE,
				   VIEW_NONE));
	LIST_EACH(&a->rooms, n, nx)
		room_enter(room_at(n));
}

void account_want(struct account *a)
{
	wheel_stop(loop_wheel(a->jab->loop), &a->linger);
	if (a->state != ACCOUNT_OFF)
		return;
	account_set_state(a, ACCOUNT_WAITING);
	turn_want(a->jab, &a->turn);
}

static void on_linger(struct wtimer *t)
{
	struct account *a = CONTAINER(t, struct account, linger);

	log_info("jabber/%s: no room is left, logging out", a->label);
	logout(a, VIEW_NONE);
}

void account_unwant(struct account *a)
{
	if (!list_empty(&a->rooms))
		return;
	if (a->state == ACCOUNT_ONLINE)
		wheel_start(loop_wheel(a->jab->loop), &a->linger, LINGER_MS,
			    on_linger);
	else if (a->state != ACCOUNT_OFF)
		login_drop(a);
}

bool account_online(const struct account *a)
{
	return a->state == ACCOUNT_ONLINE;
}

const char *account_label(const struct account *a)
{
	return a->label;
}

struct jab *account_jab(const struct account *a)
{
	return a->jab;
}

struct list *account_rooms(struct account *a)
{
	return &a->rooms;
}

int account_send(struct account *a, xmpp_stanza_t *s)
{
	int err = a->state == ACCOUNT_ONLINE ? 0 : ENOTCONN;
	char *text = NULL;
	size_t n;

	if (!err && xmpp_stanza_to_text(s, &text, &n))
		err = EBADMSG;
	if (!err)
		err = front_send(a->front, view_mem(text, n));
	if (text)
		xmpp_free(a->jab->ctx, text);
	xmpp_stanza_release(s);
	return err;
}

bool account_may_answer(struct account *a, struct view to)
{
	uint64_t who = hash_view(to), now = now_ms(), last = 0;

	for (size_t i = 0; i < ANSWERED_MAX; i++) {
		const struct answered *n = &a->answered[i];

		if (n->at && n->who == who && now - n->at < ANSWER_EACH_MS)
			return false;
		if (n->at > last)
			last = n->at;
	}
	if (last && now - last < ANSWER_ALL_MS)
		return false;
	a->answered[a->answered_next++ % ANSWERED_MAX] =
		(struct answered){ who, now };
	return true;
}

/* ---- all of them ---- */

void account_free_all(struct jab *j)
{
	struct hnode *h = NULL;
	size_t pos = 0;

	while ((h = htable_each(&j->accounts, &pos, h)))
		logout(CONTAINER(h, struct account, node),
		       VIEW("the gateway is stopping"));
	while ((h = htable_pop(&j->accounts)))
		account_free(CONTAINER(h, struct account, node));
}
