/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Somebody is thrown out of a linked room, as our room wants it: asked for by
 * the relay, which may do so where it is a moderator or an admin there. */
#include <errno.h>

#include "jerror.h"
#include "puppet_priv.h"

#define NS_ADMIN "http://jabber.org/protocol/muc#admin"

static struct xlink *link_of(const struct plink *l)
{
	return l->pups->gate->component;
}

static void not_expelled(struct plink *l, struct view words)
{
	struct buf b = { 0 };

	buf_addv(&b, buf_view(&l->expelled));
	buf_adds(&b, " could not be thrown out of xmpp:");
	buf_adds(&b, l->place);
	plink_trouble(l, buf_str(&b), words);
	buf_free(&b);
}

static struct view reason_of(const struct elem *e)
{
	struct elem error, condition;
	struct view words;

	if (!elem_child(&error, e, "error", NULL))
		return VIEW_NONE;
	words = elem_child_words(&error, "text", NULL);
	if (words.n || !elem_child(&condition, &error, NULL, NULL))
		return words;
	return view_str(jerror_sip(condition.name)->reason);
}

static void on_answer(int err, const struct elem *e, void *arg)
{
	struct plink *l = CONTAINER(arg, struct plink, expelled);

	if (err == EREMOTEIO)
		not_expelled(l, reason_of(e));
	else if (err)
		not_expelled(l, VIEW("the room there does not answer"));
}

/* XEP-0045 8.2, 9.1: who is banned has to be known by his address. */
static int ask(struct plink *l, const struct occupant_who *who, bool ban,
	       struct view reason)
{
	struct buf b = { 0 };
	int err;

	elem_open(&b, "query", NS_ADMIN);
	elem_open(&b, "item", NULL);
	if (ban) {
		struct view bare = who->jid, resource;

		view_cut(who->jid, '/', &bare, &resource);
		elem_attr(&b, "jid", bare);
	} else {
		elem_attr(&b, "nick", who->nick);
	}
	elem_attrs(&b, ban ? "affiliation" : "role", ban ? "outcast" : "none");
	elem_leaf(&b, "reason", NULL, reason);
	elem_close(&b);
	elem_close(&b);
	err = xlink_ask(link_of(l), "set", buf_view(&l->from),
			view_str(l->place), &b, on_answer, &l->expelled);
	buf_free(&b);
	return err;
}

int plink_expel(struct plink *l, struct view nick, bool ban,
		struct view reason)
{
	struct occupant_who who;

	if (!l->relay || occupant_state(l->relay) != OCCUPANT_IN)
		return ENOTCONN;
	if (!occupant_find(l->relay, nick, &who))
		return ENOENT;
	if (ban && !who.jid.n)
		return ENOTSUP;
	buf_clear(&l->expelled);
	buf_addv(&l->expelled, nick);
	return ask(l, &who, ban, reason);
}

void plink_expel_end(struct plink *l)
{
	if (l->expelled.n)
		xlink_forget(link_of(l), &l->expelled);
	buf_free(&l->expelled);
}
