/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a byte is in ASCII, whatever the locale says; no byte above it is
 * anything. */
#ifndef CONFAB_ASCII_H
#define CONFAB_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* A hex digit's value, 0 to 15; or -1. */
static inline int ascii_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool ascii_is_hex(char c)
{
	return ascii_hex(c) >= 0;
}

/* The byte that two hex digits spell; -1: they don't. The second one is not
 * looked at when the first is none. */
static inline int ascii_hex_byte(const char *digits)
{
	if (!ascii_is_hex(digits[0]) || !ascii_is_hex(digits[1]))
		return -1;
	return ascii_hex(digits[0]) << 4 | ascii_hex(digits[1]);
}

/* Of four bits; upper case, as escapes have it. */
static inline char ascii_hex_digit(unsigned value)
{
	return "0123456789ABCDEF"[value & 0xf];
}

#endif
