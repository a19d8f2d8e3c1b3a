/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people of XMPP say in our rooms: words and subjects for all, words
 * for one (XEP-0045 7.4, 7.5, 8.1).
 */
#include <errno.h>

#include "jid.h"
#include "mem.h"
#include "service_priv.h"

enum { TEXT_MAX = 9000, RATE = 5, BURST = 20 };

/* ---- words for all ---- */

struct saying {
	struct service *s;
	struct buf flat;
};

static void refuse_said(struct service *s, const struct buf *flat, int err)
{
	if (err == EAGAIN)
		service_refuse_flat(s, flat, "auth", "forbidden",
				    VIEW("You are muted in this room"));
	else if (err == EACCES)
		service_refuse_flat(s, flat, "modify", "not-acceptable",
				    VIEW("You are not in this room"));
	else if (err == EMSGSIZE)
		service_refuse_flat(s, flat, "modify", "policy-violation",
				    VIEW("Your message is too long"));
	else if (err == EBADMSG)
		service_refuse_flat(s, flat, "modify", "bad-request",
				    VIEW("There is nothing to be read in "
					 "it"));
	else
		service_refuse_flat(s, flat, "wait", "internal-server-error",
				    VIEW_NONE);
}

static void on_said(int err, void *arg)
{
	struct saying *say = arg;

	if (err && err != EEXIST && say->s->gate->running)
		refuse_said(say->s, &say->flat, err);
	buf_free(&say->flat);
	mem_free(say);
}

static void meta_of(struct meta *m, const struct elem *e)
{
	struct elem replace, origin;

	*m = (struct meta){
		.id = elem_get(e, "id"),
		.lang = elem_get(e, "xml:lang"),
		.thread = elem_child_words(e, "thread", NULL),
	};
	if (elem_child(&replace, e, "replace", NS_REPLACE))
		m->replaces = elem_get(&replace, "id");
	if (elem_child(&origin, e, "origin-id", NS_SID))
		m->origin = elem_get(&origin, "id");
}

/* The body that everybody gets: that of no language, else the first. */
static bool body_of(struct buf *out, const struct elem *e)
{
	struct elem c, best;
	bool any = false;
	size_t pos = 0;

	while (elem_next(&c, e, &pos)) {
		if (!elem_is(&c, "body", NS_CLIENT) ||
		    (any && elem_get(&c, "xml:lang").n))
			continue;
		best = c;
		any = true;
	}
	if (any)
		elem_add_text(out, &best);
	return any;
}

static int commit(struct service *s, const struct elem *e,
		  const struct speaker *sp, struct view text)
{
	struct saying *say = mem_zalloc(sizeof(*say));
	struct hub_say hs = { .from = sp->member->addr,
			      .kind = MSG_TEXT,
			      .text = text };
	struct buf meta = { 0 };
	struct meta m;
	int err;

	meta_of(&m, e);
	meta_put(&meta, &m);
	hs.meta = buf_view(&meta);
	say->s = s;
	buf_addv(&say->flat, e->all);
	err = hub_member_say(sp->room, &hs, on_said, say);
	buf_free(&meta);
	if (err) {
		refuse_said(s, &say->flat, err);
		buf_free(&say->flat);
		mem_free(say);
	}
	return err;
}

static size_t text_max(const struct service *s)
{
	size_t max = s->gate->conf.text_max;

	return max ? max : TEXT_MAX;
}

/* Of what comes too fast he is told once a second. */
static void refuse_slowly(struct service *s, const struct elem *e,
			  enum house_no no)
{
	if (no != HOUSE_FAST ||
	    gate_within(s->gate, jid_bare(elem_get(e, "from")), 'M', 1, 1))
		service_refuse_no(s, e, no);
}

static void say(struct service *s, const struct elem *e,
		const struct speaker *sp)
{
	const struct house_ask a = { .act = HOUSE_SAY,
				     .room = sp->room,
				     .who = sp->member->addr };
	struct buf text = { 0 };
	struct elem replace;
	enum house_no no;

	if (elem_child(&replace, e, "replace", NS_REPLACE))
		buf_adds(&text, SERVICE_CORRECTION);
	if (!body_of(&text, e))
		goto out; /* a state of typing, a marker: not ours to keep */
	no = hub_house_check(service_hub(s), &a);
	if (no)
		refuse_slowly(s, e, no);
	else if (text.n > text_max(s))
		service_refuse(s, e, "modify", "policy-violation",
			       VIEW("Your message is too long"));
	else
		(void)commit(s, e, sp, buf_view(&text));
 out:
	buf_free(&text);
}

