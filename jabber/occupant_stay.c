/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One stay in a room: coming, staying, and how it ends. Handlers may free the
 * occupant: whoever calls one holds a reference, and looks at freed.
 */
#include "occupant_priv.h"

#include <errno.h>

#include "clock.h"
#include "jnick.h"
#include "jtext.h"
#include "log.h"
#include "mem.h"

enum {
	JOIN_MS = 30 * 1000,
	SILENCE_MS = 10 * 60 * 1000,
	PING_AGAIN_MS = 60 * 1000,
	PAUSE_FIRST_MS = 2000,
	PAUSE_MAX_MS = 300 * 1000,
	STEADY_MS = 60 * 1000,
	AT_ONCE_MS = 10,
	KICK_PAUSE_MS = 60 * 1000,
	SINCE_SLACK_MS = 60 * 1000,   /* clocks differ */
	WORDS_MAX = 300,
};
static const uint64_t day_ms = 24 * 3600 * 1000;

static void set_state(struct occupant *o, enum occupant_state state)
{
	static const char *const name[] = { "out", "waiting", "joining",
					    "in" };

	if (o->state != state)
		log_debug("xmpp %s: %s/%s: %s", o->link->label,
			  buf_str(&o->room), buf_str(&o->nick), name[state]);
	o->state = state;
}

void occupant_set_nick(struct occupant *o, struct view nick)
{
	struct buf b = { 0 };

	buf_addv(&b, nick); /* which may be a part of it */
	buf_free(&o->nick);
	o->nick = b;
}

void occupant_to(const struct occupant *o, struct buf *out, struct view nick)
{
	buf_addv(out, buf_view(&o->room));
	buf_addc(out, '/');
	buf_addv(out, nick);
}

int occupant_send(struct occupant *o, struct buf *b)
{
	int err = xlink_send(o->link, b);

	buf_free(b);
	return err;
}

static void open_presence(const struct occupant *o, struct buf *b,
			  struct view nick, struct view type)
{
	struct buf to = { 0 };
	char id[24];

	occupant_to(o, &to, nick);
	stanza_open(b, "presence", type, buf_view(&o->from), buf_view(&to),
		    stanza_id(id));
	buf_free(&to);
}

/* ---- joining ---- */

static void on_timer(struct wtimer *t);

void occupant_wait(struct occupant *o, uint64_t ms)
{
	wheel_start(occupant_wheel(o), &o->timer, ms, on_timer);
}

static void add_history(const struct occupant *o, struct buf *b)
{
	char time[32];

	elem_open(b, "history", NULL);
	if (o->since_ms)
		elem_attr(b, "since",
			  stanza_time(time, o->since_ms - SINCE_SLACK_MS));
	else
		elem_attr_u64(b, "maxstanzas", o->history);
	elem_close(b);
}

static void send_join(struct occupant *o)
{
	struct buf b = { 0 };

	open_presence(o, &b, buf_view(&o->nick), VIEW_NONE);
	elem_open(&b, "x", NS_MUC);
	add_history(o, &b);
	if (o->password.n)
		elem_leaf(&b, "password", NULL, buf_view(&o->password));
	elem_close(&b);
	elem_close(&b);
	if (occupant_send(o, &b))
		occupant_lost(o, VIEW("the server is slow"), false);
}

/* Which ids are the room's own, and not anybody's word. */
static void on_disco(int err, const struct elem *e, void *arg)
{
	struct occupant *o = arg;
	struct elem query, c;
	size_t pos = 0;

	o->stale = false;
	if (err || !elem_child(&query, e, "query", NS_DISCO))
		return;
	o->known = true;
	o->sid = o->oid = false;
	while (elem_next(&c, &query, &pos)) {
		if (!elem_is(&c, "feature", NULL))
			continue;
		o->sid |= view_eqs(elem_get(&c, "var"), NS_SID);
		o->oid |= view_eqs(elem_get(&c, "var"), NS_OCCUPANT_ID);
	}
}

/* Before the join: servers answer in order. */
static void ask_features(struct occupant *o)
{
	struct buf b = { 0 };

	elem_open(&b, "query", NS_DISCO);
	elem_close(&b);
	if (xlink_ask(o->link, "get", buf_view(&o->from), buf_view(&o->room),
		      &b, on_disco, o))
		o->stale = false;
	buf_free(&b);
}

void occupant_join_now(struct occupant *o)
{
	if (o->link->state != XLINK_ONLINE) {
		set_state(o, OCCUPANT_WAITING);
		wheel_stop(occupant_wheel(o), &o->timer);
		return;
	}
	o->self = o->self_nick = o->live = o->locked = false;
	o->tries = 0;
	o->past_ms = o->since_ms;
	buf_clear(&o->subject);
	whos_clear(&o->whos);
	if (!o->been_in)
		occupant_set_nick(o, buf_view(&o->wanted));
	xlink_forget(o->link, o);
	unsaid_joining(o);
	o->pinging = false;
	set_state(o, OCCUPANT_JOINING);
	occupant_wait(o, JOIN_MS);
	if (!o->known)
		ask_features(o);
	send_join(o);
}

