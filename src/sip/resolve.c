/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A look-up is a walk over services (a transport and the name of its SRV
 * records) that gathers addresses in order of preference.
 */
#include "resolve.h"

#include <errno.h>

#include "hash.h"
#include "hops_priv.h"
#include "log.h"
#include "mem.h"

enum {
	SIP_PORT = 5060,
	SIPS_PORT = 5061,
	AGAIN_MS = 60000,
	SOON_MS = 2000,
	SERVICES_MAX = DNS_NAPTR_MAX,
};

/* What RFC 3263 calls the transports that we speak to servers. */
static const struct {
	const char *naptr, *srv;
	enum sip_transport transport;
} kinds[] = {
	{ "SIP+D2U", "_sip._udp", SIP_UDP },
	{ "SIP+D2T", "_sip._tcp", SIP_TCP },
	{ "SIPS+D2T", "_sips._tcp", SIP_TLS },
};

struct service {
	enum sip_transport transport;
	char *name; /* owned */
};

struct resolve {
	struct resolve_conf conf;
	struct wtimer again;
	struct dns_query *query; /* owned by dns; NULL: none runs */
	char *host;              /* owned; without [] */
	uint16_t port;           /* 0: by SRV */
	enum sip_transport transport;
	bool given;              /* the URI names the transport */
	struct service service[SERVICES_MAX];
	size_t services, next;   /* of the look-up under way */
	struct sip_flow found[HOPS_MAX]; /* likewise */
	size_t found_count;
	struct hops hops;
	bool soon;               /* again runs for SOON_MS */
};

static void lookup(struct resolve *r);

static void on_again(struct wtimer *t)
{
	struct resolve *r = CONTAINER(t, struct resolve, again);

	r->soon = false;
	lookup(r);
}

static void again_in(struct resolve *r, uint64_t ms)
{
	wheel_start(loop_wheel(r->conf.loop), &r->again, ms, on_again);
}

/* ---- what was found ---- */

static void add_found(struct resolve *r, enum sip_transport transport,
		      const struct netaddr *addrs, size_t count)
{
	size_t i;

	for (i = 0; i < count && r->found_count < HOPS_MAX; i++) {
		if (r->conf.allowh && !r->conf.allowh(&addrs[i], r->conf.arg))
			continue;
		r->found[r->found_count++] = (struct sip_flow){
			.transport = transport,
			.peer = addrs[i],
			.tls_name = transport == SIP_TLS ? r->host : NULL,
		};
	}
}

static void finish(struct resolve *r, int err, const char *why)
{
	if (!r->found_count)
		log_warning("%s %s: %s", r->conf.what, r->host,
			    err ? why : "only addresses that we must not "
					"send to");
	else
		hops_set(&r->hops, r->found, r->found_count);
	again_in(r, AGAIN_MS);
}

/* ---- asking ---- */

static void on_addrs(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct resolve *r = arg;

	r->query = NULL;
	if (!err)
		add_found(r, r->transport, addrs, count);
	finish(r, err, why);
}

static uint16_t usual_port(const struct resolve *r)
{
	return r->transport == SIP_TLS ? SIPS_PORT : SIP_PORT;
}

static void ask_addrs(struct resolve *r, uint16_t port)
{
	int err = dns_lookup(&r->query, r->conf.dns, r->host, port, on_addrs,
			     r);

	if (err)
		on_addrs(err, "can't be looked up", NULL, 0, r);
}

static void ask_service(struct resolve *r);

static void on_srv(int err, const char *why, const struct netaddr *addrs,
		   size_t count, void *arg)
{
	struct resolve *r = arg;
	const struct service *s = &r->service[r->next++];

	r->query = NULL;
	if (!err)
		add_found(r, s->transport, addrs, count);
	if (r->next < r->services)
		ask_service(r);
	else if (!r->found_count && err == ENOENT)
		ask_addrs(r, usual_port(r));
	else
		finish(r, err, why);
}

static void ask_service(struct resolve *r)
{
	const char *name = r->service[r->next].name;

	if (dns_lookup_srv(&r->query, r->conf.dns, name, on_srv, r))
		on_srv(ENOENT, "can't be looked up", NULL, 0, r);
}

/* ---- which services ---- */

static void services_clear(struct resolve *r)
{
	while (r->services)
		mem_free(r->service[--r->services].name);
	r->next = 0;
}

static void add_service(struct resolve *r, enum sip_transport transport,
			char *name)
{
	if (r->services < SERVICES_MAX)
		r->service[r->services++] =
			(struct service){ transport, name };
	else
		mem_free(name);
}

/* sips: by TLS only (RFC 3261 26.2.2). */
static bool fits(const struct resolve *r, enum sip_transport transport)
{
	if (r->given || r->transport == SIP_TLS)
		return transport == r->transport;
	return true;
}

