/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parcels of gateways have in common: see flat.h. */
#include <assert.h>
#include <errno.h>

#include "flat.h"
#include "framer.h"
#include "utf8.h"

enum {
	FLAT_MAX = FRAME_PAYLOAD_MAX - 64,
	NUMBERS_MAX = 8,
	NUMBER_LEN = 21 /* digits of 2^64, and what parts them */
};

static int check(const struct view *texts, size_t count, size_t numbers)
{
	size_t n = numbers * NUMBER_LEN;

	for (size_t i = 0; i < count; i++) {
		if (texts[i].n > FLAT_MAX)
			return EMSGSIZE;
		n += 1 + texts[i].n;
	}
	if (n > FLAT_MAX)
		return EMSGSIZE;
	for (size_t i = 0; i < count; i++)
		if (view_has(texts[i], '\0'))
			return EBADMSG;
	return 0;
}

int flat_put(struct buf *b, const uint64_t *numbers, size_t count,
	     const struct view *texts, size_t text_count)
{
	int err = check(texts, text_count, count);

	assert(count <= NUMBERS_MAX);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addc(b, ' ');
		buf_add_u64(b, numbers[i]);
	}
	for (size_t i = 0; i < text_count; i++) {
		buf_addc(b, '\0');
		buf_addv(b, texts[i]);
	}
	return 0;
}

static int get_numbers(struct view head, uint64_t *numbers, size_t count)
{
	struct view word;
	bool more = true;

	for (size_t i = 0; i < count; i++) {
		if (!more)
			return EBADMSG;
		more = view_cut(head, ' ', &word, &head);
		if (view_u64(&numbers[i], word, UINT64_MAX))
			return EBADMSG;
	}
	return more ? EBADMSG : 0;
}

int flat_get(struct view parcel, uint64_t *numbers, size_t count,
	     struct view *texts, size_t text_count)
{
	struct view head, rest;
	bool more = view_cut(parcel, '\0', &head, &rest);

	if (parcel.n > FLAT_MAX || !utf8_valid(parcel) ||
	    get_numbers(head, numbers, count))
		return EBADMSG;
	for (size_t i = 0; i < text_count; i++) {
		if (!more)
			return EBADMSG;
		more = view_cut(rest, '\0', &texts[i], &rest);
	}
	return more ? EBADMSG : 0;
}
