/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP users in channels, each as himself, by his seat. What brings one back is
 * on the disk: channel, key, and when he was there last; so he is in again,
 * silently, whatever went away meanwhile, and is told what he may have missed.
 *
 * A row's room is "irc:libera/#dev"; its settings are the channel as it was
 * written, and "notices" behind a blank.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "ivisit_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum {
	MARK_MS = 1000, AGAIN_MS = 5 * 60 * 1000,
	NUM_UNAVAILABLE = 437, NUM_FULL = 471, NUM_THROTTLED = 480,
	TOPIC_MAX = 1000, TOPIC_SHOWN = 500,
};

#define NETWORK VIEW("irc")

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
static struct ivisit **all_of(const struct ivisits *all, const struct seat *s,
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

	mem_free(all_of(ivisits_of(s->gate), s, &count));
	return count;
}

void ivisit_tell(const struct ivisit *v, struct view text)
{
	const struct igate *g = ivisit_gate(v);

	if (g->running)
		hub_gate_tell(g->conf.hub, v->from, v->owner, text);
}

/* ---- the row ---- */

static void room_of(struct buf *b, const struct ivisit *v)
{
	imap_addr(b, buf_view(&v->network), buf_view(&v->place), VIEW_NONE);
}

void ivisit_put(struct ivisit *v)
{
	struct store_txn *t = store_begin(ivisit_gate(v)->conf.store);
	struct buf room = { 0 }, settings = { 0 };
	struct store_visit row = {
		.id = v->id,
		.network = NETWORK,
		.owner = v->owner->text,
		.secret = buf_view(&v->secret),
		.wanted = true,
		.last_ms = v->last_ms,
	};

	room_of(&room, v);
	buf_addv(&settings, buf_view(&v->place));
	buf_adds(&settings, v->notices ? " notices" : "");
	row.room = buf_view(&room);
	row.settings = buf_view(&settings);
	store_put_visit(t, &row);
	store_commit(t, NULL, NULL);
	v->stored = true;
	buf_free(&room);
	buf_free(&settings);
}

static void put_mark(struct ivisit *v)
{
	struct store_txn *t;

	wheel_stop(ivisit_wheel(v), &v->mark);
	if (!v->stored)
		return;
	t = store_begin(ivisit_gate(v)->conf.store);
	store_visit_mark(t, v->id, VIEW_NONE, v->last_ms);
	store_commit(t, NULL, NULL);
}

static void on_mark(struct wtimer *t)
{
	put_mark(CONTAINER(t, struct ivisit, mark));
}

void ivisit_mark(struct ivisit *v)
{
	if (v->state != IVISIT_IN)
		return;
	v->last_ms = wall_ms();
	if (!wtimer_running(&v->mark))
		wheel_start(ivisit_wheel(v), &v->mark, MARK_MS, on_mark);
}

static void del_row(struct ivisit *v)
{
	struct store_txn *t = store_begin(ivisit_gate(v)->conf.store);

	store_del_visit(t, v->id);
	store_commit(t, NULL, NULL);
	v->stored = false;
}

/* ---- the key ---- */

static void seal_key(struct ivisit *v, struct view key)
{
	const struct igate_accounts *as = ivisit_gate(v)->conf.accounts;
	struct buf room = { 0 };

	buf_clear(&v->secret);
	room_of(&room, v);
	if (key.n && (!as || !as->shut ||
		      as->shut(&v->secret, v->owner->text, buf_view(&room),
			       key, as->arg)))
		log_warning("irc %s: the key of %s can't be kept",
			    v->owner->text.p, buf_str(&room));
	buf_free(&room);
}

static void open_key(const struct ivisit *v, struct buf *out)
{
	const struct igate_accounts *as = ivisit_gate(v)->conf.accounts;
	struct buf room = { 0 };

	room_of(&room, v);
	if (v->secret.n && (!as || !as->unshut ||
			    as->unshut(out, v->owner->text, buf_view(&room),
				       buf_view(&v->secret), as->arg)))
		log_warning("irc %s: the key of %s can't be opened",
			    v->owner->text.p, buf_str(&room));
	buf_free(&room);
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
		open_key(v, &secret);
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
		wheel_start(ivisit_wheel(v), t, MARK_MS, on_again);
}

static void join(struct ivisit *v)
{
	join_with(v, VIEW_NONE);
	if (v->state == IVISIT_OUT && v->seat && v->seat->state == SEAT_UP)
		wheel_start(ivisit_wheel(v), &v->again, MARK_MS, on_again);
}

static void answer(struct ivisit *v, struct view text)
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
	answer(v, buf_view(&b));
	buf_free(&b);
	ivisit_drop(v, VIEW("You are not in the channel."));
}

static void take_seat(struct ivisit *v, struct seat *s)
{
	v->seat = s;
	seat_hold(s);
}

static void let_go(struct ivisit *v)
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
	list_init(&v->lines);
	htable_add(&all->table, &v->node, inbox->hash);
	return v;
}

