/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our rooms as an XMPP service: its life, what comes in, and who was there
 * when the link, or we, went away.
 */
#include <string.h>

#include "clock.h"
#include "jid.h"
#include "log.h"
#include "mem.h"
#include "service_priv.h"

enum { LOST_MS = 60 * 1000 };

#define KEY_NAME "occupants"
#define SEAT_PREFIX "seat "

/* A seat of the store. */
struct found {
	struct lnode node;
	uint64_t room;
	char *jid; /* owned */
};

struct lost_member {
	struct lnode node;
	uint64_t member, since_ms;
};

struct service *service_of(const struct gate *g)
{
	return g->state[GATE_SERVICE];
}

struct hub *service_hub(const struct service *s)
{
	return s->gate->conf.hub;
}

bool service_is_up(const struct service *s)
{
	return s->gate->rooms && s->gate->rooms->state == XLINK_ONLINE;
}

/* ---- those who may come back ---- */

static void on_lost_time(struct wtimer *t);

static void lost_timer(struct service *s)
{
	if (!wtimer_running(&s->grace))
		wheel_start(loop_wheel(s->gate->conf.loop), &s->grace,
			    LOST_MS, on_lost_time);
}

void service_miss(struct service *s, uint64_t member)
{
	struct lost_member *l = mem_zalloc(sizeof(*l));

	l->member = member;
	l->since_ms = now_ms();
	list_append(&s->lost, &l->node);
	lost_timer(s);
}

static void lost_end(struct service *s, uint64_t member)
{
	struct member *m = hub_member_by_id(service_hub(s), member);

	if (m && m->state == MEMBER_JOINED && !member_away(m) &&
	    !seat_count(place_find(s, m->room->id), m->id))
		service_left(s, m->room, m);
}

static void on_lost_time(struct wtimer *t)
{
	struct service *s = CONTAINER(t, struct service, grace);
	struct lnode *n;

	while ((n = list_first(&s->lost))) {
		struct lost_member *l =
			CONTAINER(n, struct lost_member, node);

		if (now_ms() < l->since_ms + SEAT_GRACE_MS) {
			lost_timer(s);
			return;
		}
		list_remove(&s->lost, n);
		lost_end(s, l->member);
		mem_free(l);
	}
}

/* ---- are they still there? ---- */

struct check {
	struct lnode node; /* service.checks */
	struct service *s;
	uint64_t room, seat;
};

static void ask_unsure(struct service *s);

static bool answers(int err, const struct elem *e)
{
	struct elem error;

	if (!err)
		return true;
	return e && elem_child(&error, e, "error", NULL) &&
	       (elem_has(&error, "feature-not-implemented", NULL) ||
		elem_has(&error, "not-allowed", NULL) ||
		elem_has(&error, "forbidden", NULL));
}

static void is_there(struct service *s, struct seat *seat)
{
	struct member *m = hub_member_by_id(service_hub(s), seat->member);

	service_show_all(s, seat);
	seat_ready(seat);
	if (m)
		hub_member_awake(service_hub(s), m->addr);
}

static void on_answer(int err, const struct elem *e, void *arg)
{
	struct check *c = arg;
	struct service *s = c->s;
	struct seat *seat = seat_by_id(s, c->room, c->seat);

	list_remove(&s->checks, &c->node);
	mem_free(c);
	if (seat)
		seat->asked = false;
	if (seat && seat->state == SEAT_UNSURE && service_is_up(s)) {
		if (answers(err, e))
			is_there(s, seat);
		else
			service_seat_lost(s, seat, true);
	}
	if (list_empty(&s->checks) && s->more_unsure)
		ask_unsure(s);
}

/* False: too many are open. */
static bool ask(struct service *s, struct seat *seat)
{
	struct check *c = mem_zalloc(sizeof(*c));
	struct buf ping = { 0 }, from = { 0 };
	int err;

	c->s = s;
	c->room = seat->place->room;
	c->seat = seat->id;
	elem_leaf(&ping, "ping", "urn:xmpp:ping", VIEW_NONE);
	room_jid(s, &from, place_room(seat->place));
	err = xlink_ask(s->gate->rooms, "get", buf_view(&from),
			view_str(seat->jid), &ping, on_answer, c);
	buf_free(&ping);
	buf_free(&from);
	if (err) {
		mem_free(c);
		return false;
	}
	seat->asked = true;
	list_append(&s->checks, &c->node);
	return true;
}

