/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of networks, checked. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "names.h"
#include "utf8.h"

enum { HOST_MAX = 255, STAFF_MAX = 1000 };

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

bool irc_text_ok(const char *s, size_t max)
{
	return strlen(s) <= max && !has_control(s) && utf8_valid(view_str(s));
}

bool irc_host_ok(const char *s)
{
	return *s && irc_text_ok(s, IRC_TEXT_MAX * 2) && !strpbrk(s, " /");
}

int irc_server_cut(struct view text, struct view *host, uint16_t *port)
{
	struct view rest = VIEW_NONE;
	uint64_t n = *port;
	bool numbered;

	if (text.n && text.p[0] == '[') {
		if (!view_cut(view_from(text, 1), ']', host, &rest) ||
		    (rest.n && rest.p[0] != ':'))
			return EINVAL;
		numbered = rest.n > 0;
		rest = view_from(rest, 1);
	} else {
		numbered = view_cut(text, ':', host, &rest);
	}
	if (!host->n || host->n > HOST_MAX ||
	    (numbered && (view_u64(&n, rest, UINT16_MAX) || !n)))
		return EINVAL;
	*port = (uint16_t)n;
	return 0;
}

bool irc_server_ok(const char *text)
{
	struct view host;
	uint16_t port = 1;

	return irc_host_ok(text) &&
	       !irc_server_cut(view_str(text), &host, &port);
}

bool irc_sasl_ok(const char *text)
{
	static const char *const words[] = { "auto", "off", "plain",
					     "external", "scram-sha-256" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

/* Anybody can have any nick and any user name. */
static bool names_a_host(struct view mask)
{
	struct view nick, user, host;

	if (!view_cut(mask, '!', &nick, &mask) ||
	    !view_cut(mask, '@', &user, &host) || !nick.n || !user.n)
		return false;
	for (size_t i = 0; i < host.n; i++)
		if (!view_has(VIEW("*?.:-"), host.p[i]))
			return true;
	return false;
}

bool irc_staff_ok(const char *masks)
{
	struct view rest = view_str(masks), mask;

	if (!irc_text_ok(masks, STAFF_MAX))
		return false;
	while (view_word(&rest, " ", &mask))
		if (!names_a_host(mask))
			return false;
	return true;
}

bool irc_services_ok(const char *mask)
{
	struct view v = view_str(mask), nick, user, host;

	return irc_text_ok(mask, IRC_TEXT_MAX) && !view_has(v, ' ') &&
	       view_cut(v, '!', &nick, &v) && view_cut(v, '@', &user, &host) &&
	       ircb_is_nick(nick) && user.n && host.n &&
	       !view_has(host, '*') && !view_has(host, '?');
}
