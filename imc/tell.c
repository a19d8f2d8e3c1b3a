/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts in our dialect, and what the room tells one person by itself. */
#include <string.h>

#include "imc_priv.h"
#include "fork.h"
#include "log.h"

void imc_add_text(struct buf *out, const struct imc *i, enum text t,
		  const struct text_args *args, const struct room *r)
{
	struct text_args full = *args;
	const struct member *mb = NULL;
	struct buf name = { 0 };

	if (full.who.addr && r)
		mb = room_member(r, full.who.addr);
	if (mb && mb->state == MEMBER_JOINED)
		full.who.name = mb->nick;
	else if (full.who.addr) {
		hub_name_user(i->hub, &name, full.who.addr);
		full.who.name = buf_view(&name);
	}
	dialect_add(out, i->dialect, t, i->mark, &full);
	buf_free(&name);
}

/* Of a message from one to one the manager tells: the other has not spoken. */
static void add_speaker(struct buf *b, const struct imc *i,
			const struct room *r)
{
	if (r->inbox)
		buf_addf(b, "sip:%s@%s", i->manager, i->domain);
	else
		buf_addv(b, r->addr->text);
}

/* Why not, or NULL. */
static const char *tell(struct imc *i, struct view from,
			const struct addr *to, struct view text)
{
	struct letter_conf conf = { .from = from, .text = text };
	struct ways ways;
	int err;

	if (imc_ways(i, to, &ways) != ROUTE_OK)
		return "no way to him is known";
	err = fork_send(i, &conf, ways.way, ways.count);
	return err ? strerror(err) : NULL;
}

void imc_tell(struct imc *i, struct room *r, const struct addr *to,
	      struct view text)
{
	struct buf from = { 0 };
	const char *why;

	if (!addr_is(to, "sip")) {
		hub_room_tell(r, to, text);
		return;
	}
	add_speaker(&from, i, r);
	why = tell(i, buf_view(&from), to, text);
	if (why)
		log_info("room %.*s: can't send a text to %.*s: %s",
			 VIEW_ARG(r->addr->text), VIEW_ARG(to->text), why);
	buf_free(&from);
}
