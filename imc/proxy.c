/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The outbound proxy, found as RFC 3263 4.2 says for a URI that names its
 * transport or takes UDP: a number as it is, a name with a port by its
 * addresses, a name without by SRV, then by its addresses at port 5060 (TLS:
 * 5061). The last good addresses stay in use while a look-up fails. By TLS the
 * name in the URI is the one that the certificate must have (RFC 5922 4).
 */
#include <errno.h>

#include "hash.h"
#include "log.h"
#include "mem.h"
#include "proxy.h"

enum { SIP_PORT = 5060, SIPS_PORT = 5061, AGAIN_MS = 60000, SOON_MS = 2000 };

struct proxy {
	struct dns *dns;         /* borrowed */
	struct wheel *wheel;     /* borrowed: the loop's */
	struct wtimer again;
	struct dns_query *query; /* owned by dns; NULL: none runs */
	char *host;              /* owned; without [] */
	uint16_t port;           /* 0: by SRV */
	enum sip_transport transport;
	struct sip_flow flows[DNS_ADDRS_MAX];
	size_t count, used;      /* used: index of the one in use */
	bool soon;               /* again runs for SOON_MS */
};

static void lookup(struct proxy *p);

static void on_again(struct wtimer *t)
{
	struct proxy *p = CONTAINER(t, struct proxy, again);

	p->soon = false;
	lookup(p);
}

static void set_addrs(struct proxy *p, const struct netaddr *addrs,
		      size_t count)
{
	p->count = p->used = 0;
	for (size_t i = 0; i < count && i < DNS_ADDRS_MAX; i++)
		p->flows[p->count++] = (struct sip_flow){
			.transport = p->transport,
			.peer = addrs[i],
			.tls_name = p->host,
		};
}

static void on_addrs(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct proxy *p = arg;

	p->query = NULL;
	if (err)
		log_warning("outbound proxy %s: %s", p->host, why);
	else
		set_addrs(p, addrs, count);
	wheel_start(p->wheel, &p->again, AGAIN_MS, on_again);
}

static void lookup_addrs(struct proxy *p, uint16_t port)
{
	int err = dns_lookup(&p->query, p->dns, p->host, port, on_addrs, p);

	if (err)
		on_addrs(err, "can't be looked up", NULL, 0, p);
}

static uint16_t usual_port(const struct proxy *p)
{
	return p->transport == SIP_TLS ? SIPS_PORT : SIP_PORT;
}

static void on_srv(int err, const char *why, const struct netaddr *addrs,
		   size_t count, void *arg)
{
	struct proxy *p = arg;

	if (err == ENOENT)
		lookup_addrs(p, usual_port(p));
	else
		on_addrs(err, why, addrs, count, p);
}

static void lookup_srv(struct proxy *p)
{
	static const char *const prefixes[SIP_TRANSPORTS] = {
		[SIP_UDP] = "_sip._udp",
		[SIP_TCP] = "_sip._tcp",
		[SIP_TLS] = "_sips._tcp",
	};
	char *name = mem_printf("%s.%s", prefixes[p->transport], p->host);

	if (dns_lookup_srv(&p->query, p->dns, name, on_srv, p))
		lookup_addrs(p, usual_port(p));
	mem_free(name);
}

static void lookup(struct proxy *p)
{
	if (p->query)
		return;
	if (p->port)
		lookup_addrs(p, p->port);
	else
		lookup_srv(p);
}

static void proxy_destroy(void *obj)
{
	struct proxy *p = obj;

	dns_cancel(p->query);
	if (p->wheel)
		wheel_stop(p->wheel, &p->again);
	mem_free(p->host);
}

static int read_transport(struct proxy *p, struct view params,
			  struct buf *why)
{
	struct view param, key, value;

	while (!view_empty(params)) {
		view_cut(params, ';', &param, &params);
		view_cut(param, '=', &key, &value);
		if (!view_ieqs(key, "transport"))
			continue;
		if (sip_transport_parse(&p->transport, value) ||
		    sip_is_ws(p->transport))
			goto bad;
	}
	return 0;
 bad:
	buf_adds(why, "outbound_proxy: transport is udp, tcp or tls");
	return EINVAL;
}

static int read_uri(struct proxy *p, struct view text, struct buf *why)
{
	struct sip_uri uri;
	struct netaddr numeric;

	if (sip_uri_parse(&uri, text) || !view_ieqs(uri.scheme, "sip")) {
		buf_adds(why, "outbound_proxy: no SIP URI such as "
			      "\"sip:proxy.example;transport=tcp\"");
		return EINVAL;
	}
	if (uri.host.n > 2 && uri.host.p[0] == '[')
		uri.host = view_mem(uri.host.p + 1, uri.host.n - 2);
	p->host = view_dup(uri.host);
	p->port = uri.port;
	if (read_transport(p, uri.params, why))
		return EINVAL;
	if (!p->port && !netaddr_set(&numeric, uri.host, SIP_PORT))
		p->port = usual_port(p);
	return 0;
}

int proxy_new(struct proxy **pp, struct loop *l, struct dns *d,
	      struct view uri, struct buf *why)
{
	struct proxy *p = mem_new(sizeof(*p), proxy_destroy);
	int err;

	p->dns = d;
	p->wheel = loop_wheel(l);
	err = read_uri(p, uri, why);
	if (err)
		goto out;
	lookup(p);
 out:
	if (err)
		mem_deref(p);
	else
		*pp = p;
	return err;
}

void proxy_free(struct proxy *p)
{
	mem_deref(p);
}

bool proxy_flow(const struct proxy *p, struct sip_flow *out)
{
	if (!p->count)
		return false;
	*out = p->flows[p->used];
	return true;
}

void proxy_failed(struct proxy *p)
{
	if (p->count)
		p->used = (p->used + 1) % p->count;
	if (p->soon || p->query)
		return;
	p->soon = true;
	wheel_start(p->wheel, &p->again, SOON_MS, on_again);
}
