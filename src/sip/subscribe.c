/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SUBSCRIBE: the rules. A request is checked whole before a package hears of
 * it. */
#include "event_priv.h"

#include <errno.h>

#include "location.h"
#include "mem.h"
#include "registrar_priv.h"
#include "event_list_priv.h"
#include "register_priv.h"
#include "subs_priv.h"
#include "text_priv.h"

enum {
	CALL_ID_MAX = 256,
	TAG_MAX = 128,
};

/* A SUBSCRIBE that is being looked at. */
struct visit {
	const struct uas *u;
	const struct sip_package *package;
	struct event_name event;
	uint32_t expires;
	struct view target;     /* its Contact's URI; or empty */
	struct buf route, resource, watcher;
	struct sip_dest *dest;  /* ref */
	bool is_list;
	struct buf list;        /* then: AORs, one a line */
};

static bool refuse(const struct visit *v, int status, const char *reason)
{
	uas_answer(v->u, status, reason, NULL, 0);
	return false;
}

static struct subs *subs_of(const struct visit *v)
{
	return v->u->sip->events->subs;
}

/* ---- reading ---- */

static bool type_fits(struct view range, struct view type)
{
	struct view major, rest;

	view_cut(range, ';', &range, &rest);
	range = view_trim(range);
	view_cut(type, '/', &major, &rest);
	return view_eqs(range, "*/*") || view_ieq(range, type) ||
	       (range.n == major.n + 2 && view_istarts(range, major) &&
		view_eqs(view_from(range, major.n), "/*"));
}

/* RFC 6665 3.1.3: no Accept is the package's own type. */
static bool takes_type(const struct visit *v)
{
	const struct prescan *pre = v->u->pre;
	bool asked = false;
	size_t i, n;

	for (i = 0; i < pre->lines; i++) {
		struct view rest = pre->line[i].value;

		if (pre->line[i].id != HDR_ACCEPT)
			continue;
		asked = true;
		for (; rest.n; rest = view_from(rest, n + 1)) {
			n = scan_until(rest, ',');
			if (type_fits(view_head(rest, n),
				      view_str(v->package->type)))
				return true;
		}
	}
	return !asked || refuse(v, 406, NULL);
}

static bool read_contact(struct visit *v)
{
	const struct prescan *pre = v->u->pre;
	struct sip_nameaddr a;
	struct sip_uri uri;
	size_t i, contacts = 0;

	for (i = 0; i < pre->lines; i++)
		contacts += pre->line[i].id == HDR_CONTACT;
	if (!contacts)
		return v->u->req->to.has_tag || refuse(v, 400, "No Contact");
	if (contacts > 1 || scan_nameaddr(&a, pre->first[HDR_CONTACT]) ||
	    sip_uri_parse(&uri, a.uri))
		return refuse(v, 400, "Malformed Contact");
	if (!registrar_allows(v->u, &uri))
		return refuse(v, 403, "Contact Is Not Allowed");
	v->target = a.uri;
	return true;
}

/* RFC 3261 12.1.1: as it stands, in order. */
static bool read_route(struct visit *v)
{
	const struct prescan *pre = v->u->pre;
	size_t i;

	for (i = 0; i < pre->lines; i++) {
		if (pre->line[i].id != HDR_RECORD_ROUTE)
			continue;
		if (v->route.n)
			buf_adds(&v->route, ", ");
		text_put_unfolded(&v->route, pre->line[i].value);
	}
	return v->route.n <= SIP_ROUTE_MAX ||
	       refuse(v, 400, "Record-Route Too Long");
}

static bool read_dialog(const struct visit *v)
{
	const struct parsed *req = v->u->req;
	struct sip_uri uri;

	if (req->call_id.n > CALL_ID_MAX || req->from.tag.n > TAG_MAX ||
	    req->to.uri.n > SIP_URI_MAX || req->from.uri.n > SIP_URI_MAX)
		return refuse(v, 400, "Too Long");
	if (!scan_token_only(req->from.tag))
		return refuse(v, 400, "From Without A Tag");
	if (sip_uri_parse(&uri, req->from.uri) ||
	    sip_uri_parse(&uri, req->to.uri))
		return refuse(v, 400, "To Or From Is No Address To Watch");
	return true;
}

