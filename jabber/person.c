/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP users who speak XMPP, and when their accounts are logged in: as soon
 * as something is to be said by them, or as their login policy has it, until
 * nothing has passed for cache_time and nothing holds them. Where the pool is
 * full the one makes room that has been idle for longest (jabber.md 4.1). The
 * ways in and out are in person_login.c, what time brings in person_wait.c.
 */
#include "person_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

/* ---- life ---- */

struct person *person_find(const struct gate *g, const struct addr *aor)
{
	struct hnode *n = htable_find(&g->persons, aor->hash);

	for (; n; n = htable_more(n)) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (addr_eq(p->aor, aor))
			return p;
	}
	return NULL;
}

static struct person *person_new(struct gate *g, struct addr *aor,
				 struct view jid)
{
	struct person *p = mem_zalloc(sizeof(*p));

	p->gate = g;
	p->aor = mem_ref(aor);
	buf_addv(&p->jid, jid);
	list_init(&p->waiting);
	p->busy_ms = now_ms();
	htable_add(&g->persons, &p->by_aor, aor->hash);
	return p;
}

static void person_free(struct person *p)
{
	wheel_stop(person_wheel(p), &p->idle);
	wheel_stop(person_wheel(p), &p->lost);
	wheel_stop(person_wheel(p), &p->part);
	person_wait_free(p);
	htable_del(&p->gate->persons, &p->by_aor);
	xlink_free(p->account);
	mem_deref(p->aor);
	buf_free(&p->jid);
	buf_free(&p->from);
	mem_free(p);
}

static int account_of(const struct gate *g, const struct addr *aor,
		      struct gate_account *out)
{
	const struct gate_accounts *as = g->conf.accounts;

	return as ? as->find(aor, out, as->arg) : ENOENT;
}

void person_gone(struct person *p)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->gone)
			gate_module(i)->gone(p);
	person_free(p);
}

static int take_account(struct person *p, const struct gate_account *a)
{
	struct view local, domain;
	char *host;

	if (!view_cut(a->jid, '@', &local, &domain))
		domain = a->jid;
	host = view_dup(domain);
	const struct xlink_conf conf = {
		.loop = p->gate->conf.loop,
		.bridge = p->gate->conf.bridge,
		.kind = XLINK_ACCOUNT,
		.label = p->aor->text.p,
		.domain = host,
		.ops = &person_ops,
		.arg = p,
	};

	int err = xlink_new(&p->account, &conf);

	if (err)
		log_error("xmpp %s: no session: %s", p->aor->text.p,
			  strerror(err));
	p->account_id = a->id;
	p->login = a->login;
	mem_free(host);
	return err;
}

static int component_user(struct gate *g, struct addr *aor,
			  struct person **pp)
{
	const struct jmap_sip sip = { aor->user, aor->host };
	struct buf text = { 0 };
	struct view jid;
	int err = g->component ? jmap_remember(g->map, JMAP_USERS, &sip) :
				 EACCES;

	if (!err)
		err = jmap_jid(g->map, JMAP_USERS, &sip, &jid, &text);
	if (!err) {
		*pp = person_new(g, aor, jid);
		buf_adds(&(*pp)->from, buf_str(&(*pp)->jid));
		buf_adds(&(*pp)->from, "/gw");
	}
	buf_free(&text);
	return err == EEXIST ? EEXIST : err ? EACCES : 0;
}

int person_get(struct person **pp, struct gate *g, struct addr *aor)
{
	struct person *p = person_find(g, aor);
	struct gate_account a;

	if (!p && account_of(g, aor, &a) == 0) {
		p = person_new(g, aor, a.jid);
		if (take_account(p, &a)) { /* he is nobody else */
			person_free(p);
			return EACCES;
		}
	}
	*pp = p;
	return p ? 0 : component_user(g, aor, pp);
}

struct xlink *person_link(const struct person *p)
{
	return p->account ? p->account : p->gate->component;
}

bool person_is_online(const struct person *p)
{
	const struct xlink *x = person_link(p);

	return x && x->state == XLINK_ONLINE;
}

struct view person_from(const struct person *p)
{
	return buf_view(&p->from);
}

struct person *person_of(struct gate *g, struct xlink *x, struct view to)
{
	struct buf text = { 0 };
	struct person *p = NULL;
	struct jmap_sip sip;
	struct addr *aor;
	struct view bare, resource;

