/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What few members have: a million of them are idle, and only who is away,
 * invited, muted or has spoken needs more than his name and his cursor. Made
 * when it is needed, freed with the next pruning of the journal when nothing
 * in it counts any more.
 */
#include "clock.h"
#include "hub_priv.h"
#include "mem.h"

/* No device remembers a failure for longer (RFC 3261 17.2.2: 32 s). */
enum { FAILED_KEEP_MS = 60 * 1000 };

struct member_more *member_more(struct member *m)
{
	if (!m->more) {
		m->more = mem_zalloc(sizeof(*m->more));
		m->more->member = m;
		list_append(&m->room->hub->mores, &m->more->in_hub);
	}
	return m->more;
}

void member_more_forget_told(struct member_more *more)
{
	while (more->ntold)
		mem_deref(more->told[--more->ntold]);
	mem_free(more->told);
	more->told = NULL;
}

/* Who is in no table is not counted in his room either. */
void member_not_away(struct member *m)
{
	struct htable *waiting = &m->room->hub->waiting;
	size_t before = waiting->count;

	htable_del(waiting, &m->more->waiting);
	if (waiting->count == before)
		return;
	if (--m->room->away == 0)
		weigh_free(m->room);
}

void member_more_free(struct member *m)
{
	if (!m->more)
		return;
	member_retry_stop(m);
	list_remove(&m->room->hub->mores, &m->more->in_hub);
	member_not_away(m);
	member_more_forget_told(m->more);
	while (m->more->ndoomed)
		mem_deref(m->more->doomed[--m->more->ndoomed]);
	mem_free(m->more->doomed);
	mem_deref(m->more->inviter);
	mem_free(m->more->away);
	mem_free(m->more);
	m->more = NULL;
}

static bool counts(const struct member *m)
{
	const struct member_more *more = m->more;

	return m->tries || member_retry_running(m) || more->inviter ||
	       more->away || more->said || more->missed || more->ntold ||
	       more->ndoomed ||
	       more->muted_until_ms > wall_ms() ||
	       (more->failed_ms &&
		now_ms() - more->failed_ms < FAILED_KEEP_MS);
}

void member_more_tidy(struct hub *h)
{
	struct lnode *n, *nx;

	LIST_EACH (&h->mores, n, nx) {
		struct member_more *more =
			CONTAINER(n, struct member_more, in_hub);

		if (!counts(more->member))
			member_more_free(more->member);
	}
}

void member_more_stop(struct hub *h)
{
	struct lnode *n, *nx;

	LIST_EACH (&h->mores, n, nx)
		wheel_stop(h->wheel,
			   &CONTAINER(n, struct member_more, in_hub)->retry);
}

/* ---- the timer ---- */

bool member_retry_running(const struct member *m)
{
	return m->more && wtimer_running(&m->more->retry);
}

void member_retry_start(struct member *m, uint64_t after_ms, wtimer_h *h)
{
	wheel_start(m->room->hub->wheel, &member_more(m)->retry, after_ms, h);
}

void member_retry_stop(struct member *m)
{
	if (m->more)
		wheel_stop(m->room->hub->wheel, &m->more->retry);
}

struct member *member_of_retry(struct wtimer *t)
{
	return CONTAINER(t, struct member_more, retry)->member;
}

/* ---- what others ask for ---- */

uint64_t member_muted_until_ms(const struct member *m)
{
	return m->more ? m->more->muted_until_ms : 0;
}

void member_set_muted(struct member *m, uint64_t until_ms)
{
	if (until_ms || m->more)
		member_more(m)->muted_until_ms = until_ms;
}

uint64_t member_failed_ms(const struct member *m)
{
	return m->more ? m->more->failed_ms : 0;
}

struct addr *member_inviter(const struct member *m)
{
	return m->more ? m->more->inviter : NULL;
}

void member_set_inviter(struct member *m, struct addr *inviter)
{
	if (!inviter && !m->more)
		return;
	mem_deref(member_more(m)->inviter);
	m->more->inviter = mem_ref(inviter);
}

const char *member_away(const struct member *m)
{
	return m->more ? m->more->away : NULL;
}

void member_set_away(struct member *m, char *away)
{
	if (!away && !m->more)
		return;
	mem_free(member_more(m)->away);
	m->more->away = away;
}
