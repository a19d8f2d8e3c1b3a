/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What sessions of confab-jabber tell their daemon, in the test's own process:
 * written down in seen. All are of the session ID.
 */
#ifndef CONFAB_TEST_JABDAEMON_H
#define CONFAB_TEST_JABDAEMON_H

#include "test.h"

#include "buf.h"
#include "worker.h"

enum { ID = 3 };

static struct {
	int up, lost, parcels, done;
	enum worker_lost why;
	char words[256], own[128];
	struct buf parcel;  /* the last */
	struct buf sent;    /* "tag:fate " of each */
	size_t behind;
	struct buf kept;    /* for the next worker */
	bool leaked;        /* the password in a line of the log */
} seen;

void worker_done(struct worker *w)
{
	(void)w;
	seen.done++;
}

size_t worker_behind(const struct worker *w)
{
	(void)w;
	return seen.behind;
}

void worker_topic(struct worker *w, uint64_t leg, enum worker_topic how,
		  struct view nick, struct view text)
{
	(void)w;
	(void)leg;
	(void)how;
	(void)nick;
	(void)text;
}

void worker_people(struct worker *w, uint64_t leg,
		   const struct worker_people *p)
{
	(void)w;
	(void)leg;
	(void)p;
}

void worker_trouble(struct worker *w, uint64_t leg, struct view words)
{
	(void)w;
	(void)leg;
	(void)words;
}

void worker_missed(struct worker *w, uint64_t leg)
{
	(void)w;
	(void)leg;
}

void worker_account_up(struct worker *w, uint32_t account, struct view own)
{
	(void)w;
	assert_int_equal(account, ID);
	seen.up++;
	view_copy(seen.own, sizeof(seen.own), own);
}

void worker_account_lost(struct worker *w, uint32_t account,
			 enum worker_lost why, struct view text)
{
	(void)w;
	assert_int_equal(account, ID);
	seen.lost++;
	seen.why = why;
	view_copy(seen.words, sizeof(seen.words),
		  view_head(text, sizeof(seen.words) - 1));
}

void worker_parcel(struct worker *w, uint32_t session, struct view parcel)
{
	(void)w;
	assert_int_equal(session, ID);
	seen.parcels++;
	buf_clear(&seen.parcel);
	buf_addv(&seen.parcel, parcel);
}

void worker_sent(struct worker *w, uint32_t session, uint64_t tag,
		 enum parcel_fate fate, struct view text)
{
	(void)w, (void)session;
	assert_int_equal(fate == PARCEL_SENT, !text.n);
	buf_add_u64(&seen.sent, tag);
	buf_addc(&seen.sent, ':');
	buf_add_u64(&seen.sent, fate);
	buf_addc(&seen.sent, ' ');
}

/* Nothing here is of rooms' accounts. */

void worker_joined(struct worker *w, uint64_t leg, struct view own_nick)
{
	(void)w, (void)leg, (void)own_nick;
	fail();
}

void worker_lost(struct worker *w, uint64_t leg, enum worker_lost why,
		 struct view text)
{
	(void)w, (void)leg, (void)why, (void)text;
	fail();
}

void worker_heard(struct worker *w, uint64_t leg, unsigned kind,
		  struct view nick, struct view text, uint64_t time_ms,
		  struct view stable_id)
{
	(void)w, (void)leg, (void)kind, (void)nick, (void)text;
	(void)time_ms, (void)stable_id;
	fail();
}

void worker_delivered(struct worker *w, uint64_t leg, uint64_t seq)
{
	(void)w, (void)leg, (void)seq;
	fail();
}

void worker_failed(struct worker *w, uint64_t leg, uint64_t seq, bool again,
		   struct view text)
{
	(void)w, (void)leg, (void)seq, (void)again, (void)text;
	fail();
}

void worker_keep(struct worker *w, uint32_t session, struct view text)
{
	(void)w, (void)session;
	buf_clear(&seen.kept);
	buf_addv(&seen.kept, text);
}

#endif
