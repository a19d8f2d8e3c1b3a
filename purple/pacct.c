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

enum { LINGER_S = 60, USER_ACCOUNTS = 5 };

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

static bool may_serve(const struct pacct *a)
{
	return a->state != PACCT_DISABLED && a->state != PACCT_UNSUPPORTED;
}

struct pacct *pacct_pick(const struct pgate *g, const struct addr *owner,
			 const struct pmap_target *t)
{
	struct pacct *a = NULL, *first = NULL, *knows = NULL;

	while ((a = pacct_next(g, a))) {
		if (!addr_eq(a->owner, owner) || !may_serve(a) ||
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

/* A nick of IRC is whoever took it. */
bool pacct_is_identity(const struct pacct *a)
{
	return a->proven && a->state >= PACCT_OFFLINE &&
	       strcmp(a->proto->id, "prpl-irc");
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
	return a->gate->running && !a->refused && may_serve(a) &&
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

/* What it came to counts no more. */
static void forgive(struct pacct *a)
{
	a->fails = a->refusals = a->crashes = 0;
	a->alone = a->told = false;
	buf_clear(&a->trouble);
	if (a->state == PACCT_FAILED || a->state == PACCT_BACKOFF)
		pacct_go_off(a, PACCT_OFFLINE);
}

void pacct_online(struct pacct *a)
{
	a->refused = false;
	a->manual = true;
	forgive(a);
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

/* ---- the table ---- */

static void pacct_free(struct pacct *a)
{
	struct pgate *g = a->gate;

	pacct_log_out(a);
	pgate_gone(a);
	wheel_stop(pacct_wheel(a), &a->timer);
	session_free(a->session);
	htable_del(&g->accounts, &a->by_id);
	list_remove(&g->order, &a->in_order);
	mem_deref(a->owner);
	mem_free(a->login);
	mem_free(a->name);
	buf_free(&a->trouble);
	mem_free(a);
}

static void put_in_order(struct pgate *g, struct pacct *a)
{
	struct list rest;
	struct lnode *n;

	list_init(&rest);
	while ((n = list_first(&g->order)) &&
	       CONTAINER(n, struct pacct, in_order)->id < a->id) {
		list_remove(&g->order, n);
		list_append(&rest, n);
	}
	list_prepend(&g->order, &a->in_order);
	while (rest.count) {
		n = rest.head.prev;
		list_remove(&rest, n);
		list_prepend(&g->order, n);
	}
}

static void set_text(char **at, struct view v)
{
	char *old = *at;

	*at = view_dup(v);
	mem_free(old);
}

static void set_name(struct pacct *a)
{
	struct buf b = { 0 };

	if (pmap_name(&b, view_str(a->proto->id), view_str(a->login)))
		buf_adds(&b, a->login);
	set_text(&a->name, buf_view(&b));
	buf_free(&b);
}

/* Somebody has it already: libpurple would have both be one. */
static const struct pacct *twin_of(const struct pacct *a)
{
	const struct pacct *b = NULL;

	while ((b = pacct_next(a->gate, b)) && b->id < a->id)
		if (may_serve(b) && b->proto == a->proto &&
		    !strcmp(b->name, a->name))
			return b;
	return NULL;
}

static size_t before(const struct pacct *a)
{
	const struct pacct *b = NULL;
	size_t n = 0;

	while ((b = pacct_next(a->gate, b)) && b->id < a->id)
		n += may_serve(b) && addr_eq(b->owner, a->owner);
	return n;
}

static void unsupport(struct pacct *a, const char *why)
{
	pacct_go_off(a, PACCT_UNSUPPORTED);
	buf_clear(&a->trouble);
	buf_adds(&a->trouble, why);
	log_warning("purple %s of %s: %s", a->name, a->owner->text.p, why);
	pshow_anew(a);
}

static const char *obstacle(const struct pacct *a)
{
	unsigned max = a->gate->conf.user_accounts;
	const char *dead = pmap_dead(a->proto, view_str(a->login));

	if (dead)
		return dead;
	if (!a->proto->allowed)
		return "this protocol is not allowed here";
	if (twin_of(a))
		return "another user has this account";
	if (before(a) >= (max ? max : USER_ACCOUNTS))
		return "this user has too many accounts";
	return NULL;
}

/* One that has come or gone may be in another's way, or is not any more. */
static void judge_others(struct pgate *g)
{
	struct pacct *a = NULL;
	const char *why;

	while ((a = pacct_next(g, a))) {
		if (a->state == PACCT_DISABLED)
			continue;
		why = obstacle(a);
		if (why && a->state != PACCT_UNSUPPORTED) {
			pacct_log_out(a);
			unsupport(a, why);
		} else if (!why && a->state == PACCT_UNSUPPORTED) {
			pacct_go_off(a, PACCT_OFFLINE);
			forgive(a);
			pacct_look(a);
		}
	}
}

/* What is written of it, and what follows from it. */
static void judge(struct pacct *a, const struct pgate_account *in)
{
	const char *why;

	a->policy = in->policy;
	a->auth = in->auth;
	if (!in->enabled) {
		pacct_go_off(a, PACCT_DISABLED);
		pshow_anew(a);
		return;
	}
	pacct_go_off(a, PACCT_OFFLINE);
	forgive(a);
	why = obstacle(a);
	if (why)
		unsupport(a, why);
	else
		pacct_look(a);
}

static void learn_presence(struct pacct *a)
{
	struct presence_state p = { .count = 0 };

	hub_gate_presence_of(a->gate->conf.hub, a->owner, &p);
	a->published = presence_best(&p) != SHOW_OFFLINE;
}

static struct pacct *pacct_new(struct pgate *g,
			       const struct pgate_account *in,
			       const struct pmap_proto *proto)
{
	struct pacct *a;
	struct addr *owner;

	if (addr_parse(&owner, in->owner))
		return NULL;
	a = mem_zalloc(sizeof(*a));
	a->gate = g;
	a->id = in->id;
	a->owner = owner;
	a->proto = proto;
	pacct_set(a, PACCT_OFFLINE);
	set_text(&a->login, in->login);
	set_name(a);
	list_init(&a->tags);
	list_init(&a->contacts);
	htable_add(&g->accounts, &a->by_id, hash_u64(a->id));
	put_in_order(g, a);
	if (g->running)
		learn_presence(a);
	return a;
}

struct reading {
	struct pgate *gate;
	uint64_t id; /* 0: all */
	bool found;
	bool gently; /* only when it logs in, and who may see it, is new */
};

static void on_row(const struct pgate_account *in, void *arg)
{
	struct reading *r = arg;
	const struct pmap_proto *p = pmap_proto(r->gate->map, in->proto);
	struct pacct *a;

	if (r->id && in->id != r->id)
		return;
	r->found = p;
	a = pacct_find(r->gate, in->id);
	if (!p) {
		log_warning("purple %.*s of %.*s: the protocol %.*s is not "
			    "allowed", VIEW_ARG(in->login),
			    VIEW_ARG(in->owner), VIEW_ARG(in->proto));
		return;
	}
	if (a && r->gently) {
		a->policy = in->policy;
		a->auth = in->auth;
		pacct_look(a);
		return;
	}
	if (a)
		pacct_log_out(a);
	else
		a = pacct_new(r->gate, in, p);
	if (a)
		judge(a, in);
}

static void read_rows(struct reading *r)
{
	const struct pgate_accounts *as = r->gate->conf.accounts;

	as->each(NULL, on_row, r, as->arg);
}

void pacct_read(struct pgate *g, uint64_t id)
{
	struct reading r = { .gate = g, .id = id };
	struct pacct *a;

	read_rows(&r);
	a = pacct_find(g, id);
	if (!r.found && a)
		pacct_free(a);
	judge_others(g);
}

void pacct_read_all(struct pgate *g)
{
	struct reading r = { .gate = g };

	read_rows(&r);
}

/* One that is online, or on its way, stays so. */
size_t pacct_retry_all(struct pgate *g)
{
	struct pacct *a = NULL;
	size_t count = 0;

	pacct_read_policies(g);
	while ((a = pacct_next(g, a))) {
		if (a->state != PACCT_FAILED && a->state != PACCT_BACKOFF)
			continue;
		forgive(a);
		pacct_look(a);
		count++;
	}
	return count;
}

void pacct_read_policies(struct pgate *g)
{
	struct reading r = { .gate = g, .gently = true };

	read_rows(&r);
}

void paccts_stop(struct pgate *g)
{
	struct pacct *a = NULL;

	while ((a = pacct_next(g, a)))
		pacct_log_out(a);
	wheel_stop(loop_wheel(g->conf.loop), &g->turn);
}

void paccts_free(struct pgate *g)
{
	struct pacct *a;

	while ((a = pacct_next(g, NULL)))
		pacct_free(a);
	htable_free(&g->accounts);
}
