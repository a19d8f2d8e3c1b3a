/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the service, its rooms and their people: each is answered. */
#include <string.h>

#include "jid.h"
#include "mem.h"
#include "service_priv.h"

enum { RATE = 20, BURST = 60, PAGE_RATE = 2, PAGE_BURST = 20 };

#define NS_INFO "http://jabber.org/protocol/disco#info"
#define NS_ITEMS "http://jabber.org/protocol/disco#items"

/* ---- parts ---- */

void service_result(struct buf *b, const struct elem *e)
{
	stanza_open(b, "iq", VIEW("result"), elem_get(e, "to"),
		    elem_get(e, "from"), elem_get(e, "id"));
}

void service_result_empty(struct service *s, const struct elem *e)
{
	struct buf b = { 0 };

	service_result(&b, e);
	elem_close(&b);
	service_send(s, &b, VIEW_NONE);
	buf_free(&b);
}

/* May he ask this now? Else he is refused, unless that is too much, too. */
static bool service_turn(struct service *s, const struct elem *e, char what,
			 unsigned rate, unsigned burst)
{
	struct view bare = jid_bare(elem_get(e, "from"));
	enum gate_turn turn = gate_turn(s->gate, bare, what, rate, burst);

	if (turn == GATE_TURN_REFUSE)
		service_refuse(s, e, "wait", "resource-constraint",
			       VIEW("Too many requests: wait a little."));
	return turn == GATE_TURN_YES;
}

static void finish(struct service *s, struct buf *b)
{
	elem_close(b); /* the query */
	elem_close(b); /* the iq */
	service_send(s, b, VIEW_NONE);
	buf_free(b);
}

void add_field(struct buf *b, const char *var, const char *type,
	       const char *label, struct view value)
{
	elem_open(b, "field", NULL);
	elem_attrs(b, "var", var);
	elem_attrs(b, "type", type);
	elem_attrs(b, "label", label);
	elem_open(b, "value", NULL);
	elem_text(b, value);
	elem_close(b);
	elem_close(b);
}

static void add_identity(struct buf *b, struct view name)
{
	elem_open(b, "identity", NULL);
	elem_attrs(b, "category", "conference");
	elem_attrs(b, "type", "text");
	elem_attr(b, "name", name);
	elem_close(b);
}

static void add_feature(struct buf *b, const char *var)
{
	elem_open(b, "feature", NULL);
	elem_attrs(b, "var", var);
	elem_close(b);
}

/* ---- disco ---- */

static void service_info(struct service *s, const struct elem *e)
{
	static const char *const features[] = {
		NS_INFO, NS_ITEMS, NS_MUC, "urn:xmpp:ping",
		"jabber:iq:version", "vcard-temp", NS_OCCUPANT,
	};
	struct buf b = { 0 };

	service_result(&b, e);
	elem_open(&b, "query", NS_INFO);
	add_identity(&b, VIEW("SIP chat rooms"));
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		add_feature(&b, features[i]);
	finish(s, &b);
}

static size_t count_occupants(const struct service *s, const struct room *r)
{
	const struct place *p = place_find(s, r->id);
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&r->order, n, nx)
		count += is_occupant(p, CONTAINER(n, struct member, order));
	return count;
}

static void add_room_form(const struct service *s, struct buf *b,
			  const struct room *r)
{
	struct buf n = { 0 };

	buf_add_u64(&n, count_occupants(s, r));
	elem_open(b, "x", NS_DATA);
	elem_attrs(b, "type", "result");
	add_field(b, "FORM_TYPE", "hidden", "",
		  VIEW("http://jabber.org/protocol/muc#roominfo"));
	add_field(b, "muc#roominfo_description", "text-single",
		  "Description", r->subject);
	add_field(b, "muc#roominfo_subject", "text-single", "Subject",
		  r->subject);
	add_field(b, "muc#roominfo_occupants", "text-single",
		  "People in the room", buf_view(&n));
	elem_close(b);
	buf_free(&n);
}

static void room_info(struct service *s, const struct elem *e,
		      const struct room *r)
{
	static const char *const features[] = {
		NS_INFO, NS_ITEMS, NS_MUC, NS_MUC "#stable_id", NS_SID,
		NS_MAM, "urn:xmpp:ping", NS_OCCUPANT, "muc_persistent",
		"muc_semianonymous", "muc_unmoderated", "muc_unsecured",
	};
	struct buf b = { 0 };

	service_result(&b, e);
	elem_open(&b, "query", NS_INFO);
	add_identity(&b, room_name(r));
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		add_feature(&b, features[i]);
	add_feature(&b, room_is_private(r) ? "muc_membersonly" : "muc_open");
	add_feature(&b, room_is_private(r) ? "muc_hidden" : "muc_public");
	add_room_form(s, &b, r);
	finish(s, &b);
}

