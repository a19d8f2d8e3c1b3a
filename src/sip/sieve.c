/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One place for each of 1,024 hashes. Sources that meet there outvote each
 * other (Boyer and Moore): the one that most is dropped of has it in the end,
 * and keeps it while it has a rule.
 */
#include "sieve_priv.h"

#include <stdlib.h>

#include "mem.h"

enum { PLACES = 1024, SPARE_LEAST = 4 };

#define ALL (UINT64_C(1) << 32)   /* all pass: no rule */
#define LEAST (UINT64_C(1) << 16)

struct place {
	uint64_t who;
	struct netaddr src;
	uint64_t pass;                  /* of ALL; 0: nobody's place */
	uint32_t heard, dropped, strays; /* in this window */
	uint32_t against;               /* drops of others here */
	bool answers;                   /* most of it is strays */
};

struct sieve {
	struct place place[PLACES];
	size_t used, rules;
};

struct sieve *sieve_new(void)
{
	return mem_zalloc(sizeof(struct sieve));
}

void sieve_free(struct sieve *sv)
{
	mem_free(sv);
}

bool sieve_busy(const struct sieve *sv)
{
	return sv->used;
}

/* ---- the places ---- */

static struct place *place_at(struct sieve *sv, uint64_t who)
{
	return &sv->place[who % PLACES];
}

static bool is_ruled(const struct place *p)
{
	return p->pass && p->pass < ALL;
}

/* NULL: it is another's. */
static struct place *place_take(struct sieve *sv, uint64_t who,
				const struct netaddr *src)
{
	struct place *p = place_at(sv, who);

	if (p->pass && p->who == who)
		return p;
	if (p->pass && (is_ruled(p) || ++p->against < p->dropped))
		return NULL;
	sv->used += !p->pass;
	*p = (struct place){ .who = who, .src = *src, .pass = ALL };
	return p;
}

void sieve_heard(struct sieve *sv, uint64_t who)
{
	struct place *p;

	if (!sv->used)
		return;
	p = place_at(sv, who);
	p->heard += p->who == who;
}

void sieve_dropped(struct sieve *sv, uint64_t who, const struct netaddr *src)
{
	struct place *p = place_take(sv, who, src);

	if (p)
		p->dropped++;
}

void sieve_stray(struct sieve *sv, uint64_t who, const struct netaddr *src)
{
	struct place *p = place_take(sv, who, src);

	if (!p)
		return;
	p->heard++;
	p->dropped++;
	p->strays++;
}

/* ---- the rules ---- */

/* What a source may still have dropped here, so that it is seen to. */
static uint64_t spare_of(const struct sieve *sv)
{
	uint64_t n = SIEVE_SPARE / (sv->rules + 1);

	if (n > SIEVE_HEAVY)
		return SIEVE_HEAVY;
	return n < SPARE_LEAST ? SPARE_LEAST : n;
}

/* In proportion, so that next time what is served and the spare come. */
static uint64_t less(const struct place *p, uint64_t spare)
{
	uint64_t heard = p->heard > p->dropped ? p->heard : p->dropped;
	uint64_t wanted = heard - p->dropped + spare;
	uint64_t pass = p->pass * wanted / heard;

	return pass > LEAST ? pass : LEAST;
}

static uint64_t more(const struct place *p)
{
	uint64_t pass = p->dropped ? p->pass + p->pass / 4 : 2 * p->pass;

	return pass < ALL ? pass : ALL;
}

static uint64_t pass_next(const struct place *p, uint64_t spare)
{
	if (p->dropped >= SIEVE_HEAVY || (is_ruled(p) && p->dropped > spare))
		return less(p, spare);
	return p->dropped < spare / 2 ? more(p) : p->pass;
}

static int by_pass(const void *a, const void *b)
{
	const struct udp_rule *x = a, *y = b;

	return (x->pass > y->pass) - (x->pass < y->pass);
}

/* What is quiet leaves its place. */
static void place_turn(struct sieve *sv, struct place *p, uint64_t spare)
{
	bool silent = !p->dropped;

	if (2 * p->strays > p->dropped && p->strays >= SIEVE_HEAVY)
		p->answers = true;
	p->pass = pass_next(p, spare);
	if (!is_ruled(p))
		p->answers = false;
	p->heard = p->dropped = p->strays = p->against = 0;
	if (is_ruled(p) || !silent)
		return;
	p->pass = 0;
	sv->used--;
}

size_t sieve_turn(struct sieve *sv, struct udp_rule rules[UDP_FILTER_RULES])
{
	uint64_t spare = spare_of(sv);
	size_t i, n = 0;

	for (i = 0; i < PLACES && sv->used; i++) {
		struct place *p = &sv->place[i];

		if (p->pass)
			place_turn(sv, p, spare);
		if (is_ruled(p) && n < UDP_FILTER_RULES)
			rules[n++] = (struct udp_rule){
				.src = p->src,
				.pass = (uint32_t)p->pass,
				.answers = p->answers,
			};
	}
	sv->rules = n;
	qsort(rules, n, sizeof(*rules), by_pass);
	return n;
}
