/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts and legs. A leg that is refused or lost is freed at once: when
 * confabd wants it again it says JOIN again. So does a whole account when its
 * connection breaks; nothing here tries again by itself.
 */
#include <errno.h>
#include <string.h>

#include "account_priv.h"
#include "guest.h"
#include "keep.h"
#include "log.h"
#include "manners.h"
#include "mem.h"
#include "settings.h"

enum {
	JOIN_MS = 120000,
	KEEP_MS = 2000,
	IDLE_MS = 600000 /* all legs refused: stay a while for the next try */
};

/* ---- legs ---- */

static struct ircb_leg *find_leg(const struct ircb_pool *p, uint64_t id)
{
	struct hnode *n = htable_find(&p->legs, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, hnode);

		if (leg->id == id)
			return leg;
	}
	return NULL;
}

static void leg_free(struct ircb_leg *leg)
{
	struct ircb_account *a = leg->account;

	if (a->conn)
		ircb_out_forget(ircb_conn_out(a->conn), leg->id);
	wheel_stop(loop_wheel(a->pool->loop), &leg->late);
	htable_del(&a->pool->legs, &leg->hnode);
	list_remove(&a->legs, &leg->node);
	mem_scrub_free(leg->key);
	mem_deref(leg);
}

static struct ircb_leg *leg_new(struct ircb_account *a,
				const struct worker_join *j)
{
	struct ircb_leg *leg = mem_new(sizeof(*leg), NULL);

	leg->account = a;
	leg->id = j->leg;
	leg->key = view_dup(j->key);
	leg->by_name = j->by_name;
	view_copy(leg->place, sizeof(leg->place), j->place);
	list_append(&a->legs, &leg->node);
	htable_add(&a->pool->legs, &leg->hnode, hash_u64(leg->id));
	return leg;
}

static void drop_legs(struct ircb_account *a)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->legs, n, nx)
		leg_free(CONTAINER(n, struct ircb_leg, node));
}

/* Is one of the legs, but not this one, in or on its way into the channel? */
static const struct ircb_leg *other_leg(const struct ircb_account *a,
					struct view channel,
					const struct ircb_leg *but)
{
	enum ircb_casemap map = ircb_conn_support(a->conn)->casemap;
	struct lnode *n, *nx;

	LIST_EACH (&a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);

		if (leg != but && leg->state != IRCB_LEG_WAITING &&
		    ircb_name_eq(map, view_str(leg->place), channel))
			return leg;
	}
	return NULL;
}

/* Is another leg in the same channel, and in it? */
static bool other_leg_up(const struct ircb_leg *leg)
{
	const struct ircb_leg *other =
		other_leg(leg->account, view_str(leg->place), leg);

	return other && other->state == IRCB_LEG_UP;
}

/* ---- connections ---- */

static void disconnect(struct ircb_account *a, struct view quit)
{
	wheel_stop(loop_wheel(a->pool->loop), &a->idle);
	a->conn = ircb_conn_close(a->conn, quit);
}

static void on_idle(struct wtimer *t)
{
	struct ircb_account *a = CONTAINER(t, struct ircb_account, idle);

	if (list_empty(&a->legs))
		disconnect(a, VIEW("no room is linked"));
}

void ircb_leg_lost(struct ircb_leg *leg, enum worker_lost why,
		   struct view words)
{
	struct ircb_account *a = leg->account;

	worker_lost(a->pool->worker, leg->id, why, words);
	leg_free(leg);
	if (list_empty(&a->legs))
		wheel_start(loop_wheel(a->pool->loop), &a->idle, IDLE_MS,
			    on_idle);
}

void ircb_leg_up(struct ircb_leg *leg)
{
	struct ircb_account *a = leg->account;

	wheel_stop(loop_wheel(a->pool->loop), &leg->late);
	leg->state = IRCB_LEG_UP;
	worker_joined(a->pool->worker, leg->id, ircb_conn_nick(a->conn));
	if (!other_leg_up(leg) && !ircb_past_ask(a, view_str(leg->place)))
		worker_missed(a->pool->worker, leg->id);
}

