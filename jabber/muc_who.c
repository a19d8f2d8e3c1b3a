/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is in the room besides us: a presence alone does not say whether he has
 * just come, or is only away now. Beyond WHO_MAX nobody is told of any more.
 */
#include <string.h>

#include "hash.h"
#include "jid.h"
#include "mem.h"
#include "muc_priv.h"

enum { WHO_MAX = 5000 };

struct who {
	struct hnode by_nick;
	char *nick; /* owned; by_nick in any case of letters */
	char *jid;  /* owned; bare; NULL: we may not know it */
};

static void who_free(struct who *w)
{
	mem_free(w->nick);
	mem_free(w->jid);
	mem_free(w);
}

static struct who *find(const struct room *r, struct view nick)
{
	struct hnode *n = htable_find(&r->who, hash_iview(nick));

	for (; n; n = htable_more(n)) {
		struct who *w = CONTAINER(n, struct who, by_nick);

		if (view_eqs(nick, w->nick))
			return w;
	}
	return NULL;
}

static bool add(struct room *r, struct view nick)
{
	struct who *w;

	if (r->who.count >= WHO_MAX || find(r, nick))
		return false;
	w = mem_zalloc(sizeof(*w));
	w->nick = view_dup(nick);
	htable_add(&r->who, &w->by_nick, hash_iview(nick));
	return true;
}

static bool drop(struct room *r, struct view nick)
{
	struct who *w = find(r, nick);

	if (!w)
		return false;
	htable_del(&r->who, &w->by_nick);
	who_free(w);
	return true;
}

void who_forget(struct room *r)
{
	struct hnode *n;

	while ((n = htable_pop(&r->who)) != NULL)
		who_free(CONTAINER(n, struct who, by_nick));
	htable_free(&r->who);
}

/* In full words only once we are in: before that it is who was there. */
static void tell(const struct room *r, enum worker_change what,
		 struct view nick, struct view other, struct view reason)
{
	const struct worker_people p = {
		what, r->who.count + 1, nick, other, reason
	};

	if (r->state == ROOM_JOINED && r->live)
		worker_people(account_jab(r->account)->worker, r->leg, &p);
}

static bool has(const unsigned *codes, size_t count, unsigned code)
{
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}

static void removed(struct room *r, xmpp_stanza_t *item, struct view nick)
{
	xmpp_stanza_t *actor = in_child(item, "actor", NULL);
	xmpp_stanza_t *reason = in_child(item, "reason", NULL);
	struct view by = actor ? in_attr(actor, "nick") : VIEW_NONE;
	struct buf text = { 0 };

	if (reason)
		in_text(&text, reason, 200);
	tell(r, KICKED, nick, by.n ? by : VIEW("the room"), buf_view(&text));
	buf_free(&text);
}

static void went(struct room *r, xmpp_stanza_t *s, struct view nick)
{
	xmpp_stanza_t *x = in_child(s, "x", NS_MUC_USER);
	xmpp_stanza_t *item = in_child(x, "item", NULL);
	xmpp_stanza_t *status = in_child(s, "status", NULL);
	unsigned codes[IN_CODES_MAX];
	size_t count = in_codes(codes, x);
	struct view to = item ? in_attr(item, "nick") : VIEW_NONE;
	struct buf text = { 0 };

	if (has(codes, count, 303) && to.n) {
		add(r, to);
		tell(r, RENAMED, nick, to, VIEW_NONE);
		return;
	}
	if (has(codes, count, 307) || has(codes, count, 301)) {
		removed(r, item, nick);
		return;
	}
	if (status)
		in_text(&text, status, 200);
	tell(r, WENT, nick, VIEW_NONE, buf_view(&text));
	buf_free(&text);
}

/* Rooms tell it to moderators, or to all. */
static void note_jid(struct room *r, xmpp_stanza_t *s, struct view nick)
{
	xmpp_stanza_t *x = in_child(s, "x", NS_MUC_USER);
	xmpp_stanza_t *item = in_child(x, "item", NULL);
	struct who *w = find(r, nick);
	struct view jid = item ? jid_bare(in_attr(item, "jid")) : VIEW_NONE;

	if (!w)
		return;
	mem_free(w->jid);
	w->jid = jid.n && !jid_fault(jid) ? view_dup(jid) : NULL;
}

bool who_is_there(const struct room *r, struct view nick)
{
	return find(r, nick) != NULL;
}

/* Clients ring in any case of letters. */
bool who_is_called(struct view name, void *arg)
{
	const struct room *r = arg;
	struct hnode *n = htable_find(&r->who, hash_iview(name));

	while (n && !view_ieqs(name, CONTAINER(n, struct who, by_nick)->nick))
		n = htable_more(n);
	return n != NULL;
}

const char *who_jid(const struct room *r, struct view nick)
{
	const struct who *w = find(r, nick);

	return w ? w->jid : NULL;
}

void who_presence(struct room *r, xmpp_stanza_t *s, struct view nick)
{
	struct view type = in_attr(s, "type");

	if (!nick.n)
		return;
	if (!type.n && add(r, nick))
		tell(r, CAME, nick, VIEW_NONE, VIEW_NONE);
	if (!type.n)
		note_jid(r, s, nick);
	else if (view_eqs(type, "unavailable") && drop(r, nick))
		went(r, s, nick);
}
