/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roles and affiliations (XEP-0045 8, 9): a kick is #remove, a ban #ban, a
 * visitor is muted, an admin is one of ours. Several items of one request are
 * done in turn up to the first that is refused, and answered when all are on
 * the disk.
 */
#include <errno.h>

#include "mem.h"
#include "service_priv.h"

enum { ITEMS = 100 };

struct admin {
	struct service *s;
	struct buf flat;
	struct room *room;     /* within the request only */
	struct member *by;     /* likewise */
	struct addr *who;      /* ref; of by */
	size_t open;
	int err;
	bool refused;
};

static void admin_free(struct admin *a)
{
	mem_deref(a->who);
	buf_free(&a->flat);
	mem_free(a);
}

static void refuse_err(struct admin *a, int err)
{
	if (err == EPERM)
		service_refuse_flat(a->s, &a->flat, "cancel", "conflict",
				    VIEW("A room keeps an owner"));
	else if (err == EINVAL || err == ENOENT)
		service_refuse_flat(a->s, &a->flat, "cancel",
				    "item-not-found", VIEW_NONE);
	else
		service_refuse_flat(a->s, &a->flat, "wait",
				    "internal-server-error", VIEW_NONE);
}

/* The last of it: he who asked has his answer. */
static void settle(struct admin *a)
{
	struct elem e;

	if (a->open)
		return;
	elem_read(&e, buf_view(&a->flat));
	if (a->s->gate->running && !a->refused) {
		if (a->err)
			refuse_err(a, a->err);
		else
			service_result_empty(a->s, &e);
	}
	admin_free(a);
}

static void on_done(int err, void *arg)
{
	struct admin *a = arg;

	a->open--;
	if (err && !a->err)
		a->err = err;
	settle(a);
}

/* What the hub said at once. */
static bool took(struct admin *a, int err)
{
	if (!err)
		return true;
	a->open--;
	a->err = err;
	return false;
}

/* ---- what is done ---- */

struct item {
	struct addr *addr;     /* ref */
	struct member *member; /* NULL: none yet */
	struct view role, affiliation, reason;
};

static bool may(struct admin *a, const struct item *it, enum house_act act,
		enum member_role to, struct buf *notice)
{
	const struct house_ask ask = { .act = act,
				       .room = a->room,
				       .who = a->who,
				       .other = it->addr,
				       .to = to };
	enum house_no no = hub_house_check(service_hub(a->s), &ask);
	struct elem e;

	if (no) {
		elem_read(&e, buf_view(&a->flat));
		service_refuse_no(a->s, &e, no);
		a->refused = true;
		return false;
	}
	hub_house_notice(service_hub(a->s), notice, &ask);
	return true;
}

static struct room_by by_of(const struct admin *a, const struct item *it)
{
	return (struct room_by){ a->who, it->reason };
}

/* ---- going: whom no presence tells is told in words, when it is done ---- */

struct going {
	struct admin *admin;
	struct addr *who;      /* ref */
	uint64_t room;
	struct buf words;      /* empty: he has them already */
};

static struct going *going_new(struct admin *a, const struct item *it,
			       enum house_act act)
{
	const struct house_ask ask = { .act = act, .room = a->room,
				       .who = a->who, .other = it->addr };
	struct going *go = mem_zalloc(sizeof(*go));

	go->admin = a;
	go->who = mem_ref(it->addr);
	go->room = a->room->id;
	if (!is_xmpp(it->addr) && it->member)
		hub_house_told(service_hub(a->s), &go->words, &ask);
	if (go->words.n && it->reason.n) {
		buf_adds(&go->words, ": ");
		buf_addv(&go->words, it->reason);
	}
	return go;
}

static void going_free(struct going *go)
{
	mem_deref(go->who);
	buf_free(&go->words);
	mem_free(go);
}

static void on_gone(int err, void *arg)
{
	struct going *go = arg;
	struct admin *a = go->admin;
	struct room *r = hub_room_by_id(service_hub(a->s), go->room);

	if (!err && r && go->words.n && a->s->gate->running)
		hub_room_tell(r, go->who, buf_view(&go->words));
	going_free(go);
	on_done(err, a);
}

/* What the hub said at once. */
static bool goes(struct going *go, int err)
{
	struct admin *a = go->admin;

	if (err)
		going_free(go);
	return took(a, err);
}

