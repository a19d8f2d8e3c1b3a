/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses. One block holds the struct and the canonical text, the parts are
 * views into that text.
 */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "mem.h"

/* What would make a second reading of the canonical text possible. */
#define NEVER	    "\r\n"
#define NOT_IN_HOST NEVER "@/;?<>\" "

static bool has_any(struct view v, const char *bytes)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		if (!v.p[i] || strchr(bytes, v.p[i]))
			return true;
	}
	return false;
}

static bool is_network(struct view v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		char c = v.p[i] | 0x20;

		if (!((c >= 'a' && c <= 'z') || (i && c >= '0' && c <= '9')))
			return false;
	}
	return v.n > 0;
}

static int check_parts(struct view network, struct view user, struct view host,
		       struct view resource)
{
	bool sip = view_ieqs(network, "sip");

	if (!is_network(network) || view_empty(host))
		return EBADMSG;
	/* RFC 3261 25.1: '/' is an ordinary letter of a SIP user, and there
	 * is nothing behind a SIP host. */
	if (sip && !view_empty(resource))
		return EBADMSG;
	if (has_any(user, sip ? NEVER "@" : NEVER "@/") ||
	    has_any(host, NOT_IN_HOST) || has_any(resource, NEVER))
		return EBADMSG;
	return 0;
}

static struct view append(char **at, struct view v, bool lower)
{
	struct view out = { *at, v.n };
	size_t i;

	if (v.n)
		memcpy(*at, v.p, v.n);
	for (i = 0; lower && i < v.n; i++) {
		if ((*at)[i] >= 'A' && (*at)[i] <= 'Z')
			(*at)[i] |= 0x20;
	}
	*at += v.n;
	return out;
}

int addr_new(struct addr **ap, struct view network, struct view user,
	     struct view host, struct view resource)
{
	size_t size = network.n + user.n + host.n + resource.n + 3;
	struct addr *a;
	char *at;
	int err;

	if (network.n > ADDR_MAX || user.n > ADDR_MAX || host.n > ADDR_MAX ||
	    resource.n > ADDR_MAX || size > ADDR_MAX)
		return EMSGSIZE;
	err = check_parts(network, user, host, resource);
	if (err)
		return err;

	a = mem_new(sizeof(*a) + size + 1, NULL);
	a->text.p = at = (char *)(a + 1);
	a->network = append(&at, network, true);
	*at++ = ':';
	a->user = append(&at, user, false);
	if (!view_empty(user))
		*at++ = '@';
	a->host = append(&at, host, true);
	if (!view_empty(resource))
		*at++ = '/';
	a->resource = append(&at, resource, false);
	*at = '\0';
	a->text.n = (size_t)(at - a->text.p);
	a->hash = hash_view(a->text);
	*ap = a;
	return 0;
}

int addr_parse(struct addr **ap, struct view text)
{
	struct view network, rest, place, resource, user, host;

	if (text.n > ADDR_MAX)
		return EMSGSIZE;
	if (!view_cut(text, ':', &network, &rest))
		return EBADMSG;

	place = rest;
	resource = VIEW_NONE;
	if (!view_ieqs(network, "sip") &&
	    view_cut(rest, '/', &place, &resource) && view_empty(resource))
		return EBADMSG;
	user = VIEW_NONE;
	if (!view_rcut(place, '@', &user, &host)) {
		user = VIEW_NONE;
		host = place;
	}
	return addr_new(ap, network, user, host, resource);
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	if (!a || !b)
		return a == b;
	return a == b || (a->hash == b->hash && view_eq(a->text, b->text));
}

bool addr_is(const struct addr *a, const char *network)
{
	return a && view_eqs(a->network, network);
}
