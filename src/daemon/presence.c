/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who sees whom, and what of him. */
#include "presence.h"

#include <errno.h>
#include <string.h>

#include "asking.h"
#include "consent.h"
#include "events.h"
#include "gateway.h"
#include "mapped.h"
#include "mem.h"
#include "pidf.h"
#include "room_shown.h"
#include "userstates.h"

#define PACKAGE "presence"

enum { PACE_MS = 5000 }; /* RFC 3856 6.10 */

struct presence {
	struct presence_conf conf; /* its texts are not used */
	char *domain;              /* owned */
	struct addr *manager;      /* ref */
	struct userstates *states; /* owned */
	struct rooms_shown *rooms; /* owned */
	struct asking *asking;     /* owned */
	struct mapped *mapped;     /* owned */
};

int presence_policy_parse(enum presence_policy *out, const char *word)
{
	static const char *const words[] = { "ask", "allow", "deny" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			*out = (enum presence_policy)i;
			return 0;
		}
	return EINVAL;
}

/* ---- how our users are ---- */

/* It goes to other devices, and to other networks. */
static int on_check(const struct sip_publication *pub, void *arg)
{
	struct presence_state state;
	struct buf texts = { 0 };
	int err = pidf_read(&state, &texts, pub->body);

	(void)arg;
	buf_free(&texts);
	return err == EMSGSIZE ? 413 : err ? 400 : 200;
}

/* Told of at the end of the turn. */
static void on_changed(struct addr *user, const struct presence_state *state,
		       void *arg)
{
	const struct presence *p = arg;

	sip_event_changed(p->conf.sip, PACKAGE, user->text);
	hub_gate_presence(p->conf.hub, user, state);
}

static void on_published(const struct sip_publication *pub,
			 enum sip_publish_what what, void *arg)
{
	const struct presence *p = arg;

	(void)what;
	userstates_note(p->states, pub->resource);
}

static void on_registered(struct view aor, void *arg)
{
	const struct presence *p = arg;

	userstates_note(p->states, aor);
}

/* ---- who may see them ---- */

static bool is_known(const struct presence *p, const struct addr *user)
{
	return location_has(p->conf.location, user->text, user->hash) ||
	       (p->conf.users && users_find(p->conf.users, user->user));
}

static int by_policy(const struct presence *p, enum sip_watch_state *state)
{
	*state = p->conf.policy == PRESENCE_ALLOW ? SIP_WATCH_ACTIVE :
						    SIP_WATCH_PENDING;
	return p->conf.policy == PRESENCE_DENY ? 403 : 200;
}

static int watch_user(struct presence *p, struct addr *user,
		      struct addr *watcher, enum sip_watch_state *state)
{
	*state = SIP_WATCH_ACTIVE;
	if (addr_eq(user, watcher))
		return 200;
	switch (consent_of(p->conf.hub, user, watcher)) {
	case CONSENT_ALLOWED:
		return 200;
	case CONSENT_DENIED:
		return 403;
	default:
		break;
	}
	if (p->conf.policy == PRESENCE_ASK && is_known(p, user))
		asking_ask(p->asking, user, watcher);
	return by_policy(p, state);
}

static const struct gateway *gateway_of(const struct presence *p,
					const struct addr *target)
{
	const struct gateway *g = hub_gateway(p->conf.hub, target->user,
					      target->host);

	return g && g->ops->watch ? g : NULL;
}

/* The one by which a subscription is. */
static const struct gateway *gateway_by(const struct presence *p,
					const struct sip_watch *w,
					const struct addr *target)
{
	const struct gateway *g = gateway_of(p, target);

	return g ? g : mapped_by(p->mapped, w->id);
}

static int watch_gateway(const struct gateway *g, struct addr *target,
			 struct addr *watcher, bool once,
			 enum sip_watch_state *state)
{
	return mapped_status(g->ops->watch(g->gw, watcher, target, once),
			     state);
}

/* Both sides of a subscription; release() them. */
struct sides {
	struct addr *target, *watcher; /* refs */
};

static bool sides_of(struct sides *s, const struct sip_watch *w)
{
	*s = (struct sides){ NULL, NULL };
	return !addr_parse(&s->target, w->resource) &&
	       !addr_parse(&s->watcher, w->watcher);
}

static void release(struct sides *s)
{
	mem_deref(s->target);
	mem_deref(s->watcher);
}

static bool is_ours(const struct presence *p, const struct addr *a)
{
	return a->user.n && view_ieqs(a->host, p->domain);
}

