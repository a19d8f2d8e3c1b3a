/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packages by name, and the headers that all event requests have. */
#include "event_priv.h"

#include <errno.h>

#include "location.h"
#include "mem.h"
#include "pubs_priv.h"
#include "subs_priv.h"

/* RFC 6665 8.2.1: event-type, and parameters of which we know id. */
int event_parse(struct event_name *out, struct view value)
{
	struct sip_param param;
	struct view rest = value;
	int err;

	*out = (struct event_name){ .type = scan_token(&rest) };
	if (!out->type.n || out->type.n > EVENT_NAME_MAX)
		return EBADMSG;
	while ((err = scan_param(&param, &rest)) == 0) {
		if (!view_ieqs(param.name, "id"))
			continue;
		if (out->id.n || param.value.n > EVENT_NAME_MAX ||
		    !scan_token_only(param.value))
			return EBADMSG;
		out->id = param.value;
	}
	return err == ENOENT ? 0 : EBADMSG;
}

struct events *events_new(struct sip *s)
{
	struct events *es = mem_zalloc(sizeof(*es));

	es->subs = subs_new(s);
	es->pubs = pubs_new(s);
	return es;
}

void events_free(struct events *es)
{
	if (!es)
		return;
	es->keep = NULL;
	subs_free(es->subs);
	pubs_free(es->pubs);
	mem_free(es);
}

bool events_open(const struct sip *s)
{
	return s->events->packages;
}

const struct sip_package *event_package(const struct sip *s, struct view name)
{
	const struct events *es = s->events;

	for (size_t i = 0; i < es->packages; i++)
		if (view_ieqs(name, es->package[i].name))
			return &es->package[i];
	return NULL;
}

void sip_forget(struct sip *s, struct view aor)
{
	struct events *es = s->events;

	subs_forget(es->subs, aor);
	for (size_t i = 0; i < es->packages; i++)
		pubs_forget(es->pubs, &es->package[i], aor);
}

void event_watcher_here(struct sip *s, struct view aor)
{
	if (s->events)
		subs_here(s->events->subs, aor);
}

int sip_package_add(struct sip *s, const struct sip_package *p)
{
	struct events *es = s->events;

	if (event_package(s, view_str(p->name)))
		return EEXIST;
	if (es->packages == EVENT_PACKAGES)
		return ENOBUFS;
	es->package[es->packages++] = *p;
	return 0;
}

void event_allow(struct buf *b, const struct sip *s)
{
	const struct events *es = s->events;

	for (size_t i = 0; i < es->packages; i++) {
		if (i)
			buf_adds(b, ", ");
		buf_adds(b, es->package[i].name);
	}
}

/* RFC 6665 7.2: it says what there is, if there is something. */
static void refuse_package(const struct uas *u)
{
	struct buf b = { 0 };
	struct sip_header allow = { .name = VIEW("Allow-Events") };

	event_allow(&b, u->sip);
	allow.value = buf_view(&b);
	uas_answer(u, 489, NULL, &allow, b.n ? 1 : 0);
	buf_free(&b);
}

const struct sip_package *event_of(const struct uas *u,
				   struct event_name *name, bool publish)
{
	struct view value = u->pre->first[HDR_EVENT];
	const struct sip_package *p = NULL;

	if (value.n && event_parse(name, value)) {
		uas_answer(u, 400, "Malformed Event", NULL, 0);
		return NULL;
	}
	if (value.n)
		p = event_package(u->sip, name->type);
	if (p && (!publish || p->checkh))
		return p;
	refuse_package(u);
	return NULL;
}

int event_resource(struct buf *out, const struct sip_package *p,
		   const struct sip_uri *uri)
{
	if (uri->params.n && p->addressh)
		return p->addressh(uri, out, p->arg);
	location_aor(out, uri);
	return 200;
}

static void refuse_brief(const struct uas *u)
{
	struct buf b = { 0 };

	buf_add_u64(&b, u->sip->limits.expires_min);
	uas_answer_with(u, 423, "Min-Expires", buf_view(&b));
	buf_free(&b);
}

bool event_expires(const struct uas *u, uint32_t *out)
{
	const struct sip_limits *limits = &u->sip->limits;
	struct view v = u->pre->first[HDR_EXPIRES];
	uint64_t n = limits->expires_max;
	int err = v.n ? view_u64(&n, v, UINT32_MAX) : 0;

	if (err == EBADMSG) {
		uas_answer(u, 400, "Bad Expires", NULL, 0);
		return false;
	}
	if (err || n > limits->expires_max)
		n = limits->expires_max;
	*out = (uint32_t)n;
	if (!n || n >= limits->expires_min)
		return true;
	refuse_brief(u);
	return false;
}

int event_txn(const struct uas *u, uint64_t *txn)
{
	int err = uas_txn(u, txn);

	if (!err)
		u->sip->handling = *txn;
	return err;
}

void event_refuse(const struct uas *u, uint64_t txn, int status,
		  const char *reason)
{
	static const struct sip_header later = { VIEW("Retry-After"),
						 VIEW("60") };

	sip_answer(u->sip, txn, status, reason, &later, status == 480);
}
