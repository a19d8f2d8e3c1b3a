/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cursors: two bytes of bits over the numbers right behind acked. A bit of
 * done is always a bit of sent as well.
 */
#include "cursor.h"

/* The bit of seq, 0 when it lies outside the window. */
static uint8_t bit_of(const struct cursor *c, uint64_t seq)
{
	uint64_t i;

	if (seq <= c->acked)
		return 0;
	i = seq - c->acked - 1;
	return i < CURSOR_WINDOW ? (uint8_t)(1u << i) : 0;
}

void cursor_set(struct cursor *c, uint64_t acked)
{
	c->acked = acked;
	c->done = c->sent = 0;
}

/* Those that are done right behind acked. */
static bool advance(struct cursor *c)
{
	unsigned n;

	if (!(c->done & 1))
		return false;
	n = (unsigned)__builtin_ctz(~(unsigned)c->done);
	c->acked += n;
	c->done = (uint8_t)(c->done >> n);
	c->sent = (uint8_t)(c->sent >> n);
	return true;
}

void cursor_upto(struct cursor *c, uint64_t acked)
{
	uint64_t n = acked - c->acked;

	if (acked <= c->acked)
		return;
	c->acked = acked;
	c->done = n < CURSOR_WINDOW ? (uint8_t)(c->done >> n) : 0;
	c->sent = c->done;
	(void)advance(c);
}

uint64_t cursor_next(const struct cursor *c)
{
	uint8_t open = (uint8_t)~c->sent;

	if (!open)
		return 0;
	return c->acked + 1 + (uint64_t)__builtin_ctz(open);
}

bool cursor_has(const struct cursor *c, uint64_t seq)
{
	return seq <= c->acked || (c->sent & bit_of(c, seq));
}

bool cursor_settled(const struct cursor *c, uint64_t seq)
{
	return seq <= c->acked || (c->done & bit_of(c, seq));
}

void cursor_sent(struct cursor *c, uint64_t seq)
{
	c->sent |= bit_of(c, seq);
}

bool cursor_done(struct cursor *c, uint64_t seq)
{
	uint8_t bit = bit_of(c, seq);

	c->done |= bit;
	c->sent |= bit;
	return advance(c);
}

void cursor_undo(struct cursor *c, uint64_t seq)
{
	c->sent &= (uint8_t) ~(bit_of(c, seq) & ~c->done);
}

void cursor_reset(struct cursor *c)
{
	c->sent = c->done;
}

bool cursor_idle(const struct cursor *c)
{
	return c->sent == c->done;
}
