/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring, because all live equally long: the oldest is always the next to go,
 * and one timer does for all. A table with open addressing leads from the key,
 * which is as good as random, to the place in the ring.
 */
#include "done_priv.h"

#include <string.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"
#include "text_priv.h"

enum { RING_MIN = 1024, SWEEP_MS = 500 };

struct done {
	struct stxn_key key;
	char *text; /* owned: reason, NUL, header lines, NUL; NULL: neither */
	uint32_t at_ms; /* the time's lower half */
	uint16_t status;
};

_Static_assert(sizeof(struct done) <= 32, "there are many of these");

struct dones {
	struct wheel *wheel;  /* borrowed */
	struct wtimer sweep;
	struct done *ring;    /* owned; NULL: there are none */
	uint32_t *table;      /* owned: place in the ring + 1; 0: empty */
	size_t mask;          /* of the ring; the table is twice as long */
	uint64_t first, next; /* numbers of the oldest and the one to come */
	size_t max;
	uint64_t life_ms;
};

struct dones *dones_new(struct wheel *w, size_t max, uint64_t life_ms)
{
	struct dones *ds = mem_zalloc(sizeof(*ds));

	ds->wheel = w;
	ds->max = max;
	ds->life_ms = life_ms;
	return ds;
}

size_t dones_count(const struct dones *ds)
{
	return (size_t)(ds->next - ds->first);
}

size_t dones_bytes(const struct dones *ds)
{
	if (!ds->ring)
		return 0;
	return (ds->mask + 1) *
	       (sizeof(*ds->ring) + 2 * sizeof(*ds->table));
}

static struct done *done_at(const struct dones *ds, uint64_t number)
{
	return &ds->ring[number & ds->mask];
}

/* ---- by key ---- */

static size_t table_mask(const struct dones *ds)
{
	return 2 * ds->mask + 1;
}

static size_t home_of(const struct dones *ds, const struct stxn_key *key)
{
	return key->a & table_mask(ds);
}

/* Where it stands, or where it would. */
static size_t table_place(const struct dones *ds, const struct stxn_key *key)
{
	size_t i = home_of(ds, key);
	const struct done *d;

	for (; ds->table[i]; i = (i + 1) & table_mask(ds)) {
		d = &ds->ring[ds->table[i] - 1];
		if (d->key.a == key->a && d->key.b == key->b)
			break;
	}
	return i;
}

/* What stands behind moves up, unless it would pass its home. */
static void table_del(struct dones *ds, const struct stxn_key *key)
{
	size_t hole = table_place(ds, key), i = hole, home;
	size_t mask = table_mask(ds);

	while (ds->table[i = (i + 1) & mask]) {
		home = home_of(ds, &ds->ring[ds->table[i] - 1].key);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		ds->table[hole] = ds->table[i];
		hole = i;
	}
	ds->table[hole] = 0;
}

static void table_add(struct dones *ds, uint64_t number)
{
	size_t i = table_place(ds, &done_at(ds, number)->key);

	ds->table[i] = (uint32_t)(number & ds->mask) + 1;
}

/* ---- the ring ---- */

static void ring_free(struct dones *ds)
{
	mem_free(ds->ring);
	mem_free(ds->table);
	ds->ring = NULL;
	ds->table = NULL;
	ds->mask = 0;
}

static void forget(struct dones *ds)
{
	struct done *d = done_at(ds, ds->first++);

	table_del(ds, &d->key);
	mem_free(d->text);
	if (ds->first == ds->next)
		ring_free(ds);
}

static void ring_resize(struct dones *ds, size_t size)
{
	struct done *old = ds->ring;
	size_t mask = ds->mask;
	uint64_t n;

	mem_free(ds->table);
	ds->ring = mem_array(NULL, size, sizeof(*ds->ring));
	ds->mask = size - 1;
	ds->table = mem_zalloc(2 * size * sizeof(*ds->table));
	for (n = ds->first; n < ds->next; n++) {
		*done_at(ds, n) = old[n & mask];
		table_add(ds, n);
	}
	mem_free(old);
}

static void make_room(struct dones *ds)
{
	if (dones_count(ds) >= ds->max)
		forget(ds);
	if (!ds->ring)
		ring_resize(ds, RING_MIN);
	else if (dones_count(ds) > ds->mask)
		ring_resize(ds, 2 * (ds->mask + 1));
}

static bool is_old(const struct dones *ds, const struct done *d)
{
	return (uint32_t)((uint32_t)now_ms() - d->at_ms) >= ds->life_ms;
}

static void on_sweep(struct wtimer *t)
{
	struct dones *ds = CONTAINER(t, struct dones, sweep);

	while (dones_count(ds) && is_old(ds, done_at(ds, ds->first)))
		forget(ds);
	if (dones_count(ds))
		wheel_start(ds->wheel, t, SWEEP_MS, on_sweep);
}

/* ---- what is kept ---- */

/* NULL where the status says it all. */
static char *text_of(const struct answer *a)
{
	struct buf b = { 0 };

	if (!a->reason.n && !a->count)
		return NULL;
	buf_addv(&b, a->reason);
	buf_addc(&b, '\0');
	text_put_headers(&b, a->headers, a->count);
	return buf_take(&b);
}

void dones_add(struct dones *ds, const struct stxn_key *key,
	       const struct answer *a)
{
	struct done *d;

	make_room(ds);
	if (ds->table[table_place(ds, key)])
		return;
	d = done_at(ds, ds->next);
	d->key = *key;
	d->text = text_of(a);
	d->at_ms = (uint32_t)now_ms();
	d->status = (uint16_t)a->status;
	table_add(ds, ds->next++);
	if (!wtimer_running(&ds->sweep))
		wheel_start(ds->wheel, &ds->sweep, ds->life_ms, on_sweep);
}

bool dones_find(const struct dones *ds, const struct stxn_key *key,
		struct answer *out)
{
	const struct done *d;
	uint32_t place;

	place = ds->ring ? ds->table[table_place(ds, key)] : 0;
	if (!place || is_old(ds, &ds->ring[place - 1]))
		return false;
	d = &ds->ring[place - 1];
	*out = (struct answer){ .status = d->status };
	if (d->text) {
		out->reason = view_str(d->text);
		out->lines = view_str(d->text + out->reason.n + 1);
	}
	return true;
}

void dones_halve(struct dones *ds)
{
	size_t n = (dones_count(ds) + 1) / 2, size = ds->mask + 1;

	while (n--)
		forget(ds);
	while (ds->ring && size / 2 >= RING_MIN && dones_count(ds) < size / 2)
		size /= 2;
	if (ds->ring && size <= ds->mask)
		ring_resize(ds, size);
}

void dones_free(struct dones *ds)
{
	if (!ds)
		return;
	wheel_stop(ds->wheel, &ds->sweep);
	while (dones_count(ds))
		forget(ds);
	mem_free(ds);
}
