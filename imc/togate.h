/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users send to addresses of gateways (gateway.h). */
#ifndef CONFAB_IMC_TOGATE_H
#define CONFAB_IMC_TOGATE_H

#include "ask.h"

/* False: the request's URI is no address of a gateway, and nothing was done.
 * Otherwise the request is answered, now or when the gateway says. */
bool togate_serve(struct ask *a, const struct sip_request *req);

#endif
