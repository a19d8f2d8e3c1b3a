/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources' rates, speakers' shares, and the answer to those over them. */
#include "overload_priv.h"

#include <string.h>

#include "clock.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "sift_priv.h"
#include "uas_priv.h"
#include "who_priv.h"

enum {
	ROWS = 16384, /* 65,536 sources, as many speakers: 5 MiB in all */
	TELL_MS = 10 * 1000,
	TRIM_MS = 1000,
};

/* What one may ask while there is too much to do, and how often he is told. */
static const struct bucket_rate quiet = { 2, 1000, 10 };
static const struct bucket_rate refusals = { 100, 1000, 200 };
/* A refusal costs several times what silence does: so many of all. */
static const struct bucket_rate all_refusals = { 2500, 1000, 5000 };

void overload_set(struct overload *o, const struct sip_limits *limits)
{
	if (limits->source_rate && !o->sources)
		o->sources = shares_new(ROWS);
	if (!limits->source_rate) {
		shares_free(o->sources);
		o->sources = NULL;
	}
	o->rate = (struct bucket_rate){ limits->source_rate, 1000,
					limits->source_burst };
	o->load.memory_max = limits->memory;
}

void overload_init(struct overload *o, const struct sip_limits *limits)
{
	o->speakers = shares_new(ROWS);
	o->load.memoryh = mem_resident;
	overload_set(o, limits);
}

void overload_free(struct overload *o)
{
	shares_free(o->sources);
	shares_free(o->speakers);
}

/* ---- the log ---- */

uint64_t overload_dropped(const struct sip *s)
{
	return s->stats.dropped + transport_lost(s->transport);
}

void overload_tells(struct sip *s, const struct netaddr *from)
{
	struct overload *o = &s->overload;
	uint64_t now = now_ms(), dropped;
	char peer[NETADDR_TEXT_MAX];

	if (o->told_ms && now < o->told_ms + TELL_MS)
		return;
	o->told_ms = now;
	dropped = overload_dropped(s);
	log_info("sip: too many requests: %llu refused and %llu dropped since "
		 "this was last said; now from %s",
		 (unsigned long long)(s->stats.overload - o->told_refused),
		 (unsigned long long)(dropped - o->told_dropped),
		 netaddr_str(peer, from));
	o->told_refused = s->stats.overload;
	o->told_dropped = dropped;
}

static void tell(const struct uas *u)
{
	overload_tells(u->sip, &u->flow->peer);
}

static void drop(struct uas *u)
{
	u->sip->stats.dropped++;
	sift_dropped(u->sip->sift, u);
	tell(u);
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

	if (!source || bucket_take(&source->taken, rate, u->now))
		return true;
	u->over_rate = true;
	if (bucket_take(&source->refused, rate, u->now))
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
uint64_t overload_speaker(const struct uas *u)
{
	if (!u->trusted)
		return auth_source(&u->flow->peer);
	return who_speaks(u->packet,
			  u->sip->trusted_identity == SIP_TRUST_ASSERTED);
}

enum fairq_class overload_class(struct uas *u)
{
	struct share *speaker = shares_of(u->sip->overload.speakers, u->who);

	if (u->over_rate || !bucket_take(&speaker->taken, &quiet, u->now))
		return FAIRQ_LOUD;
	return u->trusted || speaker->known ? FAIRQ_KNOWN : FAIRQ_QUIET;
}

void overload_knows(struct uas *u)
{
	shares_of(u->sip->overload.speakers,
		  auth_source(&u->flow->peer))->known = true;
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

static enum sip_load level_of(struct sip *s)
{
	struct overload *o = &s->overload;

	if (load_memory_full(&o->load))
		save_memory(s);
	o->level = load_level(&o->load, stxns_count(s->stxns));
	return o->level;
}

/* What can't be served at all is refused at once. */
enum fairq_class overload_open(struct sip *s)
{
	static const enum fairq_class open[] = {
		[SIP_CALM] = FAIRQ_LOUD, [SIP_LATE] = FAIRQ_QUIET,
		[SIP_BUSY] = FAIRQ_QUIET, [SIP_FULL] = FAIRQ_NONE,
	};
	enum sip_load level = level_of(s);

	if (s->draining || load_memory_full(&s->overload.load))
		return FAIRQ_LOUD;
	return open[level];
}

/* True: there is too much to do for this one. What waited has done so until
 * there was not. */
static bool is_too_much(struct uas *u)
{
	struct sip *s = u->sip;
	enum sip_load level;

	if (s->draining || overload_memory_full(s))
		return true;
	if (u->waited)
		return false;
	u->who = overload_speaker(u);
	level = level_of(s);
	return overload_class(u) == FAIRQ_LOUD ? level >= SIP_BUSY :
						 level == SIP_FULL;
}

/* ---- refusing ---- */

/* As much as a stateless answer needs. */
static void parse_a_little(struct uas *u)
{
	struct parsed *req = &u->sip->req;

	memset(req, 0, sizeof(*req));
	via_parse(&req->via, u->pre->first[HDR_VIA]);
	stxn_key(u->sip->stxns, &u->key, u->pre, req, &u->flow->peer);
}

/* False: silence has to do. In a flood it mostly has, so what is asked first
 * is the one place that all share. */
static bool is_told(struct uas *u)
{
	struct overload *o = &u->sip->overload;

	if (!bucket_take(&o->refused, &all_refusals, u->now))
		return false;
	if (u->over_rate ||
	    bucket_take(&shares_of(o->speakers, u->who)->refused, &refusals,
			u->now))
		return true;
	bucket_give(&o->refused, &all_refusals);
	return false;
}

static void refuse(struct uas *u, bool told)
{
	parse_a_little(u);
	if (uas_repeated(u)) {
		overload_give_back(u);
	} else if (!u->pre->first[HDR_VIA].n || !(told || is_told(u))) {
		drop(u);
	} else {
		uas_answer_busy(u);
		tell(u);
	}
}

void overload_sheds(struct uas *u)
{
	struct sip *s = u->sip;

	s->stats.requests_in++;
	if (!is_told(u)) {
		drop(u);
		return;
	}
	prescan(&s->pre, u->packet, s->limits.head);
	if (s->pre.status || view_eqs(s->pre.method, "ACK"))
		drop(u);
	else
		refuse(u, true);
}

/* It costs as much to refuse it. */
static bool is_cheap(const struct uas *u)
{
	return view_eqs(u->pre->method, "OPTIONS") ||
	       view_eqs(u->pre->method, "CANCEL");
}

bool overload_puts_off(struct uas *u)
{
	if (u->in)
		return false;
	if (!u->over_rate && (is_cheap(u) || !is_too_much(u)))
		return false;
	refuse(u, false);
	return true;
}
