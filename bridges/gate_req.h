/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a SIP user wants of a gateway: the part of it that is the same for all
 * of them. Theirs hold a gate_req, and add what his address means and who he
 * is there. It is answered exactly once.
 *
 * ":word" is a command of the gateway, ":-)" is none. A gateway's table of
 * commands has rows that begin with a gate_verb.
 */
#ifndef CONFAB_GATE_REQ_H
#define CONFAB_GATE_REQ_H

#include "gateway.h"

struct gate_req {
	struct addr *from, *to; /* ref; the address he wrote to */
	enum gate_kind kind;
	struct view text; /* all of it; of a command what follows */
	struct view dedupe;
	struct meta meta;
	uint64_t time_ms;
	/* private */
	gate_answer_h *h;
	void *arg;
	bool answered;
	struct buf texts; /* what the views point into */
};

/* A copy of m. own: views of the caller's (NULL behind the last) whose texts
 * are copied with it, and which point there from now on. */
void gate_req_init(struct gate_req *q, const struct gate_msg *m,
		   struct view *const *own, gate_answer_h *h, void *arg);
void gate_req_free(struct gate_req *q);
/* words (may be empty) reach him from q->to; retry_after s, 0: none. Only the
 * first answer counts. */
void gate_req_answer(struct gate_req *q, int status, unsigned retry_after,
		     struct view words);
/* Of what never became a request. */
void gate_refuse_now(gate_answer_h *h, void *arg, int status,
		     unsigned retry_after, struct view words);
/* Appends "ERROR: Your message was not sent. REASON: BODY", with at most 300
 * bytes of reason and the first 40 characters of body, each on one line. */
void gate_not_sent(struct buf *out, struct view reason, struct view body);
/* "/allow 17", "/watchers": what user said of who may see him is done and
 * answered. False: it is something else. */
bool gate_req_consent(struct gate_req *q, struct hub *hub, struct addr *user);

/* ---- commands ---- */

struct gate_verb {
	const char *names; /* "join jab_join_jconf": without ":" */
	const char *help;  /* ":join [NICK [PASSWORD]] - ..." */
	unsigned kinds;    /* bits: the addresses it is for, as the gateway
			      counts them */
};
/* The commands of a gateway in their order; NULL behind the last. */
typedef const struct gate_verb *(gate_verb_h)(size_t i);

/* Is text ":join ..."? Then its name and the words behind it. */
bool gate_verb_parse(struct view text, struct view *name, struct view *rest);
/* here: bits of the address that it was said to. known: there is one of this
 * name, be it for another address. */
const struct gate_verb *gate_verb_find(gate_verb_h *nth, unsigned here,
				       struct view name, bool *known);
/* Their help, a line each, without a LF at the end. */
void gate_verb_help(struct buf *out, gate_verb_h *nth, unsigned here);
/* Refuses it, with words. */
void gate_verb_unknown(struct gate_req *q, struct view name, bool known);

#endif
