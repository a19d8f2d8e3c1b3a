/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links come and go. One place is linked to one room only: two rooms on one
 * channel would hear each other's words as new ones.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "core_priv.h"
#include "hub_priv.h"
#include "log.h"
#include "mem.h"

enum { LABEL_MAX = 64, NICK_MAX = 64 };

/* ---- looking up ---- */

struct leg *hub_leg_by_id(const struct hub *h, uint64_t id)
{
	struct hnode *n;

	for (n = htable_find(&h->legs, hash_u64(id)); n; n = htable_more(n)) {
		struct leg *l = CONTAINER(n, struct leg, by_id);

		if (l->id == id)
			return l;
	}
	return NULL;
}

struct leg *hub_link(const struct hub *h, struct view label)
{
	struct hnode *n = htable_find(&h->legs_by_label, hash_iview(label));

	for (; n; n = htable_more(n)) {
		struct leg *l = CONTAINER(n, struct leg, by_label);

		if (view_ieqs(label, l->label))
			return l;
	}
	return NULL;
}

struct leg *hub_each_leg(const struct hub *h, size_t *pos, struct leg *prev)
{
	struct hnode *n =
		htable_each(&h->legs, pos, prev ? &prev->by_id : NULL);

	return n ? CONTAINER(n, struct leg, by_id) : NULL;
}

/* ---- the object ---- */

static void leg_destroy(void *obj)
{
	struct leg *l = obj;
	struct hub *h = l->room->hub;

	crowd_free(l);
	wheel_stop(h->wheel, &l->retry);
	htable_del(&h->legs, &l->by_id);
	htable_del(&h->legs_by_label, &l->by_label);
	list_remove(&h->dirty_legs, &l->dirty);
	list_remove(&l->room->legs, &l->in_room);
	mem_free(l->label);
	mem_free(l->target);
	mem_free(l->via);
	mem_free(l->nick);
	mem_free(l->own_nick);
	mem_free(l->error);
	mem_free(l->topic);
	repeat_free(l->repeat);
}

static struct face *link_face(struct hub *h, struct view target)
{
	struct view scheme, rest;
	struct face *f;

	if (!view_cut(target, ':', &scheme, &rest))
		return NULL;
	f = hub_face(h, scheme);
	return f && (f->ops->caps & FACE_LINKS) ? f : NULL;
}

struct leg *leg_new(struct room *room, const struct store_link *sl)
{
	struct leg *l = mem_new(sizeof(*l), leg_destroy);
	struct hub *h = room->hub;

	l->id = sl->id ? sl->id : core_new_id();
	l->room = room;
	l->face = link_face(h, sl->target);
	l->label = view_dup(sl->label);
	l->target = view_dup(sl->target);
	l->via = view_dup(sl->via);
	l->nick = view_dup(sl->nick);
	l->configured = sl->configured;
	l->since_ms = now_ms();
	if (!l->face)
		l->error = mem_strdup("this network is not configured");
	cursor_set(&l->cur, sl->acked);
	htable_add(&h->legs, &l->by_id, hash_u64(l->id));
	htable_add(&h->legs_by_label, &l->by_label, hash_iview(sl->label));
	list_append(&room->legs, &l->in_room);
	return l;
}

static void put_link(struct store_txn *t, const struct leg *l)
{
	struct store_link sl = {
		.id = l->id,
		.room = l->room->id,
		.label = view_str(l->label),
		.target = view_str(l->target),
		.via = view_str(l->via),
		.nick = view_str(l->nick),
		.configured = l->configured,
		.acked = l->cur.acked,
	};

	store_put_link(t, &sl);
}

static void leg_drop(struct leg *l, const char *why)
{
	leg_detach(l, why);
	mem_deref(l);
}

/* ---- may it be? ---- */

/* Says why; v is the operator's own word. */
static int refuse(struct buf *why, int err, const char *before, struct view v,
		  const char *after)
{
	if (why) {
		buf_adds(why, before);
		buf_addv(why, v);
		buf_adds(why, after);
	}
	return err;
}

static bool label_ok(struct view label)
{
	size_t i;

	for (i = 0; i < label.n; i++) {
		char c = label.p[i];

		if (!((c >= '0' && c <= '9') ||
		      ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		      (c && strchr("._-", c))))
			return false;
	}
	return label.n && label.n <= LABEL_MAX;
}

/* No control characters, and not too long. */
static bool word_ok(struct view v, size_t max)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
			return false;
	}
	return v.n <= max;
}

static int check_words(const struct hub_link *link, struct buf *why)
{
	if (!label_ok(link->label))
		return refuse(why, EINVAL,
			      "a label has 1 to 64 letters, "
			      "digits or ._-",
			      VIEW_NONE, "");
	if (view_empty(link->target) || !word_ok(link->target, ADDR_MAX))
		return refuse(why, EINVAL,
			      "a target looks like "
			      "irc:network/#channel or "
			      "xmpp:room@service.example",
			      VIEW_NONE, "");
	if (!word_ok(link->via, LABEL_MAX) || !word_ok(link->nick, NICK_MAX))
		return refuse(why, EINVAL,
			      "via and nick have at most 64 "
			      "bytes and no control characters",
			      VIEW_NONE, "");
	return 0;
}

static int check_target(struct hub *h, const struct hub_link *link,
			struct buf *via, struct buf *why)
{
	struct face *f = link_face(h, link->target);
	int err;

	if (!f)
		return refuse(why, EINVAL, "no network can be linked to \"",
			      link->target, "\"");
	err = f->ops->check ? f->ops->check(f->obj, link->target, link->via,
					    via, why)
			    : 0;
	if (!err && !via->n)
		buf_addv(via, link->via);
	return err;
}

