/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SIP edge's parts: uas.c takes requests, uac.c sends them. */
#ifndef CONFAB_SIP_PRIV_H
#define CONFAB_SIP_PRIV_H

#include "amp_priv.h"
#include "answer_priv.h"
#include "auth_priv.h"
#include "ctxn_priv.h"
#include "edge_priv.h"
#include "inject_priv.h"
#include "overload_priv.h"
#include "parse_priv.h"
#include "policy_priv.h"
#include "registrar.h"
#include "response_priv.h"
#include "stxn_priv.h"
#include "transport_priv.h"

struct events;
struct intake;
struct sift;

struct sip {
	struct loop *loop;       /* borrowed */
	char *domain, *product;  /* owned */
	const char *accept;      /* static */
	struct netmask *trusted; /* owned */
	size_t trusted_count;
	bool trusted_ws;
	struct policy policy;    /* its masks are owned */
	const char *const *trusted_certs; /* borrowed, or NULL */
	enum sip_trust trusted_identity;
	const struct users *users; /* borrowed, or NULL */
	const char *const *md5_agents; /* borrowed, or NULL */
	struct auth *auth;         /* owned; NULL without users */
	struct amp *amp;           /* owned */
	struct overload overload;
	struct intake *intake;     /* owned */
	struct sift *sift;         /* owned */
	struct sip_limits limits; /* without zeros */
	sip_request_h *requesth;
	sip_request_h *registerh, *eventh;
	void (*strayh)(struct view packet, void *arg); /* may be NULL */
	void *arg;
	bool draining, users_unknown;
	struct bucket reconnects; /* connections for answers alone */

	struct transport *transport; /* owned, as are these: */
	struct parser *parser;
	struct stxns *stxns;
	struct injects *injects;
	struct edges *edges;
	struct registrar *registrar; /* NULL: nobody registers here */
	struct ctxns *ctxns;
	struct events *events;

	uint64_t handling; /* the transaction whose handler runs, or 0 */
	/* While a done handler runs: what it may ask about. */
	const struct ctxn *done; /* borrowed, or NULL */
	struct view answer;      /* the packet, or empty */

	/* What the packet under way is taken apart into. */
	struct prescan pre;
	struct parsed req;
	struct buf head; /* of its answer */
	struct buf out;  /* what is being sent */
	struct sip_stats stats;
};

/* ---- uas.c ---- */

void uas_datagram(const struct sip_flow *flow, struct view packet, void *arg);
void uas_message(const struct sip_flow *flow, const struct prescan *pre,
		 struct view packet, void *arg);
void uas_send(const struct sip_flow *flow, struct view text, void *arg);
/* The same for an answer that took its time. */
void uas_send_late(const struct sip_flow *flow, struct view text, void *arg);
void uas_stuck(uint64_t id, void *arg);

/* One of our own sockets. */
bool sip_is_own(const struct sip *s, const struct netaddr *a);

/* ---- uac.c ---- */

/* Of a request within a dialog, of which there is one copy. */
int uac_template(struct sip_template **tp, struct sip *s,
		 const struct sip_template_conf *conf,
		 const struct template_dialog *dialog);
/* False: nobody had asked for it. */
bool uac_response(struct sip *s, struct view packet);
/* See sip_window(); the sockets are open. */
void uac_window_init(struct sip *s);
void uac_send(struct ctxn *c, void *arg);
void uac_over(struct ctxn *done, int status, void *arg);
void uac_conn_gone(uint32_t conn, size_t live, void *arg);

#endif
