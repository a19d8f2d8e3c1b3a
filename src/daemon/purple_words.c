/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of purple's sections and commands. */
#include "purple_words.h"

#include <errno.h>

#include "mem.h"
#include "utf8.h"

int purple_map(struct pmap **mp, const struct conf *conf, struct buf *why)
{
	const struct conf_purple_gateway *g = &conf->purple_gateway;
	struct view domain = view_str(*g->domain ? g->domain :
						   "gateway.invalid");
	struct view id, label;
	int err = pmap_new(mp, domain, why);

	for (size_t i = 0; g->allow && g->allow[i] && !err; i++) {
		(void)view_cut(view_str(g->allow[i]), '=', &id, &label);
		err = pmap_allow(*mp, id, label, why);
	}
	if (!err && pmap_is_ours(*mp, view_str(conf->domain))) {
		buf_adds(why, "its domain has to be another one than that "
			      "of our users");
		err = EINVAL;
	}
	return err;
}

static int set_login(enum account_policy *policy, struct view value,
		     struct buf *why)
{
	if (!view_eqs(value, "presence"))
		return account_policy_parse(policy, value);
	(void)why;
	*policy = ACCOUNT_PUBLISHED;
	return 0;
}

/* The line of key is as value says from now on. */
static void set_line(struct buf *settings, struct view key, struct view value)
{
	struct buf old = *settings;
	struct view rest = buf_view(&old), line, its, unused;

	*settings = (struct buf){ .max = old.max };
	while (rest.n) {
		(void)view_cut(rest, '\n', &line, &rest);
		(void)view_cut(line, '=', &its, &unused);
		if (!line.n || view_eq(its, key))
			continue;
		buf_addv(settings, line);
		buf_addc(settings, '\n');
	}
	if (value.n) {
		buf_addv(settings, key);
		buf_addc(settings, '=');
		buf_addv(settings, value);
		buf_addc(settings, '\n');
	}
	buf_free(&old);
}

static bool is_auth(struct view v)
{
	return !v.n || view_eqs(v, "ask") || view_eqs(v, "allow") ||
	       view_eqs(v, "deny") || view_eqs(v, "known");
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

int purple_word(enum account_policy *policy, struct buf *settings,
		struct view word, struct buf *why)
{
	struct view key, value;
	bool good = view_cut(word, '=', &key, &value);

	if (good && view_eqs(key, "login") && !set_login(policy, value, why))
		return 0;
	if (good && ((view_eqs(key, "auth") && is_auth(value)) ||
		     is_option(key, value))) {
		set_line(settings, key, value);
		return 0;
	}
	buf_adds(why, "settings are login=default, presence, always or "
		      "manual, auth=ask, allow, deny or known, and "
		      "opt.NAME=VALUE");
	return EINVAL;
}
