/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XMPP face in confabd: accounts, targets "xmpp:room@service". */
#ifndef CONFAB_JABBER_FACE_H
#define CONFAB_JABBER_FACE_H

#include "bridge.h"

enum jabber_tls {
	JABBER_TLS_REQUIRED, /* by STARTTLS, or as SRV says */
	JABBER_TLS_DIRECT,   /* from the start */
	JABBER_TLS_OFF,
};

struct jabber_account {
	const char *label;    /* "home" */
	const char *jid;      /* bare: "gw@xmpp.example" */
	const char *password;
	const char *server;   /* "" : SRV of the JID's domain */
	uint16_t port;        /* 0: 5222, 5223 for DIRECT, or the SRV's */
	enum jabber_tls tls;  /* OFF: refused unless server is loopback */
	const char *ca_file;  /* "" : the system's */
	const char *resource; /* "" : made at random */
};

/* The workers that users' sessions are spread over; of each, so many. */
struct jabber_pool {
	size_t workers, each;
};

/* Makes the bridge; program: path of confab-jabber. pool NULL: there are no
 * sessions. */
int jabber_face_new(struct bridge **bp, struct loop *l, const char *program,
		    uint64_t worker_timeout_ms,
		    const struct jabber_pool *pool);
/* EINVAL with why, EEXIST. */
int jabber_face_account(struct bridge *b, const struct jabber_account *a,
			char *why, size_t whysize);

#endif
