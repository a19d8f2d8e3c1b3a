/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of accounts, as the operator writes them. */
#include <errno.h>

#include "mem.h"
#include "purple_words.h"
#include "utf8.h"

static int set_login(enum account_policy *policy, struct view value,
		     struct buf *why)
{
	if (!view_eqs(value, "presence"))
		return account_policy_parse(policy, value);
	(void)why;
	*policy = ACCOUNT_PUBLISHED;
	return 0;
}

/* The word of key is as value says from now on. */
static void set_word(struct buf *settings, struct view key, struct view value)
{
	struct buf old = *settings;
	struct view rest = buf_view(&old), word, its, unused;

	*settings = (struct buf){ .max = old.max };
	while (view_word(&rest, " ", &word)) {
		(void)view_cut(word, '=', &its, &unused);
		if (view_eq(its, key))
			continue;
		buf_adds(settings, settings->n ? " " : "");
		buf_addv(settings, word);
	}
	if (value.n) {
		buf_adds(settings, settings->n ? " " : "");
		buf_addv(settings, key);
		buf_addc(settings, '=');
		pmap_escape(settings, value);
	}
	buf_free(&old);
}

static bool is_auth(struct view v)
{
	return !v.n || view_eqs(v, "ask") || view_eqs(v, "allow") ||
	       view_eqs(v, "deny") || view_eqs(v, "known");
}

static bool is_near(struct view v)
{
	return !v.n || view_eqs(v, "yes") || view_eqs(v, "no");
}

static bool is_option(struct view key, struct view value)
{
	if (!view_starts(key, VIEW("opt.")) || key.n < 5 || key.n > 68 ||
	    !utf8_valid(value))
		return false;
	for (size_t i = 0; i < key.n; i++)
		if ((unsigned char)key.p[i] <= ' ' ||
		    (unsigned char)key.p[i] >= 0x7f)
			return false;
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ')
			return false;
	return true;
}

bool purple_setting(struct view *settings, struct view *key,
		    struct buf *value)
{
	struct view word, escaped;

	buf_clear(value);
	if (!view_word(settings, " ", &word))
		return false;
	(void)view_cut(word, '=', key, &escaped);
	(void)pmap_unescape(value, escaped);
	return true;
}

int purple_word(enum account_policy *policy, struct buf *settings,
		struct view word, struct buf *why)
{
	struct view key, value;
	bool good = view_cut(word, '=', &key, &value);

	if (good && view_eqs(key, "login") && !set_login(policy, value, why))
		return 0;
	if (good && ((view_eqs(key, "auth") && is_auth(value)) ||
		     (view_eqs(key, "pin") &&
		      (!value.n || purple_is_pin(value))) ||
		     (view_eqs(key, "near") && is_near(value)) ||
		     (view_eqs(key, "by") && !value.n) ||
		     is_option(key, value))) {
		set_word(settings, key, value);
		return 0;
	}
	buf_adds(why, "settings are login=default, presence, always or "
		      "manual, auth=ask, allow, deny or known, "
		      "pin=HEX, near=yes or no, opt.NAME=VALUE, and by= "
		      "(what a user has entered is as if you had)");
	return EINVAL;
}
