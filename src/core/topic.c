/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A room's topic and those of the places that it is linked with: the newest
 * one counts everywhere. It is a state, and not in the journal: a leg that
 * comes back compares. What both had before tells who has changed it; it is
 * in the store, so that a restart tells nobody's apart from another's.
 */
#include <string.h>

#include "hub_priv.h"
#include "log.h"
#include "mem.h"

#define NETWORK VIEW("link")

/* ---- what is kept ---- */

static void put_key(struct buf *b, const struct leg *l)
{
	buf_adds(b, "topic ");
	buf_add_u64(b, l->id);
}

static void keep(const struct leg *l)
{
	struct store_txn *t = store_begin(l->room->hub->store);
	struct buf key = { 0 };

	put_key(&key, l);
	store_put_kept(t, &(struct store_kept){ NETWORK, buf_view(&key),
						view_str(l->topic) });
	store_commit(t, NULL, NULL);
	buf_free(&key);
}

void topic_forget(struct store_txn *t, const struct leg *l)
{
	struct buf key = { 0 };

	put_key(&key, l);
	store_del_kept(t, NETWORK, buf_view(&key));
	buf_free(&key);
}

void topics_load(const struct store_kept *k, void *arg)
{
	struct view word, number;
	struct leg *l = NULL;
	uint64_t id;

	if (view_eq(k->network, NETWORK) &&
	    view_cut(k->key, ' ', &word, &number) &&
	    view_eqs(word, "topic") && !view_u64(&id, number, UINT64_MAX))
		l = hub_leg_by_id(arg, id);
	if (l && !l->topic)
		l->topic = view_dup(k->value);
}

static void agree(struct leg *l, struct view text)
{
	char *before = l->topic;

	if (before && view_eqs(text, before))
		return;
	l->topic = view_dup(text);
	mem_free(before);
	keep(l);
}

/* ---- to the place ---- */

void leg_topic(struct leg *l)
{
	int err;

	if (!l->face || !l->face->ops->subject || l->state != LEG_UP)
		return;
	err = l->face->ops->subject(l->face->obj, l, l->room->subject);
	l->topic_due = err != 0;
	if (!err)
		l->topic_out++;
}

void topic_changed(struct room *room, uint64_t origin)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);

		if (l->id == origin)
			agree(l, room->subject);
		else
			leg_topic(l);
	}
}

/* ---- from the place ---- */

static void add_notice(struct buf *b, const struct leg *l, struct view nick,
		       struct view text)
{
	struct buf who = { 0 };

	if (nick.n) {
		leg_shown(l, nick, &who);
		buf_adds(b, "*** ");
		buf_addv(b, buf_view(&who));
		buf_adds(b, text.n ? " has set the topic: " :
				     " has taken the topic away");
	} else {
		buf_adds(b, text.n ? "*** Topic: " :
				     "*** The room has no topic");
	}
	buf_addv(b, text);
	buf_free(&who);
}

static void take(struct leg *l, struct view nick, struct view text)
{
	struct buf notice = { 0 };
	struct hub_room_change c = {
		.what = ROOM_SET_SUBJECT,
		.subject = text,
		.origin = l->id,
	};
	int err;

	add_notice(&notice, l, nick, text);
	c.notice = buf_view(&notice);
	err = hub_room_change(l->room, &c, NULL, NULL);
	if (err)
		log_info("link %s: its topic was not taken: %s", l->label,
			 strerror(err));
	buf_free(&notice);
}

/* As it is there when we come: what has changed since we had the same? */
static void found(struct leg *l, struct view text)
{
	struct view ours = l->room->subject;
	bool we = l->topic && !view_eqs(ours, l->topic);

	l->topic_out = 0;
	if (view_eq(ours, text)) {
		agree(l, text);
	} else if (we || (!l->topic && !text.n)) {
		leg_topic(l);
	} else {
		take(l, VIEW_NONE, text);
	}
}

/* Ours that is under way comes after it, and counts. */
static void theirs(struct leg *l, struct view nick, struct view text)
{
	agree(l, text);
	if (!l->topic_out && !view_eq(text, l->room->subject))
		take(l, nick, text);
}

static void ours(struct leg *l, struct view nick, struct view text)
{
	if (!l->topic_out) {
		/* by our name, but from elsewhere */
		theirs(l, nick, text);
		return;
	}
	l->topic_out--;
	agree(l, text);
}

static void refused(struct leg *l, struct view why)
{
	struct buf b = { 0 };

	if (l->topic_out)
		l->topic_out--;
	buf_adds(&b, "the topic was not taken over there");
	if (why.n) {
		buf_adds(&b, ": ");
		buf_addv(&b, view_head(why, 200));
	}
	leg_trouble(l, buf_view(&b));
	buf_free(&b);
}

void hub_on_subject(struct hub *h, uint64_t leg, enum hub_subject how,
		    struct view nick, struct view text)
{
	struct leg *l = hub_leg_by_id(h, leg);
	struct buf line = { 0 };

	if (!l || h->state != HUB_RUNNING || l->state != LEG_UP || l->leaving)
		return;
	hub_clean_line(&line, text, ROOM_SUBJECT_MAX);
	switch (how) {
	case SUBJECT_FOUND:
		found(l, buf_view(&line));
		break;
	case SUBJECT_SET:
		theirs(l, nick, buf_view(&line));
		break;
	case SUBJECT_OURS:
		ours(l, nick, buf_view(&line));
		break;
	case SUBJECT_REFUSED:
		refused(l, buf_view(&line));
		break;
	}
	buf_free(&line);
}
