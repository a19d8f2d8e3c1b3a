/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests that sip_inject() brought: what a server transaction is to those
 * from the network. Their ids are apart from those.
 */
#ifndef CONFAB_INJECT_PRIV_H
#define CONFAB_INJECT_PRIV_H

#include "sip.h"
#include "wheel.h"

struct injects;

/* stuck: the handler has not answered in time: it is to be answered now. */
struct injects *injects_new(struct wheel *w, size_t max,
			    void (*stuck)(uint64_t id, void *arg), void *arg);
void injects_free(struct injects *is); /* NULL is allowed */
size_t injects_count(const struct injects *is);
/* ENOBUFS: too many. */
int injects_add(struct injects *is, uint64_t *id,
		const struct sip_injection *in);
/* Whether an id is one of these, answered or not. */
bool injects_is(uint64_t id);
/* Forgets it; false: answered before. out's packet is empty. */
bool injects_take(struct injects *is, uint64_t id, struct sip_injection *out);

#endif
