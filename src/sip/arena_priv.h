/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bump arena that libosip2 allocates from. What one packet took is
 * dropped as a whole, so a leak of the library can't outlive the packet, and
 * the arena's size is a ceiling on what a packet can make it take.
 */
#ifndef CONFAB_ARENA_PRIV_H
#define CONFAB_ARENA_PRIV_H

#include <stddef.h>

struct arena;

/* Also points the library's allocator at the arenas, for the process. */
struct arena *arena_new(size_t size);
void arena_free(struct arena *a); /* NULL is allowed */
/* Between the two calls all that the library allocates comes from a; outside
 * of them it gets nothing. Entering forgets what was in a. */
void arena_enter(struct arena *a);
void arena_leave(void);
size_t arena_used(const struct arena *a);

#endif
