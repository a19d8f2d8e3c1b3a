/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Being in a room (XEP-0045): joining it, staying, and how it ends. What the
 * words of the protocol mean is in muc_rules.c.
 */
#include <string.h>

#include "clock.h"
#include "jid.h"
#include "jid_prep.h"
#include "log.h"
#include "mem.h"
#include "muc_priv.h"

enum {
	JOIN_MS = 30000,
	CHORES_MS = 10000,
	SILENCE_MS = 600000,     /* nothing heard: are we still in? */
	REFLECTION_MS = 20000,   /* nothing came back: the same question */
	PING_MS = 30000,         /* how long its answer may take */
	PING_AGAIN_MS = 60000,
	PING_MISSES_MAX = 5,
};

static const char *room_state_name(enum room_state state)
{
	static const char *const names[] = {
		[ROOM_IDLE] = "idle",
		[ROOM_JOINING] = "joining",
		[ROOM_UNLOCKING] = "unlocking",
		[ROOM_JOINED] = "joined",
	};

	return names[state];
}

static void set_state(struct room *r, enum room_state state)
{
	if (r->state != state)
		log_debug("jabber/%s: %s: %s", account_label(r->account),
			  r->jid, room_state_name(state));
	r->state = state;
}

static struct jab *jab_of(const struct room *r)
{
	return account_jab(r->account);
}

struct view room_self(const struct room *r, struct buf *b)
{
	buf_adds(b, r->jid);
	buf_addc(b, '/');
	buf_adds(b, r->nick);
	return buf_view(b);
}

static void set_nick(struct room *r, struct view nick)
{
	char *before = r->nick;

	r->nick = view_dup(nick);
	mem_free(before); /* nick may be a part of it */
}

/* ---- coming and going ---- */

static void refuse(struct account *a, uint64_t leg, const char *words)
{
	worker_lost(account_jab(a)->worker, leg, GONE_CONFIG,
		    view_str(words));
}

struct room *room_new(struct account *a, const struct worker_join *join)
{
	struct buf jid = { 0 }, own = { 0 };
	const char *fault = jid_fault(join->place);
	struct view nick = join->nick;
	struct room *r = NULL;

	if (!fault && jid_prep(&jid, join->place))
		fault = "is no valid address";
	if (!nick.n)
		nick = VIEW("confab");
	if (!fault && jid_prep_resource(&own, nick))
		fault = "can't be joined by this nick, which is malformed";
	if (!fault && room_of(a, buf_view(&jid)))
		fault = "is joined already, by another link";
	if (fault) {
		buf_clear(&own);
		buf_adds(&own, "the room's address ");
		buf_adds(&own, fault);
		refuse(a, join->leg, buf_str(&own));
	} else {
		r = mem_zalloc(sizeof(*r));
		r->account = a;
		r->leg = join->leg;
		r->jid = view_dup(buf_view(&jid));
		r->wanted = view_dup(buf_view(&own));
		r->password = join->key.n ? view_dup(join->key) : NULL;
		set_nick(r, view_str(r->wanted));
		htable_add(&jab_of(r)->rooms, &r->node, hash_u64(r->leg));
		list_append(account_rooms(a), &r->of_account);
	}
	buf_free(&jid);
	buf_free(&own);
	return r;
}

void room_free(struct room *r)
{
	htable_del(&jab_of(r)->rooms, &r->node);
	list_remove(account_rooms(r->account), &r->of_account);
	wheel_stop(loop_wheel(jab_of(r)->loop), &r->timer);
	mem_free(r->jid);
	mem_free(r->nick);
	mem_free(r->wanted);
	mem_scrub_free(r->password);
	mem_free(r->topic);
	room_expel_forget(r);
	who_forget(r);
	mem_free(r);
}

struct room *room_at(struct lnode *n)
{
	return CONTAINER(n, struct room, of_account);
}

