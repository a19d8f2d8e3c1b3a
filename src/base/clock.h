/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time. Unit tests put their own clock in. */
#ifndef CONFAB_CLOCK_H
#define CONFAB_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t now_ms(void);  /* monotonic */
uint64_t wall_ms(void); /* since 1970-01-01 UTC */

/* From now on both clocks stand still at these values; tests only. */
void clock_freeze(uint64_t mono_ms, uint64_t wall);
void clock_advance(uint64_t ms);
void clock_thaw(void);

/* Random bits from the kernel, buffered; never fails. */
uint64_t rand_u64(void);
void rand_bytes(void *p, size_t n);

#endif
