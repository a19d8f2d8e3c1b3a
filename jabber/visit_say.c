/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user says in a room of XMPP, or to one in it. It is in an inbox of
 * his for that room before he hears 202, and leaves that when the room has
 * sent it back; a message keeps its id through all of it, so that none is
 * said twice.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "visit_priv.h"

enum { FULL_RETRY_S = 30, DELAY_MS = 90 * 1000 };

/* One message on its way. */
struct said {
	struct lnode node;    /* visit.said, in order */
	uint64_t tag, member, seq, at_ms;
	uint64_t time_ms;     /* wall clock */
	uint64_t id;          /* the hub's: the stanza's is made of it */
	bool sent;
	struct buf text, nick; /* nick: to him alone; or empty */
	struct buf as;         /* who he was; or empty: not known */
	bool notice;           /* written by itself */
};

/* ---- the inbox ---- */

/* "xmpp:room@service/" and "*" before him whose words they are: no resource
 * of a conversation begins with that. */
static int inbox_addr(struct addr **ap, const struct addr *owner,
		      struct view room)
{
	struct view local, domain;
	struct buf who = { 0 };
	int err = EBADMSG;

	buf_addc(&who, '*');
	buf_addv(&who, owner->text);
	if (view_cut(room, '@', &local, &domain))
		err = addr_new(ap, VIEW("xmpp"), local, domain,
			       buf_view(&who));
	buf_free(&who);
	return err;
}

static struct visit *visit_of(const struct gate *g, const struct addr *inbox)
{
	struct buf room = { 0 };
	struct addr *owner;
	struct visit *v = NULL;

	buf_addv(&room, inbox->user);
	buf_addc(&room, '@');
	buf_addv(&room, inbox->host);
	if (!addr_parse(&owner, view_from(inbox->resource, 1))) {
		v = visit_find(g, owner, buf_view(&room));
		mem_deref(owner);
	}
	buf_free(&room);
	return v;
}

/* ---- the door of SIP ---- */

static void refuse_text(struct gate_ask *a, int status, const char *why,
			struct view body)
{
	struct buf b = { 0 };

	jtext_not_sent(&b, view_str(why), body);
	gate_refuse(a, status, 0, buf_view(&b));
	buf_free(&b);
}

static void on_kept(int err, void *arg)
{
	struct gate_ask *a = arg;

	if (!err || err == EEXIST)
		gate_ok(a, 202, VIEW_NONE);
	else
		gate_refuse(a, 480, FULL_RETRY_S,
			    jtext(JTEXT_SEND_FAILED));
	mem_deref(a);
}

static void not_kept(struct gate_ask *a, int err)
{
	if (err == EBADMSG)
		gate_ok(a, 200, VIEW_NONE); /* nothing to be seen in it */
	else if (err == EMSGSIZE)
		refuse_text(a, 413, "It is too long.", VIEW_NONE);
	else
		gate_refuse(a, 480, FULL_RETRY_S, jtext(JTEXT_QUEUE_FULL));
}

/* to: the occupant's JID, or empty. */
static void keep(struct gate_ask *a, struct visit *v, struct view to,
		 struct view text)
{
	struct gate *g = a->gate;
	struct buf meta = { 0 };
	struct meta m = a->req.meta;
	struct hub_say say = { .from = a->person->aor,
			       .kind = MSG_TEXT,
			       .text = text,
			       .dedupe = a->req.dedupe };
	struct addr *inbox;
	int err;

	m.to = to;
	m.as = buf_view(&a->person->jid);
	meta_put(&meta, &m);
	say.meta = buf_view(&meta);
	err = inbox_addr(&inbox, v->owner, buf_view(&v->room));
	if (!err) {
		err = hub_direct(g->conf.hub, inbox, &say, on_kept,
				 mem_ref(a));
		if (err)
			mem_deref(a);
		mem_deref(inbox);
	}
	if (err)
		not_kept(a, err);
	buf_free(&meta);
}

/* ---- whom a nick is ---- */

static const struct known *known_of(const struct visit *v, struct view nick)
{
	uint64_t hash = hash_view(nick);

	for (size_t i = 0; i < VISIT_KNOWN; i++)
		if (v->known[i].nick == hash && v->known[i].token)
			return &v->known[i];
	return NULL;
}

bool visit_knows(const struct visit *v, struct view nick)
{
	const struct known *k = known_of(v, nick);
	struct occupant_who who;

	return !k || !v->o || !occupant_find(v->o, nick, &who) ||
	       who.token == k->token;
}