/* old: the link that this one takes the place of, or NULL. */
static int check_conflict(const struct hub *h, const struct room *r,
			  const struct hub_link *link, const struct leg *old,
			  struct buf *why)
{
	struct leg *l = NULL;
	size_t pos = 0;

	if (old && !link->configured)
		return refuse(why, EEXIST, "the label \"", link->label,
			      "\" is taken");
	while ((l = hub_each_leg(h, &pos, l)) != NULL) {
		if (l == old || !view_ieqs(link->target, l->target))
			continue;
		if (l->room == r)
			return refuse(why, EEXIST,
				      "the room has this target "
				      "already, by the link \"",
				      view_str(l->label), "\"");
		return refuse(why, ELOOP, "the target is linked to the room ",
			      l->room->addr->text, "");
	}
	return 0;
}

/* ---- adding ---- */

static void on_linked(struct change *c, struct room *room, int err)
{
	struct leg *l = hub_leg_by_id(room->hub, c->subject);

	if (!l)
		return;
	if (err) {
		log_warning("link %s: could not be stored: %s", l->label,
			    strerror(err));
		leg_drop(l, "not stored");
		return;
	}
	leg_attach(l);
}

static struct leg *link_make(struct room *r, const struct hub_link *link,
			     struct view via)
{
	struct store_link sl = {
		.label = link->label,
		.target = link->target,
		.via = via,
		.nick = link->nick,
		.configured = link->configured,
		.acked = r->head,
	};

	return leg_new(r, &sl);
}

static void set_word(char **word, struct view v)
{
	mem_free(*word);
	*word = view_dup(v);
}

/* The same place in the same room: only how to get there may have changed. */
static void link_keep(struct leg *l, const struct hub_link *link,
		      struct view via)
{
	l->configured = true;
	if (view_eqs(via, l->via) && view_eqs(link->nick, l->nick))
		return;
	leg_detach(l, "settings changed");
	set_word(&l->via, via);
	set_word(&l->nick, link->nick);
}

static bool same_place(const struct leg *l, const struct room *r,
		       const struct hub_link *link)
{
	return l && !l->leaving && l->room == r &&
	       view_eqs(link->target, l->target);
}

static void link_commit(struct room *r, const struct hub_link *link,
			struct view via, struct leg *old, struct change *c)
{
	struct store_txn *t = store_begin(r->hub->store);
	struct leg *l = old;

	if (same_place(old, r, link)) {
		link_keep(old, link, via);
	} else {
		if (old) {
			store_del_link(t, old->id);
			topic_forget(t, old);
			leg_drop(old, "replaced");
		}
		l = link_make(r, link, via);
		c->settle = on_linked;
	}
	put_link(t, l);
	c->subject = l->id;
	change_commit(c, t);
	if (l == old)
		leg_attach(l);
}

int hub_link_add(struct hub *h, struct room *r, const struct hub_link *link,
		 struct buf *why, hub_done_h *doneh, void *arg)
{
	struct leg *old = hub_link(h, link->label);
	struct buf via = { 0 };
	int err;

	if (h->state == HUB_STOPPED)
		return ESHUTDOWN;
	err = check_words(link, why);
	if (!err)
		err = check_conflict(h, r, link, old, why);
	if (!err)
		err = check_target(h, link, &via, why);
	if (!err)
		link_commit(r, link, buf_view(&via), old,
			    change_new(r, doneh, arg));
	buf_free(&via);
	return err;
}

/* ---- removing ---- */

static void on_unlinked(struct change *c, struct room *room, int err)
{
	struct leg *l = hub_leg_by_id(room->hub, c->subject);

	if (!l)
		return;
	if (!err) {
		leg_drop(l, "link removed");
		return;
	}
	log_warning("link %s: removal was not stored: %s", l->label,
		    strerror(err));
	l->leaving = false;
}

int hub_link_remove(struct hub *h, struct leg *leg, hub_done_h *doneh,
		    void *arg)
{
	struct store_txn *t;
	struct change *c;

	if (h->state == HUB_STOPPED)
		return ESHUTDOWN;
	if (leg->leaving)
		return ENOENT;

	leg->leaving = true;
	t = store_begin(h->store);
	store_del_link(t, leg->id);
	topic_forget(t, leg);
	c = change_new(leg->room, doneh, arg);
	c->settle = on_unlinked;
	c->subject = leg->id;
	change_commit(c, t);
	return 0;
}

static bool is_listed(const struct leg *l, const struct hub_link *links,
		      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (view_ieqs(links[i].label, l->label) &&
		    view_eqs(links[i].target, l->target))
			return true;
	}
	return false;
}

static void unlist_room(struct room *room, const struct hub_link *links,
			size_t count)
{
	struct lnode *n, *nx;

	LIST_EACH (&room->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);
		struct store_txn *t;

		if (!l->configured || is_listed(l, links, count))
			continue;
		log_info("link %s: no longer configured", l->label);
		t = store_begin(room->hub->store);
		store_del_link(t, l->id);
		topic_forget(t, l);
		store_commit(t, NULL, NULL);
		leg_drop(l, "no longer configured");
	}
}

void hub_links_configured(struct hub *h, const struct hub_link *links,
			  size_t count)
{
	struct room *room = NULL;
	size_t pos = 0;

	if (h->state == HUB_STOPPED)
		return;
	while ((room = hub_each_room(h, &pos, room)) != NULL)
		unlist_room(room, links, count);
}
