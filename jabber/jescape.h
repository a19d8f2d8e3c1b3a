/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three ways of escaping in addresses. Pure; all append to out. */
#ifndef CONFAB_JABBER_JESCAPE_H
#define CONFAB_JABBER_JESCAPE_H

#include "buf.h"

/* RFC 3261 19.1.2: all that may not stand in a user part as "%HH". */
void jesc_user(struct buf *out, struct view text);
/* The same for the value of a URI's parameter. */
void jesc_param(struct buf *out, struct view text);
/* Back, once. EBADMSG: a "%" without two hex digits, no UTF-8, a control
 * character. */
int jesc_plain(struct buf *out, struct view escaped);
/* UTF-8 without controls: what jesc_plain() gives. */
bool jesc_is_text(struct view text);

/* The local part of a JID that stands for a name: folded, escaped (XEP-0106),
 * prepared. EBADMSG: there is none, or the name begins or ends in a space. */
int jesc_local(struct buf *out, struct view name);
/* Back, of a prepared one. EBADMSG: it is not what jesc_local() makes of any
 * name. */
int jesc_name(struct buf *out, struct view local);

/* How dividers are told from letters in a user part. */
struct jesc_marks {
	char c;       /* divides on the SIP side; 0: nothing does */
	char d;       /* 0, or what a c is for in the JID */
	bool literal; /* a "\" is the JID's own: "=5C" */
};

/* Writes c as "=HH", "=" before two hex digits as "=3D", d as c. */
void jesc_mark(struct buf *out, struct view text, const struct jesc_marks *k);
/* Back; sets k->literal where "=5C" is met. Other "=HH" stay. */
void jesc_unmark(struct buf *out, struct view text, struct jesc_marks *k);

#endif
