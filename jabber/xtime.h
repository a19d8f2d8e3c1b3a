/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of XMPP (XEP-0082). Pure. */
#ifndef CONFAB_JABBER_XTIME_H
#define CONFAB_JABBER_XTIME_H

#include "view.h"

/* "2026-11-21T10:00:00.000Z"; and back: wall clock ms, 0 when it is none. */
struct view stanza_time(char dst[32], uint64_t time_ms);
uint64_t stanza_time_parse(struct view v);

#endif
