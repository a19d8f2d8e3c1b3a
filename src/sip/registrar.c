/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registrations. A request is read and checked whole before anything of it is
 * done; what it changes is seen at once, and answered when it is on the disk.
 * Should the disk refuse, the client hears so and comes again.
 */
#include "registrar_priv.h"

#include <errno.h>

#include "clock.h"
#include "event_priv.h"
#include "log.h"
#include "mem.h"
#include "method_priv.h"
#include "register_priv.h"

enum {
	FLOW_TIMER_S = 120, /* RFC 5626 4.4: a client keeps its flow alive
			       more often than this */
	ANSWER_HEADERS = LOCATION_BINDINGS + 5,
};

struct registrar {
	struct sip *sip; /* borrowed; NULL: gone */
	struct sip_registrar conf;
};

/* A REGISTER that is being looked at. */
struct visit {
	const struct uas *u;
	struct location *l;
	struct reg reg;
	struct buf aor;
	bool outbound;
};

/* One that waits for the disk. */
struct pending {
	struct registrar *r; /* ref */
	uint64_t txn;
	bool bound, outbound, path_shown;
	char *aor, *path;    /* owned */
};

/* ---- the answer ---- */

static void contact_put(struct buf *b, const struct binding *bd)
{
	const struct contact *c = &bd->contact;
	uint64_t now = wall_ms(), until = bd->expires_ms;

	buf_addc(b, '<');
	buf_addv(b, c->uri);
	buf_adds(b, ">;expires=");
	buf_add_u64(b, until > now ? (until - now + 999) / 1000 : 0);
	if (view_empty(c->instance))
		return;
	buf_adds(b, ";+sip.instance=\"<");
	buf_addv(b, c->instance);
	buf_adds(b, ">\"");
	if (c->reg_id) {
		buf_adds(b, ";reg-id=");
		buf_add_u64(b, c->reg_id);
	}
}

/* All bindings there are, in one line each. */
struct listing {
	struct sip_header header[ANSWER_HEADERS];
	size_t count;
	struct buf text[LOCATION_BINDINGS];
	char date[SIP_DATE_MAX];
};

static void list_add(struct listing *ls, const char *name, struct view value)
{
	ls->header[ls->count++] =
		(struct sip_header){ view_str(name), value };
}

static void list_contacts(struct listing *ls, const struct location *l,
			  struct view aor)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	size_t i, n = location_all(l, aor, b);

	for (i = 0; i < n && b[i]->id; i++) {
		contact_put(&ls->text[i], b[i]);
		list_add(ls, "Contact", buf_view(&ls->text[i]));
	}
}

static void list_make(struct listing *ls, const struct location *l,
		      struct view aor, struct view path, bool outbound)
{
	list_add(ls, "Date", sip_date(ls->date, wall_ms()));
	list_contacts(ls, l, aor);
	if (!view_empty(path))
		list_add(ls, "Path", path);
	list_add(ls, "Supported", VIEW("path, outbound"));
	if (outbound) {
		list_add(ls, "Require", VIEW("outbound"));
		list_add(ls, "Flow-Timer", VIEW("120"));
	}
}

static void list_free(struct listing *ls)
{
	for (size_t i = 0; i < LOCATION_BINDINGS; i++)
		buf_free(&ls->text[i]);
}

_Static_assert(FLOW_TIMER_S == 120, "as the answer says");

/* ---- after the disk ---- */

static void pending_destroy(void *obj)
{
	struct pending *p = obj;

	mem_deref(p->r);
	mem_free(p->aor);
	mem_free(p->path);
}

static void answer_stored(const struct pending *p)
{
	struct view path = p->path_shown ? view_str(p->path) : VIEW_NONE;
	struct listing ls = { 0 };

	list_make(&ls, p->r->conf.location, view_str(p->aor), path,
		  p->outbound);
	sip_answer(p->r->sip, p->txn, 200, NULL, ls.header, ls.count);
	list_free(&ls);
}

