/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who speaks: a trusted source says so, or the user proves it. */
#ifndef CONFAB_IDENTITY_PRIV_H
#define CONFAB_IDENTITY_PRIV_H

#include "uas_priv.h"

/* What comes by this flow is believed: ID_TRUSTED for the address's sake,
 * ID_CERT for the certificate's; else ID_NONE. */
enum sip_identity_how identity_trusts(const struct sip *s,
				      const struct sip_flow *flow);
/* Fills in u->id. False: the request has been answered. */
bool identity_settle(struct uas *u);

#endif
