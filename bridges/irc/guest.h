/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions of confab-irc: connections of single users, which do what their
 * parcels (parcel.h) say and tell all that concerns them. What worker_ops
 * (worker.h) has of sessions; arg is the pool.
 */
#ifndef CONFAB_IRCB_GUEST_H
#define CONFAB_IRCB_GUEST_H

#include "account.h"

void ircb_guest_new(uint32_t id, const struct wire_msg *m, void *arg);
void ircb_guest_end(uint32_t id, void *arg);
void ircb_guest_send(uint32_t id, uint64_t tag, struct view parcel,
		     void *arg);
/* All of them, politely. */
void ircb_guests_stop(struct ircb_pool *p);

#endif
