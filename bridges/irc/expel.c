/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * People are thrown out of channels as our rooms want it. What the server says
 * to that names the channel or the nick, and so is known as its answer.
 */
#include <string.h>

#include "account_priv.h"
#include "shim.h"
#include "text.h"

static void trouble(struct ircb_leg *leg, struct view nick, struct view words)
{
	struct buf b = { 0 };

	ircb_to_utf8(&b, nick);
	buf_adds(&b, " could not be thrown out of ");
	ircb_to_utf8(&b, view_str(leg->place));
	buf_adds(&b, ": ");
	buf_addv(&b, words);
	worker_trouble(leg->account->pool->worker, leg->id, buf_view(&b));
	buf_free(&b);
	leg->expelled[0] = '\0';
}

/* Of his host nothing is known here: the mask is his nick. */
static int send_ban(struct ircb_leg *leg, struct view nick)
{
	struct buf mask = { 0 };
	struct view params[3] = { view_str(leg->place), VIEW("+b") };
	int err;

	buf_addv(&mask, nick);
	buf_adds(&mask, "!*@*");
	params[2] = buf_view(&mask);
	err = ircb_conn_send(leg->account->conn, "MODE", params, 3);
	buf_free(&mask);
	return err;
}

static int send_kick(struct ircb_leg *leg, struct view nick,
		     struct view reason)
{
	const struct view params[3] = { view_str(leg->place), nick, reason };
	struct ircb_conn *c = leg->account->conn;
	int err = ircb_conn_send(c, "KICK", params, 3);

	/* A reason that can't be sent is left out. */
	return err && reason.n ? ircb_conn_send(c, "KICK", params, 2) : err;
}

void ircb_expel(struct ircb_leg *leg, bool ban, struct view nick,
		struct view reason)
{
	struct view wrong = VIEW_NONE;
	int err = 0;

	if (leg->state != IRCB_LEG_UP)
		wrong = VIEW("the channel is not joined");
	else if (!ircb_is_nick(nick))
		wrong = VIEW("nobody on IRC is called so");
	else if (ircb_conn_is_us(leg->account->conn, nick))
		wrong = VIEW("that is the link itself");
	if (!wrong.n && ban)
		err = send_ban(leg, nick);
	if (!wrong.n && !err)
		err = send_kick(leg, nick, reason);
	if (err)
		wrong = VIEW("too much waits for the server");
	if (wrong.n)
		trouble(leg, nick, wrong);
	else
		view_copy(leg->expelled, sizeof(leg->expelled), nick);
}

/* Of the numerics that answer KICK and MODE: where the channel stands, and
 * whether it is about the nick. */
static bool is_answer(const struct ircb_leg *leg, const struct ircb_line *l)
{
	static const struct {
		unsigned code;
		size_t channel; /* 0: none */
		size_t nick;    /* likewise */
	} answers[] = {
		{ 401, 0, 1 }, /* ERR_NOSUCHNICK */
		{ 441, 2, 1 }, /* ERR_USERNOTINCHANNEL */
		{ 467, 1, 0 },
		{ 478, 1, 0 }, /* ERR_BANLISTFULL */
		{ 482, 1, 0 }, /* ERR_CHANOPRIVSNEEDED */
		{ 484, 1, 0 }, /* ERR_ISCHANSERVICE, ERR_RESTRICTED */
		{ 485, 1, 0 },
	};
	enum ircb_casemap map = ircb_conn_support(leg->account->conn)->casemap;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		size_t channel = answers[i].channel, nick = answers[i].nick;

		if (l->code != answers[i].code)
			continue;
		return (!channel || ircb_name_eq(map, ircb_param(l, channel),
						 view_str(leg->place))) &&
		       (!nick || ircb_name_eq(map, ircb_param(l, nick),
					      view_str(leg->expelled)));
	}
	return false;
}

static bool is_done(const struct ircb_leg *leg, const struct ircb_event *ev)
{
	enum ircb_casemap map = ircb_conn_support(leg->account->conn)->casemap;
	const struct ircb_line *l = &ev->line;

	return ev->type == IRCB_EV_KICK &&
	       ircb_name_eq(map, ircb_param(l, 0), view_str(leg->place)) &&
	       ircb_name_eq(map, ircb_param(l, 1), view_str(leg->expelled));
}

void ircb_expel_event(struct ircb_account *a, const struct ircb_event *ev)
{
	struct lnode *n, *nx;
	struct buf words = { 0 };

	LIST_EACH (&a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);
		char nick[IRCB_NICK_MAX];

		if (!leg->expelled[0])
			continue;
		memcpy(nick, leg->expelled, sizeof(nick));
		if (is_done(leg, ev)) {
			leg->expelled[0] = '\0';
		} else if (is_answer(leg, &ev->line)) {
			buf_clear(&words);
			ircb_plain(&words, ircb_last(&ev->line));
			trouble(leg, view_str(nick), buf_view(&words));
		}
	}
	buf_free(&words);
}
