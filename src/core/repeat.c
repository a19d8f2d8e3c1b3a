/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last words of a place, as hashes. */
#include "repeat.h"

#include <string.h>

#include "hash.h"
#include "mem.h"

enum { SAID_MAX = 128, LOOKED_AT_MAX = 1024, NAME_LOOK_MAX = 128 };

struct said {
	uint64_t words, nick; /* hashes; words 0: unused */
	uint64_t ms;
	bool named;           /* a name stood before it */
	bool plain;           /* long enough to be told by itself */
};

struct repeat {
	struct said said[SAID_MAX]; /* a ring */
	size_t next;
	uint64_t hits[REPEATS_MAX]; /* times; likewise */
	size_t hit;
};

struct repeat *repeat_new(void)
{
	return mem_zalloc(sizeof(struct repeat));
}

void repeat_free(struct repeat *r)
{
	mem_free(r);
}

/* ---- words ---- */

/* "<name> " or "[name]: " at the beginning: how long it is; 0: there is
 * none. */
static size_t name_before(struct view v)
{
	char end = v.n ? (v.p[0] == '<' ? '>' : v.p[0] == '[' ? ']' : 0) : 0;
	size_t n = 1;

	if (!end)
		return 0;
	while (n < v.n && n < NAME_LOOK_MAX && v.p[n] != end)
		n++;
	if (n < 2 || n >= v.n || v.p[n] != end)
		return 0;
	n++;
	if (n < v.n && v.p[n] == ':')
		n++;
	return n;
}

struct view repeat_words(struct view text)
{
	size_t n;

	text = view_trim(text);
	while ((n = name_before(text)) != 0)
		text = view_trim(view_from(text, n));
	return text;
}

static struct said said_of(struct view nick, struct view text, uint64_t now)
{
	struct view words = repeat_words(text);
	struct said s = {
		.nick = nick.n ? hash_view(nick) : 0,
		.ms = now,
		.named = words.n < view_trim(text).n,
		.plain = words.n >= REPEAT_PLAIN_MIN,
	};

	if (words.n)
		s.words = hash_iview(view_head(words, LOOKED_AT_MAX)) | 1;
	return s;
}

/* ---- circles ---- */

static bool is_again(const struct said *before, const struct said *s)
{
	return before->words == s->words && before->nick != s->nick &&
	       s->ms - before->ms <= REPEAT_WITHIN_MS &&
	       (s->named || before->named || s->plain);
}

static bool was_said(const struct repeat *r, const struct said *s)
{
	for (size_t i = 0; i < SAID_MAX; i++)
		if (is_again(&r->said[i], s))
			return true;
	return false;
}

static void add(struct repeat *r, const struct said *s)
{
	r->said[r->next] = *s;
	r->next = (r->next + 1) % SAID_MAX;
}

void repeat_said(struct repeat *r, struct view text, uint64_t now)
{
	struct said s = said_of(VIEW_NONE, text, now);

	if (s.words)
		add(r, &s);
}

bool repeat_heard(struct repeat *r, struct view nick, struct view text,
		  uint64_t now)
{
	struct said s = said_of(nick, text, now);
	uint64_t oldest;
	bool again = s.words && was_said(r, &s);

	if (s.words)
		add(r, &s);
	if (!again)
		return false;
	r->hits[r->hit] = now;
	r->hit = (r->hit + 1) % REPEATS_MAX;
	oldest = r->hits[r->hit];
	if (!oldest || now - oldest > REPEAT_MINUTE_MS)
		return false;
	memset(r, 0, sizeof(*r));
	return true;
}
