/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contact lists of accounts. */
#include "roster.h"

#include "jtext.h"
#include "list.h"
#include "log.h"
#include "mem.h"

#define NS_ROSTER "jabber:iq:roster"

enum { ITEMS_MAX = 5000, JID_MAX = 2047, /* bare */
       NAME_MAX_BYTES = 256, SERVICES_SHOWN = 20 };

struct roster {
	struct hnode by_owner; /* rosters.all */
	struct rosters *rs;    /* borrowed */
	struct addr *owner;    /* ref */
	struct xlink *link;    /* borrowed: who was asked; NULL: nobody */
	struct htable items;   /* owned, by JID */
	bool known;
};

struct rosters {
	struct gate *gate;     /* borrowed */
	struct htable all;
};

const char *roster_subscription_name(enum roster_subscription s)
{
	static const char *const names[] = {
		[ROSTER_NONE] = "none", [ROSTER_TO] = "to",
		[ROSTER_FROM] = "from", [ROSTER_BOTH] = "both",
	};

	return names[s];
}

static enum roster_subscription subscription_of(struct view v)
{
	for (int i = ROSTER_BOTH; i > ROSTER_NONE; i--)
		if (view_eqs(v, roster_subscription_name(
					(enum roster_subscription)i)))
			return (enum roster_subscription)i;
	return ROSTER_NONE;
}

/* ---- items ---- */

static struct roster_item *item_find(const struct roster *r,
				     struct view bare)
{
	struct hnode *n = htable_find(&r->items, hash_iview(bare));

	for (; n; n = htable_more(n)) {
		struct roster_item *i =
			CONTAINER(n, struct roster_item, by_jid);

		if (view_ieq(buf_view(&i->jid), bare))
			return i;
	}
	return NULL;
}

static void item_free(struct roster_item *i)
{
	buf_free(&i->jid);
	buf_free(&i->name);
	mem_free(i);
}

static void items_free(struct roster *r)
{
	struct hnode *n;

	while ((n = htable_pop(&r->items)))
		item_free(CONTAINER(n, struct roster_item, by_jid));
	htable_free(&r->items);
}

static struct roster_item *item_get(struct roster *r, struct view jid)
{
	struct roster_item *i = item_find(r, jid);

	if (i || r->items.count >= ITEMS_MAX || !jid.n || jid.n > JID_MAX ||
	    view_has(jid, '/'))
		return i;
	i = mem_zalloc(sizeof(*i));
	buf_addv(&i->jid, jid);
	htable_add(&r->items, &i->by_jid, hash_iview(jid));
	return i;
}

static void item_take(struct roster *r, const struct elem *e)
{
	struct view jid = elem_get(e, "jid");
	struct view subscription = elem_get(e, "subscription");
	struct roster_item *i;

	if (view_eqs(subscription, "remove")) {
		i = item_find(r, jid);
		if (!i)
			return;
		htable_del(&r->items, &i->by_jid);
		item_free(i);
		return;
	}
	i = item_get(r, jid);
	if (!i)
		return;
	i->subscription = subscription_of(subscription);
	i->asked = view_eqs(elem_get(e, "ask"), "subscribe");
	buf_clear(&i->name);
	buf_addv(&i->name, view_head(elem_get(e, "name"), NAME_MAX_BYTES));
}

static void items_take(struct roster *r, const struct elem *query)
{
	struct elem e;
	size_t pos = 0;

	while (elem_next(&e, query, &pos))
		if (view_eqs(e.name, "item"))
			item_take(r, &e);
}

/* ---- lists ---- */

static struct roster *list_find(const struct rosters *rs,
				const struct addr *owner)
{
	struct hnode *n = htable_find(&rs->all, owner->hash);

	for (; n; n = htable_more(n)) {
		struct roster *r = CONTAINER(n, struct roster, by_owner);

		if (addr_eq(r->owner, owner))
			return r;
	}
	return NULL;
}

static void list_free(struct rosters *rs, struct roster *r)
{
	htable_del(&rs->all, &r->by_owner);
	if (r->link)
		xlink_forget(r->link, r);
	items_free(r);
	mem_deref(r->owner);
	mem_free(r);
}

static struct roster *list_get(struct rosters *rs, const struct person *p)
{
	struct roster *r = list_find(rs, p->aor);

