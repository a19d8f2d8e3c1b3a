/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libpurple's queries: names and SRV. Nothing of it asks for TXT any more. */
#include <purple.h>
#include <string.h>

#include "dns.h"
#include "hash.h"
#include "list.h"
#include "mem.h"
#include "pw_dns.h"
#include "pw_near.h"

struct query {
	struct lnode node;
	const void *of;		/* libpurple's, for destroy */
	struct dns_query *dns;	/* of ours; NULL once it has answered */
	struct loop_idle refuse; /* TXT: the answer is ready */
	struct loop *loop;
	PurpleDnsQueryData *host;
	PurpleDnsQueryResolvedCallback host_ok;
	PurpleDnsQueryFailedCallback host_bad;
	PurpleSrvTxtQueryData *srv;
	PurpleSrvTxtQueryResolvedCallback srv_ok;
	PurpleSrvTxtQueryFailedCallback srv_bad;
};

/* The one registry of this file. */
static struct {
	struct loop *loop;
	struct dns *dns;
	struct list queries; /* owned: struct query */
} all;

static struct query *query_new(const void *of)
{
	struct query *q = mem_zalloc(sizeof(*q));

	q->of = of;
	q->loop = all.loop;
	list_append(&all.queries, &q->node);
	return q;
}

static void query_free(struct query *q)
{
	list_remove(&all.queries, &q->node);
	loop_undefer(q->loop, &q->refuse);
	dns_cancel(q->dns);
	mem_free(q);
}

static void query_cancel(const void *of)
{
	struct lnode *n, *nx;

	LIST_EACH (&all.queries, n, nx) {
		struct query *q = CONTAINER(n, struct query, node);

		if (q->of == of)
			query_free(q);
	}
}

/* "_xmpp-client._tcp.x.example" is of x.example. */
static const char *domain_of(const char *service)
{
	const char *at = service;

	while (at && *at == '_') {
		at = strchr(at, '.');
		at = at ? at + 1 : NULL;
	}
	return at ? at : "";
}

/* ---- names ---- */

static GSList *host_list(const char *host, const struct netaddr *addrs,
			 size_t count)
{
	GSList *list = NULL;

	for (size_t i = 0; i < count; i++) {
		socklen_t n = netaddr_len(&addrs[i]);

		if (!pw_near_go(host, &addrs[i]))
			continue;
		list = g_slist_append(list, GINT_TO_POINTER((int)n));
		list = g_slist_append(list, g_memdup2(&addrs[i].u, n));
	}
	return list;
}

static void on_host(int err, const char *why, const struct netaddr *addrs,
		    size_t count, void *arg)
{
	struct query q = *(struct query *)arg;
	GSList *list = err ? NULL :
			     host_list(purple_dnsquery_get_host(q.host),
				       addrs, count);

	((struct query *)arg)->dns = NULL;
	query_free(arg);
	if (list)
		q.host_ok(q.host, list);
	else
		q.host_bad(q.host, err ? why : PW_NEAR_WORDS);
}

static gboolean resolve_host(PurpleDnsQueryData *data,
			     PurpleDnsQueryResolvedCallback ok,
			     PurpleDnsQueryFailedCallback bad)
{
	struct query *q = query_new(data);

	q->host = data;
	q->host_ok = ok;
	q->host_bad = bad;
	(void)dns_lookup(&q->dns, all.dns, purple_dnsquery_get_host(data),
			 purple_dnsquery_get_port(data), on_host, q);
	return TRUE;
}

static void cancel_host(PurpleDnsQueryData *data)
{
	query_cancel(data);
}

/* ---- SRV ---- */

/* The targets as addresses: who verifies a certificate does it by the domain
 * that was asked for. */
static GList *srv_list(const char *domain, const struct netaddr *addrs,
		       size_t count)
{
	GList *list = NULL;
	struct buf ip = { 0 };

	for (size_t i = 0; i < count; i++) {
		PurpleSrvResponse *r;

		if (!pw_near_go(domain, &addrs[i]))
			continue;
		r = g_new0(PurpleSrvResponse, 1);
		buf_clear(&ip);
		netaddr_put_ip(&ip, &addrs[i]);
		g_strlcpy(r->hostname, buf_str(&ip), sizeof(r->hostname));
		r->port = netaddr_port(&addrs[i]);
		list = g_list_append(list, r);
	}
	buf_free(&ip);
	return list;
}

static void on_srv(int err, const char *why, const struct netaddr *addrs,
		   size_t count, void *arg)
{
	struct query q = *(struct query *)arg;
	const char *name = purple_srv_txt_query_get_query(q.srv);
	GList *list = err ? NULL : srv_list(domain_of(name), addrs, count);

	((struct query *)arg)->dns = NULL;
	query_free(arg);
	if (list)
		q.srv_ok(q.srv, list);
	else
		q.srv_bad(q.srv, err ? why : PW_NEAR_WORDS);
}

static void on_refuse(void *arg)
{
	struct query q = *(struct query *)arg;

	query_free(arg);
	q.srv_bad(q.srv, "texts are not asked for");
}

static gboolean resolve_srv(PurpleSrvTxtQueryData *data,
			    PurpleSrvTxtQueryResolvedCallback ok,
			    PurpleSrvTxtQueryFailedCallback bad)
{
	struct query *q = query_new(data);

	q->srv = data;
	q->srv_ok = ok;
	q->srv_bad = bad;
	if (purple_srv_txt_query_get_type(data) == PurpleDnsTypeSrv) {
		(void)dns_lookup_srv(&q->dns, all.dns,
				     purple_srv_txt_query_get_query(data),
				     on_srv, q);
		return TRUE;
	}
	q->refuse.h = on_refuse;
	q->refuse.arg = q;
	loop_defer(q->loop, &q->refuse);
	return TRUE;
}

static void cancel_srv(PurpleSrvTxtQueryData *data)
{
	query_cancel(data);
}

int pw_dns_ui(struct loop *l)
{
	static PurpleDnsQueryUiOps hosts = {
		.resolve_host = resolve_host,
		.destroy = cancel_host,
	};
	static PurpleSrvTxtQueryUiOps srvs = {
		.resolve = resolve_srv,
		.destroy = cancel_srv,
	};

	all.loop = l;
	list_init(&all.queries);
	purple_dnsquery_set_ui_ops(&hosts);
	purple_srv_txt_query_set_ui_ops(&srvs);
	return dns_new(&all.dns, l);
}
