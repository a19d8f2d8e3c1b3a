/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said in our rooms, handed to their members of XMPP. */
#include "service_priv.h"

#include <string.h>

#include "chat_read.h"
#include "clock.h"
#include "mem.h"

enum { LATE_MS = 10 * 1000 }; /* then a message says when it was said */

/* ---- messages ---- */

static void add_delay(struct service *s, struct buf *b, const struct room *r,
		      const struct msg *msg)
{
	struct buf jid = { 0 };
	char time[32];

	room_jid(s, &jid, r);
	elem_open(b, "delay", NS_DELAY);
	elem_attr(b, "from", buf_view(&jid));
	elem_attr(b, "stamp", stanza_time(time, msg->time_ms));
	elem_close(b);
	buf_free(&jid);
}

static void add_sid(struct service *s, struct buf *b, const struct room *r,
		    const struct msg *msg)
{
	struct buf jid = { 0 };

	room_jid(s, &jid, r);
	elem_open(b, "stanza-id", NS_SID);
	elem_attr(b, "by", buf_view(&jid));
	elem_attr_u64(b, "id", msg->seq);
	elem_close(b);
	buf_free(&jid);
}

/* Without its own clients take it for somebody else's, and show it twice. */
static void add_origin(struct buf *b, const struct meta *meta)
{
	if (!meta->origin.n)
		return;
	elem_open(b, "origin-id", NS_SID);
	elem_attr(b, "id", meta->origin);
	elem_close(b);
}

static void add_body(struct buf *b, const struct msg *msg,
		     const struct meta *meta)
{
	struct view text = msg->text;

	elem_open(b, "body", NULL);
	if (meta->replaces.n &&
	    view_starts(text, VIEW(SERVICE_CORRECTION)))
		text = view_from(text, sizeof(SERVICE_CORRECTION) - 1);
	if (msg->kind == MSG_EMOTE)
		elem_text(b, VIEW("/me "));
	elem_text(b, text);
	elem_close(b);
	if (meta->thread.n)
		elem_leaf(b, "thread", NULL, meta->thread);
	if (meta->replaces.n) {
		elem_open(b, "replace", NS_REPLACE);
		elem_attr(b, "id", meta->replaces);
		elem_close(b);
	}
}

static void open_message(struct service *s, struct buf *b, struct room *r,
			 const struct msg *msg, const struct meta *meta,
			 struct view to)
{
	struct buf from = { 0 }, id = { 0 };

	if (msg->kind == MSG_NOTICE)
		room_jid(s, &from, r);
	else
		occupant_jid(s, &from, r, msg->name);
	if (meta->id.n)
		buf_addv(&id, meta->id);
	else
		buf_add_hex(&id, msg->id);
	stanza_open(b, "message", VIEW("groupchat"), buf_view(&from), to,
		    buf_view(&id));
	elem_attr(b, "xml:lang", meta->lang);
	buf_free(&from);
	buf_free(&id);
}

void service_message(struct service *s, struct buf *b, struct room *r,
		     const struct msg *msg, struct view to, bool past)
{
	struct meta meta;

	meta_get(&meta, msg->meta);
	open_message(s, b, r, msg, &meta, to);
	add_body(b, msg, &meta);
	add_origin(b, &meta);
	add_sid(s, b, r, msg);
	if (msg->kind != MSG_NOTICE)
		add_occupant_id(s, b, r, msg->from);
	if (past)
		add_delay(s, b, r, msg);
	elem_close(b);
}

/* ---- deliveries ---- */

struct fan {
	struct service *s;
	struct room *room;
	struct place *place;     /* NULL: nobody is there */
	struct msg *msg;
	struct ack *live;        /* owned, till it is sent */
	size_t count, seats;
	struct buf rcpts;
};

static void hold(struct seat *seat, struct msg *msg)
{
	seat->held = mem_array(seat->held, seat->held_count + 1,
			       sizeof(seat->held[0]));
	seat->held[seat->held_count++] = mem_ref(msg);
}

/* He had it with his history. */
static bool had(const struct seat *seat, uint64_t seq)
{
	return seat->from && seat->from <= seq && seq <= seat->upto;
}

