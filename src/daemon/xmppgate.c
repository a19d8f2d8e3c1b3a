/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the gateway needs of the daemon: its configuration, and the accounts
 * of users. */
#include "xmppgate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jabber/gate.h"
#include "gateside.h"
#include "log.h"
#include "linkset.h"
#include "mem.h"

#define NETWORK VIEW("xmpp")

struct xmppgate {
	struct gateside side;
	struct gate_accounts ops;
};

/* ---- accounts ---- */

static enum gate_login login_of(const struct conf *conf,
				enum account_policy policy)
{
	static const enum gate_login of[ACCOUNT_POLICIES] = {
		[ACCOUNT_MANUAL] = GATE_MANUAL,
		[ACCOUNT_REGISTERED] = GATE_REGISTERED,
		[ACCOUNT_PUBLISHED] = GATE_PUBLISHED,
		[ACCOUNT_ALWAYS] = GATE_ALWAYS,
	};

	if (policy == ACCOUNT_DEFAULT &&
	    account_policy_parse(&policy,
				 view_str(conf->jabber_gateway.login)))
		policy = ACCOUNT_MANUAL;
	return of[policy];
}

static int find(const struct addr *owner, struct gate_account *out, void *arg)
{
	const struct gateside *x = arg;
	const struct account *a =
		accounts_default(gateside_accounts(x), NETWORK, owner->text);

	if (!a)
		return ENOENT;
	*out = (struct gate_account){
		.id = a->id,
		.jid = a->login,
		.login = login_of(x->c->conf, a->policy),
	};
	return 0;
}

/* An account that names no server is at jaddress, if it is of that domain;
 * else DNS knows. */
static const char *server_of(const struct conf *conf, const struct account *a)
{
	struct view local, domain;

	if (a->host.n)
		return a->host.p;
	if (view_cut(a->login, '@', &local, &domain) &&
	    view_ieqs(domain, conf->jabber_gateway.jaddress))
		return conf->jabber_gateway.jaddress;
	return "";
}

static int open_account(uint64_t id,
			int (*use)(const struct bridge_setting *s,
				   size_t count, void *use_arg),
			void *use_arg, struct buf *why, void *arg)
{
	const struct gateside *x = arg;
	const struct conf_jabber_gateway *g = &x->c->conf->jabber_gateway;
	const struct account *a = accounts_by_id(gateside_accounts(x), id);
	struct buf secret = { 0 };
	char *resource, port[8];
	int err = a ? accounts_secret(gateside_accounts(x), id, &secret, why) :
		      ENOENT;

	if (err)
		return err;
	resource = view_dup(a->resource.n ? a->resource :
					    view_str(g->resource));
	snprintf(port, sizeof(port), "%u",
		 a->port ? (unsigned)a->port :
		 *server_of(x->c->conf, a) && !a->host.n ?
			   (unsigned)g->jport :
			   0U);
	const struct bridge_setting settings[] = {
		{ "kind", "account" },
		{ "jid", a->login.p },
		{ "password", buf_str(&secret) },
		{ "server", server_of(x->c->conf, a) },
		{ "port", port },
		{ "tls", g->tls },
		{ "ca_file", g->ca_file },
		{ "resource", resource },
	};

	err = use(settings, sizeof(settings) / sizeof(settings[0]), use_arg);
	seal_wipe(&secret);
	mem_free(resource);
	return err;
}

static void each(void (*h)(struct addr *owner, void *each_arg),
		 void *each_arg, void *arg)
{
	const struct account *a = NULL;
	struct addr *owner;

	while ((a = accounts_each(gateside_accounts(arg), NETWORK, VIEW_NONE,
				  a))) {
		if (addr_parse(&owner, a->owner))
			continue;
		h(owner, each_arg);
		mem_deref(owner);
	}
}

static void on_change(const struct account *a, enum account_change what,
		      void *arg)
{
	const struct gateside *x = arg;
	struct addr *owner;

	(void)what;
	if (!x->c->gate || addr_parse(&owner, a->owner))
		return;
	gate_account_changed(x->c->gate, owner);
	mem_deref(owner);
}

/* ---- configuration ---- */

bool xmppgate_wanted(const struct conf *conf)
{
	return *conf->jabber_gateway.jdomain ||
	       *conf->jabber_component.domain ||
	       *conf->jabber_component.muc_domain;
}

static int zone(struct jmap *m, enum jmap_zone kind, const char *sip,
		const char *xmpp, struct buf *why)
{
	return *xmpp ? jmap_zone(m, kind, view_str(sip), view_str(xmpp),
				 why) :
		       0;
}

