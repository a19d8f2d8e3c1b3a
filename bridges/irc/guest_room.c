/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Channels of guests: those that confabd asked for and no others. JOINED is
 * told when the names are over, as the topic comes before them.
 */
#include "guest_priv.h"
#include "log.h"
#include "mem.h"
#include "shim.h"

enum { ANSWER_MS = 60000, NAMES_MS = 3000 };

struct groom *guest_room(const struct guest *g, struct view name)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->rooms, n, nx) {
		struct groom *r = CONTAINER(n, struct groom, node);

		if (guest_name_eq(g, r->name, name))
			return r;
	}
	return NULL;
}

struct groom *guest_room_heard(const struct guest *g, struct view name)
{
	struct groom *r = guest_room(g, name);

	if (!r || r->state == GROOM_JOINING || r->quiet)
		return NULL;
	guest_room_tell_joined(r);
	return r;
}

static void room_free(struct groom *r)
{
	struct guest *g = r->guest;

	wheel_stop(loop_wheel(g->pool->loop), &r->late);
	guest_split_room_free(r);
	list_remove(&g->rooms, &r->node);
	buf_free(&r->topic);
	mem_free(r);
}

void guest_rooms_free(struct guest *g)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->rooms, n, nx)
		room_free(CONTAINER(n, struct groom, node));
}

/* ---- joining ---- */

static void leave_now(struct guest *g, struct view channel)
{
	if (ircb_conn_send(g->conn, "PART", &channel, 1))
		log_warning("irc %.*s: can't leave %.*s", VIEW_ARG(g->label),
			    VIEW_ARG(channel));
}

/* It says so and goes. */
static void room_left(struct groom *r, enum ircp_left how, struct view by,
		      struct view code, struct view why)
{
	struct guest *g = r->guest;
	char name[sizeof(r->name)];
	struct ircp p = { .verb = IRCP_LEFT,
			  .kind = how,
			  .nick = by,
			  .other = code,
			  .text = why };

	view_copy(name, sizeof(name), view_str(r->name));
	ircb_out_forget(ircb_conn_out(g->conn),
			guest_say_leg(g, view_str(name)));
	room_free(r);
	p.place = view_str(name);
	guest_tell(g, &p);
}

static void on_no_answer(struct wtimer *t)
{
	struct groom *r = CONTAINER(t, struct groom, late);

	leave_now(r->guest, view_str(r->name));
	room_left(r, IRCP_LEFT_REFUSED, VIEW_NONE, VIEW_NONE,
		  VIEW("the server does not answer our JOIN"));
}

void guest_join_refused(struct guest *g, struct view place, unsigned code,
			struct view words)
{
	struct groom *r = guest_room(g, place);
	struct buf number = { 0 };
	struct ircp p = { .verb = IRCP_LEFT,
			  .kind = IRCP_LEFT_REFUSED,
			  .place = place,
			  .text = words };

	if (r && r->state != GROOM_JOINING)
		return;
	if (code)
		buf_add_u64(&number, code);
	p.other = buf_view(&number);
	if (r)
		room_left(r, IRCP_LEFT_REFUSED, VIEW_NONE, p.other, words);
	else
		guest_tell(g, &p);
	buf_free(&number);
}

static void tell_joined(struct groom *r)
{
	struct ircp p = { .verb = IRCP_JOINED,
			  .place = view_str(r->name),
			  .nick = view_str(r->guest->nick),
			  .text = buf_view(&r->topic) };

	wheel_stop(loop_wheel(r->guest->pool->loop), &r->late);
	r->state = GROOM_TOLD;
	guest_tell(r->guest, &p);
	buf_free(&r->topic);
}

void guest_room_tell_joined(struct groom *r)
{
	if (r->state == GROOM_IN)
		tell_joined(r);
}

static void on_names_late(struct wtimer *t)
{
	tell_joined(CONTAINER(t, struct groom, late));
}

static struct groom *room_new(struct guest *g, struct view name)
{
	struct groom *r = mem_zalloc(sizeof(*r));

	r->guest = g;
	view_copy(r->name, sizeof(r->name), name);
	list_append(&g->rooms, &r->node);
	wheel_start(loop_wheel(g->pool->loop), &r->late, ANSWER_MS,
		    on_no_answer);
	return r;
}

/* RFC 2812 3.2.1: "," divides keys. */
static bool is_key(struct view v)
{
	return !v.n || (v.p[0] != ':' && !view_has(v, ' ') &&
			!view_has(v, ','));
}

static void join_new(struct guest *g, const struct ircp *p, uint64_t tag)
{
	const struct view params[2] = { p->place, p->other };

	if (!is_key(p->other)) {
		guest_refuse(g, p, tag, 475,
			     VIEW("no channel has a key with a blank or a "
				  "comma"));
		return;
	}
	if (g->rooms.count >= GUEST_ROOMS) {
		guest_refuse(g, p, tag, 405, VIEW("too many channels"));
		return;
	}
	room_new(g, p->place)->quiet = p->kind;
	guest_ask(g, p, tag, GASK_COMMAND, "JOIN", params,
		  p->other.n ? 2 : 1);
}

