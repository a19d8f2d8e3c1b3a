/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is never a destination. */
#include "policy_priv.h"

static const char *const closed[] = {
	"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4",
	"240.0.0.0/4", "::/128", "::1/128", "fe80::/10", "ff00::/8",
	"fd00:ec2::254/128", /* a cloud's metadata service by IPv6 */
};

static bool is_closed(const struct netaddr *a)
{
	struct netmask m;
	size_t i;

	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (netmask_parse(&m, view_str(closed[i])) == 0 &&
		    netmask_has(&m, a))
			return true;
	return false;
}

bool policy_allows(const struct policy *p, const struct netaddr *a)
{
	struct netaddr plain = *a;
	size_t i;

	netaddr_unmap(&plain);
	for (i = 0; i < p->count; i++)
		if (netmask_has(&p->allowed[i], &plain))
			return true;
	return !is_closed(&plain);
}