void visit_know(struct visit *v, struct view nick)
{
	struct known *k = (struct known *)(uintptr_t)known_of(v, nick);
	struct occupant_who who;

	if (!v->o || !occupant_find(v->o, nick, &who))
		return;
	if (!k)
		k = &v->known[v->known_next++ % VISIT_KNOWN];
	*k = (struct known){ hash_view(nick), who.token };
}

static void whisper(struct gate_ask *a, struct visit *v, struct view nick,
		    struct view text)
{
	struct buf to = { 0 };

	visit_know(v, nick);
	buf_addv(&to, buf_view(&v->room));
	buf_addc(&to, '/');
	buf_addv(&to, nick);
	keep(a, v, buf_view(&to), text);
	buf_free(&to);
}

void visit_whisper_ask(struct gate_ask *a, struct visit *v, struct view nick,
		       struct view text)
{
	whisper(a, v, nick, text);
}

static void answer_pm(struct gate_ask *a, struct visit *v)
{
	struct view nick = a->target.nick;
	struct occupant_who who;

	if (!visit_knows(v, nick))
		refuse_text(a, 403,
			    "Somebody else has this name now. (Write :msg "
			    "NAME TEXT to the room if he is meant.)",
			    a->req.text);
	else if (visit_is_in(v) && !occupant_find(v->o, nick, &who))
		refuse_text(a, 404, "Nobody of this name is in the room.",
			    a->req.text);
	else
		whisper(a, v, nick, a->req.text);
}

void visit_message(struct gate_ask *a)
{
	struct visit *v = visit_find(a->gate, a->person->aor, a->target.bare);

	if (a->req.kind != GATE_TEXT)
		gate_ok(a, 200, VIEW_NONE);
	else if (!v)
		gate_refuse(a, 403, 0, jtext(JTEXT_NOT_JOINED));
	else if (a->target.kind == JMAP_PM)
		answer_pm(a, v);
	else
		keep(a, v, VIEW_NONE, a->req.text);
	if (v && v->person)
		person_busy(v->person);
}

/* ---- on to the room ---- */

static void said_free(struct visit *v, struct said *s)
{
	list_remove(&v->said, &s->node);
	buf_free(&s->text);
	buf_free(&s->nick);
	buf_free(&s->as);
	mem_free(s);
}

/* The inbox is done with it. */
static void done(struct visit *v, struct said *s)
{
	uint64_t member = s->member, seq = s->seq;

	said_free(v, s);
	hub_on_member_delivered(visit_gate(v)->conf.hub, member, seq);
}

/* He is told, in the words that people know; so it is dealt with. */
static void failed(struct visit *v, struct said *s, struct view why)
{
	struct buf b = { 0 };

	jtext_not_sent(&b, why.n ? why : VIEW("The room refused it."),
		       buf_view(&s->text));
	if (!s->notice)
		visit_tell(v, buf_view(&b));
	else
		log_info("xmpp %s: a notice for %.*s was not sent",
			 v->owner->text.p, VIEW_ARG(buf_view(&v->room)));
	buf_free(&b);
	done(v, s);
}

static int say(struct visit *v, struct said *s)
{
	struct view text = buf_view(&s->text);
	struct buf id = { 0 };
	int err;

	buf_adds(&id, "cf-");
	buf_add_hex(&id, s->id);
	if (s->as.n && !view_eq(buf_view(&s->as), buf_view(&v->person->jid)))
		err = EXDEV;
	else if (!s->nick.n)
		err = occupant_speak(v->o, &(struct occupant_words){
			.tag = s->tag, .time_ms = s->time_ms,
			.kind = MSG_TEXT, .text = text,
			.id = buf_view(&id) });
	else if (!visit_knows(v, buf_view(&s->nick)))
		err = ENOENT;
	else
		err = occupant_whisper(v->o, s->tag, buf_view(&s->nick), text,
				       buf_view(&id));
	buf_free(&id);
	return err;
}

static struct view why_not(int err)
{
	switch (err) {
	case EACCES:
		return VIEW("You have no voice in this room.");
	case ENOENT:
		return VIEW("He is not in the room any more.");
	case EMSGSIZE:
		return VIEW("It is too long.");
	case EXDEV:
		return VIEW("Your Jabber account is another one now, or "
			    "gone.");
	default:
		return VIEW("The room refused it.");
	}
}

static struct said *next_unsent(const struct visit *v)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->said, n, nx)
		if (!CONTAINER(n, struct said, node)->sent)
			return CONTAINER(n, struct said, node);
	return NULL;
}

