/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the service, its rooms and their people: each is answered. */
#include <string.h>

#include "jid.h"
#include "mem.h"
#include "service_priv.h"

enum { RATE = 20, BURST = 60, ITEMS_MAX = 200 };

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

/* The room that an RSM page begins behind. */
static struct room *page_start(struct service *s, const struct elem *query,
			       size_t *pos, size_t *max)
{
	struct elem set;
	struct jmap_sip sip;
	struct buf text = { 0 };
	struct room *r = NULL, *after = NULL;
	uint64_t n;

	if (!elem_child(&set, query, "set", NS_RSM))
		return NULL;
	if (!view_u64(&n, elem_child_words(&set, "max", NULL), *max))
		*max = (size_t)n;
	after = room_of(s, elem_child_words(&set, "after", NULL), &sip,
			&text);
	while (after && (r = hub_each_room(service_hub(s), pos, r)) &&
	       r != after)
		;
	buf_free(&text);
	return r;
}

static void add_last(struct buf *b, struct view last)
{
	elem_open(b, "set", NS_RSM);
	elem_leaf(b, "last", NULL, last);
	elem_close(b);
}

static void service_items(struct service *s, const struct elem *e,
			  const struct elem *query)
{
	size_t pos = 0, max = ITEMS_MAX, n = 0;
	struct room *r = page_start(s, query, &pos, &max);
	struct buf b = { 0 }, jid = { 0 };

	service_result(&b, e);
	elem_open(&b, "query", NS_ITEMS);
	while (n < max && (r = hub_each_room(service_hub(s), &pos, r))) {
		if (!may_see(e, r))
			continue;
		buf_clear(&jid);
		if (!room_jid(s, &jid, r)) {
			add_item(&b, buf_view(&jid), room_name(r));
			n++;
		}
	}
	if (n)
		add_last(&b, buf_view(&jid));
	finish(s, &b);
	buf_free(&jid);
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

/* Who is in is for those to know who are. */
static void room_items(struct service *s, const struct elem *e,
		       const struct room *r)
{
	const struct place *p = place_find(s, r->id);
	struct buf b = { 0 }, jid = { 0 };
	struct lnode *n, *nx;

	service_result(&b, e);
	elem_open(&b, "query", NS_ITEMS);
	if (member_from(e, r))
		LIST_EACH (&r->order, n, nx) {
			const struct member *m =
				CONTAINER(n, struct member, order);

			if (!is_occupant(p, m))
				continue;
			buf_clear(&jid);
			if (!occupant_jid(s, &jid, r, m->nick))
				add_item(&b, buf_view(&jid), m->nick);
		}
	finish(s, &b);
	buf_free(&jid);
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

static void archive(struct service *s, const struct elem *e, struct room *r)
{
	if (member_from(e, r))
		service_archive(s, e, r);
	else
		service_refuse(s, e, "auth", "forbidden",
			       VIEW("Only members read what was said"));
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
		room_items(s, e, r);
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
	struct seat *seat = seat_find(s, r->id, elem_get(e, "from"));
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
	if (!gate_within(s->gate, jid_bare(elem_get(e, "from")), 'q', RATE,
			 BURST))
		return;
	if (elem_child(&query, e, NULL, NULL))
		route(s, e, &query);
	else
		service_refuse(s, e, "modify", "bad-request", VIEW_NONE);
}
