/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all fuzz targets share. */
#ifndef CONFAB_FUZZ_H
#define CONFAB_FUZZ_H

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"
#include "view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The inner view lies within the outer one. */
static inline int fuzz_within(struct view inner, struct view outer)
{
	return !inner.n ||
	       (inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n);
}

#endif
