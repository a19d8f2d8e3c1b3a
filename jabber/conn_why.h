/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a connection came to its end, in words for the operator. libstrophe
 * gives an event and an error number; what happened has to be put together
 * from how far the connection had come. Pure.
 */
#ifndef CONFAB_JABBER_CONN_WHY_H
#define CONFAB_JABBER_CONN_WHY_H

#include <strophe.h>

#include "buf.h"
#include "worker.h"

struct conn_seen {
	struct view domain;  /* of the account */
	struct view address; /* numeric, with port */
	bool tls;            /* wanted */
	bool tcp, secured, online; /* how far it came */
	bool stalled;        /* the guard had to end the handshake */
	struct view cert;    /* why the certificate was refused, or empty */
	int error;           /* as the handler got it */
	const xmpp_stream_error_t *stream_error; /* or NULL */
};

/* Appends the words to text. */
enum worker_lost conn_why(struct buf *text, const struct conn_seen *seen);

#endif