static void on_stored(int err, void *arg)
{
	static const struct sip_header later = { VIEW("Retry-After"),
						 VIEW("10") };
	struct pending *p = arg;
	const struct sip_registrar *conf = &p->r->conf;

	if (p->r->sip && (err || !conf->location))
		sip_answer(p->r->sip, p->txn, 503, NULL, &later, 1);
	else if (p->r->sip)
		answer_stored(p);
	if (!err && p->bound && p->r->sip && conf->registeredh)
		conf->registeredh(view_str(p->aor), conf->arg);
	mem_deref(p);
}

/* ---- the rules ---- */

static bool refuse(const struct visit *v, int status, const char *reason)
{
	uas_answer(v->u, status, reason, NULL, 0);
	return false;
}

/* A client without DNS knows us by a number. */
bool registrar_is_ours(const struct uas *u, struct view host)
{
	struct netaddr numeric;

	return view_ieqs(host, u->sip->domain) ||
	       !netaddr_set(&numeric, host, 0);
}

/* identity.c has compared him with To, here or at another edge. */
static bool is_proved(const struct uas *u)
{
	return u->id.how == ID_DIGEST || u->in;
}

/* Whose places these are. Who logged in has proved his To (identity.c); who
 * comes by a trusted proxy speaks for himself alone (SA15). */
static bool know_user(struct visit *v)
{
	const struct uas *u = v->u;
	const struct uri_parts *to = &u->req->to_uri;
	const struct sip_uri *id = &u->id.uri;

	if (!to->chat || view_empty(to->uri.user))
		return refuse(v, 400, "To Is No User");
	if (!registrar_is_ours(u, u->req->ruri.uri.host) ||
	    !registrar_is_ours(u, to->uri.host))
		return refuse(v, 404, "Not Our Domain");
	if (!uri_user_is(to->uri.user, id->user) ||
	    (!view_ieq(to->uri.host, id->host) && !is_proved(u)))
		return refuse(v, 403, "To Is Somebody Else");
	location_aor(&v->aor, id);
	return true;
}

static bool same_ip(const struct netaddr *a, const struct netaddr *b)
{
	struct netaddr x = *a, y = *b;

	netaddr_set_port(&x, 0);
	netaddr_set_port(&y, 0);
	return netaddr_eq(&x, &y);
}

/* A number that is the source's own is as good as the source; a name is not
 * asked for. */
bool registrar_allows(const struct uas *u, const struct sip_uri *uri)
{
	struct netaddr a;

	if (netaddr_set(&a, uri->host, uri->port ? uri->port : 5060))
		return true;
	return sip_may_send(u->sip, &a) ||
	       (same_ip(&a, &u->flow->peer) && !sip_is_own(u->sip, &a));
}

static bool refuse_brief(const struct visit *v)
{
	struct buf b = { 0 };

	buf_add_u64(&b, v->u->sip->limits.expires_min);
	uas_answer_with(v->u, 423, "Min-Expires", buf_view(&b));
	buf_free(&b);
	return false;
}

static bool contacts_allowed(struct visit *v)
{
	const struct sip_limits *limits = &v->u->sip->limits;

	for (size_t i = 0; i < v->reg.count; i++) {
		struct register_contact *c = &v->reg.contact[i];

		if (!registrar_allows(v->u, &c->parts))
			return refuse(v, 403, "Contact Is Not Allowed");
		if (c->expires && c->expires < limits->expires_min)
			return refuse_brief(v);
		if (c->expires > limits->expires_max)
			c->expires = limits->expires_max;
	}
	return true;
}

/* RFC 5626 6: behind a proxy, outbound works only where the proxy next to the
 * client takes part. */
static bool outbound_allowed(struct visit *v)
{
	bool asked = false;

	for (size_t i = 0; i < v->reg.count; i++)
		asked |= v->reg.contact[i].reg_id &&
			 v->reg.contact[i].instance.n;
	if (!asked || !v->reg.outbound_supported)
		return true;
	v->outbound = v->u->pre->vias == 1 || v->reg.first_ob;
	return v->outbound || refuse(v, 439, NULL);
}

static struct contact contact_of(const struct visit *v,
				 const struct register_contact *c)
{
	return (struct contact){
		.uri = c->uri,
		.path = buf_view(&v->reg.path),
		.instance = c->instance,
		.reg_id = c->instance.n ? c->reg_id : 0,
		.call_id = v->u->req->call_id,
		.cseq = v->u->req->cseq,
		.agent = v->u->pre->first[HDR_USER_AGENT],
		.behind = v->u->pre->vias != 1 || v->reg.path.n,
	};
}