static bool ask_place(struct service *s, struct place *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->seats, n, nx) {
		struct seat *seat = CONTAINER(n, struct seat, in_place);

		if (seat->state == SEAT_UNSURE && !seat->asked &&
		    !ask(s, seat))
			return false;
	}
	return true;
}

static void ask_unsure(struct service *s)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	s->more_unsure = false;
	if (!service_is_up(s))
		return;
	while ((n = htable_each(&s->places, &pos, n)))
		if (!ask_place(s, CONTAINER(n, struct place, by_room))) {
			s->more_unsure = true;
			return;
		}
}

/* ---- what the store has ---- */

static int hex(uint64_t *out, struct view v)
{
	*out = 0;
	for (size_t i = 0; i < v.n; i++) {
		const char *digits = "0123456789abcdef";
		const char *d = v.p[i] ? strchr(digits, v.p[i]) : NULL;

		if (!d || v.n != 16)
			return 1;
		*out = *out << 4 | (uint64_t)(d - digits);
	}
	return v.n != 16;
}

static void load_seat(struct service *s, struct view key)
{
	struct found *f = mem_zalloc(sizeof(*f));
	struct view room, jid;

	if (!view_cut(key, ' ', &room, &jid) || hex(&f->room, room)) {
		mem_free(f);
		return;
	}
	f->jid = view_dup(jid);
	list_append(&s->found, &f->node);
}

static void load_kept(struct gate *g, const struct store_kept *k)
{
	struct service *s = service_of(g);

	if (!s)
		return;
	if (view_eqs(k->key, KEY_NAME) && k->value.n == sizeof(s->key)) {
		memcpy(s->key, k->value.p, sizeof(s->key));
		s->has_key = true;
	} else if (view_starts(k->key, VIEW(SEAT_PREFIX))) {
		load_seat(s, view_from(k->key, sizeof(SEAT_PREFIX) - 1));
	}
}

static void make_key(struct service *s)
{
	struct store_txn *t = store_begin(s->gate->conf.store);
	const struct store_kept k = {
		.network = VIEW("xmpp"),
		.key = VIEW(KEY_NAME),
		.value = view_mem(s->key, sizeof(s->key)),
	};

	rand_bytes(s->key, sizeof(s->key));
	s->has_key = true;
	store_put_kept(t, &k);
	store_commit(t, NULL, NULL);
}

static struct member *member_of_jid(struct service *s, uint64_t room,
				    const char *jid)
{
	struct room *r = hub_room_by_id(service_hub(s), room);
	struct addr *a = NULL;
	struct member *m = NULL;

	if (r && !addr_of_from(&a, view_str(jid)))
		m = room_member(r, a);
	mem_deref(a);
	return m && m->state == MEMBER_JOINED ? m : NULL;
}

static void forget_found(struct service *s, const struct found *f)
{
	struct store_txn *t = store_begin(s->gate->conf.store);
	struct buf key = { 0 };

	buf_adds(&key, SEAT_PREFIX);
	buf_add_hex(&key, f->room);
	buf_addc(&key, ' ');
	buf_adds(&key, f->jid);
	store_del_kept(t, VIEW("xmpp"), buf_view(&key));
	store_commit(t, NULL, NULL);
	buf_free(&key);
}

static void take_found(struct service *s)
{
	struct lnode *n;

	while ((n = list_shift(&s->found))) {
		struct found *f = CONTAINER(n, struct found, node);
		struct member *m = member_of_jid(s, f->room, f->jid);

		if (m)
			seat_new(s, f->room, m->id, view_str(f->jid),
				 SEAT_UNSURE)->moderator =
				m->role >= ROLE_ADMIN;
		else
			forget_found(s, f);
		mem_free(f->jid);
		mem_free(f);
	}
}

/* Members without a seat were here when we ended politely. */
static void take_missing(struct service *s)
{
	struct room *r = NULL;
	struct lnode *n, *nx;
	size_t pos = 0;

	while ((r = hub_each_room(service_hub(s), &pos, r)))
		LIST_EACH (&r->order, n, nx) {
			const struct member *m =
				CONTAINER(n, struct member, order);

			if (is_xmpp(m->addr) && m->state == MEMBER_JOINED &&
			    !member_away(m) &&
			    !seat_count(place_find(s, r->id), m->id))
				service_miss(s, m->id);
		}
}

/* ---- what comes in ---- */