static int map_of(struct jmap **mp, const struct conf *conf, struct buf *why)
{
	const struct conf_jabber_component *jc = &conf->jabber_component;
	int err;

	if (!*conf->jabber_gateway.jdomain) {
		buf_adds(why, "jabber_component needs jdomain in section "
			      "jabber_gateway: what comes from XMPP has to "
			      "come from SIP addresses that can be answered");
		return EINVAL;
	}
	err = jmap_new(mp, view_str(conf->jabber_gateway.jdomain), 0, why);
	if (!err && jmap_is_ours(*mp, view_str(conf->domain))) {
		buf_adds(why, "jdomain has to be another domain than that "
			      "of our users");
		err = EINVAL;
	}
	if (!err)
		err = jmap_aliases(*mp, view_str(conf->jabber_gateway.aliases),
				   why);
	if (!err)
		err = zone(*mp, JMAP_USERS, conf->domain, jc->domain, why);
	if (!err)
		err = zone(*mp, JMAP_ROOMS, conf->domain, jc->muc_domain, why);
	return err;
}

static void link_conf(struct view label, struct gate_link *out, void *arg)
{
	const struct conf_link *l = linkset_find(arg, label);

	if (!l)
		return;
	out->max_puppets = (size_t)l->max_puppets;
	out->expels = !view_eqs(view_str(l->on_kick), "notify");
	out->bans = view_eqs(view_str(l->on_kick), "ban");
	out->password = l->password;
}

int xmppgate_check(const struct conf *conf, struct buf *why)
{
	struct jmap *map = NULL;
	struct buf text = { 0 };
	int err = xmppgate_wanted(conf) ? map_of(&map, conf, &text) : 0;

	if (err)
		buf_addf(why, "jabber_gateway: %s", buf_str(&text));
	mem_deref(map);
	buf_free(&text);
	return err;
}

static struct gate_conf gate_conf_of(struct confab *c)
{
	const struct conf_jabber_gateway *g = &c->conf->jabber_gateway;
	const struct conf_jabber_component *jc = &c->conf->jabber_component;

	return (struct gate_conf){
		.link = link_conf,
		.link_arg = c,
		.loop = c->loop,
		.hub = c->hub,
		.store = c->store,
		.bridge = c->jabber,
		.accounts = &c->xmppgate->ops,
		.domain = c->conf->domain,
		.registrar = g->registrar,
		.cache_s = (unsigned)g->cache_time,
		.delay_s = (unsigned)g->delay_time,
		.priority = (int)g->priority,
		.message_type = g->message_type,
		.carbons = g->carbons,
		.receipts = strcmp(g->receipts, "always") == 0,
		.early_error_ms = (unsigned)g->early_error,
		.history = (unsigned)g->history,
		.auto_accept = g->auto_accept,
		.text_max = (size_t)g->text_max,
		.user_rooms = (unsigned)g->user_rooms,
		.waiting = (size_t)g->waiting,
		.peer_rate = (unsigned)g->peer_rate,
		.logins_rate = (unsigned)g->logins_rate,
		.component_domain = jc->domain,
		.component_host = jc->host,
		.component_port = (uint16_t)jc->port,
		.component_secret = jc->secret,
		.rooms_domain = jc->muc_domain,
		.rooms_secret = *jc->muc_secret ? jc->muc_secret : jc->secret,
	};
}

static struct xmppgate *xmppgate_make(struct confab *c)
{
	struct xmppgate *x = mem_zalloc(sizeof(*x));

	gateside_init(&x->side, c, "xmpp", on_change);
	x->ops = (struct gate_accounts){ .find = find,
					 .open = open_account,
					 .note = gateside_note,
					 .each = each,
					 .shut = gateside_shut,
					 .unshut = gateside_unshut,
					 .arg = &x->side };
	return x;
}

int xmppgate_new(struct confab *c, struct buf *why)
{
	struct jmap *map = NULL;
	struct gate_conf gc;
	int err;

	if (!xmppgate_wanted(c->conf))
		return 0;
	err = map_of(&map, c->conf, why);
	if (!err) {
		c->xmppgate = xmppgate_make(c);
		gc = gate_conf_of(c);
		gc.map = map;
		err = gate_new(&c->gate, &gc, why);
	}
	mem_deref(map);
	return err;
}

void xmppgate_reload(struct confab *c)
{
	struct gate_conf gc;

	if (!c->gate)
		return;
	gc = gate_conf_of(c);
	gate_reconf(c->gate, &gc);
}

int xmppgate_start(struct confab *c)
{
	return c->gate ? gate_start(c->gate) : 0;
}

void xmppgate_stop(struct confab *c)
{
	if (c->gate)
		gate_stop(c->gate);
}

void xmppgate_free(struct confab *c)
{
	gate_free(c->gate);
	c->gate = NULL;
	if (c->xmppgate)
		gateside_end(&c->xmppgate->side);
	mem_free(c->xmppgate);
	c->xmppgate = NULL;
}
