/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A request: who asks, which place he means, and whether he gives a command or
 * speaks.
 */
#include "imc_priv.h"

#include <errno.h>

#include "blocks.h"
#include "clock.h"
#include "command.h"
#include "content.h"
#include "direct.h"
#include "extra.h"
#include "gateway.h"
#include "mem.h"
#include "registrar.h"
#include "seal.h"
#include "togate.h"
#include "typing.h"

static int say_in(struct ask *a, struct room *r, struct view text,
		  const struct sip_request *req)
{
	struct hub_say words = { .from = a->user, .text = text };
	struct buf key = { 0 }, meta = { 0 };
	int err;

	ask_add_dedupe(&key, a, req);
	words.dedupe = buf_view(&key);
	ask_add_meta(&meta, a);
	words.meta = buf_view(&meta);
	err = hub_member_say(r, &words, ask_on_said, ask_keep(a));
	if (err)
		mem_deref(a); /* the reference of ask_keep() */
	buf_free(&key);
	buf_free(&meta);
	return err;
}

/* The hub knows only that he may not speak; the table knows why. */
static void refuse_words(const struct ask *a, const struct room *r, int err)
{
	enum refusal why = REFUSED_NOT;

	if (err == EACCES)
		why = right_check(VERB_SAY, right_kind(r),
				  right_role(room_member(r, a->user)));
	ask_refuse(a, why ? why : refusal_of(err));
}

static bool can_speak(const struct member *mb)
{
	return mb && mb->state == MEMBER_JOINED &&
	       member_muted_until_ms(mb) <= wall_ms();
}

static void say(struct ask *a, struct view text,
		const struct sip_request *req)
{
	struct room *r = hub_room(a->imc->hub, a->at.name, a->at.domain);
	int err;

	if (!r) {
		ask_refuse(a, REFUSED_MANAGER_TEXT);
		return;
	}
	ask_about(a, r);
	/* who can't speak takes nothing from those who can */
	if (can_speak(room_member(r, a->user)) &&
	    !ask_within(a, QUOTA_ROOM, r->id))
		return;
	err = say_in(a, r, text, req);
	if (err == EBADMSG)
		ask_answer(a, 200); /* nothing to be seen in it, as if empty */
	else if (err)
		refuse_words(a, r, err);
}

static void serve_words(struct ask *a, struct view text,
			const struct sip_request *req)
{
	if (!ask_within(a, QUOTA_USER, a->user->hash))
		return;
	if (a->person)
		direct_say(a, text, req);
	else if (a->exists)
		say(a, text, req);
	else
		ask_refuse(a, REFUSED_NOWHERE);
}

static void serve_text(struct ask *a, struct view text,
		       const struct sip_request *req)
{
	struct buf line = { 0 };

	if (extra_secret(a, text) || extra_consent(a, text))
		return;
	if (!a->person &&
	    line_is_command(&line, &text, view_str(a->imc->mark)))
		command_run(a, buf_view(&line));
	else
		serve_words(a, text, req);
	buf_free(&line);
}

static void pass_typing(const struct ask *a, struct view notice)
{
	struct imc *i = a->imc;

	if (!location_may_type(i->location, a->user->text, now_ms()))
		return;
	if (a->person && blocks_has(i->blocks, a->person, a->user))
		return;
	if (a->person)
		typing_pass_to(i, a->person, a->user, notice);
	else
		typing_pass(i, hub_room(i->hub, a->at.name, a->at.domain),
			    a->user, notice);
}

static void serve(struct ask *a, const struct sip_request *req)
{
	const struct content_in in = {
		.type = req->content_type,
		.charset = req->charset,
		.params = req->type_params,
		.body = req->body,
	};
	struct buf text = { 0 };

	switch (content_read(&text, &in)) {
	case CONTENT_TEXT:
		serve_text(a, buf_view(&text), req);
		break;
	case CONTENT_TYPING:
		pass_typing(a, buf_view(&text));
		ask_answer(a, a->exists ? 200 : 404);
		break;
	case CONTENT_RECEIPT:
	case CONTENT_NOTHING:
		ask_answer(a, a->exists ? 200 : 404);
		break;
	case CONTENT_FOREIGN:
		if (a->exists)
			ask_refuse_type(a);
		else
			ask_answer(a, 404);
		break;
	case CONTENT_BROKEN:
		ask_answer(a, a->exists ? 400 : 404);
		break;
	}
	seal_wipe(&text); /* one of them may have been a password */
}

static bool place_exists(const struct ask *a)
{
	return view_empty(a->at.name) || a->person ||
	       hub_room(a->imc->hub, a->at.name, a->at.domain);
}

/* A room, the manager or somebody behind a gateway does not speak to us: this
 * is our own text, back by way of a proxy, and an answer would come back
 * again. */
static bool is_ourselves(const struct imc *i, const struct addr *user)
{
	return imc_is_manager(i, user->user, user->host) ||
	       hub_room(i->hub, user->user, user->host) ||
	       hub_gateway(i->hub, user->user, user->host);
}

/* Who asks: his address without port and parameters. EBADMSG: no address of
 * ours could be told from his. */
static int identify(struct addr **ap, const struct sip_uri *who)
{
	return addr_new(ap, VIEW("sip"), who->user, who->host, VIEW_NONE);
}

/* Where he is, and what he sends with. */
static void hear(struct imc *i, const struct addr *user,
		 const struct sip_request *req)
{
	const struct device_heard heard = {
		.user_agent = req->user_agent,
		.accept = req->accept,
		.typing = view_ieqs(req->content_type, CONTENT_TYPE_TYPING),
	};

	location_heard(i->location, user->text, &req->flow, &heard);
	hub_member_awake(i->hub, user);
}

void imc_on_request(const struct sip_request *req, void *arg)
{
	struct imc *i = arg;
	struct addr *user = NULL;
	struct ask *a;

	if (identify(&user, &req->identity)) {
		sip_answer(i->sip, req->txn, 403, "Nobody Who Could Chat",
			   NULL, 0);
		return;
	}
	if (is_ourselves(i, user)) {
		sip_answer(i->sip, req->txn, 482, NULL, NULL, 0);
		mem_deref(user);
		return;
	}
	hear(i, user, req);
	a = ask_new(i, req, user);
	if (!togate_serve(a, req)) {
		a->person = direct_person(a);
		a->exists = !view_empty(req->ruri.user) && place_exists(a);
		serve(a, req);
	}
	mem_deref(a);
	mem_deref(user);
}
