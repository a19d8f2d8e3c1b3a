/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a name server may answer to a question for SRV or NAPTR, which is the
 * first byte: what is taken is in order, and each name may be asked for.
 */
#include <string.h>

#include "fuzz.h"

#include "clock.h"
#include "dns_priv.h"

static void try_srv(const unsigned char *p, int n)
{
	struct srv_target out[SRV_TARGETS_MAX];
	size_t count;

	if (srv_parse(out, &count, p, n))
		assert(!count);
	assert(count <= SRV_TARGETS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert(dns_name_ok(view_str(out[i].host)));
		assert(!i || out[i - 1].priority <= out[i].priority);
	}
}

static bool in_order(const struct dns_naptr *a, const struct dns_naptr *b)
{
	return a->order < b->order ||
	       (a->order == b->order && a->preference <= b->preference);
}

static void try_naptr(const unsigned char *p, int n)
{
	struct dns_naptr out[DNS_NAPTR_MAX];
	size_t count;

	if (naptr_parse(out, &count, p, n))
		assert(!count);
	assert(count <= DNS_NAPTR_MAX);
	for (size_t i = 0; i < count; i++) {
		assert(dns_name_ok(view_str(out[i].name)));
		assert(*out[i].service);
		assert(!i || in_order(&out[i - 1], &out[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		try_naptr(data + 1, (int)size - 1);
	else
		try_srv(data + 1, (int)size - 1);
	return 0;
}
