/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was said there while nobody of ours was in (XEP-0313): on coming, the
 * newest PAGE texts since the last that was heard are asked for; what is heard
 * meanwhile waits, so that the order stays. Rooms without an archive send
 * their history, which is among what waits. Everything is told apart by the
 * room's ids.
 */
#include <errno.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "puppet_priv.h"
#include "rsm.h"

#define NS_MAM "urn:xmpp:mam:2"
#define NS_SID "urn:xmpp:sid:0"
#define KEY "link:"

enum {
	PAGE = 100,
	HELD_MAX = 2000,
	KEEP_MS = 5000,
	SLACK_MS = 60 * 1000, /* clocks differ */
};

/* Of a leg that the hub has not attached yet. */
struct pkept {
	struct lnode node;
	uint64_t leg, ms;
	struct buf id;
};

static struct gate *gate_of(const struct plink *l)
{
	return l->pups->gate;
}

/* ---- what is remembered ---- */

static void key_of(struct buf *b, const struct plink *l)
{
	buf_adds(b, KEY);
	buf_add_u64(b, l->leg);
}

static void keep(struct plink *l)
{
	struct store_txn *t = store_begin(gate_of(l)->conf.store);
	struct buf key = { 0 }, value = { 0 };

	key_of(&key, l);
	buf_add_u64(&value, l->last_ms);
	buf_addc(&value, ' ');
	buf_addv(&value, buf_view(&l->last_id));
	store_put_kept(t, &(struct store_kept){ VIEW("xmpp"), buf_view(&key),
						buf_view(&value) });
	store_commit(t, NULL, NULL);
	l->last_dirty = false;
	buf_free(&key);
	buf_free(&value);
}

/* At once, then again when there is more after a while. */
static void on_keep(struct wtimer *t)
{
	struct plink *l = CONTAINER(t, struct plink, keep);

	if (!l->last_dirty)
		return;
	keep(l);
	wheel_start(plink_wheel(l), &l->keep, KEEP_MS, on_keep);
}

static void note_last(struct plink *l, uint64_t ms, struct view id)
{
	if (ms < l->last_ms)
		return;
	l->last_ms = ms;
	buf_clear(&l->last_id);
	buf_addv(&l->last_id, id);
	l->last_dirty = true;
	if (!wtimer_running(&l->keep))
		on_keep(&l->keep);
}

void past_forget(struct plink *l)
{
	struct store_txn *t = store_begin(gate_of(l)->conf.store);
	struct buf key = { 0 };

	key_of(&key, l);
	store_del_kept(t, VIEW("xmpp"), buf_view(&key));
	store_commit(t, NULL, NULL);
	l->last_dirty = false;
	buf_free(&key);
}

void past_load(struct pups *p, const struct store_kept *k)
{
	struct view leg, ms, id;
	struct pkept *pk;
	uint64_t n, at;

	if (!view_starts(k->key, VIEW(KEY)))
		return;
	leg = view_from(k->key, sizeof(KEY) - 1);
	if (!view_cut(k->value, ' ', &ms, &id) ||
	    view_u64(&n, leg, UINT64_MAX) || view_u64(&at, ms, UINT64_MAX))
		return;
	pk = mem_zalloc(sizeof(*pk));
	pk->leg = n;
	pk->ms = at;
	buf_addv(&pk->id, id);
	list_append(&p->kept, &pk->node);
}

static void pkept_free(struct pups *p, struct pkept *pk)
{
	list_remove(&p->kept, &pk->node);
	buf_free(&pk->id);
	mem_free(pk);
}

void past_take(struct plink *l)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->pups->kept, n, nx) {
		struct pkept *pk = CONTAINER(n, struct pkept, node);

		if (pk->leg != l->leg)
			continue;
		l->last_ms = pk->ms;
		buf_addv(&l->last_id, buf_view(&pk->id));
		pkept_free(l->pups, pk);
	}
}

void pasts_free(struct pups *p)
{
	struct lnode *n;

	while ((n = list_first(&p->kept)) != NULL)
		pkept_free(p, CONTAINER(n, struct pkept, node));
}

/* ---- what was heard ---- */

static void hearing_free(struct hearing *h)
{
	buf_free(&h->nick);
	buf_free(&h->text);
	buf_free(&h->id);
	mem_free(h);
}