static void visit_free(struct ivisit *v)
{
	ivisit_say_end(v, VIEW_NONE);
	let_go(v);
	ivisit_hear_free(v);
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
	del_row(v);
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
	seal_key(v, j->key);
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
		seal_key(v, key);
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
		join(v);
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
	list = all_of(all, NULL, &count);
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

/* ---- what the network tells ---- */

static void add_joined(struct buf *b, const struct ivisit *v)
{
	buf_adds(b, "INFO: You have joined ");
	buf_addv(b, buf_view(&v->place));
	buf_adds(b, " as ");
	utf8_clean_line(b, view_str(v->seat->nick), IVISIT_NAME);
	buf_addc(b, '.');
	if (!v->topic.n)
		return;
	buf_adds(b, " Topic: ");
	utf8_clean_line(b, buf_view(&v->topic), TOPIC_SHOWN);
}

static void joined(struct ivisit *v, const struct ircp *p)
{
	bool fresh = v->state != IVISIT_IN;
	struct buf b = { 0 };

	v->state = IVISIT_IN;
	v->put_off = false;
	if (p->text.n || fresh) {
		buf_clear(&v->topic);
		utf8_clean_line(&v->topic, p->text, TOPIC_MAX);
	}
	if (v->asked) {
		add_joined(&b, v);
		answer(v, buf_view(&b));
		buf_free(&b);
	}
	if (fresh && v->last_ms) {
		v->past_ms = v->last_ms;
		ivisit_gap(v, v->last_ms, wall_ms());
	}
	v->last_ms = wall_ms();
	put_mark(v);
	ivisit_say_now(v);
}

static bool may_pass(unsigned numeric)
{
	return numeric == NUM_UNAVAILABLE || numeric == NUM_FULL ||
	       numeric == NUM_THROTTLED;
}

static void refused(struct ivisit *v, const struct ircp *p)
{
	uint64_t numeric = 0;
	struct buf b = { 0 };
	bool wait;

	if (view_u64(&numeric, p->other, 999))
		numeric = 0;
	wait = !v->asked && may_pass((unsigned)numeric);
	v->state = IVISIT_OUT;
	buf_adds(&b, "ERROR: You can't join ");
	buf_addv(&b, buf_view(&v->place));
	buf_adds(&b, ": ");
	itext_why(&b, (unsigned)numeric, p->text);
	buf_adds(&b, wait ? ". It is tried on." : ".");
	if (wait) {
		if (!v->put_off)
			ivisit_tell(v, buf_view(&b));
		v->put_off = true;
		wheel_start(ivisit_wheel(v), &v->again, AGAIN_MS, on_again);
	} else {
		answer(v, buf_view(&b));
		ivisit_drop(v, VIEW("The channel does not let you in."));
	}
	buf_free(&b);
}

static void thrown_out(struct ivisit *v, const struct ircp *p)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: You are no longer in ");
	buf_addv(&b, buf_view(&v->place));
	buf_adds(&b, p->kind == IRCP_LEFT_BANNED ? ": you were banned" :
		     p->kind == IRCP_LEFT_KICKED ? ": you were kicked" :
						   ": the network took you "
						   "out");
	if (p->nick.n) {
		buf_adds(&b, " by ");
		utf8_clean_name(&b, p->nick, IVISIT_NAME);
	}
	if (p->text.n) {
		buf_adds(&b, " (");
		utf8_clean_line(&b, p->text, TOPIC_SHOWN);
		buf_addc(&b, ')');
	}
	buf_addc(&b, '.');
	answer(v, buf_view(&b));
	buf_free(&b);
	ivisit_drop(v, VIEW("You are no longer in the channel."));
}

static void left(struct ivisit *v, const struct ircp *p)
{
	if (v->state == IVISIT_IN)
		v->last_ms = wall_ms();
	if (p->kind == IRCP_LEFT_REFUSED) {
		refused(v, p);
	} else if (p->kind != IRCP_LEFT_ASKED) {
		thrown_out(v, p);
	} else { /* another part of us has left it */
		v->state = IVISIT_OUT;
		join(v);
	}
}

static void invited(struct seat *s, const struct ircp *p)
{
	static const struct bucket_rate rate = { 1, 10 * 1000, 5 };
	struct addr *from = igate_addr(s->gate, s->network, p->place);
	struct buf b = { 0 };

	if (!from || ivisits_wants(s, p->place) ||
	    !igate_rate(s->gate, s->network, s->aor->text, 'i', &rate)) {
		log_info("irc %s: an invitation to %.*s is not told",
			 s->aor->text.p, VIEW_ARG(p->place));
		mem_deref(from);
		return;
	}
	buf_adds(&b, "INFO: ");
	utf8_clean_name(&b, p->nick, IVISIT_NAME);
	buf_adds(&b, " (");
	utf8_clean_line(&b, p->mask, TOPIC_SHOWN);
	buf_adds(&b, ") invites you to ");
	utf8_clean_line(&b, p->place, TOPIC_SHOWN);
	buf_adds(&b, ". Answer :join to go there.");
	seat_tell(s, from, buf_view(&b));
	mem_deref(from);
	buf_free(&b);
}

