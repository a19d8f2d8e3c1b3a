/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was said before: on joining (XEP-0045 7.2.14), and as an archive
 * (XEP-0313), by the numbers of the journal. */
#include <errno.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "service_priv.h"

/* ---- what a client wants ---- */

static uint64_t number(const struct elem *e, const char *key, uint64_t none)
{
	uint64_t n;

	return view_u64(&n, elem_get(e, key), INT64_MAX) ? none : n;
}

void past_wish(struct past_wish *w, const struct elem *muc)
{
	struct elem h;
	uint64_t seconds;

	*w = (struct past_wish){ PAST_DEFAULT, 0, SIZE_MAX };
	if (!elem_child(&h, muc, "history", NULL))
		return;
	w->since_ms = stanza_time_parse(elem_get(&h, "since"));
	seconds = number(&h, "seconds", UINT64_MAX);
	if (seconds < wall_ms() / 1000 &&
	    wall_ms() - seconds * 1000 > w->since_ms)
		w->since_ms = wall_ms() - seconds * 1000;
	w->count = number(&h, "maxstanzas",
			  w->since_ms ? PAST_MAX : PAST_DEFAULT);
	w->chars = number(&h, "maxchars", SIZE_MAX);
	if (w->count > PAST_MAX)
		w->count = PAST_MAX;
}

/* ---- joining ---- */

struct past {
	struct service *s;
	uint64_t room, seat, upto;
	uint64_t missed; /* numbers above this are not to be left out */
	struct past_wish wish;
};

static void add_subject(struct service *s, struct buf *b, struct room *r,
			struct view to, struct addr *by)
{
	const struct member *m = by ? room_member(r, by) : NULL;
	struct buf from = { 0 };
	char id[24];

	if (m && m->state == MEMBER_JOINED)
		occupant_jid(s, &from, r, m->nick);
	else
		room_jid(s, &from, r);
	stanza_open(b, "message", VIEW("groupchat"), buf_view(&from), to,
		    stanza_id(id));
	elem_leaf(b, "subject", NULL, r->subject);
	elem_close(b);
	buf_free(&from);
}

void service_subject(struct service *s, struct room *r, struct view to,
		     struct view rcpts, struct addr *by)
{
	struct buf b = { 0 };

	add_subject(s, &b, r, to, by);
	service_send(s, &b, rcpts);
	buf_free(&b);
}

/* The first of msgs that he gets. */
static size_t first_of(const struct past *p, struct msg *const *msgs,
		       size_t count)
{
	size_t i = count, chars = 0;

	while (i) {
		const struct msg *m = msgs[i - 1];

		chars += m->text.n;
		if (m->seq <= p->missed &&
		    (count - i >= p->wish.count ||
		     m->time_ms < p->wish.since_ms || chars > p->wish.chars))
			break;
		i--;
	}
	return i;
}

static void send_past(struct service *s, struct room *r, struct seat *seat,
		      struct msg *const *msgs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf b = { 0 };

		if (msgs[i]->seq > seat->upto)
			break;
		service_message(s, &b, r, msgs[i], view_str(seat->jid), true);
		service_send(s, &b, VIEW_NONE);
		if (!seat->from)
			seat->from = msgs[i]->seq;
		buf_free(&b);
	}
}

/* What waits for him is his now. */
static void is_in(struct service *s, struct room *r, struct seat *seat)
{
	const struct member *m = hub_member_by_id(service_hub(s),
						  seat->member);

	if (seat->place->upto < seat->upto)
		seat->place->upto = seat->upto;
	service_subject(s, r, view_str(seat->jid), VIEW_NONE, NULL);
	seat_ready(seat);
	if (m)
		hub_member_awake(service_hub(s), m->addr);
}

static void on_past(int err, struct msg *const *msgs, size_t count, void *arg)
{
	struct past *p = arg;
	struct seat *seat = NULL;
	struct room *r;
	size_t first;

	if (p->s->gate->running)
		seat = seat_by_id(p->s, p->room, p->seat);
	r = seat ? place_room(seat->place) : NULL;
	/* Who has asked anew meanwhile has his answer with that. */
	if (r && seat->state == SEAT_JOINING && seat->upto == p->upto) {
		first = first_of(p, msgs, count);
		if (!err)
			send_past(p->s, r, seat, msgs + first, count - first);
		is_in(p->s, r, seat);
	}
	mem_free(p);
}

static void ask_past(struct past *p, struct room *r, struct seat *seat)
{
	size_t count = p->wish.count;

	if (seat->upto - p->missed > count)
		count = seat->upto - p->missed;
	if (!count) {
		is_in(p->s, r, seat);
		mem_free(p);
		return;
	}
	hub_history(r, count > PAST_MAX ? PAST_MAX : count, on_past, p);
}

void service_past(struct service *s, struct seat *seat,
		  const struct past_wish *w)
{
	struct room *r = place_room(seat->place);
	const struct member *m = hub_member_by_id(service_hub(s),
						  seat->member);
	struct past *p = mem_zalloc(sizeof(*p));

	seat->upto = r->committed;
	*p = (struct past){ s, r->id, seat->id, r->committed, r->committed,
			    *w };
	/* While others of his hear for him nothing is missed. */
	if (m && m->cur.acked < p->missed &&
	    seat_count(seat->place, m->id) == 1)
		p->missed = m->cur.acked;
	ask_past(p, r, seat);
}

/* ---- the archive ---- */

