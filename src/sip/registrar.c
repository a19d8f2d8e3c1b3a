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
#include "registrar_visit.h"

enum {
	FLOW_TIMER_S = 120, /* RFC 5626 4.4: a client keeps its flow alive
			       more often than this */
	ANSWER_HEADERS = LOCATION_BINDINGS + 5,
};

struct registrar {
	struct sip *sip; /* borrowed; NULL: gone */
	struct sip_registrar conf;
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

/* ---- doing it ---- */

static void log_bound(const struct registrar_visit *v,
		      const struct register_contact *c)
{
	char flow[SIP_FLOW_TEXT_MAX];

	log_debug("sip: %.*s is at %.*s, by %s, for %u s",
		  VIEW_ARG(buf_view(&v->aor)), VIEW_ARG(c->uri),
		  sip_flow_str(flow, v->u->flow), c->expires);
}

static void change_one(struct registrar_visit *v, struct location_change *ch,
		       const struct register_contact *c, struct pending *p)
{
	const struct contact contact = registrar_contact(v, c);
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

static bool is_former(const struct registrar_visit *v, const struct binding *b)
{
	const struct sip_flow *here = v->u->flow;

	return b->id && b->flow.transport == here->transport &&
	       netaddr_eq(&b->flow.peer, &here->peer) &&
	       !view_eq(b->contact.call_id, v->u->req->call_id);
}

/* A device that was started again has a new Call-ID, and often a new Contact:
 * what it was before is gone, and would get everything twice. Behind a proxy
 * others have the same address. */
static void drop_former(struct registrar_visit *v, struct location_change *ch)
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

static void change_all(struct registrar_visit *v, struct location_change *ch,
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

static void change(struct registrar_visit *v)
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

static void query(struct registrar_visit *v)
{
	struct listing ls = { 0 };

	list_make(&ls, v->l, buf_view(&v->aor), VIEW_NONE, false);
	uas_answer(v->u, 200, NULL, ls.header, ls.count);
	list_free(&ls);
}

static void serve(struct registrar_visit *v)
{
	if (!registrar_know_user(v))
		return;
	reg_read(&v->reg, v->u->pre, v->u->sip->limits.expires_max);
	if (!registrar_may(v))
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
	struct registrar_visit v = { .u = u };

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
