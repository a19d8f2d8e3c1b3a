/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outbound proxy: where all requests go where one is configured. */
#ifndef CONFAB_IMC_PROXY_H
#define CONFAB_IMC_PROXY_H

#include "dns.h"
#include "loop.h"
#include "sip.h"

struct proxy;

/* uri: "sip:proxy.example;transport=tcp". Looks the name up at once, then
 * every minute. EINVAL with why. */
int proxy_new(struct proxy **pp, struct loop *l, struct dns *d,
	      struct view uri, struct buf *why);
void proxy_free(struct proxy *p); /* NULL is allowed */
/* False: the name is not resolved (yet). out->tls_name is borrowed from p. */
bool proxy_flow(const struct proxy *p, struct sip_flow *out);
/* Nobody answered there: the next address, and the name is looked up again
 * soon. */
void proxy_failed(struct proxy *p);

#endif