/* A client without DNS knows us by a number. */
static bool read_resource(struct visit *v)
{
	const struct sip *s = v->u->sip;
	struct sip_uri uri;
	int status;

	if (v->u->pre->ruri.n > SIP_URI_MAX)
		return refuse(v, 414, NULL);
	if (sip_uri_parse(&uri, v->u->pre->ruri))
		return refuse(v, 400, "Malformed Request-URI");
	if (registrar_is_ours(v->u, uri.host)) {
		if (view_empty(uri.user))
			return refuse(v, 404, NULL);
		uri.host = view_str(s->domain);
	}
	status = event_resource(&v->resource, v->package, &uri);
	location_aor(&v->watcher, &v->u->id.uri);
	return status == 200 || refuse(v, status, NULL);
}

/* RFC 5367: who is in it is said with the request. */
static bool read_body(struct visit *v)
{
	const struct uas *u = v->u;

	if (u->req->encoding.n && !view_ieqs(u->req->encoding, "identity")) {
		uas_answer_with(u, 415, "Accept-Encoding", VIEW("identity"));
		return false;
	}
	switch (event_list_read(&v->list, v->package, u->body)) {
	case 0:
		return true;
	case EMSGSIZE:
		return refuse(v, 413, "Too Many In The List");
	default:
		return refuse(v, 400, "Malformed List");
	}
}

static bool read_list(struct visit *v)
{
	const struct uas *u = v->u;
	const struct sip_package *p = v->package;
	bool in_body = p->listh && u->body.n &&
		       view_ieqs(u->req->type,
				 "application/resource-lists+xml");

	v->is_list = in_body ||
		     (p->listh && p->listh(buf_view(&v->watcher),
					   buf_view(&v->resource), &v->list,
					   p->arg));
	if (v->is_list && !reg_supports(u->pre, "eventlist")) {
		uas_answer_with(u, 421, "Require", VIEW("eventlist"));
		return false;
	}
	return !in_body || read_body(v);
}

static bool read_all(struct visit *v)
{
	v->package = event_of(v->u, &v->event, false);
	return v->package && read_dialog(v) &&
	       event_expires(v->u, &v->expires) && read_contact(v) &&
	       takes_type(v);
}

/* ---- doing it ---- */

static void answer(const struct visit *v, uint64_t txn, const struct sub *sub)
{
	struct buf contact = { 0 }, expires = { 0 };
	struct sip_header headers[] = {
		{ VIEW("Expires"), VIEW_NONE },
		{ VIEW("Contact"), VIEW_NONE },
		{ VIEW("Require"), VIEW("eventlist") },
	};

	buf_add_u64(&expires, v->expires);
	notify_contact(&contact, v->u->sip, v->u->flow, sub->resource);
	headers[0].value = buf_view(&expires);
	headers[1].value = buf_view(&contact);
	sip_answer(v->u->sip, txn, 200, NULL, headers, sub->list ? 3 : 2);
	buf_free(&contact);
	buf_free(&expires);
}

static struct sub_setup setup_of(const struct visit *v)
{
	const struct parsed *req = v->u->req;

	return (struct sub_setup){
		.package = v->package,
		.dest = v->dest,
		.flow = *v->u->flow,
		.stranger = v->u->id.how == ID_DIGEST,
		.id = subs_id(subs_of(v)),
		.own_tag = v->u->key.a,
		.cseq = req->cseq,
		.expires = v->expires,
		.call_id = req->call_id,
		.tag = req->from.tag,
		.own_uri = req->to.uri,
		.resource = buf_view(&v->resource),
		.watcher = buf_view(&v->watcher),
		.event = v->event,
		.is_list = v->is_list,
		.list = buf_view(&v->list),
	};
}

/* Documents about watchers would cost the square of them. */
static int room_for(const struct visit *v)
{
	const struct netaddr *source = &v->u->flow->peer;
	struct view watcher = buf_view(&v->watcher);

	if (sip_watches_of(v->u->sip, v->package->name, buf_view(&v->resource),
			   watcher, NULL, 0) >= EVENT_SUBS_SAME)
		return EBUSY;
	return subs_room(subs_of(v), watcher,
			 v->u->id.how == ID_DIGEST ? source : NULL,
			 1 + event_list_count(buf_view(&v->list)));
}