static void on_late(struct wtimer *t)
{
	ircb_leg_lost(CONTAINER(t, struct ircb_leg, late), GONE_NET,
		      VIEW("the server does not answer our JOIN"));
}

/* With its key, which is never logged. */
static int send_join(struct ircb_leg *leg)
{
	const struct view params[2] = { view_str(leg->place),
					view_str(leg->key) };

	return ircb_conn_send(leg->account->conn, "JOIN", params,
			      params[1].n ? 2 : 1);
}

static void enter(struct ircb_leg *leg)
{
	struct ircb_account *a = leg->account;
	struct view place = view_str(leg->place);
	const struct ircb_leg *other = other_leg(a, place, leg);

	/* A server does not answer the JOIN of one who is in already. */
	if (other && other->state == IRCB_LEG_UP) {
		ircb_leg_up(leg);
		return;
	}
	leg->state = IRCB_LEG_JOINING;
	wheel_start(loop_wheel(a->pool->loop), &leg->late, JOIN_MS, on_late);
	if (!other && send_join(leg))
		ircb_leg_lost(leg, GONE_NET,
			      VIEW("too many commands wait for "
				   "the server"));
}

static void on_up(void *arg)
{
	struct ircb_account *a = arg;
	struct lnode *n, *nx;
	struct view nick = ircb_conn_nick(a->conn);

	log_info("irc %.*s: logged in as %.*s", VIEW_ARG(a->label),
		 VIEW_ARG(nick));
	a->was_up = true;
	ircb_keep_soon(a);
	worker_account_up(a->pool->worker, a->id, nick);
	LIST_EACH (&a->legs, n, nx)
		enter(CONTAINER(n, struct ircb_leg, node));
}

static void on_delivered(uint64_t leg, uint64_t seq, void *arg)
{
	struct ircb_account *a = arg;

	worker_delivered(a->pool->worker, leg, seq);
}

static void on_refused(uint64_t leg, uint64_t seq, struct view words,
		       void *arg)
{
	struct ircb_account *a = arg;

	worker_failed(a->pool->worker, leg, seq,
		      view_starts(words, VIEW(IRCB_NOT_AS)), words);
}

/* confabd takes the newest name of a leg that is up. */
static void on_renamed(void *arg)
{
	struct ircb_account *a = arg;
	struct lnode *n, *nx;

	LIST_EACH (&a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);

		if (leg->state == IRCB_LEG_UP)
			worker_joined(a->pool->worker, leg->id,
				      ircb_conn_nick(a->conn));
	}
}

/* What the next connection does otherwise than this one. */
static void learn(struct ircb_account *a, struct view words)
{
	struct ircb_conn_conf *c = &a->conf;

	if (!a->conn)
		return;
	c->first = ircb_conn_server(a->conn);
	if (ircb_conn_is_up(a->conn) || a->was_up)
		view_copy(a->old_nick, sizeof(a->old_nick),
			  ircb_conn_nick(a->conn));
	else
		c->first = (c->first + 1) % c->servers_count;
	a->was_up = false;
	if (!view_starts(words, VIEW(IRCB_TOO_FAST)))
		return;
	ircb_settings_slower(c);
	log_warning("irc %.*s: from now on %u lines at once, then one in "
		    "%llu ms",
		    VIEW_ARG(a->label), c->flood_burst,
		    (unsigned long long)c->flood_ms);
}

static void on_lost(enum worker_lost why, struct view words, void *arg)
{
	struct ircb_account *a = arg;

	learn(a, words);
	log_info("irc %.*s: %.*s", VIEW_ARG(a->label), VIEW_ARG(words));
	/* words may belong to the connection: it goes last. */
	drop_legs(a);
	worker_account_lost(a->pool->worker, a->id, why, words);
	disconnect(a, VIEW_NONE);
}

static const struct ircb_conn_ops conn_ops = {
	.up = on_up,
	.event = ircb_account_event,
	.delivered = on_delivered,
	.refused = on_refused,
	.renamed = on_renamed,
	.lost = on_lost,
};

