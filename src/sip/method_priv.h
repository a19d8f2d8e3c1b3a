/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Method names and reason phrases. */
#ifndef CONFAB_METHOD_PRIV_H
#define CONFAB_METHOD_PRIV_H

#include "sip.h"

/* Case matters (RFC 3261 7.1). */
enum sip_method method_find(struct view name);
/* The usual phrase for a status; never NULL. */
const char *method_reason(int status);

#endif
