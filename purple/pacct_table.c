/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which accounts there are, and which of them can be had: read from whoever
 * keeps them. */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pgate_priv.h"

enum { USER_ACCOUNTS = 5 };

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

static size_t before(const struct pacct *a)
{
	const struct pacct *b = NULL;
	size_t n = 0;

	while ((b = pacct_next(a->gate, b)) && b->id < a->id)
		n += pacct_serves(b) && addr_eq(b->owner, a->owner);
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
	if (pclaim_is_taken(a))
		return "another user has this account";
	if (before(a) >= (max ? max : USER_ACCOUNTS))
		return "this user has too many accounts";
	return NULL;
}

/* He had it until now. */
static void tell_taken(struct pacct *a, const char *why)
{
	struct buf b = { 0 };

	buf_adds(&b, "ERROR: ");
	pacct_title(&b, a);
	buf_addf(&b, " can't be used any more: %s.", why);
	pgate_tell(a, NULL, buf_view(&b));
	buf_free(&b);
}

static void judge_again(struct pacct *a)
{
	const char *why = a->state == PACCT_DISABLED ? NULL : obstacle(a);
	bool was_in = a->state == PACCT_ONLINE;

	if (a->state == PACCT_DISABLED)
		return;
	if (why && a->state != PACCT_UNSUPPORTED) {
		pacct_log_out(a);
		unsupport(a, why);
		if (was_in)
			tell_taken(a, why);
	} else if (!why && a->state == PACCT_UNSUPPORTED) {
		pacct_go_off(a, PACCT_OFFLINE);
		pacct_forgive(a);
		pacct_look(a);
	}
}

/* One that has come or gone may be in another's way, or is not any more. */
static void judge_all(struct pgate *g)
{
	struct pacct *a = NULL;

	while ((a = pacct_next(g, a)))
		judge_again(a);
}

void pacct_judge_twins(struct pacct *a)
{
	struct pacct *b = NULL;

	while ((b = pacct_next(a->gate, b)))
		if (b != a && b->proto == a->proto &&
		    !strcmp(b->name, a->name))
			judge_again(b);
}

/* What is written of it, and what follows from it. */
static void judge(struct pacct *a, const struct pgate_account *in)
{
	const char *why;

	a->policy = in->policy;
	a->auth = in->auth;
	a->claimed = in->claimed;
	if (!in->enabled) {
		pacct_go_off(a, PACCT_DISABLED);
		pshow_anew(a);
		return;
	}
	pacct_go_off(a, PACCT_OFFLINE);
	pacct_forgive(a);
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
	pclaim_new(a);
	if (g->running)
		learn_presence(a);
	return a;
}

struct reading {
	struct pgate *gate;
	uint64_t id; /* 0: all */
	bool found, claims;
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
	r->claims |= in->claimed;
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
	if (a) {
		pacct_log_out(a);
		pclaim_anew(a);
	} else {
		a = pacct_new(r->gate, in, p);
	}
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
	if (!r.found && a) {
		pclaim_gone(a);
		pacct_free(a);
	}
	judge_all(g);
}

void pacct_read_all(struct pgate *g)
{
	struct reading r = { .gate = g };

	read_rows(&r);
	if (r.claims)
		judge_all(g);
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
		pacct_forgive(a);
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