void occupant_complete(struct occupant *o)
{
	bool fresh = !o->was_in;

	set_state(o, OCCUPANT_IN);
	o->been_in = o->was_in = true;
	o->in_ms = o->heard_ms = now_ms();
	if (!o->since_ms)
		o->since_ms = wall_ms();
	occupant_wait(o, SILENCE_MS);
	if (!o->known)
		ask_features(o); /* before, there was no such room */
	log_info("xmpp %s: %s: in as %s", o->link->label, buf_str(&o->room),
		 buf_str(&o->nick));
	unsaid_joined(o);
	if (o->ops->joined && !o->freed)
		o->ops->joined(o, fresh, o->whos.count + o->whos.more,
			       buf_view(&o->subject), o->arg);
}

static void on_unlocked(int err, const struct elem *e, void *arg)
{
	struct occupant *o = arg;

	(void)e;
	if (o->state != OCCUPANT_JOINING || err == ENOTCONN)
		return;
	mem_ref(o);
	o->locked = false;
	if (err)
		occupant_end(o, GONE_NO_ROOM,
			     VIEW("the new room could not be opened"));
	else
		occupant_complete(o);
	mem_deref(o);
}

/* XEP-0045 10.1.2: a new room is locked until its owner takes the default
 * configuration. */
void occupant_unlock(struct occupant *o)
{
	struct buf b = { 0 };

	o->locked = true;
	elem_open(&b, "query", NS_MUC_OWNER);
	elem_open(&b, "x", "jabber:x:data");
	elem_attrs(&b, "type", "submit");
	elem_close(&b);
	elem_close(&b);
	if (xlink_ask(o->link, "set", buf_view(&o->from), buf_view(&o->room),
		      &b, on_unlocked, o))
		occupant_lost(o, VIEW("the server is slow"), false);
	buf_free(&b);
}

static bool next_nick(struct occupant *o)
{
	struct buf nick = { 0 };
	int err = jnick_next(&nick, buf_view(&o->wanted), ++o->tries);

	if (!err)
		occupant_set_nick(o, buf_view(&nick));
	buf_free(&nick);
	return !err;
}

static void add_fault(struct buf *out, const char *words,
		      const struct stanza_fault *f)
{
	buf_adds(out, words);
	if (!f->text.n)
		return;
	buf_adds(out, " (");
	jtext_line(out, f->text, WORDS_MAX);
	buf_addc(out, ')');
}

static void join_refused(struct occupant *o, const struct elem *e)
{
	const struct end_rule *rule;
	struct stanza_fault f;
	struct buf words = { 0 };

	fault_read(&f, e);
	if (view_eqs(f.condition, "conflict") && next_nick(o)) {
		send_join(o);
		return;
	}
	rule = occupant_join_rule(f.condition, f.type);
	add_fault(&words, rule->words, &f);
	/* who has never been in may have mistyped the room */
	if (rule->passes && (o->been_in || o->since_ms))
		occupant_lost(o, buf_view(&words), false);
	else
		occupant_end(o, rule->why, buf_view(&words));
	buf_free(&words);
}

/* ---- going ---- */

void occupant_say_bye(struct occupant *o, struct view words)
{
	struct buf b = { 0 };

	if (o->state != OCCUPANT_IN && o->state != OCCUPANT_JOINING)
		return;
	open_presence(o, &b, buf_view(&o->nick), VIEW("unavailable"));
	if (words.n)
		elem_leaf(&b, "status", NULL, words);
	elem_close(&b);
	(void)occupant_send(o, &b);
}

void occupant_still(struct occupant *o, enum occupant_state state)
{
	wheel_stop(occupant_wheel(o), &o->timer);
	xlink_forget(o->link, o);
	o->pinging = false;
	whos_clear(&o->whos);
	set_state(o, state);
}

void occupant_end(struct occupant *o, enum occupant_gone why,
		  struct view words)
{
	if (o->state == OCCUPANT_JOINING && o->self)
		occupant_say_bye(o, VIEW_NONE);
	occupant_still(o, OCCUPANT_OUT);
	o->was_in = o->been_in = false;
	o->since_ms = 0;
	mem_ref(o);
	unsaid_end(o, EAGAIN, words, UINT64_MAX);
	if (!o->freed && o->ops->gone)
		o->ops->gone(o, why, words, o->arg);
	mem_deref(o);
}

