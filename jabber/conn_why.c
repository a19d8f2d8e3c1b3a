/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From conditions to words. */
#include "conn_why.h"

#include "utf8.h"

enum { SAID_MAX = 200 };

struct why_row {
	const char *condition;
	enum worker_lost why;
	const char *words;
};

/* The last row of a table is for all others. */
static const struct why_row stream_rows[] = {
	{ "conflict", GONE_REFUSED,
	  "another session took over our resource" },
	{ "host-unknown", GONE_CONFIG,
	  "the server does not serve the account's domain" },
	{ "host-gone", GONE_CONFIG,
	  "the server no longer serves the account's domain" },
	{ "not-authorized", GONE_AUTH, "the server refused the login" },
	{ "policy-violation", GONE_REFUSED,
	  "the server ended the session: policy violation" },
	{ "see-other-host", GONE_NET, "the server sends us to another host" },
	{ "system-shutdown", GONE_NET, "the server is shutting down" },
	{ "resource-constraint", GONE_NET, "the server is busy" },
	{ "connection-timeout", GONE_NET,
	  "the server ended the session for its silence" },
	{ NULL, GONE_NET, "the server ended the session" },
};

static const struct why_row sasl_rows[] = {
	{ "account-disabled", GONE_AUTH,
	  "login refused: the account is disabled at " },
	{ "credentials-expired", GONE_AUTH,
	  "login refused: the password has expired at " },
	{ "encryption-required", GONE_CONFIG,
	  "login refused: TLS is required by " },
	{ "temporary-auth-failure", GONE_NET,
	  "login refused for now by " },
	{ "aborted", GONE_NET, "login aborted by " },
	{ NULL, GONE_AUTH,
	  "login refused: name or password is wrong for " },
};

static const struct why_row *row_of(const struct why_row *row,
				    struct view condition)
{
	while (row->condition && !view_eqs(condition, row->condition))
		row++;
	return row;
}

enum worker_lost conn_why_stream(struct buf *text, struct view condition,
				 struct view said)
{
	const struct why_row *row = row_of(stream_rows, condition);

	buf_adds(text, row->words);
	if (!row->condition && condition.n) {
		buf_adds(text, ": ");
		buf_addv(text, view_head(condition,
					 utf8_cut(condition, SAID_MAX)));
	}
	if (said.n) {
		buf_adds(text, ": ");
		buf_addv(text, view_head(said, utf8_cut(said, SAID_MAX)));
	}
	return row->why;
}

enum worker_lost conn_why_sasl(struct buf *text, struct view condition,
			       struct view domain)
{
	const struct why_row *row = row_of(sasl_rows, condition);

	buf_adds(text, row->words);
	buf_addv(text, domain);
	return row->why;
}
