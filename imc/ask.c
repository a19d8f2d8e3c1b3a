/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers. Each refusal is a SIP status, for the device, and a text, for the
 * user: most phones show at best that something went wrong.
 */
#include <errno.h>
#include <string.h>

#include "ask.h"
#include "clock.h"
#include "content.h"
#include "fromgate.h"
#include "imc_priv.h"
#include "letter.h"
#include "log.h"
#include "mem.h"
#include "meta.h"

#define RETRY_S 10 /* after a disk that did not take it */

static void ask_destroy(void *obj)
{
	struct ask *a = obj;

	mem_deref(a->user);
	mem_deref(a->room);
	mem_deref(a->person);
	mem_deref(a->gate);
	mem_deref(a->other);
	mem_free(a->note);
	mem_deref(a->imc);
}

static struct view keep(char **at, struct view v)
{
	struct view kept = view_mem(*at, v.n);

	if (v.n)
		memcpy(*at, v.p, v.n);
	*at += v.n;
	return kept;
}

/* The URI that he calls himself by: the port is kept, parameters are not. */
static void add_sender(struct buf *b, const struct sip_uri *from)
{
	buf_adds(b, view_ieqs(from->scheme, "sips") ? "sips:" : "sip:");
	buf_addv(b, from->user);
	buf_addc(b, '@');
	buf_addv(b, from->host);
	if (from->port) {
		buf_addc(b, ':');
		buf_add_u64(b, from->port);
	}
}

/* What he wrote to, the same every time: clients make conversations by it.
 * Who knows us by a number has no other, and needs its port. */
static void add_here(struct buf *b, const struct sip_uri *to,
		     struct view domain)
{
	struct netaddr numeric;
	bool named = netaddr_set(&numeric, to->host, 0);

	buf_adds(b, "sip:");
	buf_addv(b, to->user);
	if (to->user.n)
		buf_addc(b, '@');
	buf_addv(b, named ? domain : to->host);
	if (named || !to->port)
		return;
	buf_addc(b, ':');
	buf_add_u64(b, to->port);
}

static uint64_t binding_of(const struct imc *i, const struct addr *user,
			   const struct sip_request *req)
{
	const struct binding *b =
		location_by_flow(i->location, user->text, user->hash,
				 &req->flow, req->user_agent);

	return b ? b->id : 0;
}

/* Never 0: that is refused before anybody reads it. */
static unsigned hops_of(const struct sip_request *req)
{
	struct view v = sip_request_header(req, VIEW("Max-Forwards"));
	uint64_t n;

	return view_u64(&n, v, 255) ? 0 : (unsigned)n;
}

struct ask *ask_new(struct imc *i, const struct sip_request *req,
		    struct addr *user)
{
	struct view domain = imc_domain_of(i, req->ruri.host);
	struct buf sender = { 0 }, here = { 0 };
	struct ask *a;
	char *at;

	add_sender(&sender, &req->from);
	add_here(&here, &req->ruri, domain);
	a = mem_new(sizeof(*a) + sender.n + here.n +
		    req->call_id.n + req->ruri.user.n + domain.n,
		    ask_destroy);
	at = a->bytes;
	a->imc = mem_ref(i);
	a->txn = req->txn;
	a->family = FAMILY_SAY;
	a->verb = VERB_SAY;
	a->flow = req->flow;
	a->binding = binding_of(i, user, req);
	a->user = mem_ref(user);
	a->sender = keep(&at, buf_view(&sender));
	a->here = keep(&at, buf_view(&here));
	a->call_id = keep(&at, req->call_id);
	a->hops = hops_of(req);
	a->quiet = sip_request_header(req, VIEW(NOTICE_HEADER)).n;
	a->at.name = keep(&at, req->ruri.user);
	a->at.domain = keep(&at, domain);
	if (imc_is_manager(i, a->at.name, a->at.domain))
		a->at.name = VIEW_NONE;
	buf_free(&sender);
	buf_free(&here);
	return a;
}

void ask_add_meta(struct buf *b, const struct ask *a)
{
	const struct meta m = { .notice = a->quiet, .hops = a->hops };

	meta_put(b, &m);
}