static int watch_ours(struct presence *p, const struct sip_watch *w,
		      const struct sides *s, enum sip_watch_state *state)
{
	int status;

	if (rooms_shown_has(p->rooms, s->target))
		return rooms_shown_watch(p->rooms, w, s->target, s->watcher,
					 by_policy(p, state), state);
	status = mapped_watch(p->mapped, w, s->target, s->watcher, state);
	if (!status)
		status = watch_user(p, s->target, s->watcher, state);
	if (status == 200)
		winfo_changed(p->conf.winfo, w->resource);
	return status;
}

static int on_watch(const struct sip_watch *w, enum sip_watch_state *state,
		    void *arg)
{
	struct presence *p = arg;
	const struct gateway *g;
	struct sides s;
	int status = 404;

	if (sides_of(&s, w)) {
		g = gateway_of(p, s.target);
		if (g)
			status = watch_gateway(g, s.target, s.watcher,
					       !w->expires, state);
		else if (is_ours(p, s.target))
			status = watch_ours(p, w, &s, state);
	}
	release(&s);
	return status;
}

static void on_gone(const struct sip_watch *w, void *arg)
{
	struct presence *p = arg;
	const struct gateway *g;
	struct sides s;

	if (sides_of(&s, w)) {
		g = gateway_by(p, w, s.target);
		if (g && !sip_watches_of(p->conf.sip, PACKAGE, w->resource,
					 w->watcher, NULL, 0))
			g->ops->unwatch(g->gw, s.watcher, s.target);
	}
	mapped_gone(p->mapped, w->id);
	rooms_shown_gone(p->rooms, w->id);
	winfo_changed(p->conf.winfo, w->resource);
	release(&s);
}

/* ---- what they see ---- */

/* Of one that is over it is not known any more by which way it was. */
static const struct gateway *gateway_shown(const struct presence *p,
					   const struct sip_watch *w,
					   const struct sides *s)
{
	const struct gateway *g = gateway_by(p, w, s->target);

	return g || w->expires ? g :
				 mapped_between(p->mapped, s->target,
						s->watcher);
}

/* Whoever saw him by a network does not, at the end, see him himself. */
static bool may_see(const struct presence *p, const struct sides *s)
{
	enum consent c = consent_of(p->conf.hub, s->target, s->watcher);

	return addr_eq(s->target, s->watcher) || c == CONSENT_ALLOWED ||
	       (c != CONSENT_DENIED && p->conf.policy == PRESENCE_ALLOW);
}

static void on_show(const struct sip_watch *w, struct buf *body, void *arg)
{
	struct presence_state state = { .count = 0 };
	struct presence *p = arg;
	const struct gateway *g;
	struct sides s;

	if (sides_of(&s, w)) {
		g = gateway_shown(p, w, &s);
		if (!g && rooms_shown_has(p->rooms, s.target))
			rooms_shown_put(p->rooms, body, w, s.target,
					s.watcher);
		else if (!g && (w->expires || may_see(p, &s)))
			pidf_put(body, w->resource,
				 userstates_of(p->states, w->resource));
		else if (g && g->ops->show(g->gw, s.watcher, s.target, &state))
			pidf_put(body, w->resource, &state);
	}
	release(&s);
}

/* ---- what others decide, and tell ---- */

enum { WATCHES_MAX = EVENT_SUBS_USER };

static void set_one(struct presence *p, uint64_t id, enum gate_watch state)
{
	if (state == GATE_WATCH_NONE)
		sip_watch_end(p->conf.sip, id, "rejected", 0);
	else if (state == GATE_WATCH_ANEW)
		sip_watch_end(p->conf.sip, id, "deactivated", 0);
	else if (state == GATE_WATCH_NOWHERE)
		sip_watch_end(p->conf.sip, id, "noresource", 0);
	else
		sip_watch_set(p->conf.sip, id,
			      state == GATE_WATCH_ACTIVE ?
				      SIP_WATCH_ACTIVE :
				      SIP_WATCH_PENDING);
}

/* What a network lets somebody see of a user is not what the user does: each
 * has a word in its own subscriptions, but for their end. */
static void set_all(struct presence *p, const struct addr *target,
		    const struct addr *watcher, enum gate_watch state,
		    bool by_gate)
{
	const bool ends = state != GATE_WATCH_ACTIVE &&
			  state != GATE_WATCH_PENDING;
	const bool ours = !gateway_of(p, target);
	uint64_t ids[WATCHES_MAX];
	size_t n = sip_watches_of(p->conf.sip, PACKAGE, target->text,
				  watcher->text, ids, WATCHES_MAX);

	for (size_t i = 0; i < n && i < WATCHES_MAX; i++)
		if (ends || !ours || by_gate == !!mapped_by(p->mapped, ids[i]))
			set_one(p, ids[i], state);
}

static void on_gate_watch(struct addr *watcher, struct addr *target,
			  enum gate_watch state, void *arg)
{
	const struct presence *p = arg;

	set_all(arg, target, watcher, state, true);
	winfo_changed(p->conf.winfo, target->text);
}

