/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gateway's life, and its doors: what SIP says of users, and what comes by
 * its ways into XMPP. What users send is in gate_ask.c.
 */
#include <errno.h>

#include "chat.h"
#include "clock.h"
#include "consent.h"
#include "gate_priv.h"
#include "occupant.h"
#include "puppet_priv.h"
#include "log.h"
#include "mem.h"
#include "roster.h"

static const struct gate_module *const modules[GATE_MODULES] = {
	[GATE_SERVICE] = &service_module, [GATE_PUPPETS] = &puppets_module,
	[GATE_VISITS] = &visits_module,	  [GATE_WATCHES] = &watches_module,
	[GATE_CHATS] = &chats_module,	  [GATE_IQS] = &iqs_module,
};

const struct gate_module *gate_module(size_t i)
{
	return modules[i];
}

/* ---- the door of SIP ---- */

static bool op_has(void *gw, struct view user, struct view host)
{
	const struct gate *g = gw;

	return jmap_is_ours(g->map, host) ||
	       (view_eq(user, g->registrar->user) &&
		view_ieq(host, g->registrar->host));
}

static void op_registered(void *gw, struct addr *user, bool here)
{
	struct gate *g = gw;

	if (g->running)
		person_registered(g, user, here);
}

static void op_presence(void *gw, struct addr *user,
			const struct presence_state *s)
{
	struct gate *g = gw;

	if (g->running)
		person_presence(g, user, s);
}

/* ---- the door of XMPP ---- */

/* Neither get nor set (RFC 6120 8.2.3): the modules need not know it. */
static bool is_odd_iq(const struct elem *e)
{
	struct view type = elem_get(e, "type");

	return elem_is(e, "iq", NULL) && !view_eqs(type, "get") &&
	       !view_eqs(type, "set");
}

void gate_stanza(struct gate *g, struct xlink *x, struct person *p,
		 const struct elem *e)
{
	if (!g->running || (x->kind != XLINK_ACCOUNT &&
			    view_empty(elem_get(e, "from"))))
		return; /* a component's server always says by whom it is */
	if (is_odd_iq(e)) {
		iqs_module.stanza(g, x, p, e);
		return;
	}
	if (p && elem_is(e, "presence", NULL)) {
		chat_presence(p, e);
		roster_presence(p, e);
	}
	if (past_stanza(g, x, e) ||
	    (x->kind != XLINK_ROOMS && occupants_stanza(g, x, e)))
		return;
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->stanza && modules[i]->stanza(g, x, p, e))
			return;
}

void gate_up(struct gate *g, struct xlink *x, struct person *p)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->up)
			modules[i]->up(g, x, p);
	occupants_up(g, x);
}

void gate_down(struct gate *g, struct xlink *x, struct person *p,
	       enum lost_why why, struct view text)
{
	occupants_down(g, x);
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->down)
			modules[i]->down(g, x, p, why, text);
}

static void on_up(struct xlink *x, void *arg)
{
	struct gate *g = arg;

	gate_up(g, x, NULL);
	if (x->kind == XLINK_COMPONENT)
		persons_up(g);
}

static void on_down(struct xlink *x, enum lost_why why, struct view text,
		    void *arg)
{
	log_warning("xmpp %s: %.*s", x->label, VIEW_ARG(text));
	gate_down(arg, x, NULL, why, text);
}

static void on_stanza(struct xlink *x, const struct elem *e, void *arg)
{
	struct gate *g = arg;
	struct person *p = NULL;

	if (x->kind == XLINK_COMPONENT)
		p = person_of(g, x, elem_get(e, "to"));
	gate_stanza(g, x, p, e);
}

/* ---- life ---- */

static const struct xlink_ops component_ops = { on_up, on_down, on_stanza };

static int component_open(struct xlink **xp, struct gate *g,
			  enum xlink_kind kind, const char *domain,
			  const char *secret)
{
	char port[8];
	const struct bridge_setting settings[] = {
		{ "kind", "component" },
		{ "domain", domain },
		{ "host", g->conf.component_host },
		{ "port", port },
		{ "secret", secret },
	};
	const struct xlink_conf conf = {
		.loop = g->conf.loop,
		.bridge = g->conf.bridge,
		.kind = kind,
		.label = domain,
		.domain = domain,
		.settings = settings,
		.count = sizeof(settings) / sizeof(settings[0]),
		.ops = &component_ops,
		.arg = g,
	};
	struct buf b = { 0 };

	buf_add_u64(&b, g->conf.component_port);
	view_copy(port, sizeof(port), buf_view(&b));
	buf_free(&b);
	return xlink_new(xp, &conf);
}

