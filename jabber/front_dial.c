/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where to: the names of RFC 6120 3.2 and XEP-0368, one address after the
 * other, and the one other host that a server may name.
 */
#include <errno.h>
#include <string.h>

#include "front_priv.h"
#include "jid.h"
#include "log.h"
#include "mem.h"

enum { XMPP_PORT = 5222, XMPPS_PORT = 5223 };

void front_dial_stop(struct front *f)
{
	for (size_t i = 0; i < f->queries_count; i++) {
		dns_cancel(f->queries[i].query);
		f->queries[i].query = NULL;
	}
}

static void unresolved(struct front *f)
{
	struct buf words = { 0 };

	buf_adds(&words, "the server's name cannot be resolved: ");
	buf_addv(&words, buf_view(&f->dns_why));
	front_lost(f, GONE_NET, buf_view(&words));
	buf_free(&words);
}

/* ---- one after the other ---- */

static void unreachable(struct front *f, struct view why)
{
	struct buf b = { 0 };

	buf_adds(&b, "cannot connect to ");
	netaddr_put(&b, &front_route(f)->addr);
	buf_adds(&b, ": ");
	buf_addv(&b, why);
	front_lost(f, GONE_NET, buf_view(&b));
	buf_free(&b);
}

static void try_next(struct front *f, const char *why)
{
	while (f->route < f->routes_count) {
		const struct front_route *r = &f->routes[f->route++];
		int err;

		/* So it was configured, but a name may lead elsewhere. */
		if (f->conf.mode == FRONT_PLAIN &&
		    !netaddr_is_loopback(&r->addr)) {
			front_lost(f, GONE_NET, VIEW("tls is off, but the "
				   "server's address is not on loopback"));
			return;
		}
		front_set_state(f, FRONT_CONNECTING);
		err = front_connect(f, r);
		if (!err)
			return;
		why = strerror(err);
	}
	unreachable(f, view_str(why));
}

void front_dial_next(struct front *f, struct view why)
{
	struct buf b = { 0 };

	buf_addv(&b, why);
	if (f->route < f->routes_count)
		log_info("xmpp %s: %s; trying the next address",
			 f->conf.domain, buf_str(&b));
	try_next(f, buf_str(&b));
	buf_free(&b);
}

/* ---- names ---- */

static void add_route(struct front *f, const struct front_query *q, size_t i)
{
	if (i < q->count && f->routes_count < FRONT_ROUTES)
		f->routes[f->routes_count++] =
			(struct front_route){ q->addrs[i], q->direct };
}

/* By turns, so that neither kind is out of reach behind many dead ones of the
 * other. */
static void merge(struct front *f)
{
	f->routes_count = f->route = 0;
	for (size_t i = 0; i < DNS_ADDRS_MAX; i++)
		for (size_t q = 0; q < f->queries_count; q++)
			add_route(f, &f->queries[q], i);
}

static void all_asked(struct front *f);

static void on_addrs(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct front_query *q = arg;
	struct front *f = q->front;

	q->query = NULL;
	q->err = !err && !count ? ENOENT : err;
	q->count = err ? 0 : count < DNS_ADDRS_MAX ? count : DNS_ADDRS_MAX;
	if (q->count)
		memcpy(q->addrs, addrs, q->count * sizeof(*addrs));
	if (err) {
		buf_clear(&f->dns_why);
		buf_adds(&f->dns_why, why);
	}
	for (size_t i = 0; i < f->queries_count; i++)
		if (f->queries[i].query)
			return;
	all_asked(f);
}

static struct front_query *add_query(struct front *f, bool direct)
{
	struct front_query *q = &f->queries[f->queries_count++];

	*q = (struct front_query){ .front = f, .direct = direct };
	return q;
}

static void ask_host(struct front *f, const char *host, uint16_t port,
		     bool direct)
{
	struct front_query *q = add_query(f, direct);

	if (!port)
		port = direct ? XMPPS_PORT : XMPP_PORT;
	(void)dns_lookup(&q->query, f->conf.dns, host, port, on_addrs, q);
}

