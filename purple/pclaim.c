/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose an account there is, when several users say that it is theirs. What
 * the operator has entered counts at once. What users have entered by chat
 * counts from the moment on when the network let them in, until it lets them
 * in no more: until then anybody may try, and nobody learns who else did. All
 * that is kept over restarts.
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pgate_priv.h"

enum {
	LAPSE_MS = 10 * 60 * 1000, /* tried for so long in vain */
	TRIES_MAX = 2,             /* at once, beside one who is in */
};

#define ROWS VIEW("purple")
#define KEY "claim "

static const char *const words[PCLAIMS] = {
	[PCLAIM_PROVEN] = "proven", [PCLAIM_LOST] = "lost",
	[PCLAIM_BEATEN] = "beaten",
};

/* What was kept of an account that has not been read yet. */
struct kept {
	struct hnode by_id;
	uint64_t id;
	struct buf whose;
	enum pclaim claim;
};

/* ---- on the disk ---- */

static struct kept *find(const struct pgate *g, uint64_t id)
{
	struct hnode *n = htable_find(&g->claims, hash_u64(id));

	while (n && CONTAINER(n, struct kept, by_id)->id != id)
		n = htable_more(n);
	return n ? CONTAINER(n, struct kept, by_id) : NULL;
}

static void kept_free(struct pgate *g, struct kept *k)
{
	htable_del(&g->claims, &k->by_id);
	buf_free(&k->whose);
	mem_free(k);
}

/* Numbers are used again: so it is said of which account it was. */
static void add_whose(struct buf *b, const struct pacct *a)
{
	buf_addv(b, a->owner->text);
	buf_addc(b, ' ');
	buf_adds(b, a->proto->id);
	buf_addc(b, ' ');
	buf_adds(b, a->name);
}

void pclaim_load(struct pgate *g, const struct store_kept *row)
{
	enum pclaim claim = PCLAIM_NONE;
	struct view key = row->key, word, whose;
	struct kept *k;
	uint64_t id;

	if (!view_eq(row->network, ROWS) || !view_starts(key, VIEW(KEY)) ||
	    view_u64(&id, view_from(key, strlen(KEY)), UINT64_MAX))
		return;
	(void)view_cut(row->value, ' ', &word, &whose);
	for (enum pclaim c = PCLAIM_PROVEN; c < PCLAIMS; c++)
		if (view_eqs(word, words[c]))
			claim = c;
	if (claim == PCLAIM_NONE || find(g, id))
		return;
	k = mem_zalloc(sizeof(*k));
	k->id = id;
	k->claim = claim;
	buf_addv(&k->whose, whose);
	htable_add(&g->claims, &k->by_id, hash_u64(id));
}

void pclaim_new(struct pacct *a)
{
	struct kept *k = find(a->gate, a->id);
	struct buf whose = { 0 };

	if (!k)
		return;
	add_whose(&whose, a);
	if (view_eq(buf_view(&k->whose), buf_view(&whose)))
		a->claim = k->claim;
	buf_free(&whose);
	kept_free(a->gate, k);
}

static void keep(const struct pacct *a)
{
	struct store_txn *t = store_begin(a->gate->conf.store);
	struct buf key = { 0 }, value = { 0 };
	struct store_kept row = { .network = ROWS };

	buf_adds(&key, KEY);
	buf_add_u64(&key, a->id);
	row.key = buf_view(&key);
	if (a->claim == PCLAIM_NONE) {
		store_del_kept(t, ROWS, row.key);
	} else {
		buf_adds(&value, words[a->claim]);
		buf_addc(&value, ' ');
		add_whose(&value, a);
		row.value = buf_view(&value);
		store_put_kept(t, &row);
	}
	store_commit(t, NULL, NULL);
	buf_free(&key);
	buf_free(&value);
}

static void set(struct pacct *a, enum pclaim claim)
{
	if (a->claim == claim)
		return;
	a->claim = claim;
	keep(a);
}

void pclaim_gone(struct pacct *a)
{
	set(a, PCLAIM_NONE);
}

