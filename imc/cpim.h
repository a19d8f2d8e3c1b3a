/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message/cpim (RFC 3862): made for devices that want it so, and what stands
 * in the head of one. With IMDN (RFC 5438). Pure. */
#ifndef CONFAB_IMC_CPIM_H
#define CONFAB_IMC_CPIM_H

#include <stdint.h>

#include "buf.h"

#define CPIM_TYPE "message/cpim"

struct cpim {
	struct view from, to; /* URIs without <> */
	uint64_t time_ms;     /* wall clock: when it was said */
	struct view text;     /* UTF-8 */
	struct view id;       /* of IMDN: he who gets it says so when it is
				 there; or empty */
};

/* An id that can stand there: a token of at most CPIM_ID_MAX bytes. */
enum { CPIM_ID_MAX = 128 };
bool cpim_id_ok(struct view id);
/* EBADMSG: a URI can't stand in a header; nothing is added then. */
int cpim_add(struct buf *out, const struct cpim *c);
/* Bytes that cpim_add() puts before the text. */
size_t cpim_overhead(const struct cpim *c);

/* What a report says, as a whole message/cpim: that the message with this id
 * has arrived. EBADMSG as above. */
struct cpim_report {
	struct view from, to; /* as above */
	struct view id;       /* of the message; any text */
	struct view own_id;   /* of the report; a token */
	uint64_t time_ms;
};
int cpim_add_report(struct buf *out, const struct cpim_report *r);

/* Views into the header section that it was read from; or empty. */
struct cpim_head {
	struct view from;    /* URI */
	struct view subject;
	struct view id;      /* of IMDN */
	bool receipt;        /* asks to be told that it has arrived */
};
void cpim_read(struct cpim_head *out, struct view head);

#endif
