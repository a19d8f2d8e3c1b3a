/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Servers of one name, best first, and which of them work. Behind them are
 * many, and what one of these does (a phone that is off, an account that
 * answers everything with 503) is nobody else's loss: a server is given up for
 * all when it can't be reached, or when HOPS_JUDGES different recipients in a
 * row got nothing by it. Until then only who got nothing tries another one.
 */
#ifndef CONFAB_HOPS_PRIV_H
#define CONFAB_HOPS_PRIV_H

#include "resolve.h"

enum {
	HOPS_MAX = 2 * DNS_ADDRS_MAX,
	HOPS_JUDGES = 3,
	HOPS_BROKEN_MS = 60 * 1000,    /* it is passed over for so long */
	HOPS_DOWN_MS = 5 * 60 * 1000,  /* likewise: nobody heard from it */
	HOPS_DOUBT_MS = 10 * 60 * 1000,
};

struct hop {
	struct sip_flow flow;
	uint64_t down_until_ms;
};

struct hops {
	struct hop hop[HOPS_MAX];
	size_t count;
	/* Who got nothing by the best one, which is this one. */
	struct netaddr doubted;
	struct {
		uint64_t who, until_ms;
	} doubt[HOPS_JUDGES];
	size_t doubts;
};

/* What is known of those that stay is kept. */
void hops_set(struct hops *hs, const struct sip_flow *flows, size_t count);
/* False: there are none. who: the hash of a recipient; 0: of nobody. */
bool hops_flow(const struct hops *hs, uint64_t who, struct sip_flow *out);
/* True: others are used from now on. */
bool hops_heard(struct hops *hs, const struct sip_flow *via, uint64_t who,
		enum hop_sign sign);

#endif
