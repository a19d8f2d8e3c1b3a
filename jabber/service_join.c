/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coming, and changing one's name (XEP-0045 7.1, 7.2, 7.6). Who comes
 * becomes a member first, by the rules of the house, and has his seat when
 * that is on the disk.
 */
#include <errno.h>

#include "clock.h"
#include "jid.h"
#include "jnick.h"
#include "mem.h"
#include "service_priv.h"
#include "utf8.h"

enum { NICK_BYTES = 64 };

/* Somebody at the door. */
struct entry {
	struct service *s;
	struct buf flat;       /* his presence */
	struct addr *who;      /* ref */
	struct buf nick;       /* clean */
	bool changed;          /* it is not quite what he asked for */
	bool created;
	uint64_t room;
};

static void entry_free(struct entry *en)
{
	buf_free(&en->flat);
	buf_free(&en->nick);
	mem_deref(en->who);
	mem_free(en);
}

static void refuse(struct entry *en, const char *type, const char *condition,
		   struct view text)
{
	service_refuse_flat(en->s, &en->flat, type, condition, text);
}

/* The hub's errors. */
static void refuse_err(struct entry *en, int err)
{
	if (err == EADDRINUSE || err == EEXIST)
		refuse(en, "cancel", "conflict",
		       VIEW("Somebody else is called so"));
	else if (err == EBADMSG)
		refuse(en, "modify", "not-acceptable",
		       VIEW("Nobody can be called so"));
	else if (err == EBUSY)
		refuse(en, "wait", "service-unavailable",
		       VIEW("The room is full"));
	else if (err == ENOENT)
		refuse(en, "cancel", "item-not-found",
		       VIEW("There is no such room"));
	else
		refuse(en, "wait", "internal-server-error", VIEW_NONE);
}

/* ---- in ---- */

static struct view from_of(const struct entry *en)
{
	struct elem e;

	elem_read(&e, buf_view(&en->flat));
	return elem_get(&e, "from");
}

static struct seat *take_seat(const struct entry *en, const struct member *m)
{
	struct seat *seat = seat_by_jid(en->s, m->room->id, from_of(en));

	if (seat)
		seat_set(seat, SEAT_JOINING);
	else
		seat = seat_new(en->s, m->room->id, m->id, from_of(en),
				SEAT_JOINING);
	seat->moderator = m->role >= ROLE_ADMIN;
	seat->from = 0;
	return seat;
}

static void show_in(struct service *s, const struct member *m,
		    const struct seat *seat, const struct entry *en)
{
	const struct show_how others = { .others_only = true };
	const struct show_how own = {
		/* 170: who comes later can read what was said */
		.code = { en->created ? 201 : 0, en->changed ? 210 : 0, 170 },
		.self = seat,
	};

	service_show_all(s, seat);
	service_show(s, m, m->nick, &others);
	service_show(s, m, m->nick, &own);
}

static void come_back(struct service *s, struct member *m)
{
	const struct house_ask a = { .act = HOUSE_BACK,
				     .room = m->room,
				     .who = m->addr };
	struct hub_member_change c = { .what = MEMBER_SET_AWAY };
	struct buf notice = { 0 };

	hub_house_notice(service_hub(s), &notice, &a);
	c.notice = buf_view(&notice);
	(void)hub_member_change(m, &c, NULL, NULL);
	buf_free(&notice);
}

static void sit_down(struct entry *en, struct member *m)
{
	struct past_wish wish;
	struct seat *seat;
	struct elem e, muc;

	elem_read(&e, buf_view(&en->flat));
	if (!elem_child(&muc, &e, "x", NS_MUC))
		return;
	past_wish(&wish, &muc);
	if (member_away(m))
		come_back(en->s, m);
	seat = take_seat(en, m);
	service_take_show(seat->place, m->id, &e);
	show_in(en->s, m, seat, en);
	service_past(en->s, seat, &wish);
}

/* Takes en. */
static void enter(int err, void *arg)
{
	struct entry *en = arg;
	struct service *s = en->s;
	struct room *r = NULL;
	struct member *m = NULL;

	if (!s->gate->running || !service_is_up(s)) {
		entry_free(en);
		return;
	}
	r = hub_room_by_id(service_hub(s), en->room);
	if (r)
		m = room_member(r, en->who);
	if (err)
		refuse_err(en, err);
	else if (!m || m->leaving || m->state != MEMBER_JOINED)
		refuse_err(en, ENOENT);
	else if (seat_count(place_find(s, r->id), m->id) >= SEATS_OF_ONE)
		refuse(en, "wait", "resource-constraint",
		       VIEW("You are in the room with too many clients"));
	else
		sit_down(en, m);
	entry_free(en);
}

/* Takes en: err is what the hub said when it was asked. */
static void expect(struct entry *en, int err)
{
	if (!err)
		return;
	refuse_err(en, err);
	entry_free(en);
}

/* ---- becoming a member ---- */