static bool kick(struct admin *a, const struct item *it)
{
	const struct room_by by = by_of(a, it);
	struct going *go;
	struct buf notice = { 0 };
	bool ok = it->member && it->member->state != MEMBER_BANNED &&
		  may(a, it, HOUSE_REMOVE, ROLE_NONE, &notice);

	if (ok) {
		go = going_new(a, it, HOUSE_REMOVE);
		a->open++;
		ok = goes(go, hub_member_kick(it->member, buf_view(&notice),
					      &by, on_gone, go));
	} else if (!a->refused) {
		a->err = ENOENT;
	}
	buf_free(&notice);
	return ok;
}

static bool ban_now(struct admin *a, const struct item *it,
		    struct view notice)
{
	struct going *go = going_new(a, it, HOUSE_BAN);
	const struct hub_join join = { .addr = it->addr,
				       .role = ROLE_MEMBER,
				       .state = MEMBER_BANNED };
	const struct hub_member_change c = {
		.what = MEMBER_SET_STATE | MEMBER_SET_ROLE,
		.state = MEMBER_BANNED,
		.role = ROLE_MEMBER,
		.notice = notice,
		.by = by_of(a, it),
	};

	a->open++;
	return goes(go, it->member ?
				hub_member_change(it->member, &c, on_gone,
						  go) :
				hub_member_add(a->room, &join, on_gone, go));
}

static bool ban(struct admin *a, const struct item *it)
{
	struct buf notice = { 0 };
	bool ok = may(a, it, HOUSE_BAN, ROLE_NONE, &notice);

	if (ok && it->member && it->member->state == MEMBER_BANNED) {
		buf_free(&notice);
		return true;
	}
	if (ok)
		ok = ban_now(a, it, it->member && it->member->state ==
						  MEMBER_JOINED ?
					    buf_view(&notice) : VIEW_NONE);
	buf_free(&notice);
	return ok;
}

static bool unban(struct admin *a, const struct item *it)
{
	struct buf notice = { 0 };
	bool ok = may(a, it, HOUSE_UNBAN, ROLE_NONE, &notice);

	if (ok) {
		a->open++;
		ok = took(a, hub_member_remove(a->room, it->member,
					       VIEW_NONE, on_done, a));
	}
	buf_free(&notice);
	return ok;
}

static bool set_role(struct admin *a, const struct item *it,
		     enum member_role role)
{
	struct hub_member_change c = { .what = MEMBER_SET_ROLE,
				       .role = role,
				       .by = by_of(a, it) };
	struct buf notice = { 0 };
	bool ok = true;

	if (!it->member || it->member->state != MEMBER_JOINED) {
		a->err = ENOENT;
		return false;
	}
	if (it->member->role == role)
		return true;
	ok = may(a, it, HOUSE_ROLE, role, &notice);
	if (ok) {
		c.notice = buf_view(&notice);
		a->open++;
		ok = took(a, hub_member_change(it->member, &c, on_done, a));
	}
	buf_free(&notice);
	return ok;
}

static bool set_voice(struct admin *a, const struct item *it, bool voice)
{
	struct hub_member_change c = { .what = MEMBER_SET_MUTED,
				       .muted_until_ms = voice ? 0 :
								 UINT64_MAX,
				       .by = by_of(a, it) };
	struct buf notice = { 0 };
	bool ok = true;

	if (!member_muted_until_ms(it->member) == voice)
		return true;
	ok = may(a, it, voice ? HOUSE_UNMUTE : HOUSE_MUTE, ROLE_NONE,
		 &notice);
	if (ok) {
		c.notice = buf_view(&notice);
		a->open++;
		ok = took(a, hub_member_change(it->member, &c, on_done, a));
	}
	buf_free(&notice);
	return ok;
}

/* He may come from now on: in a private room that takes an invitation. */
static bool make_member(struct admin *a, const struct item *it)
{
	const struct hub_join join = { .addr = it->addr,
				       .role = ROLE_MEMBER,
				       .state = MEMBER_INVITED,
				       .inviter = a->who };
	struct buf notice = { 0 };
	bool ok = may(a, it, HOUSE_INVITE, ROLE_NONE, &notice);

	if (ok) {
		a->open++;
		ok = took(a, hub_member_add(a->room, &join, on_done, a));
	}
	if (ok && is_xmpp(it->addr))
		service_send_invite(a->s, a->room, a->who, it->addr,
				    it->reason);
	else if (ok)
		hub_room_tell(a->room, it->addr, buf_view(&notice));
	buf_free(&notice);
	return ok;
}

