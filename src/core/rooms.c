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

struct room *hub_each_room(const struct hub *h, size_t *pos, struct room *prev)
{
	struct hnode *n =
		htable_each(&h->rooms, pos, prev ? &prev->by_id : NULL);

	return n ? CONTAINER(n, struct room, by_id) : NULL;
}

size_t hub_room_count(const struct hub *h)
{
	return h->rooms.count;
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

static void member_destroy(void *obj)
{
	struct member *m = obj;
	struct hub *h = m->room->hub;

	wheel_stop(h->wheel, &m->retry);
	htable_del(&h->members, &m->by_id);
	htable_del(&h->waiting, &m->waiting);
	list_remove(&h->dirty_members, &m->dirty);
	htable_del(&m->room->members, &m->by_addr);
	list_remove(&m->room->order, &m->order);
	mem_deref(m->addr);
	mem_free((void *)m->nick.p);
}

static void member_name(struct member *m)
{
	struct buf b = { 0 };
	size_t n;

	hub_name_user(m->room->hub, &b, m->addr);
	n = b.n;
	m->nick = view_mem(buf_take(&b), n);
}

/* Later than everybody's in the room: the store gives members back by it. */
static uint64_t joined_now(const struct room *room)
{
	uint64_t last = 0, now = wall_ms();

	if (!list_empty(&room->order))
		last = CONTAINER(room->order.head.prev, struct member, order)
			       ->joined_ms;
	return now > last ? now : last + 1;
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
	m->joined_ms = sm->joined_ms ? sm->joined_ms : joined_now(room);
	cursor_set(&m->cur, sm->acked);
	member_name(m);
	htable_add(&h->members, &m->by_id, hash_u64(m->id));
	htable_add(&room->members, &m->by_addr, addr->hash);
	list_append(&room->order, &m->order);
	return m;
}

static void room_destroy(void *obj)
{
	struct room *room = obj;
	size_t i;

	htable_del(&room->hub->rooms_by_name, &room->by_name);
	htable_del(&room->hub->rooms, &room->by_id);
	for (i = 0; i < ROOM_RECENT; i++)
		mem_deref(room->recent[i]);
	journal_page_free(room);
	htable_free(&room->members);
	mem_free((void *)room->subject.p);
	mem_deref(room->addr);
}

struct room *room_new(struct hub *h, const struct store_room *sr,
		      struct addr *addr)
{
	struct room *room = mem_new(sizeof(*room), room_destroy);

	room->hub = h;
	room->id = sr->id ? sr->id : core_new_id();
	room->addr = mem_ref(addr);
	room->flags = sr->flags;
	room->subject = view_mem(view_dup(sr->subject), sr->subject.n);
	room->created_ms = sr->created_ms ? sr->created_ms : wall_ms();
	room->head = room->committed = sr->head;
	list_init(&room->order);
	list_init(&room->legs);
	htable_add(&h->rooms_by_name, &room->by_name,
		   room_hash(room_name(room), room_domain(room)));
	htable_add(&h->rooms, &room->by_id, hash_u64(room->id));
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

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool name_char_ok(char c)
{
	return (c >= '0' && c <= '9') ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c && strchr("._-+~!$&'=", c));
}

bool room_name_ok(struct view name)
{
	size_t i;

	if (!name.n || name.n > ROOM_NAME_MAX)
		return false;
	for (i = 0; i < name.n; i++) {
		if (name.p[i] == '%' && i + 2 < name.n &&
		    is_hex(name.p[i + 1]) && is_hex(name.p[i + 2]))
			i += 2;
		else if (!name_char_ok(name.p[i]))
			return false;
	}
	return true;
}

static void put_room(struct store_txn *t, const struct room *room)
{
	struct store_room sr = {
		.id = room->id,
		.name = room_name(room),
		.domain = room_domain(room),
		.flags = room->flags,
		.subject = room->subject,
		.created_ms = room->created_ms,
	};

	store_put_room(t, &sr);
}

static void put_member(struct store_txn *t, const struct member *m)
{
	struct store_member sm = {
		.id = m->id,
		.room = m->room->id,
		.addr = m->addr->text,
		.nick = m->nick,
		.role = m->role,
		.state = m->state,
		.acked = m->cur.acked,
		.joined_ms = m->joined_ms,
	};

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
	return addr_new(ap, VIEW("sip"), name, domain, VIEW_NONE);
}

int hub_room_create(struct hub *h, struct room **rp, struct view name,
		    struct view domain, uint32_t flags, struct addr *owner,
		    hub_done_h *doneh, void *arg)
{
	struct store_room sr = { .flags = flags };
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
	put_room(t, room);
	if (owner) {
		struct store_member sm = { .role = ROLE_OWNER,
					   .state = MEMBER_JOINED };

		put_member(t, member_new(room, owner, &sm));
	}
	c = change_new(room, doneh, arg);
	c->settle = on_created;
	change_commit(c, t);
	if (rp)
		*rp = room;
	return 0;
}

/* ---- members come and go ---- */

int room_notice(struct msg **mp, struct room *room, struct view text)
{
	struct msg_conf conf = {
		.kind = MSG_NOTICE,
		.from = room->addr,
		.name = room_name(room),
		.text = text,
		.seq = room->head + 1,
	};

	if (view_empty(text)) {
		*mp = NULL;
		return 0;
	}
	return msg_new(mp, &conf);
}

void room_give(struct room *room, struct msg *msg, struct view dedupe,
	       struct store_txn *t, struct change *c)
{
	struct store_msg sm = {
		.room = room->id,
		.seq = msg->seq,
		.id = msg->id,
		.kind = msg->kind,
		.from = msg->from->text,
		.name = msg->name,
		.text = msg->text,
		.time_ms = msg->time_ms,
		.origin = msg->origin,
		.reply_to = msg->reply_to,
		.audience = msg->audience,
		.dedupe = dedupe,
	};

	room->head = msg->seq;
	store_put_msg(t, &sm);
	c->msg = mem_ref(msg);
}

static void on_added(struct change *c, struct room *room, int err)
{
	struct member *m = hub_member_by_id(room->hub, c->subject);

	if (!m)
		return;
	if (!err) {
		room->hub->stats.notices += c->msg != NULL;
		log_info("room %.*s: %.*s is %s", VIEW_ARG(room->addr->text),
			 VIEW_ARG(m->addr->text), member_state_name(m->state));
		return;
	}
	log_warning("room %.*s: %.*s could not be stored: %s",
		    VIEW_ARG(room->addr->text), VIEW_ARG(m->addr->text),
		    strerror(err));
	mem_deref(m);
}

int hub_member_add(struct room *r, const struct hub_join *join,
		   hub_done_h *doneh, void *arg)
{
	struct store_member sm = { .role = join->role,
				   .state = join->state,
				   .acked = r->head };
	struct store_txn *t;
	struct member *m;
	struct change *c;
	struct msg *msg;
	int err;

	if (r->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (room_member(r, join->addr))
		return EEXIST;
	if (r->members.count >= ROOM_MEMBERS_MAX)
		return EBUSY;
	err = room_notice(&msg, r, join->notice);
	if (err)
		return err;

	m = member_new(r, join->addr, &sm);
	t = store_begin(r->hub->store);
	c = change_new(r, doneh, arg);
	c->settle = on_added;
	c->subject = m->id;
	put_member(t, m);
	if (msg)
		room_give(r, msg, VIEW_NONE, t, c);
	mem_deref(msg);
	change_commit(c, t);
	return 0;
}

static void on_removed(struct change *c, struct room *room, int err)
{
	struct member *m = hub_member_by_id(room->hub, c->subject);

	if (!m)
		return;
	if (err) {
		log_warning("room %.*s: removal of %.*s was not stored: %s",
			    VIEW_ARG(room->addr->text),
			    VIEW_ARG(m->addr->text), strerror(err));
		m->leaving = false;
		return;
	}
	room->hub->stats.notices += c->msg != NULL;
	if (c->msg)
		member_farewell(m, c->msg);
	log_info("room %.*s: %.*s is gone", VIEW_ARG(room->addr->text),
		 VIEW_ARG(m->addr->text));
	mem_deref(m);
}

int hub_member_remove(struct room *r, struct member *m, struct view notice,
		      hub_done_h *doneh, void *arg)
{
	struct store_txn *t;
	struct change *c;
	struct msg *msg;
	int err;

	if (r->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (m->leaving)
		return ENOENT;
	err = room_notice(&msg, r, notice);
	if (err)
		return err;

	m->leaving = true;
	t = store_begin(r->hub->store);
	c = change_new(r, doneh, arg);
	c->settle = on_removed;
	c->subject = m->id;
	store_del_member(t, m->id);
	if (msg)
		room_give(r, msg, VIEW_NONE, t, c);
	mem_deref(msg);
	change_commit(c, t);
	return 0;
}
