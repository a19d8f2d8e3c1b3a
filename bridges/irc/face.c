/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IRC in confabd: checks targets and turns networks into the settings of a
 * worker's account. All else is the bridge's and the worker's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "face.h"
#include "mem.h"
#include "names.h"
#include "utf8.h"

enum { TEXT_MAX = 128, PASSWORD_MAX = 256, SETTINGS = 10, NUMBER_MAX = 16 };

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
		utf8_clean_name(why, network, TEXT_MAX);
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

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool text_ok(const char *s, size_t max)
{
	return strlen(s) <= max && !has_control(s) && utf8_valid(view_str(s));
}

/* RFC 2812 2.3.1: no NUL, CR, LF, space or '@'; '!' would confuse all. */
static bool username_ok(const char *s)
{
	return text_ok(s, TEXT_MAX) && !strpbrk(s, " @!:");
}

static bool server_ok(const char *s)
{
	return *s && text_ok(s, TEXT_MAX * 2) && !strpbrk(s, " /");
}

/* What is wrong with n, or NULL. */
static const char *complaint(const struct irc_network *n)
{
	if (!server_ok(n->server))
		return "server must be a host name or an address";
	if (!ircb_is_nick(view_str(n->nick)))
		return "nick must start with a letter or one of []\\`_^{|} "
		       "and go on with these, digits and -";
	if (!username_ok(n->username))
		return "username must not hold spaces, @, ! or :";
	if (!text_ok(n->realname, TEXT_MAX))
		return "realname must be one line of at most 128 bytes";
	if (!text_ok(n->password, PASSWORD_MAX))
		return "password must be one line of at most 256 bytes";
	if (!text_ok(n->ca_file, 4096))
		return "ca_file must be the path of a file";
	return NULL;
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
	const struct bridge_setting settings[SETTINGS] = {
		{ "server", n->server },
		{ "port", number(port, n->port) },
		{ "tls", n->tls ? "1" : "0" },
		{ "ca_file", n->ca_file },
		{ "nick", n->nick },
		{ "username", n->username },
		{ "realname", n->realname },
		{ "password", n->password },
		{ "flood_burst", number(burst, n->flood_burst) },
		{ "flood_ms", number(gap, n->flood_ms) },
	};

	return bridge_account(b, n->label, settings, SETTINGS);
}

int irc_face_network(struct bridge *b, const struct irc_network *n, char *why,
		     size_t whysize)
{
	struct irc_network full = *n;
	const char *wrong;
	int err;

	full.server = or_else(n->server, "");
	full.nick = or_else(n->nick, "confab");
	full.username = or_else(n->username, full.nick);
	full.realname = or_else(n->realname, full.nick);
	full.password = or_else(n->password, "");
	full.ca_file = or_else(n->ca_file, "");
	if (!full.port)
		full.port = n->tls ? 6697 : 6667;
	wrong = complaint(&full);
	if (wrong) {
		snprintf(why, whysize, "%s", wrong);
		return EINVAL;
	}
	err = add_account(b, &full);
	if (err == EEXIST)
		snprintf(why, whysize,
			 "there is another irc section of this "
			 "name");
	return err;
}
