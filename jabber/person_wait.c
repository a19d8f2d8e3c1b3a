/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What time brings: those who wait for a user's login hear of it, or that it
 * did not come; and he for whom nothing has passed for long enough goes.
 */
#include "person_priv.h"

#include <errno.h>

#include "clock.h"
#include "mem.h"

enum { WAITING = 50 };

struct waiting {
	struct lnode node; /* person.waiting, by time */
	person_wait_h *h;
	void *arg;
	uint64_t until_ms;
	bool at_once;      /* he was online already */
};

static void on_idle(struct wtimer *t);

/* At the latest then: an earlier look stays. */
static void look_again(struct person *p, uint64_t ms)
{
	uint64_t at = now_ms() + ms;

	if (wtimer_running(&p->idle) && p->look_ms <= at)
		return;
	p->look_ms = at;
	wheel_start(person_wheel(p), &p->idle, ms, on_idle);
}

void person_waited(struct person *p, int err)
{
	size_t left = p->waiting.count;

	while (left-- && !list_empty(&p->waiting)) {
		struct waiting *w = CONTAINER(list_first(&p->waiting),
					      struct waiting, node);
		struct waiting got = *w;

		list_remove(&p->waiting, &w->node);
		mem_free(w);
		got.h(err, got.arg);
	}
}

/* Those whose time is up. */
static void run_late(struct person *p)
{
	size_t left = p->waiting.count;

	/* whoever is told may end others' waiting */
	while (left-- && !list_empty(&p->waiting)) {
		struct waiting *w = CONTAINER(list_first(&p->waiting),
					      struct waiting, node);
		struct waiting got = *w;

		if (!got.at_once && now_ms() < got.until_ms)
			return;
		list_remove(&p->waiting, &w->node);
		mem_free(w);
		got.h(person_is_online(p) ? 0 :
		      got.at_once	  ? ENOSPC :
					    ETIMEDOUT,
		      got.arg);
	}
}

void person_wait_free(struct person *p)
{
	struct lnode *n;

	while ((n = list_shift(&p->waiting)))
		mem_free(CONTAINER(n, struct waiting, node));
}

void person_wait(struct person *p, person_wait_h *h, void *arg)
{
	struct waiting *w = mem_zalloc(sizeof(*w));
	size_t max = p->gate->conf.waiting ? p->gate->conf.waiting : WAITING;

	w->h = h;
	w->arg = arg;
	w->at_once = person_is_online(p) || p->waiting.count >= max;
	w->until_ms = now_ms() + p->gate->conf.delay_s * UINT64_C(1000);
	if (w->at_once) {
		list_prepend(&p->waiting, &w->node);
		look_again(p, 0);
	} else {
		list_append(&p->waiting, &w->node);
		look_again(p, 1000);
	}
}

void person_unwait(struct person *p, const void *arg)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->waiting, n, nx) {
		struct waiting *w = CONTAINER(n, struct waiting, node);

		if (w->arg != arg)
			continue;
		list_remove(&p->waiting, n);
		mem_free(w);
	}
}

bool person_is_kept(const struct person *p)
{
	return p->holds || p->wanted || !list_empty(&p->waiting) ||
	       p->login == GATE_ALWAYS ||
	       (p->login == GATE_REGISTERED && p->here && !p->refused);
}

void person_hold(struct person *p)
{
	p->holds++;
}

void person_release(struct person *p)
{
	p->holds--;
	person_busy(p);
}

void person_busy(struct person *p)
{
	p->busy_ms = now_ms();
	look_again(p, p->gate->conf.cache_s * UINT64_C(1000) + 1000);
}

/* Looks after all that time brings: late waits, idleness, the end. */
static void on_idle(struct wtimer *t)
{
	struct person *p = CONTAINER(t, struct person, idle);
	uint64_t cache_ms = p->gate->conf.cache_s * UINT64_C(1000);
	uint64_t idle_ms;

	p->holds++; /* handlers may let him go */
	run_late(p);
	p->holds--;
	idle_ms = now_ms() - p->busy_ms;
	if (!list_empty(&p->waiting))
		look_again(p, 1000);
	else if (person_is_kept(p) || idle_ms < cache_ms)
		look_again(p, idle_ms < cache_ms ? cache_ms - idle_ms + 1000 :
						   cache_ms + 1000);
	else if (p->account && p->account->state != XLINK_OFF) {
		person_give_place(p);
		person_say_offline(p);
		look_again(p, cache_ms + 1000);
	} else {
		person_gone(p);
	}
}