/* A private room is there for its own people only. */
static bool may_see(const struct elem *e, const struct room *r)
{
	struct addr *who = NULL;
	const struct member *m = NULL;

	if (!room_is_private(r))
		return true;
	if (!addr_of_from(&who, elem_get(e, "from")))
		m = room_member(r, who);
	mem_deref(who);
	return m && m->state != MEMBER_BANNED;
}

static void add_item(struct buf *b, struct view jid, struct view name)
{
	elem_open(b, "item", NULL);
	elem_attr(b, "jid", jid);
	elem_attr(b, "name", name);
	elem_close(b);
}

static void items_open(struct buf *b, const struct elem *e)
{
	service_result(b, e);
	elem_open(b, "query", NS_ITEMS);
}

/* The page, or that there is none. */
static void items_end(struct service *s, struct buf *b, const struct elem *e,
		      struct rsm *page)
{
	rsm_put(page, b);
	if (!page->lost) {
		finish(s, b);
		return;
	}
	buf_free(b);
	service_refuse(s, e, "cancel", "item-not-found", VIEW_NONE);
}

static void add_room(const struct service *s, struct buf *b,
		     const struct room *r, struct rsm *page)
{
	struct buf jid = { 0 };

	if (rsm_wants(page) && !room_jid(s, &jid, r) &&
	    rsm_is_in(page, buf_view(&jid)))
		add_item(b, buf_view(&jid), room_name(r));
	buf_free(&jid);
}

static void service_items(struct service *s, const struct elem *e,
			  const struct elem *query)
{
	struct buf b = { 0 };
	struct rsm page;

	rsm_read(&page, query);
	items_open(&b, e);
	while (rsm_walk(&page)) {
		struct room *r = NULL;
		size_t pos = 0;

		while ((r = hub_each_room(service_hub(s), &pos, r)))
			if (may_see(e, r))
				add_room(s, &b, r, &page);
	}
	items_end(s, &b, e, &page);
}

static struct member *member_from(const struct elem *e, const struct room *r)
{
	struct addr *who = NULL;
	struct member *m = NULL;

	if (!addr_of_from(&who, elem_get(e, "from")))
		m = room_member(r, who);
	mem_deref(who);
	return m && m->state == MEMBER_JOINED ? m : NULL;
}

static void add_occupant(const struct service *s, struct buf *b,
			 const struct member *m, struct rsm *page)
{
	struct buf jid = { 0 };

	if (rsm_wants(page) && !occupant_jid(s, &jid, m->room, m->nick) &&
	    rsm_is_in(page, buf_view(&jid)))
		add_item(b, buf_view(&jid), m->nick);
	buf_free(&jid);
}

/* Who is in is for those to know who are. */
static void room_items(struct service *s, const struct elem *e,
		       const struct elem *query, const struct room *r)
{
	const struct place *p = place_find(s, r->id);
	bool may = member_from(e, r);
	struct buf b = { 0 };
	struct lnode *n, *nx;
	struct rsm page;

	rsm_read(&page, query);
	items_open(&b, e);
	while (rsm_walk(&page) && may)
		LIST_EACH (&r->order, n, nx) {
			const struct member *m =
				CONTAINER(n, struct member, order);

			if (is_occupant(p, m))
				add_occupant(s, &b, m, &page);
		}
	items_end(s, &b, e, &page);
}

/* ---- the rest ---- */

static void version(struct service *s, const struct elem *e)
{
	struct buf b = { 0 };

	service_result(&b, e);
	elem_open(&b, "query", "jabber:iq:version");
	elem_leaf(&b, "name", NULL, VIEW("confab"));
	elem_leaf(&b, "version", NULL, VIEW("1"));
	finish(s, &b);
}

static void vcard(struct service *s, const struct elem *e, struct view name)
{
	struct buf b = { 0 };

	service_result(&b, e);
	elem_open(&b, "vCard", "vcard-temp");
	elem_leaf(&b, "FN", NULL, name);
	finish(s, &b);
}

static void no_service(struct service *s, const struct elem *e)
{
	service_refuse(s, e, "cancel", "service-unavailable", VIEW_NONE);
}

static void to_service(struct service *s, const struct elem *e,
		       const struct elem *query)
{
	bool get = view_eqs(elem_get(e, "type"), "get");

	if (get && elem_is(query, "query", NS_INFO))
		service_info(s, e);
	else if (get && elem_is(query, "query", NS_ITEMS))
		service_items(s, e, query);
	else if (get && elem_is(query, "ping", "urn:xmpp:ping"))
		service_result_empty(s, e);
	else if (get && elem_is(query, "query", "jabber:iq:version"))
		version(s, e);
	else if (get && elem_is(query, "vCard", "vcard-temp"))
		vcard(s, e, VIEW("SIP chat rooms"));
	else
		no_service(s, e);
}

