/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Where text goes": every object prints itself into one of these. */
#ifndef CONFAB_SINK_H
#define CONFAB_SINK_H

#include <stddef.h>

#include "buf.h"

struct sink {
	/* 0 or an errno value. */
	int (*write)(void *arg, const char *p, size_t n);
	void *arg; /* borrowed */
};

struct sink sink_buf(struct buf *b);
int sink_printf(struct sink *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
