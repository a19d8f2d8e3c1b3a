/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Login, and what the server calls us: the nick (ours may be taken), user and
 * host as others see them, the server's limits.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conn_priv.h"
#include "log.h"

/* RFC 2812 1.2.1: what every server allows. */
enum { NICK_ALWAYS = 9 };

/* The nick, with the suffix, then what can be made of the nick. */
static void make_nick(struct ircb_conn *c)
{
	const char *nick = c->conf.nick, *suffix = c->conf.nick_suffix;
	size_t max = c->nick_room ? c->nick_room : IRCB_NICK_MAX - 1;
	unsigned number = c->tries;

	if (number == 1 && *suffix && strlen(suffix) < max) {
		snprintf(c->nick, sizeof(c->nick), "%.*s%s",
			 (int)(max - strlen(suffix)), nick, suffix);
		return;
	}
	if (number && *suffix)
		number--;
	ircb_nick_try(c->nick, nick, number, c->nick_room);
}

static int send_nick(struct ircb_conn *c)
{
	struct view nick;

	make_nick(c);
	nick = view_str(c->nick);
	return ircb_conn_send_now(c, "NICK", &nick, 1);
}

static int send_user(struct ircb_conn *c)
{
	struct view params[4] = { view_str(c->conf.username), VIEW("0"),
				  VIEW("*"), view_str(c->conf.realname) };

	return ircb_conn_send_now(c, "USER", params, 4);
}

/* Before all else (IRCv3 webirc). An address with ':' in front would be taken
 * for the last parameter. */
static int send_webirc(struct ircb_conn *c)
{
	const struct ircb_conn_conf *f = &c->conf;
	struct buf ip = { 0 };
	struct view params[4] = { view_str(f->webirc_password), VIEW("confab"),
				  view_str(f->webirc_host), VIEW_NONE };
	int err;

	if (!f->webirc_password[0])
		return 0;
	if (f->webirc_ip[0] == ':')
		buf_addc(&ip, '0');
	buf_adds(&ip, f->webirc_ip);
	params[3] = buf_view(&ip);
	err = ircb_conn_send_now(c, "WEBIRC", params, 4);
	buf_free(&ip);
	return err;
}

int ircb_login_begin(struct ircb_conn *c)
{
	struct view password = view_str(c->conf.password);
	int err = send_webirc(c);

	if (!err)
		err = ircb_negotiate_begin(c);
	if (!err && password.n)
		err = ircb_conn_send_now(c, "PASS", &password, 1);
	if (!err)
		err = send_nick(c);
	if (!err)
		err = send_user(c);
	return err;
}

static void set_nick(struct ircb_conn *c, struct view nick)
{
	if (nick.n && nick.n < sizeof(c->nick))
		view_copy(c->nick, sizeof(c->nick), nick);
}

static void welcome(struct ircb_conn *c, const struct ircb_line *l)
{
	if (c->state != IRCB_LOGIN)
		return;
	set_nick(c, ircb_param(l, 0));
	/* A server without CAP may welcome us before anything else. */
	if (ircb_negotiate_missed(c))
		ircb_negotiate_failed(c);
	else
		ircb_services_welcome(c);
}

static void support(struct ircb_conn *c, const struct ircb_line *l)
{
	ircb_support_line(&c->support, l);
}

/* user empty: as it was; where that is not known the guess holds. */
static void new_userhost(struct ircb_conn *c, struct view user,
			 struct view host)
{
	struct view old, rest;
	struct buf b = { 0 };

	view_cut(view_str(c->userhost), '@', &old, &rest);
	if (!user.n)
		user = old;
	if (!user.n && !view_has(host, '@'))
		return;
	if (!view_has(host, '@')) {
		buf_addv(&b, user);
		buf_addc(&b, '@');
	}
	buf_addv(&b, host);
	view_copy(c->userhost, sizeof(c->userhost), buf_view(&b));
	buf_free(&b);
}

/* RPL_HOSTHIDDEN: nick host :is now your displayed host. */
static void host_hidden(struct ircb_conn *c, const struct ircb_line *l)
{
	new_userhost(c, VIEW_NONE, ircb_param(l, 1));
}

