/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A destination's insides: one block, so that a copy reads one place. */
#ifndef CONFAB_DEST_PRIV_H
#define CONFAB_DEST_PRIV_H

#include "sip.h"

enum { SIP_ROUTE_MAX = 1024 };

struct sip_dest {
	uint16_t ruri, to, route; /* bytes of each */
	bool same;                /* the R-URI is the To URI, stored once */
	char text[];              /* To, R-URI where it differs, Route */
};

/* As sip_dest_new(), but To stays as it is: a dialog's other side has said it
 * so. */
int dest_of_dialog(struct sip_dest **dp, struct view to, struct view ruri,
		   struct view route);

static inline struct view dest_to(const struct sip_dest *d)
{
	return (struct view){ d->text, d->to };
}

static inline struct view dest_ruri(const struct sip_dest *d)
{
	return (struct view){ d->text + (d->same ? 0 : d->to), d->ruri };
}

static inline struct view dest_route(const struct sip_dest *d)
{
	return (struct view){ dest_ruri(d).p + d->ruri, d->route };
}

#endif
