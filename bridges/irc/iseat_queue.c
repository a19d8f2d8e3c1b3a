/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What waits for a seat to come up, and what it has sent and was not told of
 * yet. */
#include <errno.h>

#include "clock.h"
#include "iseat_priv.h"
#include "mem.h"

enum { DELAY_S = 90, WAITING = 50 };

struct waiting {
	struct lnode node; /* seat.waiting, by time */
	seat_wait_h *h;
	void *arg;
	uint64_t until_ms;
};

struct tag {
	struct lnode node; /* seat.tags, as they were sent */
	uint64_t tag;
	seat_told_h *told;
	void *arg;
};

void queue_drop(struct seat *s)
{
	struct lnode *n;

	while ((n = list_shift(&s->waiting)))
		mem_free(CONTAINER(n, struct waiting, node));
	while ((n = list_shift(&s->tags)))
		mem_free(CONTAINER(n, struct tag, node));
}

/* ---- what waits ---- */

void queue_run(struct seat *s, int err)
{
	size_t left = s->waiting.count;
	struct lnode *n;

	/* whoever is told may end others' waiting */
	while (left-- && (n = list_shift(&s->waiting))) {
		struct waiting *w = CONTAINER(n, struct waiting, node);
		struct waiting got = *w;

		mem_free(w);
		got.h(err, got.arg);
	}
}

/* Those whose time is up. */
void queue_run_late(struct seat *s)
{
	size_t left = s->waiting.count;
	struct lnode *n;

	while (left-- && (n = list_first(&s->waiting))) {
		struct waiting *w = CONTAINER(n, struct waiting, node);
		struct waiting got = *w;

		if (now_ms() < got.until_ms)
			return;
		list_remove(&s->waiting, n);
		mem_free(w);
		got.h(ETIMEDOUT, got.arg);
	}
}

void seat_wait(struct seat *s, seat_wait_h *h, void *arg)
{
	const struct igate_conf *c = &s->gate->conf;
	struct waiting *w;

	if (s->waiting.count >= (c->waiting ? c->waiting : WAITING)) {
		h(ENOSPC, arg);
		return;
	}
	w = mem_zalloc(sizeof(*w));
	w->h = h;
	w->arg = arg;
	w->until_ms = now_ms() +
		      (c->delay_s ? c->delay_s : DELAY_S) * UINT64_C(1000);
	list_append(&s->waiting, &w->node);
	seat_look(s, s->state == SEAT_UP || s->state == SEAT_OFF ? 0 : 1000);
}

void seat_unwait(struct seat *s, const void *arg)
{
	struct lnode *n, *nx;

	LIST_EACH (&s->waiting, n, nx) {
		struct waiting *w = CONTAINER(n, struct waiting, node);

		if (w->arg != arg)
			continue;
		list_remove(&s->waiting, n);
		mem_free(w);
	}
}

/* ---- what is sent ---- */

static struct tag *tag_take(struct seat *s, uint64_t number)
{
	struct lnode *n, *nx;

	/* nearly always the first */
	LIST_EACH (&s->tags, n, nx) {
		struct tag *t = CONTAINER(n, struct tag, node);

		if (t->tag != number)
			continue;
		list_remove(&s->tags, n);
		return t;
	}
	return NULL;
}

int seat_send(struct seat *s, const struct ircp *p, seat_told_h *told,
	      void *arg)
{
	struct buf b = { 0 };
	struct tag *t;
	int err = s->state == SEAT_UP ? ircp_put(&b, p) : ENOTCONN;

	if (!err)
		err = session_send(s->session, told ? s->next_tag + 1 : 0,
				   buf_view(&b));
	buf_free(&b);
	if (err || !told)
		return err;
	t = mem_zalloc(sizeof(*t));
	t->tag = ++s->next_tag;
	t->told = told;
	t->arg = arg;
	list_append(&s->tags, &t->node);
	return 0;
}

void seat_untell(struct seat *s, const void *arg)
{
	struct lnode *n, *nx;

	/* the number stays: an answer may still come */
	LIST_EACH (&s->tags, n, nx) {
		struct tag *t = CONTAINER(n, struct tag, node);

		if (t->arg != arg)
			continue;
		list_remove(&s->tags, n);
		mem_free(t);
	}
}

void queue_on_sent(struct session *session, uint64_t number, int err,
		   struct view text, void *arg)
{
	struct seat *s = arg;
	struct tag *t = tag_take(s, number), got;

	(void)session;
	if (!t)
		return;
	got = *t;
	mem_free(t);
	s->holds++; /* handlers may make room */
	got.told(err, text, got.arg);
	s->holds--;
	if (s->part_ms && list_empty(&s->tags))
		seat_look(s, 0);
}

void queue_tell_none(struct seat *s)
{
	size_t left = s->tags.count;
	struct lnode *n;

	while (left-- && (n = list_shift(&s->tags))) {
		struct tag *t = CONTAINER(n, struct tag, node);
		struct tag got = *t;

		mem_free(t);
		got.told(EAGAIN, VIEW("the connection broke"), got.arg);
	}
}