/* Refused for its length perhaps: try again with one that all servers take,
 * then with the next. */
static void nick_refused(struct ircb_conn *c, const struct ircb_line *l)
{
	bool shorten = l->code == 432 && c->nick_room != NICK_ALWAYS &&
		       strlen(c->nick) > NICK_ALWAYS;

	if (c->state != IRCB_LOGIN)
		return;
	if (shorten)
		c->nick_room = NICK_ALWAYS;
	else
		c->tries++;
	if (c->tries == IRCB_NICK_TRIES + (*c->conf.nick_suffix != '\0')) {
		ircb_conn_lost(c, GONE_AUTH,
			       VIEW("the server took none of "
				    "our nicks"));
		return;
	}
	log_info("irc %s: nick %s refused, trying the next", c->server->host,
		 c->nick);
	if (send_nick(c))
		ircb_conn_lost(c, GONE_NET, VIEW("can't send the nick"));
}

static void password_wrong(struct ircb_conn *c, const struct ircb_line *l)
{
	ircb_conn_lost_line(c, l, GONE_AUTH,
			    "the server refuses our password");
}

static void banned(struct ircb_conn *c, const struct ircb_line *l)
{
	c->banned = true;
	ircb_conn_lost_line(c, l, GONE_AUTH, "the server refuses us");
}

static const struct {
	unsigned code;
	void (*run)(struct ircb_conn *c, const struct ircb_line *l);
} numerics[] = {
	{ 1, welcome },		 /* RPL_WELCOME */
	{ 5, support },		 /* RPL_ISUPPORT */
	{ 396, host_hidden },	 /* RPL_HOSTHIDDEN */
	{ 432, nick_refused },	 /* ERR_ERRONEUSNICKNAME */
	{ 433, nick_refused },	 /* ERR_NICKNAMEINUSE */
	{ 436, nick_refused },	 /* ERR_NICKCOLLISION */
	{ 437, nick_refused },	 /* ERR_UNAVAILRESOURCE */
	{ 463, banned },	 /* ERR_NOPERMFORHOST */
	{ 464, password_wrong }, /* ERR_PASSWDMISMATCH */
	{ 465, banned },	 /* ERR_YOUREBANNEDCREEP */
};

static bool on_numeric(struct ircb_conn *c, const struct ircb_line *l)
{
	size_t i;

	/* Once we are in they answer what a user wanted; 437 is about
	 * channels as well. */
	if (c->state == IRCB_UP && l->code >= 432 && l->code <= 437)
		return false;
	for (i = 0; i < sizeof(numerics) / sizeof(numerics[0]); i++) {
		if (numerics[i].code != l->code)
			continue;
		numerics[i].run(c, l);
		return true;
	}
	return false;
}

/* What the others see of us stands in front of our own JOIN. */
static void learn_userhost(struct ircb_conn *c, const struct ircb_line *l)
{
	struct view v = view_from(l->prefix, l->nick.n + 1);

	if (l->user.n && l->host.n)
		view_copy(c->userhost, sizeof(c->userhost), v);
}

bool ircb_login_event(struct ircb_conn *c, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	if (ev->batch == IRCB_BATCH_HISTORY)
		return false;
	ircb_services_event(c, ev);
	if (c->state == IRCB_CLOSED)
		return true;
	if (ev->type == IRCB_EV_NUMERIC)
		return ircb_negotiate_numeric(c, l) || on_numeric(c, l);
	if (!ircb_conn_is_us(c, l->nick))
		return false;
	if (view_eqs(l->command, "CHGHOST"))
		new_userhost(c, ircb_param(l, 0), ircb_param(l, 1));
	if (ev->type == IRCB_EV_JOIN)
		learn_userhost(c, l);
	if (ev->type == IRCB_EV_NICK) {
		set_nick(c, ircb_param(l, 0));
		c->ops->renamed(c->arg);
		return true;
	}
	return false;
}

size_t ircb_login_prefix(const struct ircb_conn *c)
{
	/* Until it is known: user names have at most 10 bytes, hosts 63. */
	size_t userhost = c->userhost[0] ? strlen(c->userhost) : 10 + 1 + 63;

	return strlen(c->nick) + userhost + sizeof(":! ") - 1;
}
