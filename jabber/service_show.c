/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is in a room, as presence (XEP-0045 7.2): real addresses are seen by
 * moderators only.
 */
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "service_priv.h"

enum { SHOWN_MAX = 4096 };

/* ---- what he is ---- */

const char *affiliation_of(const struct room *r, const struct member *m)
{
	if (m->state == MEMBER_BANNED)
		return "outcast";
	if (m->role == ROLE_OWNER)
		return "owner";
	if (m->role == ROLE_ADMIN)
		return "admin";
	return room_is_private(r) ? "member" : "none";
}

static bool is_muted(const struct member *m)
{
	return member_muted_until_ms(m) > wall_ms();
}

const char *role_of_member(const struct member *m)
{
	if (m->role >= ROLE_ADMIN)
		return "moderator";
	return is_muted(m) ? "visitor" : "participant";
}

/* ---- what he shows of himself ---- */

static struct shown *shown_of(const struct place *p, uint64_t member)
{
	struct hnode *n = p ? htable_find(&p->shown, hash_u64(member)) : NULL;

	for (; n; n = htable_more(n)) {
		struct shown *sh = CONTAINER(n, struct shown, by_member);

		if (sh->member == member)
			return sh;
	}
	return NULL;
}

/* Ours to say, not his. */
static bool is_ours(const struct elem *e)
{
	return view_starts(e->ns, VIEW(NS_MUC)) ||
	       view_eqs(e->ns, NS_OCCUPANT) || view_eqs(e->ns, NS_SID) ||
	       view_eqs(e->ns, NS_DELAY);
}

void service_take_show(struct place *p, uint64_t member,
		       const struct elem *e)
{
	struct shown *sh = shown_of(p, member);
	struct elem c;
	size_t pos = 0;

	if (!sh)
		return;
	buf_clear(&sh->inside);
	while (elem_next(&c, e, &pos))
		if (!is_ours(&c) && sh->inside.n + c.all.n < SHOWN_MAX)
			elem_copy(&sh->inside, &c, VIEW(NS_CLIENT));
}

static void add_shown(struct buf *b, const struct place *p,
		      const struct member *m)
{
	const struct shown *sh = shown_of(p, m->id);
	const char *away = member_away(m);

	if (sh) {
		buf_addv(b, buf_view(&sh->inside));
	} else if (away) {
		elem_leaf(b, "show", NULL, VIEW("away"));
		elem_leaf(b, "status", NULL, view_str(away));
	}
}

/* ---- stanzas ---- */

static void add_actor(struct buf *b, const struct room *r,
		      const struct room_by *by)
{
	struct buf nick = { 0 };
	const struct member *m = by->by ? room_member(r, by->by) : NULL;

	if (m) {
		nick_of(&nick, m->nick);
		elem_open(b, "actor", NULL);
		elem_attr(b, "nick", buf_view(&nick));
		elem_close(b);
	}
	if (by->reason.n)
		elem_leaf(b, "reason", NULL, by->reason);
	buf_free(&nick);
}

static void add_real_jid(const struct service *s, struct buf *b,
			 const struct member *m)
{
	const struct place *p = place_find(s, m->room->id);
	const struct seat *seat = p ? seat_of(p, m->id, NULL) : NULL;
	struct buf jid = { 0 };

	if (seat)
		elem_attrs(b, "jid", seat->jid);
	else if (!jid_of(s, &jid, m->addr))
		elem_attr(b, "jid", buf_view(&jid));
	buf_free(&jid);
}

static void add_item(const struct service *s, struct buf *b,
		     const struct member *m, const struct show_how *how,
		     bool real)
{
	struct buf nick = { 0 };
	bool out = how->gone && how->code[0] != 303;

	elem_open(b, "item", NULL);
	elem_attrs(b, "affiliation",
		   m->leaving || how->destroy ? "none" :
						affiliation_of(m->room, m));
	elem_attrs(b, "role", out ? "none" : role_of_member(m));
	if (real)
		add_real_jid(s, b, m);
	if (how->nick.n) {
		nick_of(&nick, how->nick);
		elem_attr(b, "nick", buf_view(&nick));
	}
	if (how->by)
		add_actor(b, m->room, how->by);
	elem_close(b);
	buf_free(&nick);
}

