/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a member does not get: refused for good, too much for one who is away,
 * or too old. Each sender concerned hears of it once, until the member takes
 * something again; then he hears how much he missed.
 */
#include <errno.h>

#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { TRIM_MS = 1000, TRIM_PAGE = 256 };

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

/* "*** [bob] did not get your message in lobby: why" */
static void tell_sender(struct member *m, const struct msg *msg,
			struct view why)
{
	struct buf b = { 0 };

	if (msg->kind == MSG_NOTICE || msg->origin ||
	    told_before(member_more(m), msg->from))
		return;
	buf_adds(&b, "*** [");
	buf_addv(&b, m->nick);
	buf_adds(&b, "] did not get your message in ");
	buf_addv(&b, room_name(m->room));
	buf_adds(&b, ": ");
	hub_clean_line(&b, why, 80);
	room_tell(m->room, msg->from, buf_view(&b));
	buf_free(&b);
}

static void tell_missed(struct member *m, uint64_t missed)
{
	struct buf b = { 0 };

	buf_adds(&b, "*** ");
	buf_add_u64(&b, missed);
	buf_adds(&b, missed == 1 ? " message" : " messages");
	buf_adds(&b, " in ");
	buf_addv(&b, room_name(m->room));
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
	if (missed)
		tell_missed(m, missed);
}

void member_refused(struct member *m, uint64_t seq, const struct msg *msg,
		    struct view why)
{
	room_failed(m->room, m->id, seq, why);
	if (msg)
		tell_sender(m, msg, why);
}

/* ---- too much for one who is away ---- */

struct missed_read {
	struct hub *hub; /* ref */
	uint64_t room;
	uint64_t below, before_ms; /* of what expires */
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

static uint64_t floor_of(const struct room *room)
{
	uint64_t max = room->hub->wait_msgs;

	return room->committed > max ? room->committed - max : 0;
}

static uint64_t bytes_of(const struct member *m)
{
	return m->more ? m->room->bytes - m->more->base : 0;
}

/* What is under way is left alone, its answer comes soon. */
static bool is_over(const struct member *m)
{
	if (!m->tries || m->reading || !cursor_idle(&m->cur))
		return false;
	return m->cur.acked < floor_of(m->room) ||
	       (bytes_of(m) > m->room->hub->wait_bytes &&
		m->cur.acked < m->room->committed);
}

static void drop(struct member *m, const struct msg *msg)
{
	struct member *from = room_member(m->room, msg->from);
	struct view why = VIEW("too much is waiting for him");

	m->more->base += msg->text.n;
	if (m->more->base > m->room->bytes)
		m->more->base = m->room->bytes; /* older than this process */
	if (!member_wants(m, msg))
		return;
	m->more->missed++;
	m->room->hub->stats.given_up++;
	tell_sender(m, msg, why);
	if (from && from->more && from->more->said == msg->seq)
		room_failed(m->room, m->id, msg->seq, why);
}

/* Bytes go down to 7/8, so that not each further message means a read. */
static void trim_member(struct member *m, struct msg *const *msgs,
			size_t count)
{
	const struct hub *h = m->room->hub;
	uint64_t floor = floor_of(m->room), upto = m->cur.acked;
	bool bytes = bytes_of(m) > h->wait_bytes;
	size_t i;

	for (i = 0; i < count; i++) {
		bytes = bytes && bytes_of(m) > h->wait_bytes / 8 * 7;
		if (msgs[i]->seq > floor && !bytes)
			break;
		if (msgs[i]->seq <= m->cur.acked)
			continue;
		drop(m, msgs[i]);
		upto = msgs[i]->seq;
	}
	if (count < TRIM_PAGE && upto < floor)
		upto = floor; /* the rest are holes */
	if (!count)
		m->more->base = m->room->bytes;
	if (upto == m->cur.acked)
		return;
	log_info("room %.*s: too much waits for %.*s: he loses what is before "
		 "%llu",
		 VIEW_ARG(m->room->addr->text), VIEW_ARG(m->addr->text),
		 (unsigned long long)upto + 1);
	cursor_set(&m->cur, upto);
	hub_dirty(m->room->hub, &m->room->hub->dirty_members, &m->dirty);
}

static void trim_room(struct room *room);

static void on_trim(int err, struct room *room, struct msg *const *msgs,
		    size_t count)
{
	struct lnode *n, *nx;

	room->trimming = false;
	if (err)
		return; /* the timer comes again */
	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (is_over(m))
			trim_member(m, msgs, count);
	}
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

	member_more(m)->base = m->room->bytes;
	if (!wtimer_running(&h->trim))
		wheel_start(h->wheel, &h->trim, TRIM_MS, on_trim_timer);
}

/* ---- too old ---- */

static bool is_laggard(const struct member *m)
{
	return m->state == MEMBER_JOINED &&
	       m->cur.acked < m->room->committed;
}

/* One more attempt may be under way to him who is put off; after so many that
 * failed it counts as lost. */
static bool is_lost(const struct member *m, const struct msg *msg)
{
	return !cursor_settled(&m->cur, msg->seq) &&
	       (m->tries || !cursor_has(&m->cur, msg->seq)) &&
	       member_wants(m, msg);
}

static void expire_for(const struct missed_read *rd, struct member *m,
		       struct msg *const *msgs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (msgs[i]->seq >= rd->below &&
		    msgs[i]->time_ms >= rd->before_ms)
			break;
		if (is_lost(m, msgs[i]))
			tell_sender(m, msgs[i], VIEW("he was away too long"));
	}
}

static void on_expiring(int err, const struct store_msg *sms, size_t count,
			void *arg)
{
	struct missed_read *rd = arg;
	struct room *room = hub_room_by_id(rd->hub, rd->room);
	struct msg *msgs[TRIM_PAGE];
	struct lnode *n, *nx;
	size_t got;

	if (!room || err || rd->hub->state != HUB_RUNNING) {
		mem_deref(rd);
		return;
	}
	got = journal_msgs(msgs, room, sms, count);
	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (is_laggard(m))
			expire_for(rd, m, msgs, got);
	}
	while (got)
		mem_deref(msgs[--got]);
	mem_deref(rd);
}

void missed_expiring(struct room *room, uint64_t below, uint64_t before_ms)
{
	struct missed_read *rd;
	uint64_t after = UINT64_MAX;
	struct lnode *n, *nx;

	LIST_EACH (&room->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (is_laggard(m) && m->cur.acked < after)
			after = m->cur.acked;
	}
	if (after == UINT64_MAX)
		return;
	rd = read_new(room);
	rd->below = below;
	rd->before_ms = before_ms;
	store_read(room->hub->store, room->id, after, TRIM_PAGE, on_expiring,
		   rd);
}
