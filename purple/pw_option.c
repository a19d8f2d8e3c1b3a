/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options of accounts: ours where a protocol's own default is unsafe, then
 * those of the settings ("opt.NAME"), by the type that the protocol says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