static void add_status(struct buf *b, unsigned code)
{
	elem_open(b, "status", NULL);
	elem_attr_u64(b, "code", code);
	elem_close(b);
}

static void add_user(const struct service *s, struct buf *b,
		     const struct member *m, const struct show_how *how,
		     bool own, bool real)
{
	elem_open(b, "x", NS_MUC_USER);
	add_item(s, b, m, how, real);
	for (size_t i = 0; i < sizeof(how->code) / sizeof(how->code[0]); i++)
		if (how->code[i])
			add_status(b, how->code[i]);
	if (own)
		add_status(b, 110);
	if (how->destroy) {
		elem_open(b, "destroy", NULL);
		elem_close(b);
	}
	elem_close(b);
}

/* own: for his own clients; real: with his address. */
static void make(struct service *s, struct buf *b, const struct member *m,
		 struct view name, const struct show_how *how,
		 struct view to, unsigned flags)
{
	struct buf from = { 0 };

	buf_clear(b);
	occupant_jid(s, &from, m->room, name);
	stanza_open(b, "presence",
		    how->gone ? VIEW("unavailable") : VIEW_NONE,
		    buf_view(&from), to, VIEW_NONE);
	if (!how->gone)
		add_shown(b, place_find(s, m->room->id), m);
	add_user(s, b, m, how, flags & 1, flags & 2);
	add_occupant_id(s, b, m->room, m->addr);
	elem_close(b);
	buf_free(&from);
}

/* ---- to whom ---- */

enum { OWN = 1, REAL = 2, KINDS = 4 };

static unsigned kind_of(const struct seat *seat, const struct member *m)
{
	return seat->member == m->id ? OWN | REAL :
	       seat->moderator	     ? REAL : 0;
}

static void sort_seats(struct buf to[KINDS], const struct place *p,
		       const struct member *m, const struct show_how *how)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->seats, n, nx) {
		const struct seat *seat =
			CONTAINER(n, struct seat, in_place);

		if (how->others_only && seat->member == m->id)
			continue;
		buf_adds(&to[kind_of(seat, m)], seat->jid);
		buf_addc(&to[kind_of(seat, m)], '\n');
	}
}

void service_show(struct service *s, const struct member *m, struct view name,
		  const struct show_how *how)
{
	const struct place *p = place_find(s, m->room->id);
	struct buf to[KINDS] = { { 0 } }, b = { 0 };

	if (how->self) {
		make(s, &b, m, name, how, view_str(how->self->jid),
		     OWN | REAL);
		service_send(s, &b, VIEW_NONE);
	} else if (p) {
		sort_seats(to, p, m, how);
	}
	for (unsigned i = 0; i < KINDS; i++) {
		if (to[i].n) {
			make(s, &b, m, name, how, VIEW_NONE, i);
			service_send(s, &b, buf_view(&to[i]));
		}
		buf_free(&to[i]);
	}
	buf_free(&b);
}

void service_show_all(struct service *s, const struct seat *seat)
{
	static const struct show_how how = { .gone = false };
	struct room *r = place_room(seat->place);
	struct buf b = { 0 };
	struct lnode *n, *nx;

	LIST_EACH (&r->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (m->id == seat->member || !is_occupant(seat->place, m))
			continue;
		make(s, &b, m, m->nick, &how, view_str(seat->jid),
		     seat->moderator ? REAL : 0);
		service_send(s, &b, VIEW_NONE);
	}
	buf_free(&b);
}

/* ---- what the hub tells ---- */

/* Those of XMPP are shown as they take their seats. */
static void on_came(struct member *m, void *arg)
{
	static const struct show_how how = { .gone = false };

	if (!is_xmpp(m->addr))
		service_show(arg, m, m->nick, &how);
}

