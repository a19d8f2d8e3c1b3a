/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests of others: each gets an answer, or its sender waits for ever (RFC
 * 6120 8.2.3). Also what an account does as it comes up: it asks for its
 * contacts, and shows itself.
 */
#include "iq_priv.h"

#include "log.h"
#include "mem.h"

enum { ASKS_RATE = 20, ASKS_BURST = 40 };

const struct iq_refusal iq_unavailable = { "cancel", "service-unavailable" },
			iq_not_found = { "cancel", "item-not-found" },
			iq_bad_request = { "modify", "bad-request" };
static const struct iq_refusal too_many = { "wait", "resource-constraint" };

/* ---- answers ---- */

static void refuse(struct xlink *x, const struct elem *e,
		   const struct iq_refusal *why)
{
	struct buf b = { 0 };

	if (stanza_error(&b, e, why->type, why->condition, VIEW_NONE))
		(void)xlink_send(x, &b);
	buf_free(&b);
}

static void answer(struct xlink *x, const struct iq *q,
		   const struct iq_kind *kind)
{
	const struct elem *e = q->stanza;
	struct buf payload = { 0 }, b = { 0 };
	const struct iq_refusal *why = kind->answer(&payload, q);

	if (why) {
		refuse(x, e, why);
	} else {
		stanza_open(&b, "iq", VIEW("result"), elem_get(e, "to"),
			    elem_get(e, "from"), elem_get(e, "id"));
		buf_addv(&b, buf_view(&payload));
		elem_close(&b);
		(void)xlink_send(x, &b);
	}
	buf_free(&payload);
	buf_free(&b);
}

static enum iq_whom whom_of(const struct xlink *x, const struct elem *e)
{
	if (x->kind == XLINK_ACCOUNT)
		return IQ_ACCOUNT;
	if (x->kind == XLINK_ROOMS)
		return IQ_ROOMS;
	return view_has(elem_get(e, "to"), '@') ? IQ_USER : IQ_DOMAIN;
}

/* Exactly one child (RFC 6120 8.2.3), but an error may have come along. */
static bool one_child(struct elem *child, const struct elem *e)
{
	struct elem other;
	size_t pos = 0;

	return elem_next(child, e, &pos) && !elem_next(&other, e, &pos);
}

static void take(struct gate *g, struct xlink *x, struct person *p,
		 const struct elem *e)
{
	struct view type = elem_get(e, "type"), bare, resource;
	struct iq q = { .gate = g, .person = p, .stanza = e };
	const struct iq_kind *kind;

	q.whom = whom_of(x, e);
	q.set = view_eqs(type, "set");
	q.full = view_cut(elem_get(e, "to"), '/', &bare, &resource);
	if ((!q.set && !view_eqs(type, "get")) || !one_child(&q.query, e)) {
		refuse(x, e, &iq_bad_request);
		return;
	}
	if (q.whom == IQ_USER && !p) {
		refuse(x, e, &iq_not_found);
		return;
	}
	kind = iq_kind(&q);
	if (kind)
		answer(x, &q, kind);
	else
		refuse(x, e, &iq_unavailable);
}

static bool iqs_stanza(struct gate *g, struct xlink *x, struct person *p,
		       const struct elem *e)
{
	struct view from = elem_get(e, "from"), bare, resource;
	enum gate_turn turn;

	if (!elem_is(e, "iq", NULL))
		return false;
	if (!view_cut(from, '/', &bare, &resource))
		bare = from;
	if (!bare.n && p) /* an account's own server */
		bare = buf_view(&p->jid);
	turn = gate_turn(g, bare, 'q', ASKS_RATE, ASKS_BURST);
	if (turn == GATE_TURN_YES)
		take(g, x, p, e);
	else if (turn == GATE_TURN_REFUSE)
		refuse(x, e, &too_many);
	else
		log_debug("xmpp %s: too many requests of %.*s", x->label,
			  VIEW_ARG(bare));
	return true;
}

/* ---- life ---- */

struct rosters *rosters_of(const struct gate *g)
{
	return g->state[GATE_IQS];
}

static int iqs_start(struct gate *g)
{
	g->state[GATE_IQS] = rosters_new(g);
	return 0;
}

static void iqs_free(struct gate *g)
{
	rosters_free(rosters_of(g));
	g->state[GATE_IQS] = NULL;
}

/* Nothing is sent to an account that has not shown itself (RFC 6121 4.2). */
static void announce(struct person *p)
{
	struct buf b = { 0 }, n = { 0 };

	buf_addf(&n, "%d", p->gate->conf.priority);
	stanza_open(&b, "presence", VIEW_NONE, VIEW_NONE, VIEW_NONE,
		    VIEW_NONE);
	elem_leaf(&b, "priority", NULL, buf_view(&n));
	roster_caps(&b);
	elem_close(&b);
	(void)xlink_send(p->account, &b);
	buf_free(&b);
	buf_free(&n);
}

static void want_copies(struct person *p)
{
	struct buf b = { 0 };

	elem_leaf(&b, "enable", "urn:xmpp:carbons:2", VIEW_NONE);
	(void)xlink_ask(p->account, "set", VIEW_NONE, VIEW_NONE, &b, NULL,
			NULL);
	buf_free(&b);
}

static void iqs_up(struct gate *g, struct xlink *x, struct person *p)
{
	if (x->kind != XLINK_ACCOUNT)
		return;
	rosters_up(rosters_of(g), p);
	if (g->conf.carbons)
		want_copies(p);
	if (!watches_module.up)
		announce(p);
}

static void iqs_gone(struct person *p)
{
	rosters_gone(rosters_of(p->gate), p);
}

const struct gate_module iqs_module = {
	.start = iqs_start,
	.free = iqs_free,
	.stanza = iqs_stanza,
	.up = iqs_up,
	.gone = iqs_gone,
	.about = rosters_about,
};