static bool has_room(const struct visit *v)
{
	static const struct sip_header later = { VIEW("Retry-After"),
						 VIEW("60") };

	switch (room_for(v)) {
	case 0:
		return true;
	case EBUSY:
		uas_answer(v->u, 480, "Too Many Subscriptions", &later, 1);
		return false;
	default:
		uas_answer_busy(v->u);
		return false;
	}
}

static void begin(struct visit *v)
{
	struct sub_setup setup = setup_of(v);
	struct sub *sub;
	uint64_t txn;
	int status;

	if (event_txn(v->u, &txn)) {
		uas_answer_busy(v->u);
		return;
	}
	status = v->is_list ? 200 : subs_ask(&setup);
	if (status != 200) {
		event_refuse(v->u, txn, status, NULL);
		return;
	}
	sub = subs_add(subs_of(v), &setup);
	answer(v, txn, sub);
	if (v->expires)
		notify_wake(sub, true);
	else
		sub_end(sub, "timeout", 0);
}

static void serve_new(struct visit *v)
{
	const struct parsed *req = v->u->req;

	if (subs_has_merged(subs_of(v), req->call_id, req->from.tag,
			    req->cseq)) {
		refuse(v, 482, "Merged Request");
		return;
	}
	if (!read_route(v) || !read_resource(v) || !read_list(v) ||
	    !has_room(v))
		return;
	if (dest_of_dialog(&v->dest, req->from.uri, v->target,
			   buf_view(&v->route)))
		refuse(v, 400, "Malformed Contact");
	else
		begin(v);
}

/* ---- in a dialog ---- */

static struct sub *find(const struct visit *v)
{
	const struct parsed *req = v->u->req;
	struct sub *sub = subs_find(subs_of(v), req->call_id, req->from.tag,
				    req->to.tag);

	if (!sub || sub->state == SUB_OVER || sub->package != v->package ||
	    !view_eq(sub->event_id, v->event.id))
		return NULL;
	return sub;
}

static bool is_his(struct visit *v, const struct sub *sub)
{
	location_aor(&v->watcher, &v->u->id.uri);
	return view_eq(buf_view(&v->watcher), sub->watcher);
}

static void extend(struct visit *v, struct sub *sub, uint64_t txn)
{
	sub->cseq_in = v->u->req->cseq;
	sub_move(sub, v->dest ? v->dest : sub->dest, v->u->flow);
	answer(v, txn, sub);
	if (!v->expires) {
		sub_end(sub, "timeout", 0);
		return;
	}
	sub_extend(sub, v->expires);
	sub->full = true;
	notify_wake(sub, true);
}

/* Its Contact may be another now (RFC 3261 12.2.2); its route stays. */
static void refresh(struct visit *v, struct sub *sub)
{
	uint64_t txn;

	if (v->target.n &&
	    dest_of_dialog(&v->dest, sip_dest_to(sub->dest), v->target,
			   sip_dest_route(sub->dest)))
		refuse(v, 400, "Malformed Contact");
	else if (event_txn(v->u, &txn))
		uas_answer_busy(v->u);
	else
		extend(v, sub, txn);
}

static void serve_known(struct visit *v)
{
	struct sub *sub = find(v);

	if (!sub || !is_his(v, sub))
		refuse(v, 481, "Subscription Does Not Exist");
	else if (v->u->req->cseq <= sub->cseq_in)
		refuse(v, 500, "CSeq Out Of Order");
	else
		refresh(v, sub);
}

void subscribe_serve(const struct uas *u)
{
	struct visit v = { .u = u };

	if (read_all(&v)) {
		if (u->req->to.has_tag)
			serve_known(&v);
		else
			serve_new(&v);
	}
	mem_deref(v.dest);
	buf_free(&v.route);
	buf_free(&v.resource);
	buf_free(&v.watcher);
	buf_free(&v.list);
}
