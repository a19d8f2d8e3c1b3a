/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which subscriptions between our own users are a gateway's. */
#include "mapped.h"

#include <errno.h>

#include "consent.h"
#include "location.h"
#include "mem.h"

struct seen {
	struct hnode by_id;
	uint64_t id;
	const struct gateway *by; /* borrowed: the hub's, for good */
};

struct mapped {
	struct hub *hub;   /* borrowed */
	struct htable all; /* owned */
};

static struct seen *find(const struct mapped *m, uint64_t id)
{
	struct hnode *n = htable_find(&m->all, hash_u64(id));

	while (n && CONTAINER(n, struct seen, by_id)->id != id)
		n = htable_more(n);
	return n ? CONTAINER(n, struct seen, by_id) : NULL;
}

struct mapped *mapped_new(struct hub *hub)
{
	struct mapped *m = mem_zalloc(sizeof(*m));

	m->hub = hub;
	return m;
}

void mapped_free(struct mapped *m)
{
	struct hnode *n;

	if (!m)
		return;
	while ((n = htable_pop(&m->all)))
		mem_free(CONTAINER(n, struct seen, by_id));
	htable_free(&m->all);
	mem_free(m);
}

int mapped_address(const struct hub *h, const struct sip_uri *uri,
		   struct buf *out)
{
	const struct gateway *g = hub_gateway(h, uri->user, uri->host);
	struct addr *a = NULL;
	int err;

	if (hub_gate_loops(h, uri->params))
		return 482;
	if (!g) {
		location_aor(out, uri);
		return 200;
	}
	err = hub_gate_address(g, &a, uri->user, uri->host, uri->params);
	if (!err)
		buf_addv(out, a->text);
	mem_deref(a);
	return !err ? 200 : err == ELOOP ? 482 : 404;
}

int mapped_status(enum gate_watch said, enum sip_watch_state *state)
{
	*state = SIP_WATCH_PENDING;
	switch (said) {
	case GATE_WATCH_NONE:
		return 403;
	case GATE_WATCH_NOWHERE:
		return 404;
	case GATE_WATCH_ANEW:
		return 480;
	case GATE_WATCH_ACTIVE:
		*state = SIP_WATCH_ACTIVE;
		return 200;
	case GATE_WATCH_PENDING:
		break;
	}
	return 200;
}

const struct gateway *mapped_between(const struct mapped *m, struct addr *user,
				     struct addr *watcher)
{
	const struct gateway *g = hub_gate_between(m->hub, watcher,
						   user->user, user->host);

	return g && g->ops->watch ? g : NULL;
}

/* Whom he has turned away sees him by no other way either. */
int mapped_watch(struct mapped *m, const struct sip_watch *w,
		 struct addr *user, struct addr *watcher,
		 enum sip_watch_state *state)
{
	const struct gateway *g = mapped_between(m, user, watcher);
	struct seen *s;
	int status;

	if (!g)
		return 0;
	if (consent_of(m->hub, user, watcher) == CONSENT_DENIED)
		return 403;
	status = mapped_status(g->ops->watch(g->gw, watcher, user,
					     !w->expires), state);
	if (status == 200 && !find(m, w->id)) {
		s = mem_zalloc(sizeof(*s));
		s->id = w->id;
		s->by = g;
		htable_add(&m->all, &s->by_id, hash_u64(s->id));
	}
	return status;
}

const struct gateway *mapped_by(const struct mapped *m, uint64_t id)
{
	const struct seen *s = find(m, id);

	return s ? s->by : NULL;
}

void mapped_gone(struct mapped *m, uint64_t id)
{
	struct seen *s = find(m, id);

	if (!s)
		return;
	htable_del(&m->all, &s->by_id);
	mem_free(s);
}
