/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All that names a place or a way: the first byte chooses how the rest is
 * read. What can be read can be written, and read again as the same.
 */
#include <string.h>

#include "fuzz.h"

#include "addr.h"
#include "scan_priv.h"
#include "sip.h"
#include "uri_priv.h"
#include "via_priv.h"

static void uri(struct view v)
{
	struct uri_parts parts;
	struct sip_uri u;
	struct buf b = { 0 };

	if (!uri_scan(&parts, v)) {
		assert(fuzz_within(parts.uri.scheme, v));
		assert(fuzz_within(parts.uri.user, v));
		assert(fuzz_within(parts.uri.host, v));
		assert(fuzz_within(parts.uri.params, v));
	}
	if (sip_uri_parse(&u, v))
		return;
	assert(parts.chat && u.host.n && u.user.n <= SIP_USER_MAX);
	assert(uri_same(v, v) && uri_user_is(u.user, u.user));
	buf_addv(&b, u.scheme);
	buf_addc(&b, ':');
	buf_addv(&b, u.user);
	buf_adds(&b, u.user.n ? "@" : "");
	buf_addv(&b, u.host);
	if (u.port)
		buf_addf(&b, ":%u", u.port);
	buf_adds(&b, u.params.n ? ";" : "");
	buf_addv(&b, u.params);
	assert(uri_same(v, buf_view(&b)) && uri_same(buf_view(&b), v));
	buf_free(&b);
}

/* Equal is equal both ways round. */
static void uris(struct view v)
{
	struct view a, b;

	view_cut(v, ' ', &a, &b);
	assert(uri_same(a, b) == uri_same(b, a));
	assert(uri_user_is(a, b) == uri_user_is(b, a));
}

static void via(struct view v)
{
	struct netaddr src, again;
	struct via first, second;
	struct buf b = { 0 };

	assert(!netaddr_set(&src, VIEW("2001:db8::1"), 50600));
	again = src;
	if (!via_parse(&first, v)) {
		via_put(&b, &first, &src);
		assert(!view_has(buf_view(&b), '\n'));
		assert(b.n <= v.n + 64);
		assert(!via_parse(&second, buf_view(&b)));
		/* a fold within quotes becomes a space, as would a bare CR
		 * that got past the pre-scan */
		assert(view_eq(first.branch, second.branch) ||
		       view_has(first.branch, '\n') ||
		       view_has(first.branch, '\r'));
		assert(view_eq(first.host, second.host));
		assert(first.port == second.port);
		assert(first.rport == second.rport);
		assert(via_magic(&first) == via_magic(&second));
	}
	assert(fuzz_within(first.text, v));
	assert(netaddr_eq(&src, &again));
	buf_free(&b);
}

static void nameaddr(struct view v)
{
	struct sip_nameaddr n;

	if (scan_nameaddr(&n, v))
		return;
	assert(fuzz_within(n.uri, v) && fuzz_within(n.tag, v));
	assert(n.has_tag == (n.tag.n != 0));
}

/* A Contact line: every value of it. */
static void list(struct view v)
{
	struct sip_param param;
	struct view value, u, rest;
	size_t n;

	do {
		n = scan_until(v, ',');
		assert(n <= v.n);
		value = view_head(v, n);
		if (!scan_split_uri(&u, &rest, view_trim(value))) {
			assert(fuzz_within(u, value));
			while (!scan_param(&param, &rest))
				assert(fuzz_within(param.text, value));
		}
		v = view_from(v, n + 1);
	} while (v.n);
}

static void dest(struct view v)
{
	struct view to, ruri, route;
	struct sip_dest *d, *again;

	view_cut(v, '\n', &to, &ruri);
	view_cut(ruri, '\n', &ruri, &route);
	if (sip_dest_new(&d, to, ruri, route))
		return;
	assert(!view_has(sip_dest_to(d), '\r'));
	assert(!view_has(sip_dest_ruri(d), '\r'));
	assert(!view_has(sip_dest_route(d), '\r'));
	assert(!sip_dest_new(&again, sip_dest_to(d), sip_dest_ruri(d),
			     sip_dest_route(d)));
	assert(view_eq(sip_dest_to(d), sip_dest_to(again)));
	assert(view_eq(sip_dest_ruri(d), sip_dest_ruri(again)));
	assert(view_eq(sip_dest_route(d), sip_dest_route(again)));
	mem_deref(again);
	mem_deref(d);
}

static void address(struct view v)
{
	struct addr *a, *b;

	if (addr_parse(&a, v))
		return;
	assert(a->text.n <= ADDR_MAX && a->network.n && a->host.n);
	assert(!memchr(a->text.p, '\0', a->text.n));
	assert(!view_has(a->text, '\n') && !view_has(a->text, '\r'));
	assert(!addr_parse(&b, a->text));
	assert(addr_eq(a, b) && a == b);
	mem_deref(b);
	mem_deref(a);
}

static void socket_address(struct view v)
{
	char text[NETADDR_TEXT_MAX];
	struct netaddr a, b;
	struct netmask m;

	if (!netmask_parse(&m, v))
		assert(netmask_has(&m, &m.base));
	if (netaddr_parse(&a, v))
		return;
	netaddr_str(text, &a);
	assert(!netaddr_parse(&b, view_str(text)));
	assert(netaddr_eq(&a, &b) && netaddr_hash(&a) == netaddr_hash(&b));
}

static void flow(struct view v)
{
	char text[SIP_FLOW_TEXT_MAX];
	struct sip_flow f, g;

	if (sip_flow_parse(&f, v))
		return;
	assert(!sip_flow_parse(&g, view_str(sip_flow_str(text, &f))));
	assert(f.transport == g.transport && netaddr_eq(&f.peer, &g.peer));
}

static void (*const readers[])(struct view v) = {
	uri, uris, via, nameaddr, list, dest, address, socket_address, flow,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](
		view_mem(data + 1, size - 1));
	assert(!mem_live());
	return 0;
}
