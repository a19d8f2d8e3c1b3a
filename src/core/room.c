/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be asked of a room. */
#include <errno.h>

#include "room.h"

struct member *room_member(const struct room *r, const struct addr *a)
{
	struct hnode *n;

	if (!a)
		return NULL;
	for (n = htable_find(&r->members, a->hash); n; n = htable_more(n)) {
		struct member *m = CONTAINER(n, struct member, by_addr);

		if (addr_eq(m->addr, a))
			return m;
	}
	return NULL;
}

size_t room_member_count(const struct room *r)
{
	return r->members.count - r->banned;
}

struct view room_name(const struct room *r)
{
	return r->addr->user;
}

struct view room_domain(const struct room *r)
{
	return r->addr->host;
}

bool room_is_private(const struct room *r)
{
	return r->flags & ROOM_PRIVATE;
}

static const char *const notices_names[] = {
	[NOTICES_ALL] = "all",
	[NOTICES_QUIET] = "quiet",
	[NOTICES_OFF] = "off",
};

const char *room_notices_name(enum room_notices notices)
{
	return notices_names[notices];
}

int room_notices_parse(enum room_notices *out, struct view word)
{
	for (unsigned n = 0; n <= NOTICES_OFF; n++) {
		if (!view_ieqs(word, notices_names[n]))
			continue;
		*out = n;
		return 0;
	}
	return EINVAL;
}

bool room_is_large(const struct room *r)
{
	return room_member_count(r) > ROOM_QUIET_ABOVE;
}

int room_print(struct sink *out, const struct room *r)
{
	return sink_printf(
		out, "%.*s %s members %zu links %zu messages %llu\n",
		VIEW_ARG(r->addr->text),
		room_is_private(r) ? "private" : "public",
		room_member_count(r),
		r->legs.count, (unsigned long long)r->committed);
}
