/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a member does not get: refused for good, or too much for one who is
 * away (too old: expire.c). Each sender concerned hears of it once, until the
 * member takes something again; then he hears how much he missed.
 */
#include <errno.h>

#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { TRIM_MS = 1000, TRIM_PAGE = 256, WHY_MAX = 80 };

/* ---- telling ---- */

static bool told_before(struct member_more *more, struct addr *from)
{
	size_t i;

	for (i = 0; i < more->ntold; i++) {
		if (addr_eq(more->told[i], from))
			return true;
	}
	more->told = mem_array(more->told, more->ntold + 1,
			       sizeof(more->told[0]));
	more->told[more->ntold++] = mem_ref(from);
	return false;
}

/* " in lobby" */
static void add_place(struct buf *b, const struct room *room)
{
	if (room->inbox)
		return;
	buf_adds(b, " in ");
	buf_addv(b, room_name(room));
}

/* "*** [bob] did not get your message in lobby: why" */
void member_tell_sender(struct member *m, const struct msg *msg,
			const struct outcome *o)
{
	struct buf b = { 0 };

	if (msg->kind == MSG_NOTICE || msg->origin ||
	    gate_settled(m, msg, o) || told_before(member_more(m), msg->from))
		return;
	buf_adds(&b, "*** [");
	buf_addv(&b, m->nick);
	buf_adds(&b, "] did not get your message");
	add_place(&b, m->room);
	buf_adds(&b, ": ");
	hub_clean_line(&b, o->why, WHY_MAX);
	room_tell(m->room, msg->from, buf_view(&b));
	buf_free(&b);
}

void member_doom(struct member *m, struct msg *msg)
{
	struct member_more *more = member_more(m);
	size_t i;

	for (i = 0; i < more->ndoomed; i++)
		if (more->doomed[i]->seq == msg->seq)
			return;
	more->doomed = mem_array(more->doomed, more->ndoomed + 1,
				 sizeof(more->doomed[0]));
	more->doomed[more->ndoomed++] = mem_ref(msg);
}

struct msg *member_doomed(struct member *m, uint64_t seq)
{
	struct member_more *more = m->more;
	struct msg *msg;
	size_t i = 0;

	while (more && i < more->ndoomed && more->doomed[i]->seq != seq)
		i++;
	if (!more || i == more->ndoomed)
		return NULL;
	msg = more->doomed[i];
	more->doomed[i] = more->doomed[--more->ndoomed];
	return msg;
}

static void tell_missed(struct member *m, uint64_t missed)
{
	struct buf b = { 0 };

	buf_adds(&b, "*** ");
	buf_add_u64(&b, missed);
	buf_adds(&b, missed == 1 ? " message" : " messages");
	add_place(&b, m->room);
	buf_adds(&b, missed == 1 ? " is lost" : " are lost");
	buf_adds(&b, ": you were away, and there is no room for more");
	room_tell(m->room, m->addr, buf_view(&b));
	buf_free(&b);
}

void member_back(struct member *m)
{
	uint64_t missed = m->more->missed;

	member_more_forget_told(m->more);
	m->more->missed = 0;
	if (missed && !room_is_conversation(m->room))
		tell_missed(m, missed);
}

/* ---- reading ---- */

struct missed_read {
	struct hub *hub; /* ref */
	uint64_t room;
};

static void read_destroy(void *obj)
{
	mem_deref(((struct missed_read *)obj)->hub);
}

static struct missed_read *read_new(struct room *room)
{
	struct missed_read *rd = mem_new(sizeof(*rd), read_destroy);

	rd->hub = mem_ref(room->hub);
	rd->room = room->id;
	return rd;
}

/* ---- too much for one who is away ---- */

static uint64_t floor_of(const struct room *room)
{
	uint64_t max = room->hub->wait_msgs;

	return room->committed > max ? room->committed - max : 0;
}

/* More than that waits behind acked. */
static bool is_heavy(struct room *room, uint64_t acked, uint64_t max)
{
	uint64_t bytes;

	return acked < room->committed &&
	       (room->committed - acked) * MSG_TEXT_MAX > max &&
	       weigh(room, acked, &bytes) && bytes > max;
}

