/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IRC in confabd: checks targets and turns networks into the settings of a
 * worker's account. All else is the bridge's and the worker's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "face.h"
#include "mem.h"
#include "names.h"
#include "utf8.h"

enum { PASSWORD_MAX = 256, SERVERS_MAX = 7, NUMBER_MAX = 16 };

struct irc_face {
	struct bridge *bridge; /* borrowed: it owns us */
};

static void cut_target(struct view rest, struct view *network,
		       struct view *channel)
{
	view_cut(rest, '/', network, channel);
}

static int check_target(void *arg, struct view rest, struct view via,
			struct buf *viaout, struct buf *why)
{
	struct irc_face *f = arg;
	struct view network, channel;

	cut_target(rest, &network, &channel);
	if (!bridge_has_account(f->bridge, network)) {
		buf_adds(why, "there is no irc section \"");
		utf8_clean_name(why, network, IRC_TEXT_MAX);
		buf_adds(why, "\": a target is irc:NETWORK/#channel");
		return EINVAL;
	}
	if (via.n && !view_eq(via, network)) {
		buf_adds(why, "via must be the network of the target, or be "
			      "left out");
		return EINVAL;
	}
	if (!ircb_is_channel(channel) || !utf8_valid(channel)) {
		buf_adds(why, "a channel starts with #, &, + or !, has at "
			      "most 64 bytes and no space or comma: "
			      "irc:NETWORK/#channel");
		return EINVAL;
	}
	buf_addv(viaout, network);
	return 0;
}

static int target_place(void *arg, struct view rest, struct buf *out)
{
	struct view network, channel;

	(void)arg;
	cut_target(rest, &network, &channel);
	if (!ircb_is_channel(channel))
		return EINVAL;
	buf_addv(out, channel);
	return 0;
}

static void face_destroy(void *arg)
{
	mem_free(arg);
}

int irc_face_new(struct bridge **bp, struct loop *l, const char *program,
		 uint64_t worker_timeout_ms)
{
	struct irc_face *f = mem_zalloc(sizeof(*f));
	struct bridge_conf conf = {
		.loop = l,
		.scheme = "irc",
		.program = program,
		.worker_pong_ms = worker_timeout_ms,
		.check = check_target,
		.place = target_place,
		.expels = true,
		.arg = f,
		.destroy = face_destroy,
	};
	int err = bridge_new(&f->bridge, &conf);

	if (err)
		mem_free(f);
	else
		*bp = f->bridge;
	return err;
}

/* RFC 2812 2.3.1: no NUL, CR, LF, space or '@'; '!' would confuse all. */
static bool username_ok(const char *s)
{
	return irc_text_ok(s, IRC_TEXT_MAX) && !strpbrk(s, " @!:");
}

/* ---- servers ---- */

static bool servers_ok(char *const *servers)
{
	size_t n = 0;

	for (; servers && servers[n]; n++)
		if (n == SERVERS_MAX || !irc_server_ok(servers[n]))
			return false;
	return true;
}

/* As the worker wants them: "host port host port". */
static char *servers_text(const struct irc_network *n)
{
	struct buf b = { 0 };

	for (size_t i = 0; n->servers && n->servers[i]; i++) {
		struct view host;
		uint16_t port = n->port;

		if (irc_server_cut(view_str(n->servers[i]), &host, &port))
			continue;
		buf_addv(&b, host);
		buf_addc(&b, ' ');
		buf_add_u64(&b, port);
		buf_addc(&b, ' ');
	}
	return buf_take(&b);
}

/* ---- who we are to services ---- */

static const char *login_complaint(const struct irc_network *n)
{
	if (!irc_sasl_ok(n->sasl))
		return "sasl must be auto, external, scram-sha-256, plain or "
		       "off";
	if (!irc_text_ok(n->account, IRC_TEXT_MAX) ||
	    strchr(n->account, ' ') ||
	    !irc_text_ok(n->account_password, PASSWORD_MAX))
		return "account must be one word, and account_password one "
		       "line of at most 256 bytes";
	if (!*n->account != !*n->account_password && !*n->cert_file)
		return "account and account_password go together";
	if (*n->nickserv && !irc_services_ok(n->nickserv))
		return "nickserv must be like NickServ!*@services.example, "
		       "with the whole nick and host";
	if (!*n->cert_file != !*n->key_file)
		return "cert_file and key_file go together";
	if (!strcmp(n->sasl, "external") && !(n->tls && *n->cert_file))
		return "sasl external needs tls, cert_file and key_file";
	return NULL;
}

static const char *way_complaint(const struct irc_network *n)
{
	if (!servers_ok(n->servers))
		return "servers must be at most 7 of the form \"host:port\"";
	if (*n->fingerprint && !n->tls)
		return "fingerprint needs tls";
	if (*n->webirc_password && (!*n->webirc_host || !*n->webirc_ip))
		return "WEBIRC needs webirc_host and webirc_ip as well";
	if (strpbrk(n->webirc_password, " :") || strchr(n->webirc_host, ' ') ||
	    !irc_text_ok(n->webirc_password, PASSWORD_MAX) ||
	    !irc_text_ok(n->webirc_host, IRC_TEXT_MAX))
		return "WEBIRC's password and host must have no blanks and no "
		       "\":\"";
	return login_complaint(n);
}

