/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations, from and to people of XMPP (XEP-0045 7.8). */
#include <errno.h>

#include "jid.h"
#include "mem.h"
#include "service_priv.h"

void service_send_invite(struct service *s, struct room *r,
			 const struct addr *inviter,
			 const struct addr *invited, struct view reason)
{
	const struct member *m = inviter ? room_member(r, inviter) : NULL;
	struct buf b = { 0 }, room = { 0 }, from = { 0 };
	char id[24];

	room_jid(s, &room, r);
	if (m)
		occupant_jid(s, &from, r, m->nick);
	else
		buf_addv(&from, buf_view(&room));
	stanza_open(&b, "message", VIEW_NONE, buf_view(&room),
		    view_from(invited->text, 5), stanza_id(id));
	elem_open(&b, "x", NS_MUC_USER);
	elem_open(&b, "invite", NULL);
	elem_attr(&b, "from", buf_view(&from));
	if (reason.n)
		elem_leaf(&b, "reason", NULL, reason);
	elem_close(&b);
	elem_close(&b);
	elem_open(&b, "x", "jabber:x:conference");
	elem_attr(&b, "jid", buf_view(&room));
	elem_attr(&b, "reason", reason);
	elem_close(&b);
	elem_close(&b);
	service_send(s, &b, VIEW_NONE);
	buf_free(&b);
	buf_free(&room);
	buf_free(&from);
}

struct inviting {
	struct service *s;
	uint64_t room;
	struct addr *by, *to; /* refs */
	struct buf flat;
};

static void inviting_free(struct inviting *in)
{
	mem_deref(in->by);
	mem_deref(in->to);
	buf_free(&in->flat);
	mem_free(in);
}

static void tell_invited(const struct inviting *in, struct room *r,
			 struct view reason)
{
	const struct house_ask a = { .act = HOUSE_INVITE,
				     .room = r,
				     .who = in->by };
	struct buf words = { 0 };

	if (is_xmpp(in->to)) {
		service_send_invite(in->s, r, in->by, in->to, reason);
		return;
	}
	hub_house_notice(service_hub(in->s), &words, &a);
	if (reason.n) {
		buf_adds(&words, ": ");
		buf_addv(&words, reason);
	}
	hub_room_tell(r, in->to, buf_view(&words));
	buf_free(&words);
}

static void on_invited(int err, void *arg)
{
	struct inviting *in = arg;
	struct room *r = hub_room_by_id(service_hub(in->s), in->room);
	struct elem e, x, invite;

	elem_read(&e, buf_view(&in->flat));
	if (err && in->s->gate->running)
		service_refuse(in->s, &e, "wait", "internal-server-error",
			       VIEW_NONE);
	else if (!err && r && elem_child(&x, &e, "x", NS_MUC_USER) &&
		 elem_child(&invite, &x, "invite", NULL))
		tell_invited(in, r,
			     elem_child_words(&invite, "reason", NULL));
	inviting_free(in);
}

static int add_invited(struct service *s, const struct elem *e,
		       const struct speaker *sp, struct addr *to)
{
	struct inviting *in = mem_zalloc(sizeof(*in));
	const struct hub_join join = { .addr = to,
				       .role = ROLE_MEMBER,
				       .state = MEMBER_INVITED,
				       .inviter = sp->member->addr };
	int err;

	in->s = s;
	in->room = sp->room->id;
	in->by = mem_ref(sp->member->addr);
	in->to = mem_ref(to);
	buf_addv(&in->flat, e->all);
	err = hub_member_add(sp->room, &join, on_invited, in);
	if (err)
		inviting_free(in);
	return err;
}

static void invite_one(struct service *s, const struct elem *e,
		       const struct speaker *sp, struct addr *to,
		       struct view reason)
{
	const struct house_ask a = { .act = HOUSE_INVITE,
				     .room = sp->room,
				     .who = sp->member->addr,
				     .other = to };
	enum house_no no = hub_house_check(service_hub(s), &a);
	const struct member *m = room_member(sp->room, to);
	int err;

