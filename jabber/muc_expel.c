/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People are thrown out of rooms as our rooms want it (XEP-0045 8.2, 9.1). One
 * expulsion is watched at a time: it is the answer to the newest that is
 * told. */
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "muc_priv.h"

#define NS_ADMIN "http://jabber.org/protocol/muc#admin"

static void trouble(struct room *r, struct view nick, struct view words)
{
	struct buf b = { 0 };

	buf_addv(&b, nick);
	buf_adds(&b, " could not be thrown out of xmpp:");
	buf_adds(&b, r->jid);
	buf_adds(&b, ": ");
	buf_addv(&b, words);
	worker_trouble(account_jab(r->account)->worker, r->leg, buf_view(&b));
	buf_free(&b);
}

/* Who is banned has to be known by his address. */
static xmpp_stanza_t *make(struct room *r, bool ban, struct view nick,
			   struct view reason)
{
	xmpp_stanza_t *s, *item;
	char id[20];

	r->expel_key = rand_u64();
	s = out_stanza(account_jab(r->account)->ctx, "iq", "set",
		       view_str(r->jid), jab_id(id, 'k', r->expel_key));
	item = out_child(out_child(s, "query", NS_ADMIN), "item", NULL);
	out_attr(item, ban ? "jid" : "nick",
		 ban ? view_str(who_jid(r, nick)) : nick);
	out_attr(item, ban ? "affiliation" : "role",
		 ban ? VIEW("outcast") : VIEW("none"));
	if (reason.n)
		out_text(out_child(item, "reason", NULL), reason);
	return s;
}

static const char *wrong_of(struct room *r, bool ban, struct view nick)
{
	if (r->state != ROOM_JOINED)
		return "the room is not joined";
	if (view_eqs(nick, r->nick))
		return "that is the link itself";
	if (!who_is_there(nick, r))
		return "nobody there is called so";
	if (ban && !who_jid(r, nick))
		return "the room does not tell his address";
	return NULL;
}

void room_expel(struct room *r, bool ban, struct view nick,
		struct view reason)
{
	const char *wrong = wrong_of(r, ban, nick);

	if (!wrong) {
		mem_free(r->expelled);
		r->expelled = view_dup(nick);
		if (account_send(r->account, make(r, ban, nick, reason)))
			wrong = "the server is slow";
	}
	if (wrong)
		trouble(r, nick, view_str(wrong));
}

bool room_expel_answer(struct room *r, xmpp_stanza_t *s, struct view id)
{
	struct buf words = { 0 };
	char own[20];

	if (!r->expel_key || !view_eq(id, jab_id(own, 'k', r->expel_key)))
		return false;
	r->expel_key = 0;
	if (s) {
		buf_adds(&words, "the room refuses it");
		in_error_text(&words, s);
		trouble(r, view_str(r->expelled), buf_view(&words));
	}
	buf_free(&words);
	return true;
}
