/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where SIP comes in. This is done for --check as well, so that a wrong
 * certificate shows before the daemon that runs is stopped.
 */
#include "listen.h"

#include <errno.h>
#include <string.h>

#include "mem.h"
#include "stream.h"

enum { WHY_MAX = 512 };

static int addresses_read(struct listen *l, const struct conf *c,
			  struct buf *why)
{
	struct view proto, rest;
	char **p;

	for (p = c->listen; *p; p++) {
		struct sip_listen *at = &l->at[l->count];

		if (l->count == LISTEN_MAX) {
			buf_addf(why, "listen: at most %d addresses",
				 LISTEN_MAX);
			return EINVAL;
		}
		view_cut(view_str(*p), ':', &proto, &rest);
		if (sip_transport_parse(&at->transport, proto) ||
		    netaddr_parse(&at->local, rest)) {
			buf_addf(why, "listen: what is \"%s\"?", *p);
			return EINVAL;
		}
		l->count++;
	}
	return 0;
}

static bool needs_certificate(const struct listen *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		if (l->at[i].transport == SIP_TLS ||
		    l->at[i].transport == SIP_WSS)
			return true;
	}
	return false;
}

static int server_make(struct listen *l, const struct conf *c,
		       struct buf *why)
{
	const struct tls_files files = { .cert = c->tls_certificate,
					 .key = c->tls_key,
					 .ca = c->tls_client_ca };
	char text[WHY_MAX] = "";
	int err;

	if (!*c->tls_certificate || !*c->tls_key) {
		buf_adds(why, "listen: tls and wss need a certificate and its "
			      "key: set tls_certificate and tls_key");
		return EINVAL;
	}
	err = tls_server_ctx(&l->server, &files, text, sizeof(text));
	if (err)
		buf_addf(why, "tls: %s", text);
	return err;
}

/* To a peer we show the certificate that we have. */
static int client_make(struct listen *l, const struct conf *c,
		       struct buf *why)
{
	const struct tls_files files = { .cert = c->tls_certificate,
					 .key = c->tls_key,
					 .ca = c->tls_ca };
	char text[WHY_MAX] = "";
	int err = tls_client_ctx_files(&l->client, &files, text,
				       sizeof(text));

	if (err)
		buf_addf(why, "tls: %s", text);
	return err;
}

int listen_load(struct listen *l, const struct conf *c, struct buf *why)
{
	int err;

	memset(l, 0, sizeof(*l));
	err = addresses_read(l, c, why);
	if (!err && needs_certificate(l))
		err = server_make(l, c, why);
	if (!err)
		err = client_make(l, c, why);
	if (err)
		listen_free(l);
	return err;
}

int listen_read(const struct listen *l, struct buf *why)
{
	char text[WHY_MAX] = "";
	int err = 0;

	if (l->server)
		err = tls_ctx_read(l->server, text, sizeof(text));
	if (!err)
		err = tls_ctx_read(l->client, text, sizeof(text));
	if (err)
		buf_adds(why, text);
	return err;
}

void listen_turn(const struct listen *l)
{
	if (l->server)
		tls_ctx_turn(l->server);
	tls_ctx_turn(l->client);
}

void listen_free(struct listen *l)
{
	l->server = mem_deref(l->server);
	l->client = mem_deref(l->client);
}
