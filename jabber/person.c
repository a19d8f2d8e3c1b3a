/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP users who speak XMPP, and when their accounts are logged in: as soon
 * as something is to be said by them, or as their login policy has it, until
 * nothing has passed for cache_time and nothing holds them. Where the pool is
 * full the one makes room that has been idle for longest (jabber.md 4.1).
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "gate_priv.h"
#include "jtext.h"
#include "log.h"
#include "mem.h"

enum {
	IDLE_MS = 60 * 1000, /* then he may have to make room for others */
	RETRY_MS = 200,
	PART_MS = 2000, /* for the server to say that it has his last words */
	PART_LOOK_MS = 20,
	LOGINS = 5,
	WAITING = 50,
};

struct waiting {
	struct lnode node; /* person.waiting, by time */
	person_wait_h *h;
	void *arg;
	uint64_t until_ms;
	bool at_once;      /* he was online already */
};

static struct wheel *wheel_of(const struct person *p)
{
	return loop_wheel(p->gate->conf.loop);
}

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
	struct lnode *n;

	wheel_stop(wheel_of(p), &p->idle);
	wheel_stop(wheel_of(p), &p->lost);
	wheel_stop(wheel_of(p), &p->part);
	while ((n = list_shift(&p->waiting)))
		mem_free(CONTAINER(n, struct waiting, node));
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

static void person_gone(struct person *p)
{
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->gone)
			gate_module(i)->gone(p);
	person_free(p);
}

static const struct xlink_ops account_ops;

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
		.ops = &account_ops,
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

/* ---- waiting for a login ---- */

static void on_idle(struct wtimer *t);

/* At the latest then: an earlier look stays. */
static void look_again(struct person *p, uint64_t ms)
{
	uint64_t at = now_ms() + ms;

	if (wtimer_running(&p->idle) && p->look_ms <= at)
		return;
	p->look_ms = at;
	wheel_start(wheel_of(p), &p->idle, ms, on_idle);
}

static void run_waiting(struct person *p, int err)
{
	size_t left = p->waiting.count;

	while (left-- && !list_empty(&p->waiting)) {
		struct waiting *w = CONTAINER(list_first(&p->waiting),
					      struct waiting, node);
		struct waiting got = *w;

		list_remove(&p->waiting, &w->node);
		mem_free(w);
		got.h(err, got.arg);
	}
}

/* Those whose time is up. */
static void run_late(struct person *p)
{
	size_t left = p->waiting.count;

	/* whoever is told may end others' waiting */
	while (left-- && !list_empty(&p->waiting)) {
		struct waiting *w = CONTAINER(list_first(&p->waiting),
					      struct waiting, node);
		struct waiting got = *w;

		if (!got.at_once && now_ms() < got.until_ms)
			return;
		list_remove(&p->waiting, &w->node);
		mem_free(w);
		got.h(person_is_online(p) ? 0 :
		      got.at_once	  ? ENOSPC :
					    ETIMEDOUT,
		      got.arg);
	}
}

void person_wait(struct person *p, person_wait_h *h, void *arg)
{
	struct waiting *w = mem_zalloc(sizeof(*w));
	size_t max = p->gate->conf.waiting ? p->gate->conf.waiting : WAITING;

	w->h = h;
	w->arg = arg;
	w->at_once = person_is_online(p) || p->waiting.count >= max;
	w->until_ms = now_ms() + p->gate->conf.delay_s * UINT64_C(1000);
	if (w->at_once) {
		list_prepend(&p->waiting, &w->node);
		look_again(p, 0);
	} else {
		list_append(&p->waiting, &w->node);
		look_again(p, 1000);
	}
}

void person_unwait(struct person *p, const void *arg)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->waiting, n, nx) {
		struct waiting *w = CONTAINER(n, struct waiting, node);

		if (w->arg != arg)
			continue;
		list_remove(&p->waiting, n);
		mem_free(w);
	}
}

/* ---- in and out ---- */

static bool is_kept(const struct person *p)
{
	return p->holds || p->wanted || !list_empty(&p->waiting) ||
	       p->login == GATE_ALWAYS ||
	       (p->login == GATE_REGISTERED && p->here && !p->refused);
}

/* Nobody needs him, for so long. */
static bool is_idle(const struct person *p, uint64_t ms)
{
	return p->account && p->account->state == XLINK_ONLINE &&
	       !p->holds && list_empty(&p->waiting) &&
	       now_ms() - p->busy_ms >= ms;
}

static void say_offline(struct person *p)
{
	person_tell(p, p->gate->registrar, jtext(JTEXT_OFFLINE));
}

static void log_out(struct person *p)
{
	size_t i;

	p->queued = false;
	wheel_stop(wheel_of(p), &p->lost);
	wheel_stop(wheel_of(p), &p->part);
	if (!p->account || p->account->state == XLINK_OFF)
		return;
	for (i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->leaving)
			gate_module(i)->leaving(p);
	xlink_close(p->account);
	gate_down(p->gate, p->account, p, LOST_NET, VIEW("logged out"));
}

