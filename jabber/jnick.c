/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nicks. */
#include "jnick.h"

#include <errno.h>

#include "jescape.h"
#include "jid.h"
#include "jid_prep.h"
#include "utf8.h"

/* A clean nick may, prepared, be one that wants cleaning: so often at most. */
enum { ROUNDS = 4 };

/* What passes for a bracket at a glance, and is left alone by NFKC. */
static const struct {
	uint32_t left, right;
} brackets[] = {
	{ 0x2039, 0x203a }, { 0x2045, 0x2046 }, { 0x2308, 0x2309 },
	{ 0x230a, 0x230b }, { 0x2329, 0x232a }, { 0x23a1, 0x23a4 },
	{ 0x23a2, 0x23a5 }, { 0x23a3, 0x23a6 }, { 0x276e, 0x276f },
	{ 0x2770, 0x2771 }, { 0x276c, 0x276d }, { 0x2772, 0x2773 },
	{ 0x27e6, 0x27e7 }, { 0x27e8, 0x27e9 }, { 0x27ea, 0x27eb },
	{ 0x27ec, 0x27ed }, { 0x298b, 0x298c }, { 0x298d, 0x298e },
	{ 0x298f, 0x2990 }, { 0x2991, 0x2992 }, { 0x2997, 0x2998 },
	{ 0x2e22, 0x2e23 }, { 0x2e24, 0x2e25 }, { 0x2e26, 0x2e27 },
	{ 0x2e55, 0x2e56 }, { 0x2e57, 0x2e58 }, { 0x3008, 0x3009 },
	{ 0x300a, 0x300b }, { 0x300c, 0x300d }, { 0x3010, 0x3011 },
	{ 0x3014, 0x3015 }, { 0x3016, 0x3017 }, { 0x3018, 0x3019 },
	{ 0x301a, 0x301b },
};

enum { BRACKETS = sizeof(brackets) / sizeof(brackets[0]) };

static uint32_t round_bracket(uint32_t cp)
{
	for (size_t i = 0; i < BRACKETS; i++) {
		if (cp == brackets[i].left)
			return '(';
		if (cp == brackets[i].right)
			return ')';
	}
	return cp;
}

/* RFC 3454 C.6: U+FFFD is for no name. */
static void add_rounded(struct buf *out, struct view text)
{
	while (text.n) {
		uint32_t cp = utf8_next(&text);

		if (cp != UTF8_BAD && cp != 0xfffd)
			utf8_put(out, round_bracket(cp));
	}
}

/* Cleaned, cut, prepared; what preparing uncovers is not cleaned yet. */
static int prepare(struct buf *out, struct view text)
{
	struct buf name = { 0 }, round = { 0 };
	int err;

	add_rounded(&round, text);
	utf8_clean_name(&name, buf_view(&round), JNICK_MAX);
	err = jid_prep_resource(out, buf_view(&name));
	buf_free(&name);
	buf_free(&round);
	return err;
}

int jnick_prep(struct buf *out, struct view text)
{
	struct buf now = { 0 }, next = { 0 };
	int err = EBADMSG;

	add_rounded(&now, view_head(text, utf8_cut(text, JID_PART_MAX)));
	if (!utf8_shows(buf_view(&now)))
		goto out;
	for (int i = 0; i < ROUNDS; i++) {
		buf_clear(&next);
		err = prepare(&next, buf_view(&now));
		if (err || view_eq(buf_view(&now), buf_view(&next)))
			break;
		buf_clear(&now);
		buf_addv(&now, buf_view(&next));
		err = EBADMSG; /* not yet at rest */
	}
	if (!err && now.n <= JNICK_MAX)
		buf_addv(out, buf_view(&now));
	else
		err = EBADMSG;
 out:
	buf_free(&now);
	buf_free(&next);
	return err;
}

static int prep_user(struct buf *out, struct view user)
{
	struct buf plain = { 0 };
	int err = jesc_plain(&plain, user);

	if (!err)
		err = jnick_prep(out, buf_view(&plain));
	buf_free(&plain);
	return err;
}

int jnick_choose(struct buf *out, struct view nick, struct view user,
		 struct view name)
{
	int err = jnick_prep(out, nick);

	if (err)
		err = prep_user(out, user);
	if (err)
		err = jnick_prep(out, name);
	return err;
}

int jnick_next(struct buf *out, struct view nick, unsigned attempt)
{
	static const char *const ends[] = { "_", "__", "-2", "-3", "-4" };
	struct view end;

	_Static_assert(sizeof(ends) / sizeof(ends[0]) == JNICK_TRIES, "ends");
	if (!attempt || attempt > JNICK_TRIES)
		return ERANGE;
	end = view_str(ends[attempt - 1]);
	buf_addv(out, view_trim(view_head(nick,
					  utf8_cut(nick, JNICK_MAX - end.n))));
	buf_addv(out, end);
	return 0;
}
