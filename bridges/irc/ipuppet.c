/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members of our room in a channel, each by his own seat: they come with
 * their first word, and leave with their membership, or when they have said
 * nothing for long. Whom the channel does not want nobody speaks for.
 */
#include <errno.h>

#include "clock.h"
#include "ipuppets_priv.h"
#include "log.h"
#include "mem.h"

enum {
	JOIN_MS = 60 * 1000,
	SOON_MS = 60 * 1000, /* the next try: something was full */
	IDLE_S = 3600,
};

static struct igate *gate_of(const struct ipuppet *p)
{
	return p->link->pups->gate;
}

static struct hub *hub_of(const struct ilink *l)
{
	return l->pups->gate->conf.hub;
}

static struct wheel *wheel_of(const struct ipuppet *p)
{
	return loop_wheel(gate_of(p)->conf.loop);
}

static struct seat *seat_of(const struct ipuppet *p)
{
	return seat_find(gate_of(p), p->who, view_str(p->link->network));
}

struct ipuppet *ipuppet_find(const struct ilink *l, const struct addr *a)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->puppets, n, nx) {
		struct ipuppet *p = CONTAINER(n, struct ipuppet, in_link);

		if (p->state != IPUPPET_LEFT && addr_eq(p->who, a))
			return p;
	}
	return NULL;
}

/* ---- states ---- */

static void on_timer(struct wtimer *t);

static void release(struct ipuppet *p)
{
	struct seat *s = p->holds || p->waits ? seat_of(p) : NULL;

	if (s && p->waits)
		seat_unwait(s, p);
	if (s && p->holds)
		seat_release(s);
	p->holds = p->waits = false;
}

void ipuppet_set_state(struct ipuppet *p, enum ipuppet_state state,
		       uint64_t ms)
{
	bool was = ipuppet_is_active(p->state), is = ipuppet_is_active(state);

	if (was && !is) {
		p->link->count--;
		p->out_ms = now_ms();
		release(p);
	} else if (!was && is) {
		p->link->count++;
	}
	p->state = state;
	if (ms)
		wheel_start(wheel_of(p), &p->timer, ms, on_timer);
	else
		wheel_stop(wheel_of(p), &p->timer);
	ilink_soon(p->link);
}

uint64_t ipuppet_idle_ms(const struct ipuppet *p)
{
	unsigned s = gate_of(p)->conf.idle_s;

	return (s ? s : IDLE_S) * UINT64_C(1000);
}

void ipuppet_busy(struct ipuppet *p)
{
	if (p->state == IPUPPET_IN)
		wheel_start(wheel_of(p), &p->timer, ipuppet_idle_ms(p),
			    on_timer);
}

static void drop_words(struct ipuppet *p)
{
	struct lnode *n;

	while ((n = list_first(&p->words)) != NULL)
		ipword_free(CONTAINER(n, struct iword, node));
}

/* Nobody is told of his words any more. */
static void ipuppet_free(struct ipuppet *p)
{
	release(p);
	drop_words(p);
	if (ipuppet_is_active(p->state))
		p->link->count--;
	wheel_stop(wheel_of(p), &p->timer);
	list_remove(&p->link->puppets, &p->in_link);
	mem_deref(p->who);
	mem_free(p);
}

void ipuppets_free(struct ilink *l)
{
	struct lnode *n;

	while ((n = list_first(&l->puppets)) != NULL)
		ipuppet_free(CONTAINER(n, struct ipuppet, in_link));
}

static void leave(struct ipuppet *p)
{
	const struct ircp part = { .verb = IRCP_PART,
				   .place = view_str(p->link->channel) };
	struct seat *s = seat_of(p);

	if (s && !ivisits_is_in(s, part.place) &&
	    (p->state == IPUPPET_IN || p->state == IPUPPET_JOINING))
		(void)seat_send(s, &part, NULL, NULL);
	ipuppet_set_state(p, IPUPPET_LEFT, IPUPPET_NICK_MS);
}

void ipuppets_leave(struct ilink *l)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->puppets, n, nx) {
		struct ipuppet *p = CONTAINER(n, struct ipuppet, in_link);

		if (ipuppet_is_active(p->state))
			leave(p);
	}
}

/* The hub would have asked for them by now. */
static void drop_done(struct ipuppet *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->words, n, nx) {
		struct iword *w = CONTAINER(n, struct iword, node);

		if (w->state == IWORD_DONE && !w->wanted && p->link->up)
			ipword_free(w);
	}
}

