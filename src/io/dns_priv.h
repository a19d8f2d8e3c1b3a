/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of dns.c: c-ares on the loop, names, SRV records. */
#ifndef CONFAB_DNS_PRIV_H
#define CONFAB_DNS_PRIV_H

#include <ares.h>

#include "dns.h"
#include "list.h"

/* A c-ares channel that the loop drives. ares_*() may call back before it
 * returns. */
struct dns_chan;
int dns_chan_new(struct dns_chan **cp, struct loop *l);
/* Runs what is waiting with ARES_EDESTRUCTION. */
void dns_chan_free(struct dns_chan *c);
ares_channel dns_chan_ares(struct dns_chan *c);
/* To be called after each request. */
void dns_chan_rearm(struct dns_chan *c);

/* Of a status of c-ares: 0, ENOENT, ETIMEDOUT or EAGAIN. */
int dns_status_err(int status);

struct dns_answer {
	int err;
	const char *why; /* static */
	size_t count;
	struct netaddr addrs[DNS_ADDRS_MAX]; /* without ports */
};

/* The names asked for and their answers, over a channel that must be freed
 * before them. */
struct dns_names;
struct dns_names *dns_names_new(struct dns_chan *chan);
void dns_names_free(struct dns_names *names);

struct dns_name;
struct dns_waiter {
	struct lnode node;   /* private */
	struct dns_name *on; /* private */
	void (*h)(struct dns_waiter *w, const struct dns_answer *a);
};
/* w->h runs once, maybe before this returns, unless w is forgotten. */
void dns_names_ask(struct dns_names *names, struct dns_waiter *w,
		   struct view host);
void dns_names_forget(struct dns_waiter *w);

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

/* The same of NAPTR records, those that lead to SRV. */
int naptr_parse(struct dns_naptr out[DNS_NAPTR_MAX], size_t *count,
		const unsigned char *answer, int n);

#endif
