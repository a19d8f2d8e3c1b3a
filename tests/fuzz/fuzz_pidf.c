/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A document of presence, as any phone may publish it. What can be read can
 * be written, and what was written says the same of the user; also after it
 * was put together with itself.
 */
#include "fuzz.h"

#include "compose.h"
#include "pidf.h"
#include "utf8.h"

static void check(const struct presence_state *s, const struct buf *texts)
{
	struct view all = buf_view(texts);

	assert(s->count <= PRESENCE_PLACES_MAX);
	for (size_t i = 0; i < s->count; i++) {
		const struct presence_place *p = &s->place[i];

		assert(fuzz_within(p->id, all) && fuzz_within(p->note, all));
		assert(p->note.n <= PRESENCE_NOTE_MAX);
		assert(p->priority >= 0 && p->priority <= 127);
		assert(p->show <= SHOW_DND);
		assert(utf8_valid(p->note));
	}
}

static void write_and_read(const struct presence_state *s)
{
	struct presence_state again;
	struct buf out = { 0 }, texts = { 0 };

	pidf_put(&out, VIEW("sip:a@b"), s);
	if (out.n <= PIDF_MAX) {
		assert(!pidf_read(&again, &texts, buf_view(&out)));
		assert(again.count == (s->count ? s->count : 1));
		assert(presence_best(&again) == presence_best(s));
	}
	buf_free(&out);
	buf_free(&texts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view body = view_mem(data, size);
	const struct view twice[] = { body, body };
	struct composed *c = composed_new();
	struct presence_state s;
	struct buf texts = { 0 };

	if (!pidf_read(&s, &texts, body)) {
		check(&s, &texts);
		write_and_read(&s);
		write_and_read(compose(c, VIEW("sip:a@b"), twice, 2, true));
	}
	composed_free(c);
	buf_free(&texts);
	assert(!mem_live());
	return 0;
}