/* He whom no worker had a place for, for the longest time. */
static void use_place(struct gate *g)
{
	struct xlink *first = NULL;
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (!p->account || p->account->state != XLINK_FULL)
			continue;
		if (!first || p->account->since_ms < first->since_ms)
			first = p->account;
	}
	if (!first)
		return;
	xlink_close(first);
	(void)xlink_open(first);
}

static void give_place(struct person *p)
{
	log_out(p);
	use_place(p->gate);
}

static bool has_unconfirmed(const struct person *p)
{
	return person_is_online(p) && p->account && p->account->told.count;
}

static void on_part(struct wtimer *t)
{
	struct person *p = CONTAINER(t, struct person, part);

	if (has_unconfirmed(p) && now_ms() < p->part_ms)
		wheel_start(wheel_of(p), t, PART_LOOK_MS, on_part);
	else
		give_place(p);
}

void person_offline(struct person *p)
{
	p->wanted = false;
	p->refused = true;
	if (has_unconfirmed(p)) {
		p->part_ms = now_ms() + PART_MS;
		wheel_start(wheel_of(p), &p->part, PART_LOOK_MS, on_part);
	} else {
		give_place(p);
	}
	run_waiting(p, ECANCELED);
}

/* The one who has been idle for longest makes room. */
static bool make_room(struct gate *g)
{
	struct person *oldest = NULL;
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (is_idle(p, IDLE_MS) &&
		    (!oldest || p->busy_ms < oldest->busy_ms))
			oldest = p;
	}
	if (!oldest)
		return false;
	log_info("xmpp %s: logged out, to make room", oldest->aor->text.p);
	oldest->wanted = false;
	log_out(oldest);
	say_offline(oldest);
	return true;
}

static int use_settings(const struct bridge_setting *s, size_t count,
			void *arg)
{
	struct person *p = arg;

	return xlink_settings(p->account, s, count);
}

static int load_settings(struct person *p)
{
	const struct gate_accounts *as = p->gate->conf.accounts;
	struct buf why = { 0 };
	int err = as->open(p->account_id, use_settings, p, &why, as->arg);

	if (err)
		log_warning("xmpp %s: can't log in: %s", p->aor->text.p,
			    why.n ? buf_str(&why) : strerror(err));
	buf_free(&why);
	return err;
}

static int log_in(struct person *p)
{
	struct xlink *x = p->account;
	int err = x->state == XLINK_OFF ? load_settings(p) : 0;

	p->queued = false;
	if (err)
		return EACCES;
	err = xlink_open(x);
	if (err || x->state != XLINK_FULL || !make_room(p->gate))
		return err ? err : x->state == XLINK_FULL ? EBUSY : 0;
	xlink_close(x);
	return xlink_open(x);
}

static void on_retry(struct wtimer *t);

static bool may_log_in(struct gate *g)
{
	const struct bucket_rate rate = {
		.count = g->conf.logins_rate ? g->conf.logins_rate : LOGINS,
		.per_ms = 1000,
		.burst = 2 * (g->conf.logins_rate ? g->conf.logins_rate :
						    LOGINS),
	};

	return bucket_take(&g->logins, &rate, now_ms());
}

static void queue(struct person *p)
{
	p->queued = true;
	if (!wtimer_running(&p->gate->retry))
		wheel_start(wheel_of(p), &p->gate->retry, RETRY_MS, on_retry);
}

/* It can't even be tried. Who waits has to hear so, and he, if nobody does. */
static void no_login(struct person *p)
{
	bool asked = !list_empty(&p->waiting);

	if (p->account->state == XLINK_FULL)
		return; /* it is tried again */
	run_waiting(p, EACCES);
	if (!asked)
		person_tell(p, p->gate->registrar, jtext(JTEXT_NO_LOGIN));
}

/* Who is missed most comes first: after a restart of ours all come at once.
 * Within a turn there is no order that matters. */
enum turn { TURN_TEXTS, TURN_HERE, TURN_OTHERS, TURNS };

static enum turn turn_of(const struct person *p)
{
	if (!list_empty(&p->waiting))
		return TURN_TEXTS;
	return p->here || p->wanted ? TURN_HERE : TURN_OTHERS;
}

/* False: there is one who has to wait. */
static bool log_in_queued(struct gate *g, enum turn turn)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (!p->queued || turn_of(p) != turn)
			continue;
		if (!may_log_in(g))
			return false;
		if (log_in(p))
			no_login(p);
	}
	return true;
}

