/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP users in channels, each as himself, by his seat: how they go in, stay,
 * come back and leave. What brings one back is on the disk, so he is in again,
 * silently, whatever went away meanwhile, and is told what he may have missed.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "ivisit_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum { SOON_MS = 1000, AGAIN_MS = 5 * 60 * 1000, PLACE_SHOWN = 500 };

/* ---- all of them ---- */

struct ivisit *ivisit_find(const struct ivisits *all, const struct addr *inbox)
{
	struct hnode *n = htable_find(&all->table, inbox->hash);

	for (; n; n = htable_more(n)) {
		struct ivisit *v = CONTAINER(n, struct ivisit, node);

		if (addr_eq(v->inbox, inbox))
			return v;
	}
	return NULL;
}

static int inbox_of(struct addr **ap, const struct addr *owner,
		    struct view network, struct view place)
{
	struct buf text = { 0 };
	int err;

	imap_addr(&text, network, place, owner->text);
	err = addr_parse(ap, buf_view(&text));
	buf_free(&text);
	return err;
}

struct ivisit *ivisit_at(const struct igate *g, const struct addr *owner,
			 struct view network, struct view place)
{
	struct ivisit *v;
	struct addr *inbox;

	if (inbox_of(&inbox, owner, network, place))
		return NULL;
	v = ivisit_find(ivisits_of(g), inbox);
	mem_deref(inbox);
	return v;
}

bool ivisits_wants(const struct seat *s, struct view place)
{
	return ivisits_of(s->gate) &&
	       ivisit_at(s->gate, s->aor, s->network, place);
}

static bool is_of(const struct ivisit *v, const struct seat *s)
{
	return addr_eq(v->owner, s->aor) &&
	       view_eq(buf_view(&v->network), s->network);
}

/* s NULL: everybody's. */
struct ivisit **ivisits_all(const struct ivisits *all, const struct seat *s,
			    size_t *count)
{
	struct ivisit **list = mem_array(NULL, all->table.count + 1,
					 sizeof(*list));
	struct hnode *n = NULL;
	size_t pos = 0;

	*count = 0;
	while ((n = htable_each(&all->table, &pos, n))) {
		struct ivisit *v = CONTAINER(n, struct ivisit, node);

		if (!s || is_of(v, s))
			list[(*count)++] = v;
	}
	return list;
}

size_t ivisits_count(const struct seat *s)
{
	size_t count;

	mem_free(ivisits_all(ivisits_of(s->gate), s, &count));
	return count;
}

void ivisit_tell(const struct ivisit *v, struct view text)
{
	const struct igate *g = ivisit_gate(v);

	if (g->running)
		hub_gate_tell(g->conf.hub, v->from, v->owner, text);
}

/* ---- in ---- */

/* key empty: the sealed one. */
static void join_with(struct ivisit *v, struct view key)
{
	struct ircp p = { .verb = IRCP_JOIN, .place = buf_view(&v->place) };
	struct buf secret = { 0 };

	wheel_stop(ivisit_wheel(v), &v->again);
	if (!v->seat || v->seat->state != SEAT_UP)
		return;
	buf_addv(&secret, key);
	if (!key.n)
		ivisit_open_key(v, &secret);
	p.other = buf_view(&secret);
	v->state = IVISIT_JOINING;
	if (seat_send(v->seat, &p, NULL, NULL))
		v->state = IVISIT_OUT;
	mem_scrub_free(secret.p);
}

static void on_again(struct wtimer *t)
{
	struct ivisit *v = CONTAINER(t, struct ivisit, again);

	join_with(v, VIEW_NONE);
	if (v->state == IVISIT_OUT && v->seat && v->seat->state == SEAT_UP)
		wheel_start(ivisit_wheel(v), t, SOON_MS, on_again);
}

void ivisit_join_later(struct ivisit *v)
{
	wheel_start(ivisit_wheel(v), &v->again, AGAIN_MS, on_again);
}

void ivisit_join(struct ivisit *v)
{
	join_with(v, VIEW_NONE);
	if (v->state == IVISIT_OUT && v->seat && v->seat->state == SEAT_UP)
		wheel_start(ivisit_wheel(v), &v->again, SOON_MS, on_again);
}

void ivisit_answer(struct ivisit *v, struct view text)
{
	const struct igate *g = ivisit_gate(v);

	v->asked = false;
	if (g->running)
		hub_gate_tell(g->conf.hub, v->told ? v->told : v->from,
			      v->owner, text);
}

