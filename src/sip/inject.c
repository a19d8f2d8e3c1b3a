/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Injected requests, in a table by id. Nothing is repeated here: whoever
 * received the request absorbs its retransmissions. */
#include "inject_priv.h"

#include <errno.h>

#include "hash.h"
#include "mem.h"
#include "stxn_priv.h"

#define INJECTED (UINT64_C(1) << 63)

struct inject {
	struct hnode by_id;
	struct wtimer timer;
	struct injects *set; /* borrowed */
	uint64_t id;
	struct sip_injection in;
};

struct injects {
	struct wheel *wheel; /* borrowed */
	struct htable by_id; /* owns them */
	uint64_t last;
	size_t max;
	void (*stuck)(uint64_t id, void *arg);
	void *arg;
};

struct injects *injects_new(struct wheel *w, size_t max,
			    void (*stuck)(uint64_t id, void *arg), void *arg)
{
	struct injects *is = mem_zalloc(sizeof(*is));

	is->wheel = w;
	is->max = max;
	is->stuck = stuck;
	is->arg = arg;
	return is;
}

static void inject_free(struct inject *i)
{
	htable_del(&i->set->by_id, &i->by_id);
	wheel_stop(i->set->wheel, &i->timer);
	mem_free(i);
}

void injects_free(struct injects *is)
{
	struct hnode *n;

	if (!is)
		return;
	while ((n = htable_pop(&is->by_id)))
		inject_free(CONTAINER(n, struct inject, by_id));
	htable_free(&is->by_id);
	mem_free(is);
}

size_t injects_count(const struct injects *is)
{
	return is->by_id.count;
}

static void on_stuck(struct wtimer *timer)
{
	struct inject *i = CONTAINER(timer, struct inject, timer);

	i->set->stuck(i->id, i->set->arg);
}

int injects_add(struct injects *is, uint64_t *id,
		const struct sip_injection *in)
{
	struct inject *i;

	if (injects_count(is) >= is->max)
		return ENOBUFS;
	i = mem_zalloc(sizeof(*i));
	i->set = is;
	i->id = INJECTED | ++is->last;
	i->in = *in;
	i->in.packet = VIEW_NONE;
	htable_add(&is->by_id, &i->by_id, hash_u64(i->id));
	wheel_start(is->wheel, &i->timer, STXN_WAIT_MS, on_stuck);
	*id = i->id;
	return 0;
}

bool injects_is(uint64_t id)
{
	return id & INJECTED;
}

bool injects_take(struct injects *is, uint64_t id, struct sip_injection *out)
{
	struct hnode *n = htable_find(&is->by_id, hash_u64(id));

	while (n && CONTAINER(n, struct inject, by_id)->id != id)
		n = htable_more(n);
	if (!n)
		return false;
	*out = CONTAINER(n, struct inject, by_id)->in;
	inject_free(CONTAINER(n, struct inject, by_id));
	return true;
}