static void on_gate_shown(struct addr *watcher, struct addr *target,
			  void *arg)
{
	const struct presence *p = arg;
	uint64_t ids[WATCHES_MAX];
	size_t n;

	if (!watcher) {
		sip_event_changed(p->conf.sip, PACKAGE, target->text);
		return;
	}
	n = sip_watches_of(p->conf.sip, PACKAGE, target->text, watcher->text,
			   ids, WATCHES_MAX);
	for (size_t i = 0; i < n && i < WATCHES_MAX; i++)
		sip_watch_changed(p->conf.sip, ids[i]);
}

/* The views are valid until somebody asks again. */
static void on_presence_of(struct addr *user, struct presence_state *out,
			   void *arg)
{
	const struct presence *p = arg;

	*out = *userstates_of(p->states, user->text);
}

/* Who publishes is somebody, wherever he is registered. */
static bool on_knows(struct addr *user, void *arg)
{
	struct sip_publication published[EVENT_PUBS_RESOURCE];
	const struct presence *p = arg;

	return sip_published(p->conf.sip, PACKAGE, user->text, published);
}

static void on_consent(struct addr *user, struct addr *other,
		       enum consent now, void *arg)
{
	struct presence *p = arg;
	enum gate_watch state = GATE_WATCH_PENDING;

	if (now == CONSENT_ALLOWED ||
	    (now == CONSENT_NONE && p->conf.policy == PRESENCE_ALLOW))
		state = GATE_WATCH_ACTIVE;
	else if (now == CONSENT_DENIED)
		state = GATE_WATCH_NONE;
	set_all(p, user, other, state, false);
}

static int on_address(const struct sip_uri *uri, struct buf *out, void *arg)
{
	const struct presence *p = arg;

	return mapped_address(p->conf.hub, uri, out);
}

static bool on_list(struct view watcher, struct view resource,
		    struct buf *out, void *arg)
{
	const struct presence *p = arg;

	return buddies_list(p->conf.buddies, watcher, resource, out);
}

/* ---- life ---- */

static int add_package(struct presence *p)
{
	const struct sip_package package = {
		.name = PACKAGE,
		.type = PIDF_TYPE,
		.pace_ms = PACE_MS,
		.watchh = on_watch,
		.goneh = on_gone,
		.showh = on_show,
		.checkh = on_check,
		.publishedh = on_published,
		.arg = p,
		.listh = on_list,
		.addressh = on_address,
	};

	return sip_package_add(p->conf.sip, &package);
}

static int listen_all(struct presence *p)
{
	const struct gate_listener gates = {
		.shown = on_gate_shown,
		.watch = on_gate_watch,
		.knows = on_knows,
		.presence_of = on_presence_of,
		.arg = p,
	};
	const struct consent_listener rules = { .network = "sip",
						.h = on_consent,
						.arg = p };
	int err = hub_listen_gates(p->conf.hub, &gates);

	if (err)
		return err;
	consent_listen(p->conf.hub, &rules);
	location_on_change(p->conf.location, on_registered, p);
	return 0;
}

int presence_new(struct presence **pp, const struct presence_conf *conf)
{
	struct presence *p = mem_zalloc(sizeof(*p));
	int err;

	p->conf = *conf;
	p->domain = mem_strdup(conf->domain);
	p->states = userstates_new(conf, PACKAGE, on_changed, p);
	p->mapped = mapped_new(conf->hub);
	p->rooms = rooms_shown_new(conf->loop, conf->hub, conf->sip);
	err = addr_new(&p->manager, VIEW("sip"), view_str(conf->manager),
		       view_str(conf->domain), VIEW_NONE);
	if (!err) {
		p->asking = asking_new(conf->loop, conf->hub, conf->sip,
				       PACKAGE, p->manager);
		err = add_package(p);
	}
	if (!err)
		err = listen_all(p);
	if (err)
		presence_free(p);
	else
		*pp = p;
	return err;
}

void presence_set_policy(struct presence *p, enum presence_policy policy)
{
	p->conf.policy = policy;
	if (policy != PRESENCE_ASK)
		asking_drop(p->asking);
}

void presence_quiet(struct presence *p)
{
	if (!p)
		return;
	location_quiet(p->conf.location, p);
	hub_unlisten_gates(p->conf.hub, p);
	consent_unlisten(p->conf.hub, p);
	userstates_quiet(p->states);
	rooms_shown_quiet(p->rooms);
	asking_quiet(p->asking);
}

void presence_free(struct presence *p)
{
	if (!p)
		return;
	rooms_shown_free(p->rooms);
	asking_free(p->asking);
	mapped_free(p->mapped);
	userstates_free(p->states);
	mem_deref(p->manager);
	mem_free(p->domain);
	mem_free(p);
}
