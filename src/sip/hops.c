/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A handful of servers: they are looked through. */
#include "hops_priv.h"

#include <string.h>

#include "clock.h"

enum { NONE = HOPS_MAX };

static bool same_hop(const struct sip_flow *a, const struct sip_flow *b)
{
	return a->transport == b->transport && netaddr_eq(&a->peer, &b->peer);
}

static size_t hop_find(const struct hops *hs, const struct sip_flow *flow)
{
	size_t i;

	for (i = 0; i < hs->count; i++)
		if (same_hop(&hs->hop[i].flow, flow))
			return i;
	return NONE;
}

/* The first one that works, but for this one. */
static size_t working(const struct hops *hs, size_t but)
{
	size_t i;

	for (i = 0; i < hs->count; i++)
		if (i != but && now_ms() >= hs->hop[i].down_until_ms)
			return i;
	return NONE;
}

/* Where none works: the one that may work first. */
static size_t best(const struct hops *hs)
{
	size_t i, found = working(hs, NONE);

	for (i = 0; found == NONE && i < hs->count; i++)
		found = i;
	for (i = 0; i < hs->count; i++)
		if (working(hs, NONE) == NONE &&
		    hs->hop[i].down_until_ms < hs->hop[found].down_until_ms)
			found = i;
	return found;
}

void hops_set(struct hops *hs, const struct sip_flow *flows, size_t count)
{
	struct hops old = *hs;
	size_t i, at;

	hs->count = 0;
	for (i = 0; i < count && i < HOPS_MAX; i++) {
		at = hop_find(&old, &flows[i]);
		hs->hop[hs->count++] = (struct hop){
			.flow = flows[i],
			.down_until_ms =
				at == NONE ? 0 : old.hop[at].down_until_ms,
		};
	}
}

/* ---- doubts ---- */

static size_t doubt_find(const struct hops *hs, uint64_t who)
{
	size_t i;

	for (i = 0; i < hs->doubts; i++)
		if (hs->doubt[i].who == who)
			break;
	return i;
}

static bool doubts(const struct hops *hs, size_t hop, uint64_t who)
{
	size_t i = doubt_find(hs, who);

	return i < hs->doubts && now_ms() < hs->doubt[i].until_ms &&
	       netaddr_eq(&hs->doubted, &hs->hop[hop].flow.peer);
}

static void doubt_drop(struct hops *hs, uint64_t who)
{
	size_t i = doubt_find(hs, who);

	if (i < hs->doubts)
		hs->doubt[i] = hs->doubt[--hs->doubts];
}

/* Those of long ago count no more. */
static void doubts_tidy(struct hops *hs, size_t hop)
{
	size_t i = hs->doubts;

	if (!netaddr_eq(&hs->doubted, &hs->hop[hop].flow.peer))
		hs->doubts = 0;
	while (hs->doubts && i--)
		if (now_ms() >= hs->doubt[i].until_ms)
			hs->doubt[i] = hs->doubt[--hs->doubts];
	hs->doubted = hs->hop[hop].flow.peer;
}

/* True: that is the last one that was missing. */
static bool doubt_add(struct hops *hs, size_t hop, uint64_t who)
{
	doubts_tidy(hs, hop);
	doubt_drop(hs, who);
	hs->doubt[hs->doubts].who = who;
	hs->doubt[hs->doubts++].until_ms = now_ms() + HOPS_DOUBT_MS;
	return hs->doubts == HOPS_JUDGES;
}

/* ---- for resolve.c ---- */

bool hops_flow(const struct hops *hs, uint64_t who, struct sip_flow *out)
{
	size_t at = best(hs), other;

	if (at == NONE)
		return false;
	if (doubts(hs, at, who)) {
		other = working(hs, at);
		at = other == NONE ? at : other;
	}
	*out = hs->hop[at].flow;
	return true;
}

static bool give_up(struct hops *hs, size_t at, uint64_t for_ms)
{
	bool used = at == best(hs);

	hs->hop[at].down_until_ms = now_ms() + for_ms;
	if (used)
		hs->doubts = 0;
	return used;
}

/* By another one it went no better: there is nothing in this one's way. */
static bool doubted(struct hops *hs, size_t at, uint64_t who)
{
	if (at != best(hs))
		doubt_drop(hs, who);
	else if (doubt_add(hs, at, who))
		return give_up(hs, at, HOPS_DOWN_MS);
	return false;
}

bool hops_heard(struct hops *hs, const struct sip_flow *via, uint64_t who,
		enum hop_sign sign)
{
	size_t at = hop_find(hs, via);

	if (at == NONE)
		return false;
	switch (sign) {
	case HOP_ANSWERED:
		hs->hop[at].down_until_ms = 0;
		if (at == best(hs))
			hs->doubts = 0;
		break;
	case HOP_DOUBTED:
		return doubted(hs, at, who);
	case HOP_BROKEN:
		return give_up(hs, at, HOPS_BROKEN_MS);
	}
	return false;
}
