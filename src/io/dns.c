/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Look-ups. A name is asked for once, however many wait for it, and its
 * answer stays in the cache. A query walks over one name, or over the targets
 * of an SRV answer one by one, and gathers addresses. What is done is handed
 * up by a deferred job: never from within c-ares, nor from dns_lookup().
 */
#include "dns.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "dns_priv.h"
#include "hash.h"
#include "list.h"
#include "mem.h"

enum {
	NAMES_MAX = 1024,
	TTL_MIN_MS = 1000,
	TTL_MAX_MS = 5 * 60 * 1000,
	TTL_NEGATIVE_MS = 10 * 1000,
	CLASS_IN = 1,
	TYPE_SRV = 33,
};

struct answer {
	int err;
	const char *why; /* static */
	size_t count;
	struct netaddr addrs[DNS_ADDRS_MAX];
};

struct name {
	struct hnode hash;
	struct lnode node; /* in dns.by_age */
	struct dns *d;     /* borrowed */
	char *host;        /* owned */
	bool pending;
	uint64_t expires; /* ms, monotonic */
	struct answer a;
	struct list waiting; /* borrowed: struct dns_query */
};

struct dns {
	struct loop *l;        /* borrowed */
	struct dns_chan *chan; /* owned; NULL: being freed */
	struct htable names;   /* owned: struct name */
	struct list by_age;    /* the same, the oldest first */
	struct list asking;    /* owned: queries on their way */
	struct list ready;     /* owned: queries to be handed up */
	struct loop_idle job;
};

/* Outlives its query, when that is cancelled. */
struct srv_ask {
	struct dns_query *q; /* borrowed; NULL: cancelled */
};

struct dns_query {
	struct lnode node;  /* in dns.asking or dns.ready */
	struct list *in;    /* which of them; NULL: being handed up */
	struct lnode wait;  /* in name.waiting */
	struct name *on;    /* borrowed: whose; NULL: none */
	struct srv_ask *ask; /* borrowed: c-ares has it */
	struct dns *d;      /* borrowed */
	dns_h *h;
	void *arg;
	uint16_t port; /* of what is asked for now */
	struct wtimer timer;
	struct answer a;
	size_t targets_count, next;
	struct srv_target *targets; /* owned; NULL: no SRV */
};

static void query_destroy(void *obj)
{
	struct dns_query *q = obj;

	if (q->in)
		list_remove(q->in, &q->node);
	if (q->on)
		list_remove(&q->on->waiting, &q->wait);
	if (q->ask)
		q->ask->q = NULL;
	wheel_stop(loop_wheel(q->d->l), &q->timer);
	mem_free(q->targets);
}


static void stop_waiting(struct dns_query *q)
{
	if (q->on)
		list_remove(&q->on->waiting, &q->wait);
	q->on = NULL;
	if (q->ask)
		q->ask->q = NULL;
	q->ask = NULL;
}


/* Whatever addresses were found so far are the answer. */
static void done(struct dns_query *q, int err, const char *why)
{
	stop_waiting(q);
	wheel_stop(loop_wheel(q->d->l), &q->timer);
	q->a.err = q->a.count ? 0 : err;
	q->a.why = q->a.count ? "" : why;
	list_remove(q->in, &q->node);
	q->in = &q->d->ready;
	list_append(q->in, &q->node);
	loop_defer(q->d->l, &q->d->job);
}


static void on_timeout(struct wtimer *t)
{
	done(CONTAINER(t, struct dns_query, timer), ETIMEDOUT,
	     "the name servers did not answer in time");
}


static int status_err(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
	case ARES_EBADNAME:
		return ENOENT;
	case ARES_ETIMEOUT:
		return ETIMEDOUT;
	default:
		return EAGAIN;
	}
}


/* Names and their answers */

static void name_destroy(void *obj)
{
	struct name *n = obj;

	htable_del(&n->d->names, &n->hash);
	list_remove(&n->d->by_age, &n->node);
	mem_free(n->host);
}


static struct name *name_find(struct dns *d, struct view host)
{
	struct hnode *h = htable_find(&d->names, hash_iview(host));
	struct name *n;

	for (; h; h = htable_more(h)) {
		n = CONTAINER(h, struct name, hash);
		if (view_ieqs(host, n->host))
			return n;
	}
	return NULL;
}


static bool make_space(struct dns *d)
{
	struct lnode *l, *nx;
	struct name *n;

	if (d->by_age.count < NAMES_MAX)
		return true;
	LIST_EACH(&d->by_age, l, nx) {
		n = CONTAINER(l, struct name, node);
		if (n->pending)
			continue;
		mem_deref(n);
		return true;
	}
	return false;
}


/* NULL: all the space is taken by look-ups on their way. */
static struct name *name_new(struct dns *d, struct view host)
{
	struct name *n;

