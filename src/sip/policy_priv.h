/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where nothing is sent to only because somebody from outside named it:
 * loopback, link-local (with it the metadata services of clouds), multicast,
 * broadcast, and the addresses that we listen at.
 */
#ifndef CONFAB_POLICY_PRIV_H
#define CONFAB_POLICY_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "netaddr.h"

struct policy {
	struct netmask *allowed; /* owned by who has this */
	size_t count;
};

/* Of the address; the port does not matter. */
bool policy_allows(const struct policy *p, const struct netaddr *a);

#endif