static void drop_seats(struct service *s, const struct member *m)
{
	struct place *p;
	struct seat *seat;

	while ((p = place_find(s, m->room->id)) &&
	       (seat = seat_of(p, m->id, NULL)))
		seat_free(seat);
}

static void on_went(struct member *m, enum room_way way,
		    const struct room_by *by, void *arg)
{
	static const unsigned codes[] = {
		[WENT_KICKED] = 307, [WENT_BANNED] = 301
	};
	struct service *s = arg;
	const struct show_how how = {
		.gone = true,
		.code = { codes[way] },
		.by = way == WENT_LEFT ? NULL : by,
	};

	if (is_xmpp(m->addr) && !seat_count(place_find(s, m->room->id), m->id))
		return;
	service_show(s, m, m->nick, &how);
	drop_seats(s, m);
}

static void on_renamed(struct service *s, struct member *m,
		       struct view before)
{
	const struct show_how how = {
		.gone = true,
		.code = { 303 },
		.nick = m->nick,
	};

	service_show(s, m, before, &how);
}

static void set_moderator(struct service *s, const struct member *m)
{
	struct place *p = place_find(s, m->room->id);
	struct seat *seat = NULL;

	while (p && (seat = seat_of(p, m->id, seat)))
		seat->moderator = m->role >= ROLE_ADMIN;
}

static void on_changed(struct member *m, const struct member_before *before,
		       const struct room_by *by, void *arg)
{
	struct service *s = arg;
	const struct place *p = place_find(s, m->room->id);
	const struct show_how how = {
		.by = by->by && !addr_eq(by->by, m->addr) ? by : NULL
	};

	if (before->what & MEMBER_SET_ROLE)
		set_moderator(s, m);
	/* His own presence says how he is. */
	if (is_xmpp(m->addr) && !by->by &&
	    !(before->what & (MEMBER_SET_ROLE | MEMBER_SET_MUTED)))
		return;
	if (!p || !is_occupant(p, m))
		return;
	/* Who comes takes his name unseen: that is by nobody. */
	if ((before->what & MEMBER_SET_NICK) &&
	    (by->by || !is_xmpp(m->addr)) &&
	    !view_eq(before->nick, m->nick))
		on_renamed(s, m, before->nick);
	service_show(s, m, m->nick, &how);
}

/* <message><x><status code='104'/></x></message>: the form has changed. */
static void tell_config(struct service *s, struct room *r, struct place *p)
{
	struct buf b = { 0 }, from = { 0 };
	char id[24];

	room_jid(s, &from, r);
	stanza_open(&b, "message", VIEW("groupchat"), buf_view(&from),
		    VIEW_NONE, stanza_id(id));
	elem_open(&b, "x", NS_MUC_USER);
	add_status(&b, 104);
	elem_close(&b);
	elem_close(&b);
	service_send(s, &b, place_all(p));
	buf_free(&b);
	buf_free(&from);
}

static void on_room(struct room *r, unsigned what, const struct room_by *by,
		    void *arg)
{
	struct service *s = arg;
	struct place *p = place_find(s, r->id);

	if (!p)
		return;
	if (what & ROOM_SET_SUBJECT)
		service_subject(s, r, VIEW_NONE, place_all(p), by->by);
	if (what & (ROOM_SET_FLAGS | ROOM_SET_NOTICES))
		tell_config(s, r, p);
}

static void on_gone(struct room *r, void *arg)
{
	static const struct show_how how = { .gone = true, .destroy = true };
	struct service *s = arg;
	struct place *p;
	struct seat *seat;
	struct show_how one = how;

	while ((p = place_find(s, r->id))) {
		const struct member *m;

		seat = CONTAINER(list_first(&p->seats), struct seat,
				 in_place);
		m = hub_member_by_id(service_hub(s), seat->member);
		one.self = seat;
		if (m)
			service_show(s, m, m->nick, &one);
		seat_free(seat);
	}
}

const struct hub_room_watch service_watch = { on_came, on_went, on_changed,
					      on_room, on_gone, NULL };
