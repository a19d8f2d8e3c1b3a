/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What strangers may get out of us over UDP, where anybody can write anybody's
 * address down as his own: as many bytes as came in, and beyond that 16 KiB at
 * once and 1 KiB/s to each address. That is enough for the challenges of a
 * whole house of phones, and nothing to flood somebody with.
 */
#ifndef CONFAB_AMP_PRIV_H
#define CONFAB_AMP_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AMP_BURST = 16 * 1024, AMP_PER_S = 1024 };

struct amp;

/* max: addresses; the longest untouched are forgotten. */
struct amp *amp_new(size_t max);
void amp_free(struct amp *a); /* NULL is allowed */

/* Whether source may get so many bytes more than it sent; then they are
 * counted. */
bool amp_take(struct amp *a, uint64_t source, size_t bytes);
/* Somebody logged in from there, who has seen what was sent: it begins
 * anew. */
void amp_forgive(struct amp *a, uint64_t source);

#endif
