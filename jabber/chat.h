/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conversations of a SIP user with somebody on XMPP, by an account of his or
 * by the component: what chats.c and chat_*.c show to other modules.
 *
 * What goes to XMPP waits in the inbox of the conversation's address; what
 * comes from there in that of the SIP user. What is kept here is in memory
 * only, and nothing is lost with it but manners: which device is spoken to,
 * whose error belongs to which text.
 */
#ifndef CONFAB_JABBER_CHAT_H
#define CONFAB_JABBER_CHAT_H

#include "gate_priv.h"

/* The inbox of what this user says to a bare JID: "xmpp:bob@x.org/alice@
 * example.org" for sip:alice@example.org. mem_deref() it. EBADMSG, EMSGSIZE:
 * no such conversation can be. */
int chat_addr(struct addr **ap, const struct addr *aor, struct view bare);
/* Its two ends: the bare JID, borrowed; and the user, to be dereferenced. */
struct view chat_peer(const struct addr *conversation);
int chat_owner(struct addr **ap, const struct addr *conversation);

/* A presence of somebody reached this user: his device is not the one to
 * answer any more (RFC 6121 5.1). Before any module takes the stanza. */
void chat_presence(struct person *p, const struct elem *e);
/* The last device of this one that wrote to the user, within five minutes;
 * else empty. Borrowed. */
struct view chat_device(struct person *p, struct view bare);

#endif
