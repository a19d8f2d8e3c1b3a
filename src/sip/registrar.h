/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registrar (RFC 3261 10.3, Path RFC 3327, outbound RFC 5626): whoever
 * says where he is, is found there. A binding is on the disk before the 200.
 *
 * The way back to a device is always the one that its REGISTER came by: what
 * a Contact names is its R-URI, and nothing is ever sent there for that.
 */
#ifndef CONFAB_REGISTRAR_H
#define CONFAB_REGISTRAR_H

#include "location.h"

struct registrar;
/* What is under way is not answered any more. NULL is allowed. */
void registrar_free(struct registrar *r);

/* A device of aor is there, anew or still. */
typedef void (sip_registered_h)(struct view aor, void *arg);

struct sip_registrar {
	struct location *location;     /* borrowed; NULL: nobody can register
					  from now on */
	sip_registered_h *registeredh; /* may be NULL */
	void *arg;
};
void sip_set_registrar(struct sip *s, const struct sip_registrar *conf);

#endif
