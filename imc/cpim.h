/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text as message/cpim (RFC 3862), for devices that want it so. Pure. */
#ifndef CONFAB_IMC_CPIM_H
#define CONFAB_IMC_CPIM_H

#include <stdint.h>

#include "buf.h"

#define CPIM_TYPE "message/cpim"

struct cpim {
	struct view from, to; /* URIs without <> */
	uint64_t time_ms;     /* wall clock: when it was said */
	struct view text;     /* UTF-8 */
};

/* EBADMSG: a URI can't stand in a header; nothing is added then. */
int cpim_add(struct buf *out, const struct cpim *c);
/* Bytes that cpim_add() puts before the text. */
size_t cpim_overhead(const struct cpim *c);

#endif
