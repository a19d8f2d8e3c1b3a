/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the server says, brought to the legs that it concerns: words in a
 * channel, our own coming and going there, refusals; and polite answers to
 * those who talk to us alone.
 */
#include <string.h>

#include "account_priv.h"
#include "clock.h"
#include "log.h"
#include "manners.h"
#include "refusal.h"
#include "shim.h"
#include "tags.h"
#include "text.h"

enum { ANSWER_MAX = 300 };

typedef void(leg_h)(struct ircb_leg *leg, const struct ircb_line *l,
		    struct view words);

/* What was said, by whom and when. */
struct words {
	struct ircb_account *a;
	const struct ircb_event *ev;
	unsigned kind;
	uint64_t time_ms;
	struct buf text, nick, id;
};

static enum ircb_casemap casemap(const struct ircb_account *a)
{
	return ircb_conn_support(a->conn)->casemap;
}

/* h for each leg at this channel; h may free the leg. */
static size_t each_leg(struct ircb_account *a, struct view channel, leg_h *h,
		       const struct ircb_line *l, struct view words)
{
	struct lnode *n, *nx;
	enum ircb_casemap map = casemap(a);
	size_t count = 0;

	LIST_EACH (&a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);

		if (!ircb_name_eq(map, view_str(leg->place), channel))
			continue;
		count++;
		h(leg, l, words);
	}
	return count;
}

/* ---- words ---- */

static void hear(const struct words *w)
{
	struct lnode *n, *nx;
	struct view channel = ircb_param(&w->ev->line, 0);

	LIST_EACH (&w->a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);

		if (leg->state != IRCB_LEG_UP ||
		    !ircb_name_eq(casemap(w->a), view_str(leg->place),
				  channel))
			continue;
		worker_heard(w->a->pool->worker, leg->id, w->kind,
			     buf_view(&w->nick), buf_view(&w->text),
			     w->time_ms, buf_view(&w->id));
	}
	ircb_past_heard(w->a, w->ev, w->time_ms);
}

static void relay(struct ircb_account *a, const struct ircb_event *ev,
		  unsigned kind, struct view raw)
{
	struct words w = { .a = a, .ev = ev, .kind = kind,
			   .time_ms = ircb_past_time(ev) };
	struct view id = VIEW_NONE;

	ircb_unguard(&w.text, raw);
	ircb_to_utf8(&w.nick, ev->line.nick);
	if (ircb_tag(ev->line.tags, "msgid", &id))
		ircb_tag_text(&w.id, id);
	/* Only colours are no words. */
	if (view_trim(buf_view(&w.text)).n &&
	    !ircb_past_known(a, ev, w.time_ms))
		hear(&w);
	buf_free(&w.text);
	buf_free(&w.nick);
	buf_free(&w.id);
}

/* ---- to us alone ---- */

static void answer(struct ircb_account *a, struct view nick, struct view text)
{
	struct view params[2] = { nick, text };
	/* Only when there is nothing more important to say. */
	bool busy =
		ircb_out_waiting(ircb_conn_out(a->conn)) > IRCB_QUEUE_MAX / 2;

	if (busy || ircb_conn_send(a->conn, "NOTICE", params, 2))
		log_debug("irc %.*s: no answer to %.*s", VIEW_ARG(a->label),
			  VIEW_ARG(nick));
}

static void add_channels(struct buf *b, const struct ircb_account *a)
{
	struct lnode *n, *nx;
	const char *sep = "";

	LIST_EACH (&a->legs, n, nx) {
		struct ircb_leg *leg = CONTAINER(n, struct ircb_leg, node);

		if (leg->state != IRCB_LEG_UP)
			continue;
		if (b->n > ANSWER_MAX) {
			buf_adds(b, " and others");
			return;
		}
		buf_adds(b, sep);
		buf_adds(b, leg->place);
		sep = ", ";
	}
	if (!*sep)
		buf_adds(b, "no channel at the moment");
}

static void tell_what_we_are(struct ircb_account *a, struct view nick)
{
	struct buf b = { 0 };

	if (!ircb_reply_nick(&a->reply, casemap(a), nick, now_ms()))
		return;
	buf_adds(&b, "I am a relay, nobody reads this. I pass on what is said "
		     "in ");
	add_channels(&b, a);
	answer(a, nick, buf_view(&b));
	buf_free(&b);
}

static bool to_us(const struct ircb_account *a, const struct ircb_line *l)
{
	/* Servers and services without a user do not read answers. */
	return l->user.n && ircb_conn_is_us(a->conn, ircb_param(l, 0));
}