/* The same words by another way (a proxy that forked, a phone that tried
 * again) have the same key: RFC 3261 8.1.1.4, 8.1.1.5, 19.3. To another place
 * they are others: a proxy with an alias sends one request to several. */
void ask_add_dedupe(struct buf *b, const struct ask *a,
		    const struct sip_request *req)
{
	buf_addv(b, a->user->text);
	buf_addc(b, '|');
	buf_addv(b, req->call_id);
	buf_addc(b, '|');
	buf_add_u64(b, req->cseq);
	buf_addc(b, '|');
	buf_addv(b, req->from_tag);
	buf_addc(b, '|');
	buf_addv(b, a->at.name);
	buf_addc(b, '@');
	buf_addv(b, a->at.domain);
}

void ask_about(struct ask *a, const struct room *r)
{
	mem_deref(a->room);
	a->room = mem_ref(r->addr);
}

void ask_answer(const struct ask *a, int code)
{
	if (a->imc->sip)
		sip_answer(a->imc->sip, a->txn, code, NULL, NULL, 0);
}

void ask_refuse_type(const struct ask *a)
{
	static const struct sip_header accept = { VIEW("Accept"),
						  VIEW(CONTENT_ACCEPT) };

	if (a->imc->sip)
		sip_answer(a->imc->sip, a->txn, 415, NULL, &accept, 1);
}

struct room *ask_room(const struct ask *a)
{
	return a->room ? hub_room(a->imc->hub, a->room->user, a->room->host) :
			 NULL;
}

void ask_add(struct buf *out, const struct ask *a, enum text t,
	     const struct text_args *args)
{
	const struct text_args himself = { .who = { .addr = a->user } };

	imc_add_text(out, a->imc, t, args ? args : &himself, ask_room(a));
}

static struct view speaker(struct buf *bytes, const struct ask *a,
			   enum tell how)
{
	if (how == TELL_MANAGER) {
		buf_adds(bytes, "sip:");
		buf_adds(bytes, a->imc->manager);
		buf_addc(bytes, '@');
		buf_adds(bytes, a->imc->domain);
		return buf_view(bytes);
	}
	return how == TELL_HERE ? a->here : a->room->text;
}

int ask_way(const struct ask *a, struct letter_conf *conf, struct view sender)
{
	struct imc *i = a->imc;
	const struct binding *b =
		a->binding && !i->proxy ? imc_device(i, a->user, a->binding) :
					  NULL;

	conf->flow = a->flow;
	if (b) {
		conf->to = mem_ref(b->dest);
		conf->binding = b->id;
		return 0;
	}
	/* where the proxy is not found, the way that he came is open */
	if (i->proxy)
		resolve_flow(i->proxy, a->user->hash, &conf->flow);
	return sip_dest_new(&conf->to, a->user->text, sender, VIEW_NONE);
}

static void send_to_him(const struct ask *a, enum tell how, struct view text)
{
	struct buf bytes = { 0 };
	struct letter_conf conf = {
		.from = speaker(&bytes, a, how),
		.text = text,
		.in_reply_to = a->call_id,
	};
	int err;

	err = ask_way(a, &conf, how == TELL_ROOM ? VIEW_NONE : a->sender);
	if (!err)
		err = letter_send(a->imc, &conf);
	if (err)
		log_info("sip: can't send a text to %.*s: %s",
			 VIEW_ARG(a->user->text), strerror(err));
	mem_deref(conf.to);
	buf_free(&bytes);
}

void ask_tell(const struct ask *a, enum tell how, struct view text)
{
	if (!a->quiet)
		send_to_him(a, how, text);
}

void ask_tell_now(const struct ask *a, enum tell how, enum text t)
{
	struct buf text = { 0 };

	ask_answer(a, 200);
	ask_add(&text, a, t, NULL);
	ask_tell(a, how, buf_view(&text));
	buf_free(&text);
}

/* The status, with the return code where scripts can read it (RFC 3261
 * 20.43: 399 is "miscellaneous warning"). */
