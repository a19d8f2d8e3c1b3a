/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From one to one: what SIP users say to people of IRC comes in here, and is
 * on the disk before they hear 202. italk_out.c takes it to IRC, italk_in.c
 * brings what is said there.
 */
#include <errno.h>

#include "consent.h"
#include "italk_priv.h"
#include "log.h"
#include "mem.h"
#include "worker.h"

enum { BUSY_RETRY_S = 30 };

/* ---- words of SIP users ---- */

static void keep(struct iask *a, const struct ipeer *p)
{
	struct meta m = a->req.meta;

	m.to = buf_view(&p->nick);
	m.time_ms = a->req.time_ms;
	iask_keep(a, p->conv, &m);
}

/* He can't be online, and that is known by now. */
static bool can_speak(struct iask *a)
{
	int err = seat_wake(a->seat, true);
	struct view why = seat_trouble(a->seat);

	if (err == EBUSY)
		iask_not_sent(a, 480, BUSY_RETRY_S, itext(ITEXT_FULL));
	else if (err)
		iask_not_sent(a, 403, 0, why.n ? why : itext(ITEXT_NO_LOGIN));
	return !err;
}

/* Whom he writes to he hears. */
static void call(struct ipeer *p, struct view nick)
{
	struct hub *h = p->all->gate->conf.hub;

	ipeer_call(p, nick);
	if (consent_of(h, p->aor, p->other) != CONSENT_NONE)
		(void)consent_set(h, p->aor, p->other, CONSENT_ALLOWED);
}

/* Who had the nick may be gone: he has to mean whoever has it now. */
static void refuse_once(struct iask *a, struct ipeer *p)
{
	if (!list_empty(&p->words))
		(void)consent_set(a->gate->conf.hub, p->aor, p->other,
				  CONSENT_ALLOWED);
	ipeer_anew(p);
	iask_not_sent(a, 480, 0, itext(ITEXT_SOMEBODY));
}

static void on_text(struct iask *a)
{
	struct ipeer *p = ipeer_get(italks_of(a->gate), a->req.from,
				    a->target.network, a->target.name);

	if (!p) {
		iask_not_sent(a, 484, 0,
			      VIEW("This can be nobody's nickname."));
	} else if (p->left && (ipeer_is_known(p) || p->words.count)) {
		refuse_once(a, p);
	} else if (can_speak(a)) {
		if (p->left)
			ipeer_anew(p);
		call(p, a->target.name);
		keep(a, p);
	}
}

/* IRC has nothing for typing and receipts; and what a device writes by itself
 * is not for people. */
static void message(struct iask *a)
{
	if (a->req.kind == GATE_TEXT && !a->req.meta.notice)
		on_text(a);
	else
		iask_ok(a, 200, VIEW_NONE);
}

/* ---- what the network tells ---- */

static bool parcel(struct seat *s, const struct ircp *p)
{
	switch (p->verb) {
	case IRCP_HEARD:
		if (p->place.n)
			return false;
		italk_heard(s, p);
		return true;
	case IRCP_SAID:
		italk_said(s, p);
		return true;
	case IRCP_SHOW:
		ipeer_news(s, p);
		italk_show(s, p);
		return true;
	case IRCP_PEOPLE:
	case IRCP_WHO_IS:
		ipeer_news(s, p);
		return p->verb == IRCP_PEOPLE;
	case IRCP_REFUSED:
		if (p->place.n)
			return false;
		italk_refused(s, p);
		return true;
	default:
		return false;
	}
}

/* ---- what became of it ---- */

/* What the hub let go by itself, of a talk or of a channel: also before the
 * gate is running, after a long time without us. */
