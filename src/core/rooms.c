/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rooms and their members: made in memory at once, so that whoever comes next
 * finds them, and taken back if the disk refuses.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "core_priv.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

/* ---- looking up ---- */

static uint64_t room_hash(struct view name, struct view domain)
{
	return hash_iview(name) ^ hash_u64(hash_iview(domain));
}

struct room *hub_room(const struct hub *h, struct view name,
		      struct view domain)
{
	struct hnode *n =
		htable_find(&h->rooms_by_name, room_hash(name, domain));

	for (; n; n = htable_more(n)) {
		struct room *room = CONTAINER(n, struct room, by_name);

		if (view_ieq(room_name(room), name) &&
		    view_ieq(room_domain(room), domain))
			return room;
	}
	return NULL;
}

struct room *hub_room_by_id(const struct hub *h, uint64_t id)
{
	struct hnode *n;

	for (n = htable_find(&h->rooms, hash_u64(id)); n; n = htable_more(n)) {
		struct room *room = CONTAINER(n, struct room, by_id);

		if (room->id == id)
			return room;
	}
	return NULL;
}

struct room *hub_each_journal(const struct hub *h, size_t *pos,
			      struct room *prev)
{
	struct hnode *n =
		htable_each(&h->rooms, pos, prev ? &prev->by_id : NULL);

	return n ? CONTAINER(n, struct room, by_id) : NULL;
}

struct room *hub_each_room(const struct hub *h, size_t *pos, struct room *prev)
{
	do {
		prev = hub_each_journal(h, pos, prev);
	} while (prev && prev->inbox);
	return prev;
}

size_t hub_room_count(const struct hub *h)
{
	return h->rooms_by_name.count;
}

struct member *hub_member_by_id(const struct hub *h, uint64_t id)
{
	struct hnode *n = htable_find(&h->members, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct member *m = CONTAINER(n, struct member, by_id);

		if (m->id == id)
			return m;
	}
	return NULL;
}

/* ---- the objects ---- */

/* What this row adds to the counts of the room and of the user. */
static void count(const struct member *m, int by)
{
	if (m->room->inbox)
		return;
	if (m->state == MEMBER_BANNED) {
		m->room->banned += (size_t)by;
		return;
	}
	m->addr->places += (uint32_t)by;
	if (m->role == ROLE_OWNER)
		m->addr->owned += (uint32_t)by;
}

void member_set_state(struct member *m, enum member_state state)
{
	count(m, -1);
	m->state = state;
	count(m, 1);
}

void member_set_role(struct member *m, enum member_role role)
{
	count(m, -1);
	m->role = role;
	count(m, 1);
}

static void member_destroy(void *obj)
{
	struct member *m = obj;
	struct hub *h = m->room->hub;

	member_more_free(m);
	htable_del(&h->members, &m->by_id);
	htable_del(&m->room->members, &m->by_addr);
	list_remove(&m->room->order, &m->order);
	count(m, -1);
	member_name_clear(m);
	mem_deref(m->addr);
}

/* Later than everybody's in the room: the store gives members back by it. */
uint64_t joined_now(const struct room *room)
{
	uint64_t last = 0, now = wall_ms();

	if (!list_empty(&room->order))
		last = CONTAINER(room->order.head.prev, struct member, order)
			       ->joined_ms;
	return now > last ? now : last + 1;
}

static void load_more(struct member *m, const struct store_member *sm)
{
	struct addr *inviter;

	member_set_muted(m, sm->muted_until_ms);
	if (!view_empty(sm->away))
		member_set_away(m, view_dup(sm->away));
	if (m->state != MEMBER_INVITED || view_empty(sm->inviter) ||
	    addr_parse(&inviter, sm->inviter))
		return;
	member_set_inviter(m, inviter);
	mem_deref(inviter);
}