static struct hearing *hearing_new(const struct occupant_heard *from)
{
	struct hearing *h = mem_zalloc(sizeof(*h));

	buf_addv(&h->nick, from->nick);
	if (from->correction)
		buf_adds(&h->text, "* correction: ");
	buf_addv(&h->text, from->text);
	buf_addv(&h->id, from->id);
	h->kind = from->kind;
	h->time_ms = from->time_ms;
	return h;
}

/* To the hub, which knows by the id what it had before a restart as well. */
static void pass_on(struct plink *l, const struct hearing *h)
{
	const struct hub_heard in = {
		.nick = buf_view(&h->nick),
		.text = buf_view(&h->text),
		.kind = h->kind,
		.time_ms = h->time_ms,
		.dedupe = buf_view(&h->id),
	};
	struct buf by = { 0 };
	bool seen = false;

	buf_adds(&by, KEY);
	buf_add_u64(&by, l->leg);
	if (h->id.n)
		seen = gate_seen(gate_of(l), buf_view(&by), buf_view(&h->id));
	buf_free(&by);
	if (seen)
		return;
	note_last(l, h->time_ms ? h->time_ms : wall_ms(), buf_view(&h->id));
	hub_on_message(gate_of(l)->conf.hub, l->leg, &in);
}

static void drop_list(struct list *list, size_t *count)
{
	struct lnode *n;

	while ((n = list_shift(list)) != NULL)
		hearing_free(CONTAINER(n, struct hearing, node));
	*count = 0;
}

static void pass_list(struct plink *l, struct list *list, size_t *count)
{
	struct lnode *n;

	while ((n = list_shift(list)) != NULL) {
		pass_on(l, CONTAINER(n, struct hearing, node));
		hearing_free(CONTAINER(n, struct hearing, node));
	}
	*count = 0;
}

static void hold(struct plink *l, const struct occupant_heard *h)
{
	if (l->held_count >= HELD_MAX) {
		plink_trouble(l, "so much was said there at once that a part "
				 "of it was left out", VIEW_NONE);
		return;
	}
	list_append(&l->held, &hearing_new(h)->node);
	l->held_count++;
}

void past_heard(struct plink *l, const struct occupant_heard *h)
{
	struct hearing *now;

	if (!l->up || l->past) {
		hold(l, h);
		return;
	}
	now = hearing_new(h);
	pass_on(l, now);
	hearing_free(now);
}

/* ---- asking ---- */

static void add_field(struct buf *b, const char *var, struct view value)
{
	elem_open(b, "field", NULL);
	elem_attrs(b, "var", var);
	elem_leaf(b, "value", NULL, value);
	elem_close(b);
}

static void add_query(struct buf *b, const struct plink *l)
{
	char time[32];

	elem_open(b, "query", NS_MAM);
	elem_attr(b, "queryid", buf_view(&l->query));
	elem_open(b, "x", "jabber:x:data");
	elem_attrs(b, "type", "submit");
	add_field(b, "FORM_TYPE", VIEW(NS_MAM));
	add_field(b, "start", stanza_time(time, l->last_ms - SLACK_MS));
	elem_close(b);
	elem_open(b, "set", NS_RSM);
	elem_leaf(b, "max", NULL, VIEW("100"));
	elem_leaf(b, "before", NULL, VIEW_NONE);
	elem_close(b);
	elem_close(b);
}

/* What is up to the last one that was heard is not news. */
static void skip_known(struct plink *l)
{
	struct lnode *n, *nx, *last = NULL;

	LIST_EACH (&l->found, n, nx)
		if (l->last_id.n &&
		    view_eq(buf_view(&l->last_id),
			    buf_view(&CONTAINER(n, struct hearing,
						node)->id)))
			last = n;
	while (last) {
		n = list_shift(&l->found);
		hearing_free(CONTAINER(n, struct hearing, node));
		if (n == last)
			break;
	}
}

static bool has_last(const struct plink *l)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->found, n, nx)
		if (view_eq(buf_view(&l->last_id),
			    buf_view(&CONTAINER(n, struct hearing,
						node)->id)))
			return true;
	return false;
}

