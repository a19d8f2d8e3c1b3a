/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Presence stanzas as they come: to whom each is, and what becomes of
 * contacts' answers.
 */
#include "watch_priv.h"

#include "mem.h"

enum { NOISE_RATE = 10, NOISE_BURST = 100 };

/* Those who watch him by SIP; what this makes them do may end any of it. */
void watch_tell_looks(struct contact *c, enum gate_watch state)
{
	struct addr *targets[LOOKS_MAX], *user = mem_ref(c->mine->person->aor);
	struct hub *h = c->mine->person->gate->conf.hub;
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&c->looks, n, nx)
		if (count < LOOKS_MAX)
			targets[count++] = mem_ref(
				CONTAINER(n, struct look, node)->target);
	for (size_t i = 0; i < count; i++) {
		hub_gate_watch(h, user, targets[i], state);
		mem_deref(targets[i]);
	}
	mem_deref(user);
}

static void answered(struct person *p, struct view bare, bool yes)
{
	struct addr *addr = watch_addr(bare);
	struct contact *c = addr ? contact_find(p->gate, p->aor, addr) : NULL;

	/* only to what was asked */
	if (addr && (c || answer_of(p->gate, p->aor, addr))) {
		answer_set(p->gate, p->aor, addr,
			   yes ? KNOWN_ALLOWED : KNOWN_NOTHING);
		if (c && !yes)
			contact_clear(c);
		if (c)
			watch_tell_looks(c, yes ? GATE_WATCH_ACTIVE :
					    GATE_WATCH_NONE);
	}
	mem_deref(addr);
}

static bool is_nowhere(const struct elem *e)
{
	static const char *const conditions[] = {
		"item-not-found", "jid-malformed", "remote-server-not-found",
		"gone",
	};
	struct elem error;

	if (!elem_child(&error, e, "error", NULL))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (elem_has(&error, conditions[i], NULL))
			return true;
	return false;
}

static void failed(struct person *p, struct view bare, const struct elem *e)
{
	struct addr *addr = watch_addr(bare);
	struct contact *c = addr ? contact_find(p->gate, p->aor, addr) : NULL;

	if (c) {
		contact_clear(c);
		c->heard = true;
		if (is_nowhere(e) && answer_of(p->gate, p->aor, addr) ==
					     KNOWN_PENDING) {
			answer_set(p->gate, p->aor, addr, KNOWN_NOTHING);
			watch_tell_looks(c, GATE_WATCH_NOWHERE);
		} else {
			contact_shown(c);
		}
	}
	mem_deref(addr);
}

/* What an account is shown, it may see: its server knows. */
static void take_presence(struct person *p, struct addr *addr,
			  struct view resource, const struct elem *e)
{
	struct contact *c = contact_find(p->gate, p->aor, addr);

	if (p->account && c && !list_empty(&c->looks) &&
	    answer_of(p->gate, p->aor, addr) != KNOWN_ALLOWED)
		answered(p, watch_bare(addr), true);
	seen_presence(p, addr, resource, e);
}

static void take(struct person *p, struct addr *addr, struct view from,
		 struct view resource, const struct elem *e)
{
	struct view type = elem_get(e, "type"), bare = watch_bare(addr);

	if (!type.n || view_eqs(type, "unavailable"))
		take_presence(p, addr, resource, e);
	else if (view_eqs(type, "subscribed"))
		answered(p, bare, true);
	else if (view_eqs(type, "unsubscribed"))
		answered(p, bare, false);
	else if (view_eqs(type, "error"))
		failed(p, bare, e);
	else if (view_eqs(type, "subscribe"))
		watched_subscribe(p, addr);
	else if (view_eqs(type, "unsubscribe"))
		watched_unsubscribe(p, addr);
	else if (view_eqs(type, "probe") && !p->account)
		watched_probe(p, addr, from);
}

/* For the gateway itself, or for nobody that there is. */
static void take_stray(struct xlink *x, const struct elem *e)
{
	struct view type = elem_get(e, "type"), to = elem_get(e, "to");
	struct view from = elem_get(e, "from");
	bool domain = !view_has(to, '@');
	const char *answer = NULL;
	struct buf b = { 0 };

	if (view_eqs(type, "subscribe"))
		answer = domain ? "subscribed" : "unsubscribed";
	else if (view_eqs(type, "probe"))
		answer = domain ? "" : "unsubscribed";
	if (!answer)
		return;
	stanza_open(&b, "presence", view_str(answer), to, from, VIEW_NONE);
	elem_close(&b);
	(void)xlink_send(x, &b);
	buf_free(&b);
}

bool watches_stanza(struct gate *g, struct xlink *x, struct person *p,
		    const struct elem *e)
{
	struct view from = elem_get(e, "from"), bare, resource, user, host;
	struct addr *addr;
	enum jmap_zone zone;

	if (x->kind == XLINK_ROOMS || !elem_is(e, "presence", NULL))
		return false;
	if (!view_cut(from, '/', &bare, &resource))
		bare = from;
	if (!view_cut(bare, '@', &user, &host))
		host = bare;
	if (!from.n || jmap_zone_of(g->map, host, &zone) ||
	    !gate_within(g, bare, 'p', NOISE_RATE, NOISE_BURST))
		return true;
	addr = watch_addr(bare);
	/* an account's other clients are no contacts of its */
	if (p && addr && !(p->account && view_eq(bare, buf_view(&p->jid))))
		take(p, addr, from, resource, e);
	else if (!p)
		take_stray(x, e);
	mem_deref(addr);
	return true;
}