static void fan_seat(struct fan *f, struct seat *seat)
{
	if (seat->state == SEAT_JOINING) {
		hold(seat, f->msg);
	} else if (seat->state == SEAT_IN && !had(seat, f->msg->seq)) {
		buf_adds(&f->rcpts, seat->jid);
		buf_addc(&f->rcpts, '\n');
	}
}

/* Does it go to just all seats? */
static bool fan_is_whole(const struct fan *f)
{
	return f->place && !f->place->unready &&
	       f->seats == f->place->seats.count &&
	       f->msg->seq > f->place->upto;
}

static void fan_member(struct fan *f, const struct member *m)
{
	const struct ack a = { m->id, f->msg->seq, false };
	const char *away = member_away(m);

	if (f->place && service_is_up(f->s) && seat_hears(f->place, m->id)) {
		f->live[f->count++] = a;
		f->seats += seat_count(f->place, m->id);
	} else {
		service_ack(f->s, (struct ack){ m->id, f->msg->seq,
					!away || strcmp(away, SERVICE_AWAY) });
	}
}

static struct view fan_rcpts(struct fan *f)
{
	if (fan_is_whole(f))
		return place_all(f->place);
	for (size_t i = 0; i < f->count; i++) {
		struct seat *seat = NULL;

		while ((seat = seat_of(f->place, f->live[i].member, seat)))
			fan_seat(f, seat);
	}
	return buf_view(&f->rcpts);
}

static void fan_send(struct fan *f)
{
	struct view rcpts = fan_rcpts(f);
	struct buf b = { 0 };

	if (rcpts.n) {
		service_message(f->s, &b, f->room, f->msg, VIEW_NONE,
				wall_ms() > f->msg->time_ms + LATE_MS);
		service_post(f->s, &b, rcpts, f->live, f->count);
	} else {
		for (size_t i = 0; i < f->count; i++)
			service_ack(f->s, f->live[i]);
		mem_free(f->live);
	}
	buf_free(&b);
}

/* What presence tells of needs no words. */
static bool is_event(const struct msg *msg)
{
	struct meta meta;

	meta_get(&meta, msg->meta);
	return msg->kind == MSG_NOTICE && meta.event;
}

void service_fanout(struct gate *g, struct room *room, struct msg *msg,
		    struct member *const *members, size_t count)
{
	struct fan f = { .s = service_of(g), .room = room, .msg = msg };
	bool event = is_event(msg);

	f.place = place_find(f.s, room->id);
	f.live = mem_array(NULL, count, sizeof(f.live[0]));
	for (size_t i = 0; i < count; i++) {
		if (event)
			service_ack(f.s, (struct ack){ members[i]->id,
						       msg->seq, false });
		else
			fan_member(&f, members[i]);
	}
	if (f.count)
		fan_send(&f);
	else
		mem_free(f.live);
	buf_free(&f.rcpts);
}

/* A line by itself, past the journal. */
void service_tell(void *gate, struct room *room, const struct addr *to,
		  struct view text)
{
	struct service *s = service_of(gate);
	struct buf b = { 0 }, from = { 0 };
	char id[24];

	if (room->inbox || room_jid(s, &from, room))
		goto out; /* from one to one: chats say it */
	stanza_open(&b, "message", VIEW_NONE, buf_view(&from),
		    view_from(to->text, 5), stanza_id(id));
	elem_leaf(&b, "body", NULL, text);
	chat_hints(&b);
	elem_close(&b);
	service_send(s, &b, VIEW_NONE);
 out:
	buf_free(&b);
	buf_free(&from);
}

void seat_ready(struct seat *seat)
{
	struct service *s = seat->place->service;
	struct room *r = place_room(seat->place);

	seat_set(seat, SEAT_IN);
	for (size_t i = 0; i < seat->held_count; i++) {
		struct msg *msg = seat->held[i];
		struct buf b = { 0 };

		if (r && !had(seat, msg->seq)) {
			service_message(s, &b, r, msg, view_str(seat->jid),
					wall_ms() > msg->time_ms + LATE_MS);
			service_send(s, &b, VIEW_NONE);
		}
		buf_free(&b);
		mem_deref(msg);
	}
	mem_free(seat->held);
	seat->held = NULL;
	seat->held_count = 0;
}
