/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"

#include <stdlib.h>

#include "utf8.h"

/* What U+00C0 to U+017F look like without their marks; blank: themselves. */
static const char latin[] =
	"aaaaaa ceeeeiiii nooooo ouuuuy  "
	"aaaaaa ceeeeiiii nooooo ouuuuy y"
	"aaaaaaccccccccddddeeeeeeeeeegggg"
	"gggghhhhiiiiiiiiii  jjkk lllllll"
	"lllnnnnnn   oooooo  rrrrrrssssss"
	"ssttttttuuuuuuuuuuuuwwyyyzzzzzzf";

/* What others look like, in order. 'I' is the capital, which looks like "l"
 * and is an "i" as well. */
static const struct twin {
	uint16_t cp;
	char as;
} twins[] = {
	{ 0x0196, 'I' }, { 0x01C0, 'l' }, { 0x0251, 'a' }, { 0x0261, 'g' },
	{ 0x0269, 'i' }, { 0x026A, 'I' }, { 0x0274, 'n' }, { 0x028F, 'y' },
	{ 0x0299, 'b' }, { 0x029C, 'h' }, { 0x029F, 'l' },
	{ 0x02B9, '\'' }, { 0x02BC, '\'' }, { 0x037F, 'j' },
	{ 0x0386, 'a' }, { 0x0388, 'e' }, { 0x0389, 'h' }, { 0x038A, 'i' },
	{ 0x038C, 'o' }, { 0x038E, 'y' }, { 0x038F, 'w' }, { 0x0390, 'i' },
	{ 0x0391, 'a' }, { 0x0392, 'b' }, { 0x0395, 'e' }, { 0x0396, 'z' },
	{ 0x0397, 'h' }, { 0x0399, 'I' }, { 0x039A, 'k' }, { 0x039C, 'm' },
	{ 0x039D, 'n' }, { 0x039F, 'o' }, { 0x03A1, 'p' }, { 0x03A4, 't' },
	{ 0x03A5, 'y' }, { 0x03A7, 'x' }, { 0x03AA, 'i' }, { 0x03AB, 'y' },
	{ 0x03AC, 'a' }, { 0x03AD, 'e' }, { 0x03AE, 'n' }, { 0x03AF, 'i' },
	{ 0x03B0, 'u' }, { 0x03B1, 'a' }, { 0x03B2, 'b' }, { 0x03B3, 'y' },
	{ 0x03B5, 'e' }, { 0x03B6, 'z' }, { 0x03B7, 'n' }, { 0x03B9, 'i' },
	{ 0x03BA, 'k' }, { 0x03BC, 'u' }, { 0x03BD, 'v' }, { 0x03BF, 'o' },
	{ 0x03C1, 'p' }, { 0x03C3, 'o' }, { 0x03C4, 't' }, { 0x03C5, 'u' },
	{ 0x03C7, 'x' }, { 0x03C9, 'w' }, { 0x03CA, 'i' }, { 0x03CB, 'u' },
	{ 0x03CC, 'o' }, { 0x03CD, 'u' }, { 0x03CE, 'w' }, { 0x03F2, 'c' },
	{ 0x03F3, 'j' }, { 0x0400, 'e' }, { 0x0401, 'e' }, { 0x0405, 's' },
	{ 0x0406, 'I' }, { 0x0407, 'i' }, { 0x0408, 'j' }, { 0x040E, 'y' },
	{ 0x0410, 'a' }, { 0x0412, 'b' }, { 0x0415, 'e' }, { 0x0417, '3' },
	{ 0x041A, 'k' }, { 0x041C, 'm' }, { 0x041D, 'h' }, { 0x041E, 'o' },
	{ 0x0420, 'p' }, { 0x0421, 'c' }, { 0x0422, 't' }, { 0x0423, 'y' },
	{ 0x0425, 'x' }, { 0x0430, 'a' }, { 0x0432, 'b' }, { 0x0435, 'e' },
	{ 0x0437, '3' }, { 0x043A, 'k' }, { 0x043C, 'm' }, { 0x043D, 'h' },
	{ 0x043E, 'o' }, { 0x043F, 'n' }, { 0x0440, 'p' }, { 0x0441, 'c' },
	{ 0x0442, 't' }, { 0x0443, 'y' }, { 0x0445, 'x' }, { 0x0450, 'e' },
	{ 0x0451, 'e' }, { 0x0455, 's' }, { 0x0456, 'i' }, { 0x0457, 'i' },
	{ 0x0458, 'j' }, { 0x045E, 'y' }, { 0x0475, 'v' }, { 0x04AE, 'y' },
	{ 0x04AF, 'y' }, { 0x04BA, 'h' }, { 0x04BB, 'h' }, { 0x04C0, 'I' },
	{ 0x04CF, 'l' }, { 0x0501, 'd' }, { 0x050C, 'g' }, { 0x050D, 'g' },
	{ 0x051A, 'q' }, { 0x051B, 'q' }, { 0x051C, 'w' }, { 0x051D, 'w' },
	{ 0x053C, 'l' }, { 0x054D, 'u' }, { 0x054F, 's' }, { 0x0555, 'o' },
	{ 0x0563, 'q' }, { 0x0570, 'h' }, { 0x0575, 'j' }, { 0x0578, 'n' },
	{ 0x057D, 'u' }, { 0x0581, 'g' }, { 0x0585, 'o' }, { 0x1D04, 'c' },
	{ 0x1D0F, 'o' }, { 0x1D20, 'v' }, { 0x1D21, 'w' }, { 0x1D22, 'z' },
	{ 0x2010, '-' }, { 0x2011, '-' }, { 0x2012, '-' }, { 0x2013, '-' },
	{ 0x2014, '-' }, { 0x2015, '-' }, { 0x2018, '\'' },
	{ 0x2019, '\'' }, { 0x201B, '\'' }, { 0x2032, '\'' },
	{ 0x2102, 'c' }, { 0x210A, 'g' }, { 0x210B, 'h' }, { 0x210C, 'h' },
	{ 0x210D, 'h' }, { 0x210E, 'h' }, { 0x2110, 'I' }, { 0x2111, 'I' },
	{ 0x2112, 'l' }, { 0x2113, 'l' }, { 0x2115, 'n' }, { 0x2119, 'p' },
	{ 0x211A, 'q' }, { 0x211B, 'r' }, { 0x211C, 'r' }, { 0x211D, 'r' },
	{ 0x2124, 'z' }, { 0x212A, 'k' }, { 0x212B, 'a' }, { 0x212C, 'b' },
	{ 0x212F, 'e' }, { 0x2130, 'e' }, { 0x2131, 'f' }, { 0x2133, 'm' },
	{ 0x2134, 'o' }, { 0x2160, 'I' }, { 0x2164, 'v' }, { 0x2169, 'x' },
	{ 0x216C, 'l' }, { 0x216D, 'c' }, { 0x216E, 'd' }, { 0x216F, 'm' },
	{ 0x2170, 'i' }, { 0x2174, 'v' }, { 0x2179, 'x' }, { 0x217C, 'l' },
	{ 0x217D, 'c' }, { 0x217E, 'd' }, { 0x217F, 'm' }, { 0x2212, '-' },
	{ 0xA731, 's' },
};