struct query {
	struct service *s;
	struct buf flat;         /* the request */
	uint64_t room;
	struct store_archive what;
};

static void query_free(struct query *q)
{
	buf_free(&q->flat);
	mem_free(q);
}

static struct view field(const struct elem *form, const char *var)
{
	struct elem f;
	size_t pos = 0;

	while (elem_next(&f, form, &pos))
		if (elem_is(&f, "field", NULL) &&
		    view_eqs(elem_get(&f, "var"), var))
			return elem_child_words(&f, "value", NULL);
	return VIEW_NONE;
}

static uint64_t seq_of(struct view id, uint64_t none)
{
	uint64_t n;

	return view_u64(&n, id, INT64_MAX) ? none : n;
}

static void read_form(struct store_archive *a, const struct elem *form)
{
	uint64_t before;

	a->since_ms = stanza_time_parse(field(form, "start"));
	a->until_ms = stanza_time_parse(field(form, "end"));
	a->span.after = seq_of(field(form, "after-id"), a->span.after);
	before = seq_of(field(form, "before-id"), 0);
	if (before && before - 1 < a->span.upto)
		a->span.upto = before - 1;
}

/* <before/>, even an empty one, asks for the last page. */
static void read_set(struct store_archive *a, const struct elem *set)
{
	struct view max = elem_child_words(set, "max", NULL);
	uint64_t after = seq_of(elem_child_words(set, "after", NULL), 0);
	uint64_t before = seq_of(elem_child_words(set, "before", NULL), 0);
	uint64_t n;

	if (max.n && !view_u64(&n, max, ARCHIVE_MAX))
		a->max = (size_t)n;
	if (after > a->span.after)
		a->span.after = after;
	a->oldest = !elem_has(set, "before", NULL);
	if (before && before - 1 < a->span.upto)
		a->span.upto = before - 1;
}

static void add_result(struct query *q, struct buf *b, struct room *r,
		       const struct elem *e, const struct msg *msg)
{
	struct buf from = { 0 };
	struct elem query;
	char time[32];

	room_jid(q->s, &from, r);
	stanza_open(b, "message", VIEW_NONE, buf_view(&from),
		    elem_get(e, "from"), VIEW_NONE);
	elem_open(b, "result", NS_MAM);
	if (elem_child(&query, e, "query", NS_MAM))
		elem_attr(b, "queryid", elem_get(&query, "queryid"));
	elem_attr_u64(b, "id", msg->seq);
	elem_open(b, "forwarded", "urn:xmpp:forward:0");
	elem_open(b, "delay", NS_DELAY);
	elem_attr(b, "stamp", stanza_time(time, msg->time_ms));
	elem_close(b);
	service_message(q->s, b, r, msg, VIEW_NONE, false);
	elem_close(b);
	elem_close(b);
	elem_close(b);
	buf_free(&from);
}

static void add_page(struct buf *b, struct msg *const *msgs, size_t count)
{
	elem_open(b, "set", NS_RSM);
	if (count) {
		struct buf n = { 0 };

		buf_add_u64(&n, msgs[0]->seq);
		elem_leaf(b, "first", NULL, buf_view(&n));
		buf_clear(&n);
		buf_add_u64(&n, msgs[count - 1]->seq);
		elem_leaf(b, "last", NULL, buf_view(&n));
		buf_free(&n);
	}
	elem_close(b);
}

static void answer(struct query *q, struct room *r, struct msg *const *msgs,
		   size_t count, bool complete)
{
	struct buf b = { 0 };
	struct elem e;

	elem_read(&e, buf_view(&q->flat));
	for (size_t i = 0; i < count; i++) {
		buf_clear(&b);
		add_result(q, &b, r, &e, msgs[i]);
		service_send(q->s, &b, VIEW_NONE);
	}
	buf_clear(&b);
	service_result(&b, &e);
	elem_open(&b, "fin", NS_MAM);
	if (complete)
		elem_attrs(&b, "complete", "true");
	add_page(&b, msgs, count);
	elem_close(&b);
	elem_close(&b);
	service_send(q->s, &b, VIEW_NONE);
	buf_free(&b);
}

/* One more than wanted was asked for: is there more? */
static void on_archive(int err, struct msg *const *msgs, size_t count,
		       void *arg)
{
	struct query *q = arg;
	struct room *r = NULL;
	size_t max = q->what.max - 1, n = count < max ? count : max;

	if (q->s->gate->running)
		r = hub_room_by_id(service_hub(q->s), q->room);
	if (r && !err)
		answer(q, r, q->what.oldest ? msgs : msgs + count - n, n,
		       count <= max);
	else if (r)
		service_refuse_flat(q->s, &q->flat, "wait",
				    "internal-server-error", VIEW_NONE);
	query_free(q);
}

void service_archive(struct service *s, const struct elem *e, struct room *r)
{
	struct query *q = mem_zalloc(sizeof(*q));
	struct elem query, c;

	q->s = s;
	q->room = r->id;
	q->what = (struct store_archive){ .span = { 0, r->committed },
					  .max = ARCHIVE_MAX,
					  .oldest = true };
	buf_addv(&q->flat, e->all);
	elem_child(&query, e, "query", NS_MAM);
	if (elem_child(&c, &query, "x", NS_DATA))
		read_form(&q->what, &c);
	if (elem_child(&c, &query, "set", NS_RSM))
		read_set(&q->what, &c);
	q->what.max++;
	hub_archive(r, &q->what, on_archive, q);
}
