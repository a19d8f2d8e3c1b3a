/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sieve at work: what was dropped of whom, and every SIEVE_MS the rules
 * of the UDP sockets. Trusted sources have none: many users may be behind one,
 * of whom most are quiet.
 */
#ifndef CONFAB_SIFT_PRIV_H
#define CONFAB_SIFT_PRIV_H

#include "sip.h"

struct sift;
struct sip;
struct uas;

struct sift *sift_new(struct sip *s);
void sift_free(struct sift *sf); /* NULL is allowed */

/* A datagram with a request came; it was thrown away. */
void sift_heard(struct sift *sf, const struct uas *u);
void sift_dropped(struct sift *sf, const struct uas *u);
/* An answer that nobody had asked for. */
void sift_stray(struct sift *sf, const struct sip_flow *flow);
/* How many sources have a rule now. */
size_t sift_rules(const struct sift *sf);

#endif
