/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources' rates, speakers' shares, and the answer to those over them. */
#include "overload_priv.h"

#include <string.h>

#include "clock.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "uas_priv.h"

enum {
	ROWS = 16384, /* 65,536 sources, as many speakers: 5 MiB in all */
	TELL_MS = 10 * 1000,
	TRIM_MS = 1000,
	/* What can't be served when the processor is the bottleneck is looked
	 * at as well, or the quiet would get lost among it in the kernel. To
	 * serve one costs as much as to look at about 15: with three looked at
	 * for each that is served, most of our time goes to what is served. */
	LATE_SERVED = 4,
};

/* What one may ask while there is too much to do, and how often he is told. */
static const struct bucket_rate quiet = { 2, 1000, 10 };
static const struct bucket_rate refusals = { 100, 1000, 200 };
/* A refusal costs several times what silence does: so many of all. */
static const struct bucket_rate all_refusals = { 2500, 1000, 5000 };

void overload_init(struct overload *o, const struct sip_limits *limits)
{
	if (limits->source_rate)
		o->sources = shares_new(ROWS);
	o->speakers = shares_new(ROWS);
	o->rate = (struct bucket_rate){ limits->source_rate, 1000,
					limits->source_burst };
	o->load.memory_max = limits->memory;
	o->load.memoryh = mem_resident;
}

void overload_free(struct overload *o)
{
	shares_free(o->sources);
	shares_free(o->speakers);
}

/* ---- the log ---- */

static void tell(struct sip *s, const struct sip_flow *flow)
{
	struct overload *o = &s->overload;
	char peer[NETADDR_TEXT_MAX];

	if (o->told_ms && now_ms() < o->told_ms + TELL_MS)
		return;
	o->told_ms = now_ms();
	log_info("sip: too many requests: %llu refused and %llu dropped since "
		 "this was last said; now from %s",
		 (unsigned long long)(s->stats.overload - o->told_refused),
		 (unsigned long long)(s->stats.dropped - o->told_dropped),
		 netaddr_str(peer, &flow->peer));
	o->told_refused = s->stats.overload;
	o->told_dropped = s->stats.dropped;
}

static void drop(struct uas *u)
{
	u->sip->stats.dropped++;
	tell(u->sip, u->flow);
}

/* ---- sources ---- */

static struct share *source_of(const struct uas *u)
{
	struct shares *sources = u->sip->overload.sources;

	if (!sources || u->trusted || u->in)
		return NULL;
	return shares_of(sources, auth_source(&u->flow->peer));
}

bool overload_hears(struct uas *u)
{
	const struct bucket_rate *rate = &u->sip->overload.rate;
	struct share *source = source_of(u);

	if (!source || bucket_take(&source->taken, rate, now_ms()))
		return true;
	u->over_rate = true;
	if (bucket_take(&source->refused, rate, now_ms()))
		return true;
	drop(u);
	return false;
}

void overload_give_back(struct uas *u)
{
	struct share *source = source_of(u);

	if (!source)
		return;
	bucket_give(u->over_rate ? &source->refused : &source->taken,
		    &u->sip->overload.rate);
}

/* ---- speakers ---- */

/* Whose word a trusted source brings; of others the address is all that is
 * known before they have logged in. */
static uint64_t speaker_of(const struct uas *u)
{
	struct view text = u->pre->first[HDR_ASSERTED];
	struct sip_nameaddr a;

	if (!u->trusted)
		return auth_source(&u->flow->peer);
	if (!text.n || u->sip->trusted_identity != SIP_TRUST_ASSERTED)
		text = u->pre->first[HDR_FROM];
	return hash_view(scan_nameaddr(&a, text) ? text : a.uri);
}

/* ---- our own load ---- */

static void save_memory(struct sip *s)
{
	struct overload *o = &s->overload;

	if (now_ms() < o->trimmed_ms + TRIM_MS)
		return;
	o->trimmed_ms = now_ms();
	dones_halve(stxns_done(s->stxns));
	mem_trim();
	o->load.memory_at_ms = 0;
}

bool overload_memory_full(struct sip *s)
{
	if (!load_memory_full(&s->overload.load))
		return false;
	save_memory(s);
	return load_memory_full(&s->overload.load);
}

static enum sip_load level_of(struct uas *u)
{
	struct sip *s = u->sip;
	struct overload *o = &s->overload;

	if (load_memory_full(&o->load))
		save_memory(s);
	o->level = load_level(&o->load, stxns_count(s->stxns),
			      transport_backlog(s->transport, u->flow));
	return o->level;
}

/* True: there is too much to do for this one. */
static bool is_too_much(struct uas *u, struct share *speaker)
{
	bool is_quiet = bucket_take(&speaker->taken, &quiet, now_ms());

	if (u->sip->draining)
		return true;
	switch (level_of(u)) {
	case SIP_CALM:
		return false;
	case SIP_LATE:
		return !is_quiet && ++u->sip->overload.late % LATE_SERVED;
	case SIP_BUSY:
		return !is_quiet;
	case SIP_FULL:
		break;
	}
	return true;
}

/* As much as a stateless answer needs. */
static void parse_a_little(struct uas *u)
{
	struct parsed *req = &u->sip->req;

	memset(req, 0, sizeof(*req));
	via_parse(&req->via, u->pre->first[HDR_VIA]);
	stxn_key(u->sip->stxns, &u->key, u->pre, req);
}

static void put_off(struct uas *u, struct bucket *told)
{
	struct bucket *all = &u->sip->overload.refused;

	if (!u->pre->first[HDR_VIA].n ||
	    (told && !bucket_take(told, &refusals, now_ms())) ||
	    !bucket_take(all, &all_refusals, now_ms())) {
		drop(u);
		return;
	}
	uas_answer_busy(u);
	tell(u->sip, u->flow);
}

/* It costs as much to refuse it. */
static bool is_cheap(const struct uas *u)
{
	return view_eqs(u->pre->method, "OPTIONS") ||
	       view_eqs(u->pre->method, "CANCEL");
}

bool overload_puts_off(struct uas *u)
{
	struct share *speaker;
	struct bucket *told = NULL;

	if (u->in || (!u->over_rate && is_cheap(u)))
		return false;
	if (!u->over_rate) {
		speaker = shares_of(u->sip->overload.speakers, speaker_of(u));
		if (!is_too_much(u, speaker))
			return false;
		told = &speaker->refused;
	}
	parse_a_little(u);
	if (!uas_repeated(u))
		put_off(u, told);
	else
		overload_give_back(u);
	return true;
}