static void nick_is(struct seat *s)
{
	size_t count;
	struct ivisit **list = all_of(ivisits_of(s->gate), s, &count);
	struct buf b = { 0 };

	buf_adds(&b, "* You are ");
	utf8_clean_name(&b, view_str(s->nick), IVISIT_NAME);
	buf_adds(&b, " now");
	for (size_t i = 0; i < count; i++)
		if (list[i]->state == IVISIT_IN)
			ivisit_line(list[i], buf_view(&b));
	buf_free(&b);
	mem_free(list);
}

bool ivisits_is_in(const struct seat *s, struct view place)
{
	const struct ivisit *v = ivisit_at(s->gate, s->aor, s->network,
					   place);

	return v && v->state != IVISIT_OUT;
}

/* What one channel tells. */
static bool at_place(struct seat *s, const struct ircp *p)
{
	struct ivisit *v = ivisit_at(s->gate, s->aor, s->network, p->place);

	if (!v || !v->seat)
		return false;
	switch (p->verb) {
	case IRCP_JOINED:
		joined(v, p);
		return true;
	case IRCP_LEFT:
		left(v, p);
		return true;
	case IRCP_HEARD:
		ivisit_heard(v, p);
		return true;
	case IRCP_TOPIC_IS:
		ivisit_topic(v, p);
		return true;
	case IRCP_PEOPLE:
		ivisit_people(v, p);
		return false; /* and who has which nick is for talks */
	default:
		return false;
	}
}

static bool parcel(struct seat *s, const struct ircp *p)
{
	if (p->verb == IRCP_INVITED) {
		invited(s, p);
		return true;
	}
	if (p->verb == IRCP_NICK_IS) {
		nick_is(s);
		return false;
	}
	return ivisit_answered(s, p) || (p->place.n && at_place(s, p));
}

static void up(struct seat *s)
{
	size_t count;
	struct ivisit **list = all_of(ivisits_of(s->gate), s, &count);

	for (size_t i = 0; i < count; i++)
		if (list[i]->seat)
			join(list[i]);
	mem_free(list);
}

/* It will take a while, or something of him. */
static void tell_refused(struct seat *s, struct view text)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: The network has closed your connection");
	if (text.n) {
		buf_adds(&b, ": ");
		utf8_clean_line(&b, text, TOPIC_SHOWN);
	}
	buf_adds(&b, ". You are in your channels again as soon as it lets "
		     "you in.");
	seat_tell(s, NULL, buf_view(&b));
	buf_free(&b);
}

static void down(struct seat *s, enum lost_why why, struct view text)
{
	size_t count;
	struct ivisit **list = all_of(ivisits_of(s->gate), s, &count);

	if (count && why != LOST_NET)
		tell_refused(s, text);
	for (size_t i = 0; i < count; i++) {
		if (list[i]->state == IVISIT_IN)
			list[i]->last_ms = wall_ms();
		list[i]->state = IVISIT_OUT;
		put_mark(list[i]);
	}
	ivisit_wishes_gone(ivisits_of(s->gate), s);
	mem_free(list);
}

static void gone(struct seat *s)
{
	size_t count;
	struct ivisit **list = all_of(ivisits_of(s->gate), s, &count);

	for (size_t i = 0; i < count; i++)
		if (list[i]->seat == s)
			let_go(list[i]);
	ivisit_wishes_gone(ivisits_of(s->gate), s);
	mem_free(list);
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
	struct ivisit **list = all_of(ivisits_of(g), NULL, &count);

	for (size_t i = 0; i < count; i++) {
		ivisit_hear_flush(list[i]);
		if (list[i]->state == IVISIT_IN)
			list[i]->last_ms = wall_ms();
		put_mark(list[i]);
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
	struct ivisit **list = all_of(ivisits_of(g), NULL, &count);

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
	struct ivisit **list = all_of(ivisits_of(s->gate), s, &count);

	for (size_t i = 0; i < count; i++) {
		buf_adds(out, i ? ", " : "\nChannels: ");
		utf8_clean_line(out, buf_view(&list[i]->place), TOPIC_SHOWN);
		if (list[i]->state != IVISIT_IN)
			buf_adds(out, " (not in it just now)");
	}
	mem_free(list);
}

const struct igate_module igate_visits = {
	.start = start,
	.stop = stop,
	.free = free_all,
	.parcel = parcel,
	.up = up,
	.down = down,
	.gone = gone,
	.kinds = 1U << IMAP_CHANNEL,
	.message = ivisit_message,
	.commands = ivisit_commands,
	.command_count = IVISIT_COMMANDS,
	.status = status,
	.about = about,
	.load_visit = load_visit,
	.forget = forget,
};
