/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is on the disk of a user in a channel: the channel, its key, sealed,
 * and when he was there last.
 *
 * A row's room is "irc:libera/#dev"; its settings are the channel as it was
 * written, and "notices" behind a blank.
 */
#include "clock.h"
#include "ivisit_priv.h"
#include "log.h"

enum { MARK_MS = 1000 };

#define NETWORK VIEW("irc")

static void room_of(struct buf *b, const struct ivisit *v)
{
	imap_addr(b, buf_view(&v->network), buf_view(&v->place), VIEW_NONE);
}

void ivisit_put(struct ivisit *v)
{
	struct store_txn *t = store_begin(ivisit_gate(v)->conf.store);
	struct buf room = { 0 }, settings = { 0 };
	struct store_visit row = {
		.id = v->id,
		.network = NETWORK,
		.owner = v->owner->text,
		.secret = buf_view(&v->secret),
		.wanted = true,
		.last_ms = v->last_ms,
	};

	room_of(&room, v);
	buf_addv(&settings, buf_view(&v->place));
	buf_adds(&settings, v->notices ? " notices" : "");
	row.room = buf_view(&room);
	row.settings = buf_view(&settings);
	store_put_visit(t, &row);
	store_commit(t, NULL, NULL);
	v->stored = true;
	buf_free(&room);
	buf_free(&settings);
}

void ivisit_put_mark(struct ivisit *v)
{
	struct store_txn *t;

	wheel_stop(ivisit_wheel(v), &v->mark);
	if (!v->stored)
		return;
	t = store_begin(ivisit_gate(v)->conf.store);
	store_visit_mark(t, v->id, VIEW_NONE, v->last_ms);
	store_commit(t, NULL, NULL);
}

static void on_mark(struct wtimer *t)
{
	ivisit_put_mark(CONTAINER(t, struct ivisit, mark));
}

void ivisit_mark(struct ivisit *v)
{
	if (v->state != IVISIT_IN)
		return;
	v->last_ms = wall_ms();
	if (!wtimer_running(&v->mark))
		wheel_start(ivisit_wheel(v), &v->mark, MARK_MS, on_mark);
}

void ivisit_del_row(struct ivisit *v)
{
	struct store_txn *t = store_begin(ivisit_gate(v)->conf.store);

	store_del_visit(t, v->id);
	store_commit(t, NULL, NULL);
	v->stored = false;
}

/* ---- the key ---- */

void ivisit_seal_key(struct ivisit *v, struct view key)
{
	const struct igate_accounts *as = ivisit_gate(v)->conf.accounts;
	struct buf room = { 0 };

	buf_clear(&v->secret);
	room_of(&room, v);
	if (key.n && (!as || !as->shut ||
		      as->shut(&v->secret, v->owner->text, buf_view(&room),
			       key, as->arg)))
		log_warning("irc %s: the key of %s can't be kept",
			    v->owner->text.p, buf_str(&room));
	buf_free(&room);
}

void ivisit_open_key(const struct ivisit *v, struct buf *out)
{
	const struct igate_accounts *as = ivisit_gate(v)->conf.accounts;
	struct buf room = { 0 };

	room_of(&room, v);
	if (v->secret.n && (!as || !as->unshut ||
			    as->unshut(out, v->owner->text, buf_view(&room),
				       buf_view(&v->secret), as->arg)))
		log_warning("irc %s: the key of %s can't be opened",
			    v->owner->text.p, buf_str(&room));
	buf_free(&room);
}
