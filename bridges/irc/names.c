/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names: comparing, checking, making up the next one. */
#include <stdio.h>
#include <string.h>

#include "names.h"

enum { IRCB_LINE_MIN = 128 };

void ircb_support_init(struct ircb_support *s)
{
	memset(s, 0, sizeof(*s));
	s->casemap = IRCB_RFC1459;
	s->linelen = IRCB_OUT_MAX;
	view_copy(s->chantypes, sizeof(s->chantypes), VIEW("#&"));
	view_copy(s->member_modes, sizeof(s->member_modes), VIEW("ov"));
	view_copy(s->member_signs, sizeof(s->member_signs), VIEW("@+"));
	view_copy(s->modes[IRCB_MODE_LIST], sizeof(s->modes[0]),
		  VIEW("beIq"));
	view_copy(s->modes[IRCB_MODE_ALWAYS], sizeof(s->modes[0]), VIEW("k"));
	view_copy(s->modes[IRCB_MODE_SET], sizeof(s->modes[0]), VIEW("l"));
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

static void set_length(size_t *dst, struct view v, uint64_t max)
{
	uint64_t n;

	if (!view_u64(&n, v, max) && n)
		*dst = (size_t)n;
}

static void set_nicklen(struct ircb_support *s, struct view v)
{
	set_length(&s->nicklen, v, 1024);
}

/* What is longer than RFC 2812 has it is of no use to others. */
static void set_linelen(struct ircb_support *s, struct view v)
{
	set_length(&s->linelen, v, 65536);
	if (s->linelen > IRCB_OUT_MAX || s->linelen < IRCB_LINE_MIN)
		s->linelen = IRCB_OUT_MAX;
}

static void set_topiclen(struct ircb_support *s, struct view v)
{
	set_length(&s->topiclen, v, 65536);
}

static void set_history(struct ircb_support *s, struct view v)
{
	set_length(&s->history, v, 65536);
}

/* Without a number there is no limit. */
static void set_monitor(struct ircb_support *s, struct view v)
{
	s->monitor = SIZE_MAX;
	set_length(&s->monitor, v, 65536);
}

/* "(ov)@+"; what does not pair up is nothing. */
static void set_prefix(struct ircb_support *s, struct view v)
{
	struct view modes, signs;

	if (v.n && v.p[0] == '(')
		v = view_from(v, 1);
	if (!view_cut(v, ')', &modes, &signs) || modes.n != signs.n ||
	    modes.n >= sizeof(s->member_modes))
		return;
	view_copy(s->member_modes, sizeof(s->member_modes), modes);
	view_copy(s->member_signs, sizeof(s->member_signs), signs);
}

static void set_chanmodes(struct ircb_support *s, struct view v)
{
	struct view part;

	for (size_t i = 0; i < 4; i++) {
		view_cut(v, ',', &part, &v);
		(void)view_copy(s->modes[i], sizeof(s->modes[i]), part);
	}
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
		{ "PREFIX", set_prefix },
		{ "CHANMODES", set_chanmodes },
		{ "LINELEN", set_linelen },
		{ "TOPICLEN", set_topiclen },
		{ "CHATHISTORY", set_history },
		{ "draft/CHATHISTORY", set_history },
		{ "MONITOR", set_monitor },
	};
	struct view key, value;
	size_t i, k;

	/* The first parameter is our nick, the last one words for people. */
	for (i = 1; i + 1 < l->count; i++) {
		/* What the others are without a value nobody says. */
		if (!view_cut(l->params[i], '=', &key, &value) &&
		    !view_eqs(key, "MONITOR"))
			continue;
		for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (view_eqs(key, keys[k].key))
				keys[k].set(s, value);
	}
}

enum ircb_mode_kind ircb_mode_kind(const struct ircb_support *s, char letter)
{
	if (view_has(view_str(s->member_modes), letter))
		return IRCB_MODE_MEMBER;
	for (size_t i = 0; i < IRCB_MODE_FLAG; i++)
		if (view_has(view_str(s->modes[i]), letter))
			return (enum ircb_mode_kind)i;
	return IRCB_MODE_FLAG;
}

struct view ircb_names_nick(const struct ircb_support *s, struct view v)
{
	struct view nick, rest;

	while (v.n && view_has(view_str(s->member_signs), v.p[0]))
		v = view_from(v, 1);
	view_cut(v, '!', &nick, &rest);
	return nick;
}

bool ircb_support_is_channel(const struct ircb_support *s, struct view v)
{
	return v.n && view_has(view_str(s->chantypes), v.p[0]);
}

char ircb_fold(enum ircb_casemap map, char c)
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
		if (ircb_fold(map, a.p[i]) != ircb_fold(map, b.p[i]))
			return false;
	return true;
}

/* Back to the last star, with one byte more for it, until nothing is left:
 * never worse than mask times text. */
bool ircb_mask_match(enum ircb_casemap map, struct view mask, struct view text)
{
	size_t m = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.n) {
		if (m < mask.n && mask.p[m] == '*') {
			star = m++;
			from = t;
		} else if (m < mask.n &&
			   (mask.p[m] == '?' ||
			    ircb_fold(map, mask.p[m]) ==
				    ircb_fold(map, text.p[t]))) {
			m++;
			t++;
		} else if (star != SIZE_MAX) {
			m = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (m < mask.n && mask.p[m] == '*')
		m++;
	return m == mask.n;
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