static void tell_about(struct ircb_account *a, struct view nick,
		       const char *what, bool ctcp)
{
	struct buf b = { 0 };

	if (!ircb_reply_ctcp(&a->reply, now_ms()))
		return;
	if (ctcp)
		buf_addf(&b, "\1%s ", what);
	(void)ircb_about(&b, view_str(what), view_str(a->contact));
	if (ctcp)
		buf_addc(&b, 1);
	answer(a, nick, buf_view(&b));
	buf_free(&b);
}

/* The network is its staff's. confabd takes us away as soon as it has
 * heard. */
static void go_away(struct ircb_account *a, const struct ircb_line *l)
{
	struct view params[2] = { l->nick };
	struct buf words = { 0 }, who = { 0 };

	log_warning("irc %.*s: %.*s of the network's staff says that we are "
		    "to leave", VIEW_ARG(a->label), VIEW_ARG(l->prefix));
	ircb_obey(&words, view_str(a->contact));
	params[1] = buf_view(&words);
	(void)ircb_conn_send_now(a->conn, "NOTICE", params, 2);
	ircb_to_utf8(&who, l->prefix);
	a->sent_away = true;
	worker_unwanted(a->pool->worker, a->id, buf_view(&who));
	buf_free(&words);
	buf_free(&who);
}

/* What may be wished of a relay; true: it was that. */
static bool grant(struct ircb_account *a, const struct ircb_line *l)
{
	switch (ircb_wish(ircb_param(l, 1), true)) {
	case IRCB_WISH_OFF:
		if (!ircb_is_staff(casemap(a), view_str(a->staff), l))
			return false;
		if (!a->sent_away)
			go_away(a, l);
		return true;
	case IRCB_WISH_VERSION:
		tell_about(a, l->nick, "VERSION", false);
		return true;
	case IRCB_WISH_CONTACT:
		tell_about(a, l->nick, "USERINFO", false);
		return true;
	case IRCB_WISH_NONE:
		break;
	}
	return false;
}

/* For us, not for the room: the rest of a long text. */
static bool wants_more(struct ircb_account *a, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	return view_ieqs(view_trim(ircb_param(l, 1)), "#more") &&
	       ev->batch != IRCB_BATCH_HISTORY && l->user.n &&
	       !ircb_conn_is_us(a->conn, l->nick) &&
	       ircb_conn_more(a->conn, ircb_param(l, 0));
}

static void on_message(struct ircb_account *a, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	if (wants_more(a, ev))
		return;
	if (!to_us(a, l))
		relay(a, ev, SAY_TEXT, ircb_param(l, 1));
	else if (ev->batch != IRCB_BATCH_HISTORY && !grant(a, l))
		tell_what_we_are(a, l->nick);
}

static void on_notice(struct ircb_account *a, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	/* RFC 2812 3.3.2: a NOTICE is never answered. */
	if (l->user.n && !to_us(a, l))
		relay(a, ev, SAY_TEXT, ircb_param(l, 1));
	else
		log_debug("irc %.*s: notice: %.*s", VIEW_ARG(a->label),
			  VIEW_ARG(ircb_last(l)));
}

static void on_ctcp(struct ircb_account *a, const struct ircb_event *ev)
{
	static const char *const asked[] = { "VERSION", "SOURCE",
					     "USERINFO" };
	const struct ircb_line *l = &ev->line;
	struct view command, arguments;

	ircb_ctcp(ircb_param(l, 1), &command, &arguments);
	if (view_ieqs(command, "ACTION")) {
		if (!to_us(a, l))
			relay(a, ev, SAY_EMOTE, arguments);
		return;
	}
	/* No DCC, no PING: whoever needs them does not talk to a relay. */
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (view_ieqs(command, asked[i]) && l->user.n &&
		    ev->batch != IRCB_BATCH_HISTORY)
			tell_about(a, l->nick, asked[i], true);
}

/* ---- coming and going ---- */

static void come_up(struct ircb_leg *leg, const struct ircb_line *l,
		    struct view words)
{
	(void)l;
	(void)words;
	if (leg->state == IRCB_LEG_JOINING)
		ircb_leg_up(leg);
}

static void on_topic(struct ircb_account *a, const struct ircb_event *ev)
{
	relay(a, ev, SAY_SUBJECT, ircb_param(&ev->line, 1));
}

static void on_join(struct ircb_account *a, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	struct view channel = ircb_param(l, 0);

	if (!ircb_conn_is_us(a->conn, l->nick))
		return;
	if (each_leg(a, channel, come_up, l, VIEW_NONE))
		return;
	/* Made to join, or sent on to it: nobody asked for that. */
	log_info("irc %.*s: not wanted in %.*s, leaving", VIEW_ARG(a->label),
		 VIEW_ARG(channel));
	(void)ircb_conn_send(a->conn, "PART", &channel, 1);
}

