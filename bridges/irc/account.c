/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts, and what confabd asks of them. When the connection of one breaks
 * confabd asks for all of it again; nothing here tries again by itself.
 */
#include <errno.h>

#include "account_priv.h"
#include "guest.h"
#include "keep.h"
#include "log.h"
#include "manners.h"
#include "mem.h"
#include "settings.h"

enum {
	KEEP_MS = 2000,
	IDLE_MS = 600000 /* all legs refused: stay a while for the next try */
};

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

void ircb_account_idle(struct ircb_account *a)
{
	wheel_start(loop_wheel(a->pool->loop), &a->idle, IDLE_MS, on_idle);
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
		ircb_leg_enter(CONTAINER(n, struct ircb_leg, node));
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
	ircb_legs_drop(a);
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
	ircb_legs_drop(a);
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

static void join_place(struct ircb_account *a, const struct worker_join *j)
{
	struct ircb_leg *leg = ircb_leg_new(a, j);

	wheel_stop(loop_wheel(a->pool->loop), &a->idle);
	if (!a->conn)
		connect_account(a);
	else if (ircb_conn_is_up(a->conn))
		ircb_leg_enter(leg);
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
	struct ircb_leg *leg = ircb_leg_find(p, j->leg);
	struct view wrong = VIEW_NONE;

	if (leg)
		ircb_leg_leave(leg, VIEW_NONE);
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
	struct ircb_leg *leg = ircb_leg_find(arg, id);
	struct ircb_account *a;

	if (!leg)
		return;
	a = leg->account;
	ircb_leg_leave(leg, reason);
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
	struct ircb_leg *leg = ircb_leg_find(p, say->leg);
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
	struct ircb_leg *leg = ircb_leg_find(arg, id);

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
