/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers. Each refusal is a SIP status, for the device, and a text, for the
 * user: most phones show at best that something went wrong.
 */
#include <errno.h>
#include <string.h>

#include "ask.h"
#include "imc_priv.h"
#include "letter.h"
#include "log.h"
#include "mem.h"

static const struct refusal {
	int why, code;
	const char *text;
	const char *hint; /* a command that helps, without the mark */
} refusals[] = {
	{ EACCES, 403, "*** You are not a member of this room", "join" },
	{ ENOENT, 403, "*** You are leaving this room already", NULL },
	{ EBADMSG, 400, "*** This can't be done", "help" },
	{ EBUSY, 403, "*** The room is full", NULL },
	{ EMSGSIZE, 413, "*** This is too long to be sent to a room", NULL },
	{ ASK_NO_ROOM, 404, "*** Room not found", NULL },
	{ ASK_WHICH_ROOM, 400, "*** Which room?", "help" },
	{ ASK_BAD_ROOM, 400, "*** This is not a name that a room can have",
	  NULL },
	{ ASK_MANAGERS, 403, "*** This is the address of the manager, not of "
			     "a room", NULL },
	{ ASK_USERS, 403, "*** This is the address of a user, not of a room",
	  NULL },
	{ ASK_MUTE, 400, "*** This is not a room: nobody else reads this",
	  "help" },
};

/* ENOSPC, EIO, ESHUTDOWN: the disk did not take it. */
static const struct refusal no_store = {
	0, 503, "*** This could not be stored, please try again later", NULL
};

static void ask_destroy(void *obj)
{
	struct ask *a = obj;

	mem_deref(a->user);
	mem_deref(a->room);
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

struct ask *ask_new(struct imc *i, const struct sip_request *req,
		    struct addr *user)
{
	struct view domain = imc_domain_of(i, req->ruri.host);
	struct buf sender = { 0 };
	struct ask *a;
	char *at;

	add_sender(&sender, &req->from);
	a = mem_new(sizeof(*a) + sender.n + req->ruri_text.n +
		    req->call_id.n + req->ruri.user.n + domain.n,
		    ask_destroy);
	at = a->bytes;
	a->imc = mem_ref(i);
	a->txn = req->txn;
	a->flow = req->flow;
	a->user = mem_ref(user);
	a->sender = keep(&at, buf_view(&sender));
	a->here = keep(&at, req->ruri_text);
	a->call_id = keep(&at, req->call_id);
	a->at.name = keep(&at, req->ruri.user);
	a->at.domain = keep(&at, domain);
	if (imc_is_manager(i, a->at.name, a->at.domain))
		a->at.name = VIEW_NONE;
	buf_free(&sender);
	return a;
}

void ask_about(struct ask *a, const struct room *r)
{
	mem_deref(a->room);
	a->room = mem_ref(r->addr);
}

void ask_answer(const struct ask *a, int code)
{
	static const struct sip_header retry = { VIEW("Retry-After"),
						 VIEW("10") };

	if (a->imc->sip)
		sip_answer(a->imc->sip, a->txn, code, NULL, &retry,
			   code == 503);
}

static void tell(struct imc *i, const struct letter_conf *conf)
{
	int err = letter_send(i, conf);

	if (err)
		log_info("sip: can't send a text to %.*s: %s",
			 VIEW_ARG(conf->to), strerror(err));
}

void ask_tell(const struct ask *a, enum tell how, struct view text)
{
	struct letter_conf conf = {
		.from = how == TELL_HERE ? a->here : a->room->text,
		.to = how == TELL_ROOM ? a->user->text : a->sender,
		.text = text,
		.in_reply_to = a->call_id,
		.flow = a->flow,
	};

	/* where the proxy is not found, the way that he came is open */
	if (a->imc->proxy)
		proxy_flow(a->imc->proxy, &conf.flow);
	tell(a->imc, &conf);
}

void ask_tell_member(const struct ask *a, const struct member *mb,
		     struct view text)
{
	struct letter_conf conf = {
		.from = a->room->text,
		.to = mb->addr->text,
		.text = text,
		.in_reply_to = a->call_id,
	};

	if (imc_route(a->imc, mb->addr, &conf.flow) == ROUTE_OK)
		tell(a->imc, &conf);
	else
		log_info("sip: no way to %.*s for a text",
			 VIEW_ARG(conf.to));
}

static const struct refusal *refusal_of(int why)
{
	for (size_t n = 0; n < sizeof(refusals) / sizeof(refusals[0]); n++)
		if (refusals[n].why == why)
			return &refusals[n];
	return &no_store;
}

void ask_refuse(const struct ask *a, int why)
{
	const struct refusal *r = refusal_of(why);
	struct buf text = { 0 };

	buf_adds(&text, r->text);
	if (r->hint)
		buf_addf(&text, " (send '%s%s')", a->imc->mark, r->hint);
	ask_answer(a, r->code);
	ask_tell(a, TELL_HERE, buf_view(&text));
	buf_free(&text);
}

void ask_usage(const struct ask *a, const char *name, const char *usage)
{
	struct buf text = { 0 };

	buf_addf(&text, "*** Please send '%s%s%s%s'", a->imc->mark, name,
		 *usage ? " " : "", usage);
	ask_answer(a, 400);
	ask_tell(a, TELL_HERE, buf_view(&text));
	buf_free(&text);
}

struct ask *ask_keep(struct ask *a)
{
	return mem_ref(a);
}

void ask_on_done(int err, void *arg)
{
	struct ask *a = arg;

	if (err) {
		ask_refuse(a, err);
	} else {
		ask_answer(a, 200);
		if (a->done)
			ask_tell(a, TELL_ROOM, view_str(a->done));
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
		ask_refuse(a, err);
	mem_deref(a);
}
