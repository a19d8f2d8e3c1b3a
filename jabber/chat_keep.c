/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts of XMPP on their way to the disk, and what their senders hear when
 * they do not get there.
 */
#include <errno.h>

#include "chat_priv.h"
#include "mem.h"

/* A text that the hub has, and the disk has not yet. */
struct chat_ask {
	struct lnode node;  /* chats.asks */
	struct chats *cs;   /* borrowed */
	struct addr *aor;   /* ref */
	struct buf to, id;  /* of the stanza: who sent it */
};

/* A user of the component says so by his bare JID, as he was written to. */
static struct view user_of(const struct person *p)
{
	return p->account ? VIEW_NONE : buf_view(&p->jid);
}

void chat_error(struct person *p, struct view to, struct view id,
		       const struct jerror_xmpp *x, struct view text)
{
	struct buf b = { 0 };

	if (!to.n) /* nobody can be answered */
		return;
	stanza_open(&b, "message", VIEW("error"), user_of(p), to, id);
	elem_open(&b, "error", NULL);
	elem_attrs(&b, "type", x->type);
	elem_leaf(&b, x->condition, "urn:ietf:params:xml:ns:xmpp-stanzas",
		  VIEW_NONE);
	if (text.n) {
		elem_open(&b, "text", "urn:ietf:params:xml:ns:xmpp-stanzas");
		elem_attrs(&b, "xml:lang", "en");
		elem_text(&b, text);
		elem_close(&b);
	}
	elem_close(&b);
	elem_close(&b);
	(void)xlink_send(person_link(p), &b);
	buf_free(&b);
}

static const struct jerror_xmpp busy = { 0, "resource-constraint", "wait" },
				too_big = { 0, "policy-violation", "modify" };

static void ask_free(struct chat_ask *a)
{
	list_remove(&a->cs->asks, &a->node);
	mem_deref(a->aor);
	buf_free(&a->to);
	buf_free(&a->id);
	mem_free(a);
}

void chat_asks_free(struct chats *cs)
{
	struct lnode *n;

	while ((n = list_first(&cs->asks)))
		ask_free(CONTAINER(n, struct chat_ask, node));
}

static void not_kept(struct person *p, struct view to, struct view id,
		     int err)
{
	if (err == EMSGSIZE)
		chat_error(p, to, id, &too_big, VIEW("It is too long."));
	else if (err != EBADMSG) /* nothing of it is to be seen */
		chat_error(p, to, id, &busy,
			   VIEW("Too much waits for this user: try again "
				"later."));
}

static void on_kept(int err, void *arg)
{
	struct chat_ask *a = arg;
	struct person *p = person_find(a->cs->gate, a->aor);

	if (err && err != EEXIST && p)
		not_kept(p, buf_view(&a->to), buf_view(&a->id), err);
	ask_free(a);
}

static uint64_t fixed_hash(unsigned char k, struct view v)
{
	const uint8_t key[16] = { 'c', 'h', 'a', 't', k };

	return siphash(key, v.p, v.n);
}

/* The same wherever and whenever it comes again, and no longer than that
 * (jabber.md 4.8); some clients count their ids from 1 each day, so that the
 * text counts as well. */
static void dedupe_key(struct buf *out, const struct person *p,
		       const struct elem *e, struct view text)
{
	struct view own = buf_view(&p->jid), id = VIEW_NONE;
	struct buf b = { 0 };

	if (p->account)
		id = chat_stanza_id(e, own);
	buf_addv(&b, own);
	if (!id.n) {
		id = elem_get(e, "id");
		buf_addc(&b, '\n');
		buf_addv(&b, elem_get(e, "from"));
		buf_addc(&b, '\n');
		buf_addv(&b, text);
	}
	if (id.n) {
		buf_addc(&b, '\n');
		buf_addv(&b, id);
		buf_adds(out, "xm-");
		buf_add_hex(out, fixed_hash(1, buf_view(&b)));
		buf_add_hex(out, fixed_hash(2, buf_view(&b)));
	}
	buf_free(&b);
}

void chat_keep(struct person *p, const struct elem *e, struct addr *from,
		 struct view text, const struct meta *meta)
{
	struct chats *cs = chats_of(p->gate);
	struct chat_ask *a = mem_zalloc(sizeof(*a));
	struct buf dedupe = { 0 };
	int err;

	a->cs = cs;
	a->aor = mem_ref(p->aor);
	buf_addv(&a->to, meta->to);
	buf_addv(&a->id, meta->id);
	list_append(&cs->asks, &a->node);
	dedupe_key(&dedupe, p, e, text);
	err = gate_say(p->gate, from, p->aor, MSG_TEXT, text, meta,
		       buf_view(&dedupe), on_kept, a);
	buf_free(&dedupe);
	if (!err)
		return;
	not_kept(p, buf_view(&a->to), buf_view(&a->id), err);
	ask_free(a);
}
