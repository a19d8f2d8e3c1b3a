/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection: its life, lines out at the rate allowed, and the watch over a
 * server that may have gone silent.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "conn_priv.h"
#include "log.h"
#include "mem.h"
#include "say.h"
#include "tags.h"

enum { LOGIN_MS = 60000, WATCH_MS = 10000 };

static const char *state_name(enum ircb_conn_state state)
{
	static const char *const names[] = { "resolving", "connecting",
					     "logging in",
					     "identifying", "up",
					     "closed" };

	return names[state];
}

void ircb_conn_set_state(struct ircb_conn *c, enum ircb_conn_state state)
{
	c->state = state;
	c->since_ms = now_ms();
	log_debug("irc %s: %s", c->server->host, state_name(state));
}

static void stop(struct ircb_conn *c)
{
	struct wheel *w = loop_wheel(c->conf.loop);

	if (c->state != IRCB_CLOSED)
		ircb_conn_set_state(c, IRCB_CLOSED);
	wheel_stop(w, &c->pump);
	wheel_stop(w, &c->watch);
	wheel_stop(w, &c->nick_timer);
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
	mem_deref(c->sasl);
	mem_deref(c->charset);
	mem_deref(c->people);
	ircb_more_free(&c->more);
}

void ircb_conn_lost(struct ircb_conn *c, enum worker_lost why,
		    struct view words)
{
	if (c->state == IRCB_CLOSED)
		return;
	stop(c);
	c->ops->lost(why, words, c->arg);
}

bool ircb_conn_is_banned(const struct ircb_conn *c)
{
	return c->banned;
}

void ircb_conn_lost_line(struct ircb_conn *c, const struct ircb_line *l,
			 enum worker_lost why, const char *what)
{
	struct buf words = { 0 };

	buf_adds(&words, what);
	buf_adds(&words, ": ");
	ircb_plain(&words, ircb_last(l));
	ircb_conn_lost(c, why, buf_view(&words));
	buf_free(&words);
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

/* What servers put in front; one may take less than RFC 2812 has it. */
static size_t prefix_room(const struct ircb_conn *c)
{
	return ircb_login_prefix(c) + IRCB_OUT_MAX - c->support.linelen;
}

static int queue_say(struct ircb_conn *c, struct view channel,
		     const struct worker_say *say, struct buf *lines,
		     size_t count)
{
	int err;

	ircb_more_keep(&c->more, c->support.casemap, channel, say->leg,
		       c->conf.max_lines, now_ms(), lines, &count);
	err = ircb_out_say(c->out, say->leg, say->seq, buf_view(lines), count);
	ircb_conn_pump(c);
	return err;
}

bool ircb_conn_more(struct ircb_conn *c, struct view channel)
{
	struct buf lines = { 0 };
	uint64_t leg;
	size_t count;
	bool kept = ircb_more_take(&c->more, c->support.casemap, channel,
				   c->conf.max_lines, now_ms(), &lines, &count,
				   &leg);

	if (kept && ircb_out_say(c->out, leg, 0, buf_view(&lines), count))
		log_info("irc %s: too much waits to say more",
			 c->server->host);
	if (kept)
		ircb_conn_pump(c);
	buf_free(&lines);
	return kept;
}

int ircb_conn_speak(struct ircb_conn *c, struct view target,
		    const struct worker_say *say)
{
	struct buf b = { 0 }, text = { 0 };
	struct worker_say shown = *say;
	size_t count;
	int err;

	ircb_people_spare(c->people, target, say->text, &text);
	shown.text = buf_view(&text);
	err = ircb_speak(&b, target, prefix_room(c), &shown, &count);
	if (!err)
		err = ircb_out_say(c->out, say->leg, say->seq, buf_view(&b),
				   count);
	ircb_conn_pump(c);
	buf_free(&text);
	buf_free(&b);
	return err;
}

void ircb_conn_mark(struct ircb_conn *c, uint64_t leg, uint64_t seq)
{
	ircb_out_mark(c->out, leg, seq);
	ircb_conn_pump(c);
}

void ircb_conn_want(struct ircb_conn *c, const char *nick)
{
	c->conf.nick = nick;
}

int ircb_conn_say_as(struct ircb_conn *c, struct view channel,
		     const struct worker_say *say)
{
	struct buf b = { 0 }, nick = { 0 }, text = { 0 };
	struct worker_say shown = *say;
	size_t count;
	int err = ENOTSUP;

	if (say->kind <= SAY_EMOTE && ircb_conn_can(c, IRCB_CAP_RELAYMSG) &&
	    ircb_shown_nick(&nick, say->name, c->caps.separators,
			    c->support.nicklen)) {
		ircb_people_spare(c->people, channel, say->text, &text);
		shown.name = buf_view(&nick);
		shown.text = buf_view(&text);
		err = ircb_say_as(&b, channel,
				  IRCB_OUT_MAX - c->support.linelen, &shown,
				  &count);
	}
	if (!err)
		err = queue_say(c, channel, say, &b, count);
	buf_free(&nick);
	buf_free(&text);
	buf_free(&b);
	return err;
}

int ircb_conn_say(struct ircb_conn *c, struct view channel,
		  const struct worker_say *say)
{
	struct buf b = { 0 };
	size_t count;
	struct worker_say shown = *say;
	struct buf name = { 0 }, text = { 0 };
	int err;

	ircb_people_guard(c->people, channel, say->name, &name);
	ircb_people_spare(c->people, channel, say->text, &text);
	shown.name = buf_view(&name);
	shown.text = buf_view(&text);
	err = ircb_say(&b, channel, prefix_room(c), &shown, &count);
	buf_free(&name);
	buf_free(&text);
	if (!err)
		err = queue_say(c, channel, say, &b, count);
	buf_free(&b);
	return err;
}

/* ---- the watch ---- */

/* What is wrong with the server, or an empty view. */
static struct view complaint(const struct ircb_conn *c, uint64_t now)
{
	uint64_t limit = c->conf.silence_ms + c->conf.pong_ms;

