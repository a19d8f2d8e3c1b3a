/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said in a room, both ways. A room sends every text to everybody,
 * the sender included: that reflection is how we know that it was delivered.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mention.h"
#include "muc_priv.h"
#include "xml.h"
#include "xtime.h"

/* The runtime cuts what is still too long, and says so. */
enum { HEARD_MAX = 128 * 1024, STABLE_ID_MAX = 512, TOPIC_MAX = 1000,
       LATE_MS = 60 * 1000 }; /* said so long ago: with its time */

/* ---- ours ---- */

static void forget(struct room *r, size_t i)
{
	r->pending_count--;
	memmove(&r->pending[i], &r->pending[i + 1],
		(r->pending_count - i) * sizeof(r->pending[0]));
}

uint64_t room_oldest(const struct room *r)
{
	return r->pending_count ? r->pending[0].at : 0;
}

void room_give_up(struct room *r, uint64_t until)
{
	struct worker *w = account_jab(r->account)->worker;

	while (r->pending_count && r->pending[0].at < until) {
		uint64_t seq = r->pending[0].seq;

		forget(r, 0);
		worker_failed(w, r->leg, seq, false,
			      VIEW("the room did not pass the message on"));
	}
}

static void failed(struct room *r, const struct worker_say *say, bool again,
		   const char *words)
{
	worker_failed(account_jab(r->account)->worker, r->leg, say->seq,
		      again, view_str(words));
}

/* XEP-0045 8.1: a subject alone, also an empty one. */
static void set_topic(struct room *r, struct view text)
{
	struct account *a = r->account;
	struct buf clean = { 0 };
	xmpp_stanza_t *s;
	char id[20];

	r->topic_key = rand_u64();
	xml_clean(&clean, text);
	s = out_stanza(account_jab(a)->ctx, "message", "groupchat",
		       view_str(r->jid), jab_id(id, 't', r->topic_key));
	out_text(out_child(s, "subject", NULL), buf_view(&clean));
	buf_free(&clean);
	if (account_send(a, s))
		worker_topic(account_jab(a)->worker, r->leg, TOPIC_REFUSED,
			     VIEW_NONE, VIEW("the server is slow"));
}

/* From our occupant: of the room it would mark the past, and our address is
 * not for all to see. */
static void add_delay(const struct room *r, xmpp_stanza_t *s,
		      uint64_t time_ms)
{
	xmpp_stanza_t *delay;
	struct buf from = { 0 };
	char stamp[32];

	if (!time_ms || time_ms + LATE_MS > wall_ms())
		return;
	delay = out_child(s, "delay", NS_DELAY);
	buf_adds(&from, r->jid);
	buf_addc(&from, '/');
	buf_adds(&from, r->nick);
	out_attr(delay, "from", buf_view(&from));
	out_attr(delay, "stamp", stanza_time(stamp, time_ms));
	buf_free(&from);
}

void room_say(struct room *r, const struct worker_say *say)
{
	struct buf text = { 0 }, body = { 0 }, spared = { 0 };
	struct pending *p;
	xmpp_stanza_t *s;
	char id[20];

	if (say->kind == SAY_SUBJECT) {
		if (r->state == ROOM_JOINED)
			set_topic(r, say->text);
		return;
	}
	if (r->state != ROOM_JOINED || r->pending_count == PENDING_MAX) {
		failed(r, say, true, r->state != ROOM_JOINED ?
		       "not in the room yet" : "the room is slow");
		return;
	}
	muc_body(&text, say->kind, say->name, say->text);
	mention_spare(&spared, buf_view(&text), who_is_called, r);
	xml_clean(&body, buf_view(&spared)); /* as it will come back */
	p = &r->pending[r->pending_count++];
	*p = (struct pending){ rand_u64(), say->seq,
			       hash_view(buf_view(&body)), now_ms() };
	s = out_stanza(account_jab(r->account)->ctx, "message", "groupchat",
		       view_str(r->jid), jab_id(id, 'm', p->key));
	out_text(out_child(s, "body", NULL), buf_view(&body));
	add_delay(r, s, say->time_ms);
	buf_free(&spared);
	buf_free(&text);
	buf_free(&body);
	if (!account_send(r->account, s))
		return;
	r->pending_count--;
	failed(r, say, true, "the server is slow");
}

static size_t pending_by_id(const struct room *r, struct view id)
{
	char own[20];
	size_t i = 0;

	while (i < r->pending_count &&
	       !view_eq(id, jab_id(own, 'm', r->pending[i].key)))
		i++;
	return i;
}

static size_t pending_by_body(const struct room *r, struct view body)
{
	uint64_t hash = hash_view(body);
	size_t i = 0;

	while (i < r->pending_count && r->pending[i].hash != hash)
		i++;
	return i;
}

/* From our own occupant: by its id (XEP-0045 says that it stays), else, in
 * rooms that give ids of their own, by what it says. */
static void reflected(struct room *r, xmpp_stanza_t *s, struct view body)
{
	size_t i = pending_by_id(r, in_attr(s, "id"));
	uint64_t seq;

	if (i == r->pending_count)
		i = pending_by_body(r, body);
	if (i == r->pending_count) {
		log_debug("jabber/%s: %s: ignored what our own nick said "
			  "elsewhere", account_label(r->account), r->jid);
		return;
	}
	seq = r->pending[i].seq;
	forget(r, i);
	worker_delivered(account_jab(r->account)->worker, r->leg, seq);
}

