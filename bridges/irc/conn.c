/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection: resolve, connect to one address after the other, log in, then
 * lines out at the rate allowed, until it is lost.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "conn_priv.h"
#include "log.h"
#include "mem.h"
#include "say.h"

enum {
	IN_MAX = 64 * 1024,
	OUT_MAX = 256 * 1024,
	CONNECT_MS = 30000,
	LOGIN_MS = 60000,
	WATCH_MS = 10000
};

static const char *state_name(enum ircb_conn_state state)
{
	static const char *const names[] = { "resolving", "connecting",
					     "logging in", "up", "closed" };

	return names[state];
}

void ircb_conn_set_state(struct ircb_conn *c, enum ircb_conn_state state)
{
	c->state = state;
	c->since_ms = now_ms();
	log_debug("irc %s: %s", c->conf.server, state_name(state));
}

static void stop(struct ircb_conn *c)
{
	struct wheel *w = loop_wheel(c->conf.loop);

	if (c->state != IRCB_CLOSED)
		ircb_conn_set_state(c, IRCB_CLOSED);
	wheel_stop(w, &c->pump);
	wheel_stop(w, &c->watch);
	dns_cancel(c->query);
	c->query = NULL;
	c->stream = stream_close(c->stream);
}

static void conn_destroy(void *obj)
{
	struct ircb_conn *c = obj;

	stop(c);
	ircb_shim_free(c->shim);
	mem_deref(c->tls);
	mem_deref(c->out);
}

void ircb_conn_lost(struct ircb_conn *c, enum worker_lost why,
		    struct view words)
{
	if (c->state == IRCB_CLOSED)
		return;
	stop(c);
	c->ops->lost(why, words, c->arg);
}

/* ---- out ---- */

static int write_all(struct ircb_conn *c, struct view v)
{
	/* A server this slow is caught by the watch. */
	return c->stream ? stream_write(c->stream, v.p, v.n) : ENOTCONN;
}

int ircb_conn_send_now(struct ircb_conn *c, const char *command,
		       const struct view *params, size_t count)
{
	struct buf b = { 0 };
	int err = ircb_encode(&b, command, params, count);

	if (!err)
		err = write_all(c, buf_view(&b));
	buf_free(&b);
	return err;
}

static int send_barrier(struct ircb_conn *c, uint64_t number)
{
	struct buf b = { 0 };
	struct view token;
	int err;

	buf_adds(&b, IRCB_BARRIER);
	buf_add_u64(&b, number);
	token = buf_view(&b);
	err = ircb_conn_send_now(c, "PING", &token, 1);
	buf_free(&b);
	return err;
}

static void on_pump(struct wtimer *t);

/* Writes what the rate allows, and the barrier behind it. */
static void pump(struct ircb_conn *c)
{
	struct buf b = { 0 };
	uint64_t wait, number, now = now_ms();
	int err = 0;

	if (c->state != IRCB_UP)
		return;
	while (ircb_out_next(c->out, now, &b, &wait))
		;
	if (b.n)
		err = write_all(c, buf_view(&b));
	buf_free(&b);
	if (!err && ircb_out_barrier(c->out, now, &number))
		err = send_barrier(c, number);
	if (!err && wait != UINT64_MAX)
		wheel_start(loop_wheel(c->conf.loop), &c->pump, wait, on_pump);
	if (err)
		ircb_conn_lost(c, GONE_NET, VIEW("the server does not read"));
}

static void on_pump(struct wtimer *t)
{
	pump(CONTAINER(t, struct ircb_conn, pump));
}

void ircb_conn_pump(struct ircb_conn *c)
{
	if (c->state == IRCB_UP && !wtimer_running(&c->pump))
		wheel_start(loop_wheel(c->conf.loop), &c->pump, 0, on_pump);
}

int ircb_conn_send(struct ircb_conn *c, const char *command,
		   const struct view *params, size_t count)
{
	struct buf b = { 0 };
	int err = ircb_encode(&b, command, params, count);

	if (!err)
		err = ircb_out_control(c->out, buf_view(&b));
	buf_free(&b);
	ircb_conn_pump(c);
	return err;
}

int ircb_conn_say(struct ircb_conn *c, struct view channel,
		  const struct worker_say *say)
{
	struct buf b = { 0 };
	size_t count;
	int err = ircb_say(&b, channel, ircb_login_prefix(c), say, &count);

	if (!err)
		err = ircb_out_say(c->out, say->leg, say->seq, buf_view(&b),
				   count);
	buf_free(&b);
	ircb_conn_pump(c);
	return err;
}

/* ---- the watch ---- */

/* What is wrong with the server, or an empty view. */
static struct view complaint(const struct ircb_conn *c, uint64_t now)
{
	uint64_t limit = c->conf.silence_ms + c->conf.pong_ms;

	if (c->state == IRCB_LOGIN && now - c->since_ms >= LOGIN_MS)
		return VIEW("the server did not welcome us in time");
	if (c->asked_ms && now - c->asked_ms >= c->conf.pong_ms)
		return VIEW("the server has gone silent");
	if (ircb_out_unanswered(c->out, now) >= limit)
		return VIEW("the server does not answer our PING");
	return VIEW_NONE;
}

static void ask_if_silent(struct ircb_conn *c, uint64_t now)
{
	struct view token = VIEW("cf");

	if (c->state != IRCB_UP || c->asked_ms ||
	    now - c->heard_ms < c->conf.silence_ms)
		return;
	c->asked_ms = now;
	/* When it can't be sent, no answer comes: just as well. */
	(void)ircb_conn_send_now(c, "PING", &token, 1);
}