	if (r)
		return r;
	r = mem_zalloc(sizeof(*r));
	r->rs = rs;
	r->owner = mem_ref(p->aor);
	htable_add(&rs->all, &r->by_owner, p->aor->hash);
	return r;
}

static void on_list(int err, const struct elem *e, void *arg)
{
	struct roster *r = arg;
	struct elem query;

	r->link = NULL;
	if (err || !elem_child(&query, e, "query", NS_ROSTER)) {
		log_info("xmpp %s: no roster", r->owner->text.p);
		return;
	}
	items_take(r, &query);
	r->known = true;
}

void rosters_up(struct rosters *rs, struct person *p)
{
	struct roster *r = list_get(rs, p);
	struct buf b = { 0 };

	if (r->link)
		xlink_forget(r->link, r);
	r->link = NULL;
	r->known = false;
	items_free(r);
	elem_leaf(&b, "query", NS_ROSTER, VIEW_NONE);
	if (!xlink_ask(p->account, "get", VIEW_NONE, VIEW_NONE, &b, on_list,
		       r))
		r->link = p->account;
	buf_free(&b);
}

void rosters_gone(struct rosters *rs, const struct person *p)
{
	struct roster *r = list_find(rs, p->aor);

	if (r)
		list_free(rs, r);
}

bool rosters_push(struct rosters *rs, struct person *p, const struct elem *e,
		  const struct elem *query)
{
	struct view from = elem_get(e, "from");

	if (!p->account || (from.n && !view_ieq(from, buf_view(&p->jid))))
		return false;
	items_take(list_get(rs, p), query);
	return true;
}

struct rosters *rosters_new(struct gate *g)
{
	struct rosters *rs = mem_zalloc(sizeof(*rs));

	rs->gate = g;
	return rs;
}

void rosters_free(struct rosters *rs)
{
	struct hnode *n;

	if (!rs)
		return;
	while ((n = htable_pop(&rs->all)))
		list_free(rs, CONTAINER(n, struct roster, by_owner));
	htable_free(&rs->all);
	mem_free(rs);
}

/* ---- what others see of it ---- */

static struct roster *list_of(const struct person *p)
{
	const struct rosters *rs = rosters_of(p->gate);

	return rs && p->account ? list_find(rs, p->aor) : NULL;
}

const struct roster_item *roster_find(const struct person *p,
				      struct view bare)
{
	const struct roster *r = list_of(p);

	return r ? item_find(r, bare) : NULL;
}

bool roster_is_known(const struct person *p)
{
	const struct roster *r = list_of(p);

	return r && r->known;
}

const struct roster_item *roster_each(const struct person *p, size_t *pos,
				      const struct roster_item *prev)
{
	const struct roster *r = list_of(p);
	struct hnode *n = prev ? (struct hnode *)(uintptr_t)&prev->by_jid :
				 NULL;

	n = r ? htable_each(&r->items, pos, n) : NULL;
	return n ? CONTAINER(n, struct roster_item, by_jid) : NULL;
}

size_t roster_count(const struct person *p)
{
	const struct roster *r = list_of(p);

	return r ? r->items.count : 0;
}

void roster_presence(struct person *p, const struct elem *e)
{
	struct view from = elem_get(e, "from"), type = elem_get(e, "type");
	struct view bare, resource;
	struct roster *r = list_of(p);
	struct roster_item *i;

	if (!view_cut(from, '/', &bare, &resource))
		bare = from;
	i = r && !view_has(bare, '@') ? item_find(r, bare) : NULL;
	if (i && (!type.n || view_eqs(type, "unavailable") ||
		  view_eqs(type, "error")))
		i->here = !type.n;
}

static void add_services(struct buf *out, const struct person *p)
{
	const struct roster_item *i = NULL;
	size_t pos = 0, shown = 0;

	while ((i = roster_each(p, &pos, i))) {
		if (view_has(buf_view(&i->jid), '@') ||
		    shown++ >= SERVICES_SHOWN)
			continue;
		buf_addc(out, '\n');
		jtext_line(out, buf_view(&i->jid), 256);
		buf_adds(out, i->here ? ": up" : ": down");
	}
}

void rosters_about(const struct person *p, struct buf *out)
{
	if (!p->account)
		return;
	if (!roster_is_known(p)) {
		buf_adds(out, "\nYour contacts are not known just now.");
		return;
	}
	buf_adds(out, "\nContacts: ");
	buf_add_u64(out, roster_count(p));
	add_services(out, p);
}
