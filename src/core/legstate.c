/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The states of a leg: down, joining, up, lost, and joining again after a
 * pause. A lost connection or a refused password concerns all legs of that
 * account, so they share one pause; a place that refuses concerns one leg.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum {
	PAUSE_SELDOM = 60, /* times backoff_ms: first pause when refused */
	PAUSE_MAX = 300,
	UP_LONG_MS = 60 * 1000, /* up for so long: begin anew */
	ERROR_MAX = 200,
};

static const char *const why_names[] = {
	[LOST_NET] = "connection lost",
	[LOST_AUTH] = "login refused",
	[LOST_REFUSED] = "refused by the place",
	[LOST_CONFIG] = "cannot work as configured",
};

void leg_set_state(struct leg *l, enum leg_state state, const char *why)
{
	enum log_level level = state == LEG_LOST ? LOG_WARNING : LOG_INFO;

	if (l->state == state)
		return;
	if (l->state == LEG_UP)
		l->down_ms = now_ms();
	l->state = state;
	l->since_ms = now_ms();
	if (state == LEG_UP) {
		l->up_ms = l->since_ms;
		l->away_ms = alive_gap(l);
	}
	log_line(level, "link %s (%s): %s%s%s", l->label, l->target,
		 leg_state_name(state), why ? ": " : "", why ? why : "");
}

/* ---- pauses ---- */

static struct pause *pause_of(const struct leg *l)
{
	struct hub *h = l->room->hub;
	struct lnode *n, *nx;
	struct pause *p;

	LIST_EACH (&h->pauses, n, nx) {
		p = CONTAINER(n, struct pause, in_hub);
		if (p->face == l->face && !strcmp(p->via, l->via))
			return p;
	}
	p = mem_zalloc(sizeof(*p));
	p->face = l->face;
	p->via = mem_strdup(l->via);
	list_append(&h->pauses, &p->in_hub);
	return p;
}

void pauses_free(struct hub *h)
{
	struct lnode *n;

	while ((n = list_shift(&h->pauses)) != NULL) {
		struct pause *p = CONTAINER(n, struct pause, in_hub);

		mem_free(p->via);
		mem_free(p);
	}
}

/* 1, 2, 4 .. 300 (or 60, 120 .. 300) times the base, +-20 %: links that were
 * lost together do not come back together. */
static uint64_t pause_ms(const struct hub *h, enum lost_why why,
			 unsigned tries)
{
	uint64_t times = why == LOST_NET ? 1 : PAUSE_SELDOM;

	times <<= tries < 10 ? tries : 10;
	if (times > PAUSE_MAX)
		times = PAUSE_MAX;
	return h->backoff_ms * times * (80 + rand_u64() % 41) / 100;
}

static uint64_t shared_pause(struct leg *l, enum lost_why why, bool was_long)
{
	struct pause *p = pause_of(l);
	uint64_t now = now_ms();

	if (now < p->until_ms)
		return p->until_ms - now;
	if (was_long || p->why != why)
		p->tries = 0;
	p->why = why;
	p->until_ms = now + pause_ms(l->room->hub, why, p->tries++);
	return p->until_ms - now;
}

static uint64_t next_try(struct leg *l, enum lost_why why)
{
	bool was_long =
		l->state == LEG_UP && now_ms() - l->since_ms >= UP_LONG_MS;

	if (was_long)
		l->tries = l->refusals = 0;
	l->tries++;
	if (why == LOST_REFUSED || why == LOST_CONFIG)
		return pause_ms(l->room->hub, why, l->refusals++);
	return shared_pause(l, why, was_long);
}

/* ---- lost and joining ---- */

/* One line of at most ERROR_MAX bytes; peers write into it. */
static void set_error(struct leg *l, enum lost_why why, struct view text)
{
	struct buf b = { 0 };
	size_t i;

	buf_adds(&b, why_names[why]);
	if (!view_empty(text))
		buf_adds(&b, ": ");
	utf8_clean(&b, view_head(text, ERROR_MAX));
	b.n = utf8_cut(buf_view(&b), ERROR_MAX);
	for (i = 0; i < b.n; i++) {
		if (b.p[i] == '\n')
			b.p[i] = ' ';
	}
	mem_free(l->error);
	l->error = buf_take(&b);
}

