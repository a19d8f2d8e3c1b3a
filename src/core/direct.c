/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From one to one. What is said to a user by himself waits in his inbox, a
 * journal with him as its only reader: delivery, retry, limits and expiry are
 * a room's. An inbox is made by the first message to him, with it on the
 * disk, and ends when nothing waits in it.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { INBOXES_MAX = 100000 };

static struct room *inbox_of(const struct hub *h, const struct addr *to)
{
	struct hnode *n = htable_find(&h->inboxes, to->hash);

	for (; n; n = htable_more(n)) {
		struct room *inbox = CONTAINER(n, struct room, by_name);

		if (addr_eq(inbox->addr, to))
			return inbox;
	}
	return NULL;
}

static int inbox_make(struct room **ip, struct hub *h, struct addr *to,
		      const struct addr *from)
{
	const struct face *f = hub_face(h, to->network);

	if (!f || !(f->ops->caps & FACE_MEMBERS))
		return ENOTSUP;
	if (h->inboxes.count >= INBOXES_MAX || !book_may_begin(h, to, from))
		return EBUSY;
	*ip = inbox_new(h, to, &(struct store_inbox){ .id = 0 });
	book_new(*ip, from);
	return 0;
}

static void inbox_put(struct store_txn *t, const struct room *inbox)
{
	const struct store_inbox si = {
		.id = inbox->id,
		.addr = inbox->addr->text,
		.acked = room_member(inbox, inbox->addr)->cur.acked,
	};

	store_put_inbox(t, &si);
}

static void on_said(struct change *c, struct room *inbox, int err)
{
	struct hub_stats *st = &c->hub->stats;

	if (!err)
		inbox->stored = true;
	if (!err)
		st->accepted++;
	else if (err != EEXIST)
		st->refused++;
}

/* The row goes with each message until one is on the disk with it. */
static void commit_said(struct room *inbox, struct msg *msg,
			const struct hub_say *say, struct change *c)
{
	struct store_txn *t = store_begin(inbox->hub->store);

	if (!inbox->stored)
		inbox_put(t, inbox);
	room_give(inbox, msg, say->dedupe, t, c);
	change_commit(c, t);
}

static int direct_msg(struct msg **mp, struct room *inbox,
		      const struct hub_say *say)
{
	struct msg_conf conf = { .id = say->id,
				 .kind = say->kind,
				 .text = say->text,
				 .from = say->from,
				 .seq = inbox->head + 1,
				 .meta = say->meta };
	struct buf name = { 0 };
	int err;

	hub_name_user(inbox->hub, &name, say->from);
	conf.name = buf_view(&name);
	err = msg_new(mp, &conf);
	buf_free(&name);
	/* one made for nothing would never end */
	if (err && !inbox->head)
		room_drop(inbox);
	return err;
}

int hub_direct(struct hub *h, struct addr *to, const struct hub_say *say,
	       hub_done_h *doneh, void *arg)
{
	struct room *inbox = inbox_of(h, to);
	struct change *c;
	struct msg *msg;
	int err = h->state == HUB_STOPPED ? ESHUTDOWN : 0;

	if (!err && !inbox)
		err = inbox_make(&inbox, h, to, say->from);
	else if (!err && !book_has_room(inbox, say->from, say->text.n))
		err = EDQUOT;
	if (!err)
		err = direct_msg(&msg, inbox, say);
	if (err) {
		h->stats.refused++;
		return err;
	}
	c = change_new(inbox, doneh, arg);
	c->settle = on_said;
	commit_said(inbox, msg, say, c);
	book_add(inbox, msg);
	mem_deref(msg);
	return 0;
}

/* ---- the end of an inbox ---- */

static bool is_empty(const struct room *inbox)
{
	const struct member *m = room_member(inbox, inbox->addr);

	return inbox->head == inbox->committed &&
	       m->cur.acked == inbox->head && !m->tries && !m->reading;
}

/* c->subject is the head as it was: somebody may have written meanwhile. */
static void on_ended(struct change *c, struct room *inbox, int err)
{
	inbox->ending = false;
	if (!err && inbox->head == c->subject)
		room_drop(inbox);
}

static void end(struct room *inbox)
{
	struct store_txn *t = store_begin(inbox->hub->store);
	struct change *c = change_new(inbox, NULL, NULL);

	inbox->ending = true;
	inbox->stored = false; /* the next message brings the row again */
	c->settle = on_ended;
	c->subject = inbox->head;
	store_del_inbox(t, inbox->id);
	change_commit(c, t);
}

bool inbox_tidy(struct room *inbox)
{
	if (!inbox->ending && is_empty(inbox))
		end(inbox);
	return inbox->ending;
}
