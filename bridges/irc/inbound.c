/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server sends: every line goes through the parser and the filter;
 * most then through libircclient, which says what it is.
 */
#include <errno.h>

#include "clock.h"
#include "conn_priv.h"
#include "filter.h"
#include "log.h"
#include "mem.h"
#include "tags.h"

static void on_ping(struct ircb_conn *c, const struct ircb_line *l)
{
	struct view token = ircb_param(l, 0);

	if (ircb_conn_send_now(c, "PONG", &token, 1))
		log_info("irc %s: a PING that can't be answered",
			 c->server->host);
}

/* :server PONG server :cf-17 */
static void on_pong(struct ircb_conn *c, const struct ircb_line *l)
{
	struct view token = ircb_last(l);
	uint64_t number;

	if (!view_starts(token, VIEW(IRCB_BARRIER)) ||
	    view_u64(&number, view_from(token, sizeof(IRCB_BARRIER) - 1),
		     UINT64_MAX))
		return;
	ircb_out_pong(c->out, number, c->ops->delivered, c->arg);
	ircb_conn_pump(c);
}

static bool has_words(struct view text, const char *words)
{
	struct view w = view_str(words);

	for (; text.n >= w.n; text = view_from(text, 1))
		if (view_ieq(view_head(text, w.n), w))
			return true;
	return false;
}

/* Servers say in words alone whether there is any use in coming back soon. */
static void on_error(struct ircb_conn *c, const struct ircb_line *l)
{
	static const struct {
		const char *words, *what;
		enum worker_lost why;
	} kinds[] = {
		{ "-lined", "the server has banned us", GONE_AUTH },
		{ "banned", "the server has banned us", GONE_AUTH },
		{ "throttl", "too many tries for the server", GONE_AUTH },
		{ "too fast", "too many tries for the server", GONE_AUTH },
		{ "too many", "too many connections for the server",
		  GONE_AUTH },
		{ "flood", IRCB_TOO_FAST, GONE_NET },
		{ "", "the server says", GONE_NET },
	};
	size_t i = 0;

	while (!has_words(ircb_last(l), kinds[i].words))
		i++;
	c->banned = kinds[i].why == GONE_AUTH;
	ircb_conn_lost_line(c, l, kinds[i].why, kinds[i].what);
}

static void on_batch(struct ircb_conn *c, const struct ircb_line *l)
{
	if (ircb_batch_line(&c->batches, l) == EMSGSIZE)
		ircb_conn_lost(c, GONE_NET,
			       VIEW("the server opens too many batches"));
}

/* ---- labels ---- */

struct refused {
	struct ircb_conn *c;
	struct view words;
};

static void tell_refused(uint64_t leg, uint64_t seq, void *arg)
{
	struct refused *r = arg;

	r->c->ops->refused(leg, seq, r->words, r->c->arg);
}

/* RELAYMSG itself is refused: it is not known, or for operators of the
 * channel. For PRIVMSG there are no such answers. */
static bool is_of_names(const struct ircb_line *l)
{
	return (view_eqs(l->command, "FAIL") &&
		view_eqs(ircb_param(l, 0), "RELAYMSG")) ||
	       l->code == 421 || l->code == 482;
}

static void refuse_label(struct ircb_conn *c, const struct ircb_line *l,
			 uint64_t number)
{
	struct buf words = { 0 };
	struct refused r = { .c = c };

	if (is_of_names(l)) {
		log_info("irc %s: no RELAYMSG: %.*s", c->server->host,
			 VIEW_ARG(ircb_last(l)));
		c->caps.on &= ~(unsigned)IRCB_CAP_RELAYMSG;
		buf_adds(&words, IRCB_NOT_AS ": ");
	}
	ircb_plain(&words, ircb_last(l));
	r.words = buf_view(&words);
	ircb_out_answered(c->out, number, false, tell_refused, &r);
	buf_free(&words);
}

/* Where the server echoes it is the echo that counts: what else it answers
 * (301, he is away) comes beside it. */
static bool is_taken(const struct ircb_conn *c, const struct ircb_event *ev)
{
	if (!ircb_conn_can(c, IRCB_CAP_ECHO) ||
	    view_eqs(ev->line.command, "ACK"))
		return !view_eqs(ev->line.command, "BATCH");
	return ev->type >= IRCB_EV_MSG && ev->type <= IRCB_EV_CTCP_REPLY &&
	       ircb_conn_is_ours(c, &ev->line);
}

/* The answer to a line of ours (labeled-response): its echo, an ACK or an
 * error. True: nobody else is to see it. */