static void answer_refused(const struct ask *a, const struct refusal_row *r)
{
	int code = refusal_code(r->why, a->family);
	bool again = a->wait_s || r->status == 503;
	struct buf value = { 0 }, wait = { 0 };
	struct sip_header headers[] = { { VIEW("Warning"), VIEW_NONE },
					{ VIEW("Retry-After"), VIEW_NONE } };

	buf_addf(&value, "399 confab \"%d %s\"", code, r->note);
	buf_add_u64(&wait, a->wait_s ? a->wait_s : RETRY_S);
	headers[0].value = buf_view(&value);
	headers[1].value = buf_view(&wait);
	/* a flood of requests must be none of lines */
	log_line(a->told ? LOG_DEBUG : LOG_INFO,
		 "sip: %.*s at %.*s: refused with %d, code %d: %s",
		 VIEW_ARG(a->user->text), VIEW_ARG(a->here), r->status, code,
		 r->note);
	if (a->imc->sip)
		sip_answer(a->imc->sip, a->txn, r->status,
			   a->wait_s ? r->note : NULL, headers, 1 + again);
	buf_free(&value);
	buf_free(&wait);
}

static enum tell refused_by(const struct ask *a, enum refusal why)
{
	if (a->person)
		return TELL_MANAGER;
	/* An address that is nobody's must not speak: if this came back to us
	 * by a proxy, we would answer ourselves without an end. The manager's
	 * own words are known when they come back. */
	if (why == REFUSED_NOWHERE)
		return TELL_MANAGER;
	if (!a->room)
		return TELL_HERE;
	return why == REFUSED_PRIVATE ? TELL_ROOM_SENDER : TELL_ROOM;
}

void ask_refuse_with(const struct ask *a, enum refusal why,
		     const struct text_args *args)
{
	const struct refusal_row *r = refusal_row(why);
	struct buf text = { 0 };

	if (r->status < 300)
		ask_answer(a, r->status);
	else
		answer_refused(a, r);
	if (a->told)
		return;
	ask_add(&text, a, r->text, args);
	ask_tell(a, refused_by(a, why), buf_view(&text));
	buf_free(&text);
}

void ask_refuse(const struct ask *a, enum refusal why)
{
	ask_refuse_with(a, why, NULL);
}

bool ask_within(struct ask *a, enum quota what, uint64_t key)
{
	static const enum refusal why[QUOTAS] = {
		[QUOTA_USER] = REFUSED_TOO_FAST,
		[QUOTA_ROOM] = REFUSED_ROOM_BUSY,
		[QUOTA_CREATE] = REFUSED_CREATE_RATE,
		[QUOTA_JOIN] = REFUSED_JOIN_RATE,
		[QUOTA_INVITE] = REFUSED_INVITE_RATE,
		[QUOTA_INVITED] = REFUSED_INVITED_RATE,
	};
	struct text_args args = { .who = { .addr = a->other } };
	struct quota_over by;

	if (quota_take(a->imc->quotas, what, key, a->user->hash, now_ms(),
		       &by))
		return true;
	a->wait_s = (by.wait_ms + 999) / 1000;
	a->told |= !by.tell;
	args.n = a->wait_s;
	ask_refuse_with(a, why[what], &args);
	return false;
}

struct ask *ask_keep(struct ask *a)
{
	return mem_ref(a);
}

static void tell_done(const struct ask *a)
{
	const struct text_args args = {
		.who = { .addr = a->other ? a->other : a->user },
		.text = view_str(a->note),
	};
	struct buf text = { 0 };

	ask_add(&text, a, a->done, &args);
	ask_tell(a, a->room ? TELL_ROOM : TELL_HERE, buf_view(&text));
	buf_free(&text);
}

void ask_on_done(int err, void *arg)
{
	struct ask *a = arg;

	if (err) {
		ask_refuse(a, refusal_of(err));
	} else {
		ask_answer(a, 200);
		if (a->done)
			tell_done(a);
		if (a->after && a->imc->running)
			a->after(a);
	}
	mem_deref(a);
}

void ask_on_said(int err, void *arg)
{
	struct ask *a = arg;

	/* EEXIST: the same request once more, by another transaction */
	if (!err || err == EEXIST)
		ask_answer(a, 202);
	else
		ask_refuse(a, refusal_of(err));
	mem_deref(a);
}
