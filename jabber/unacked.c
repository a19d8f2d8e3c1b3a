/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list with a count. */
#include "unacked.h"

#include <errno.h>
#include <string.h>

#include "hash.h"
#include "mem.h"

struct sent {
	struct lnode node;
	uint64_t tag;
	size_t n;
	char xml[];
};

bool unacked_fits(const struct unacked *u, size_t n)
{
	return u->all.count < UNACKED_COUNT_MAX &&
	       u->bytes + n <= UNACKED_BYTES_MAX;
}

void unacked_add(struct unacked *u, uint64_t tag, struct view xml)
{
	struct sent *s = mem_zalloc(sizeof(*s) + xml.n);

	s->tag = tag;
	s->n = xml.n;
	if (xml.n)
		memcpy(s->xml, xml.p, xml.n);
	list_append(&u->all, &s->node);
	u->sent++;
	u->bytes += xml.n;
}

/* The oldest is known. */
static uint64_t take(struct unacked *u)
{
	struct sent *s = CONTAINER(list_shift(&u->all), struct sent, node);
	uint64_t tag = s->tag;

	u->bytes -= s->n;
	mem_free(s);
	return tag;
}

int unacked_confirm(struct unacked *u, uint32_t h,
		    void (*tagh)(uint64_t tag, void *arg), void *arg)
{
	uint32_t first = u->sent - (uint32_t)u->all.count;
	uint32_t n = h - first;

	if ((int32_t)n < 0)
		return 0; /* an older answer */
	if (n > u->all.count)
		return EBADMSG;
	while (n--) {
		uint64_t tag = take(u);

		if (tag)
			tagh(tag, arg);
	}
	return 0;
}

void unacked_each(const struct unacked *u,
		  void (*eachh)(struct view xml, void *arg), void *arg)
{
	struct lnode *n, *nx;

	LIST_EACH (&u->all, n, nx) {
		const struct sent *s = CONTAINER(n, struct sent, node);

		eachh(view_mem(s->xml, s->n), arg);
	}
}

void unacked_free(struct unacked *u)
{
	while (!list_empty(&u->all))
		(void)take(u);
}