void guest_join(struct guest *g, const struct ircp *p, uint64_t tag)
{
	struct groom *r = guest_room(g, p->place);

	if (!r) {
		join_new(g, p, tag);
		return;
	}
	r->quiet = p->kind;
	/* A server does not answer the JOIN of one who is in. */
	if (r->state != GROOM_JOINING)
		tell_joined(r);
	guest_sent(g, tag, PARCEL_SENT, VIEW_NONE);
}

void guest_part(struct guest *g, const struct ircp *p, uint64_t tag)
{
	struct groom *r = guest_room(g, p->place);
	struct buf why = { 0 };
	struct view params[2] = { p->place };
	const struct ircp left = { .verb = IRCP_LEFT, .place = p->place };

	/* At once: what still comes of it is nobody's. */
	if (r)
		room_left(r, IRCP_LEFT_ASKED, VIEW_NONE, VIEW_NONE,
			  VIEW_NONE);
	else
		guest_tell(g, &left);
	guest_reason(&why, p->text, GUEST_REASON);
	params[1] = buf_view(&why);
	guest_ask(g, p, tag, GASK_COMMAND, "PART", params, why.n ? 2 : 1);
	buf_free(&why);
}

/* ---- ourselves ---- */

void guest_room_came(struct guest *g, const struct ircb_line *l)
{
	struct view channel = ircb_param(l, 0);
	struct groom *r = guest_room(g, channel);

	if (!r) {
		/* Made to join, or sent on to it: nobody asked for that. */
		log_info("irc %.*s: not wanted in %.*s, leaving",
			 VIEW_ARG(g->label), VIEW_ARG(channel));
		leave_now(g, channel);
	} else if (r->state == GROOM_JOINING) {
		r->state = GROOM_IN;
		wheel_start(loop_wheel(g->pool->loop), &r->late, NAMES_MS,
			    on_names_late);
	}
}

/* Of those in JOINING it is an older stay that ends. */
void guest_room_went(struct guest *g, struct view channel, enum ircp_left how,
		     struct view by, struct view reason)
{
	struct groom *r = guest_room(g, channel);
	struct buf why = { 0 };

	if (!r || r->state == GROOM_JOINING)
		return;
	guest_room_tell_joined(r);
	if (how == IRCP_LEFT_KICKED && r->banned)
		how = IRCP_LEFT_BANNED;
	ircb_plain(&why, reason);
	room_left(r, how, by, VIEW_NONE, buf_view(&why));
	buf_free(&why);
}

/* ---- numerics ---- */

/* RPL_TOPIC, RPL_NOTOPIC: us channel :topic */
static void topic_is(struct guest *g, const struct ircb_line *l)
{
	struct groom *r = guest_room(g, ircb_param(l, 1));
	struct ircp p = { .verb = IRCP_TOPIC_IS };
	struct buf text = { 0 };

	if (!r)
		return;
	if (l->code == 332)
		ircb_plain(&text, ircb_last(l));
	p.place = view_str(r->name);
	p.text = buf_view(&text);
	if (r->state == GROOM_TOLD) {
		guest_tell(g, &p);
	} else {
		buf_clear(&r->topic);
		buf_addv(&r->topic, buf_view(&text));
	}
	buf_free(&text);
}

/* RPL_NAMREPLY: us = channel :names; userhost-in-names is cut off. */
static void names_are(struct guest *g, const struct ircb_line *l)
{
	struct view channel = ircb_param(l, 2), names = ircb_last(l), name;
	struct gask *a = guest_ask_find(g, GASK_QUESTION, IRCP_NAMES, channel,
					VIEW_NONE);
	struct ircp p = { .verb = IRCP_NAMES_ARE, .place = channel };
	const struct groom *r = guest_room(g, channel);
	struct buf b = { 0 };

	if (!a || (r && r->state != GROOM_TOLD))
		return;
	while (view_word(&names, " ", &name)) {
		struct view rest;

		view_cut(name, '!', &name, &rest);
		if (b.n)
			buf_addc(&b, ' ');
		buf_addv(&b, name);
	}
	p.text = buf_view(&b);
	guest_tell(g, &p);
	buf_free(&b);
}

/* RPL_ENDOFNAMES: us channel :words */
static void names_over(struct guest *g, const struct ircb_line *l)
{
	struct view channel = ircb_param(l, 1);
	struct groom *r = guest_room(g, channel);
	struct gask *a = guest_ask_find(g, GASK_QUESTION, IRCP_NAMES, channel,
					VIEW_NONE);
	const struct ircp p = { .verb = IRCP_NAMES_ARE,
				.kind = 1,
				.place = channel };

	/* Those of our JOIN come first. */
	if (r && r->state == GROOM_IN) {
		tell_joined(r);
	} else if (a) {
		guest_tell(g, &p);
		guest_ask_done(g, a);
	}
}

bool guest_room_numeric(struct guest *g, const struct ircb_line *l)
{
	switch (l->code) {
	case 331:
	case 332:
		topic_is(g, l);
		return true;
	case 353:
		names_are(g, l);
		return true;
	case 366:
		names_over(g, l);
		return true;
	default:
		return false;
	}
}
