/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one to one: the hub keeps it until it is delivered. */
#include <errno.h>

#include "blocks.h"
#include "direct.h"
#include "imc_priv.h"
#include "mem.h"
#include "users.h"

bool direct_knows(const struct imc *i, const struct addr *user)
{
	return location_has(i->location, user->text, user->hash) ||
	       (i->users && users_find(i->users, user->user));
}

/* Nobody is carried from one foreign domain to another. */
static bool is_peers(const struct ask *a, const struct addr *user)
{
	return hub_is_our_domain(a->imc->hub, a->user->host) &&
	       foreign_has(a->imc->foreign, user->host);
}

struct addr *direct_person(const struct ask *a)
{
	struct hub *h = a->imc->hub;
	struct addr *user = NULL;
	bool found;

	if (view_empty(a->at.name) ||
	    hub_room(h, a->at.name, a->at.domain) ||
	    addr_new(&user, VIEW("sip"), a->at.name, a->at.domain, VIEW_NONE))
		return NULL;
	if (hub_is_our_domain(h, user->host))
		found = direct_knows(a->imc, user);
	else
		found = is_peers(a, user);
	if (!found)
		user = mem_deref(user);
	return user;
}

/* There is nobody who could tell him in words: the answer has to do. */
static int status_of(int err)
{
	switch (err) {
	case 0:
	case EEXIST: /* the same request once more, by another transaction */
		return 202;
	case EBADMSG:
		return 200; /* nothing to be seen in it, as if empty */
	case EDQUOT: /* he may come back before the other does */
		return 480;
	case EMSGSIZE:
		return 413;
	default:
		return 503;
	}
}

static void on_said(int err, void *arg)
{
	struct ask *a = arg;

	ask_answer(a, status_of(err));
	mem_deref(a);
}

void direct_say(struct ask *a, struct view text,
		const struct sip_request *req)
{
	struct hub_say words = { .from = a->user, .text = text };
	struct buf key = { 0 }, meta = { 0 };
	int err;

	if (blocks_has(a->imc->blocks, a->person, a->user)) {
		ask_answer(a, 403);
		return;
	}
	ask_add_dedupe(&key, a, req);
	words.dedupe = buf_view(&key);
	ask_add_meta(&meta, a);
	words.meta = buf_view(&meta);
	err = hub_direct(a->imc->hub, a->person, &words, on_said,
			 ask_keep(a));
	if (err)
		on_said(err, a); /* with the reference of ask_keep() */
	buf_free(&key);
	buf_free(&meta);
}