static void on_watch(struct wtimer *t)
{
	struct ircb_conn *c = CONTAINER(t, struct ircb_conn, watch);
	uint64_t period =
		c->conf.pong_ms < WATCH_MS ? c->conf.pong_ms : WATCH_MS;
	struct view wrong = complaint(c, now_ms());

	if (wrong.n) {
		ircb_conn_lost(c, GONE_NET, wrong);
		return;
	}
	ask_if_silent(c, now_ms());
	wheel_start(loop_wheel(c->conf.loop), t, period, on_watch);
}

/* ---- up to the login ---- */

static void try_next_address(struct ircb_conn *c, struct view why);

static void on_open(void *arg)
{
	struct ircb_conn *c = mem_ref(arg);
	int err = ircb_shim_new(&c->shim);

	c->heard_ms = now_ms();
	ircb_conn_set_state(c, IRCB_LOGIN);
	on_watch(&c->watch);
	if (!err)
		err = ircb_login_begin(c);
	if (err)
		ircb_conn_lost(c, GONE_NET, view_str(strerror(err)));
	mem_deref(c);
}

static void on_close(int err, const char *text, void *arg)
{
	struct ircb_conn *c = arg;
	struct buf why = { 0 };

	/* The text may end with the stream. */
	buf_adds(&why, text);
	c->stream = stream_close(c->stream);
	/* A server was found; another address would only hide what is wrong
	 * with its certificate. */
	if (err == EACCES)
		ircb_conn_lost(c, GONE_CONFIG, buf_view(&why));
	else if (c->state == IRCB_CONNECTING)
		try_next_address(c, buf_view(&why));
	else
		ircb_conn_lost(c, GONE_NET, buf_view(&why));
	buf_free(&why);
}

static const struct stream_ops stream_ops = {
	.on_open = on_open,
	.on_data = ircb_inbound,
	.on_close = on_close,
};

static int connect_to(struct ircb_conn *c, const struct netaddr *addr)
{
	struct stream_conf conf = {
		.in_max = IN_MAX,
		.out_max = OUT_MAX,
		.connect_ms = CONNECT_MS,
		.tls = c->tls,
		.tls_name = c->conf.server,
	};

	return stream_connect(&c->stream, c->conf.loop, addr, &conf,
			      &stream_ops, c);
}

static void unreachable(struct ircb_conn *c, struct view why)
{
	struct buf b = { 0 };

	buf_adds(&b, "can't connect to ");
	buf_adds(&b, c->conf.server);
	buf_adds(&b, ": ");
	buf_addv(&b, why);
	ircb_conn_lost(c, GONE_NET, buf_view(&b));
	buf_free(&b);
}

static void try_next_address(struct ircb_conn *c, struct view why)
{
	while (c->addr < c->addrs_count) {
		int err = connect_to(c, &c->addrs[c->addr++]);

		if (!err)
			return;
		why = view_str(strerror(err));
	}
	unreachable(c, why);
}

static void on_addrs(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct ircb_conn *c = arg;

	c->query = NULL;
	if (err || !count) {
		unreachable(c, view_str(err ? why : "it has no address"));
		return;
	}
	c->addrs_count = count < DNS_ADDRS_MAX ? count : DNS_ADDRS_MAX;
	memcpy(c->addrs, addrs, c->addrs_count * sizeof(*addrs));
	ircb_conn_set_state(c, IRCB_CONNECTING);
	try_next_address(c, VIEW("no address left"));
}

static int make_tls(struct ircb_conn *c, struct buf *why)
{
	char text[256] = "";
	const char *ca = c->conf.ca_file[0] ? c->conf.ca_file : NULL;
	int err;

	if (!c->conf.tls)
		return 0;
	err = tls_client_ctx(&c->tls, ca, text, sizeof(text));
	if (err)
		buf_adds(why, text);
	return err;
}

int ircb_conn_new(struct ircb_conn **cp, const struct ircb_conn_conf *conf,
		  const struct ircb_conn_ops *ops, void *arg, struct buf *why)
{
	struct ircb_conn *c = mem_new(sizeof(*c), conn_destroy);
	int err;

	c->conf = *conf;
	c->ops = ops;
	c->arg = arg;
	c->out = ircb_out_new(conf->flood_burst, conf->flood_ms);
	c->since_ms = c->heard_ms = now_ms();
	ircb_support_init(&c->support);
	err = make_tls(c, why);
	if (!err) {
		err = dns_lookup(&c->query, conf->dns, conf->server,
				 conf->port, on_addrs, c);
		if (err)
			buf_adds(why, strerror(err));
	}
	if (err)
		mem_deref(c);
	else
		*cp = c;
	return err;
}

struct ircb_conn *ircb_conn_close(struct ircb_conn *c, struct view quit)
{
	if (!c)
		return NULL;
	/* Nothing is to be done when it can't be sent: we go anyway. */
	if (c->state == IRCB_UP)
		(void)ircb_conn_send_now(c, "QUIT", &quit, 1);
	stop(c);
	return mem_deref(c);
}

bool ircb_conn_is_up(const struct ircb_conn *c)
{
	return c && c->state == IRCB_UP;
}

struct view ircb_conn_nick(const struct ircb_conn *c)
{
	return view_str(c->nick);
}

const struct ircb_support *ircb_conn_support(const struct ircb_conn *c)
{
	return &c->support;
}

bool ircb_conn_is_us(const struct ircb_conn *c, struct view nick)
{
	return ircb_name_eq(c->support.casemap, nick, view_str(c->nick));
}

struct ircb_out *ircb_conn_out(struct ircb_conn *c)
{
	return c->out;
}