static bool stanza(struct gate *g, struct xlink *x, struct person *p,
		   const struct elem *e)
{
	struct service *s = service_of(g);

	(void)p;
	if (x->kind != XLINK_ROOMS)
		return false;
	if (elem_is(e, "presence", NULL))
		service_presence(s, e);
	else if (elem_is(e, "message", NULL))
		service_talk(s, e);
	else
		service_iq(s, e);
	return true;
}

static void up(struct gate *g, struct xlink *x, struct person *p)
{
	struct service *s = service_of(g);

	(void)p;
	if (x->kind != XLINK_ROOMS)
		return;
	if (!s->has_key)
		make_key(s);
	if (!s->ready) {
		take_found(s);
		s->ready = true;
		take_missing(s);
	}
	ask_unsure(s);
}

/* What is held for one who was just joining goes out when he is there. */
static void doubt_place(struct place *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->seats, n, nx) {
		struct seat *seat = CONTAINER(n, struct seat, in_place);

		seat->asked = false;
		seat_set(seat, SEAT_UNSURE);
	}
}

static void down(struct gate *g, struct xlink *x, struct person *p,
		 enum lost_why why, struct view text)
{
	struct service *s = service_of(g);
	struct hnode *n = NULL;
	size_t pos = 0;

	(void)p;
	(void)why;
	(void)text;
	if (x->kind != XLINK_ROOMS)
		return;
	service_out_down(s);
	while ((n = htable_each(&s->places, &pos, n)))
		doubt_place(CONTAINER(n, struct place, by_room));
}

/* ---- life ---- */

static int start(struct gate *g)
{
	struct service *s = mem_zalloc(sizeof(*s));
	struct hub_room_watch w = service_watch;

	s->gate = g;
	list_init(&s->out);
	list_init(&s->found);
	list_init(&s->lost);
	list_init(&s->checks);
	g->state[GATE_SERVICE] = s;
	w.arg = s;
	return g->rooms ? hub_watch_rooms(g->conf.hub, &w) : 0;
}

static struct seat *any_seat(const struct service *s)
{
	size_t pos = 0;
	struct hnode *n = htable_each(&s->seats, &pos, NULL);

	return n ? CONTAINER(n, struct seat, by_jid) : NULL;
}

static void say_goodbye(struct service *s, const struct seat *seat)
{
	const struct show_how how = {
		.gone = true,
		.code = { 332 },
		.self = seat,
	};
	const struct member *m = hub_member_by_id(service_hub(s),
						  seat->member);

	if (m)
		service_show(s, m, m->nick, &how);
}

/* They come again, when we do; without a link they are asked then. */
static void stop(struct gate *g)
{
	struct service *s = service_of(g);
	struct seat *seat;

	if (!s)
		return;
	hub_unwatch_rooms(g->conf.hub, s);
	while (service_is_up(s) && (seat = any_seat(s))) {
		say_goodbye(s, seat);
		seat_free(seat);
	}
	service_out_down(s);
}

static void free_lists(struct service *s)
{
	struct lnode *n;

	while ((n = list_shift(&s->found))) {
		mem_free(CONTAINER(n, struct found, node)->jid);
		mem_free(CONTAINER(n, struct found, node));
	}
	while ((n = list_shift(&s->lost)))
		mem_free(CONTAINER(n, struct lost_member, node));
	while ((n = list_shift(&s->checks)))
		mem_free(CONTAINER(n, struct check, node));
}

static void service_free(struct gate *g)
{
	struct service *s = service_of(g);
	struct seat *seat;

	if (!s)
		return;
	while ((seat = any_seat(s)))
		seat_drop(seat);
	free_lists(s);
	service_out_free(s);
	wheel_stop(loop_wheel(g->conf.loop), &s->grace);
	htable_free(&s->seats);
	htable_free(&s->places);
	memset(s->key, 0, sizeof(s->key));
	mem_free(s);
	g->state[GATE_SERVICE] = NULL;
}

static int status(struct gate *g, struct sink *out)
{
	const struct service *s = service_of(g);

	if (!g->rooms)
		return 0;
	return sink_printf(out,
			   "rooms on XMPP: %zu with %zu clients in them\n",
			   s->places.count, s->seats.count);
}

const struct gate_module service_module = {
	.start = start,
	.stop = stop,
	.free = service_free,
	.stanza = stanza,
	.up = up,
	.down = down,
	.status = status,
	.load_kept = load_kept,
};