void occupant_lost(struct occupant *o, struct view words, bool at_once)
{
	uint64_t ms;

	if (o->state == OCCUPANT_IN && now_ms() - o->in_ms >= STEADY_MS)
		o->pause_ms = 0;
	if (!o->been_in && !o->since_ms) {
		occupant_end(o, GONE_OTHER, words);
		return;
	}
	o->stale = false; /* the next time without that */
	ms = o->pause_ms ? o->pause_ms : PAUSE_FIRST_MS;
	o->pause_ms = ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : ms * 2;
	log_info("xmpp %s: %s: out for now: %.*s", o->link->label,
		 buf_str(&o->room), VIEW_ARG(words));
	occupant_still(o, OCCUPANT_WAITING);
	/* four fifths to six fifths */
	occupant_wait(o, at_once && ms == PAUSE_FIRST_MS ?
			   AT_ONCE_MS :
			   ms * 4 / 5 + rand_u64() % (ms * 2 / 5));
	if (o->ops->lost)
		o->ops->lost(o, words, o->arg);
}

/* May he come back? The oldest kick of those that count makes room. */
static bool kick_counts(struct occupant *o)
{
	uint64_t now = now_ms(), *at = &o->kicked_ms[0];

	for (size_t i = 1; i < OCCUPANT_KICKS; i++)
		if (o->kicked_ms[i] < *at)
			at = &o->kicked_ms[i];
	if (*at && now - *at < day_ms)
		return false;
	*at = now;
	return true;
}

void occupant_kicked(struct occupant *o, struct view words)
{
	if (!o->rejoin_after_kick || !kick_counts(o)) {
		occupant_end(o, GONE_KICKED, words);
		return;
	}
	occupant_still(o, OCCUPANT_WAITING);
	occupant_wait(o, KICK_PAUSE_MS);
	if (o->ops->lost)
		o->ops->lost(o, words, o->arg);
}

/* ---- staying ---- */

static void on_pong(int err, const struct elem *e, void *arg)
{
	struct occupant *o = arg;
	struct stanza_fault f = { .condition = VIEW_NONE };
	uint64_t asked = o->pinged_ms;

	o->pinging = false;
	if (o->state != OCCUPANT_IN || err == ENOTCONN)
		return;
	if (err == EREMOTEIO)
		fault_read(&f, e);
	if (err == ETIMEDOUT)
		f.condition = VIEW("remote-server-timeout");
	switch (occupant_ping_rule(f.condition)) {
	case PING_IN:
		o->heard_ms = now_ms();
		occupant_wait(o, SILENCE_MS);
		/* The room answers in order: what has not come back comes no
		 * more. */
		unsaid_end(o, 0, VIEW("not confirmed"), asked);
		break;
	case PING_OUT:
		occupant_lost(o, VIEW("no longer in the room"), true);
		break;
	default:
		occupant_wait(o, PING_AGAIN_MS);
	}
}

void occupant_ping(struct occupant *o)
{
	struct buf b = { 0 }, to = { 0 };

	if (o->pinging)
		return;
	occupant_to(o, &to, buf_view(&o->nick));
	elem_open(&b, "ping", "urn:xmpp:ping");
	elem_close(&b);
	o->pinged_ms = now_ms();
	o->pinging = !xlink_ask(o->link, "get", buf_view(&o->from),
				buf_view(&to), &b, on_pong, o);
	if (!o->pinging)
		occupant_wait(o, PING_AGAIN_MS);
	buf_free(&b);
	buf_free(&to);
}

static void on_silence(struct occupant *o)
{
	uint64_t ms = now_ms() - o->heard_ms;

	if (ms >= SILENCE_MS)
		occupant_ping(o);
	else
		occupant_wait(o, SILENCE_MS - ms);
}

/* Old servers send no 110: our nick was there before the subject. Some send no
 * subject. */
static void on_join_late(struct occupant *o)
{
	if (o->self && !o->locked)
		occupant_complete(o);
	else
		occupant_lost(o, VIEW("the room did not answer in time"),
			      false);
}

static void on_timer(struct wtimer *t)
{
	struct occupant *o = mem_ref(CONTAINER(t, struct occupant, timer));

	if (o->state == OCCUPANT_IN)
		on_silence(o);
	else if (o->state == OCCUPANT_JOINING)
		on_join_late(o);
	else if (o->state == OCCUPANT_WAITING)
		occupant_join_now(o);
	mem_deref(o);
}

void occupant_error(struct occupant *o, const struct elem *e)
{
	const struct end_rule *rule;
	struct stanza_fault f;
	struct buf words = { 0 };

	if (o->state == OCCUPANT_JOINING && !o->self) {
		join_refused(o, e);
		return;
	}
	fault_read(&f, e);
	rule = occupant_join_rule(f.condition, f.type);
	add_fault(&words, rule->words, &f);
	if (o->asked[0] && view_eqs(elem_get(e, "id"), o->asked)) {
		o->asked[0] = '\0';
		if (o->ops->said)
			o->ops->said(o, 0, EREMOTEIO, buf_view(&words),
				     o->arg);
	} else if (rule->passes && o->state == OCCUPANT_IN) {
		occupant_lost(o, buf_view(&words), false);
	}
	buf_free(&words);
}
