/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where text goes. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "mem.h"
#include "sink.h"

static int write_buf(void *arg, const char *p, size_t n)
{
	struct buf *b = arg;

	buf_add(b, p, n);
	return b->over ? EMSGSIZE : 0;
}

struct sink sink_buf(struct buf *b)
{
	return (struct sink){ write_buf, b };
}

int sink_printf(struct sink *s, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n, err;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return EINVAL;
	err = s->write(s->arg, text, (size_t)n);
	mem_free(text);
	return err;
}