static void set_subject(struct service *s, const struct elem *e,
			const struct speaker *sp)
{
	struct view subject = elem_child_words(e, "subject", NS_CLIENT);
	const struct house_ask a = { .act = HOUSE_TOPIC,
				     .room = sp->room,
				     .who = sp->member->addr,
				     .text = view_head(subject,
						       ROOM_SUBJECT_MAX) };
	struct hub_room_change c = { .what = ROOM_SET_SUBJECT,
				     .subject = subject,
				     .by = { .by = sp->member->addr } };
	struct buf notice = { 0 };
	enum house_no no = hub_house_check(service_hub(s), &a);

	if (no) {
		service_refuse_no(s, e, no);
		return;
	}
	hub_house_notice(service_hub(s), &notice, &a);
	c.notice = buf_view(&notice);
	if (hub_room_change(sp->room, &c, NULL, NULL))
		service_refuse(s, e, "wait", "internal-server-error",
			       VIEW_NONE);
	buf_free(&notice);
}

static void talk_to_all(struct service *s, const struct elem *e,
			const struct speaker *sp)
{
	if (sp->nick.n)
		service_refuse(s, e, "modify", "bad-request",
			       VIEW("Words for all go to the room itself"));
	else if (elem_has(e, "subject", NS_CLIENT) &&
		 !elem_has(e, "body", NS_CLIENT))
		set_subject(s, e, sp);
	else
		say(s, e, sp);
}

/* ---- words for one ---- */

static bool goes_along(const struct elem *c)
{
	return !view_starts(c->ns, VIEW(NS_MUC)) &&
	       !view_eqs(c->ns, NS_DELAY) && !view_eqs(c->ns, NS_SID) &&
	       !view_eqs(c->ns, NS_OCCUPANT);
}

static void relay(struct service *s, const struct elem *e,
		  const struct speaker *sp, const struct member *to)
{
	const struct place *p = sp->seat->place;
	struct buf b = { 0 }, from = { 0 }, rcpts = { 0 };
	const struct seat *seat = NULL;
	struct elem c;
	size_t pos = 0;

	occupant_jid(s, &from, sp->room, sp->member->nick);
	stanza_open(&b, "message", VIEW("chat"), buf_view(&from), VIEW_NONE,
		    elem_get(e, "id"));
	while (elem_next(&c, e, &pos))
		if (goes_along(&c))
			elem_copy(&b, &c, VIEW(NS_CLIENT));
	elem_leaf(&b, "x", NS_MUC_USER, VIEW_NONE);
	add_occupant_id(s, &b, sp->room, sp->member->addr);
	elem_close(&b);
	while ((seat = seat_of(p, to->id, seat))) {
		buf_adds(&rcpts, seat->jid);
		buf_addc(&rcpts, '\n');
	}
	service_send(s, &b, buf_view(&rcpts));
	buf_free(&b);
	buf_free(&from);
	buf_free(&rcpts);
}

/* To SIP it comes from the speaker's own address, where it can be answered. */
static void whisper_sip(struct service *s, const struct elem *e,
			const struct speaker *sp, const struct member *to)
{
	const struct jmap_target t = {
		.kind = JMAP_PERSON,
		.bare = view_from(sp->member->addr->text, 5),
	};
	struct addr *from = gate_addr(s->gate, &t);
	struct buf text = { 0 };
	struct meta meta = { .id = elem_get(e, "id") };
	int err = 0;

	buf_adds(&text, "(private) ");
	if (!body_of(&text, e))
		goto out;
	if (text.n > text_max(s))
		err = EMSGSIZE;
	else
		err = from ? gate_say(s->gate, from, to->addr, MSG_TEXT,
				      buf_view(&text), &meta, VIEW_NONE,
				      NULL, NULL) : EINVAL;
	if (err)
		service_refuse(s, e, err == EMSGSIZE ? "modify" : "wait",
			       err == EMSGSIZE ? "policy-violation" :
						 "recipient-unavailable",
			       VIEW_NONE);
 out:
	mem_deref(from);
	buf_free(&text);
}

