/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Look-ups. A query walks over one name, or over the targets of an SRV answer
 * one by one, and gathers addresses. What is done is handed up by a deferred
 * job: never from within c-ares, nor from dns_lookup().
 */
#include "dns.h"

#include <errno.h>

#include "dns_priv.h"
#include "hash.h"
#include "list.h"
#include "mem.h"

enum { CLASS_IN = 1, TYPE_SRV = 33, TYPE_NAPTR = 35 };

struct dns {
	struct loop *l;        /* borrowed */
	struct dns_chan *chan; /* owned; NULL: being freed */
	struct dns_names *names; /* owned */
	struct list asking; /* owned: queries on their way */
	struct list ready;  /* owned: queries to be handed up */
	struct loop_idle job;
};

/* Outlives its query, when that is cancelled. */
struct srv_ask {
	struct dns_query *q; /* borrowed; NULL: cancelled */
};

struct dns_query {
	struct lnode node;  /* in dns.asking or dns.ready */
	struct list *in;    /* which of them; NULL: being handed up */
	struct dns_waiter wait;
	struct srv_ask *ask; /* borrowed: c-ares has it */
	struct dns *d;      /* borrowed */
	dns_h *h;
	dns_naptr_h *naptrh; /* NULL: h */
	void *arg;
	struct dns_naptr *naptrs; /* owned; for naptrh, or NULL */
	size_t naptrs_count;
	uint16_t port; /* of what is asked for now */
	struct wtimer timer;
	struct dns_answer a;
	size_t targets_count, next;
	struct srv_target *targets; /* owned; NULL: no SRV */
};

static void stop_waiting(struct dns_query *q)
{
	dns_names_forget(&q->wait);
	if (q->ask)
		q->ask->q = NULL;
	q->ask = NULL;
}


static void query_destroy(void *obj)
{
	struct dns_query *q = obj;

	if (q->in)
		list_remove(q->in, &q->node);
	stop_waiting(q);
	wheel_stop(loop_wheel(q->d->l), &q->timer);
	mem_free(q->targets);
	mem_free(q->naptrs);
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


static void ask_next(struct dns_query *q);

/* Adds what is known of the name, and goes on. */
static void on_name(struct dns_waiter *w, const struct dns_answer *a)
{
	struct dns_query *q = CONTAINER(w, struct dns_query, wait);
	size_t i;

	for (i = 0; i < a->count && q->a.count < DNS_ADDRS_MAX; i++) {
		q->a.addrs[q->a.count] = a->addrs[i];
		netaddr_set_port(&q->a.addrs[q->a.count++], q->port);
	}
	if (q->next < q->targets_count && q->a.count < DNS_ADDRS_MAX)
		ask_next(q);
	else
		done(q, a->err, a->why);
}


/* Numeric, impossible, or to be asked for. */
static bool add_numeric(struct dns_query *q, struct view ip)
{
	if (netaddr_set(&q->a.addrs[q->a.count], ip, q->port))
		return false;
	q->a.count++;
	return true;
}

static void ask(struct dns_query *q, struct view host)
{
	if (add_numeric(q, host)) {
		done(q, 0, "");
	} else if (view_ieqs(host, "localhost")) {
		/* RFC 6761 6.3: loopback, whatever a server would say. */
		add_numeric(q, VIEW("127.0.0.1"));
		add_numeric(q, VIEW("::1"));
		done(q, 0, "");
	} else if (dns_name_ok(host)) {
		dns_names_ask(q->d->names, &q->wait, host);
	} else {
		done(q, ENOENT, "not a host name");
	}
}


static void ask_next(struct dns_query *q)
{
	const struct srv_target *t = &q->targets[q->next++];

	q->port = t->port;
	dns_names_ask(q->d->names, &q->wait, view_str(t->host));
}


static void take_targets(struct dns_query *q, const unsigned char *answer,
			 int len)
{
	int status;

	q->targets = mem_array(NULL, SRV_TARGETS_MAX, sizeof(*q->targets));
	status = srv_parse(q->targets, &q->targets_count, answer, len);
	if (status != ARES_SUCCESS)
		done(q, dns_status_err(status), ares_strerror(status));
	else if (!q->targets_count)
		done(q, ENOENT, "the service is not offered there");
	else
		ask_next(q);
}


static void take_naptrs(struct dns_query *q, const unsigned char *answer,
			int len)
{
	int status;

	q->naptrs = mem_array(NULL, DNS_NAPTR_MAX, sizeof(*q->naptrs));
	status = naptr_parse(q->naptrs, &q->naptrs_count, answer, len);
	if (status == ARES_SUCCESS && q->naptrs_count)
		done(q, 0, "");
	else if (status == ARES_SUCCESS)
		done(q, ENOENT, "no service is named there");
	else
		done(q, dns_status_err(status), ares_strerror(status));
}


/* An answer of SRV or NAPTR. */
static void on_records(void *arg, int status, int timeouts,
		       unsigned char *answer, int len)
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
	if (status != ARES_SUCCESS)
		done(q, dns_status_err(status), ares_strerror(status));
	else if (q->naptrh)
		take_naptrs(q, answer, len);
	else
		take_targets(q, answer, len);
}


static void ask_records(struct dns_query *q, const char *name, int type)
{
	struct dns *d = q->d;

	q->ask = mem_zalloc(sizeof(*q->ask));
	q->ask->q = q;
	ares_query(dns_chan_ares(d->chan), name, CLASS_IN, type, on_records,
		   q->ask);
	dns_chan_rearm(d->chan);
}


static struct dns_query *query_new(struct dns *d, dns_h *h, void *arg)
{
	struct dns_query *q = mem_new(sizeof(*q), query_destroy);

	q->d = d;
	q->h = h;
	q->arg = arg;
	q->wait.h = on_name;
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
		ask_records(q, name, TYPE_SRV);
	else
		done(q, ENOENT, "not a service's name");
	*qp = q;
	return 0;
}


int dns_lookup_naptr(struct dns_query **qp, struct dns *d, const char *name,
		     dns_naptr_h *h, void *arg)
{
	struct dns_query *q = query_new(d, NULL, arg);

	q->naptrh = h;
	if (dns_name_ok(view_str(name)))
		ask_records(q, name, TYPE_NAPTR);
	else
		done(q, ENOENT, "not a domain's name");
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
	if (q->naptrh)
		q->naptrh(q->a.err, q->a.why, q->naptrs, q->naptrs_count,
			  q->arg);
	else
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

	loop_undefer(d->l, &d->job);
	dns_chan_free(d->chan);
	dns_names_free(d->names);
}


int dns_new(struct dns **dp, struct loop *l)
{
	struct dns *d = mem_new(sizeof(*d), dns_destroy);
	int err;

	d->l = l;
	d->job.h = on_job;
	d->job.arg = d;
	list_init(&d->asking);
	list_init(&d->ready);
	err = dns_chan_new(&d->chan, l);
	if (err) {
		mem_deref(d);
		return err;
	}
	d->names = dns_names_new(d->chan);
	*dp = d;
	return 0;
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
