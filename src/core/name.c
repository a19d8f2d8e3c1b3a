/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How senders are called in a room. No two senders may get one name by
 * cunning: what cleaning would change stays in its percent-encoded form, and
 * what had to be cut shows it.
 */
#include "ascii.h"
#include "core_priv.h"
#include "hub_priv.h"
#include "utf8.h"

static const char cut_mark[] = "\xe2\x80\xa6"; /* U+2026 */

static void clean_cut(struct buf *b, struct view v, size_t max)
{
	struct buf name = { 0 };
	struct view got;

	utf8_clean_name(&name, v, max + 16);
	got = buf_view(&name);
	if (got.n > max) {
		utf8_clean_name(b, got, max - (sizeof(cut_mark) - 1));
		buf_adds(b, cut_mark);
	} else {
		buf_addv(b, got);
	}
	buf_free(&name);
}

void hub_name_join(struct buf *out, struct view who, struct view at)
{
	clean_cut(out, who, NAME_WHO_MAX);
	buf_addc(out, '@');
	clean_cut(out, at, NAME_AT_MAX);
}

/* Only what can't stand in a SIP URI as it is: spaces and beyond ASCII. With
 * any other escape "%61lice" would be called alice. */
static bool decode(struct buf *b, struct view v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		int hi, lo;

		if (v.p[i] != '%') {
			buf_addc(b, v.p[i]);
			continue;
		}
		hi = i + 2 < v.n ? ascii_hex(v.p[i + 1]) : -1;
		lo = i + 2 < v.n ? ascii_hex(v.p[i + 2]) : -1;
		if (hi < 0 || lo < 0 || (hi < 8 && hi * 16 + lo != ' '))
			return false;
		buf_addc(b, (char)(hi * 16 + lo));
		i += 2;
	}
	return true;
}

/* The user part to be shown: decoded if that is clean, else as it is. */
static void add_user(struct buf *b, struct view user)
{
	struct buf plain = { 0 }, clean = { 0 };

	if (decode(&plain, user) && utf8_valid(buf_view(&plain)))
		utf8_clean_name(&clean, buf_view(&plain), ADDR_MAX);
	if (clean.n && view_eq(buf_view(&clean), buf_view(&plain)))
		buf_addv(b, buf_view(&plain));
	else
		buf_addv(b, user);
	buf_free(&plain);
	buf_free(&clean);
}

void hub_name_user(const struct hub *h, struct buf *out, const struct addr *a)
{
	struct buf user = { 0 };

	if (view_empty(a->user)) {
		hub_name_join(out, VIEW(""), a->host);
		return;
	}
	add_user(&user, a->user);
	if (hub_is_our_domain(h, a->host))
		clean_cut(out, buf_view(&user), MSG_NAME_MAX);
	else
		hub_name_join(out, buf_view(&user), a->host);
	buf_free(&user);
}

void hub_clean_line(struct buf *out, struct view text, size_t max)
{
	struct buf b = { 0 };
	size_t i;

	utf8_clean(&b, view_head(view_trim(text), 4 * max));
	for (i = 0; i < b.n; i++) {
		if (b.p[i] == '\n' || b.p[i] == '\t')
			b.p[i] = ' ';
	}
	buf_addv(out, view_head(buf_view(&b), utf8_cut(buf_view(&b), max)));
	buf_free(&b);
}

void hub_emote(enum msg_kind *kind, struct view *text)
{
	struct view rest;

	if (*kind != MSG_TEXT || !view_starts(*text, VIEW("/me ")))
		return;
	rest = view_from(*text, 4);
	if (view_empty(view_trim(rest)))
		return;
	*kind = MSG_EMOTE;
	*text = rest;
}