struct member *member_new(struct room *room, struct addr *addr,
			  const struct store_member *sm)
{
	struct member *m = mem_new(sizeof(*m), member_destroy);
	struct hub *h = room->hub;

	m->id = sm->id ? sm->id : core_new_id();
	m->room = room;
	m->face = hub_face(h, addr->network);
	if (m->face && !(m->face->ops->caps & FACE_MEMBERS))
		m->face = NULL;
	m->addr = mem_ref(addr);
	m->role = sm->role;
	m->state = sm->state;
	count(m, 1);
	m->since = sm->id ? 0 : (uint32_t)room->head;
	m->joined_ms = sm->joined_ms ? sm->joined_ms : joined_now(room);
	load_more(m, sm);
	cursor_set(&m->cur, sm->acked);
	member_name_loaded(m, sm->nick);
	htable_add(&h->members, &m->by_id, hash_u64(m->id));
	htable_add(&room->members, &m->by_addr, addr->hash);
	list_append(&room->order, &m->order);
	return m;
}

static void room_destroy(void *obj)
{
	struct room *room = obj;
	size_t i;

	htable_del(room->inbox ? &room->hub->inboxes :
				 &room->hub->rooms_by_name, &room->by_name);
	htable_del(&room->hub->rooms, &room->by_id);
	for (i = 0; room->recent && i < ROOM_RECENT; i++)
		mem_deref(room->recent[i]);
	mem_free(room->recent);
	journal_page_free(room);
	book_free(room);
	htable_free(&room->members);
	weigh_free(room);
	mem_free(room->fails);
	mem_free((void *)room->subject.p);
	mem_deref(room->addr);
}

static struct room *journal_new(struct hub *h, uint64_t id,
				struct addr *addr)
{
	struct room *room = mem_new(sizeof(*room), room_destroy);

	room->hub = h;
	room->id = id ? id : core_new_id();
	room->addr = mem_ref(addr);
	list_init(&room->order);
	list_init(&room->legs);
	htable_add(&h->rooms, &room->by_id, hash_u64(room->id));
	return room;
}

struct room *inbox_new(struct hub *h, struct addr *addr,
		       const struct store_inbox *si)
{
	struct room *inbox = journal_new(h, si->id, addr);
	struct store_member sm = { .id = inbox->id,
				   .role = ROLE_MEMBER,
				   .state = MEMBER_JOINED,
				   .acked = si->acked };

	inbox->inbox = true;
	inbox->head = inbox->committed = si->head;
	htable_add(&h->inboxes, &inbox->by_name, addr->hash);
	member_new(inbox, addr, &sm);
	return inbox;
}

struct room *room_new(struct hub *h, const struct store_room *sr,
		      struct addr *addr)
{
	struct room *room = journal_new(h, sr->id, addr);

	room->flags = sr->flags;
	room->notices = sr->notices <= NOTICES_OFF ? sr->notices
						   : NOTICES_ALL;
	room->subject = view_mem(view_dup(sr->subject), sr->subject.n);
	room->created_ms = sr->created_ms ? sr->created_ms : wall_ms();
	room->head = room->committed = room->talk_last = sr->head;
	htable_add(&h->rooms_by_name, &room->by_name,
		   room_hash(room_name(room), room_domain(room)));
	return room;
}

void room_drop(struct room *room)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);

		leg_detach(l, "the room is gone");
		mem_deref(l);
	}
	LIST_EACH (&room->order, n, nx)
		mem_deref(CONTAINER(n, struct member, order));
	mem_deref(room);
}

/* ---- making rooms ---- */

static bool name_char_ok(char c)
{
	return (c >= '0' && c <= '9') ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c && strchr("._-+~!$&'=", c));
}

/* No two names may look like one. Phones end a command with a full stop, and
 * "room." is "room" there: a name does not end with one. An escape is the
 * letter that it stands for (RFC 3261 19.1.4), and beyond ASCII many letters
 * have several forms and doubles in other scripts: there are none. */
bool room_name_ok(struct view name)
{
	size_t i;

	if (!name.n || name.n > ROOM_NAME_MAX || name.p[name.n - 1] == '.')
		return false;
	for (i = 0; i < name.n; i++) {
		if (!name_char_ok(name.p[i]))
			return false;
	}
	return true;
}

