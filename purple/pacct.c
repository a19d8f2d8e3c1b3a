/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts: which there are, and why each is to be online. The reasons are a
 * set, not a number: a device, a publication, those whom its owner watches,
 * texts that wait, his own word. With the last one gone it stays for
 * linger_s.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pgate_priv.h"
#include "utf8.h"

enum { LINGER_S = 60 };

static const char *const states[PACCT_STATES] = {
	[PACCT_DISABLED] = "disabled", [PACCT_UNSUPPORTED] = "unsupported",
	[PACCT_OFFLINE] = "offline",   [PACCT_QUEUED] = "queued",
	[PACCT_CONNECTING] = "connecting", [PACCT_ONLINE] = "online",
	[PACCT_BACKOFF] = "backoff",   [PACCT_FAILED] = "failed",
};

const char *pacct_state_name(enum pacct_state state)
{
	return states[state];
}

void pacct_set(struct pacct *a, enum pacct_state state)
{
	if (a->state != state || !a->since_ms)
		a->since_ms = wall_ms();
	a->state = state;
}

void pacct_title(struct buf *b, const struct pacct *a)
{
	buf_adds(b, a->proto->title);
	buf_addc(b, ' ');
	utf8_clean_line(b, view_str(a->name), 128);
}

void pacct_note(const struct pacct *a, struct view error)
{
	const struct pgate_accounts *as = a->gate->conf.accounts;

	if (as->note)
		as->note(a->id, error, as->arg);
}

/* ---- which there are ---- */

struct pacct *pacct_find(const struct pgate *g, uint64_t id)
{
	struct hnode *n = htable_find(&g->accounts, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct pacct *a = CONTAINER(n, struct pacct, by_id);

		if (a->id == id)
			return a;
	}
	return NULL;
}

struct pacct *pacct_next(const struct pgate *g, const struct pacct *prev)
{
	struct lnode *n = prev ? list_next(&g->order, &prev->in_order) :
				 list_first(&g->order);

	return n ? CONTAINER(n, struct pacct, in_order) : NULL;
}

bool pacct_serves(const struct pacct *a)
{
	return a->state != PACCT_DISABLED && a->state != PACCT_UNSUPPORTED;
}

struct pacct *pacct_pick(const struct pgate *g, const struct addr *owner,
			 const struct pmap_target *t)
{
	struct pacct *a = NULL, *first = NULL, *knows = NULL;

	while ((a = pacct_next(g, a))) {
		if (!addr_eq(a->owner, owner) || !pacct_serves(a) ||
		    !view_eqs(t->proto, a->proto->id))
			continue;
		if (t->account == a->id)
			return a;
		if (!knows && t->name.n && pshow_knows(a, t->name))
			knows = a;
		if (!first)
			first = a;
	}
	if (t->account)
		return NULL;
	return knows ? knows : first;
}

/* A nick of IRC is whoever took it. And not every plug-in logs in with the
 * name that was typed (a token does as well): there the operator vouches. */
bool pacct_is_identity(const struct pacct *a)
{
	if (a->claim != PCLAIM_PROVEN || a->state < PACCT_OFFLINE ||
	    !strcmp(a->proto->id, "prpl-irc"))
		return false;
	return !a->claimed || !strcmp(a->proto->id, "prpl-jabber");
}

static struct view server_of(const struct pacct *a)
{
	struct view user, server;

	(void)view_cut(view_str(a->name), '@', &user, &server);
	return server;
}

bool pacct_is_pair(const struct pacct *a, const struct pacct *b)
{
	if (a->proto != b->proto || addr_eq(a->owner, b->owner))
		return false;
	return (!a->claimed && !b->claimed) ||
	       (!strcmp(a->proto->id, "prpl-jabber") &&
		view_eq(server_of(a), server_of(b)));
}

struct pacct *pacct_named(const struct pgate *g, struct view proto,
			  struct view name)
{
	struct pacct *a = NULL;

	while ((a = pacct_next(g, a)))
		if (pacct_is_identity(a) &&
		    view_eqs(proto, a->proto->id) && view_eqs(name, a->name))
			return a;
	return NULL;
}

/* ---- reasons ---- */

static bool has_reason(const struct pacct *a)
{
	if (a->manual || a->policy == PGATE_ALWAYS)
		return true;
	return a->policy == PGATE_PRESENCE &&
	       (a->here || a->published || a->watches || a->texts);
}

static bool is_wanted(const struct pacct *a)
{
	return a->gate->running && !a->refused && pacct_serves(a) &&
	       has_reason(a);
}

static uint64_t linger_ms(const struct pacct *a)
{
	unsigned s = a->gate->conf.linger_s;

	return (s ? s : LINGER_S) * UINT64_C(1000);
}

static void on_linger(struct wtimer *t)
{
	struct pacct *a = CONTAINER(t, struct pacct, timer);

	if (!is_wanted(a))
		pacct_log_out(a);
}

static void want(struct pacct *a)
{
	if (a->state == PACCT_OFFLINE)
		pacct_queue(a);
	else if (a->state == PACCT_ONLINE)
		wheel_stop(pacct_wheel(a), &a->timer);
}

static void unwant(struct pacct *a)
{
	if (a->state == PACCT_QUEUED)
		pacct_unqueue(a);
	if (a->state == PACCT_QUEUED || a->state == PACCT_BACKOFF)
		pacct_go_off(a, PACCT_OFFLINE);
	else if (a->state == PACCT_ONLINE && a->refused)
		pacct_log_out(a);
	else if (a->state == PACCT_ONLINE && !wtimer_running(&a->timer))
		wheel_start(pacct_wheel(a), &a->timer, linger_ms(a),
			    on_linger);
}

void pacct_look(struct pacct *a)
{
	if (is_wanted(a))
		want(a);
	else
		unwant(a);
}

/* Each text begins the time anew. */
void pacct_text(struct pacct *a)
{
	if (a->state == PACCT_ONLINE && wtimer_running(&a->timer))
		wheel_start(pacct_wheel(a), &a->timer, linger_ms(a),
			    on_linger);
	else
		pacct_look(a);
}

void pacct_forgive(struct pacct *a)
{
	a->tried_ms = 0;
	a->fails = a->refusals = a->crashes = a->deaths = 0;
	a->alone = a->told = false;
	buf_clear(&a->trouble);
	if (a->state == PACCT_FAILED || a->state == PACCT_BACKOFF)
		pacct_go_off(a, PACCT_OFFLINE);
}

void pacct_online(struct pacct *a)
{
	a->refused = false;
	a->manual = true;
	pacct_forgive(a);
	pacct_look(a);
}

void pacct_offline(struct pacct *a)
{
	a->manual = false;
	a->refused = true;
	if (a->state == PACCT_CONNECTING)
		pacct_log_out(a);
	pacct_look(a);
}
