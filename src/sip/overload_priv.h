/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is put off, and at what price for us. Before anything is known of a
 * request, its source has a rate, unless it is trusted. When there is more to
 * do than can be done, those who ask most are put off first: 503 with a
 * Retry-After, made from the pre-scan alone, and silence where somebody does
 * not care for that.
 */
#ifndef CONFAB_OVERLOAD_PRIV_H
#define CONFAB_OVERLOAD_PRIV_H

#include "fairq_priv.h"
#include "load_priv.h"
#include "share_priv.h"

struct sip;
struct uas;

struct overload {
	struct shares *sources;  /* owned; NULL: they have no rate */
	struct shares *speakers; /* owned */
	struct bucket_rate rate; /* of a source */
	struct load load;
	uint64_t told_ms;        /* the log: when */
	uint64_t told_refused, told_dropped;
	enum sip_load level;     /* as it was last seen */
	struct bucket refused;   /* of all */
	uint64_t trimmed_ms;
};

void overload_init(struct overload *o, const struct sip_limits *limits);
/* As the limits say from now on. */
void overload_set(struct overload *o, const struct sip_limits *limits);
void overload_free(struct overload *o);

/* Before anything else. False: not a word of it. */
bool overload_hears(struct uas *u);
/* Whom it counts for: a keyed hash. */
uint64_t overload_speaker(const struct uas *u);
/* How u->who is to be served; asking counts. */
enum fairq_class overload_class(struct uas *u);
/* Who may be served now. */
enum fairq_class overload_open(struct sip *s);
/* Not even pre-scanned; it can't be served: put off, or not a word. */
void overload_sheds(struct uas *u);
/* Pre-scanned, not parsed. True: it was put off, or had its answer before. */
bool overload_puts_off(struct uas *u);
/* He has logged in from there. */
void overload_knows(struct uas *u);
/* It should not have counted: somebody else counts it, or it came again. */
void overload_give_back(struct uas *u);
/* The log, now and then: how much it was, and who it comes from most. */
void overload_tells(struct sip *s, const struct netaddr *from);
/* Requests that got no word, here or in the kernel. */
uint64_t overload_dropped(const struct sip *s);
/* No memory for connections. */
bool overload_memory_full(struct sip *s);

#endif