/* What is wrong with n, or NULL. */
static const char *complaint(const struct irc_network *n)
{
	if (!irc_host_ok(n->server))
		return "server must be a host name or an address";
	if (!ircb_is_nick(view_str(n->nick)))
		return "nick must start with a letter or one of []\\`_^{|} "
		       "and go on with these, digits and -";
	if (!username_ok(n->username))
		return "username must not hold spaces, @, ! or :";
	if (!irc_text_ok(n->realname, IRC_TEXT_MAX))
		return "realname must be one line of at most 128 bytes";
	if (!irc_text_ok(n->password, PASSWORD_MAX))
		return "password must be one line of at most 256 bytes";
	if (!irc_staff_ok(n->staff))
		return "staff must be masks like *!*@staff.example, divided "
		       "by blanks, of hosts that not everybody can have";
	if (!irc_text_ok(n->ca_file, 4096))
		return "ca_file must be the path of a file";
	return way_complaint(n);
}

static const char *or_else(const char *s, const char *other)
{
	return s && *s ? s : other;
}

static const char *number(char dst[NUMBER_MAX], unsigned n)
{
	snprintf(dst, NUMBER_MAX, "%u", n);
	return dst;
}

static int add_account(struct bridge *b, const struct irc_network *n)
{
	char port[NUMBER_MAX], burst[NUMBER_MAX], gap[NUMBER_MAX];
	char lines[NUMBER_MAX];
	char *servers = servers_text(n);
	int err;
	const struct bridge_setting settings[] = {
		{ "server", n->server },
		{ "port", number(port, n->port) },
		{ "tls", n->tls ? "1" : "0" },
		{ "trusted", n->trusted ? "1" : "0" },
		{ "ca_file", n->ca_file },
		{ "nick", n->nick },
		{ "username", n->username },
		{ "realname", n->realname },
		{ "password", n->password },
		{ "password_for_users", n->password_for_users ? "1" : "0" },
		{ "max_lines", number(lines, n->max_lines) },
		{ "flood_burst", number(burst, n->flood_burst) },
		{ "flood_ms", number(gap, n->flood_ms) },
		{ "servers", servers },
		{ "pin", n->fingerprint },
		{ "cert_file", n->cert_file },
		{ "key_file", n->key_file },
		{ "bind", n->bind },
		{ "family", n->family },
		{ "charset", n->charset },
		{ "login", n->account },
		{ "login_password", n->account_password },
		{ "sasl", strcmp(n->sasl, "auto") ? n->sasl : "" },
		{ "nickserv", n->nickserv },
		{ "webirc_host", n->webirc_host },
		{ "webirc_ip", n->webirc_ip },
		{ "webirc_password", n->webirc_password },
		{ "staff", n->staff },
		{ "contact", n->contact },
	};

	err = bridge_account(b, n->label, settings,
			     sizeof(settings) / sizeof(settings[0]));
	mem_free(servers);
	return err;
}

static void fill_in(struct irc_network *n)
{
	n->server = or_else(n->server, "");
	n->nick = or_else(n->nick, "confab");
	n->username = or_else(n->username, n->nick);
	n->password = or_else(n->password, "");
	n->ca_file = or_else(n->ca_file, "");
	n->fingerprint = or_else(n->fingerprint, "");
	n->cert_file = or_else(n->cert_file, "");
	n->key_file = or_else(n->key_file, "");
	n->bind = or_else(n->bind, "");
	n->family = or_else(n->family, "any");
	n->charset = or_else(n->charset, "");
	n->account = or_else(n->account, "");
	n->account_password = or_else(n->account_password, "");
	n->sasl = or_else(n->sasl, "auto");
	n->nickserv = or_else(n->nickserv, "");
	n->webirc_host = or_else(n->webirc_host, "");
	n->webirc_ip = or_else(n->webirc_ip, "");
	n->webirc_password = or_else(n->webirc_password, "");
	n->staff = or_else(n->staff, "");
	n->contact = or_else(n->contact, "");
}

/* What we are, and whom the network's staff may ask. */
static char *own_realname(const struct irc_network *n)
{
	struct buf b = { 0 };

	buf_adds(&b, n->nick);
	if (*n->contact && b.n + strlen(n->contact) + 3 <= IRC_TEXT_MAX)
		buf_addf(&b, " (%s)", n->contact);
	return buf_take(&b);
}

static int add_network(struct bridge *b, struct irc_network *n, char *why,
		       size_t whysize)
{
	const char *wrong = complaint(n);
	int err;

	if (wrong) {
		snprintf(why, whysize, "%s", wrong);
		return EINVAL;
	}
	err = add_account(b, n);
	if (err == EEXIST)
		snprintf(why, whysize,
			 "there is another irc section of this "
			 "name");
	return err;
}

int irc_face_network(struct bridge *b, const struct irc_network *n, char *why,
		     size_t whysize)
{
	struct irc_network full = *n;
	char *realname;
	int err;

	fill_in(&full);
	realname = own_realname(&full);
	full.realname = or_else(full.realname, realname);
	if (!full.port)
		full.port = n->tls ? 6697 : 6667;
	err = add_network(b, &full, why, whysize);
	mem_free(realname);
	return err;
}

int irc_face_network_gone(struct bridge *b, struct view label)
{
	return bridge_account_gone(b, label);
}
