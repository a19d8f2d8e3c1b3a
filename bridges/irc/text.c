/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text: character sets, formatting codes, cutting. */
#include "text.h"
#include "ascii.h"
#include "utf8.h"

/* The longest UTF-8 prefix; *wide: it has more than ASCII. */
static size_t valid_prefix(struct view v, bool *wide)
{
	struct view rest = v, before;

	*wide = false;
	while (rest.n) {
		uint32_t cp;

		before = rest;
		cp = utf8_next(&rest);
		if (cp == UTF8_BAD)
			return v.n - before.n;
		if (cp >= 0x80)
			*wide = true;
	}
	return v.n;
}

static uint32_t cp1252(uint8_t c)
{
	/* 0x80 .. 0x9f; the rest is as in ISO 8859-1. */
	static const uint16_t high[32] = {
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
	};

	return c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c;
}

/* A sender's line was cut at the length limit: the first bad byte is one of
 * the last three, after text that can hardly be anything but UTF-8. */
static bool good_enough(struct view v, size_t good, bool wide)
{
	return good == v.n || (wide && v.n - good <= 3);
}

bool ircb_is_utf8(struct view v)
{
	bool wide;
	size_t good = valid_prefix(v, &wide);

	return good_enough(v, good, wide);
}

void ircb_to_utf8(struct buf *b, struct view v)
{
	bool wide;
	size_t good = valid_prefix(v, &wide), i;

	if (good_enough(v, good, wide)) {
		buf_addv(b, view_head(v, good));
		if (good < v.n)
			utf8_put(b, 0xfffd);
		return;
	}
	for (i = 0; i < v.n; i++)
		utf8_put(b, cp1252((uint8_t)v.p[i]));
}

static bool hex_colour(struct view v)
{
	size_t i;

	for (i = 0; i < 6; i++)
		if (i >= v.n || !ascii_is_hex(v.p[i]))
			return false;
	return true;
}

/* v starts with 0x04: "\4", "\4RRGGBB" or "\4RRGGBB,RRGGBB". */
static size_t hex_code_length(struct view v)
{
	if (!hex_colour(view_from(v, 1)))
		return 1;
	if (v.n > 7 && v.p[7] == ',' && hex_colour(view_from(v, 8)))
		return 14;
	return 7;
}

void ircb_strip_new_codes(struct buf *b, struct view v)
{
	while (v.n) {
		size_t n = 1;

		if (v.p[0] == 0x04)
			n = hex_code_length(v);
		else if (!view_has(VIEW("\x11\x1d\x1e"), v.p[0]))
			buf_addc(b, v.p[0]);
		v = view_from(v, n);
	}
}

void ircb_strip_controls(struct buf *b, struct view v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		uint8_t c = (uint8_t)v.p[i];

		if (c == '\t')
			buf_addc(b, ' ');
		else if (c >= 0x20 && c != 0x7f)
			buf_addc(b, v.p[i]);
	}
}

/* The length up to and with the last space, or 0. */
static size_t last_space(struct view v)
{
	size_t n = v.n;

	while (n && v.p[n - 1] != ' ')
		n--;
	return n;
}

size_t ircb_cut(struct view text, size_t max)
{
	size_t n = utf8_cut(text, max), space;

	if (n == text.n)
		return n;
	/* A space far to the front would waste most of the line. */
	space = last_space(view_head(text, n));
	if (space > n / 2)
		n = space;
	return n ? n : 1;
}

bool ircb_ctcp(struct view v, struct view *command, struct view *arguments)
{
	if (!v.n || v.p[0] != 0x01)
		return false;
	v = view_from(v, 1);
	if (v.n && v.p[v.n - 1] == 0x01)
		v.n--;
	view_cut(v, ' ', command, arguments);
	return true;
}
