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

static void on_ping(struct ircb_conn *c, const struct ircb_line *l)
{
	struct view token = ircb_param(l, 0);

	if (ircb_conn_send_now(c, "PONG", &token, 1))
		log_info("irc %s: a PING that can't be answered",
			 c->conf.server);
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

static void on_error(struct ircb_conn *c, const struct ircb_line *l)
{
	struct buf words = { 0 };

	buf_adds(&words, "the server says: ");
	ircb_plain(&words, ircb_last(l));
	ircb_conn_lost(c, GONE_NET, buf_view(&words));
	buf_free(&words);
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

static void on_event(struct ircb_conn *c, const struct ircb_event *ev)
{
	if (own_command(c, ev) || ircb_login_event(c, ev))
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
		break;
	case IRCB_GATE_OUTSIDE:
		ircb_event_of_line(ev, l);
		err = 0;
		break;
	case IRCB_GATE_REFUSED:
		break;
	}
	buf_free(&b);
	return err;
}

static void on_line(struct ircb_conn *c, struct view text)
{
	struct ircb_line l;
	struct ircb_event ev;
	int err;

	if (!text.n)
		return;
	err = ircb_line_parse(&l, text);
	if (!err)
		err = dispatch(c, &l, &ev);
	if (!err)
		on_event(c, &ev);
	else if (err == EBADMSG)
		log_debug("irc %s: nonsense: %.*s", c->conf.server,
			  VIEW_ARG(text));
	else if (err != ENOENT)
		ircb_conn_lost(c, GONE_NET, VIEW("libircclient gave up"));
}

void ircb_inbound(struct buf *in, void *arg)
{
	struct ircb_conn *c = mem_ref(arg);
	struct view rest = buf_view(in), line;
	size_t before = rest.n;
	int err;

	c->heard_ms = now_ms();
	c->asked_ms = 0;
	while (!(err = ircb_line_next(&rest, &line))) {
		on_line(c, line);
		if (c->state == IRCB_CLOSED)
			break;
	}
	/* After a close the buffer is no longer ours to touch. */
	if (c->state != IRCB_CLOSED) {
		buf_drop(in, before - rest.n);
		if (err == EMSGSIZE)
			ircb_conn_lost(c, GONE_NET,
				       VIEW("the server sent a "
					    "line without end"));
	}
	mem_deref(c);
}
