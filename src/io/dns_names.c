/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Host names and their addresses: asked for once, however many wait, and kept
 * for their TTL. The table is bounded; the oldest answer makes room.
 */
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
};

struct dns_names {
	struct dns_chan *chan; /* borrowed */
	struct htable table;   /* owned: struct dns_name */
	struct list by_age;    /* the same, the oldest first */
};

struct dns_name {
	struct hnode hash;
	struct lnode node;    /* in dns_names.by_age */
	struct dns_names *in; /* borrowed */
	char *host;           /* owned */
	bool pending;
	uint64_t expires; /* ms, monotonic */
	struct dns_answer a;
	struct list waiting; /* borrowed: struct dns_waiter */
};

int dns_status_err(int status)
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


static void name_destroy(void *obj)
{
	struct dns_name *n = obj;

	htable_del(&n->in->table, &n->hash);
	list_remove(&n->in->by_age, &n->node);
	mem_free(n->host);
}


static struct dns_name *name_find(struct dns_names *names, struct view host)
{
	struct hnode *h = htable_find(&names->table, hash_iview(host));
	struct dns_name *n;

	for (; h; h = htable_more(h)) {
		n = CONTAINER(h, struct dns_name, hash);
		if (view_ieqs(host, n->host))
			return n;
	}
	return NULL;
}


static bool make_space(struct dns_names *names)
{
	struct lnode *l, *nx;
	struct dns_name *n;

	if (names->by_age.count < NAMES_MAX)
		return true;
	LIST_EACH(&names->by_age, l, nx) {
		n = CONTAINER(l, struct dns_name, node);
		if (n->pending)
			continue;
		mem_deref(n);
		return true;
	}
	return false;
}


/* NULL: all the space is taken by look-ups on their way. */
static struct dns_name *name_new(struct dns_names *names, struct view host)
{
	struct dns_name *n;

	if (!make_space(names))
		return NULL;
	n = mem_new(sizeof(*n), name_destroy);
	n->in = names;
	n->host = view_dup(host);
	list_init(&n->waiting);
	list_append(&names->by_age, &n->node);
	htable_add(&names->table, &n->hash, hash_iview(host));
	return n;
}


static uint64_t keep_ms(uint64_t ttl_s)
{
	uint64_t ms = ttl_s * 1000;

	if (ms < TTL_MIN_MS)
		return TTL_MIN_MS;
	return ms > TTL_MAX_MS ? TTL_MAX_MS : ms;
}


static void add_addr(struct dns_answer *a, const struct sockaddr *sa)
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


/* The shortest TTL of all counts. */
static void name_fill(struct dns_name *n, const struct ares_addrinfo *info)
{
	const struct ares_addrinfo_node *i = info->nodes;
	uint64_t min = TTL_MAX_MS / 1000, ttl;

	for (; i; i = i->ai_next) {
		add_addr(&n->a, i->ai_addr);
		ttl = i->ai_ttl > 0 ? (uint64_t)i->ai_ttl : 0;
		if (ttl < min)
			min = ttl;
	}
	n->expires = now_ms() + keep_ms(min);
}


static void name_failed(struct dns_name *n, int status)
{
	n->a.err = ENOENT;
	n->a.why = "no address";
	if (status != ARES_SUCCESS) {
		n->a.err = dns_status_err(status);
		n->a.why = ares_strerror(status);
	}
	/* Trouble of the servers is not kept. */
	n->expires = n->a.err == ENOENT ? now_ms() + TTL_NEGATIVE_MS : 0;
}


static void on_addrs(void *arg, int status, int timeouts,
		     struct ares_addrinfo *info)
{
	struct dns_name *n = arg;
	struct dns_waiter *w;
	struct lnode *l;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	n->a = (struct dns_answer){ .why = "" };
	if (info) {
		name_fill(n, info);
		ares_freeaddrinfo(info);
	}
	if (!n->a.count)
		name_failed(n, status);
	/* Still pending, so that nobody throws it out meanwhile. */
	while ((l = list_shift(&n->waiting))) {
		w = CONTAINER(l, struct dns_waiter, node);
		w->on = NULL;
		w->h(w, &n->a);
	}
	n->pending = false;
}


static void name_ask(struct dns_name *n)
{
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC };
	struct dns_chan *chan = n->in->chan;

	n->pending = true;
	ares_getaddrinfo(dns_chan_ares(chan), n->host, NULL, &hints, on_addrs,
			 n);
	dns_chan_rearm(chan);
}


void dns_names_ask(struct dns_names *names, struct dns_waiter *w,
		   struct view host)
{
	static const struct dns_answer busy = {
		.err = EAGAIN,
		.why = "too many look-ups at a time",
	};
	struct dns_name *n = name_find(names, host);

	if (n && !n->pending && now_ms() < n->expires) {
		w->h(w, &n->a);
		return;
	}
	if (!n)
		n = name_new(names, host);
	if (!n) {
		w->h(w, &busy);
		return;
	}
	w->on = n;
	list_append(&n->waiting, &w->node);
	if (!n->pending)
		name_ask(n);
}


void dns_names_forget(struct dns_waiter *w)
{
	if (w->on)
		list_remove(&w->on->waiting, &w->node);
	w->on = NULL;
}


static void names_destroy(void *obj)
{
	struct dns_names *names = obj;
	struct lnode *l;

	while ((l = list_first(&names->by_age)))
		mem_deref(CONTAINER(l, struct dns_name, node));
	htable_free(&names->table);
}


struct dns_names *dns_names_new(struct dns_chan *chan)
{
	struct dns_names *names = mem_new(sizeof(*names), names_destroy);

	names->chan = chan;
	list_init(&names->by_age);
	return names;
}


void dns_names_free(struct dns_names *names)
{
	mem_deref(names);
}
