/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who of XMPP may see our users. They are asked in chat, and their answers
 * kept (consent.h). For users of the component that is all there is; who sees
 * an account is its server's to know, and here only until it has been told.
 */
#include <errno.h>
#include <string.h>

#include "mem.h"
#include "roster.h"
#include "watch_priv.h"

enum { OWED_MAX = 64 * 1024 };

/* An account's server knows it now. */
static void settle(struct person *p, struct addr *other)
{
	(void)consent_set(p->gate->conf.hub, p->aor, other, CONSENT_NONE);
}

static void stay(struct mine *m)
{
	if (m->watched)
		return;
	m->watched = true;
	person_hold(m->person);
}

/* He hears when the component is back. */
static void owe(struct mine *m, struct view bare)
{
	if (m->owed.n + bare.n >= OWED_MAX)
		return; /* he asks again */
	buf_addv(&m->owed, bare);
	buf_addc(&m->owed, '\n');
}

static void say_yes(struct person *p, struct addr *other)
{
	struct view bare = watch_bare(other);
	bool online = person_is_online(p);

	if (p->account) {
		/* its server asks again at the next login */
		if (!online)
			return;
		watch_say(p, "subscribed", bare);
		settle(p, other);
		return;
	}
	stay(mine_get(p));
	if (!online) {
		owe(mine_get(p), bare);
		return;
	}
	watch_say(p, "subscribed", bare);
	out_one(mine_get(p), bare);
}

static void say_no(struct person *p, struct addr *other)
{
	struct view bare = watch_bare(other);

	watch_say(p, "unsubscribed", bare);
	if (!p->account)
		watch_say(p, "unavailable", bare);
}

/* ---- who need not be asked about ---- */

static bool is_in_roster(const struct person *p, const struct addr *other)
{
	const struct roster_item *i;

	if (!p->account)
		return answer_of(p->gate, p->aor, other);
	i = roster_find(p, watch_bare(other));
	return i && (i->asked || i->subscription == ROSTER_TO ||
		     i->subscription == ROSTER_BOTH);
}

static bool is_welcome(const struct person *p, const struct addr *other)
{
	const char *who = p->gate->conf.auto_accept;

	return strcmp(who, "all") == 0 ||
	       (strcmp(who, "roster") == 0 && is_in_roster(p, other));
}

/* ---- asking ---- */

/* Whom he can answer: the address of who asks, else the registrar. */
static struct addr *from_of(const struct person *p, const struct addr *other)
{
	const struct jmap_target t = { .kind = JMAP_PERSON,
				       .bare = watch_bare(other) };
	struct addr *from = other->user.n ? gate_addr(p->gate, &t) : NULL;

	return from ? from : mem_ref(p->gate->registrar);
}

static void too_many(struct person *p, struct addr *other)
{
	struct buf b = { 0 };

	stanza_open(&b, "presence", VIEW("error"),
		    p->account ? VIEW_NONE : buf_view(&p->jid),
		    watch_bare(other), VIEW_NONE);
	elem_open(&b, "error", NULL);
	elem_attrs(&b, "type", "wait");
	elem_leaf(&b, "resource-constraint",
		  "urn:ietf:params:xml:ns:xmpp-stanzas", VIEW_NONE);
	elem_close(&b);
	elem_close(&b);
	out_send(p, &b);
	buf_free(&b);
}

static void ask(struct person *p, struct addr *other)
{
	struct addr *from = from_of(p, other);

	if (consent_ask(p->gate->conf.hub, p->aor, other, from) == EBUSY)
		too_many(p, other);
	mem_deref(from);
}

void watched_subscribe(struct person *p, struct addr *other)
{
	struct hub *h = p->gate->conf.hub;

	switch (consent_of(h, p->aor, other)) {
	case CONSENT_ALLOWED:
		say_yes(p, other);
		return;
	case CONSENT_DENIED:
		say_no(p, other);
		return;
	default:
		break;
	}
	if (!is_welcome(p, other))
		ask(p, other);
	else if (consent_set(h, p->aor, other, CONSENT_ALLOWED))
		too_many(p, other);
}

void watched_unsubscribe(struct person *p, struct addr *other)
{
	/* one who was denied stays so */
	if (consent_of(p->gate->conf.hub, p->aor, other) != CONSENT_DENIED)
		(void)consent_set(p->gate->conf.hub, p->aor, other,
				  CONSENT_NONE);
	say_no(p, other);
}

void watched_probe(struct person *p, struct addr *other, struct view from)
{
	if (consent_of(p->gate->conf.hub, p->aor, other) == CONSENT_ALLOWED) {
		stay(mine_get(p));
		out_one(mine_get(p), from);
	} else {
		watch_say(p, "unsubscribed", watch_bare(other));
	}
}

/* ---- what users decide ---- */

static void on_consent(struct addr *user, struct addr *other,
		       enum consent now, void *arg)
{
	struct gate *g = arg;
	struct person *p;

	if (!g->running || person_get(&p, g, user))
		return;
	if (now == CONSENT_ALLOWED)
		say_yes(p, other);
	else if (now == CONSENT_DENIED)
		say_no(p, other);
}

void watch_in_start(struct gate *g)
{
	const struct consent_listener l = { .network = "xmpp",
					    .h = on_consent,
					    .arg = g };

	consent_listen(g->conf.hub, &l);
}

void watch_in_stop(struct gate *g)
{
	consent_unlisten(g->conf.hub, g);
}