struct room *room_find(const struct jab *j, uint64_t leg)
{
	struct hnode *n = htable_find(&j->rooms, hash_u64(leg));

	for (; n; n = htable_more(n))
		if (CONTAINER(n, struct room, node)->leg == leg)
			return CONTAINER(n, struct room, node);
	return NULL;
}

struct room *room_of(struct account *a, struct view bare)
{
	struct lnode *n, *nx;

	LIST_EACH(account_rooms(a), n, nx)
		if (view_eqs(bare, room_at(n)->jid))
			return room_at(n);
	return NULL;
}

void room_lost(struct room *r, enum worker_lost why, const char *words,
	       xmpp_stanza_t *s)
{
	struct account *a = r->account;
	struct buf text = { 0 };

	buf_adds(&text, words);
	if (s)
		in_error_text(&text, s);
	log_info("jabber/%s: %s: %s", account_label(a), r->jid,
		 buf_str(&text));
	worker_lost(jab_of(r)->worker, r->leg, why, buf_view(&text));
	buf_free(&text);
	room_free(r);
	account_unwant(a);
}

void room_goodbye(struct room *r, struct view reason)
{
	struct buf to = { 0 };
	xmpp_stanza_t *s;

	if (r->state == ROOM_IDLE)
		return;
	s = out_stanza(jab_of(r)->ctx, "presence", "unavailable",
		       room_self(r, &to), VIEW_NONE);
	if (reason.n)
		out_text(out_child(s, "status", NULL), reason);
	account_send(r->account, s);
	buf_free(&to);
}

void room_part(struct room *r, struct view reason)
{
	struct account *a = r->account;

	room_goodbye(r, reason);
	room_free(r);
	account_unwant(a);
}

/* ---- joining ---- */

static void on_timer(struct wtimer *t);

static void send_join(struct room *r)
{
	struct buf to = { 0 };
	xmpp_stanza_t *s = out_stanza(jab_of(r)->ctx, "presence", NULL,
				      room_self(r, &to), VIEW_NONE);
	xmpp_stanza_t *x = out_child(s, "x", NS_MUC);

	buf_free(&to);
	out_attr(out_child(x, "history", NULL), "maxstanzas", VIEW("0"));
	if (r->password)
		out_text(out_child(x, "password", NULL),
			 view_str(r->password));
	if (account_send(r->account, s))
		room_lost(r, GONE_NET, "the server is slow", NULL);
}

void room_enter(struct room *r)
{
	set_state(r, ROOM_JOINING);
	wheel_start(loop_wheel(jab_of(r)->loop), &r->timer, JOIN_MS, on_timer);
	send_join(r);
}

static void joined(struct room *r)
{
	set_state(r, ROOM_JOINED);
	r->heard_at = now_ms();
	wheel_start(loop_wheel(jab_of(r)->loop), &r->timer, CHORES_MS,
		    on_timer);
	log_info("jabber/%s: %s: joined as %s", account_label(r->account),
		 r->jid, r->nick);
	worker_joined(jab_of(r)->worker, r->leg, view_str(r->nick));
	worker_missed(jab_of(r)->worker, r->leg);
	if (r->topic)
		worker_topic(jab_of(r)->worker, r->leg, TOPIC_FOUND,
			     VIEW_NONE, view_str(r->topic));
	mem_free(r->topic);
	r->topic = NULL;
}

/* XEP-0045 10.1.2: a room that was just made is locked until its owner takes
 * the default configuration. */
static void unlock(struct room *r)
{
	char id[20];
	xmpp_stanza_t *s, *query, *x;

	set_state(r, ROOM_UNLOCKING);
	r->form_key = rand_u64();
	s = out_stanza(jab_of(r)->ctx, "iq", "set", view_str(r->jid),
		       jab_id(id, 'f', r->form_key));
	query = out_child(s, "query", NS_MUC_OWNER);
	x = out_child(query, "x", NS_DATA);
	xmpp_stanza_set_type(x, "submit");
	if (account_send(r->account, s))
		room_lost(r, GONE_NET, "the server is slow", NULL);
}

