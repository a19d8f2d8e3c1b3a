/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The package "presence" (RFC 3856) for users of our own domain: what a user
 * has published last, else whether a device of his is registered. Only he
 * himself sees it: everybody else's subscription stays pending, and no word
 * tells whether there is such a user.
 */
#ifndef CONFAB_PRESENCE_H
#define CONFAB_PRESENCE_H

#include "location.h"
#include "sip.h"

struct presence;

/* Borrows them all; domain is copied. Errors as sip_package_add(). */
int presence_new(struct presence **pp, struct sip *s, struct location *l,
		 const char *domain);
/* Before the SIP edge ends. NULL is allowed. */
void presence_quiet(struct presence *p);
/* After it. NULL is allowed. */
void presence_free(struct presence *p);

#endif
