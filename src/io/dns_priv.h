/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of dns.c: c-ares on the loop, and SRV records. */
#ifndef CONFAB_DNS_PRIV_H
#define CONFAB_DNS_PRIV_H

#include <ares.h>

#include "dns.h"

/* A c-ares channel that the loop drives. ares_*() may call back before it
 * returns. */
struct dns_chan;
int dns_chan_new(struct dns_chan **cp, struct loop *l);
/* Runs what is waiting with ARES_EDESTRUCTION. */
void dns_chan_free(struct dns_chan *c);
ares_channel dns_chan_ares(struct dns_chan *c);
/* To be called after each request. */
void dns_chan_rearm(struct dns_chan *c);

enum { SRV_TARGETS_MAX = 8, DNS_NAME_MAX = 253 };

struct srv_target {
	char host[DNS_NAME_MAX + 1];
	uint16_t priority, weight, port;
};

/* Letters, digits, '-', '_' and '.', of a length that DNS knows. */
bool dns_name_ok(struct view name);
/* Of an answer of n bytes, in the order of RFC 2782; the best ones when there
 * are more than out holds. A service of "." has none. ARES_SUCCESS or what
 * c-ares says. */
int srv_parse(struct srv_target out[SRV_TARGETS_MAX], size_t *count,
	      const unsigned char *answer, int n);

#endif