static struct house_ask ask_of(const struct entry *en, enum house_act act,
			       struct room *r)
{
	return (struct house_ask){ .act = act,
				   .room = r,
				   .who = en->who,
				   .text = buf_view(&en->nick) };
}

static void join_as_new(struct entry *en, struct room *r)
{
	const struct house_ask a = ask_of(en, HOUSE_JOIN, r);
	struct buf notice = { 0 };
	struct hub_join join = {
		.addr = en->who,
		.role = ROLE_MEMBER,
		.state = MEMBER_JOINED,
		.nick = buf_view(&en->nick),
	};

	hub_house_notice(service_hub(en->s), &notice, &a);
	join.notice = buf_view(&notice);
	expect(en, hub_member_add(r, &join, enter, en));
	buf_free(&notice);
}

static void join_as_invited(struct entry *en, struct room *r,
			    struct member *m)
{
	const struct house_ask a = ask_of(en, HOUSE_JOIN, r);
	struct buf notice = { 0 };
	struct hub_member_change c = {
		.what = MEMBER_SET_STATE | MEMBER_SET_NICK,
		.state = MEMBER_JOINED,
		.nick = buf_view(&en->nick),
	};

	hub_house_notice(service_hub(en->s), &notice, &a);
	c.notice = buf_view(&notice);
	expect(en, hub_member_change(m, &c, enter, en));
	buf_free(&notice);
}

/* By another client he is in under a name already; else he may take one. */
static void join_again(struct entry *en, struct room *r, struct member *m)
{
	struct hub_member_change c = { .what = MEMBER_SET_NICK,
				       .nick = buf_view(&en->nick) };

	if (view_eq(m->nick, c.nick)) {
		enter(0, en);
	} else if (seat_count(place_find(en->s, r->id), m->id)) {
		en->changed = true;
		enter(0, en);
	} else {
		expect(en, hub_member_change(m, &c, enter, en));
	}
}

/* One that could be taken for another of the room gets a number: true. */
static bool pick_nick(struct buf *nick, const struct room *r,
		      const struct addr *who)
{
	struct buf own = { 0 };
	bool other = !hub_nick_pick(&own, r, who, buf_view(nick)) &&
		     !view_eq(buf_view(&own), buf_view(nick));

	if (other) {
		buf_clear(nick);
		buf_addv(nick, buf_view(&own));
	}
	buf_free(&own);
	return other;
}

static void join_room(struct entry *en, struct room *r)
{
	struct house_ask a;
	struct member *m = room_member(r, en->who);
	enum house_no no = HOUSE_YES;
	struct elem e;

	en->room = r->id;
	en->changed |= pick_nick(&en->nick, r, en->who);
	if (m && m->state == MEMBER_JOINED) {
		join_again(en, r, m);
		return;
	}
	a = ask_of(en, HOUSE_JOIN, r);
	no = hub_house_check(service_hub(en->s), &a);
	if (no) {
		elem_read(&e, buf_view(&en->flat));
		service_refuse_no(en->s, &e, no);
		entry_free(en);
	} else if (m) {
		join_as_invited(en, r, m);
	} else {
		join_as_new(en, r);
	}
}

/* The owner has his name by a change of its own, which nobody can refuse in
 * a room of one. */
static void on_created(int err, void *arg)
{
	struct entry *en = arg;
	struct room *r = hub_room_by_id(service_hub(en->s), en->room);
	struct member *m = r ? room_member(r, en->who) : NULL;
	struct hub_member_change c = { .what = MEMBER_SET_NICK,
				       .nick = buf_view(&en->nick) };

	en->created = true;
	if (!err && m)
		expect(en, hub_member_change(m, &c, enter, en));
	else
		enter(err, en);
}

static void create(struct entry *en, const struct jmap_sip *sip)
{
	const struct house_ask a = {
		.act = HOUSE_CREATE, .name = sip->user, .domain = sip->host,
		.who = en->who
	};
	enum house_no no = hub_house_check(service_hub(en->s), &a);
	struct room *r = NULL;
	struct elem e;
	int err;

	elem_read(&e, buf_view(&en->flat));
	if (no) {
		service_refuse_no(en->s, &e, no);
		entry_free(en);
		return;
	}
	err = hub_room_create(service_hub(en->s), &r, sip->user, sip->host, 0,
			      en->who, on_created, en);
	if (!err)
		en->room = r->id;
	expect(en, err);
}

/* ---- the door ---- */

/* As our rooms take it: true. same: he will not be called otherwise. */
static bool read_nick(struct buf *out, struct view wish, bool *same)
{
	struct buf prep = { 0 };
	bool ok = !jnick_prep(&prep, wish);

	if (ok)
		utf8_clean_name(out, buf_view(&prep), NICK_BYTES);
	*same = view_eq(buf_view(out), wish);
	buf_free(&prep);
	return ok && out->n;
}

static struct entry *entry_new(struct service *s, const struct elem *e,
			       struct view nick)
{
	struct entry *en = mem_zalloc(sizeof(*en));
	bool same;

