/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Destinations: what stands in R-URI, To and Route of everything that goes to
 * one device. All checks are made here, once, and none for each copy.
 */
#include <errno.h>
#include <string.h>

#include "dest_priv.h"
#include "mem.h"
#include "scan_priv.h"
#include "text_priv.h"
#include "uri_priv.h"

/* Clients make conversations by To and From: one without parameters or port
 * is the same every time. */
static int cut_aor(struct view *out, struct view text)
{
	struct sip_uri uri;
	int err = sip_uri_parse(&uri, text);

	if (!err)
		*out = view_head(text, (size_t)(uri.host.p + uri.host.n -
						text.p));
	return err;
}

static bool route_ok(struct view v)
{
	return v.n <= SIP_ROUTE_MAX && text_is_line(v);
}

static char *put(char *p, struct view v)
{
	if (v.n)
		memcpy(p, v.p, v.n);
	return p + v.n;
}

static int make(struct sip_dest **dp, struct view aor, struct view ruri,
		struct view route)
{
	struct sip_uri parts;
	struct sip_dest *d;
	bool same;
	char *p;

	if (!route_ok(route))
		return EBADMSG;
	if (view_empty(ruri))
		ruri = aor;
	else if (sip_uri_parse(&parts, ruri))
		return EBADMSG;
	same = view_eq(ruri, aor);
	d = mem_new(sizeof(*d) + aor.n + (same ? 0 : ruri.n) + route.n, NULL);
	d->same = same;
	d->to = (uint16_t)aor.n;
	d->ruri = (uint16_t)ruri.n;
	d->route = (uint16_t)route.n;
	p = put(d->text, aor);
	if (!same)
		p = put(p, ruri);
	put(p, route);
	*dp = d;
	return 0;
}

int sip_dest_new(struct sip_dest **dp, struct view to, struct view ruri,
		 struct view route)
{
	struct view aor;
	int err = cut_aor(&aor, to);

	return err ? err : make(dp, aor, ruri, route);
}

int dest_of_dialog(struct sip_dest **dp, struct view to, struct view ruri,
		   struct view route)
{
	struct sip_uri parts;
	int err = sip_uri_parse(&parts, to);

	return err ? err : make(dp, to, ruri, route);
}

struct view sip_dest_to(const struct sip_dest *d)
{
	return dest_to(d);
}

struct view sip_dest_ruri(const struct sip_dest *d)
{
	return dest_ruri(d);
}

struct view sip_dest_route(const struct sip_dest *d)
{
	return dest_route(d);
}
