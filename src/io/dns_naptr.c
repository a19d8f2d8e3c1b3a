/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAPTR records: which services a domain has, the best ones first. */
#include <string.h>

#include "dns_priv.h"

/* Looked at in one answer. */
enum { RECORDS_MAX = 64 };

/* RFC 3263 4.1 knows "s" only; a regexp leads elsewhere. */
static bool is_usable(const struct ares_naptr_reply *r)
{
	struct view flags = view_str((const char *)r->flags);
	struct view service = view_str((const char *)r->service);
	struct view name = view_str(r->replacement);

	return view_ieqs(flags, "s") && !*r->regexp && service.n &&
	       service.n < DNS_SERVICE_MAX && dns_name_ok(name);
}


static bool before(const struct ares_naptr_reply *a, const struct dns_naptr *b)
{
	if (a->order != b->order)
		return a->order < b->order;
	return a->preference < b->preference;
}


static void fill(struct dns_naptr *n, const struct ares_naptr_reply *r)
{
	n->order = r->order;
	n->preference = r->preference;
	view_copy(n->service, sizeof(n->service),
		  view_str((const char *)r->service));
	view_copy(n->name, sizeof(n->name), view_str(r->replacement));
}


/* Into its place; the worst falls out where there is no room. */
static void insert(struct dns_naptr out[DNS_NAPTR_MAX], size_t *count,
		   const struct ares_naptr_reply *r)
{
	size_t i = *count, last = DNS_NAPTR_MAX - 1;

	while (i && before(r, &out[i - 1]))
		i--;
	if (i > last)
		return;
	if (*count <= last)
		++*count;
	memmove(&out[i + 1], &out[i], (*count - i - 1) * sizeof(*out));
	fill(&out[i], r);
}


int naptr_parse(struct dns_naptr out[DNS_NAPTR_MAX], size_t *count,
		const unsigned char *answer, int n)
{
	struct ares_naptr_reply *list = NULL, *r;
	int status = ares_parse_naptr_reply(answer, n, &list), seen = 0;

	*count = 0;
	if (status != ARES_SUCCESS)
		return status;
	for (r = list; r && seen < RECORDS_MAX; r = r->next, seen++)
		if (is_usable(r))
			insert(out, count, r);
	ares_free_data(list);
	return ARES_SUCCESS;
}
