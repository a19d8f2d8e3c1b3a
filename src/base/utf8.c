/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8: decoding, cutting, cleaning. */
#include "utf8.h"

enum {
	BIDI_MAX = 16,   /* directions in each other */
	MARKS_MAX = 8,   /* on one character; no script needs more than four */
	PDF = 0x202c, PDI = 0x2069,
};

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t cp, const struct range *r, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cp >= r[i].first && cp <= r[i].last)
			return true;
	return false;
}

/* How many bytes follow a lead byte, and the bounds of the first of them
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, <= U+10FFFF). */
static int lead(uint8_t c, uint8_t *lo, uint8_t *hi)
{
	*lo = 0x80;
	*hi = 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 1;
	if (c == 0xe0)
		*lo = 0xa0;
	if (c == 0xed)
		*hi = 0x9f;
	if (c >= 0xe0 && c <= 0xef)
		return 2;
	if (c == 0xf0)
		*lo = 0x90;
	if (c == 0xf4)
		*hi = 0x8f;
	if (c >= 0xf0 && c <= 0xf4)
		return 3;
	return -1;
}

uint32_t utf8_next(struct view *v)
{
	uint8_t c = (uint8_t)v->p[0], lo, hi;
	uint32_t cp;
	int more;

	*v = view_from(*v, 1);
	if (c < 0x80)
		return c;
	more = lead(c, &lo, &hi);
	if (more < 0)
		return UTF8_BAD;
	cp = c & (0x3fu >> more);
	for (int i = 0; i < more; i++, lo = 0x80, hi = 0xbf) {
		uint8_t b = v->n ? (uint8_t)v->p[0] : 0;

		if (b < lo || b > hi)
			return UTF8_BAD;
		cp = cp << 6 | (b & 0x3f);
		*v = view_from(*v, 1);
	}
	return cp;
}

