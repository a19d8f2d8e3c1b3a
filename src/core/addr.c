/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses. One block holds the struct and the canonical text, the parts are
 * views into that text. A user is in many rooms, and says many things: all of
 * them share one object, found in a table that holds no references.
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

/* The canonical text into at, and its parts. */
static void make(struct addr *a, char *at, struct view network,
		 struct view user, struct view host, struct view resource)
{
	a->text.p = at;
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
}

/* ---- those that are known ---- */

_Static_assert(offsetof(struct addr, hash) ==
		       offsetof(struct addr, known) +
			       offsetof(struct hnode, hash),
	       "hash is known's");

static struct htable all; /* of struct addr, without references */

static struct addr *find(const struct addr *made)
{
	struct hnode *n;

	for (n = htable_find(&all, made->hash); n; n = htable_more(n)) {
		struct addr *a = CONTAINER(n, struct addr, known);

		if (view_eq(a->text, made->text))
			return mem_ref(a);
	}
	return NULL;
}

static void addr_destroy(void *obj)
{
	struct addr *a = obj;

	htable_del(&all, &a->known);
	if (!all.count)
		htable_free(&all);
}

static struct view moved(struct view v, const struct addr *from, char *to)
{
	return view_mem(to + (v.p - from->text.p), v.n);
}

static struct addr *keep(const struct addr *made)
{
	struct addr *a =
		mem_new(sizeof(*a) + made->text.n + 1, addr_destroy);
	char *text = (char *)(a + 1);

	memcpy(text, made->text.p, made->text.n + 1);
	a->text = moved(made->text, made, text);
	a->network = moved(made->network, made, text);
	a->user = moved(made->user, made, text);
	a->host = moved(made->host, made, text);
	a->resource = moved(made->resource, made, text);
	htable_add(&all, &a->known, made->hash);
	return a;
}

int addr_new(struct addr **ap, struct view network, struct view user,
	     struct view host, struct view resource)
{
	size_t size = network.n + user.n + host.n + resource.n + 3;
	char text[ADDR_MAX + 1];
	struct addr made;
	int err;

	if (network.n > ADDR_MAX || user.n > ADDR_MAX || host.n > ADDR_MAX ||
	    resource.n > ADDR_MAX || size > ADDR_MAX)
		return EMSGSIZE;
	err = check_parts(network, user, host, resource);
	if (err)
		return err;

	make(&made, text, network, user, host, resource);
	*ap = find(&made);
	if (!*ap)
		*ap = keep(&made);
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
	return a == b; /* the same text is the same object */
}

bool addr_is(const struct addr *a, const char *network)
{
	return a && view_eqs(a->network, network);
}