void visit_say_now(struct visit *v)
{
	struct said *s;

	while (visit_is_in(v) && (s = next_unsent(v))) {
		int err = say(v, s);

		if (err == EBUSY || err == ENOTCONN)
			return;
		if (err)
			failed(v, s, why_not(err));
		else
			s->sent = true;
	}
}

/* What has waited for too long for the room to be there again. */
static void on_late(struct wtimer *t)
{
	struct visit *v = CONTAINER(t, struct visit, late);
	uint64_t delay = visit_gate(v)->conf.delay_s * UINT64_C(1000);
	struct lnode *n, *nx;

	if (!delay)
		delay = DELAY_MS;
	visit_say_now(v);
	LIST_EACH (&v->said, n, nx) {
		struct said *s = CONTAINER(n, struct said, node);

		if (!s->sent && now_ms() - s->at_ms >= delay)
			failed(v, s, VIEW("Connection to the room failed."));
	}
	if (!list_empty(&v->said))
		wheel_start(visit_wheel(v), t, 1000, on_late);
}

static struct said *said_by_tag(const struct visit *v, uint64_t tag)
{
	struct lnode *n, *nx;

	LIST_EACH (&v->said, n, nx)
		if (CONTAINER(n, struct said, node)->tag == tag)
			return CONTAINER(n, struct said, node);
	return NULL;
}

void visit_said(struct visit *v, uint64_t tag, int err, struct view words)
{
	struct said *s = tag ? said_by_tag(v, tag) : NULL;
	struct buf b = { 0 };

	if (!tag) {
		buf_adds(&b, "ERROR: ");
		jtext_line(&b, words, 300);
		visit_tell(v, buf_view(&b));
		buf_free(&b);
		return;
	}
	if (!s)
		return;
	if (!err)
		done(v, s);
	else if (err == EAGAIN)
		s->sent = false; /* in its order, with all the others */
	else
		failed(v, s, err == EACCES ? why_not(err) : words);
	if (err != EAGAIN)
		visit_say_now(v);
}

void visit_say_end(struct visit *v, struct view words)
{
	struct lnode *n, *nx;

	wheel_stop(visit_wheel(v), &v->late);
	LIST_EACH (&v->said, n, nx) {
		struct said *s = CONTAINER(n, struct said, node);

		if (words.n)
			failed(v, s, words);
		else
			said_free(v, s); /* the inbox has it */
	}
}

/* ---- what the inbox hands on ---- */

static void add_said(struct visit *v, const struct msg *msg, uint64_t member)
{
	struct said *s = mem_zalloc(sizeof(*s));
	struct view room, nick;
	struct meta m;

	meta_get(&m, msg->meta);
	s->tag = ++v->next_tag;
	s->member = member;
	s->seq = msg->seq;
	s->id = msg->id;
	s->time_ms = msg->time_ms;
	s->at_ms = now_ms();
	if (msg->kind == MSG_EMOTE)
		buf_adds(&s->text, "/me ");
	buf_addv(&s->text, msg->text);
	if (view_cut(m.to, '/', &room, &nick))
		buf_addv(&s->nick, nick);
	buf_addv(&s->as, m.as);
	s->notice = m.notice;
	list_append(&v->said, &s->node);
	if (!wtimer_running(&v->late))
		wheel_start(visit_wheel(v), &v->late, 1000, on_late);
}

/* He has left before it could be said. */
static void never(struct gate *g, const struct room *inbox,
		  const struct msg *msg)
{
	struct view local = inbox->addr->user, host = inbox->addr->host;
	struct jmap_target t = { .kind = JMAP_ROOM };
	struct buf room = { 0 }, b = { 0 };
	struct addr *from;

	buf_addv(&room, local);
	buf_addc(&room, '@');
	buf_addv(&room, host);
	t.bare = buf_view(&room);
	from = gate_addr(g, &t);
	jtext_not_sent(&b, VIEW("You are not joined in the conference."),
		       msg->text);
	if (from && msg->from)
		hub_gate_tell(g->conf.hub, from, msg->from, buf_view(&b));
	mem_deref(from);
	buf_free(&room);
	buf_free(&b);
}

bool visits_fanout(struct gate *g, struct room *room, struct msg *msg,
		   struct member *const *members, size_t count)
{
	struct visit *v;

	if (!view_starts(room->addr->resource, VIEW("*")))
		return false;
	v = visit_of(g, room->addr);
	for (size_t i = 0; i < count; i++) {
		if (v) {
			add_said(v, msg, members[i]->id);
			continue;
		}
		never(g, room, msg);
		hub_on_member_delivered(g->conf.hub, members[i]->id,
					msg->seq);
	}
	if (v)
		visit_say_now(v);
	return true;
}
