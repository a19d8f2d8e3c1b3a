/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As much SIP as members of a room need. Pure. */
#ifndef CONFAB_BENCH_SIPLOAD_H
#define CONFAB_BENCH_SIPLOAD_H

#include "buf.h"

enum { SIPLOAD_VIAS = 4 };

/* A packet that came in; all views are into it. */
struct sipload {
	unsigned status;  /* of an answer; 0: a request */
	struct view user; /* a request's: whom it is for */
	struct view vias[SIPLOAD_VIAS];
	unsigned via_count;
	struct view branch; /* of the first Via */
	struct view from, to, call_id, cseq, body;
	struct view challenge; /* the first WWW-Authenticate, or empty */
};

/* EBADMSG: not SIP, or a header is missing, or it is longer or shorter than
 * its Content-Length says. */
int sipload_read(struct sipload *m, struct view bytes);
/* 200 to a request: the bytes written to dst, or 0 where they do not fit. */
size_t sipload_answer(char *dst, size_t size, const struct sipload *m);

struct sipload_text {
	const char *method;   /* NULL: MESSAGE */
	struct view from, to; /* user parts; to empty: of the domain's own */
	const char *domain;
	const char *here;     /* our address and port */
	struct view id;       /* makes Call-ID, branch and tag */
	struct view headers;  /* more of them: whole lines */
	struct view body;
};

/* As it stands in the first line. */
void sipload_ruri(struct buf *out, const struct sipload_text *t);
void sipload_request(struct buf *out, const struct sipload_text *t);

#endif
