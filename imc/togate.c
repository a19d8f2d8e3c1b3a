/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * To gateways: what a request is, with all that goes with it, is made into
 * one message, whole; commands in it are the gateway's. What it answers is the
 * transaction's, and words come from the address that he wrote to.
 */
#include <errno.h>

#include "clock.h"
#include "content.h"
#include "cpim.h"
#include "extra.h"
#include "fromgate.h"
#include "gateway.h"
#include "imc_priv.h"
#include "mem.h"
#include "seal.h"
#include "togate.h"
#include "utf8.h"
#include "xmltext.h"

enum { LANG_MAX = 64 };

/* A request on its way; msg's views point into all the others. */
struct passing {
	struct ask *ask;
	const struct sip_request *req;
	const struct gateway *gateway;
	struct gate_msg msg;
	struct cpim_head cpim; /* of the wrapper; or empty */
	struct buf text, subject, id, key;
};

static void passing_free(struct passing *p)
{
	seal_wipe(&p->text); /* it may have been a password */
	buf_free(&p->subject);
	buf_free(&p->id);
	buf_free(&p->key);
}

/* ---- answers ---- */

static void answer_with(const struct ask *a, int status, const char *reason,
			unsigned retry_after)
{
	struct buf value = { 0 };
	struct sip_header wait = { VIEW("Retry-After"), VIEW_NONE };

	buf_add_u64(&value, retry_after);
	wait.value = buf_view(&value);
	if (a->imc->sip)
		sip_answer(a->imc->sip, a->txn, status, reason, &wait,
			   retry_after ? 1 : 0);
	buf_free(&value);
}

static void on_answer(const struct gate_answer *answer, void *arg)
{
	struct ask *a = arg;

	answer_with(a, answer->status, NULL, answer->retry_after);
	if (!view_empty(answer->words) && !a->quiet && a->imc->running)
		fromgate_tell(a->imc, a->gate, a->user, answer->words);
	mem_deref(a);
}

static void pass(struct passing *p)
{
	p->msg.from = p->ask->user;
	p->msg.to = p->ask->gate;
	ask_add_dedupe(&p->key, p->ask, p->req);
	p->msg.dedupe = buf_view(&p->key);
	p->gateway->ops->message(p->gateway->gw, &p->msg, on_answer,
				 ask_keep(p->ask));
}

/* ---- what goes with it ---- */

/* A header's value on one line. */
static struct view line_of(struct buf *b, struct view value)
{
	for (size_t i = 0; i < value.n; i++) {
		bool control = (unsigned char)value.p[i] < ' ';

		buf_addc(b, control ? ' ' : value.p[i]);
	}
	return view_trim(buf_view(b));
}

static struct view subject_of(struct passing *p)
{
	struct view v = p->cpim.subject;

	if (!v.n)
		v = sip_request_header(p->req, VIEW("Subject"));
	v = line_of(&p->subject, v);
	v = view_head(v, utf8_cut(v, META_FIELD_MAX));
	return utf8_valid(v) ? v : VIEW_NONE;
}

/* RFC 3261 20.13: the first of the list. */
static struct view lang_of(const struct sip_request *req)
{
	struct view v = sip_request_header(req, VIEW("Content-Language"));
	struct view first, rest;

	view_cut(v, ',', &first, &rest);
	first = view_trim(first);
	return first.n <= LANG_MAX ? first : VIEW_NONE;
}

static void add_meta(struct passing *p)
{
	struct meta *m = &p->msg.meta;

	m->subject = subject_of(p);
	m->lang = lang_of(p->req);
	m->thread = p->req->call_id;
	m->id = p->cpim.id;
	m->receipt = p->cpim.receipt && p->cpim.id.n;
	m->notice = p->ask->quiet;
	m->hops = p->ask->hops;
}

/* Of a clock that is ahead of ours nothing can be told. */
static void add_time(struct passing *p)
{
	uint64_t t;

	if (!sip_date_parse(&t, sip_request_header(p->req, VIEW("Date"))) &&
	    t <= wall_ms())
		p->msg.time_ms = t;
}

/* RFC 3428 7: it was to be read before that. */
static bool is_over(const struct passing *p)
{
	uint64_t s;

	return p->msg.time_ms &&
	       !view_u64(&s, sip_request_header(p->req, VIEW("Expires")),
			 UINT32_MAX) &&
	       p->msg.time_ms + s * 1000 < wall_ms();
}

/* What the wrapper says of its sender is what the other side might show: it
 * has to be who he is. */
