/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Short messages: the alphabet, and counting. */
#include <stdbool.h>
#include <stdint.h>

#include "sms.h"
#include "utf8.h"

/* TS 23.038 6.2.1, without what is ASCII. */
static const uint16_t beyond_ascii[] = {
	0xa3, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0xd8, 0xf8, 0xc5,
	0xe5, 0x394, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398,
	0x39e, 0xc6, 0xe6, 0xdf, 0xc9, 0xa4, 0xa1, 0xc4, 0xd6, 0xd1, 0xdc,
	0xa7, 0xbf, 0xe4, 0xf6, 0xf1, 0xfc, 0xe0,
};

/* 6.2.1.1: behind an escape. */
static bool is_extended(uint32_t c)
{
	static const uint16_t list[] = { '\f', '^', '{', '}', '\\', '[', '~',
					 ']',  '|', 0x20ac };

	for (size_t n = 0; n < sizeof(list) / sizeof(list[0]); n++)
		if (c == list[n])
			return true;
	return false;
}

static bool is_plain(uint32_t c)
{
	if (c < 0x80)
		return c == '\n' || c == '\r' ||
		       (c >= ' ' && c < 0x7f && c != '`');
	for (size_t n = 0; n < sizeof(beyond_ascii) / sizeof(uint16_t); n++)
		if (c == beyond_ascii[n])
			return true;
	return false;
}

/* 0: it is not in the alphabet. */
static size_t width(uint32_t c, enum sms_alphabet alphabet)
{
	if (alphabet == SMS_ANY)
		return 1;
	if (alphabet == SMS_UCS2)
		return c != UTF8_BAD && c > 0xffff ? 2 : 1;
	if (is_extended(c))
		return 2;
	return is_plain(c) ? 1 : 0;
}

enum sms_alphabet sms_alphabet_of(struct view text)
{
	while (!view_empty(text))
		if (!width(utf8_next(&text), SMS_GSM))
			return SMS_UCS2;
	return SMS_GSM;
}

size_t sms_max(enum sms_alphabet alphabet)
{
	return alphabet == SMS_GSM ? 160 : 70;
}

size_t sms_size(struct view text, enum sms_alphabet alphabet)
{
	size_t size = 0;

	while (!view_empty(text))
		size += width(utf8_next(&text), alphabet);
	return size;
}

size_t sms_cut(struct view text, enum sms_alphabet alphabet, size_t size)
{
	struct view rest = text, next;
	size_t one;

	while (!view_empty(rest)) {
		next = rest;
		one = width(utf8_next(&next), alphabet);
		if (one > size)
			break;
		size -= one;
		rest = next;
	}
	return text.n - rest.n;
}