static void on_answer(int err, const struct elem *e, void *arg)
{
	struct plink *l = arg;
	struct elem fin;
	bool all = err || !elem_child(&fin, e, "fin", NS_MAM) ||
		   view_eqs(elem_get(&fin, "complete"), "true") ||
		   has_last(l);

	if (err == ENOTCONN)
		return; /* it is asked again */
	if (err)
		hub_on_missed(gate_of(l)->conf.hub, l->leg);
	if (!all)
		hub_on_notice(gate_of(l)->conf.hub, l->leg, false,
			      VIEW("*** More was said over there while the "
				   "link was down; these are the newest 100 "
				   "messages."));
	skip_known(l);
	pass_list(l, &l->found, &l->found_count);
	l->past = false;
	pass_list(l, &l->held, &l->held_count);
}

void past_begin(struct plink *l)
{
	struct buf b = { 0 }, from = { 0 };
	char id[24];
	int err = ENOENT;

	if (l->past)
		return;
	if (!l->last_ms)
		note_last(l, wall_ms(), VIEW_NONE);
	else if (!l->had_past) {
		buf_clear(&l->query);
		buf_addv(&l->query, stanza_id(id));
		add_query(&b, l);
		buf_addv(&from, buf_view(&l->from));
		err = xlink_ask(gate_of(l)->component, "set", buf_view(&from),
				view_str(l->place), &b, on_answer, l);
	}
	l->had_past = true;
	l->past = !err;
	if (err)
		pass_list(l, &l->held, &l->held_count);
	buf_free(&b);
	buf_free(&from);
}

/* What is held came before the loss: the archive and the history have it
 * again, ids or not. */
void past_lost(struct plink *l)
{
	if (l->past)
		xlink_forget(gate_of(l)->component, l);
	l->past = l->had_past = false;
	drop_list(&l->found, &l->found_count);
}

void past_free(struct plink *l)
{
	past_lost(l);
	drop_list(&l->held, &l->held_count);
	wheel_stop(plink_wheel(l), &l->keep);
	if (l->last_dirty && gate_of(l)->running)
		keep(l);
	buf_free(&l->query);
	buf_free(&l->last_id);
}

/* ---- what the archive sends ---- */

static struct plink *asker(struct gate *g, struct view room, struct view id)
{
	const struct pups *p = g->state[GATE_PUPPETS];
	struct hnode *n = NULL;
	size_t pos = 0;

	while (p && (n = htable_each(&p->links, &pos, n)) != NULL) {
		struct plink *l = CONTAINER(n, struct plink, by_leg);

		if (l->past && view_eqs(room, l->place) && id.n &&
		    view_eq(id, buf_view(&l->query)))
			return l;
	}
	return NULL;
}

static void add_found(struct plink *l, const struct elem *m,
		      const struct elem *delay, struct view id)
{
	struct buf text = { 0 }, sid = { 0 };
	struct view from = elem_get(m, "from"), room, nick;
	struct occupant_heard h = { .kind = MSG_TEXT };
	struct elem body, origin;

	if (!elem_child(&body, m, "body", NS_CLIENT) ||
	    !view_cut(from, '/', &room, &nick) || !nick.n)
		return;
	h.nick = nick;
	h.origin = elem_child(&origin, m, "origin-id", NS_SID) ?
			   elem_get(&origin, "id") :
			   elem_get(m, "id");
	if (talk_is_ours(l, &h))
		return;
	elem_add_text(&text, &body);
	buf_adds(&sid, "s:");
	buf_addv(&sid, id);
	h.text = buf_view(&text);
	h.id = buf_view(&sid);
	h.time_ms = stanza_time_parse(elem_get(delay, "stamp"));
	if (h.text.n && l->found_count < PAGE) {
		list_append(&l->found, &hearing_new(&h)->node);
		l->found_count++;
	}
	buf_free(&text);
	buf_free(&sid);
}

bool past_stanza(struct gate *g, struct xlink *x, const struct elem *e)
{
	struct elem result, fwd, m, delay;
	struct plink *l;

	if (x != g->component || !elem_is(e, "message", NULL) ||
	    !elem_child(&result, e, "result", NS_MAM))
		return false;
	l = asker(g, elem_get(e, "from"), elem_get(&result, "queryid"));
	if (l && elem_child(&fwd, &result, "forwarded",
			    "urn:xmpp:forward:0") &&
	    elem_child(&m, &fwd, "message", NS_CLIENT) &&
	    elem_child(&delay, &fwd, "delay", "urn:xmpp:delay"))
		add_found(l, &m, &delay, elem_get(&result, "id"));
	return true;
}
