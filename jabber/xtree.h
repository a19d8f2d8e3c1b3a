/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server sends, as libstrophe's stanzas: made from what xlimit.h lets
 * through, without libstrophe's own parser, which has no limits and takes
 * "x:from" for "from". Or, where libstrophe has no part in it any more, flat.
 */
#ifndef CONFAB_JABBER_XTREE_H
#define CONFAB_JABBER_XTREE_H

#include <strophe.h>

#include "xlimit.h"

struct xtree;

/* Each may call xtree_stop() and, but for header, xtree_restart(). */
struct xtree_ops {
	/* The stream's header. */
	void (*header)(const struct xlimit_tag *tag, void *arg);
	/* A stanza, complete; borrowed. */
	void (*stanza)(xmpp_stanza_t *s, void *arg);
	/* The stream's end. */
	void (*end)(void *arg);
	/* After xtree_flat(), instead of stanza(): a flat element (elem.h),
	 * whatever its name; empty: one that was too much for that. */
	void (*flat)(struct view flat, void *arg);
};

/* ctx and ops must outlive it. Free with mem_deref(). */
struct xtree *xtree_new(xmpp_ctx_t *ctx, const struct xtree_ops *ops,
			void *arg);
/* As the functions of xlimit.h. */
int xtree_feed(struct xtree *t, struct view bytes, size_t *used);
void xtree_stop(struct xtree *t);
/* Stanzas come flat from the next one on. From within stanza(). */
void xtree_flat(struct xtree *t);
void xtree_restart(struct xtree *t);
const char *xtree_condition(const struct xtree *t);
const char *xtree_why(const struct xtree *t);

#endif