void pclaim_free(struct pgate *g)
{
	struct hnode *n;

	while ((n = htable_pop(&g->claims))) {
		struct kept *k = CONTAINER(n, struct kept, by_id);

		buf_free(&k->whose);
		mem_free(k);
	}
	htable_free(&g->claims);
}

/* ---- who has it ---- */

/* The next other one with the same name there. */
static struct pacct *twin(const struct pacct *a, const struct pacct *prev)
{
	struct pacct *b = pacct_next(a->gate, prev);

	while (b && (b == a || b->proto != a->proto || !pacct_serves(b) ||
		     strcmp(b->name, a->name)))
		b = pacct_next(a->gate, b);
	return b;
}

static bool holds(const struct pacct *a)
{
	return !a->claimed || a->claim == PCLAIM_PROVEN;
}

/* Of two who hold it: what the operator has entered, then the older row. */
static bool is_before(const struct pacct *b, const struct pacct *a)
{
	if (!holds(a) || a->claimed != b->claimed)
		return !holds(a) || !b->claimed;
	return b->id < a->id;
}

static const struct pacct *holder(const struct pacct *a)
{
	const struct pacct *b = NULL;

	while ((b = twin(a, b)))
		if (holds(b) && is_before(b, a))
			return b;
	return NULL;
}

bool pclaim_is_taken(const struct pacct *a)
{
	return (holds(a) || a->claim == PCLAIM_BEATEN) && holder(a);
}

bool pclaim_is_shared(const struct pacct *a)
{
	const struct pacct *b = NULL;

	while ((b = twin(a, b)))
		if (b->state == PACCT_CONNECTING || b->state == PACCT_ONLINE)
			return true;
	return false;
}

/* Each takes a process of its own meanwhile. Whose it is waits for nobody, or
 * others could keep him out. */
bool pclaim_must_wait(const struct pacct *a)
{
	const struct pacct *b = NULL;
	size_t tries = 0;

	if (holds(a) || !pclaim_is_shared(a))
		return false;
	while ((b = pacct_next(a->gate, b)))
		tries += b->state == PACCT_CONNECTING &&
			 b->placed == PLACE_ALONE;
	return tries >= TRIES_MAX;
}

/* ---- what the network says ---- */

/* To those who were in before. Who never was is nobody there, and learns
 * nothing. */
static void tell_others(const struct pacct *a)
{
	struct pacct *b = NULL;
	struct buf text = { 0 };

	while ((b = twin(a, b))) {
		if (b->claim != PCLAIM_LOST)
			continue;
		set(b, PCLAIM_NONE);
		buf_clear(&text);
		buf_adds(&text, "INFO: ");
		pacct_title(&text, b);
		buf_adds(&text, ": another user logs in with this account "
				"now. If it is yours, give its new "
				"password.");
		pgate_tell(b, NULL, buf_view(&text));
	}
	buf_free(&text);
}

bool pclaim_up(struct pacct *a)
{
	if (a->claim == PCLAIM_PROVEN)
		return true;
	if (!holds(a) && holder(a)) {
		set(a, PCLAIM_BEATEN);
		log_warning("purple %s of %s: can log in, but another user "
			    "has this account", a->name, a->owner->text.p);
		return false;
	}
	set(a, PCLAIM_PROVEN);
	if (a->claimed)
		tell_others(a);
	pshow_proven(a);
	return true;
}

/* Whoever was beaten by it may try again. */
void pclaim_refused(struct pacct *a)
{
	if (a->claim != PCLAIM_PROVEN)
		return;
	set(a, PCLAIM_LOST);
	pshow_unproven(a);
	pacct_judge_twins(a);
}

void pclaim_anew(struct pacct *a)
{
	a->tried_ms = 0;
	if (a->claim == PCLAIM_BEATEN)
		set(a, PCLAIM_NONE);
}

bool pclaim_has_lapsed(struct pacct *a)
{
	if (holds(a))
		return false;
	if (!a->tried_ms)
		a->tried_ms = now_ms();
	return now_ms() - a->tried_ms >= LAPSE_MS;
}