	if (no) {
		service_refuse_no(s, e, no);
		return;
	}
	/* Who is a member already, or invited, is only reminded. */
	if (m && m->state != MEMBER_BANNED && is_xmpp(to)) {
		service_send_invite(s, sp->room, sp->member->addr, to,
				    reason);
		return;
	}
	err = add_invited(s, e, sp, to);
	if (err)
		service_refuse(s, e, "cancel", "not-acceptable",
			       err == EEXIST ?
				       VIEW("Is a member, or is banned") :
				       VIEW("The room is full"));
}

/* A stranger of SIP has to be one that we know. */
static int invited_of(struct service *s, struct addr **ap, struct view jid)
{
	int err = addr_of(s, ap, jid);

	if (err || is_xmpp(*ap) || hub_gate_knows(service_hub(s), *ap))
		return err;
	*ap = mem_deref(*ap);
	return ENOENT;
}

void service_invite(struct service *s, const struct elem *e,
		    const struct speaker *sp, const struct elem *x)
{
	struct elem inv;
	struct addr *to = NULL;
	size_t pos = 0;

	while (elem_next(&inv, x, &pos)) {
		if (!elem_is(&inv, "invite", NULL))
			continue;
		if (invited_of(s, &to, elem_get(&inv, "to")))
			service_refuse(s, e, "cancel", "item-not-found",
				       VIEW("There is nobody of this "
					    "address"));
		else
			invite_one(s, e, sp, to,
				   elem_child_words(&inv, "reason", NULL));
		to = mem_deref(to);
		return; /* one a message: each has its rate */
	}
}

static void tell_declined(struct service *s, struct room *r,
			  struct addr *inviter, const struct addr *who,
			  struct view reason)
{
	struct buf b = { 0 }, room = { 0 };
	char id[24];

	if (!is_xmpp(inviter)) {
		buf_adds(&b, "*** ");
		hub_name_user(service_hub(s), &b, who);
		buf_adds(&b, " declined your invitation");
		hub_room_tell(r, inviter, buf_view(&b));
		buf_free(&b);
		return;
	}
	room_jid(s, &room, r);
	stanza_open(&b, "message", VIEW_NONE, buf_view(&room),
		    view_from(inviter->text, 5), stanza_id(id));
	elem_open(&b, "x", NS_MUC_USER);
	elem_open(&b, "decline", NULL);
	elem_attr(&b, "from", view_from(who->text, 5));
	if (reason.n)
		elem_leaf(&b, "reason", NULL, reason);
	elem_close(&b);
	elem_close(&b);
	elem_close(&b);
	service_send(s, &b, VIEW_NONE);
	buf_free(&b);
	buf_free(&room);
}

void service_decline(struct service *s, struct room *r, const struct elem *e,
		     const struct elem *x)
{
	struct addr *who = NULL;
	struct member *m = NULL;
	struct elem d;

	if (!addr_of_from(&who, elem_get(e, "from")))
		m = room_member(r, who);
	if (m && m->state == MEMBER_INVITED && !m->leaving &&
	    elem_child(&d, x, "decline", NULL)) {
		if (member_inviter(m))
			tell_declined(s, r, member_inviter(m), who,
				      elem_child_words(&d, "reason", NULL));
		(void)hub_member_remove(r, m, VIEW_NONE, NULL, NULL);
	}
	mem_deref(who);
}

/* ---- by SIP users ---- */

struct addr *service_member(void *gate, struct view user, struct view host)
{
	const struct gate *g = gate;
	struct jmap_target t;
	struct buf text = { 0 };
	struct addr *a = NULL;

	if (!g->rooms || jmap_from_sip(g->map, user, host, &t, &text) ||
	    t.kind != JMAP_PERSON || addr_of_from(&a, t.bare))
		a = NULL;
	buf_free(&text);
	return a;
}

void service_invited(void *gate, struct room *room, struct addr *inviter,
		     struct addr *invited)
{
	service_send_invite(service_of(gate), room, inviter, invited,
			    VIEW_NONE);
}