static bool set_member(struct admin *a, const struct item *it)
{
	if (!it->member)
		return make_member(a, it);
	if (it->member->state == MEMBER_BANNED)
		return unban(a, it);
	return it->member->state == MEMBER_INVITED ||
	       set_role(a, it, ROLE_MEMBER);
}

/* In a public room everybody may come: he only loses what he was. */
static bool set_none(struct admin *a, const struct item *it)
{
	if (!it->member)
		return true;
	if (it->member->state == MEMBER_BANNED)
		return unban(a, it);
	return room_is_private(a->room) ||
			       it->member->state == MEMBER_INVITED ?
		       kick(a, it) : set_role(a, it, ROLE_MEMBER);
}

static bool bad(struct admin *a)
{
	service_refuse_flat(a->s, &a->flat, "modify", "bad-request",
			    VIEW_NONE);
	a->refused = true;
	return false;
}

static bool set_affiliation(struct admin *a, const struct item *it)
{
	if (view_eqs(it->affiliation, "outcast"))
		return ban(a, it);
	if (view_eqs(it->affiliation, "none"))
		return set_none(a, it);
	if (view_eqs(it->affiliation, "member"))
		return set_member(a, it);
	if (view_eqs(it->affiliation, "admin"))
		return set_role(a, it, ROLE_ADMIN);
	if (view_eqs(it->affiliation, "owner"))
		return set_role(a, it, ROLE_OWNER);
	return bad(a);
}

static bool set_item(struct admin *a, const struct item *it)
{
	if (it->affiliation.n)
		return set_affiliation(a, it);
	if (view_eqs(it->role, "none"))
		return kick(a, it);
	if (!it->member || it->member->state != MEMBER_JOINED) {
		a->err = ENOENT;
		return false;
	}
	if (view_eqs(it->role, "moderator"))
		return set_role(a, it, ROLE_ADMIN);
	if (view_eqs(it->role, "visitor"))
		return set_voice(a, it, false);
	if (view_eqs(it->role, "participant"))
		return it->member->role == ROLE_ADMIN ?
			       set_role(a, it, ROLE_MEMBER) :
			       set_voice(a, it, true);
	return bad(a);
}

/* By nick, or by address. */
static bool read_item(struct admin *a, struct item *it, const struct elem *e)
{
	struct view nick = elem_get(e, "nick"), jid = elem_get(e, "jid");

	*it = (struct item){
		.role = elem_get(e, "role"),
		.affiliation = elem_get(e, "affiliation"),
		.reason = view_head(elem_child_words(e, "reason", NULL), 512),
	};
	if (nick.n && !jid.n) {
		it->member = member_of_nick(a->room, nick);
		it->addr = it->member ? mem_ref(it->member->addr) : NULL;
	} else if (jid.n && !addr_of(a->s, &it->addr, jid)) {
		it->member = room_member(a->room, it->addr);
	}
	if (it->addr)
		return true;
	a->err = ENOENT;
	return false;
}

static void set_items(struct admin *a, const struct elem *query)
{
	struct elem e;
	struct item it;
	size_t pos = 0, n = 0;
	bool ok = true;

	while (ok && n++ < ITEMS && elem_next(&e, query, &pos)) {
		if (!elem_is(&e, "item", NULL))
			continue;
		ok = read_item(a, &it, &e) && set_item(a, &it);
		mem_deref(it.addr);
	}
}

void service_admin(struct service *s, const struct elem *e,
		   const struct elem *query, struct room *r)
{
	struct addr *who = NULL;
	struct member *m = NULL;
	struct admin *a;

	if (!addr_of_from(&who, elem_get(e, "from")))
		m = room_member(r, who);
	if (!m || m->state != MEMBER_JOINED || m->role < ROLE_ADMIN) {
		service_refuse_no(s, e, HOUSE_RIGHT);
		mem_deref(who);
		return;
	}
	if (view_eqs(elem_get(e, "type"), "get")) {
		service_list(s, e, query, r);
		mem_deref(who);
		return;
	}
	a = mem_zalloc(sizeof(*a));
	a->s = s;
	a->room = r;
	a->by = m;
	a->who = who;
	buf_addv(&a->flat, e->all);
	a->open = 1;
	set_items(a, query);
	on_done(0, a);
}
