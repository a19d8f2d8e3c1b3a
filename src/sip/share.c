/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a few places; the hash says which row. */
#include "share_priv.h"

#include "mem.h"

struct shares {
	struct share *place; /* owned */
	size_t rows;
};

struct shares *shares_new(size_t rows)
{
	struct shares *ss = mem_zalloc(sizeof(*ss));

	ss->rows = rows;
	/* The kernel gives these pages when they are used. */
	ss->place = mem_zalloc(rows * SHARE_WAYS * sizeof(*ss->place));
	return ss;
}

void shares_free(struct shares *ss)
{
	if (!ss)
		return;
	mem_free(ss->place);
	mem_free(ss);
}

static bool goes_before(const struct share *a, const struct share *b)
{
	if (a->known != b->known)
		return b->known;
	return a->taken.full_us < b->taken.full_us;
}

struct share *shares_of(struct shares *ss, uint64_t who)
{
	struct share *row = &ss->place[(who & (ss->rows - 1)) * SHARE_WAYS];
	struct share *quiet = row;
	int i;

	for (i = 0; i < SHARE_WAYS; i++) {
		if (row[i].who == who)
			return &row[i];
		if (goes_before(&row[i], quiet))
			quiet = &row[i];
	}
	*quiet = (struct share){ .who = who };
	return quiet;
}