/* The login that a join waits for has failed. */
static void on_seat(int err, void *arg)
{
	struct ivisit *v = arg;
	struct buf b = { 0 };

	if (!err || !v->asked)
		return;
	buf_adds(&b, "ERROR: You can't join ");
	buf_addv(&b, buf_view(&v->place));
	buf_adds(&b, ". ");
	if (err == EACCES && v->seat && seat_trouble(v->seat).n)
		buf_addv(&b, seat_trouble(v->seat));
	else
		buf_addv(&b, itext(err == EACCES    ? ITEXT_NO_LOGIN :
				   err == ENOSPC    ? ITEXT_QUEUE_FULL :
				   err == ECANCELED ? ITEXT_OFFLINE :
						      ITEXT_EXPIRED));
	ivisit_answer(v, buf_view(&b));
	buf_free(&b);
	ivisit_drop(v, VIEW("You are not in the channel."));
}

static void take_seat(struct ivisit *v, struct seat *s)
{
	v->seat = s;
	seat_hold(s);
}

void ivisit_let_go(struct ivisit *v)
{
	struct seat *s = v->seat;

	v->seat = NULL;
	v->state = IVISIT_OUT;
	if (!s)
		return;
	seat_unwait(s, v);
	seat_release(s);
}

/* ---- life ---- */

static struct ivisit *visit_make(struct ivisits *all, struct addr *owner,
				 struct view network, struct view place)
{
	struct addr *from = igate_addr(all->gate, network, place), *inbox;
	struct ivisit *v;

	if (!from)
		return NULL;
	if (inbox_of(&inbox, owner, network, place)) {
		mem_deref(from);
		return NULL;
	}
	v = mem_zalloc(sizeof(*v));
	v->all = all;
	v->owner = mem_ref(owner);
	v->from = from;
	v->inbox = inbox;
	buf_addv(&v->network, network);
	buf_addv(&v->place, place);
	list_init(&v->said);
	ivisit_hear_init(v);
	htable_add(&all->table, &v->node, inbox->hash);
	return v;
}

static void visit_free(struct ivisit *v)
{
	ivisit_say_end(v, VIEW_NONE);
	ivisit_let_go(v);
	gate_lines_free(&v->lines);
	wheel_stop(ivisit_wheel(v), &v->mark);
	wheel_stop(ivisit_wheel(v), &v->again);
	if (!v->ends)
		htable_del(&v->all->table, &v->node);
	mem_deref(v->inbox);
	mem_deref(v->owner);
	mem_deref(v->from);
	mem_deref(v->told);
	buf_free(&v->network);
	buf_free(&v->place);
	buf_free(&v->secret);
	buf_free(&v->topic);
	mem_free(v);
}

void ivisit_drop(struct ivisit *v, struct view words)
{
	ivisit_del_row(v);
	/* what the hub hands over while it is told of what it had is not for
	 * us any more */
	htable_del(&v->all->table, &v->node);
	v->ends = true;
	ivisit_say_end(v, words);
	ivisit_hear_flush(v);
	visit_free(v);
}

int ivisit_new(const struct ivisit_join *j)
{
	struct seat *s = j->seat;
	struct ivisit *v = visit_make(ivisits_of(s->gate), s->aor, s->network,
				      j->place);

	if (!v)
		return EBADMSG;
	v->id = (rand_u64() >> 1) | 1;
	v->told = mem_ref(j->told);
	v->asked = true;
	ivisit_seal_key(v, j->key);
	ivisit_put(v);
	take_seat(v, s);
	if (s->state == SEAT_UP)
		join_with(v, j->key);
	else
		seat_wait(s, on_seat, v);
	return 0;
}

void ivisit_again(struct ivisit *v, struct addr *told, struct view key)
{
	mem_deref(v->told);
	v->told = mem_ref(told);
	v->asked = true;
	if (key.n)
		ivisit_seal_key(v, key);
	ivisit_put(v);
	join_with(v, key);
}

/* ---- back again ---- */

static void come_back(struct ivisit *v)
{
	struct seat *s;

	if (v->seat)
		return;
	if (seat_get(&s, ivisit_gate(v), v->owner, buf_view(&v->network))) {
		wheel_start(ivisit_wheel(v), &v->all->start, AGAIN_MS,
			    v->all->start.h);
		return;
	}
	take_seat(v, s);
	if (s->state == SEAT_UP)
		ivisit_join(v);
	else
		(void)seat_wake(s, false);
}

