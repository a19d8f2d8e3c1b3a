/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People are thrown out of rooms as our rooms want it (XEP-0045 8.2, 9.1), and
 * what the room says to each is awaited. */
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

static void done(struct expulsion *e)
{
	mem_free(e->nick);
	*e = (struct expulsion){ 0 };
}

/* A room that has so many of them unanswered won't answer the oldest. */
static uint64_t note(struct room *r, struct view nick)
{
	struct expulsion *e = &r->expelled[r->expelled_next];

	r->expelled_next = (r->expelled_next + 1) % EXPELLED_MAX;
	if (e->key)
		trouble(r, view_str(e->nick),
			VIEW("the room there does not answer"));
	done(e);
	e->key = rand_u64();
	e->nick = view_dup(nick);
	return e->key;
}

/* Who is banned has to be known by his address. */
static xmpp_stanza_t *make(struct room *r, bool ban, struct view nick,
			   struct view reason)
{
	xmpp_stanza_t *s, *item;
	char id[20];

	s = out_stanza(account_jab(r->account)->ctx, "iq", "set",
		       view_str(r->jid), jab_id(id, 'k', note(r, nick)));
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
	if (!who_is_there(r, nick))
		return "nobody there is called so";
	if (ban && !who_jid(r, nick))
		return "the room does not tell his address";
	return NULL;
}

static void ask(struct room *r, bool ban, struct view nick,
		struct view reason)
{
	size_t at = r->expelled_next;

	if (!account_send(r->account, make(r, ban, nick, reason)))
		return;
	done(&r->expelled[at]);
	trouble(r, nick, VIEW("the server is slow"));
}

void room_expel(struct room *r, bool ban, struct view nick,
		struct view reason)
{
	const char *wrong = wrong_of(r, ban, nick);

	if (wrong)
		trouble(r, nick, view_str(wrong));
	else
		ask(r, ban, nick, reason);
}

/* XEP-0045 8.2, 9.1; rooms' own words, if there are any, come after. */
static const char *refusal(struct view condition)
{
	if (view_eqs(condition, "forbidden"))
		return "the link may not do that there";
	if (view_eqs(condition, "not-allowed"))
		return "the room protects him";
	return "the room refuses it";
}

static struct expulsion *find(struct room *r, struct view id)
{
	char own[20];

	for (size_t i = 0; i < EXPELLED_MAX; i++)
		if (r->expelled[i].key &&
		    view_eq(id, jab_id(own, 'k', r->expelled[i].key)))
			return &r->expelled[i];
	return NULL;
}

bool room_expel_answer(struct room *r, xmpp_stanza_t *s, struct view id)
{
	struct expulsion *e = find(r, id);
	struct buf words = { 0 };
	struct in_error error;

	if (!e)
		return false;
	if (s) {
		in_error(&error, s);
		buf_adds(&words, refusal(error.condition));
		in_error_text(&words, s);
		trouble(r, view_str(e->nick), buf_view(&words));
	}
	done(e);
	buf_free(&words);
	return true;
}

void room_expel_forget(struct room *r)
{
	for (size_t i = 0; i < EXPELLED_MAX; i++)
		done(&r->expelled[i]);
}