static void connect_account(struct ircb_account *a)
{
	struct buf why = { 0 };
	int err = ircb_conn_new(&a->conn, &a->conf, &conn_ops, a, &why);

	if (err)
		on_lost(err == EINVAL ? GONE_CONFIG : GONE_NET, buf_view(&why),
			a);
	buf_free(&why);
}

/* ---- accounts ---- */

static void on_keep(struct wtimer *t)
{
	struct ircb_account *a = CONTAINER(t, struct ircb_account, keep);
	struct buf b = { 0 };

	ircb_keep_put(&b, &a->conf);
	ircb_past_put(a, &b);
	worker_keep(a->pool->worker, a->id, buf_view(&b));
	buf_free(&b);
}

void ircb_keep_soon(struct ircb_account *a)
{
	if (!wtimer_running(&a->keep))
		wheel_start(loop_wheel(a->pool->loop), &a->keep, KEEP_MS,
			    on_keep);
}

static void free_settings(struct ircb_account *a)
{
	mem_free((char *)a->label.p);
	mem_free(a->staff);
	mem_free(a->contact);
	ircb_settings_free(&a->conf);
}

static void take_settings(struct ircb_account *a, const struct wire_msg *m)
{
	a->label = view_mem(view_dup(m->s[0]), m->s[0].n);
	a->conf.loop = a->pool->loop;
	a->conf.dns = a->pool->dns;
	ircb_settings_take(&a->conf, a->servers, m);
	a->staff = view_dup(wire_setting(m, "staff"));
	a->contact = view_dup(wire_setting(m, "contact"));
	ircb_keep_take(&a->conf, wire_setting(m, "kept"));
	ircb_past_take(a, wire_setting(m, "kept"));
}

static struct ircb_account *find_account(const struct ircb_pool *p,
					 uint32_t id)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->accounts, n, nx) {
		struct ircb_account *a =
			CONTAINER(n, struct ircb_account, node);

		if (a->id == id)
			return a;
	}
	return NULL;
}

static void account_free(struct ircb_account *a, struct view quit)
{
	drop_legs(a);
	disconnect(a, quit);
	wheel_stop(loop_wheel(a->pool->loop), &a->keep);
	list_remove(&a->pool->accounts, &a->node);
	ircb_past_free(a);
	free_settings(a);
	mem_deref(a);
}

/* ---- what confabd asks for ---- */

static int on_start(struct worker *w, struct loop *l, void *arg)
{
	struct ircb_pool *p = arg;

	p->worker = w;
	p->loop = l;
	return dns_new(&p->dns, l);
}

static void on_account_del(uint32_t id, void *arg)
{
	struct ircb_account *a = find_account(arg, id);

	if (a)
		account_free(a, a->sent_away ? VIEW(IRCB_SENT_AWAY) :
					       VIEW("no longer configured"));
}

static void on_account(uint32_t id, const struct wire_msg *m, void *arg)
{
	struct ircb_pool *p = arg;
	struct ircb_account *a;

	on_account_del(id, p);
	a = mem_new(sizeof(*a), NULL);
	a->pool = p;
	a->id = id;
	list_init(&a->legs);
	list_init(&a->places);
	take_settings(a, m);
	list_append(&p->accounts, &a->node);
}

/* PART, when this was the channel's last leg; QUIT, when the account's. */
static void leave(struct ircb_leg *leg, struct view reason)
{
	struct ircb_account *a = leg->account;
	struct view params[2] = { VIEW_NONE, reason };
	char place[sizeof(leg->place)];
	bool inside = leg->state != IRCB_LEG_WAITING;

	memcpy(place, leg->place, sizeof(place));
	leg_free(leg);
	params[0] = view_str(place);
	if (!inside || !a->conn || other_leg(a, params[0], NULL))
		return;
	/* A reason that can't be sent is left out. */
	if (ircb_conn_send(a->conn, "PART", params, reason.n ? 2 : 1) &&
	    ircb_conn_send(a->conn, "PART", params, 1))
		log_warning("irc %.*s: can't leave %s", VIEW_ARG(a->label),
			    place);
}