static bool is_his(const struct passing *p)
{
	const struct addr *user = p->ask->user;
	struct sip_uri uri;

	if (!p->cpim.from.n)
		return true;
	return !sip_uri_parse(&uri, p->cpim.from) &&
	       view_eq(uri.user, user->user) && view_ieq(uri.host, user->host);
}

/* ---- what it is ---- */

/* A device that asks for reports takes them itself. */
static void learn_reports(const struct ask *a)
{
	const struct device_heard heard = { .reports = true };
	struct location *l = a->imc->location;
	struct binding *b = imc_device(a->imc, a->user, a->binding);

	if (b && device_heard(&b->dev, &heard))
		location_learned(l, b);
}

static void pass_text(struct passing *p)
{
	p->msg.text = buf_view(&p->text);
	if (extra_secret(p->ask, p->msg.text) ||
	    !ask_within(p->ask, QUOTA_USER, p->ask->user->hash))
		return;
	if (p->msg.meta.receipt)
		learn_reports(p->ask);
	p->msg.kind = GATE_TEXT;
	pass(p);
}

/* A notice for which he has no quota is refused without a word. */
static void pass_within(struct passing *p)
{
	p->ask->told = true;
	if (ask_within(p->ask, QUOTA_USER, p->ask->user->hash))
		pass(p);
}

/* RFC 3994 3: anything but "active" means that he does not write. */
static void pass_state(struct passing *p)
{
	struct location *l = p->ask->imc->location;
	struct buf state = { 0 };

	p->msg.kind = GATE_IDLE;
	if (xmltext_get(&state, buf_view(&p->text), "state") &&
	    view_eqs(buf_view(&state), "active"))
		p->msg.kind = GATE_TYPING;
	buf_free(&state);
	if (p->msg.kind == GATE_IDLE)
		pass_within(p);
	else if (location_may_type(l, p->ask->user->text, now_ms()))
		pass(p);
	else
		ask_answer(p->ask, 200);
}

/* Only what has arrived is of interest there, and not what was read. */
static void pass_receipt(struct passing *p)
{
	struct view doc = buf_view(&p->text);

	if (!xmltext_has(doc, "delivery-notification") ||
	    !xmltext_has(doc, "delivered") ||
	    !xmltext_get(&p->id, doc, "message-id")) {
		ask_answer(p->ask, 200);
		return;
	}
	p->msg.kind = GATE_RECEIPT;
	p->msg.meta = (struct meta){ .id = buf_view(&p->id) };
	pass_within(p);
}

static void serve(struct passing *p, enum content what)
{
	switch (what) {
	case CONTENT_TEXT:
		pass_text(p);
		break;
	case CONTENT_TYPING:
		pass_state(p);
		break;
	case CONTENT_RECEIPT:
		pass_receipt(p);
		break;
	case CONTENT_NOTHING:
		ask_answer(p->ask, 200);
		break;
	case CONTENT_FOREIGN:
		ask_refuse_type(p->ask);
		break;
	case CONTENT_BROKEN:
		ask_answer(p->ask, 400);
		break;
	}
}

static void read_request(struct passing *p)
{
	const struct content_in in = {
		.type = p->req->content_type,
		.charset = p->req->charset,
		.params = p->req->type_params,
		.body = p->req->body,
	};
	struct view head;
	enum content what = content_read_cpim(&p->text, &head, &in);

	cpim_read(&p->cpim, head);
	add_meta(p);
	add_time(p);
	if (!is_his(p))
		ask_answer(p->ask, 403);
	else if (is_over(p))
		answer_with(p->ask, 480, "Message Expired", 0);
	else
		serve(p, what);
}

static const struct gateway *gateway_of(const struct ask *a,
					const struct sip_uri *to)
{
	const struct gateway *g = hub_gateway(a->imc->hub, to->user,
					      to->host);

	return g ? g : hub_gate_between(a->imc->hub, a->user, to->user,
					to->host);
}

bool togate_serve(struct ask *a, const struct sip_request *req)
{
	const struct sip_uri *to = &req->ruri;
	struct passing p = { .ask = a, .req = req };
	int err;

	if (hub_gate_loops(a->imc->hub, to->params)) {
		ask_answer(a, 482);
		return true;
	}
	p.gateway = gateway_of(a, to);
	if (!p.gateway)
		return false;
	if (view_ieqs(to->scheme, "sips")) {
		/* RFC 7247 5: no other network keeps what that promises */
		ask_answer(a, 416);
		return true;
	}
	err = hub_gate_address(p.gateway, &a->gate, to->user, to->host,
			       to->params);
	if (err) {
		ask_answer(a, err == ELOOP ? 482 : 404);
	} else {
		read_request(&p);
		passing_free(&p);
	}
	return true;
}
