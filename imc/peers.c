/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Devices, in a hash by the user's address and in a list by time: the one
 * that said something last is at its end. A user has an entry for each place
 * that he sends from.
 */
#include "content.h"
#include "hash.h"
#include "list.h"
#include "mem.h"
#include "peers.h"

enum { AGENT_MAX = 128 }; /* bytes of a User-Agent that are looked at */

enum typing { TYPING_UNKNOWN, TYPING_USED, TYPING_REFUSED };

struct device {
	struct hnode by_user;
	struct lnode by_time;
	struct addr *user; /* ref */
	struct sip_flow flow;
	uint64_t agent;    /* hash of its User-Agent, 0: none */
	size_t profile;    /* bytes that its kind takes, 0: no limit known */
	size_t learned;    /* bytes that it did not refuse, 0: all so far */
	bool bare;
	enum typing typing;
	uint64_t typed_ms; /* when its last notice was passed on; 0: never */
};

struct peers {
	struct htable users;
	struct list order;
	size_t max;
};

/* Substrings of User-Agent, any case: spec of each maker. */
static const struct {
	const char *part;
	size_t body;
} profiles[] = {
	{ "asterisk", 1023 }, /* copied through 1024 bytes, else empty */
	{ "fpbx", 1023 },     /* FreePBX: Asterisk */
	{ "microsip", PEER_BODY_UDP },
	{ "pjsip", PEER_BODY_UDP },
	{ "pjsua", PEER_BODY_UDP },
	{ "pjproject", PEER_BODY_UDP },
	{ "dect", PEER_BODY_MIN },
	{ "gsm", PEER_BODY_MIN },
	{ "goip", PEER_BODY_MIN },
};

/* Ignores the case of ASCII letters; part is lower case. */
static bool has_part(struct view v, struct view part)
{
	for (; v.n >= part.n; v = view_from(v, 1))
		if ((v.p[0] | 0x20) == part.p[0] && view_istarts(v, part))
			return true;
	return false;
}

static size_t profile_of(struct view user_agent)
{
	user_agent = view_head(user_agent, AGENT_MAX);
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (has_part(user_agent, view_str(profiles[i].part)))
			return profiles[i].body;
	return 0;
}

static void device_destroy(void *obj)
{
	struct device *d = obj;

	mem_deref(d->user);
}

static void device_forget(struct peers *ps, struct device *d)
{
	htable_del(&ps->users, &d->by_user);
	list_remove(&ps->order, &d->by_time);
	mem_deref(d);
}

static void peers_destroy(void *obj)
{
	struct peers *ps = obj;
	struct lnode *n;

	while ((n = list_first(&ps->order)) != NULL)
		device_forget(ps, CONTAINER(n, struct device, by_time));
	htable_free(&ps->users);
}

struct peers *peers_new(size_t max)
{
	struct peers *ps = mem_new(sizeof(*ps), peers_destroy);

	ps->max = max;
	list_init(&ps->order);
	return ps;
}

void peers_free(struct peers *ps)
{
	mem_deref(ps);
}

size_t peers_count(const struct peers *ps)
{
	return ps->order.count;
}

static struct device *device_of(const struct peers *ps,
				const struct addr *user,
				const struct sip_flow *flow)
{
	struct hnode *n = htable_find(&ps->users, user->hash);

	for (; n; n = htable_more(n)) {
		struct device *d = CONTAINER(n, struct device, by_user);

		if (d->flow.transport == flow->transport &&
		    netaddr_eq(&d->flow.peer, &flow->peer) &&
		    addr_eq(d->user, user))
			return d;
	}
	return NULL;
}

static struct device *device_get(struct peers *ps, const struct addr *user,
				 const struct sip_flow *flow)
{
	struct device *d = device_of(ps, user, flow);

	if (d) {
		list_remove(&ps->order, &d->by_time);
		list_append(&ps->order, &d->by_time);
		return d;
	}
	if (ps->order.count >= ps->max)
		device_forget(ps, CONTAINER(list_first(&ps->order),
					    struct device, by_time));
	d = mem_new(sizeof(*d), device_destroy);
	d->user = mem_ref(user);
	d->flow = *flow;
	htable_add(&ps->users, &d->by_user, user->hash);
	list_append(&ps->order, &d->by_time);
	return d;
}