static void join_place(struct ircb_account *a, const struct worker_join *j)
{
	struct ircb_leg *leg = leg_new(a, j);

	wheel_stop(loop_wheel(a->pool->loop), &a->idle);
	if (!a->conn)
		connect_account(a);
	else if (ircb_conn_is_up(a->conn))
		enter(leg);
}

/* RFC 2812 2.3.1: a parameter before the last, and "," divides keys. */
static bool is_key(struct view v)
{
	return !v.n || (v.p[0] != ':' && !view_has(v, ' ') &&
			!view_has(v, ','));
}

/* The nick is the account's: a connection has just one. */
static void on_join(uint32_t account, const struct worker_join *j, void *arg)
{
	struct ircb_pool *p = arg;
	struct ircb_account *a = find_account(p, account);
	struct ircb_leg *leg = find_leg(p, j->leg);
	struct view wrong = VIEW_NONE;

	if (leg)
		leave(leg, VIEW_NONE);
	if (!a)
		wrong = VIEW("there is no such network");
	else if (!ircb_is_channel(j->place))
		wrong = VIEW("this is not a channel's name");
	else if (!is_key(j->key))
		wrong = VIEW("no channel has a key with a blank or a comma");
	if (wrong.n)
		worker_lost(p->worker, j->leg, GONE_CONFIG, wrong);
	else
		join_place(a, j);
}

static void on_part(uint64_t id, struct view reason, void *arg)
{
	struct ircb_leg *leg = find_leg(arg, id);
	struct ircb_account *a;

	if (!leg)
		return;
	a = leg->account;
	leave(leg, reason);
	if (list_empty(&a->legs))
		disconnect(a, reason);
}

static struct view say_error(int err)
{
	switch (err) {
	case EMSGSIZE:
		return VIEW("too long for IRC");
	case EBADMSG:
		return VIEW("nothing that IRC can show is in it");
	case EBUSY:
		return VIEW("too many lines wait for the server");
	default:
		return VIEW("the channel is not joined");
	}
}

static int say_in(const struct ircb_leg *leg, const struct worker_say *say)
{
	struct ircb_conn *c = leg->account->conn;
	struct view place = view_str(leg->place);
	int err = leg->by_name ? ircb_conn_say_as(c, place, say) : ENOTSUP;

	return err == ENOTSUP ? ircb_conn_say(c, place, say) : err;
}

static void on_say(const struct worker_say *say, void *arg)
{
	struct ircb_pool *p = arg;
	struct ircb_leg *leg = find_leg(p, say->leg);
	int err = ENOTCONN;

	if (!leg)
		return;
	if (leg->state == IRCB_LEG_UP)
		err = say_in(leg, say);
	if (err)
		worker_failed(p->worker, say->leg, say->seq,
			      err == EBUSY || err == ENOTCONN, say_error(err));
}

static void on_expel(uint64_t id, bool ban, struct view nick,
		     struct view reason, void *arg)
{
	struct ircb_leg *leg = find_leg(arg, id);

	if (leg)
		ircb_expel(leg, ban, nick, reason);
}

static void on_stop(void *arg)
{
	struct ircb_pool *p = arg;
	struct lnode *n, *nx;

	LIST_EACH (&p->accounts, n, nx)
		account_free(CONTAINER(n, struct ircb_account, node),
			     VIEW("confab is going down"));
	ircb_guests_stop(p);
	dns_free(p->dns);
	p->dns = NULL;
	worker_done(p->worker);
}

const struct worker_ops ircb_worker_ops = {
	.start = on_start,
	.account = on_account,
	.account_del = on_account_del,
	.join = on_join,
	.part = on_part,
	.say = on_say,
	.expel = on_expel,
	.session = ircb_guest_new,
	.session_end = ircb_guest_end,
	.send = ircb_guest_send,
	.stop = on_stop,
};

static void pool_destroy(void *obj)
{
	struct ircb_pool *p = obj;

	htable_free(&p->legs);
}

struct ircb_pool *ircb_pool_new(void)
{
	struct ircb_pool *p = mem_new(sizeof(*p), pool_destroy);

	list_init(&p->accounts);
	return p;
}