/* Nothing says which: all that we have, UDP first. */
static void add_usual(struct resolve *r)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bool plain = kinds[i].transport != SIP_TLS;

		if (fits(r, kinds[i].transport) &&
		    (plain || r->transport == SIP_TLS))
			add_service(r, kinds[i].transport,
				    mem_printf("%s.%s", kinds[i].srv,
					       r->host));
	}
}

static void add_naptr(struct resolve *r, const struct dns_naptr *n)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (view_ieqs(view_str(n->service), kinds[i].naptr) &&
		    fits(r, kinds[i].transport))
			add_service(r, kinds[i].transport,
				    mem_strdup(n->name));
}

static void on_naptr(int err, const char *why, const struct dns_naptr *list,
		     size_t count, void *arg)
{
	struct resolve *r = arg;
	size_t i;

	(void)why; /* a server that fails at NAPTR may know SRV */
	r->query = NULL;
	for (i = 0; !err && i < count; i++)
		add_naptr(r, &list[i]);
	if (!r->services)
		add_usual(r);
	ask_service(r);
}

static void lookup(struct resolve *r)
{
	if (r->query)
		return;
	services_clear(r);
	r->found_count = 0;
	if (r->port) {
		ask_addrs(r, r->port);
	} else if (r->given) {
		add_usual(r);
		ask_service(r);
	} else if (dns_lookup_naptr(&r->query, r->conf.dns, r->host, on_naptr,
				    r)) {
		on_naptr(ENOENT, NULL, NULL, 0, r);
	}
}

/* ---- the URI ---- */

static int read_transport(struct resolve *r, const struct sip_uri *uri)
{
	struct view param, key, value, params = uri->params;

	if (view_ieqs(uri->scheme, "sips"))
		r->transport = SIP_TLS;
	while (!view_empty(params)) {
		view_cut(params, ';', &param, &params);
		view_cut(param, '=', &key, &value);
		if (!view_ieqs(key, "transport"))
			continue;
		if (r->transport == SIP_TLS && view_ieqs(value, "tcp"))
			continue; /* RFC 3261 19.1.2: TLS over TCP */
		if (sip_transport_parse(&r->transport, value) ||
		    sip_is_ws(r->transport) ||
		    (view_ieqs(uri->scheme, "sips") &&
		     r->transport != SIP_TLS))
			return EINVAL;
		r->given = true;
	}
	return 0;
}

static int read_uri(struct resolve *r, struct view text, struct buf *why)
{
	struct sip_uri uri;
	struct netaddr numeric;

	if (sip_uri_parse(&uri, text) || (!view_ieqs(uri.scheme, "sip") &&
					  !view_ieqs(uri.scheme, "sips"))) {
		buf_adds(why, r->conf.what);
		buf_adds(why, ": no SIP URI such as "
			      "\"sip:proxy.example;transport=tcp\"");
		return EINVAL;
	}
	if (read_transport(r, &uri)) {
		buf_adds(why, r->conf.what);
		buf_adds(why, ": transport is udp, tcp or tls");
		return EINVAL;
	}
	if (uri.host.n > 2 && uri.host.p[0] == '[')
		uri.host = view_mem(uri.host.p + 1, uri.host.n - 2);
	r->host = view_dup(uri.host);
	r->port = uri.port;
	if (!r->port && !netaddr_set(&numeric, uri.host, SIP_PORT))
		r->port = usual_port(r);
	return 0;
}

static void resolve_destroy(void *obj)
{
	struct resolve *r = obj;

	dns_cancel(r->query);
	wheel_stop(loop_wheel(r->conf.loop), &r->again);
	services_clear(r);
	mem_free(r->host);
}

int resolve_new(struct resolve **rp, const struct resolve_conf *conf,
		struct view uri, struct buf *why)
{
	struct resolve *r = mem_new(sizeof(*r), resolve_destroy);
	int err;

	r->conf = *conf;
	err = read_uri(r, uri, why);
	if (err) {
		mem_deref(r);
		return err;
	}
	lookup(r);
	*rp = r;
	return 0;
}

void resolve_free(struct resolve *r)
{
	mem_deref(r);
}

bool resolve_flow(const struct resolve *r, uint64_t who, struct sip_flow *out)
{
	return hops_flow(&r->hops, who, out);
}

static void log_moved(const struct resolve *r, const struct sip_flow *from)
{
	char a[SIP_FLOW_TEXT_MAX], b[SIP_FLOW_TEXT_MAX];
	struct sip_flow to;

	if (resolve_flow(r, 0, &to))
		log_warning("%s %s: %s does not work, %s is used",
			    r->conf.what, r->host, sip_flow_str(a, from),
			    sip_flow_str(b, &to));
}

void resolve_heard(struct resolve *r, const struct sip_flow *via,
		   uint64_t who, enum hop_sign sign)
{
	if (!hops_heard(&r->hops, via, who, sign))
		return;
	if (r->hops.count > 1)
		log_moved(r, via);
	if (r->soon || r->query)
		return;
	r->soon = true;
	again_in(r, SOON_MS);
}