static void topic_refused(struct room *r, xmpp_stanza_t *s)
{
	struct buf words = { 0 };

	r->topic_key = 0;
	buf_adds(&words, "the room refuses it");
	in_error_text(&words, s);
	worker_topic(account_jab(r->account)->worker, r->leg, TOPIC_REFUSED,
		     VIEW_NONE, buf_view(&words));
	buf_free(&words);
}

static void refused(struct room *r, xmpp_stanza_t *s)
{
	size_t i = pending_by_id(r, in_attr(s, "id"));
	struct buf words = { 0 };
	struct muc_say_end end;
	struct in_error e;
	uint64_t seq;
	char own[20];

	if (r->topic_key &&
	    view_eq(in_attr(s, "id"), jab_id(own, 't', r->topic_key))) {
		topic_refused(r, s);
		return;
	}
	if (i == r->pending_count) {
		log_debug("jabber/%s: %s: an error for nothing of ours",
			  account_label(r->account), r->jid);
		return;
	}
	in_error(&e, s);
	end = muc_say_refused(e.condition, e.type);
	if (end.fate == MUC_SAY_OUT) {
		room_lost(r, GONE_NET, end.words, s);
		return;
	}
	seq = r->pending[i].seq;
	forget(r, i);
	buf_adds(&words, end.words);
	in_error_text(&words, s);
	worker_failed(account_jab(r->account)->worker, r->leg, seq,
		      end.fate == MUC_SAY_AGAIN, buf_view(&words));
	buf_free(&words);
}

/* ---- theirs ---- */

/* A stamp of the room itself marks history (XEP-0045 7.2.14); others may
 * stamp what they like. Before the subject all is history. */
static bool is_history(const struct room *r, xmpp_stanza_t *s)
{
	xmpp_stanza_t *delay = in_child(s, "delay", NS_DELAY);
	struct view from;

	if (!delay)
		return false;
	from = in_attr(delay, "from");
	return !r->live || !from.n || view_eqs(from, r->jid);
}

/* What tells this message from all others: the room's own id (XEP-0359)
 * where it gives one, else the sender's with his nick. */
static void stable_id(struct buf *out, const struct room *r, xmpp_stanza_t *s,
		      struct view nick)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(s);
	struct view id = in_attr(s, "id");

	for (; c; c = xmpp_stanza_get_next(c)) {
		if (!xmpp_stanza_is_tag(c) ||
		    strcmp(xmpp_stanza_get_name(c), "stanza-id") ||
		    !view_eqs(in_attr(c, "xmlns"), NS_SID) ||
		    !view_eqs(in_attr(c, "by"), r->jid))
			continue;
		buf_adds(out, "s:");
		buf_addv(out, in_attr(c, "id"));
		return;
	}
	if (!id.n)
		return;
	buf_adds(out, "i:");
	buf_addv(out, nick);
	buf_addc(out, '/');
	buf_addv(out, id);
}

static void heard(struct room *r, xmpp_stanza_t *s, struct view nick,
		  struct view body)
{
	static const struct view me = { "/me ", 4 };
	struct buf id = { .max = STABLE_ID_MAX };
	unsigned kind = SAY_TEXT;

	if (view_starts(body, me)) {
		kind = SAY_EMOTE;
		body = view_from(body, me.n);
	}
	stable_id(&id, r, s, nick);
	if (id.over)
		buf_clear(&id); /* better none than one that is cut */
	worker_heard(account_jab(r->account)->worker, r->leg, kind, nick, body,
		     wall_ms(), buf_view(&id));
	buf_free(&id);
}

/* The first one ends the history of a join; later ones are news. */
static void subject(struct room *r, xmpp_stanza_t *s, struct view nick)
{
	struct buf text = { 0 };

	in_text(&text, in_child(s, "subject", XMPP_NS_CLIENT), TOPIC_MAX);
	if (r->live && r->state == ROOM_JOINED)
		worker_topic(account_jab(r->account)->worker, r->leg,
			     view_eqs(nick, r->nick) ? TOPIC_OURS : TOPIC_SET,
			     nick, buf_view(&text));
	else
		room_saw_subject(r, buf_view(&text));
	buf_free(&text);
}

static void groupchat(struct room *r, xmpp_stanza_t *s, struct view nick)
{
	xmpp_stanza_t *bodyel = in_child(s, "body", XMPP_NS_CLIENT);
	struct buf body = { 0 };

	if (!bodyel) {
		if (in_child(s, "subject", XMPP_NS_CLIENT) &&
		    !in_child(s, "thread", XMPP_NS_CLIENT))
			subject(r, s, nick);
		return;
	}
	if (r->state != ROOM_JOINED || !nick.n)
		return; /* history, or the service speaking */
	in_text(&body, bodyel, HEARD_MAX);
	if (view_eqs(nick, r->nick))
		reflected(r, s, buf_view(&body));
	else if (!is_history(r, s))
		heard(r, s, nick, buf_view(&body));
	buf_free(&body);
}

void room_message(struct room *r, xmpp_stanza_t *s, struct view nick)
{
	r->heard_at = now_ms();
	if (view_eqs(in_attr(s, "type"), "error"))
		refused(r, s);
	else
		groupchat(r, s, nick);
}