static bool is_mark(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} marks[] = {
		{ 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x1AB0, 0x1AFF },
		{ 0x1DC0, 0x1DFF }, { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F },
		{ 0xFE20, 0xFE2F },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (cp >= marks[i].first && cp <= marks[i].last)
			return true;
	return false;
}

static int by_cp(const void *key, const void *elem)
{
	uint32_t cp = *(const uint32_t *)key;
	uint32_t at = ((const struct twin *)elem)->cp;

	return (cp > at) - (cp < at);
}

/* ASCII of other shapes: wide, and the alphabets and digits of mathematics. */
static uint32_t plain(uint32_t cp)
{
	if (cp >= 0xFF01 && cp <= 0xFF5E)
		return cp - 0xFF01 + '!';
	if (cp >= 0x1D400 && cp <= 0x1D6A3) {
		cp = (cp - 0x1D400) % 52;
		return cp < 26 ? 'A' + cp : 'a' + cp - 26;
	}
	if (cp >= 0x1D7CE && cp <= 0x1D7FF)
		return '0' + (cp - 0x1D7CE) % 10;
	return cp;
}

static uint32_t twin_of(uint32_t cp)
{
	const struct twin *t;

	if (cp >= 0xC0 && cp < 0xC0 + sizeof(latin) - 1)
		return latin[cp - 0xC0] == ' ' ? cp :
						 (uint32_t)latin[cp - 0xC0];
	t = bsearch(&cp, twins, sizeof(twins) / sizeof(twins[0]),
		    sizeof(twins[0]), by_cp);
	return t ? (uint32_t)t->as : plain(cp);
}

/* capital: what an "I" is taken for. */
static uint32_t shape(uint32_t cp, char capital)
{
	if (cp >= 0x80)
		cp = twin_of(cp);
	if (cp == 'I')
		return (uint32_t)capital;
	if (cp == '1' || cp == '|')
		return 'l';
	if (cp == '0')
		return 'o';
	return cp >= 'A' && cp <= 'Z' ? cp - 'A' + 'a' : cp;
}

/* The next shape; 0 at the end. */
static uint32_t next(struct view *v, char capital)
{
	while (v->n) {
		uint32_t cp = utf8_next(v);

		if (!is_mark(cp))
			return shape(cp, capital);
	}
	return 0;
}

static bool same_by(struct view a, struct view b, char capital)
{
	uint32_t x, y;

	do {
		x = next(&a, capital);
		y = next(&b, capital);
	} while (x == y && x);
	return x == y;
}

bool look_same(struct view a, struct view b)
{
	return same_by(a, b, 'l') || same_by(a, b, 'i');
}