static void on_timer(struct wtimer *t)
{
	struct ipuppet *p = CONTAINER(t, struct ipuppet, timer);

	drop_done(p);
	if (p->state == IPUPPET_JOINING) {
		leave(p);
		ipuppet_set_state(p, IPUPPET_RELAYED, SOON_MS);
	} else if (!list_empty(&p->words)) {
		wheel_start(wheel_of(p), &p->timer, SOON_MS, on_timer);
	} else if (p->state == IPUPPET_IN) {
		leave(p);
	} else {
		ipuppet_free(p);
	}
}

/* ---- what he is told ---- */

static void tell(const struct ipuppet *p, const char *words, struct view why)
{
	struct room *room = hub_room_by_id(hub_of(p->link), p->link->room);
	struct buf b = { 0 };

	if (!room)
		return;
	buf_adds(&b, "*** irc:");
	buf_adds(&b, p->link->network);
	buf_addc(&b, '/');
	buf_adds(&b, p->link->channel);
	buf_addc(&b, ' ');
	buf_adds(&b, words);
	if (why.n) {
		buf_adds(&b, " (");
		buf_addv(&b, view_head(why, 200));
		buf_addc(&b, ')');
	}
	hub_room_tell(room, p->who, buf_view(&b));
	buf_free(&b);
}

void ipuppet_unheard(struct ipuppet *p, const char *words, struct view why)
{
	if (!p->told)
		tell(p, words, why);
	p->told = true;
}

/* ---- coming ---- */

void ipuppet_take_nick(struct ipuppet *p, struct view nick)
{
	if (!nick.n || view_eqs(nick, p->nick))
		return;
	view_copy(p->old_nick, sizeof(p->old_nick), view_str(p->nick));
	p->old_ms = now_ms();
	view_copy(p->nick, sizeof(p->nick), nick);
}

static void on_seat(int err, void *arg)
{
	struct ipuppet *p = arg;

	p->waits = false;
	if (!err)
		ilink_soon(p->link);
	else
		ipuppet_set_state(p, IPUPPET_RELAYED,
				  err == EACCES || err == ECANCELED ?
					  IPUPPET_SELDOM_MS :
					  SOON_MS);
}

static void wait(struct ipuppet *p, struct seat *s)
{
	int err = seat_wake(s, false);

	if (err) {
		ipuppet_set_state(p, IPUPPET_RELAYED,
				  err == EACCES ? IPUPPET_SELDOM_MS : SOON_MS);
		return;
	}
	p->waits = true;
	seat_wait(s, on_seat, p);
}

/* The listener hears for all; but he who is there by himself hears on. */
static void join(struct ipuppet *p, struct seat *s)
{
	const struct igate_conf *conf = &gate_of(p)->conf;
	struct igate_link c = { .key = "" };
	struct ircp j = { .verb = IRCP_JOIN,
			  .place = view_str(p->link->channel) };

	if (conf->link)
		conf->link(view_str(p->link->label), &c, conf->link_arg);
	j.kind = !ivisits_is_in(s, j.place);
	j.other = view_str(c.key);
	if (seat_send(s, &j, NULL, NULL)) {
		ipuppet_set_state(p, IPUPPET_RELAYED, SOON_MS);
		return;
	}
	seat_hold(s);
	p->holds = true;
	/* others see him before we hear of it */
	ipuppet_take_nick(p, view_str(s->nick));
	ipuppet_set_state(p, IPUPPET_JOINING, JOIN_MS);
}

static void come(struct ipuppet *p)
{
	struct seat *s;

	if (p->waits)
		return;
	if (seat_get(&s, gate_of(p), p->who, view_str(p->link->network)))
		ipuppet_set_state(p, IPUPPET_RELAYED, SOON_MS);
	else if (s->state == SEAT_UP)
		join(p, s);
	else
		wait(p, s);
}

static struct ipuppet *ipuppet_new(struct ilink *l, struct addr *who)
{
	struct ipuppet *p = mem_zalloc(sizeof(*p));

	p->link = l;
	p->who = mem_ref(who);
	p->state = IPUPPET_COMING;
	l->count++;
	list_init(&p->words);
	list_append(&l->puppets, &p->in_link);
	return p;
}

static bool may_speak(const struct ilink *l, const struct msg *m)
{
	struct room *room = hub_room_by_id(hub_of(l), l->room);
	const struct member *mb = NULL;

	if (room && !m->origin && m->kind <= MSG_EMOTE &&
	    view_eqs(m->from->network, "sip"))
		mb = room_member(room, m->from);
	return mb && mb->state == MEMBER_JOINED && !mb->leaving;
}