/* A page of the archive is worth many small answers. */
static void archive(struct service *s, const struct elem *e, struct room *r)
{
	if (!member_from(e, r))
		service_refuse(s, e, "auth", "forbidden",
			       VIEW("Only members read what was said"));
	else if (service_turn(s, e, 'a', PAGE_RATE, PAGE_BURST))
		service_archive(s, e, r);
}

/* What a query of the archive may ask for. */
static void archive_form(struct service *s, const struct elem *e)
{
	static const char *const fields[] = { "start", "end", "after-id",
					      "before-id" };
	struct buf b = { 0 };

	service_result(&b, e);
	elem_open(&b, "query", NS_MAM);
	elem_open(&b, "x", NS_DATA);
	elem_attrs(&b, "type", "form");
	add_field(&b, "FORM_TYPE", "hidden", "", VIEW(NS_MAM));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		elem_open(&b, "field", NULL);
		elem_attrs(&b, "var", fields[i]);
		elem_attrs(&b, "type", "text-single");
		elem_close(&b);
	}
	elem_close(&b);
	finish(s, &b);
}

static void get_of_room(struct service *s, const struct elem *e,
			const struct elem *query, struct room *r)
{
	if (elem_is(query, "query", NS_INFO))
		room_info(s, e, r);
	else if (elem_is(query, "query", NS_ITEMS))
		room_items(s, e, query, r);
	else if (elem_is(query, "ping", "urn:xmpp:ping"))
		service_result_empty(s, e);
	else if (elem_is(query, "query", NS_MAM))
		archive_form(s, e);
	else if (elem_is(query, "query", "jabber:iq:version"))
		version(s, e);
	else if (elem_is(query, "vCard", "vcard-temp"))
		vcard(s, e, room_name(r));
	else
		no_service(s, e);
}

static void to_room(struct service *s, const struct elem *e,
		    const struct elem *query, struct room *r)
{
	if (elem_is(query, "query", NS_MUC_ADMIN))
		service_admin(s, e, query, r);
	else if (elem_is(query, "query", NS_MUC_OWNER))
		service_owner(s, e, query, r);
	else if (view_eqs(elem_get(e, "type"), "set") &&
		 elem_is(query, "query", NS_MAM))
		archive(s, e, r);
	else if (view_eqs(elem_get(e, "type"), "get"))
		get_of_room(s, e, query, r);
	else
		no_service(s, e);
}

/* XEP-0410: to oneself, whether one is still in. To others: not ours to hand
 * on, their addresses are nobody's business. */
static void to_occupant(struct service *s, const struct elem *e,
			const struct elem *query, struct room *r,
			struct view nick)
{
	struct seat *seat = seat_by_jid(s, r->id, elem_get(e, "from"));
	const struct member *m = member_of_nick(r, nick);

	if (!seat)
		service_refuse(s, e, "cancel", "not-acceptable",
			       VIEW("You are not in this room"));
	else if (!m || !is_occupant(seat->place, m))
		service_refuse(s, e, "cancel", "item-not-found",
			       VIEW("Nobody of this name is in the room"));
	else if (elem_is(query, "ping", "urn:xmpp:ping"))
		service_result_empty(s, e);
	else if (elem_is(query, "vCard", "vcard-temp") &&
		 view_eqs(elem_get(e, "type"), "get"))
		vcard(s, e, m->nick);
	else
		no_service(s, e);
}

static void route(struct service *s, const struct elem *e,
		  const struct elem *query)
{
	struct jmap_sip sip;
	struct buf text = { 0 };
	struct room *r = room_of(s, elem_get(e, "to"), &sip, &text);
	struct jid to;

	jid_split(&to, elem_get(e, "to"));
	if (!to.local.n)
		to_service(s, e, query);
	else if (!r || !may_see(e, r))
		service_refuse(s, e, "cancel", "item-not-found",
			       VIEW("There is no such room"));
	else if (to.resource.n)
		to_occupant(s, e, query, r, to.resource);
	else
		to_room(s, e, query, r);
	buf_free(&text);
}

void service_iq(struct service *s, const struct elem *e)
{
	struct view type = elem_get(e, "type");
	struct elem query;

	if (!view_eqs(type, "get") && !view_eqs(type, "set"))
		return;
	if (!service_turn(s, e, 'q', RATE, BURST))
		return;
	if (elem_child(&query, e, NULL, NULL))
		route(s, e, &query);
	else
		service_refuse(s, e, "modify", "bad-request", VIEW_NONE);
}
