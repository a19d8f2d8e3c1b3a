/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small scanners over header values. LWS is SP and HTAB, and CR and LF too:
 * the pre-scan has let them through in a fold only (RFC 3261 7.3.1).
 */
#ifndef CONFAB_SCAN_PRIV_H
#define CONFAB_SCAN_PRIV_H

#include <stdbool.h>

#include "view.h"

/* RFC 3261 25.1: token; and what may stand in a URI at all. */
bool scan_is_token(char c);
bool scan_is_uri(char c);
bool scan_is_lws(char c);
bool scan_token_only(struct view v); /* false for an empty one */

void scan_lws(struct view *v);
/* The token at the start, possibly empty, taken off. */
struct view scan_token(struct view *v);
/* A character, LWS around it; false (and only LWS taken) if it is another. */
bool scan_char(struct view *v, char c);
/* Bytes of the quoted string at the start, quotes included; 0 when it does
 * not end. */
size_t scan_quoted(struct view v);
/* Bytes up to the first stop character outside of quotes and <>. */
size_t scan_until(struct view v, char stop);

/* The next ";name[=value]" off *rest. 0; ENOENT at the end; EBADMSG for
 * anything else, e.g. an empty name. value keeps its quotes. */
struct sip_param {
	struct view name, value;
	struct view text; /* from the ';' on */
	bool has_value;
};
int scan_param(struct sip_param *out, struct view *rest);

/* Cuts a name-addr or addr-spec into the URI and the parameters behind it;
 * EBADMSG. */
int scan_split_uri(struct view *uri, struct view *rest, struct view value);

/* From, To: name-addr or addr-spec with parameters (RFC 3261 20.10). EBADMSG
 * also for two tags or an empty one. */
struct sip_nameaddr {
	struct view uri, tag;
	bool has_tag;
};
int scan_nameaddr(struct sip_nameaddr *out, struct view value);

#endif