static void on_retry(struct wtimer *t)
{
	struct gate *g = CONTAINER(t, struct gate, retry);

	for (int turn = TURN_TEXTS; turn < TURNS; turn++)
		if (!log_in_queued(g, (enum turn)turn)) {
			wheel_start(loop_wheel(g->conf.loop), t, RETRY_MS,
				    on_retry);
			return;
		}
}

static bool can_begin(const struct xlink *x)
{
	return x && (x->state == XLINK_OFF || x->state == XLINK_FAILED ||
		     x->state == XLINK_FULL);
}

void person_begin(struct person *p)
{
	if (!p->queued && can_begin(p->account))
		queue(p);
}

int person_wake(struct person *p)
{
	const struct xlink *x = p->account;

	p->refused = false;
	wheel_stop(wheel_of(p), &p->part);
	person_busy(p);
	if (p->queued || !can_begin(x))
		return 0;
	if (x->state == XLINK_FAILED && now_ms() - x->since_ms < IDLE_MS)
		return EAGAIN;
	/* others wait already: he has his turn among them */
	if (!wtimer_running(&p->gate->retry) && may_log_in(p->gate))
		return log_in(p);
	queue(p);
	return 0;
}

void person_hold(struct person *p)
{
	p->holds++;
}

void person_release(struct person *p)
{
	p->holds--;
	person_busy(p);
}

void person_busy(struct person *p)
{
	p->busy_ms = now_ms();
	look_again(p, p->gate->conf.cache_s * UINT64_C(1000) + 1000);
}

void person_tell(struct person *p, struct addr *from, struct view text)
{
	if (p->gate->running)
		hub_gate_tell(p->gate->conf.hub, from, p->aor, text);
}

/* Looks after all that time brings: late waits, idleness, the end. */
static void on_idle(struct wtimer *t)
{
	struct person *p = CONTAINER(t, struct person, idle);
	uint64_t cache_ms = p->gate->conf.cache_s * UINT64_C(1000);
	uint64_t idle_ms;

	p->holds++; /* handlers may let him go */
	run_late(p);
	p->holds--;
	idle_ms = now_ms() - p->busy_ms;
	if (!list_empty(&p->waiting))
		look_again(p, 1000);
	else if (is_kept(p) || idle_ms < cache_ms)
		look_again(p, idle_ms < cache_ms ? cache_ms - idle_ms + 1000 :
						   cache_ms + 1000);
	else if (p->account && p->account->state != XLINK_OFF) {
		give_place(p);
		say_offline(p);
		look_again(p, cache_ms + 1000);
	} else {
		person_gone(p);
	}
}

/* ---- what his session says ---- */

static void note(const struct person *p, struct view error)
{
	const struct gate_accounts *as = p->gate->conf.accounts;

	if (as && as->note)
		as->note(p->account_id, error, as->arg);
}

static void on_up(struct xlink *x, void *arg)
{
	struct person *p = arg;

	wheel_stop(wheel_of(p), &p->lost);
	p->told_lost = false;
	note(p, VIEW_NONE);
	gate_up(p->gate, x, p);
	run_waiting(p, 0);
}

/* He is told only of what lasts, and once. */
static void on_lost(struct wtimer *t)
{
	struct person *p = CONTAINER(t, struct person, lost);

	if (person_is_online(p))
		return;
	p->told_lost = true;
	person_tell(p, p->gate->registrar, jtext(JTEXT_LOST));
}

static void on_down(struct xlink *x, enum lost_why why, struct view text,
		    void *arg)
{
	struct person *p = arg;
	bool asked = !list_empty(&p->waiting);

	note(p, text);
	gate_down(p->gate, x, p, why, text);
	if (x->state == XLINK_FAILED) {
		wheel_stop(wheel_of(p), &p->lost);
		run_waiting(p, EACCES);
		if (!asked)
			person_tell(p, p->gate->registrar,
				    jtext(JTEXT_NO_LOGIN));
	} else if (!p->told_lost && !wtimer_running(&p->lost)) {
		wheel_start(wheel_of(p), &p->lost,
			    p->gate->conf.delay_s * UINT64_C(1000), on_lost);
	}
}

void persons_up(struct gate *g)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	/* Nobody is made or freed by what waits, only by time and by his
	 * account. */
	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (!p->account)
			run_waiting(p, 0);
	}
}

static void on_stanza(struct xlink *x, const struct elem *e, void *arg)
{
	struct person *p = arg;

	gate_stanza(p->gate, x, p, e);
}

static const struct xlink_ops account_ops = { on_up, on_down, on_stanza };

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
		log_out(p);
	run_waiting(p, ECANCELED);
	if (has && p->account && view_eq(a.jid, buf_view(&p->jid))) {
		p->login = a.login;
		p->account_id = a.id;
		if (is_kept(p))
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

		wheel_stop(wheel_of(p), &p->idle);
		wheel_stop(wheel_of(p), &p->lost);
		wheel_stop(wheel_of(p), &p->part);
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