static void whisper(struct service *s, const struct elem *e,
		    const struct speaker *sp)
{
	const struct member *to = member_of_nick(sp->room, sp->nick);

	if (!to || !is_occupant(sp->seat->place, to))
		service_refuse(s, e, "cancel", "item-not-found",
			       VIEW("Nobody of this name is in the room"));
	else if (is_xmpp(to->addr))
		relay(s, e, sp, to);
	else
		whisper_sip(s, e, sp, to);
}

/* ---- the door ---- */

/* Words for all have the rates of the house. */
static bool within(struct service *s, const struct elem *e,
		   const struct room *r)
{
	struct view from = elem_get(e, "from"), bare = jid_bare(from);

	if (r && view_eqs(elem_get(e, "type"), "groupchat") &&
	    seat_by_jid(s, r->id, from))
		return true;
	if (gate_within(s->gate, bare, 'm', RATE, BURST))
		return true;
	refuse_slowly(s, e, HOUSE_FAST);
	return false;
}

/* What our words met. Errors about anything else than his being away do not
 * make him leave, and no error is answered. */
static void bounced(struct service *s, const struct elem *e, struct room *r)
{
	static const char *const away[] = {
		"gone", "item-not-found", "recipient-unavailable",
		"redirect", "remote-server-not-found",
		"remote-server-timeout", "service-unavailable",
		"jid-malformed",
	};
	struct seat *seat = r ? seat_by_jid(s, r->id, elem_get(e, "from")) :
				NULL;
	struct elem error;

	if (!seat || !elem_child(&error, e, "error", NULL))
		return;
	for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++)
		if (elem_has(&error, away[i], NULL)) {
			service_seat_lost(s, seat, false);
			return;
		}
}

static void talk_in(struct service *s, const struct elem *e,
		    const struct speaker *sp)
{
	struct elem x;

	if (view_eqs(elem_get(e, "type"), "groupchat"))
		talk_to_all(s, e, sp);
	else if (sp->nick.n)
		whisper(s, e, sp);
	else if (elem_child(&x, e, "x", NS_MUC_USER))
		service_invite(s, e, sp, &x);
	else if (elem_has(e, "body", NS_CLIENT))
		service_refuse(s, e, "modify", "bad-request",
			       VIEW("Words for all are of type groupchat"));
}

static void talk(struct service *s, const struct elem *e, struct room *r,
		 struct view nick)
{
	struct speaker sp = { .room = r, .nick = nick };
	struct elem x;

	sp.seat = seat_by_jid(s, r->id, elem_get(e, "from"));
	if (sp.seat)
		sp.member = hub_member_by_id(service_hub(s),
					     sp.seat->member);
	if (sp.member && sp.seat->state != SEAT_UNSURE)
		talk_in(s, e, &sp);
	else if (sp.member) {
		seat_ready(sp.seat); /* he is there, as can be seen */
		hub_member_awake(service_hub(s), sp.member->addr);
		talk_in(s, e, &sp);
	} else if (elem_child(&x, e, "x", NS_MUC_USER) &&
		   elem_has(&x, "decline", NULL))
		service_decline(s, r, e, &x);
	else
		service_refuse_no(s, e, HOUSE_NOT_IN);
}

void service_talk(struct service *s, const struct elem *e)
{
	struct jmap_sip sip;
	struct buf text = { 0 };
	struct room *r = room_of(s, elem_get(e, "to"), &sip, &text);
	struct jid to;

	jid_split(&to, elem_get(e, "to"));
	if (view_eqs(elem_get(e, "type"), "error"))
		bounced(s, e, r);
	else if (!within(s, e, r))
		; /* too much */
	else if (!r)
		service_refuse(s, e, "cancel", "item-not-found",
			       VIEW("There is no such room"));
	else
		talk(s, e, r, to.resource);
	buf_free(&text);
}