/* RFC 3261 10.3, 6 and 7. */
static bool is_late(const struct visit *v, const struct binding *b)
{
	return b && view_eq(b->contact.call_id, v->u->req->call_id) &&
	       v->u->req->cseq <= b->contact.cseq;
}

static bool in_order(struct visit *v)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	size_t i, n = 0;
	bool late = false;

	if (v->reg.star)
		n = location_all(v->l, buf_view(&v->aor), b);
	for (i = 0; i < n && b[i]->id; i++)
		late |= is_late(v, b[i]);
	for (i = 0; i < v->reg.count; i++) {
		struct contact c = contact_of(v, &v->reg.contact[i]);

		late |= is_late(v, location_same(v->l, buf_view(&v->aor),
						 &c));
	}
	return !late || refuse(v, 400, "CSeq Out Of Order");
}

/* What is refreshed needs no room; what goes makes none, so that nobody is
 * left with less than he had. */
static bool has_room(struct visit *v)
{
	size_t more = 0, bytes = 0;

	for (size_t i = 0; i < v->reg.count; i++) {
		struct contact c = contact_of(v, &v->reg.contact[i]);

		if (!v->reg.contact[i].expires ||
		    location_same(v->l, buf_view(&v->aor), &c))
			continue;
		more++;
		bytes += c.uri.n + c.path.n + c.instance.n + c.call_id.n +
			 DEVICE_AGENT_MAX;
	}
	switch (more ? location_room(v->l, buf_view(&v->aor), more, bytes) :
		       0) {
	case 0:
		return true;
	case EBUSY:
		return refuse(v, 403, "Too Many Contacts");
	default:
		log_warning("sip: no room for more registrations");
		uas_answer_busy(v->u);
		return false;
	}
}

static bool is_text_ok(struct visit *v)
{
	const struct uas *u = v->u;

	return (u->pre->ruri.n <= SIP_URI_MAX && v->aor.n <= SIP_URI_MAX &&
		u->req->call_id.n <= SIP_URI_MAX) ||
	       refuse(v, 400, "Too Long");
}

static bool may(struct visit *v)
{
	if (v->reg.status)
		return refuse(v, v->reg.status, v->reg.reason);
	return is_text_ok(v) && contacts_allowed(v) && outbound_allowed(v) &&
	       in_order(v) && has_room(v);
}

/* ---- doing it ---- */

static void log_bound(const struct visit *v, const struct register_contact *c)
{
	char flow[SIP_FLOW_TEXT_MAX];

	log_debug("sip: %.*s is at %.*s, by %s, for %u s",
		  VIEW_ARG(buf_view(&v->aor)), VIEW_ARG(c->uri),
		  sip_flow_str(flow, v->u->flow), c->expires);
}

static void change_one(struct visit *v, struct location_change *ch,
		       const struct register_contact *c, struct pending *p)
{
	const struct contact contact = contact_of(v, c);
	const struct device_heard heard = {
		.user_agent = contact.agent,
		.accept = v->u->pre->first[HDR_ACCEPT],
	};
	struct binding *b;

	if (c->expires) {
		location_bind(ch, &contact, v->u->flow,
			      wall_ms() + (uint64_t)c->expires * 1000);
		p->bound = true;
		b = location_same(v->l, buf_view(&v->aor), &contact);
		if (b && device_heard(&b->dev, &heard))
			location_keep(ch, b);
		log_bound(v, c);
		return;
	}
	b = location_same(v->l, buf_view(&v->aor), &contact);
	if (b)
		location_unbind(ch, b->id);
}

static bool is_former(const struct visit *v, const struct binding *b)
{
	const struct sip_flow *here = v->u->flow;

	return b->id && b->flow.transport == here->transport &&
	       netaddr_eq(&b->flow.peer, &here->peer) &&
	       !view_eq(b->contact.call_id, v->u->req->call_id);
}

/* A device that was started again has a new Call-ID, and often a new Contact:
 * what it was before is gone, and would get everything twice. Behind a proxy
 * others have the same address. */
