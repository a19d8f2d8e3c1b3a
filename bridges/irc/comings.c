/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Others in our channels: who comes, goes, is called otherwise. */
#include <string.h>

#include "account_priv.h"
#include "shim.h"
#include "text.h"

struct coming {
	struct ircb_account *a;
	enum worker_change what;
	struct buf nick, other, reason;
};

static void tell_channel(struct view channel, void *arg)
{
	const struct coming *c = arg;
	enum ircb_casemap map = ircb_conn_support(c->a->conn)->casemap;
	const struct worker_people p = {
		.what = c->what,
		.present = ircb_conn_present(c->a->conn, channel),
		.nick = buf_view(&c->nick),
		.other = buf_view(&c->other),
		.reason = buf_view(&c->reason),
	};
	struct lnode *n, *nx;

	LIST_EACH (&c->a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);

		if (leg->state == IRCB_LEG_UP &&
		    ircb_name_eq(map, view_str(leg->place), channel))
			worker_people(c->a->pool->worker, leg->id, &p);
	}
}

/* In one channel (not empty), or wherever he is. */
static void tell(struct coming *c, struct view nick, struct view channel)
{
	ircb_to_utf8(&c->nick, nick);
	if (channel.n)
		tell_channel(channel, c);
	else
		ircb_conn_channels(c->a->conn, nick, tell_channel, c);
}

static void on_kick(struct coming *c, const struct ircb_line *l)
{
	c->what = KICKED;
	ircb_to_utf8(&c->other, l->nick);
	ircb_plain(&c->reason, ircb_param(l, 2));
	tell(c, ircb_param(l, 1), ircb_param(l, 0));
}

static void on_quit(struct coming *c, const struct ircb_event *ev)
{
	struct view reason = ircb_param(&ev->line, 0);
	bool split = ev->batch == IRCB_BATCH_NETSPLIT || ircb_is_split(reason);

	c->what = split ? SPLIT : WENT;
	ircb_plain(&c->reason, reason);
	tell(c, ev->line.nick, VIEW_NONE);
}

static void one(struct coming *c, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	switch (ev->type) {
	case IRCB_EV_JOIN:
		c->what = CAME;
		tell(c, l->nick, ircb_param(l, 0));
		break;
	case IRCB_EV_PART:
		c->what = WENT;
		ircb_plain(&c->reason, ircb_param(l, 1));
		tell(c, l->nick, ircb_param(l, 0));
		break;
	case IRCB_EV_KICK:
		on_kick(c, l);
		break;
	case IRCB_EV_QUIT:
		on_quit(c, ev);
		break;
	default:
		c->what = RENAMED;
		ircb_to_utf8(&c->other, ircb_param(l, 0));
		tell(c, l->nick, VIEW_NONE);
		break;
	}
}

void ircb_comings(struct ircb_account *a, const struct ircb_event *ev)
{
	struct coming c = { .a = a };
	struct view who = ev->type == IRCB_EV_KICK ? ircb_param(&ev->line, 1) :
						     ev->line.nick;

	if (ev->type < IRCB_EV_JOIN || ev->type > IRCB_EV_NICK ||
	    ircb_conn_is_us(a->conn, who))
		return;
	one(&c, ev);
	buf_free(&c.nick);
	buf_free(&c.other);
	buf_free(&c.reason);
}
