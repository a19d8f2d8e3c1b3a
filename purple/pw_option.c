/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options of accounts: ours where a protocol's own default is unsafe, then
 * those of the settings ("opt.NAME"), by the type that the protocol says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "log.h"
#include "mem.h"
#include "pw_priv.h"

static const struct {
	const char *proto, *name, *value;
} defaults[] = {
	{ "prpl-jabber", "connection_security", "require_tls" },
	{ "prpl-jabber", "auth_plain_in_clear", "no" },
	{ "prpl-jabber", "ft_proxies", "" },
	{ "prpl-jabber", "custom_smileys", "no" },
	{ "prpl-irc", "ssl", "yes" },
	{ "prpl-irc", "port", "6697" },
	{ "prpl-irc", "auth_plain_in_clear", "no" },
};

static PurpleAccountOption *find_option(const struct pw_seat *s,
					const char *name)
{
	GList *l = pw_proto(s)->protocol_options;

	for (; l; l = l->next) {
		const char *known = purple_account_option_get_setting(l->data);

		if (known && !strcmp(known, name))
			return l->data;
	}
	return NULL;
}

static bool is_true(const char *value)
{
	return !strcmp(value, "yes") || !strcmp(value, "true") ||
	       !strcmp(value, "on") || !strcmp(value, "1");
}

static int set_number(struct pw_seat *s, const char *name, const char *value)
{
	uint64_t n;

	if (view_u64(&n, view_str(value), INT32_MAX))
		return EINVAL;
	purple_account_set_int(s->account, name, (int)n);
	return 0;
}

static int set_option(struct pw_seat *s, const char *name, const char *value)
{
	PurpleAccountOption *o = find_option(s, name);

	if (!o)
		return ENOENT;
	switch (purple_account_option_get_type(o)) {
	case PURPLE_PREF_BOOLEAN:
		purple_account_set_bool(s->account, name, is_true(value));
		return 0;
	case PURPLE_PREF_INT:
		return set_number(s, name, value);
	default:
		purple_account_set_string(s->account, name, value);
		return 0;
	}
}

static int set_proxy(struct pw_seat *s, struct buf *why)
{
	PurpleProxyInfo *info = purple_proxy_info_new();
	const char *host = pw_setting(s, "proxy_host");
	const char *port = pw_setting(s, "proxy_port");
	uint64_t n = 3128;

	/* Never one of a desktop or the environment. */
	purple_proxy_info_set_type(info, *host ? PURPLE_PROXY_HTTP
					       : PURPLE_PROXY_NONE);
	if (*port && view_u64(&n, view_str(port), UINT16_MAX)) {
		buf_adds(why, "the proxy's port is no number");
		purple_proxy_info_destroy(info);
		return EINVAL;
	}
	if (*host) {
		purple_proxy_info_set_host(info, host);
		purple_proxy_info_set_port(info, (int)n);
	}
	purple_account_set_proxy_info(s->account, info);
	return 0;
}

static void set_defaults(struct pw_seat *s)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (pw_is(s, defaults[i].proto))
			(void)set_option(s, defaults[i].name,
					 defaults[i].value);
}

/* ---- whom it may lead to ---- */

static bool is_of_host(char c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-';
}

/* "http://[::1]:3000/" mentions ::1. */
static bool mentions(const char *value, const char *host)
{
	size_t n = strlen(host);
	const char *at = n ? strcasestr(value, host) : NULL;

	while (at && ((at > value && is_of_host(at[-1])) || is_of_host(at[n])))
		at = strcasestr(at + 1, host);
	return at;
}

static bool names(const struct pw_seat *s, const char *host)
{
	bool far = !strcmp(pw_setting(s, "near"), "no");

	for (size_t i = 0; i < s->settings_count; i++) {
		const char *key = s->settings[i].key;

		if ((!strncmp(key, "opt.", 4) || !strcmp(key, "proxy_host") ||
		     (!far && !strcmp(key, "user"))) &&
		    mentions(s->settings[i].value, host))
			return true;
	}
	return false;
}

bool pw_may_near(const char *host, void *arg)
{
	const struct pw *w = arg;
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&w->seats, &pos, n)))
		if (names(CONTAINER(n, struct pw_seat, by_id), host))
			return true;
	return false;
}

int pw_options(struct pw_seat *s, struct buf *why)
{
	set_defaults(s);
	for (size_t i = 0; i < s->settings_count; i++) {
		const char *key = s->settings[i].key;
		int err;

		if (strncmp(key, "opt.", 4))
			continue;
		err = set_option(s, key + 4, s->settings[i].value);
		if (!err)
			continue;
		buf_adds(why, err == ENOENT ? "there is no option "
					    : "this is no number: option ");
		buf_adds(why, key + 4);
		return EINVAL;
	}
	return set_proxy(s, why);
}