/* What is under way is left alone, its answer comes soon. */
static bool is_over(const struct member *m)
{
	if (!m->tries || m->reading || !cursor_idle(&m->cur))
		return false;
	return m->cur.acked < floor_of(m->room) ||
	       is_heavy(m->room, m->cur.acked, m->room->hub->wait_bytes);
}

static void drop(struct member *m, const struct msg *msg)
{
	struct member *from = room_member(m->room, msg->from);
	const struct outcome o = { GATE_EXPIRED, 480,
				   VIEW("too much is waiting for him") };

	if (cursor_settled(&m->cur, msg->seq) || !member_wants(m, msg))
		return;
	m->more->missed++;
	m->room->hub->stats.given_up++;
	member_tell_sender(m, msg, &o);
	if (from && from->more && from->more->said == msg->seq)
		room_failed(m->room, m->id, msg->seq, o.why);
}

/* Bytes go down to 7/8, so that not each further message means a read. True:
 * his cursor moved. */
static bool trim_member(struct member *m, struct msg *const *msgs,
			size_t count)
{
	uint64_t max = m->room->hub->wait_bytes;
	uint64_t floor = floor_of(m->room), upto = m->cur.acked;
	bool heavy = is_heavy(m->room, upto, max);
	size_t i;

	for (i = 0; i < count; i++) {
		heavy = heavy && is_heavy(m->room, upto, max / 8 * 7);
		if (msgs[i]->seq > floor && !heavy)
			break;
		if (msgs[i]->seq <= m->cur.acked)
			continue;
		drop(m, msgs[i]);
		upto = msgs[i]->seq;
	}
	if (count < TRIM_PAGE && upto < floor)
		upto = floor; /* the rest are holes */
	if (upto == m->cur.acked)
		return false;
	log_info("room %.*s: too much waits for %.*s: he loses what is before "
		 "%llu",
		 VIEW_ARG(m->room->addr->text), VIEW_ARG(m->addr->text),
		 (unsigned long long)upto + 1);
	cursor_upto(&m->cur, upto);
	member_dirty(m);
	return true;
}

static void trim_room(struct room *room);

static void on_trim(int err, struct room *room, struct msg *const *msgs,
		    size_t count)
{
	struct lnode *n, *nx;
	bool moved = false;

	room->trimming = false;
	if (err)
		return; /* the timer comes again */
	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (is_over(m))
			moved |= trim_member(m, msgs, count);
	}
	if (moved)
		trim_room(room);
}

static void on_trim_page(int err, const struct store_msg *sms, size_t count,
			 void *arg)
{
	struct missed_read *rd = arg;
	struct room *room = hub_room_by_id(rd->hub, rd->room);
	struct msg *msgs[TRIM_PAGE];
	size_t n = 0;

	if (room && rd->hub->state == HUB_RUNNING) {
		n = err ? 0 : journal_msgs(msgs, room, sms, count);
		on_trim(err, room, msgs, n);
	}
	while (n)
		mem_deref(msgs[--n]);
	mem_deref(rd);
}

static void trim_room(struct room *room)
{
	uint64_t after = UINT64_MAX;
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (is_over(m) && m->cur.acked < after)
			after = m->cur.acked;
	}
	if (after == UINT64_MAX)
		return;
	room->trimming = true;
	store_read(room->hub->store, room->id, after, TRIM_PAGE, on_trim_page,
		   read_new(room));
}

static void on_trim_timer(struct wtimer *t)
{
	struct hub *h = CONTAINER(t, struct hub, trim);
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&h->waiting, &pos, n)) != NULL) {
		struct member *m =
			CONTAINER(n, struct member_more, waiting)->member;

		if (!m->room->trimming && is_over(m))
			trim_room(m->room);
	}
	if (h->waiting.count)
		wheel_start(h->wheel, &h->trim, TRIM_MS, on_trim_timer);
}

void member_gone(struct member *m)
{
	struct hub *h = m->room->hub;

	htable_add(&h->waiting, &member_more(m)->waiting, m->addr->hash);
	m->room->away++;
	if (!wtimer_running(&h->trim))
		wheel_start(h->wheel, &h->trim, TRIM_MS, on_trim_timer);
}
