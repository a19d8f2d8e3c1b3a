/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of roles and affiliations (XEP-0045 9), a page at a time. */
#include "service_priv.h"

static bool is_listed(const struct place *p, const struct member *m,
		      struct view role, struct view affiliation)
{
	if (m->leaving)
		return false;
	if (affiliation.n)
		return view_eqs(affiliation, affiliation_of(m->room, m));
	return is_occupant(p, m) && view_eqs(role, role_of_member(m));
}

static void add_member(struct buf *b, const struct place *p,
		       const struct member *m, struct view jid)
{
	struct buf nick = { 0 };

	elem_open(b, "item", NULL);
	elem_attrs(b, "affiliation", affiliation_of(m->room, m));
	elem_attr(b, "jid", jid);
	if (is_occupant(p, m)) {
		nick_of(&nick, m->nick);
		elem_attr(b, "nick", buf_view(&nick));
		elem_attrs(b, "role", role_of_member(m));
	}
	elem_close(b);
	buf_free(&nick);
}

/* Who can have no JID is named by his address. */
static void list_one(const struct service *s, struct buf *b,
		     const struct place *p, const struct member *m,
		     struct rsm *page)
{
	struct buf jid = { 0 };
	bool none;

	if (!rsm_wants(page))
		return;
	none = jid_of(s, &jid, m->addr);
	if (rsm_is_in(page, none ? m->addr->text : buf_view(&jid)))
		add_member(b, p, m, none ? VIEW_NONE : buf_view(&jid));
	buf_free(&jid);
}

static void list_all(const struct service *s, struct buf *b,
		     const struct elem *item, const struct room *r,
		     struct rsm *page)
{
	const struct place *p = place_find(s, r->id);
	struct view role = elem_get(item, "role");
	struct view affiliation = elem_get(item, "affiliation");
	struct lnode *n, *nx;

	LIST_EACH (&r->order, n, nx) {
		const struct member *m = CONTAINER(n, struct member, order);

		if (is_listed(p, m, role, affiliation))
			list_one(s, b, p, m, page);
	}
}

void service_list(struct service *s, const struct elem *e,
		  const struct elem *query, struct room *r)
{
	struct elem item;
	struct buf b = { 0 };
	struct rsm page;

	if (!elem_child(&item, query, "item", NULL)) {
		service_refuse(s, e, "modify", "bad-request", VIEW_NONE);
		return;
	}
	rsm_read(&page, query);
	service_result(&b, e);
	elem_open(&b, "query", NS_MUC_ADMIN);
	while (rsm_walk(&page))
		list_all(s, &b, &item, r, &page);
	rsm_put(&page, &b);
	elem_close(&b);
	elem_close(&b);
	if (page.lost)
		service_refuse(s, e, "cancel", "item-not-found", VIEW_NONE);
	else
		service_send(s, &b, VIEW_NONE);
	buf_free(&b);
}
