/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways of NOTIFYs, see notify_way.c. */
#ifndef CONFAB_NOTIFY_PRIV_H
#define CONFAB_NOTIFY_PRIV_H

#include "subs_priv.h"

/* What is too long for a datagram can go by TCP. */
bool notify_may_dial(const struct sub *sub);
/* What a document may have, the way it goes. */
size_t notify_body_max(const struct sub *sub);
/* So many bytes are more than a datagram takes, with its headers. */
bool notify_is_long(const struct sub *sub, size_t n);
/* False: there is no way to him now. */
bool notify_flow(struct sub *sub, struct sip_flow *out);

#endif
