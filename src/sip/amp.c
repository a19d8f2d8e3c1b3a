/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One debt an address, paid off by the time. */
#include "amp_priv.h"

#include "clock.h"
#include "hash.h"
#include "list.h"
#include "mem.h"

struct debt {
	struct hnode by_source;
	struct lnode order; /* by last touch */
	uint64_t bytes, at_ms;
};

struct amp {
	struct htable debts; /* owns them; a source is its own hash */
	struct list order;
	size_t max;
};

struct amp *amp_new(size_t max)
{
	struct amp *a = mem_zalloc(sizeof(*a));

	list_init(&a->order);
	a->max = max;
	return a;
}

static void debt_free(struct amp *a, struct debt *d)
{
	htable_del(&a->debts, &d->by_source);
	list_remove(&a->order, &d->order);
	mem_free(d);
}

void amp_free(struct amp *a)
{
	struct hnode *n;

	if (!a)
		return;
	while ((n = htable_pop(&a->debts)))
		mem_free(CONTAINER(n, struct debt, by_source));
	htable_free(&a->debts);
	mem_free(a);
}

static struct debt *touch(struct amp *a, uint64_t source)
{
	struct hnode *n = htable_find(&a->debts, source);
	struct debt *d;

	if (n) {
		d = CONTAINER(n, struct debt, by_source);
		list_remove(&a->order, &d->order);
	} else {
		if (a->debts.count >= a->max)
			debt_free(a, CONTAINER(list_first(&a->order),
					       struct debt, order));
		d = mem_zalloc(sizeof(*d));
		d->at_ms = now_ms();
		htable_add(&a->debts, &d->by_source, source);
	}
	list_append(&a->order, &d->order);
	return d;
}

bool amp_take(struct amp *a, uint64_t source, size_t bytes)
{
	struct debt *d;
	uint64_t paid;

	if (!bytes)
		return true;
	d = touch(a, source);
	paid = (now_ms() - d->at_ms) * AMP_PER_S / 1000;
	if (paid) {
		d->bytes -= paid < d->bytes ? paid : d->bytes;
		d->at_ms = now_ms();
	}
	if (d->bytes + bytes > AMP_BURST)
		return false;
	d->bytes += bytes;
	return true;
}

void amp_forgive(struct amp *a, uint64_t source)
{
	struct hnode *n = htable_find(&a->debts, source);

	if (n)
		debt_free(a, CONTAINER(n, struct debt, by_source));
}