	if (x->kind == XLINK_ACCOUNT)
		return x->arg;
	if (!view_cut(to, '/', &bare, &resource))
		bare = to;
	if (jmap_aor(g->map, bare, &sip, &text) == 0 && sip.user.n &&
	    addr_new(&aor, VIEW("sip"), sip.user, sip.host, VIEW_NONE) == 0) {
		p = person_find(g, aor);
		if (!p && hub_gate_knows(g->conf.hub, aor))
			(void)component_user(g, aor, &p);
		if (p && p->account)
			p = NULL; /* he is somebody else on XMPP */
		mem_deref(aor);
	}
	buf_free(&text);
	return p;
}

void person_tell(struct person *p, struct addr *from, struct view text)
{
	if (p->gate->running)
		hub_gate_tell(p->gate->conf.hub, from, p->aor, text);
}

/* ---- what SIP says of him ---- */

/* One who is to be logged in when this happens. */
static struct person *by_policy(struct gate *g, struct addr *user,
				enum gate_login login)
{
	struct person *p = person_find(g, user);
	struct gate_account a;

	if (!p && account_of(g, user, &a) == 0 && a.login == login)
		(void)person_get(&p, g, user);
	return p;
}

void person_registered(struct gate *g, struct addr *user, bool here)
{
	struct person *p = by_policy(g, user, GATE_REGISTERED);
	size_t i;

	if (!p)
		return;
	p->here = here;
	if (p->account && p->login == GATE_REGISTERED && here)
		(void)person_wake(p);
	for (i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->registered)
			gate_module(i)->registered(p, here);
}

void person_presence(struct gate *g, struct addr *user,
		     const struct presence_state *s)
{
	struct person *p = by_policy(g, user, GATE_PUBLISHED);
	size_t i;

	if (!p)
		return;
	if (p->account && p->login == GATE_PUBLISHED) {
		p->wanted = presence_best(s) != SHOW_OFFLINE;
		if (!p->wanted)
			p->refused = false; /* until he goes, no longer */
		else if (!p->refused)
			(void)person_wake(p);
	}
	for (i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->presence)
			gate_module(i)->presence(p, s);
}

static void begin(struct gate *g, struct addr *owner)
{
	struct person *p;

	if (!person_get(&p, g, owner))
		(void)person_wake(p);
}

void person_changed(struct gate *g, struct addr *owner)
{
	struct person *p = person_find(g, owner);
	struct gate_account a;
	bool has = account_of(g, owner, &a) == 0;

	if (!p) {
		if (has && a.login == GATE_ALWAYS)
			begin(g, owner);
		return;
	}
	if (p->account)
		person_log_out(p);
	person_waited(p, ECANCELED);
	if (has && p->account && view_eq(a.jid, buf_view(&p->jid))) {
		p->login = a.login;
		p->account_id = a.id;
		if (person_is_kept(p))
			(void)person_wake(p);
		return;
	}
	person_gone(p);
	if (has && a.login == GATE_ALWAYS)
		begin(g, owner);
}

/* ---- all of them ---- */

void persons_stop(struct gate *g)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	wheel_stop(loop_wheel(g->conf.loop), &g->retry);
	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		wheel_stop(person_wheel(p), &p->idle);
		wheel_stop(person_wheel(p), &p->lost);
		wheel_stop(person_wheel(p), &p->part);
		if (p->account)
			xlink_close(p->account);
	}
}

void persons_free(struct gate *g)
{
	struct hnode *n;

	while ((n = htable_pop(&g->persons)))
		person_free(CONTAINER(n, struct person, by_aor));
	htable_free(&g->persons);
}

static int person_print(struct sink *out, const struct person *p)
{
	const struct xlink *x = p->account;
	int err = sink_printf(out, "%s as %.*s: %s", p->aor->text.p,
			      VIEW_ARG(buf_view(&p->jid)),
			      p->queued ? "queued" :
					  xlink_state_name(x->state));

	if (!err && x->error[0])
		err = sink_printf(out, ", last error: %s", x->error);
	return err ? err : sink_printf(out, "\n");
}

int persons_status(struct gate *g, struct sink *out)
{
	struct hnode *n = NULL;
	size_t pos = 0;
	int err = 0;

	while (!err && (n = htable_each(&g->persons, &pos, n))) {
		const struct person *p = CONTAINER(n, struct person, by_aor);

		if (p->account)
			err = person_print(out, p);
	}
	return err;
}