static void ask_srv(struct front *f, const char *service, bool direct)
{
	struct front_query *q = add_query(f, direct);
	struct buf name = { 0 };

	buf_adds(&name, service);
	buf_adds(&name, f->conf.domain);
	(void)dns_lookup_srv(&q->query, f->conf.dns, buf_str(&name), on_addrs,
			     q);
	buf_free(&name);
}

/* Did every question have the answer that there is nothing? */
static bool there_is_nothing(const struct front *f)
{
	for (size_t i = 0; i < f->queries_count; i++)
		if (f->queries[i].err != ENOENT)
			return false;
	return true;
}

static void all_asked(struct front *f)
{
	merge(f);
	if (f->routes_count) {
		try_next(f, "no address is left");
	} else if (f->by_srv && there_is_nothing(f)) {
		/* RFC 6120 3.2.2: the domain's own address */
		f->by_srv = false;
		f->queries_count = 0;
		ask_host(f, f->conf.domain, f->conf.port,
			 f->conf.mode == FRONT_DIRECT);
	} else {
		unresolved(f);
	}
}

void front_dial(struct front *f)
{
	bool direct = f->conf.mode == FRONT_DIRECT;

	front_set_state(f, FRONT_RESOLVING);
	f->queries_count = 0;
	if (*f->conf.server) {
		ask_host(f, f->conf.server, f->conf.port, direct);
		return;
	}
	f->by_srv = true;
	if (f->conf.mode != FRONT_PLAIN)
		ask_srv(f, "_xmpps-client._tcp.", true);
	if (!direct)
		ask_srv(f, "_xmpp-client._tcp.", false);
}

/* ---- another host ---- */

static int split_target(struct view target, struct view *host, uint16_t *port)
{
	struct view number = VIEW_NONE;
	uint64_t n = 0;

	target = view_trim(target);
	if (view_starts(target, VIEW("["))) {
		if (!view_cut(view_from(target, 1), ']', host, &number) ||
		    (number.n && *number.p != ':'))
			return EBADMSG;
		number = view_from(number, 1);
	} else if (!view_cut(target, ':', host, &number)) {
		*host = target;
	}
	if (number.n && view_u64(&n, number, UINT16_MAX))
		return EBADMSG;
	*port = (uint16_t)n;
	return host->n && host->n < 254 ? 0 : EBADMSG;
}

/* Nobody has a business in making us call at our own doors, or at our
 * neighbours', but whoever configured just that host. */
static bool may_go_to(const struct front *f, const struct netaddr *a)
{
	struct netaddr there = *a;

	if (!netaddr_is_near(a))
		return true;
	netaddr_set_port(&there, netaddr_port(&front_route(f)->addr));
	return *f->conf.server && netaddr_eq(&there, &front_route(f)->addr);
}

static void on_other(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct front_query *q = arg;
	struct front *f = q->front;

	for (size_t i = 0; !err && i < count; i++) {
		if (!may_go_to(f, &addrs[i])) {
			q->query = NULL;
			front_lost(f, GONE_NET, VIEW("the server sends us to "
				   "this host itself or to its link, which "
				   "is not followed"));
			return;
		}
	}
	on_addrs(err, why, addrs, count, q);
}

static bool is_host_or_ip(struct view host)
{
	struct netaddr ip;

	return jid_is_host(host) || !netaddr_set(&ip, host, 0);
}

void front_dial_other(struct front *f, struct view target)
{
	struct view host = VIEW_NONE;
	uint16_t port = 0;
	struct front_query *q;
	bool direct = front_route(f)->direct;
	char *name;

	if (f->redirected || split_target(target, &host, &port) ||
	    !is_host_or_ip(host)) {
		front_lost(f, GONE_CONFIG, f->redirected ?
			   VIEW("the server sends us from host to host") :
			   VIEW("the server sends us to a host that is "
				"none"));
		return;
	}
	log_info("xmpp %s: sent on to %.*s", f->conf.domain, VIEW_ARG(target));
	f->redirected = true;
	front_hang_up(f);
	front_set_state(f, FRONT_RESOLVING);
	f->queries_count = 0;
	f->by_srv = false;
	q = add_query(f, direct);
	name = view_dup(host);
	if (!port)
		port = direct ? XMPPS_PORT : XMPP_PORT;
	(void)dns_lookup(&q->query, f->conf.dns, name, port, on_other, q);
	mem_free(name);
}