	if (!make_space(d))
		return NULL;
	n = mem_new(sizeof(*n), name_destroy);
	n->d = d;
	n->host = view_dup(host);
	list_init(&n->waiting);
	list_append(&d->by_age, &n->node);
	htable_add(&d->names, &n->hash, hash_iview(host));
	return n;
}


static uint64_t keep_ms(uint64_t ttl_s)
{
	uint64_t ms = ttl_s * 1000;

	if (ms < TTL_MIN_MS)
		return TTL_MIN_MS;
	return ms > TTL_MAX_MS ? TTL_MAX_MS : ms;
}


static void add_addr(struct answer *a, const struct sockaddr *sa)
{
	struct netaddr *to = &a->addrs[a->count];

	if (a->count == DNS_ADDRS_MAX)
		return;
	memset(to, 0, sizeof(*to));
	if (sa->sa_family == AF_INET)
		memcpy(&to->u.in, sa, sizeof(to->u.in));
	else if (sa->sa_family == AF_INET6)
		memcpy(&to->u.in6, sa, sizeof(to->u.in6));
	else
		return;
	a->count++;
}


static void name_fill(struct name *n, const struct ares_addrinfo *info)
{
	const struct ares_addrinfo_node *i = info->nodes;
	uint64_t ttl = TTL_MAX_MS / 1000;

	for (; i; i = i->ai_next) {
		add_addr(&n->a, i->ai_addr);
		if ((uint64_t)i->ai_ttl < ttl)
			ttl = i->ai_ttl > 0 ? (uint64_t)i->ai_ttl : 0;
	}
	n->expires = now_ms() + keep_ms(ttl);
}


static void ask_next(struct dns_query *q);

/* Adds what is known of the name, and goes on. */
static void take(struct dns_query *q, const struct name *n)
{
	size_t i;

	for (i = 0; i < n->a.count && q->a.count < DNS_ADDRS_MAX; i++) {
		q->a.addrs[q->a.count] = n->a.addrs[i];
		netaddr_set_port(&q->a.addrs[q->a.count++], q->port);
	}
	if (q->next < q->targets_count && q->a.count < DNS_ADDRS_MAX)
		ask_next(q);
	else
		done(q, n->a.err, n->a.why);
}


static void on_addrs(void *arg, int status, int timeouts,
		     struct ares_addrinfo *info)
{
	struct name *n = arg;
	struct dns_query *q;
	struct lnode *l;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	memset(&n->a, 0, sizeof(n->a));
	n->expires = 0; /* trouble is not kept */
	if (info) {
		name_fill(n, info);
		ares_freeaddrinfo(info);
	}
	n->a.err = n->a.count ? 0 : status_err(status);
	n->a.why = n->a.err ? ares_strerror(status) : "";
	if (!n->a.err && !n->a.count) {
		n->a.err = ENOENT;
		n->a.why = "no address";
	}
	if (n->a.err == ENOENT)
		n->expires = now_ms() + TTL_NEGATIVE_MS;
	/* Still pending, so that nobody throws it out meanwhile. */
	while ((l = list_shift(&n->waiting))) {
		q = CONTAINER(l, struct dns_query, wait);
		q->on = NULL;
		take(q, n);
	}
	n->pending = false;
}


static void name_ask(struct name *n)
{
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC };

	n->pending = true;
	ares_getaddrinfo(dns_chan_ares(n->d->chan), n->host, NULL, &hints,
			 on_addrs, n);
	dns_chan_rearm(n->d->chan);
}


static void ask_host(struct dns_query *q, struct view host)
{
	struct name *n = name_find(q->d, host);

	if (n && !n->pending && now_ms() < n->expires) {
		take(q, n);
		return;
	}
	if (!n)
		n = name_new(q->d, host);
	if (!n) {
		done(q, EAGAIN, "too many look-ups at a time");
		return;
	}
	q->on = n;
	list_append(&n->waiting, &q->wait);
	if (!n->pending)
		name_ask(n);
}


/* Queries */

/* Numeric, impossible, or to be asked for. */
static void ask(struct dns_query *q, struct view host)
{
	struct netaddr *a = &q->a.addrs[q->a.count];

	if (!netaddr_set(a, host, q->port)) {
		q->a.count++;
		done(q, 0, "");
	} else if (dns_name_ok(host)) {
		ask_host(q, host);
	} else {
		done(q, ENOENT, "not a host name");
	}
}


static void ask_next(struct dns_query *q)
{
	const struct srv_target *t = &q->targets[q->next++];

	q->port = t->port;
	ask_host(q, view_str(t->host));
}


