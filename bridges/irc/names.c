/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names: comparing, checking, making up the next one. */
#include <stdio.h>
#include <string.h>

#include "names.h"

void ircb_support_init(struct ircb_support *s)
{
	memset(s, 0, sizeof(*s));
	s->casemap = IRCB_RFC1459;
	view_copy(s->chantypes, sizeof(s->chantypes), VIEW("#&"));
}

static void set_casemap(struct ircb_support *s, struct view v)
{
	if (view_ieqs(v, "ascii"))
		s->casemap = IRCB_ASCII;
	else if (view_ieqs(v, "strict-rfc1459"))
		s->casemap = IRCB_STRICT_RFC1459;
	else
		s->casemap = IRCB_RFC1459;
}

static void set_nicklen(struct ircb_support *s, struct view v)
{
	uint64_t n;

	if (!view_u64(&n, v, 1024) && n)
		s->nicklen = (size_t)n;
}

static void set_chantypes(struct ircb_support *s, struct view v)
{
	view_copy(s->chantypes, sizeof(s->chantypes),
		  view_head(v, sizeof(s->chantypes) - 1));
}

void ircb_support_line(struct ircb_support *s, const struct ircb_line *l)
{
	static const struct {
		const char *key;
		void (*set)(struct ircb_support *s, struct view v);
	} keys[] = {
		{ "CASEMAPPING", set_casemap },
		{ "NICKLEN", set_nicklen },
		{ "CHANTYPES", set_chantypes },
	};
	struct view key, value;
	size_t i, k;

	/* The first parameter is our nick, the last one words for people. */
	for (i = 1; i + 1 < l->count; i++) {
		if (!view_cut(l->params[i], '=', &key, &value))
			continue;
		for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (view_eqs(key, keys[k].key))
				keys[k].set(s, value);
	}
}

static char fold(enum ircb_casemap map, char c)
{
	char last = 'Z';

	if (map == IRCB_RFC1459)
		last = '^';
	else if (map == IRCB_STRICT_RFC1459)
		last = ']';
	return c >= 'A' && c <= last ? (char)(c + 32) : c;
}

bool ircb_name_eq(enum ircb_casemap map, struct view a, struct view b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (fold(map, a.p[i]) != fold(map, b.p[i]))
			return false;
	return true;
}

static bool any_of(struct view v, struct view chars)
{
	size_t i;

	for (i = 0; i < chars.n; i++)
		if (view_has(v, chars.p[i]))
			return true;
	return false;
}

bool ircb_is_channel(struct view v)
{
	/* The NUL at the end of the literal is one of them. */
	static const char bad[] = " ,\a\r\n";

	return v.n >= 2 && v.n <= IRCB_CHANNEL_MAX &&
	       view_has(VIEW("#&+!"), v.p[0]) &&
	       !any_of(v, view_mem(bad, sizeof(bad)));
}

static bool nick_char(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    view_has(VIEW("[]\\`_^{|}"), c))
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-');
}

bool ircb_is_nick(struct view v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (!nick_char(v.p[i], i == 0))
			return false;
	return v.n > 0 && v.n <= IRCB_NICK_MAX - 4;
}

void ircb_nick_try(char out[IRCB_NICK_MAX], const char *base, unsigned number,
		   size_t max)
{
	static const char *const suffix[IRCB_NICK_TRIES] = {
		"", "_", "__", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9"
	};
	const char *end = suffix[number % IRCB_NICK_TRIES];
	size_t room = IRCB_NICK_MAX - 1;

	if (max && max < room)
		room = max;
	room -= strlen(end) < room ? strlen(end) : room - 1;
	snprintf(out, IRCB_NICK_MAX, "%.*s%s", (int)room, base, end);
}
