/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing byte buffer, what encoders write into, and a reader for what
 * comes back. Integers are big-endian.
 */
#ifndef CONFAB_BUF_H
#define CONFAB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

struct buf {
	char *p;    /* owned */
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* never grows beyond; 0: 16 MiB */
	bool over;  /* something did not fit and was left out */
};

/* A zeroed struct buf is a valid empty one as well. */
void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);
void buf_clear(struct buf *b);
/* Room for n more bytes; the address to write them to, or NULL (and over is
 * set) when max forbids. buf_wrote() then counts them in. */
char *buf_room(struct buf *b, size_t n);
void buf_wrote(struct buf *b, size_t n);
/* Drop n bytes at the front. */
void buf_drop(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addv(struct buf *b, struct view v);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
/* For our own formats and numbers only; never for text of a peer. */
void buf_addf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_add_u64(struct buf *b, uint64_t n); /* decimal */
void buf_add_hex(struct buf *b, uint64_t n); /* 16 hex digits */
void buf_put_u8(struct buf *b, uint8_t n);
void buf_put_u16(struct buf *b, uint16_t n);
void buf_put_u32(struct buf *b, uint32_t n);
void buf_put_u64(struct buf *b, uint64_t n);

struct view buf_view(const struct buf *b);
/* The contents with a NUL behind them (not counted in n); valid until the
 * next change. */
const char *buf_str(struct buf *b);
/* Hand the bytes (with a NUL behind them) to the caller, who frees them with
 * mem_free(); the buffer is empty afterwards. */
char *buf_take(struct buf *b);

/* Reads integers and bytes off a view. After the first shortage bad stays
 * true and everything reads as 0 or empty: check once, at the end. */
struct reader {
	struct view v;
	bool bad;
};

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
struct view reader_bytes(struct reader *r, size_t n);

#endif