static void take_targets(struct dns_query *q, const unsigned char *answer,
			 int len)
{
	int status;

	q->targets = mem_array(NULL, SRV_TARGETS_MAX, sizeof(*q->targets));
	status = srv_parse(q->targets, &q->targets_count, answer, len);
	if (status != ARES_SUCCESS)
		done(q, status_err(status), ares_strerror(status));
	else if (!q->targets_count)
		done(q, ENOENT, "the service is not offered there");
	else
		ask_next(q);
}


static void on_srv(void *arg, int status, int timeouts, unsigned char *answer,
		   int len)
{
	struct srv_ask *sa = arg;
	struct dns_query *q = sa->q;

	(void)timeouts;
	mem_free(sa);
	if (!q)
		return;
	q->ask = NULL;
	if (status == ARES_EDESTRUCTION)
		return;
	if (status == ARES_SUCCESS)
		take_targets(q, answer, len);
	else
		done(q, status_err(status), ares_strerror(status));
}


static void ask_srv(struct dns_query *q, const char *name)
{
	struct dns *d = q->d;

	q->ask = mem_zalloc(sizeof(*q->ask));
	q->ask->q = q;
	ares_query(dns_chan_ares(d->chan), name, CLASS_IN, TYPE_SRV, on_srv,
		   q->ask);
	dns_chan_rearm(d->chan);
}


static struct dns_query *query_new(struct dns *d, dns_h *h, void *arg)
{
	struct dns_query *q = mem_new(sizeof(*q), query_destroy);

	q->d = d;
	q->h = h;
	q->arg = arg;
	q->in = &d->asking;
	list_append(q->in, &q->node);
	wheel_start(loop_wheel(d->l), &q->timer, DNS_TIMEOUT_MS, on_timeout);
	return q;
}


int dns_lookup(struct dns_query **qp, struct dns *d, const char *host,
	       uint16_t port, dns_h *h, void *arg)
{
	struct dns_query *q = query_new(d, h, arg);

	q->port = port;
	ask(q, view_str(host));
	*qp = q;
	return 0;
}


int dns_lookup_srv(struct dns_query **qp, struct dns *d, const char *name,
		   dns_h *h, void *arg)
{
	struct dns_query *q = query_new(d, h, arg);

	if (dns_name_ok(view_str(name)))
		ask_srv(q, name);
	else
		done(q, ENOENT, "not a service's name");
	*qp = q;
	return 0;
}


void dns_cancel(struct dns_query *q)
{
	if (q && q->in) /* else its handler runs right now */
		mem_deref(q);
}


static void hand_up(struct dns_query *q)
{
	list_remove(q->in, &q->node);
	q->in = NULL;
	q->h(q->a.err, q->a.why, q->a.addrs, q->a.count, q->arg);
	mem_deref(q);
}


/* What becomes ready meanwhile has its turn at the next job. */
static void on_job(void *arg)
{
	struct dns *d = mem_ref(arg); /* a handler may free it */
	size_t n = d->ready.count;
	struct lnode *l;

	while (n-- && d->chan && (l = list_first(&d->ready)))
		hand_up(CONTAINER(l, struct dns_query, node));
	if (d->chan && !list_empty(&d->ready))
		loop_defer(d->l, &d->job);
	mem_deref(d);
}


static void drop_queries(struct list *queries)
{
	struct lnode *l;

	while ((l = list_first(queries)))
		mem_deref(CONTAINER(l, struct dns_query, node));
}


static void dns_destroy(void *obj)
{
	struct dns *d = obj;
	struct lnode *l;

	loop_undefer(d->l, &d->job);
	drop_queries(&d->asking);
	drop_queries(&d->ready);
	dns_chan_free(d->chan);
	while ((l = list_first(&d->by_age)))
		mem_deref(CONTAINER(l, struct name, node));
	htable_free(&d->names);
}


int dns_new(struct dns **dp, struct loop *l)
{
	struct dns *d = mem_new(sizeof(*d), dns_destroy);
	int err;

	d->l = l;
	d->job.h = on_job;
	d->job.arg = d;
	list_init(&d->by_age);
	list_init(&d->asking);
	list_init(&d->ready);
	err = dns_chan_new(&d->chan, l);
	if (err)
		mem_deref(d);
	else
		*dp = d;
	return err;
}


int dns_set_servers(struct dns *d, const char *csv)
{
	ares_channel ares = dns_chan_ares(d->chan);

	switch (ares_set_servers_ports_csv(ares, csv)) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENOTIMP:
		return EBUSY;
	default:
		return EINVAL;
	}
}


void dns_free(struct dns *d)
{
	struct dns_chan *chan;

	if (!d)
		return;
	drop_queries(&d->asking);
	drop_queries(&d->ready);
	chan = d->chan;
	d->chan = NULL;
	dns_chan_free(chan);
	mem_deref(d);
}
