/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words on their way into a room: from members, and from links. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "core_priv.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum { DEDUPE_MAX = 512 };

/* ---- members ---- */

static int check_speaker(struct member **mp, const struct room *r,
			 const struct addr *from)
{
	struct member *m = room_member(r, from);

	if (r->hub->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (!m || m->state != MEMBER_JOINED || m->leaving || r->ending)
		return EACCES;
	if (member_muted_until_ms(m) > wall_ms())
		return EAGAIN;
	*mp = m;
	return 0;
}

static void on_said(struct change *c, struct room *room, int err)
{
	struct hub_stats *st = &room->hub->stats;
	struct member *m = hub_member_by_id(room->hub, c->subject);

	if (!err && m)
		member_said(m, c->msg);
	if (!err)
		st->accepted++;
	else if (err != EEXIST)
		st->refused++;
}

static void commit_said(struct room *r, struct msg *msg, struct view dedupe,
			struct change *c)
{
	struct store_txn *t = store_begin(r->hub->store);

	room_give(r, msg, dedupe, t, c);
	change_commit(c, t);
}

int hub_member_say(struct room *r, const struct hub_say *say,
		   hub_done_h *doneh, void *arg)
{
	struct msg_conf conf = { .id = say->id,
				 .kind = say->kind,
				 .text = say->text,
				 .from = say->from,
				 .meta = say->meta,
				 .seq = r->head + 1 };
	struct member *m;
	struct change *c;
	struct msg *msg;
	int err;

	err = check_speaker(&m, r, say->from);
	if (err)
		goto out;
	hub_emote(&conf.kind, &conf.text);
	conf.name = m->nick;
	err = msg_new(&msg, &conf);
	if (err)
		goto out;

	c = change_new(r, doneh, arg);
	c->settle = on_said;
	c->subject = m->id;
	commit_said(r, msg, say->dedupe, c);
	mem_deref(msg);
out:
	if (err)
		r->hub->stats.refused++;
	return err;
}

/* ---- links ---- */

static void on_heard(struct change *c, struct room *room, int err)
{
	struct leg *l = hub_leg_by_id(room->hub, c->subject);

	if (!err) {
		room->hub->stats.heard++;
		if (l)
			l->heard++;
		return;
	}
	if (err == EEXIST) {
		log_debug("link %s: message was heard before",
			  l ? l->label : "(removed)");
		return;
	}
	room->hub->stats.refused++;
	log_error("room %.*s: a message from link %s could not be stored: %s",
		  VIEW_ARG(room->addr->text), l ? l->label : "(removed)",
		  strerror(err));
}

/* "nick" as a resource: what an address can't hold has gone with the cleaning
 * already, so this can only fail for its length. */
static struct addr *leg_sender(const struct leg *l, struct view nick)
{
	struct addr *place, *a;
	struct buf who = { 0 };
	int err;

	if (addr_parse(&place, view_str(l->target)))
		return mem_ref(l->room->addr);
	utf8_clean_name(&who, nick, MSG_NAME_MAX);
	err = addr_new(&a, place->network, place->user, place->host,
		       buf_view(&who));
	buf_free(&who);
	if (err)
		return place;
	mem_deref(place);
	return a;
}

/* Too long is no reason to lose it: what fits goes on. Cleaning can make a
 * text three times as long. */
static int heard_msg(struct msg **mp, const struct leg *l,
		     struct msg_conf *conf)
{
	int err = msg_new(mp, conf);

	if (err != EMSGSIZE)
		return err;
	conf->text.n = utf8_cut(conf->text, MSG_TEXT_MAX);
	err = msg_new(mp, conf);
	if (err == EMSGSIZE) {
		conf->text.n = utf8_cut(conf->text, MSG_TEXT_MAX / 3);
		err = msg_new(mp, conf);
	}
	if (!err)
		log_info("link %s: a message was cut at %zu bytes", l->label,
			 conf->text.n);
	return err;
}

void leg_place(const struct leg *l, struct buf *out)
{
	size_t before = out->n;

	if (l->face && l->face->ops->at)
		l->face->ops->at(l->face->obj, l, out);
	if (out->n == before)
		buf_adds(out, *l->via ? l->via : l->label);
}

void leg_shown(const struct leg *l, struct view nick, struct buf *out)
{
	struct buf at = { 0 };

	leg_place(l, &at);
	hub_name_join(out, nick, buf_view(&at));
	buf_free(&at);
}

static int make_heard(struct msg **mp, const struct leg *l,
		      const struct hub_heard *in)
{
	struct msg_conf conf = {
		/* Only the room itself makes notices. */
		.kind = in->kind == MSG_NOTICE ? MSG_TEXT : in->kind,
		.text = in->text,
		.time_ms = in->time_ms <= wall_ms() ? in->time_ms : 0,
		.origin = l->id,
		.seq = l->room->head + 1,
	};
	struct buf name = { 0 };
	int err;

	hub_emote(&conf.kind, &conf.text);
	conf.from = leg_sender(l, in->nick);
	leg_shown(l, in->nick, &name);
	conf.name = buf_view(&name);
	err = heard_msg(mp, l, &conf);
	buf_free(&name);
	mem_deref(conf.from);
	return err;
}

static void dedupe_key(struct buf *b, const struct leg *l, struct view id)
{
	if (view_empty(id) || id.n > DEDUPE_MAX)
		return;
	buf_add_u64(b, l->id);
	buf_addc(b, ':');
	buf_addv(b, id);
}

static void commit_heard(struct leg *l, struct msg *msg, struct view dedupe)
{
	struct change *c = change_new(l->room, NULL, NULL);
	struct buf key = { 0 };

	l->traffic_ms = now_ms();
	c->settle = on_heard;
	c->subject = l->id;
	dedupe_key(&key, l, dedupe);
	commit_said(l->room, msg, buf_view(&key), c);
	buf_free(&key);
}

void hub_on_message(struct hub *h, uint64_t leg, const struct hub_heard *in)
{
	struct leg *l = hub_leg_by_id(h, leg);
	struct msg *msg;
	int err;

	if (h->state != HUB_RUNNING || !l || l->leaving)
		return;
	if (leg_is_deaf(l, in)) {
		h->stats.refused++;
		return;
	}
	err = l->state == LEG_UP ? make_heard(&msg, l, in) : ENOTCONN;
	if (err) {
		h->stats.refused++;
		log_info("link %s: a message was not taken: %s", l->label,
			 err == EBADMSG ? "it has no text" : strerror(err));
		return;
	}
	commit_heard(l, msg, in->dedupe);
	mem_deref(msg);
}
