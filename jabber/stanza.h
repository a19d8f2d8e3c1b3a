/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building and reading stanzas. Every text and every attribute that we write
 * goes through here, and so through xml_clean(); libstrophe escapes.
 */
#ifndef CONFAB_JABBER_STANZA_H
#define CONFAB_JABBER_STANZA_H

#include <strophe.h>

#include "buf.h"

#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define NS_PING "urn:xmpp:ping"
#define NS_VERSION "jabber:iq:version"
#define NS_DELAY "urn:xmpp:delay"
#define NS_SID "urn:xmpp:sid:0"
#define NS_DATA "jabber:x:data"
#define NS_SM "urn:xmpp:sm:3"

/* A stanza of the caller; what is empty is left out. */
xmpp_stanza_t *out_stanza(xmpp_ctx_t *ctx, const char *name, const char *type,
			  struct view to, struct view id);
/* A child, owned by parent; ns may be NULL. */
xmpp_stanza_t *out_child(xmpp_stanza_t *parent, const char *name,
			 const char *ns);
void out_attr(xmpp_stanza_t *s, const char *key, struct view value);
void out_text(xmpp_stanza_t *s, struct view text);
/* The error answer to a message or iq: to its sender, with its id. */
xmpp_stanza_t *out_error(xmpp_stanza_t *in, const char *type,
			 const char *condition, struct view text);

/* An attribute, or an empty view; valid as long as s. */
struct view in_attr(xmpp_stanza_t *s, const char *key);
/* A child, or NULL; ns may be NULL: any. */
xmpp_stanza_t *in_child(xmpp_stanza_t *s, const char *name, const char *ns);
/* Appends the text of s (NULL: nothing), at most max bytes of it. */
void in_text(struct buf *b, xmpp_stanza_t *s, size_t max);

struct in_error {
	struct view type, condition; /* valid as long as the stanza */
};
/* What a stanza of type "error" says. */
void in_error(struct in_error *out, xmpp_stanza_t *s);
/* Appends ": text" of the stanza's error, if it has one. */
void in_error_text(struct buf *b, xmpp_stanza_t *s);

enum { IN_CODES_MAX = 16 };
/* The status codes of a muc#user element; returns how many. */
size_t in_codes(unsigned codes[IN_CODES_MAX], xmpp_stanza_t *x);

#endif