static void on_retry(struct wtimer *t)
{
	leg_attach(CONTAINER(t, struct leg, retry));
}

static void leg_lost(struct leg *l, enum lost_why why, struct view text)
{
	struct hub *h = l->room->hub;
	uint64_t ms;

	set_error(l, why, text);
	if (l->state == LEG_LOST)
		return;
	ms = next_try(l, why);
	mem_free(l->own_nick);
	l->own_nick = NULL;
	wheel_start(h->wheel, &l->retry, ms, on_retry);
	leg_set_state(l, LEG_LOST, l->error);
}

/* What was stored may not be possible any more: another configuration says so
 * in its words. */
static bool may_be(struct leg *l, struct buf *why)
{
	const struct face_ops *ops = l->face->ops;
	struct buf via = { 0 };
	bool may = !ops->check ||
		   !ops->check(l->face->obj, view_str(l->target),
			       view_str(l->via), &via, why);

	buf_free(&via);
	return may;
}

static void attach_failed(struct leg *l, int err)
{
	struct buf why = { 0 };

	if (err == EACCES && l->face->ops->refusal)
		l->face->ops->refusal(l->face->obj, l, &why);
	if (why.n)
		leg_lost(l, LOST_AUTH, buf_view(&why));
	else
		leg_lost(l, err == EINVAL ? LOST_CONFIG : LOST_NET,
			 view_str(strerror(err)));
	buf_free(&why);
}

static void try_attach(struct leg *l)
{
	struct buf why = { 0 };
	int err;

	if (!may_be(l, &why)) {
		leg_lost(l, LOST_CONFIG, buf_view(&why));
	} else {
		err = l->face->ops->attach(l->face->obj, l);
		if (err)
			attach_failed(l, err);
	}
	buf_free(&why);
}

void leg_attach(struct leg *l)
{
	struct hub *h = l->room->hub;

	if (h->state != HUB_RUNNING || !l->face || l->leaving ||
	    l->state == LEG_UP || l->state == LEG_JOINING)
		return;
	wheel_stop(h->wheel, &l->retry);
	leg_set_state(l, LEG_JOINING, NULL);
	try_attach(l);
}

void leg_detach(struct leg *l, const char *why)
{
	struct hub *h = l->room->hub;

	wheel_stop(h->wheel, &l->retry);
	if (l->state == LEG_DOWN)
		return;
	if (h->state == HUB_RUNNING)
		l->face->ops->detach(l->face->obj, l);
	leg_set_state(l, LEG_DOWN, why);
}

void hub_link_kick(struct hub *h, struct leg *leg)
{
	if (h->state != HUB_RUNNING || leg->state != LEG_LOST)
		return;
	pause_of(leg)->until_ms = 0;
	leg_attach(leg);
}

/* ---- up from the faces ---- */

static char *clean_nick(struct view nick)
{
	struct buf b = { 0 };

	utf8_clean_name(&b, nick, MSG_NAME_MAX);
	return buf_take(&b);
}

/* A worker that was replaced joins on its own, so a lost leg may come up; one
 * that is up may have got another nick. */
void hub_on_attached(struct hub *h, uint64_t leg, struct view own_nick)
{
	struct leg *l = hub_leg_by_id(h, leg);

	if (!l || h->state != HUB_RUNNING || l->state == LEG_DOWN)
		return;
	mem_free(l->own_nick);
	l->own_nick = clean_nick(own_nick);
	if (l->state == LEG_UP)
		return;
	wheel_stop(h->wheel, &l->retry);
	leg_set_state(l, LEG_UP, l->own_nick);
	leg_catch_up(l);
}

void hub_on_lost(struct hub *h, uint64_t leg, enum lost_why why,
		 struct view text)
{
	struct leg *l = hub_leg_by_id(h, leg);

	if (!l || h->state != HUB_RUNNING || l->state == LEG_DOWN)
		return;
	leg_lost(l, why, text);
}