void room_put(struct store_txn *t, const struct room *room)
{
	struct store_room sr = {
		.id = room->id,
		.name = room_name(room),
		.domain = room_domain(room),
		.flags = room->flags,
		.subject = room->subject,
		.notices = room->notices,
		.created_ms = room->created_ms,
	};

	store_put_room(t, &sr);
}

void member_put(struct store_txn *t, const struct member *m)
{
	struct store_member sm = {
		.id = m->id,
		.room = m->room->id,
		.addr = m->addr->text,
		.nick = m->own_nick ? m->nick : VIEW_NONE,
		.role = m->role,
		.state = m->state,
		.acked = m->cur.acked,
		.joined_ms = m->joined_ms,
		.muted_until_ms = member_muted_until_ms(m),
		.away = view_str(member_away(m)),
	};

	if (member_inviter(m))
		sm.inviter = member_inviter(m)->text;

	store_put_member(t, &sm);
}

static void on_created(struct change *c, struct room *room, int err)
{
	(void)c;
	if (err) {
		log_warning("room %.*s: could not be stored: %s",
			    VIEW_ARG(room->addr->text), strerror(err));
		room_drop(room);
		return;
	}
	log_info("room %.*s: created", VIEW_ARG(room->addr->text));
	if (!list_empty(&room->order))
		watch_came(CONTAINER(list_first(&room->order), struct member,
				     order));
}

static int create_check(struct hub *h, struct addr **ap, struct view name,
			struct view domain)
{
	if (h->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (!room_name_ok(name))
		return EBADMSG;
	if (hub_room(h, name, domain))
		return EEXIST;
	if (hub_room_count(h) >= h->max_rooms)
		return EBUSY;
	return addr_new(ap, VIEW("sip"), name, domain, VIEW_NONE);
}

int hub_room_create(struct hub *h, struct room **rp, struct view name,
		    struct view domain, uint32_t flags, struct addr *owner,
		    hub_done_h *doneh, void *arg)
{
	struct store_room sr = { .flags = flags, .notices = h->notices };
	struct store_txn *t;
	struct room *room;
	struct change *c;
	struct addr *addr;
	int err;

	err = create_check(h, &addr, name, domain);
	if (err)
		return err;
	room = room_new(h, &sr, addr);
	mem_deref(addr);

	t = store_begin(h->store);
	room_put(t, room);
	if (owner) {
		struct store_member sm = { .role = ROLE_OWNER,
					   .state = MEMBER_JOINED };

		member_put(t, member_new(room, owner, &sm));
	}
	c = change_new(room, doneh, arg);
	c->settle = on_created;
	change_commit(c, t);
	if (rp)
		*rp = room;
	return 0;
}

/* ---- ending rooms ---- */

static void farewell_all(struct room *room, struct msg *msg)
{
	struct lnode *n, *nx;

	late_flush(room->hub);
	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (m->state == MEMBER_JOINED)
			member_farewell(m, msg);
	}
}

/* c->was is the notice: it is no part of a journal any more. */
static void on_destroyed(struct change *c, struct room *room, int err)
{
	if (err) {
		log_warning("room %.*s: its end was not stored: %s",
			    VIEW_ARG(room->addr->text), strerror(err));
		room->ending = false;
		return;
	}
	if (c->was)
		farewell_all(room, c->was);
	watch_gone(room);
	log_info("room %.*s: gone", VIEW_ARG(room->addr->text));
	room_drop(room);
}

int hub_room_destroy(struct room *r, struct view notice, hub_done_h *doneh,
		     void *arg)
{
	struct lnode *n, *nx;
	struct store_txn *t;
	struct change *c;
	struct msg *msg;
	int err;

	if (r->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (r->ending)
		return ENOENT;
	err = room_notice(&msg, r, notice);
	if (err)
		return err;

	r->ending = true;
	c = change_new(r, doneh, arg);
	c->settle = on_destroyed;
	c->was = msg;
	t = store_begin(r->hub->store);
	store_del_room(t, r->id);
	LIST_EACH (&r->legs, n, nx)
		topic_forget(t, CONTAINER(n, struct leg, in_room));
	change_commit(c, t);
	return 0;
}