	en->s = s;
	buf_addv(&en->flat, e->all);
	if (!read_nick(&en->nick, nick, &same))
		refuse_err(en, EBADMSG);
	else if (addr_of_from(&en->who, elem_get(e, "from")))
		refuse(en, "modify", "jid-malformed", VIEW_NONE);
	else {
		en->changed = !same;
		return en;
	}
	entry_free(en);
	return NULL;
}

/* What comes from domains of ours would go in circles. */
static bool is_own(const struct service *s, struct view from)
{
	enum jmap_zone kind;
	struct jid jid;

	jid_split(&jid, from);
	return jmap_zone_of(s->gate->map, jid.domain, &kind);
}

/* Each presence is one for everybody. */
static bool is_calm(struct service *s, const struct elem *e)
{
	struct view bare = jid_bare(elem_get(e, "from"));

	if (gate_within(s->gate, bare, 'p', 2, 20))
		return true;
	if (gate_within(s->gate, bare, 'M', 1, 1))
		service_refuse_no(s, e, HOUSE_FAST);
	return false;
}

static void knock(struct service *s, const struct elem *e, struct room *r,
		  const struct jmap_sip *sip, struct view nick)
{
	struct view from = elem_get(e, "from");
	struct entry *en;

	if (!elem_has(e, "x", NS_MUC)) {
		service_refuse_no(s, e, HOUSE_NOT_IN);
		return;
	}
	if (is_own(s, from)) {
		service_refuse(s, e, "cancel", "not-allowed",
			       VIEW("Users of SIP come by SIP"));
		return;
	}
	en = entry_new(s, e, nick);
	if (!en)
		return;
	if (r)
		join_room(en, r);
	else if (sip->user.n)
		create(en, sip);
	else
		expect(en, ENOENT);
}

/* ---- who is in ---- */

static void rename_to(struct service *s, const struct elem *e,
		      struct member *m, struct view wish)
{
	struct hub_member_change c = { .what = MEMBER_SET_NICK,
				       .by = { .by = m->addr } };
	struct house_ask a = { .act = HOUSE_NICK,
			       .room = m->room,
			       .who = m->addr };
	struct buf nick = { 0 }, notice = { 0 };
	enum house_no no;
	bool same;
	int err = EBADMSG;

	if (read_nick(&nick, wish, &same)) {
		(void)pick_nick(&nick, m->room, m->addr);
		a.text = c.nick = buf_view(&nick);
		no = hub_house_check(service_hub(s), &a);
		if (no) {
			service_refuse_no(s, e, no);
			goto out;
		}
		hub_house_notice(service_hub(s), &notice, &a);
		c.notice = buf_view(&notice);
		err = hub_member_change(m, &c, NULL, NULL);
	}
	if (err == EEXIST)
		service_refuse(s, e, "cancel", "conflict",
			       VIEW("Somebody else is called so"));
	else if (err)
		service_refuse(s, e, "modify", "not-acceptable",
			       VIEW("Nobody can be called so"));
 out:
	buf_free(&nick);
	buf_free(&notice);
}

/* He has lost count, or his client has: all of it once more. */
static void again(struct service *s, const struct elem *e, struct member *m)
{
	struct entry *en = mem_zalloc(sizeof(*en));

	en->s = s;
	buf_addv(&en->flat, e->all);
	sit_down(en, m);
	entry_free(en);
}

static void changed(struct service *s, const struct elem *e,
		    struct seat *seat, struct view nick)
{
	static const struct show_how how = { .gone = false };
	struct member *m = hub_member_by_id(service_hub(s), seat->member);
	struct buf own = { 0 };

	if (!m)
		return;
	nick_of(&own, m->nick);
	if (!view_eq(buf_view(&own), nick)) {
		rename_to(s, e, m, nick);
	} else if (elem_has(e, "x", NS_MUC)) {
		again(s, e, m);
	} else {
		service_take_show(seat->place, m->id, e);
		service_show(s, m, m->nick, &how);
	}
	buf_free(&own);
}

/* ---- what comes ---- */

void service_presence(struct service *s, const struct elem *e)
{
	struct view type = elem_get(e, "type");
	struct jmap_sip sip;
	struct buf text = { 0 };
	struct room *r = room_of(s, elem_get(e, "to"), &sip, &text);
	struct seat *seat = NULL;
	struct jid to, from;

	jid_split(&to, elem_get(e, "to"));
	jid_split(&from, elem_get(e, "from"));
	if (r)
		seat = seat_by_jid(s, r->id, elem_get(e, "from"));
	if (view_eqs(type, "unavailable") || view_eqs(type, "error"))
		service_gone(s, e, r);
	else if (type.n || !to.local.n)
		; /* subscriptions and probes: rooms are not watched */
	else if (!to.resource.n || !from.resource.n)
		service_refuse(s, e, "modify", "jid-malformed",
			       VIEW("A room is entered with a nick"));
	else if (!is_calm(s, e))
		; /* too much */
	else if (seat)
		changed(s, e, seat, to.resource);
	else
		knock(s, e, r, &sip, to.resource);
	buf_free(&text);
}