static void own_texts(struct gate_conf *c)
{
	const char **const text[] = {
		&c->domain, &c->registrar, &c->message_type, &c->auto_accept,
		&c->component_domain, &c->component_host,
		&c->rooms_domain,
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		*text[i] = mem_strdup(*text[i] ? *text[i] : "");
	c->component_secret = c->rooms_secret = NULL; /* the sessions' */
}

static void free_texts(struct gate_conf *c)
{
	const char *const text[] = {
		c->domain, c->registrar, c->message_type, c->auto_accept,
		c->component_domain, c->component_host,
		c->rooms_domain,
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		mem_free((char *)(uintptr_t)text[i]);
}

static int registrar_of(struct gate *g, struct buf *why)
{
	struct view v = view_str(g->conf.registrar), user, host;

	if (view_istarts(v, VIEW("sip:")))
		v = view_from(v, 4);
	if (view_cut(v, '@', &user, &host) && user.n &&
	    !addr_new(&g->registrar, VIEW("sip"), user, host, VIEW_NONE))
		return 0;
	buf_adds(why, "registrar has to be an address like "
		      "\"jabber_gateway@example.org\"");
	return EINVAL;
}

static int open_components(struct gate *g, const struct gate_conf *c)
{
	int err = 0;

	if (*g->conf.component_domain)
		err = component_open(&g->component, g, XLINK_COMPONENT,
				     g->conf.component_domain,
				     c->component_secret);
	if (!err && *g->conf.rooms_domain)
		err = component_open(&g->rooms, g, XLINK_ROOMS,
				     g->conf.rooms_domain, c->rooms_secret);
	return err;
}

static const struct gateway_ops gateway_ops = {
	.name = "xmpp",
	.has = op_has,
	.message = gate_message,
	.settled = chats_settled,
	.member = service_member,
	.invited = service_invited,
	.registered = op_registered,
	.presence = op_presence,
	.watch = watches_watch,
	.unwatch = watches_unwatch,
	.show = watches_show,
};

static void op_fanout(void *arg, struct room *room, struct msg *msg,
		      struct member *const *members, size_t count)
{
	if (!room->inbox)
		service_fanout(arg, room, msg, members, count);
	else if (!visits_fanout(arg, room, msg, members, count))
		chats_fanout(arg, room, msg, members, count);
}

int gate_new(struct gate **gp, const struct gate_conf *conf, struct buf *why)
{
	struct gate *g = mem_zalloc(sizeof(*g));
	int err;

	g->conf = *conf;
	own_texts(&g->conf);
	g->map = mem_ref(conf->map);
	gate_seen_init(g);
	err = registrar_of(g, why);
	if (!err)
		err = open_components(g, conf);
	if (!err)
		err = hub_add_gateway(conf->hub, &gateway_ops, g);
	for (size_t i = 0; i < GATE_MODULES && !err; i++)
		if (modules[i]->start)
			err = modules[i]->start(g);
	if (err) {
		gate_free(g);
		return err;
	}
	bridge_members(conf->bridge, op_fanout, service_tell, g);
	*gp = g;
	return 0;
}

static void take_text(const char **have, const char *text)
{
	mem_free((char *)(uintptr_t)*have);
	*have = mem_strdup(text ? text : "");
}

void gate_reconf(struct gate *g, const struct gate_conf *conf)
{
	struct gate_conf *have = &g->conf;

	have->cache_s = conf->cache_s;
	have->delay_s = conf->delay_s;
	have->priority = conf->priority;
	have->history = conf->history;
	have->text_max = conf->text_max;
	have->user_rooms = conf->user_rooms;
	have->waiting = conf->waiting;
	have->logins_rate = conf->logins_rate;
	have->peer_rate = conf->peer_rate;
	have->receipts = conf->receipts;
	have->early_error_ms = conf->early_error_ms;
	take_text(&have->message_type, conf->message_type);
	take_text(&have->auto_accept, conf->auto_accept);
}

/* ---- what the store has ---- */

static bool is_ours(struct view network)
{
	return view_eqs(network, "xmpp");
}

void gate_load_visit(const struct store_visit *v, void *arg)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->load_visit && is_ours(v->network))
			modules[i]->load_visit(arg, v);
}

void gate_load_watch(const struct store_watch *w, void *arg)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->load_watch && is_ours(w->network))
			modules[i]->load_watch(arg, w);
}

void gate_load_kept(const struct store_kept *k, void *arg)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->load_kept && is_ours(k->network))
			modules[i]->load_kept(arg, k);
}

static void wake_owner(struct addr *owner, void *arg)
{
	struct person *p;

	if (!person_get(&p, arg, owner) && p->login == GATE_ALWAYS)
		person_begin(p);
}

int gate_start(struct gate *g)
{
	const struct gate_accounts *as = g->conf.accounts;
	int err = 0;

	g->running = true;
	g->started_ms = now_ms();
	if (g->component)
		err = xlink_open(g->component);
	if (!err && g->rooms)
		err = xlink_open(g->rooms);
	if (!err && as && as->each)
		as->each(wake_owner, g, as->arg);
	return err;
}

void gate_stop(struct gate *g)
{
	if (!g->running)
		return;
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->stop)
			modules[i]->stop(g);
	g->running = false;
	persons_stop(g);
	if (g->component)
		xlink_close(g->component);
	if (g->rooms)
		xlink_close(g->rooms);
}

void gate_free(struct gate *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (modules[i]->free)
			modules[i]->free(g);
	persons_free(g);
	xlink_free(g->component);
	xlink_free(g->rooms);
	htable_free(&g->occupants);
	gate_seen_free(g);
	mem_deref(g->registrar);
	mem_deref(g->map);
	free_texts(&g->conf);
	mem_free(g);
}

void gate_account_changed(struct gate *g, struct addr *owner)
{
	if (g->running)
		person_changed(g, owner);
}

static int link_print(struct sink *out, const struct xlink *x)
{
	int err = sink_printf(out, "component %s: %s", x->label,
			      xlink_state_name(x->state));

	if (!err && x->error[0])
		err = sink_printf(out, ", last error: %s", x->error);
	return err ? err : sink_printf(out, "\n");
}

int gate_status(struct gate *g, struct sink *out)
{
	int err = g->component ? link_print(out, g->component) : 0;

	if (!err && g->rooms)
		err = link_print(out, g->rooms);
	for (size_t i = 0; i < GATE_MODULES && !err; i++)
		if (modules[i]->status)
			err = modules[i]->status(g, out);
	return err ? err : persons_status(g, out);
}