static void tell_expired(const struct igate *g, const struct addr *inbox,
			 const struct msg *m)
{
	struct view network = imap_network_find(g->map, inbox->host), aor;
	struct buf name = { 0 }, b = { 0 };
	struct addr *from = NULL;

	if (!imap_addr_cut(inbox->resource, &name, &aor))
		from = igate_addr(g, network, buf_view(&name));
	gate_not_sent(&b, itext(ITEXT_EXPIRED), m->text);
	if (from)
		hub_gate_tell(g->conf.hub, from, m->from, buf_view(&b));
	mem_deref(from);
	buf_free(&name);
	buf_free(&b);
}

/* Of a nick's words, which meta names. */
static void tell_sender(const struct igate *g, struct addr *user,
			const struct msg *m, enum gate_fate fate)
{
	struct imap_target t;
	struct buf text = { 0 };
	struct ipeer *p = NULL;
	struct seat *s = NULL;
	struct meta meta;

	meta_get(&meta, m->meta);
	if (meta.to.n && !meta.notice &&
	    !imap_from_sip(g->map, m->from->user, m->from->host, &t, &text) &&
	    t.kind == IMAP_PERSON)
		s = seat_find(g, user, t.network);
	if (s)
		p = ipeer_of(s, t.name);
	if (p && !p->left)
		italk_notice(s, meta.to,
			     fate == GATE_EXPIRED ?
				     VIEW("Your message was not delivered: "
					  "its reader was away for too "
					  "long.") :
				     VIEW("Your message was not delivered: "
					  "its reader's device refused "
					  "it."));
	buf_free(&text);
}

void italks_settled(void *gate, struct addr *to, const struct msg *m,
		    enum gate_fate fate, int status)
{
	const struct igate *g = gate;

	(void)status;
	if (!g->map)
		return;
	if (!addr_is(to, "sip"))
		tell_expired(g, to, m);
	else if (fate != GATE_DELIVERED && g->running)
		tell_sender(g, to, m, fate);
}

/* ---- life ---- */

static int start(struct igate *g)
{
	struct italks *t = mem_zalloc(sizeof(*t));

	t->gate = g;
	list_init(&t->used);
	list_init(&t->strangers);
	list_init(&t->jobs);
	list_init(&t->soon);
	g->state[IGATE_TALKS] = t;
	italk_first_start(t);
	return 0;
}

static void stop(struct igate *g)
{
	italk_first_stop(italks_of(g));
}

static void free_all(struct igate *g)
{
	struct italks *t = italks_of(g);
	struct lnode *n;

	if (!t)
		return; /* stopped by now, if it ever ran */
	italk_out_free(t);
	italk_show_free(t);
	while ((n = list_first(&t->used)))
		ipeer_free(CONTAINER(n, struct ipeer, by_use));
	htable_free(&t->peers);
	g->state[IGATE_TALKS] = NULL;
	mem_free(t);
}

static void up(struct seat *s)
{
	italk_show_up(s);
	italk_out_awake(italks_of(s->gate), s);
}

static void down(struct seat *s, enum lost_why why, struct view text)
{
	(void)why;
	(void)text;
	italk_show_down(s);
}

static void gone(struct seat *s)
{
	italk_out_gone(italks_of(s->gate), s);
	italk_show_down(s);
}

static void forget(struct igate *g, const struct addr *user)
{
	struct italks *t = italks_of(g);
	struct lnode *n, *nx;

	LIST_EACH (&t->used, n, nx) {
		struct ipeer *p = CONTAINER(n, struct ipeer, by_use);

		if (addr_eq(p->aor, user))
			ipeer_forget(p);
	}
}

static int status(struct igate *g, struct sink *out)
{
	const struct italks *t = italks_of(g);

	return sink_printf(out, "talks: %zu people, %zu wait for a yes, %zu "
				"texts under way\n",
			   t->peers.count, t->strangers.count,
			   t->jobs.count + t->soon.count);
}

const struct igate_module igate_talks = {
	.start = start,
	.stop = stop,
	.free = free_all,
	.parcel = parcel,
	.up = up,
	.down = down,
	.gone = gone,
	.kinds = 1U << IMAP_PERSON,
	.message = message,
	.status = status,
	.load_kept = ipeer_load,
	.forget = forget,
};
