/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wire decoder on anything: the first bytes are direction, type and id,
 * the rest is the payload. What decodes has to encode to the same bytes.
 */
#include <stdlib.h>

#include "fuzz.h"

#include "buf.h"
#include "utf8.h"
#include "wire.h"

static void check_texts(const struct wire_msg *m)
{
	size_t i;

	for (i = 0; i < WIRE_FIELDS_MAX; i++) {
		if (!utf8_valid(m->s[i]))
			abort();
	}
	if (m->settings_count > WIRE_SETTINGS_MAX)
		abort();
	for (i = 0; i < m->settings_count; i++) {
		if (!utf8_valid(m->settings[i].key) ||
		    !utf8_valid(m->settings[i].value))
			abort();
	}
}

static void check_bytes(const struct wire_msg *m, struct view payload)
{
	struct buf b = { 0 };

	if (wire_encode(&b, m) || !view_eq(buf_view(&b), payload))
		abort();
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = { .v = view_mem(data, size) };
	bool to_worker = reader_u8(&r) & 1;
	struct frame f = { 0 };
	struct wire_msg m;
	const char *why;

	/* Small types mostly, but unknown ones as well. */
	f.type = reader_u8(&r) % (WIRE_TYPES_END + 4);
	f.id = reader_u32(&r);
	if (r.bad)
		return 0;
	f.payload = r.v;
	if (wire_decode(&m, &f, to_worker, &why)) {
		if (!why || m.type != WIRE_NONE)
			abort();
		return 0;
	}
	if (m.type != f.type || m.id != f.id)
		abort();
	check_texts(&m);
	check_bytes(&m, f.payload);
	return 0;
}