static void join_refused(struct room *r, xmpp_stanza_t *s)
{
	struct buf nick = { 0 };
	struct muc_end end;
	struct in_error e;

	in_error(&e, s);
	if (view_eqs(e.condition, "conflict") && r->tries < MUC_NICK_TRIES) {
		muc_next_nick(&nick, view_str(r->wanted), ++r->tries);
		log_info("jabber/%s: %s: nick %s is taken, trying %s",
			 account_label(r->account), r->jid, r->nick,
			 buf_str(&nick));
		set_nick(r, buf_view(&nick));
		buf_free(&nick);
		send_join(r);
		return;
	}
	end = muc_join_refused(e.condition, e.type);
	room_lost(r, end.why, end.words, s);
}

void room_saw_subject(struct room *r, struct view text)
{
	r->live = true;
	if (r->state == ROOM_JOINED) {
		worker_topic(jab_of(r)->worker, r->leg, TOPIC_FOUND,
			     VIEW_NONE, text);
		return;
	}
	mem_free(r->topic);
	r->topic = view_dup(text);
	/* Servers without status 110: our nick came before the subject. */
	if (r->state == ROOM_JOINING && r->seen_self)
		joined(r);
}

/* ---- presence ---- */

static bool has_code(const unsigned *codes, size_t count, unsigned code)
{
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* Who did it and why, as far as the room tells. */
static void add_details(struct buf *text, xmpp_stanza_t *x)
{
	xmpp_stanza_t *item = in_child(x, "item", NULL);
	xmpp_stanza_t *actor = in_child(item, "actor", NULL);
	xmpp_stanza_t *reason = in_child(item, "reason", NULL);
	xmpp_stanza_t *destroy = in_child(x, "destroy", NULL);

	if (destroy)
		reason = in_child(destroy, "reason", NULL);
	if (actor && in_attr(actor, "nick").n) {
		buf_adds(text, " by ");
		buf_addv(text, view_head(in_attr(actor, "nick"), 64));
	}
	if (reason) {
		buf_adds(text, ": ");
		in_text(text, reason, 200);
	}
	if (destroy && in_attr(destroy, "jid").n) {
		buf_adds(text, "; it moved to ");
		buf_addv(text, view_head(in_attr(destroy, "jid"), 128));
	}
}

static void self_gone(struct room *r, xmpp_stanza_t *x, const unsigned *codes,
		      size_t count)
{
	xmpp_stanza_t *item = in_child(x, "item", NULL);
	struct buf text = { 0 };
	struct muc_end end;

	if (has_code(codes, count, 303) && item && in_attr(item, "nick").n) {
		set_nick(r, in_attr(item, "nick"));
		return;
	}
	end = muc_removed(codes, count, in_child(x, "destroy", NULL));
	buf_adds(&text, end.words);
	add_details(&text, x);
	room_lost(r, end.why, buf_str(&text), NULL);
	buf_free(&text);
}

static void self_there(struct room *r, struct view nick,
		       const unsigned *codes, size_t count)
{
	if (!has_code(codes, count, 110)) {
		r->seen_self = true;
		return;
	}
	set_nick(r, nick); /* 210: the room may have changed it */
	if (r->state != ROOM_JOINING)
		return;
	if (has_code(codes, count, 201))
		unlock(r);
	else
		joined(r);
}

static void presence_error(struct room *r, xmpp_stanza_t *s)
{
	struct muc_end end;
	struct in_error e;

	if (r->state == ROOM_JOINING) {
		join_refused(r, s);
		return;
	}
	in_error(&e, s);
	end = muc_join_refused(e.condition, e.type);
	/* In the room an error means that its server is out of reach; all
	 * else would be about a change that we did not ask for. */
	if (end.why == GONE_NET)
		room_lost(r, end.why, end.words, s);
}

void room_presence(struct room *r, xmpp_stanza_t *s, struct view nick)
{
	xmpp_stanza_t *x = in_child(s, "x", NS_MUC_USER);
	struct view type = in_attr(s, "type");
	unsigned codes[IN_CODES_MAX];
	size_t count = in_codes(codes, x);

	if (r->state == ROOM_IDLE)
		return;
	r->heard_at = now_ms();
	if (view_eqs(type, "error")) {
		presence_error(r, s);
		return;
	}
	if (!has_code(codes, count, 110) && !view_eqs(nick, r->nick)) {
		who_presence(r, s, nick);
		return;
	}
	/* While joining it is the end of a stay before this one. */
	if (view_eqs(type, "unavailable") && r->state != ROOM_JOINING)
		self_gone(r, x, codes, count);
	else if (!type.n && nick.n)
		self_there(r, nick, codes, count);
}

/* ---- staying ---- */

void room_ping(struct room *r)
{
	struct buf to = { 0 };
	char id[20];
	xmpp_stanza_t *s;

	r->ping_key = rand_u64();
	r->ping_at = now_ms();
	s = out_stanza(jab_of(r)->ctx, "iq", "get", room_self(r, &to),
		       jab_id(id, 's', r->ping_key));
	out_child(s, "ping", NS_PING);
	account_send(r->account, s);
	buf_free(&to);
}

static void ping_answered(struct room *r, struct view condition)
{
	uint64_t asked = r->ping_at;

	r->ping_key = 0;
	switch (muc_ping_answer(condition)) {
	case MUC_PING_IN:
		r->heard_at = now_ms();
		r->ping_misses = 0;
		/* The room answers in order, so this is after any echo. */
		room_give_up(r, asked);
		return;
	case MUC_PING_OUT:
		room_lost(r, GONE_NET, "no longer in the room", NULL);
		return;
	case MUC_PING_UNSURE:
		r->ping_misses++;
		return;
	}
}

void room_iq(struct room *r, xmpp_stanza_t *s)
{
	struct view id = in_attr(s, "id");
	bool error = view_eqs(in_attr(s, "type"), "error");
	struct in_error e;
	char own[20];

	in_error(&e, s);
	if (error && !e.condition.n)
		e.condition = VIEW("undefined-condition");
	if (r->ping_key && view_eq(id, jab_id(own, 's', r->ping_key))) {
		ping_answered(r, e.condition);
		return;
	}
	if (room_expel_answer(r, error ? s : NULL, id))
		return;
	if (r->state != ROOM_UNLOCKING ||
	    !view_eq(id, jab_id(own, 'f', r->form_key)))
		return;
	if (error)
		room_lost(r, GONE_REFUSED,
			  "the new room could not be unlocked", s);
	else
		joined(r);
}

static bool wants_ping(const struct room *r, uint64_t now)
{
	uint64_t oldest = room_oldest(r);

	if (r->ping_misses)
		return now - r->ping_at >= PING_AGAIN_MS;
	return now - r->heard_at >= SILENCE_MS ||
	       (oldest && now - oldest >= REFLECTION_MS);
}

static void chores(struct room *r)
{
	uint64_t now = now_ms();

	if (r->ping_key && now - r->ping_at >= PING_MS) {
		r->ping_key = 0;
		r->ping_misses++;
	}
	if (r->ping_misses >= PING_MISSES_MAX) {
		room_lost(r, GONE_NET, "the room does not answer", NULL);
		return;
	}
	if (!r->ping_key && wants_ping(r, now))
		room_ping(r);
	wheel_start(loop_wheel(jab_of(r)->loop), &r->timer, CHORES_MS,
		    on_timer);
}

static void on_timer(struct wtimer *t)
{
	struct room *r = CONTAINER(t, struct room, timer);

	if (r->state == ROOM_JOINED)
		chores(r);
	else
		room_lost(r, GONE_NET, "the room did not answer in time",
			  NULL);
}