struct peer peers_find(const struct peers *ps, const struct addr *user,
		       const struct sip_flow *flow)
{
	const struct device *d = device_of(ps, user, flow);
	struct peer p = {
		.body_max = sip_is_stream(flow->transport) ?
				    PEER_BODY_TCP : PEER_BODY_UDP,
	};

	if (!d)
		return p;
	if (d->profile && d->profile < p.body_max)
		p.body_max = d->profile;
	if (d->learned && d->learned < p.body_max)
		p.body_max = d->learned;
	p.bare = d->bare;
	p.typing = d->typing == TYPING_USED;
	return p;
}

/* Is there a type of this list in an Accept header? */
static bool accept_has(struct view accept, const char *const *list)
{
	struct view item, type, params;

	while (!view_empty(accept)) {
		view_cut(accept, ',', &item, &accept);
		view_cut(item, ';', &type, &params);
		for (size_t i = 0; list[i]; i++)
			if (view_ieqs(view_trim(type), list[i]))
				return true;
	}
	return false;
}

static bool accepts_typing(struct view accept)
{
	static const char *const list[] = { CONTENT_TYPE_TYPING, NULL };

	return accept_has(accept, list);
}

/* RFC 3261 20.1: without the header nothing is known. */
static bool accepts_text(struct view accept)
{
	static const char *const list[] = { "text/plain", "text/*", "*/*",
					    NULL };

	return view_empty(accept) || accept_has(accept, list);
}

static void set_agent(struct device *d, struct view user_agent)
{
	uint64_t agent = hash_view(user_agent);

	if (d->agent && d->agent != agent) {
		/* another device at the same place */
		d->learned = 0;
		d->bare = false;
		d->typing = TYPING_UNKNOWN;
	}
	d->agent = agent;
	d->profile = profile_of(user_agent);
}

void peers_heard(struct peers *ps, const struct addr *user,
		 const struct sip_flow *flow, const struct peer_heard *heard)
{
	bool accepts = accepts_typing(heard->accept);
	struct device *d = device_of(ps, user, flow);

	if (!d && !heard->typing && !accepts &&
	    !profile_of(heard->user_agent))
		return;
	d = device_get(ps, user, flow);
	if (!view_empty(heard->user_agent))
		set_agent(d, heard->user_agent);
	if (accepts || (heard->typing && d->typing == TYPING_UNKNOWN))
		d->typing = TYPING_USED;
}

static bool learn_size(struct peers *ps, const struct addr *user,
		       const struct sip_flow *flow, size_t body)
{
	struct device *d;

	if (body <= PEER_BODY_MIN)
		return false;
	d = device_get(ps, user, flow);
	body /= 2;
	if (body < PEER_BODY_MIN)
		body = PEER_BODY_MIN;
	if (!d->learned || body < d->learned)
		d->learned = body;
	return true;
}

static bool learn_bare(struct peers *ps, const struct addr *user,
		       const struct sip_flow *flow,
		       const struct peer_answer *a)
{
	if (a->bare || !accepts_text(a->accept))
		return false;
	device_get(ps, user, flow)->bare = true;
	return true;
}

bool peers_answered(struct peers *ps, const struct addr *user,
		    const struct sip_flow *flow, const struct peer_answer *a)
{
	switch (a->status) {
	case 406:
	case 415:
	case 488:
		return learn_bare(ps, user, flow, a);
	case 413:
	case 513:
		return learn_size(ps, user, flow, a->body);
	default:
		return false;
	}
}

void peers_no_typing(struct peers *ps, const struct addr *user,
		     const struct sip_flow *flow)
{
	device_get(ps, user, flow)->typing = TYPING_REFUSED;
}

/* The newest of his devices stands for all. */
bool peers_may_type(struct peers *ps, const struct addr *user,
		    uint64_t now_ms)
{
	struct hnode *n = htable_find(&ps->users, user->hash);

	for (; n; n = htable_more(n)) {
		struct device *d = CONTAINER(n, struct device, by_user);

		if (!addr_eq(d->user, user))
			continue;
		if (d->typed_ms && now_ms < d->typed_ms + PEER_TYPING_MS)
			return false;
		d->typed_ms = now_ms;
		return true;
	}
	return true;
}
