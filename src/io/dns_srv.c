/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SRV records: out of the answer, into the order to try them in. */
#include <string.h>

#include "clock.h"
#include "dns_priv.h"

/* Looked at in one answer: an answer of 64 KiB could hold thousands. */
enum { RECORDS_MAX = 64 };

bool dns_name_ok(struct view name)
{
	size_t i;
	char c;

	if (!name.n || name.n > DNS_NAME_MAX)
		return false;
	for (i = 0; i < name.n; i++) {
		c = name.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && !memchr("-_.", c, 3))
			return false;
	}
	return name.p[0] != '.';
}


/* The sum of the weights of what shares the priority of v[0]; *n: how many
 * do. v is sorted by priority. */
static uint32_t group(const struct ares_srv_reply *const *v, size_t count,
		      size_t *n)
{
	uint32_t sum = 0;

	for (*n = 0; *n < count && v[*n]->priority == v[0]->priority; ++*n)
		sum += v[*n]->weight;
	return sum;
}


/* RFC 2782: the heavier, the likelier it comes first; those of weight 0
 * stand before the others, so that they have a very small chance. */
static void draw(const struct ares_srv_reply **v, size_t count)
{
	const struct ares_srv_reply *one;
	uint32_t sum, mark;
	size_t n, i;

	sum = group(v, count, &n);
	mark = (uint32_t)(rand_u64() % (sum + UINT64_C(1)));
	sum = 0;
	for (i = 0; i < n - 1; i++) {
		sum += v[i]->weight;
		if (sum >= mark)
			break;
	}
	one = v[i];
	memmove(v + 1, v, i * sizeof(*v));
	v[0] = one;
}


/* By priority, then weight 0 first. */
static bool before(const struct ares_srv_reply *a,
		   const struct ares_srv_reply *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return !a->weight && b->weight;
}


static size_t sorted(const struct ares_srv_reply **v,
		     const struct ares_srv_reply *list)
{
	size_t n = 0, i;

	for (; list && n < RECORDS_MAX; list = list->next) {
		if (!dns_name_ok(view_str(list->host)))
			continue;
		for (i = n++; i && before(list, v[i - 1]); i--)
			v[i] = v[i - 1];
		v[i] = list;
	}
	return n;
}


int srv_parse(struct srv_target out[SRV_TARGETS_MAX], size_t *count,
	      const unsigned char *answer, int n)
{
	const struct ares_srv_reply *v[RECORDS_MAX];
	struct ares_srv_reply *list = NULL;
	int status = ares_parse_srv_reply(answer, n, &list);
	size_t all, i;

	*count = 0;
	if (status != ARES_SUCCESS)
		return status;
	all = sorted(v, list);
	for (i = 0; i < all && i < SRV_TARGETS_MAX; i++) {
		draw(v + i, all - i);
		view_copy(out[i].host, sizeof(out[i].host),
			  view_str(v[i]->host));
		out[i].priority = v[i]->priority;
		out[i].weight = v[i]->weight;
		out[i].port = v[i]->port;
	}
	*count = i;
	ares_free_data(list);
	return ARES_SUCCESS;
}