	if ((c->state == IRCB_LOGIN || c->state == IRCB_IDENTIFY) &&
	    now - c->since_ms >= LOGIN_MS)
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

void ircb_conn_watch(struct ircb_conn *c)
{
	on_watch(&c->watch);
}

/* ---- life ---- */

static int take_conf(struct ircb_conn *c, const struct ircb_conn_conf *conf,
		     struct buf *why)
{
	c->conf = *conf;
	c->server = &conf->servers[conf->first % conf->servers_count];
	c->servers_left = conf->servers_count - 1;
	c->has_bind = conf->bind[0];
	if (c->has_bind && netaddr_set(&c->bind, view_str(conf->bind), 0)) {
		buf_adds(why, "bind is no address");
		return EINVAL;
	}
	if (ircb_charset_new(&c->charset, conf->charset)) {
		buf_adds(why, "the character set is unknown");
		return EINVAL;
	}
	return ircb_conn_make_tls(c, why);
}

int ircb_conn_new(struct ircb_conn **cp, const struct ircb_conn_conf *conf,
		  const struct ircb_conn_ops *ops, void *arg, struct buf *why)
{
	struct ircb_conn *c = mem_new(sizeof(*c), conn_destroy);
	int err;

	c->ops = ops;
	c->arg = arg;
	c->out = ircb_out_new(conf->flood_burst, conf->flood_ms);
	c->since_ms = c->heard_ms = now_ms();
	ircb_support_init(&c->support);
	c->people = ircb_people_new(&c->support);
	ircb_more_init(&c->more);
	err = take_conf(c, conf, why);
	if (!err) {
		err = ircb_conn_look_up(c);
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
	if (c->state == IRCB_UP || c->state == IRCB_IDENTIFY)
		(void)ircb_conn_send_now(c, "QUIT", &quit, 1);
	stop(c);
	return mem_deref(c);
}

bool ircb_conn_is_up(const struct ircb_conn *c)
{
	return c && c->state == IRCB_UP;
}

size_t ircb_conn_server(const struct ircb_conn *c)
{
	return (size_t)(c->server - c->conf.servers);
}

bool ircb_conn_can(const struct ircb_conn *c, unsigned cap)
{
	return (c->caps.on & cap) == cap;
}

struct view ircb_conn_account(const struct ircb_conn *c)
{
	return view_str(c->account);
}

struct view ircb_conn_nick(const struct ircb_conn *c)
{
	return view_str(c->nick);
}

const struct ircb_support *ircb_conn_support(const struct ircb_conn *c)
{
	return &c->support;
}

void ircb_conn_channels(const struct ircb_conn *c, struct view nick,
			void (*h)(struct view channel, void *arg), void *arg)
{
	ircb_people_channels(c->people, nick, h, arg);
}

bool ircb_conn_is_ours(const struct ircb_conn *c, const struct ircb_line *l)
{
	struct view by;

	return ircb_conn_is_us(c, l->nick) ||
	       (ircb_conn_can(c, IRCB_CAP_RELAYMSG) &&
		ircb_tag(l->tags, "draft/relaymsg", &by) &&
		ircb_conn_is_us(c, by));
}

void ircb_conn_mask(const struct ircb_conn *c, struct buf *b)
{
	buf_adds(b, c->nick);
	buf_addc(b, '!');
	buf_adds(b, c->userhost);
}

size_t ircb_conn_present(const struct ircb_conn *c, struct view channel)
{
	return ircb_people_present(c->people, channel);
}

bool ircb_conn_is_us(const struct ircb_conn *c, struct view nick)
{
	return ircb_name_eq(c->support.casemap, nick, view_str(c->nick));
}

struct ircb_out *ircb_conn_out(struct ircb_conn *c)
{
	return c->out;
}
