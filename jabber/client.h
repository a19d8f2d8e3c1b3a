/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A login for its own sake, of one user: stanzas pass both ways as they are,
 * and nothing is answered here but what keeps the stream going. Settings:
 * those of creds.h, sm ("no": without XEP-0198), and kept (an earlier
 * worker's words: whether its session is still there is tried first).
 *
 * The daemon is told that a stanza was sent once the server has confirmed
 * it: by XEP-0198, or where the server has none, by answering a ping that
 * went behind it. A connection that breaks is resumed (XEP-0198 5) for as
 * long as RESUME_MS, without a word: what the server did not confirm is sent
 * once more. Only when that fails the session is lost, and what was not told
 * of is the daemon's to send again: never both.
 */
#ifndef CONFAB_JABBER_CLIENT_H
#define CONFAB_JABBER_CLIENT_H

#include "jab.h"

struct client;

/* Replaces one of the same id. Logs in when it is its turn. */
void client_new(struct jab *j, uint32_t id, const struct wire_msg *m);
struct client *client_find(const struct jab *j, uint32_t id);
/* Logs out, tells the daemon nothing. NULL is allowed. */
void client_free(struct client *c);
void client_send(struct client *c, uint64_t tag, struct view parcel);
void client_send_many(struct client *c, struct view parcel,
		      struct view rcpts);
/* The daemon is gone: what it may not have kept stays unconfirmed. */
void clients_stop(struct jab *j);

#endif