static void be_gone(struct ircb_leg *leg, const struct ircb_line *l,
		    struct view words)
{
	(void)l;
	if (leg->state == IRCB_LEG_UP)
		ircb_leg_lost(leg, GONE_REFUSED, words);
}

static void removed(struct ircb_account *a, const struct ircb_line *l,
		    const char *how, struct view reason)
{
	struct buf words = { 0 };

	buf_adds(&words, how);
	ircb_to_utf8(&words, l->nick);
	if (reason.n) {
		buf_adds(&words, ": ");
		ircb_plain(&words, reason);
	}
	each_leg(a, ircb_param(l, 0), be_gone, l, buf_view(&words));
	buf_free(&words);
}

static void on_kick(struct ircb_account *a, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	if (ircb_conn_is_us(a->conn, ircb_param(l, 1)))
		removed(a, l, "kicked by ", ircb_param(l, 2));
}

/* Our own PART finds no leg any more, so this one was not ours. */
static void on_part(struct ircb_account *a, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	if (ircb_conn_is_us(a->conn, l->nick))
		removed(a, l, "made to leave as ", ircb_param(l, 1));
}

/* ---- refusals ---- */

/* Why messages are given up. */
struct unsaid {
	struct ircb_account *a;
	const struct buf *words;
};

static void refuse_say(uint64_t leg, uint64_t seq, void *arg)
{
	const struct unsaid *u = arg;

	worker_failed(u->a->pool->worker, leg, seq, false,
		      buf_view(u->words));
}

static void not_spoken(struct ircb_leg *leg, const struct ircb_line *l,
		       struct view words)
{
	struct ircb_account *a = leg->account;
	struct buf why = { 0 };
	struct unsaid u = { a, &why };

	(void)l;
	buf_adds(&why, "the channel does not let us speak: ");
	buf_addv(&why, words);
	log_info("irc %.*s: can't speak in %s: %.*s", VIEW_ARG(a->label),
		 leg->place, VIEW_ARG(words));
	ircb_out_refused(ircb_conn_out(a->conn), leg->id, refuse_say, &u);
	buf_free(&why);
}

static void be_refused(struct ircb_leg *leg, const struct ircb_line *l,
		       struct view words)
{
	bool outside = l->code == 403 || l->code == 442;

	/* Who is in hears the others when he may not speak, as with 404; 442
	 * may still answer a PART before the JOIN. */
	if (leg->state == IRCB_LEG_UP && !outside)
		not_spoken(leg, l, words);
	else if (leg->state == IRCB_LEG_UP || l->code != 442)
		ircb_leg_lost(leg, ircb_refusal(l->code)->why, words);
}

static void on_numeric(struct ircb_account *a, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	const struct ircb_refusal *r = ircb_refusal(l->code);
	struct buf words = { 0 };

	if (!r && l->code != 404)
		return;
	if (r) {
		buf_adds(&words, r->words);
		buf_adds(&words, ": ");
	}
	ircb_plain(&words, ircb_last(l));
	each_leg(a, ircb_param(l, 1), r ? be_refused : not_spoken, l,
		 buf_view(&words));
	buf_free(&words);
}

/* ---- all ---- */

typedef void(event_h)(struct ircb_account *a, const struct ircb_event *ev);

static event_h *const handlers[] = {
	[IRCB_EV_NUMERIC] = on_numeric, [IRCB_EV_JOIN] = on_join,
	[IRCB_EV_PART] = on_part,	[IRCB_EV_KICK] = on_kick,
	[IRCB_EV_MSG] = on_message,	[IRCB_EV_NOTICE] = on_notice,
	[IRCB_EV_CTCP] = on_ctcp,	[IRCB_EV_TOPIC] = on_topic,
};

void ircb_account_event(const struct ircb_event *ev, void *arg)
{
	struct ircb_account *a = arg;
	bool words = ev->type == IRCB_EV_MSG || ev->type == IRCB_EV_NOTICE ||
		     ev->type == IRCB_EV_CTCP;

	if (ev->batch == IRCB_BATCH_HISTORY)
		ircb_past_line(a, ev);
	/* Of the past only what was said counts. */
	if (!words && ev->batch == IRCB_BATCH_HISTORY)
		return;
	ircb_comings(a, ev);
	ircb_expel_event(a, ev);
	if (ev->type >= sizeof(handlers) / sizeof(handlers[0]) ||
	    !handlers[ev->type])
		return;
	/* What we said ourselves never comes back. */
	words = words || ev->type == IRCB_EV_TOPIC;
	if (words && ircb_conn_is_ours(a->conn, &ev->line))
		return;
	handlers[ev->type](a, ev);
}
