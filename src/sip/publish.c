/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PUBLISH (RFC 3903 6): in its order of steps. Everybody publishes for
 * himself alone, whatever way he comes.
 */
#include "event_priv.h"

#include <string.h>

#include "clock.h"
#include "location.h"
#include "pubs_priv.h"
#include "registrar_priv.h"

/* A PUBLISH that is being looked at. */
struct visit {
	const struct uas *u;
	const struct sip_package *package;
	uint32_t expires;
	struct view etag;   /* of SIP-If-Match, or empty */
	struct buf resource;
	struct pub *pub;    /* then */
};

static bool refuse(const struct visit *v, int status, const char *reason)
{
	uas_answer(v->u, status, reason, NULL, 0);
	return false;
}

static bool names_him(const struct visit *v, const struct sip_uri *uri)
{
	const struct sip_uri *id = &v->u->id.uri;

	return uri_user_is(uri->user, id->user) &&
	       (view_ieq(uri->host, id->host) ||
		(v->u->id.how == ID_DIGEST &&
		 registrar_is_ours(v->u, uri->host)));
}

/* RFC 3903 6, 1 and 3: whose state this is. */
static bool read_resource(struct visit *v)
{
	const struct parsed *req = v->u->req;

	if (v->u->pre->ruri.n > SIP_URI_MAX)
		return refuse(v, 414, NULL);
	if (!req->to_uri.chat || !names_him(v, &req->ruri.uri) ||
	    !names_him(v, &req->to_uri.uri))
		return refuse(v, 403, "Not Your Own State");
	location_aor(&v->resource, &v->u->id.uri);
	return true;
}

/* He is meant whatever parameters say, but that it comes from ourselves. */
static bool is_new_here(const struct visit *v)
{
	struct buf unused = { 0 };
	int status = event_resource(&unused, v->package,
				    &v->u->req->ruri.uri);

	buf_free(&unused);
	return status != 482 || refuse(v, 482, NULL);
}

static bool read_match(struct visit *v)
{
	struct view value = v->u->pre->first[HDR_IF_MATCH];

	if (!value.p)
		return true;
	if (!scan_token_only(value))
		return refuse(v, 400, "Malformed SIP-If-Match");
	v->etag = value;
	v->pub = pubs_find(v->u->sip->events->pubs, v->package,
			   buf_view(&v->resource), value);
	return v->pub || refuse(v, 412, NULL);
}

static bool body_fits(const struct visit *v)
{
	const struct uas *u = v->u;
	struct view type = view_str(v->package->type);

	if (!u->body.n)
		return v->etag.n || refuse(v, 400, "Nothing To Publish");
	if (!view_ieq(u->req->type, type)) {
		uas_answer_with(u, 415, "Accept", type);
		return false;
	}
	if (u->req->encoding.n && !view_ieqs(u->req->encoding, "identity")) {
		uas_answer_with(u, 415, "Accept-Encoding", VIEW("identity"));
		return false;
	}
	return true;
}

/* The package knows its documents. */
static bool body_is_good(const struct visit *v)
{
	const struct sip_publication p = {
		.resource = buf_view(&v->resource),
		.type = view_str(v->package->type),
		.body = v->u->body,
	};
	int status = 200;

	if (p.body.n && v->expires)
		status = v->package->checkh(&p, v->package->arg);
	return status == 200 || refuse(v, status, NULL);
}

static bool has_room(const struct visit *v)
{
	if (!v->expires || !pubs_room(v->u->sip->events->pubs, v->u->body.n,
				      !v->pub))
		return true;
	uas_answer_busy(v->u);
	return false;
}

static bool read_all(struct visit *v)
{
	struct event_name event;

	if (!read_resource(v))
		return false;
	v->package = event_of(v->u, &event, true);
	return v->package && is_new_here(v) && read_match(v) &&
	       event_expires(v->u, &v->expires) && body_fits(v) &&
	       body_is_good(v) && has_room(v);
}

/* ---- doing it ---- */

/* RFC 3903 6, 6: each success has a new etag, also the last one. */
static void answer(const struct visit *v, uint64_t txn)
{
	char etag[PUB_ETAG];
	struct buf expires = { 0 };
	struct sip_header headers[] = {
		{ VIEW("SIP-ETag"), view_mem(etag, PUB_ETAG) },
		{ VIEW("Expires"), VIEW_NONE },
	};

	if (v->pub)
		memcpy(etag, v->pub->etag, PUB_ETAG);
	else
		template_hex(etag, rand_u64(), PUB_ETAG);
	buf_add_u64(&expires, v->expires);
	headers[1].value = buf_view(&expires);
	sip_answer(v->u->sip, txn, 200, NULL, headers, 2);
	buf_free(&expires);
}

static void change(struct visit *v)
{
	struct pubs *ps = v->u->sip->events->pubs;

	if (!v->expires) {
		if (v->pub)
			pub_end(v->pub);
		v->pub = NULL;
		return;
	}
	if (!v->pub)
		v->pub = pubs_add(ps, v->package, buf_view(&v->resource));
	pub_extend(v->pub, v->expires);
	if (v->u->body.n)
		pub_say(v->pub, v->u->body);
}

void publish_serve(const struct uas *u)
{
	struct visit v = { .u = u };
	uint64_t txn;

	if (!read_all(&v))
		goto out;
	if (event_txn(u, &txn)) {
		uas_answer_busy(u);
		goto out;
	}
	change(&v);
	answer(&v, txn);
 out:
	buf_free(&v.resource);
}