static void drop_former(struct visit *v, struct location_change *ch)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	uint64_t id[LOCATION_BINDINGS + 1];
	size_t i, n = 0, all;

	if (v->u->pre->vias != 1 || v->reg.path.n)
		return;
	all = location_all(v->l, buf_view(&v->aor), b);
	for (i = 0; i < all; i++)
		if (is_former(v, b[i]))
			id[n++] = b[i]->id;
	for (i = 0; i < n; i++)
		location_unbind(ch, id[i]);
}

static void change_all(struct visit *v, struct location_change *ch,
		       struct pending *p)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	uint64_t id[LOCATION_BINDINGS];
	size_t i, n = 0, all;

	all = v->reg.star ? location_all(v->l, buf_view(&v->aor), b) : 0;
	for (i = 0; i < all && b[i]->id; i++)
		id[n++] = b[i]->id;
	for (i = 0; i < n; i++)
		location_unbind(ch, id[i]);
	for (i = 0; i < v->reg.count; i++)
		change_one(v, ch, &v->reg.contact[i], p);
	if (p->bound)
		drop_former(v, ch);
	else
		location_leave(ch);
}

static void change(struct visit *v)
{
	struct location_change *ch;
	struct pending *p;
	uint64_t txn;

	if (uas_txn(v->u, &txn)) {
		uas_answer_busy(v->u);
		return;
	}
	p = mem_new(sizeof(*p), pending_destroy);
	p->r = mem_ref(v->u->sip->registrar);
	p->txn = txn;
	p->outbound = v->outbound;
	p->path_shown = v->reg.path_supported && v->reg.path.n;
	p->aor = view_dup(buf_view(&v->aor));
	p->path = view_dup(buf_view(&v->reg.path));
	ch = location_begin(v->l, buf_view(&v->aor));
	change_all(v, ch, p);
	location_commit(ch, on_stored, p);
	event_watcher_here(v->u->sip, buf_view(&v->aor));
}

static void query(struct visit *v)
{
	struct listing ls = { 0 };

	list_make(&ls, v->l, buf_view(&v->aor), VIEW_NONE, false);
	uas_answer(v->u, 200, NULL, ls.header, ls.count);
	list_free(&ls);
}

static void serve(struct visit *v)
{
	if (!know_user(v))
		return;
	reg_read(&v->reg, v->u->pre, v->u->sip->limits.expires_max);
	if (!may(v))
		return;
	if (v->reg.count || v->reg.star)
		change(v);
	else
		query(v);
}

bool registrar_is_open(const struct sip *s)
{
	return s->registrar && s->registrar->conf.location;
}

const struct location *registrar_location(const struct sip *s)
{
	return s->registrar ? s->registrar->conf.location : NULL;
}

struct view registrar_allow(const struct sip *s)
{
	static const char *const names[2][2] = {
		{ "MESSAGE, OPTIONS", "MESSAGE, OPTIONS, REGISTER" },
		{ "MESSAGE, OPTIONS, PUBLISH, SUBSCRIBE",
		  "MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE" },
	};
	bool events = events_open(s) || s->eventh;
	bool users = registrar_is_open(s) || s->registerh;

	return view_str(names[events][users]);
}

void registrar_serve(const struct uas *u)
{
	struct visit v = { .u = u };

	if (!registrar_is_open(u->sip)) {
		uas_answer_with(u, 405, "Allow", registrar_allow(u->sip));
		return;
	}
	if (u->sip->draining) {
		uas_answer_busy(u);
		return;
	}
	if (uas_refused(u))
		return;
	v.l = u->sip->registrar->conf.location;
	serve(&v);
	reg_free(&v.reg);
	buf_free(&v.aor);
}

void registrar_free(struct registrar *r)
{
	if (!r)
		return;
	r->sip = NULL;
	r->conf.location = NULL;
	mem_deref(r); /* what waits for the disk still holds it */
}

void sip_set_registrar(struct sip *s, const struct sip_registrar *conf)
{
	if (!s->registrar)
		s->registrar = mem_new(sizeof(*s->registrar), NULL);
	s->registrar->sip = s;
	s->registrar->conf = *conf;
}