static void on_start(struct wtimer *t)
{
	struct ivisits *all = CONTAINER(t, struct ivisits, start);
	struct ivisit **list;
	size_t count;

	if (!all->gate->running) { /* still loading */
		wheel_start(loop_wheel(all->gate->conf.loop), t, 10, on_start);
		return;
	}
	list = ivisits_all(all, NULL, &count);
	for (size_t i = 0; i < count; i++)
		come_back(list[i]);
	mem_free(list);
}

static void load_visit(struct igate *g, const struct store_visit *row)
{
	struct view place = row->settings, rest, network;
	struct addr *owner = NULL, *room = NULL;
	struct ivisit *v = NULL;

	if (!g->map || !row->wanted)
		return;
	view_cut(row->settings, ' ', &place, &rest);
	if (!addr_parse(&owner, row->owner) && !addr_parse(&room, row->room)) {
		network = imap_network_find(g->map, room->host);
		if (network.n && !ivisit_at(g, owner, network, place))
			v = visit_make(ivisits_of(g), owner, network, place);
	}
	mem_deref(owner);
	mem_deref(room);
	if (!v) {
		log_warning("irc %.*s: can't be in %.*s again",
			    VIEW_ARG(row->owner), VIEW_ARG(row->room));
		return;
	}
	v->id = row->id;
	v->stored = true;
	v->last_ms = row->last_ms;
	v->notices = view_eqs(rest, "notices");
	buf_addv(&v->secret, row->secret);
	wheel_start(loop_wheel(g->conf.loop), &v->all->start, 10, on_start);
}

/* ---- the module ---- */

static int start(struct igate *g)
{
	struct ivisits *all = mem_zalloc(sizeof(*all));

	all->gate = g;
	all->start.h = on_start;
	list_init(&all->wishes);
	list_init(&all->unsaid);
	g->state[IGATE_VISITS] = all;
	return 0;
}

static void stop(struct igate *g)
{
	size_t count;
	struct ivisit **list = ivisits_all(ivisits_of(g), NULL, &count);

	for (size_t i = 0; i < count; i++) {
		ivisit_hear_flush(list[i]);
		if (list[i]->state == IVISIT_IN)
			list[i]->last_ms = wall_ms();
		ivisit_put_mark(list[i]);
	}
	mem_free(list);
}

static void free_all(struct igate *g)
{
	struct ivisits *all = ivisits_of(g);
	struct hnode *n;

	if (!all)
		return;
	wheel_stop(loop_wheel(g->conf.loop), &all->start);
	ivisit_wishes_free(all);
	ivisit_unsaid_free(all);
	while ((n = htable_each(&all->table, &(size_t){ 0 }, NULL)))
		visit_free(CONTAINER(n, struct ivisit, node));
	htable_free(&all->table);
	mem_free(all);
	g->state[IGATE_VISITS] = NULL;
}

static void forget(struct igate *g, const struct addr *user)
{
	size_t count;
	struct ivisit **list = ivisits_all(ivisits_of(g), NULL, &count);

	for (size_t i = 0; i < count; i++)
		if (addr_eq(list[i]->owner, user))
			ivisit_drop(list[i], itext(ITEXT_HAS_LEFT));
	mem_free(list);
}

static int status(struct igate *g, struct sink *out)
{
	struct hnode *n = NULL;
	size_t pos = 0, in = 0;

	while ((n = htable_each(&ivisits_of(g)->table, &pos, n)))
		in += CONTAINER(n, struct ivisit, node)->state == IVISIT_IN;
	return sink_printf(out, "visits: %zu, in their channels: %zu\n",
			   ivisits_of(g)->table.count, in);
}

static void about(const struct seat *s, struct buf *out)
{
	size_t count;
	struct ivisit **list = ivisits_all(ivisits_of(s->gate), s, &count);

	for (size_t i = 0; i < count; i++) {
		buf_adds(out, i ? ", " : "\nChannels: ");
		utf8_clean_line(out, buf_view(&list[i]->place), PLACE_SHOWN);
		if (list[i]->state != IVISIT_IN)
			buf_adds(out, " (not in it just now)");
	}
	mem_free(list);
}

const struct igate_module igate_visits = {
	.start = start,
	.stop = stop,
	.free = free_all,
	.parcel = ivisits_parcel,
	.up = ivisits_up,
	.down = ivisits_down,
	.gone = ivisits_gone,
	.kinds = 1U << IMAP_CHANNEL,
	.message = ivisit_message,
	.commands = ivisit_commands,
	.command_count = IVISIT_COMMANDS,
	.status = status,
	.about = about,
	.load_visit = load_visit,
	.forget = forget,
};