struct ipuppet *ipuppet_of(struct ilink *l, const struct msg *m)
{
	struct ipuppet *p;

	if (!may_speak(l, m))
		return NULL;
	p = ipuppet_find(l, m->from);
	if (!p && l->count < l->max)
		p = ipuppet_new(l, m->from);
	return p && p->state != IPUPPET_RELAYED ? p : NULL;
}

/* ---- saying ---- */

static void fail(struct iword *w, bool again, struct view why)
{
	struct ilink *l = w->puppet->link;
	uint64_t seq = w->msg->seq;
	bool wanted = w->wanted && l->up;

	ipword_free(w);
	if (wanted)
		hub_on_failed(hub_of(l), l->leg, seq, again, why);
}

static void succeed(struct iword *w)
{
	struct ilink *l = w->puppet->link;
	uint64_t seq = w->msg->seq;

	w->state = IWORD_DONE;
	if (!w->wanted || !l->up)
		return;
	ipword_free(w);
	hub_on_delivered(hub_of(l), l->leg, seq);
}

static void on_told(int err, struct view words, void *arg)
{
	struct iword *w = arg;
	struct ipuppet *p = w->puppet;

	if (!err) {
		p->told = false;
		succeed(w);
		return;
	}
	if (err != EAGAIN)
		ipuppet_unheard(p, "did not take what you said", words);
	fail(w, err == EAGAIN, words);
}

/* EBUSY, ENOTCONN: not now. */
static int say(struct iword *w, struct seat *s)
{
	struct ipuppet *p = w->puppet;
	struct buf id = { 0 };
	struct ircp say = { .verb = IRCP_SAY, .kind = w->msg->kind,
			    .place = view_str(p->link->channel),
			    .text = w->msg->text };
	int err;

	buf_add_hex(&id, w->msg->id);
	say.id = buf_view(&id);
	err = seat_send(s, &say, on_told, w);
	buf_free(&id);
	if (err)
		return err;
	w->state = IWORD_SENT;
	seat_busy(s);
	ipuppet_busy(p);
	return 0;
}

/* What is not said by him goes back to the hub. */
static void speak(struct ipuppet *p, struct iword *w)
{
	struct seat *s = p->state == IPUPPET_IN ? seat_of(p) : NULL;
	int err = s ? say(w, s) : ENOTCONN;

	if (p->state == IPUPPET_SILENT)
		fail(w, false, VIEW("the channel does not want to hear who "
				    "says this"));
	else if (err == EMSGSIZE)
		fail(w, false, VIEW("too long for IRC"));
	else if (err)
		fail(w, true, VIEW("not in the channel"));
}

struct iword *ipuppet_next_word(const struct ipuppet *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->words, n, nx) {
		struct iword *w = CONTAINER(n, struct iword, node);

		if (w->state == IWORD_NEW ||
		    (w->state == IWORD_DONE && w->wanted))
			return w;
	}
	return NULL;
}

void ipuppet_step(struct ipuppet *p)
{
	struct iword *w = ipuppet_next_word(p);

	if (w && p->state == IPUPPET_COMING)
		come(p);
	while ((w = ipuppet_next_word(p)) != NULL && p->link->up) {
		if (w->state == IWORD_DONE)
			succeed(w);
		else if (p->state == IPUPPET_COMING ||
			 p->state == IPUPPET_JOINING)
			return;
		else
			speak(p, w);
	}
}

/* ---- the room ---- */

static void on_went(struct member *m, enum room_way way,
		    const struct room_by *by, void *arg)
{
	const struct ipups *ps = arg;
	struct hnode *n = NULL;
	size_t pos = 0;

	(void)way;
	(void)by;
	while ((n = htable_each(&ps->links, &pos, n)) != NULL) {
		struct ilink *l = CONTAINER(n, struct ilink, by_leg);
		struct ipuppet *p = l->room == m->room->id ?
					    ipuppet_find(l, m->addr) :
					    NULL;

		if (p && ipuppet_is_active(p->state))
			leave(p);
	}
}

void ipuppets_watch(struct ipups *ps)
{
	const struct hub_room_watch w = {
		.went = on_went,
		.arg = ps,
	};

	if (!ps->watching)
		ps->watching = !hub_watch_rooms(ps->gate->conf.hub, &w);
}
