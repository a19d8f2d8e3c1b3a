/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing byte buffer, and a reader of what it wrote. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "mem.h"

enum { DEFAULT_MAX = 16 * 1024 * 1024, FIRST = 128 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_free(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

/* Room for n bytes and a NUL behind them. */
static bool grow(struct buf *b, size_t n)
{
	size_t max = b->max ? b->max : DEFAULT_MAX;
	size_t cap = b->cap ? b->cap : FIRST;

	if (n > max || b->n > max - n) {
		b->over = true;
		return false;
	}
	if (b->n + n + 1 <= b->cap)
		return true;
	while (cap < b->n + n + 1)
		cap *= 2;
	b->p = mem_realloc(b->p, cap);
	b->cap = cap;
	return true;
}

char *buf_room(struct buf *b, size_t n)
{
	return grow(b, n) ? b->p + b->n : NULL;
}

void buf_wrote(struct buf *b, size_t n)
{
	b->n += n;
}

void buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (!n || !grow(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_addv(struct buf *b, struct view v)
{
	buf_add(b, v.p, v.n);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0 && grow(b, (size_t)n)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void buf_add_u64(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	buf_add(b, digits + i, sizeof(digits) - i);
}

void buf_add_hex(struct buf *b, uint64_t n)
{
	char digits[16];

	for (int i = 15; i >= 0; i--, n >>= 4)
		digits[i] = "0123456789abcdef"[n & 15];
	buf_add(b, digits, sizeof(digits));
}

static void put_int(struct buf *b, uint64_t n, size_t bytes)
{
	uint8_t p[8];

	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(n >> (8 * (bytes - 1 - i)));
	buf_add(b, p, bytes);
}

void buf_put_u8(struct buf *b, uint8_t n)
{
	put_int(b, n, 1);
}

void buf_put_u16(struct buf *b, uint16_t n)
{
	put_int(b, n, 2);
}

void buf_put_u32(struct buf *b, uint32_t n)
{
	put_int(b, n, 4);
}

void buf_put_u64(struct buf *b, uint64_t n)
{
	put_int(b, n, 8);
}

struct view buf_view(const struct buf *b)
{
	return view_mem(b->p, b->n);
}

const char *buf_str(struct buf *b)
{
	if (!b->p)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? b->p : mem_alloc(1);

	p[b->n] = '\0';
	*b = (struct buf){ .max = b->max };
	return p;
}

struct view reader_bytes(struct reader *r, size_t n)
{
	struct view v;

	if (r->bad || n > r->v.n) {
		r->bad = true;
		return VIEW_NONE;
	}
	v = view_head(r->v, n);
	r->v = view_from(r->v, n);
	return v;
}

static uint64_t get_int(struct reader *r, size_t bytes)
{
	struct view v = reader_bytes(r, bytes);
	uint64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n = n << 8 | (uint8_t)v.p[i];
	return n;
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)get_int(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
	return (uint16_t)get_int(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
	return (uint32_t)get_int(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
	return get_int(r, 8);
}
