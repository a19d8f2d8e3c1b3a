/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The servers of a SIP URI, found as RFC 3263 4 says and kept up to date: a
 * number as it is, a name with a port by its addresses, a name with a
 * transport by SRV, a bare name by NAPTR and SRV; then by its addresses. The
 * last good ones stay in use while a look-up fails.
 */
#ifndef CONFAB_RESOLVE_H
#define CONFAB_RESOLVE_H

#include "dns.h"
#include "sip.h"

struct resolve;

/* May we send there? */
typedef bool (resolve_allow_h)(const struct netaddr *a, void *arg);

struct resolve_conf {
	struct loop *loop;        /* borrowed, as dns is */
	struct dns *dns;
	const char *what;         /* for the log and why; static */
	resolve_allow_h *allowh;  /* NULL: everywhere */
	void *arg;
};
/* uri: "sip:proxy.example;transport=tcp", "sips:...". Looks it up at once,
 * then every minute. EINVAL with why. */
int resolve_new(struct resolve **rp, const struct resolve_conf *conf,
		struct view uri, struct buf *why);
void resolve_free(struct resolve *r); /* NULL is allowed */
/* The server for who, the hash of a recipient (0: nobody). False: nothing is
 * found (yet). tls_name is borrowed while r lives. */
bool resolve_flow(const struct resolve *r, uint64_t who, struct sip_flow *out);

/* What came of a copy to who by way of a server. */
enum hop_sign {
	HOP_ANSWERED, /* it is there, whatever it says */
	HOP_DOUBTED,  /* no answer came, or 503: its fault, or who's */
	HOP_BROKEN,   /* it can't be reached */
};
/* The next one is used for who where this one is doubted, for all where it is
 * broken or is doubted by several; the name is looked up again soon then. */
void resolve_heard(struct resolve *r, const struct sip_flow *via,
		   uint64_t who, enum hop_sign sign);

#endif