static bool on_label(struct ircb_conn *c, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	struct view label;
	uint64_t number;
	bool fail = view_eqs(l->command, "FAIL") ||
		    (l->code >= 400 && l->code < 600);

	if (!ircb_tag(l->tags, "label", &label) ||
	    !view_starts(label, VIEW(IRCB_LABEL)) ||
	    view_u64(&number, view_from(label, sizeof(IRCB_LABEL) - 1),
		     UINT64_MAX))
		return false;
	if (fail)
		refuse_label(c, l, number);
	else if (is_taken(c, ev))
		ircb_out_answered(c->out, number, true, c->ops->delivered,
				  c->arg);
	/* Not there, not inside: that concerns more than this line. */
	return fail && l->code != 403 && l->code != 442;
}

static bool own_command(struct ircb_conn *c, const struct ircb_event *ev)
{
	static const struct {
		const char *command;
		void (*run)(struct ircb_conn *c, const struct ircb_line *l);
	} commands[] = {
		{ "PING", on_ping },
		{ "PONG", on_pong },
		{ "ERROR", on_error },
		{ "BATCH", on_batch },
	};
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (ev->type != IRCB_EV_OTHER ||
		    !view_eqs(ev->line.command, commands[i].command))
			continue;
		commands[i].run(c, &ev->line);
		return true;
	}
	return false;
}

static bool is_past(const struct ircb_conn *c, const struct ircb_line *l)
{
	return ircb_batch_of(&c->batches, l->tags) == IRCB_BATCH_HISTORY;
}

static void on_event(struct ircb_conn *c, const struct ircb_event *ev)
{
	/* A label on an open batch belongs to all of it. */
	if (own_command(c, ev) || on_label(c, ev) ||
	    (ev->type == IRCB_EV_OTHER &&
	     ircb_negotiate_command(c, &ev->line)) ||
	    ircb_login_event(c, ev))
		return;
	if (c->state == IRCB_UP)
		c->ops->event(ev, c->arg);
}

/* Through the library, if the filter lets it. 0: ev is set. */
static int dispatch(struct ircb_conn *c, const struct ircb_line *l,
		    struct ircb_event *ev)
{
	struct buf b = { 0 };
	int err = EBADMSG;

	switch (ircb_filter_in(&b, l)) {
	case IRCB_GATE_LIBRARY:
		err = ircb_shim_feed(c->shim, buf_view(&b), ev);
		ev->line.tags = l->tags;
		break;
	case IRCB_GATE_OUTSIDE:
		ircb_event_of_line(ev, l);
		err = 0;
		break;
	case IRCB_GATE_REFUSED:
		break;
	}
	ev->batch = ircb_batch_of(&c->batches, l->tags);
	buf_free(&b);
	return err;
}

static void on_parsed(struct ircb_conn *c, const struct ircb_line *l)
{
	struct ircb_event ev;
	int err = dispatch(c, l, &ev);

	if (!err)
		on_event(c, &ev);
	else if (err == EBADMSG)
		log_debug("irc %s: nonsense: %.*s", c->server->host,
			  VIEW_ARG(l->command));
	else if (err != ENOENT)
		ircb_conn_lost(c, GONE_NET, VIEW("libircclient gave up"));
}

static void on_text(struct ircb_conn *c, struct view text)
{
	struct ircb_line l;
	unsigned session = c->session;
	bool past;

	if (!text.n)
		return;
	if (ircb_line_parse(&l, text)) {
		log_debug("irc %s: nonsense: %.*s", c->server->host,
			  VIEW_ARG(text));
		return;
	}
	past = is_past(c, &l);
	on_parsed(c, &l);
	/* Who is told of it may still ask where he was. */
	if (!past && c->state != IRCB_CLOSED && c->session == session)
		ircb_people_line(c->people, &l, view_str(c->nick));
}

/* All that follows is UTF-8. */
static void on_line(struct ircb_conn *c, struct view text)
{
	struct buf b = { 0 };

	ircb_charset_text(c->charset, &b, text);
	on_text(c, buf_view(&b));
	buf_free(&b);
}

void ircb_inbound(struct buf *in, void *arg)
{
	struct ircb_conn *c = mem_ref(arg);
	struct view rest = buf_view(in), line;
	size_t before = rest.n;
	unsigned session = c->session;
	int err;

	c->heard_ms = now_ms();
	c->asked_ms = 0;
	while (!(err = ircb_line_next(&rest, &line))) {
		on_line(c, line);
		if (c->state == IRCB_CLOSED || c->session != session)
			break;
	}
	/* After a close the buffer is no longer ours to touch. */
	if (c->state != IRCB_CLOSED && c->session == session) {
		buf_drop(in, before - rest.n);
		if (err == EMSGSIZE)
			ircb_conn_lost(c, GONE_NET,
				       VIEW("the server sent a "
					    "line without end"));
	}
	mem_deref(c);
}
