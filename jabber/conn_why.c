/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From symptoms to words. */
#include "conn_why.h"

#include <errno.h>

#include "utf8.h"

struct stream_row {
	xmpp_error_type_t type;
	enum worker_lost why;
	const char *words;
};

/* Only these: libstrophe knows the names of RFC 3920 and makes all others
 * "undefined condition". */
static const struct stream_row rows[] = {
	{ XMPP_SE_CONFLICT, GONE_REFUSED,
	  "another session took over our resource" },
	{ XMPP_SE_HOST_UNKNOWN, GONE_CONFIG,
	  "the server does not serve the account's domain" },
	{ XMPP_SE_HOST_GONE, GONE_CONFIG,
	  "the server no longer serves the account's domain" },
	{ XMPP_SE_NOT_AUTHORIZED, GONE_AUTH, "the server refused the login" },
	{ XMPP_SE_POLICY_VIOLATION, GONE_REFUSED,
	  "the server ended the session: policy violation" },
	{ XMPP_SE_SEE_OTHER_HOST, GONE_CONFIG,
	  "the server sends us to another host, which is not followed" },
	{ XMPP_SE_SYSTEM_SHUTDOWN, GONE_NET, "the server is shutting down" },
	{ XMPP_SE_RESOURCE_CONSTRAINT, GONE_NET, "the server is busy" },
	{ XMPP_SE_CONN_TIMEOUT, GONE_NET,
	  "the server ended the session for its silence" },
};

static enum worker_lost stream_error(struct buf *text,
				     const xmpp_stream_error_t *se)
{
	static const struct stream_row other = {
		XMPP_SE_UNDEFINED_CONDITION, GONE_NET,
		"the server ended the session" };
	const struct stream_row *row = &other;
	struct view said = view_str(se->text);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == se->type)
			row = &rows[i];
	buf_adds(text, row->words);
	if (said.n) {
		buf_adds(text, ": ");
		buf_addv(text, view_head(said, utf8_cut(said, 200)));
	}
	return row->why;
}

static enum worker_lost say(struct buf *text, enum worker_lost why,
			    const char *words, struct view what)
{
	buf_adds(text, words);
	buf_addv(text, what);
	return why;
}

static enum worker_lost no_tcp(struct buf *text, const struct conn_seen *s)
{
	if (s->error == ETIMEDOUT)
		return say(text, GONE_NET, "no answer from ", s->address);
	return say(text, GONE_NET,
		   "cannot connect: refused or unreachable: ", s->address);
}

static enum worker_lost no_certificate(struct buf *text,
				       const struct conn_seen *s)
{
	say(text, GONE_CONFIG, "the certificate of ", s->domain);
	return say(text, GONE_CONFIG, " was refused: ", s->cert);
}

static enum worker_lost no_tls(struct buf *text, const struct conn_seen *s)
{
	if (s->stalled)
		return say(text, GONE_NET,
			   "the TLS handshake came to a halt: ", s->address);
	if (s->error)
		return say(text, GONE_NET,
			   "connection or TLS handshake broken: ", s->address);
	return say(text, GONE_CONFIG,
		   "TLS is required, but not offered by ", s->address);
}

enum worker_lost conn_why(struct buf *text, const struct conn_seen *s)
{
	if (s->stream_error)
		return stream_error(text, s->stream_error);
	if (s->online)
		return say(text, GONE_NET, s->error ?
			   "the connection broke: " :
			   "the server closed the connection: ", s->address);
	if (!s->tcp)
		return no_tcp(text, s);
	if (s->cert.n)
		return no_certificate(text, s);
	if (s->tls && !s->secured)
		return no_tls(text, s);
	if (s->error)
		return say(text, GONE_NET,
			   "the connection broke during login: ", s->address);
	/* libstrophe's own end, and of those that are left it is this one:
	 * each way to log in was refused. */
	return say(text, GONE_AUTH, "login refused: name or password is "
		   "wrong for ", s->domain);
}
