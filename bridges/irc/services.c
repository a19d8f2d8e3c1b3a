/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NickServ, for networks without SASL. Our password goes to whoever holds the
 * name NickServ only after the server said that his user and host are those
 * of the settings; nobody who asks for it gets it. And our nick: when another
 * has it, we try again, at once when he goes and now and then.
 */
#include "conn_priv.h"
#include "log.h"
#include "mem.h"

enum { IDENTIFY_MS = 10000, RECLAIM_MS = 60000, GHOST_MS = 2000 };

static struct view services_nick(const struct ircb_conn *c)
{
	struct view nick, rest;

	view_cut(view_str(c->conf.nickserv), '!', &nick, &rest);
	return nick;
}

static bool has_nick(const struct ircb_conn *c)
{
	return ircb_conn_is_us(c, view_str(c->conf.nick));
}

static void on_reclaim(struct wtimer *t);

static void reclaim_in(struct ircb_conn *c, uint64_t ms)
{
	if (!has_nick(c))
		wheel_start(loop_wheel(c->conf.loop), &c->nick_timer, ms,
			    on_reclaim);
}

/* A refusal (433) leaves all as it is. */
static void reclaim(struct ircb_conn *c)
{
	struct view nick = view_str(c->conf.nick);

	(void)ircb_conn_send(c, "NICK", &nick, 1);
	reclaim_in(c, RECLAIM_MS);
}

static void on_reclaim(struct wtimer *t)
{
	reclaim(CONTAINER(t, struct ircb_conn, nick_timer));
}

static void go_up(struct ircb_conn *c)
{
	wheel_stop(loop_wheel(c->conf.loop), &c->nick_timer);
	ircb_conn_set_state(c, IRCB_UP);
	reclaim_in(c, c->knocked ? GHOST_MS : RECLAIM_MS);
	c->ops->up(c->arg);
}

static void on_late(struct wtimer *t)
{
	struct ircb_conn *c = CONTAINER(t, struct ircb_conn, nick_timer);

	log_warning("irc %s: %.*s did not say in time that we are known",
		    c->server->host, VIEW_ARG(services_nick(c)));
	go_up(c);
}

void ircb_services_welcome(struct ircb_conn *c)
{
	struct view nick = services_nick(c);

	if (!nick.n || !c->conf.login_password[0] ||
	    (c->account[0] && has_nick(c))) {
		go_up(c);
		return;
	}
	if (!ircb_conn_is_private(c)) {
		ircb_conn_lost(c, GONE_CONFIG,
			       VIEW("our password is not sent over a "
				    "connection that others can read: it "
				    "needs tls (or trusted)"));
		return;
	}
	ircb_conn_set_state(c, IRCB_IDENTIFY);
	wheel_start(loop_wheel(c->conf.loop), &c->nick_timer, IDENTIFY_MS,
		    on_late);
	if (ircb_conn_send_now(c, "USERHOST", &nick, 1))
		go_up(c);
}

/* ---- who NickServ is ---- */

/* RFC 2812 4.8: "nick*=+user@host", of several nicks with spaces between. */
static bool is_services(const struct ircb_conn *c, struct view reply)
{
	struct view word, nick, where;
	struct buf mask = { 0 };
	bool found = false;

	while (!found && view_word(&reply, " ", &word)) {
		if (!view_cut(word, '=', &nick, &where) || !where.n)
			continue;
		if (nick.n && nick.p[nick.n - 1] == '*')
			nick.n--;
		buf_clear(&mask);
		buf_addv(&mask, nick);
		buf_addc(&mask, '!');
		buf_addv(&mask, view_from(where, 1));
		found = ircb_mask_match(c->support.casemap,
					view_str(c->conf.nickserv),
					buf_view(&mask));
	}
	buf_free(&mask);
	return found;
}

static void tell_services(struct ircb_conn *c, const char *command,
			  const char *name)
{
	struct buf text = { 0 };
	struct view params[2] = { services_nick(c), VIEW_NONE };

	buf_adds(&text, command);
	if (*name) {
		buf_addc(&text, ' ');
		buf_adds(&text, name);
	}
	buf_addc(&text, ' ');
	buf_adds(&text, c->conf.login_password);
	params[1] = buf_view(&text);
	if (ircb_conn_send_now(c, "PRIVMSG", params, 2))
		log_warning("irc %s: nothing can be said to services",
			    c->server->host);
	mem_wipe_free(text.p, text.cap);
}

static void on_userhost(struct ircb_conn *c, const struct ircb_line *l)
{
	if (!is_services(c, ircb_last(l))) {
		log_warning("irc %s: %.*s is not there, or not who nickserv "
			    "says: it does not get our password",
			    c->server->host, VIEW_ARG(services_nick(c)));
		go_up(c);
		return;
	}
	if (!has_nick(c) && !c->knocked)
		tell_services(c, "GHOST", c->conf.nick);
	c->knocked = true;
	if (c->account[0])
		go_up(c);
	else
		tell_services(c, "IDENTIFY", c->conf.login);
}

/* ---- what is heard ---- */

/* MODE us +r: what networks without 900 say. */
static bool says_known(const struct ircb_conn *c, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	struct view modes = ircb_param(l, 1);

	if (ev->type == IRCB_EV_NUMERIC)
		return l->code == 900;
	return ev->type == IRCB_EV_MODE &&
	       ircb_conn_is_us(c, ircb_param(l, 0)) && modes.n &&
	       modes.p[0] == '+' && view_has(modes, 'r');
}

/* Is the nick that we would like to have free by this? */
static bool frees_nick(const struct ircb_conn *c, const struct ircb_event *ev)
{
	return (ev->type == IRCB_EV_QUIT || ev->type == IRCB_EV_NICK) &&
	       !has_nick(c) &&
	       ircb_name_eq(c->support.casemap, ev->line.nick,
			    view_str(c->conf.nick));
}

void ircb_services_event(struct ircb_conn *c, const struct ircb_event *ev)
{
	bool numeric = ev->type == IRCB_EV_NUMERIC;

	if (c->state == IRCB_IDENTIFY && numeric && ev->line.code == 302)
		on_userhost(c, &ev->line);
	else if (c->state == IRCB_IDENTIFY && says_known(c, ev))
		go_up(c);
	else if (c->state == IRCB_UP && frees_nick(c, ev))
		reclaim(c);
}
