/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names to addresses, by c-ares on the loop; numeric names never wait. */
#ifndef CONFAB_DNS_H
#define CONFAB_DNS_H

#include "loop.h"
#include "netaddr.h"

struct dns;
struct dns_query;

enum { DNS_ADDRS_MAX = 16, DNS_TIMEOUT_MS = 10000 };

/* Asks the servers of /etc/resolv.conf, as it is now. */
int dns_new(struct dns **dp, struct loop *l);
/* Others instead: "192.0.2.1:53,[2001:db8::1]:53". EINVAL for bad text, EBUSY
 * while something is being asked. */
int dns_set_servers(struct dns *d, const char *csv);
void dns_free(struct dns *d); /* running queries end without a call */

/* err: 0, ENOENT (no such name), ETIMEDOUT, EAGAIN (server trouble); why in
 * words. addrs is borrowed. Never called before dns_*() returned. */
typedef void (dns_h)(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg);

/* A and AAAA of host, all with this port, in RFC 6724 order. Positive answers
 * are cached for their TTL (1 s to 5 min), negative ones for 10 s; the same
 * name is asked for once at a time. Always 0: what is wrong with a name comes
 * as ENOENT. */
int dns_lookup(struct dns_query **qp, struct dns *d, const char *host,
	       uint16_t port, dns_h *h, void *arg);
/* SRV of name ("_xmpp-client._tcp.example.org"), each target looked up, in
 * RFC 2782 order; ENOENT when there is none or the service is "." . The SRV
 * answer itself is not cached. Always 0. */
int dns_lookup_srv(struct dns_query **qp, struct dns *d, const char *name,
		   dns_h *h, void *arg);
/* NAPTR of name (RFC 3403): those whose flags are "s", by order and
 * preference; ENOENT when there is none. Not cached. Always 0. */
enum { DNS_NAPTR_MAX = 8, DNS_SERVICE_MAX = 16 };
struct dns_naptr {
	uint16_t order, preference;
	char service[DNS_SERVICE_MAX]; /* "SIP+D2T" */
	char name[256];                /* to ask by dns_lookup_srv() */
};
typedef void (dns_naptr_h)(int err, const char *why,
			   const struct dns_naptr *list, size_t count,
			   void *arg);
int dns_lookup_naptr(struct dns_query **qp, struct dns *d, const char *name,
		     dns_naptr_h *h, void *arg);
/* h does not run any more; NULL is allowed. Not needed after h ran. */
void dns_cancel(struct dns_query *q);

#endif