void utf8_put(struct buf *b, uint32_t cp)
{
	if (cp < 0x80) {
		buf_addc(b, (char)cp);
		return;
	}
	if (cp < 0x800) {
		buf_addc(b, (char)(0xc0 | cp >> 6));
	} else if (cp < 0x10000) {
		buf_addc(b, (char)(0xe0 | cp >> 12));
		buf_addc(b, (char)(0x80 | (cp >> 6 & 0x3f)));
	} else {
		buf_addc(b, (char)(0xf0 | cp >> 18));
		buf_addc(b, (char)(0x80 | (cp >> 12 & 0x3f)));
		buf_addc(b, (char)(0x80 | (cp >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (cp & 0x3f)));
}

bool utf8_valid(struct view v)
{
	while (v.n)
		if (utf8_next(&v) == UTF8_BAD)
			return false;
	return true;
}

/* Belongs to the character before it: combining marks of the usual scripts,
 * joiners, variation selectors, skin tones, tags. */
static bool sticks(uint32_t cp)
{
	static const struct range r[] = {
		{ 0x300, 0x36f },     { 0x483, 0x489 },
		{ 0x591, 0x5bd },     { 0x610, 0x61a },
		{ 0x64b, 0x65f },     { 0x900, 0x903 },
		{ 0x93a, 0x94f },     { 0xe31, 0xe31 },
		{ 0xe34, 0xe3a },     { 0xe47, 0xe4e },
		{ 0x1ab0, 0x1aff },   { 0x1dc0, 0x1dff },
		{ 0x200c, 0x200d },   { 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f },   { 0xfe20, 0xfe2f },
		{ 0x1f3fb, 0x1f3ff }, { 0xe0020, 0xe007f },
		{ 0xe0100, 0xe01ef },
	};

	return in_ranges(cp, r, sizeof(r) / sizeof(r[0]));
}

size_t utf8_cut(struct view v, size_t max)
{
	struct view rest = v;
	size_t end = 0, good = 0;
	uint32_t before = 0;

	if (v.n <= max)
		return v.n;
	for (;;) {
		uint32_t cp = utf8_next(&rest);
		size_t after = v.n - rest.n;

		/* "end" is where cp begins: a place to cut, unless cp sticks
		 * to what is before it. */
		if (!sticks(cp) && before != 0x200d)
			good = end;
		if (after > max)
			break;
		end = after;
		before = cp;
	}
	return good ? good : end;
}

bool utf8_ends_line(uint32_t cp)
{
	return cp == '\r' || cp == '\v' || cp == '\f' || cp == 0x85 ||
	       cp == 0x2028 || cp == 0x2029;
}

static bool is_dropped(uint32_t cp)
{
	if (cp == '\t' || cp == '\n')
		return false;
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffe ||
	       cp == 0xffff;
}

/* What is open in a line: directions (UAX 9), and marks in a row. */
struct line {
	uint32_t closer[BIDI_MAX];
	unsigned open, marks;
};

static void close_all(struct buf *b, struct line *l)
{
	while (l->open)
		utf8_put(b, l->closer[--l->open]);
	l->marks = 0;
}

static bool is_bidi(uint32_t cp)
{
	return (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

/* A closer closes what was opened last; one that would close anything else,
 * or nothing, goes. So does an opener above BIDI_MAX. */
static bool keep_bidi(struct line *l, uint32_t cp)
{
	if (cp == PDF || cp == PDI) {
		if (!l->open || l->closer[l->open - 1] != cp)
			return false;
		l->open--;
		return true;
	}
	if (l->open == BIDI_MAX)
		return false;
	l->closer[l->open++] = cp >= 0x2066 ? PDI : PDF;
	return true;
}

/* Of what is to stand in a text at all. */
static bool keep(struct line *l, uint32_t cp)
{
	if (cp < 0x300) {
		l->marks = 0;
		return true;
	}
	if (is_bidi(cp))
		return keep_bidi(l, cp);
	if (sticks(cp))
		return ++l->marks <= MARKS_MAX;
	l->marks = 0;
	return true;
}

void utf8_clean(struct buf *b, struct view v)
{
	struct line line = { .open = 0 };
	bool cr = false;

	while (v.n) {
		uint32_t cp = utf8_next(&v);
		bool after_cr = cr;

		cr = cp == '\r';
		if (cp == '\n' && after_cr)
			continue;
		if (cp == '\n' || utf8_ends_line(cp)) {
			close_all(b, &line);
			buf_addc(b, '\n');
		} else if (cp == UTF8_BAD) {
			utf8_put(b, 0xfffd);
		} else if (!is_dropped(cp) && keep(&line, cp)) {
			utf8_put(b, cp);
		}
	}
	close_all(b, &line);
}

/* Invisible or direction-changing: could make one name look like another. */
static bool is_hidden(uint32_t cp)
{
	static const struct range r[] = {
		{ 0xad, 0xad },	      { 0x34f, 0x34f },	  { 0x61c, 0x61c },
		{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x202a, 0x202e }, { 0x2060, 0x206f },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};

	return in_ranges(cp, r, sizeof(r) / sizeof(r[0]));
}

static bool is_blank(uint32_t cp)
{
	static const struct range r[] = {
		{ 9, 13 },	    { 0x20, 0x20 },	{ 0x85, 0x85 },
		{ 0xa0, 0xa0 },	    { 0x1680, 0x1680 }, { 0x2000, 0x200a },
		{ 0x2028, 0x2029 }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
		{ 0x3000, 0x3000 },
	};

	return in_ranges(cp, r, sizeof(r) / sizeof(r[0]));
}

bool utf8_shows(struct view v)
{
	while (v.n) {
		uint32_t cp = utf8_next(&v);

		if (cp == UTF8_BAD ||
		    !(is_blank(cp) || is_dropped(cp) || is_hidden(cp)))
			return true;
	}
	return false;
}

static uint32_t name_char(uint32_t cp)
{
	if (cp == UTF8_BAD)
		return 0xfffd;
	if (cp == '<' || cp == '[')
		return '(';
	if (cp == '>' || cp == ']')
		return ')';
	return cp == '@' ? '_' : cp;
}

void utf8_clean_name(struct buf *b, struct view v, size_t max)
{
	struct buf name = { .max = 4 * max + 64 };
	bool blank = false;
	size_t n;

	while (v.n && name.n <= max) {
		uint32_t cp = utf8_next(&v);

		if (is_blank(cp)) {
			blank = true;
		} else if (cp == UTF8_BAD ||
			   !(is_dropped(cp) || is_hidden(cp))) {
			if (blank && name.n)
				buf_addc(&name, ' ');
			blank = false;
			utf8_put(&name, name_char(cp));
		}
	}
	n = utf8_cut(buf_view(&name), max);
	while (n && name.p[n - 1] == ' ')
		n--;
	if (n)
		buf_add(b, name.p, n);
	else
		buf_addc(b, '?');
	buf_free(&name);
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffe ||
	       cp == 0xffff;
}

void utf8_clean_line(struct buf *b, struct view v, size_t max)
{
	struct buf line = { .max = max + 64 };
	bool blank = false;

	while (v.n && line.n <= max) {
		uint32_t cp = utf8_next(&v);

		if (cp == ' ' || cp == '\t' || cp == '\n' ||
		    utf8_ends_line(cp)) {
			blank = true;
		} else if (cp != UTF8_BAD && !is_control(cp)) {
			if (blank && line.n)
				buf_addc(&line, ' ');
			blank = false;
			utf8_put(&line, cp);
		}
	}
	v = buf_view(&line);
	buf_addv(b, view_trim(view_head(v, utf8_cut(v, max))));
	buf_free(&line);
}
