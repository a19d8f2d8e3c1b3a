/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages cut out of what comes in. On TCP and TLS the length in the head
 * says where the next one starts (RFC 3261 18.3); a WebSocket has frames of
 * its own (RFC 7118 5). Who begins a message has to end it in time.
 */
#include "conn_set_priv.h"

enum { SLACK = 4096 };

/* ---- time ---- */

static void on_idle(struct wtimer *t)
{
	conn_end(CONTAINER(t, struct conn, timer), "idle");
}

static void on_slow(struct wtimer *t)
{
	conn_end(CONTAINER(t, struct conn, timer), "message not in in time");
}

void conn_time(struct conn *c, bool partial)
{
	struct wheel *w = loop_wheel(c->set->setup.loop);
	const struct sip_limits *limits = &c->set->limits;

	if (c->state != CONN_OPEN)
		return;
	if (!partial)
		wheel_start(w, &c->timer, c->known ? limits->user_idle_ms :
						     limits->tcp_idle_ms,
			    on_idle);
	else if (!c->partial)
		wheel_start(w, &c->timer, limits->tcp_head_ms, on_slow);
	c->partial = partial;
}

/* After bytes came in. Blanks keep the connection of a known user, and ours,
 * but not a stranger's. */
static void time_after(struct conn *c, bool partial, bool heard)
{
	if (partial || c->partial || heard || c->known || !c->accepted)
		conn_time(c, partial);
}

/* ---- what both have in common ---- */

static void hand_up(struct conn *c, struct view packet)
{
	struct conns *cs = c->set;
	const struct sip_flow flow = { .transport = c->transport,
				       .conn = c->id,
				       .peer = c->peer };

	c->blank = 0;
	c->partial = false;
	c->messages++;
	conn_limit_heard(c);
	cs->ops.message(&flow, &cs->pre, packet, cs->ops.arg);
}

/* CR and LF between messages are nothing, but two CRLF in a row are a ping
 * that wants one back (RFC 5626 4.4.1). Returns the bytes taken. */
static size_t blanks_take(struct conn *c, struct view v)
{
	static const char ping[] = "\r\n\r\n";
	size_t i, n = prescan_blank(v);

	for (i = 0; i < n; i++) {
		c->blank = v.p[i] == ping[c->blank] ? c->blank + 1 : 0;
		if (c->blank < 4)
			continue;
		c->blank = 0;
		conns_write(c->set, c->id, VIEW("\r\n"));
	}
	return n;
}

/* ---- TCP and TLS ---- */

/* What may only be wrong where the length says where the next message
 * starts. */
static void framing_check(const struct sip_limits *limits, struct prescan *pre)
{
	if (pre->status)
		return;
	if (!pre->has_length) {
		pre->status = 400;
		pre->reason = "No Content-Length";
	} else if (pre->length > limits->body) {
		pre->status = 413;
		pre->reason = "Request Entity Too Large";
	}
}

static bool head_is_in(struct conn *c, struct view v)
{
	return c->need || prescan_head(v, &c->seen) ||
	       v.n > c->set->limits.head;
}

/* The message at the start of v was handled: the bytes taken, 0 when it is
 * not all there; fault: no next one can be found. */
static size_t message_take(struct conn *c, struct view v, bool *fault)
{
	struct conns *cs = c->set;
	size_t n;

	if (!head_is_in(c, v) || v.n < c->need)
		return 0;
	prescan(&cs->pre, v, cs->limits.head);
	framing_check(&cs->limits, &cs->pre);
	*fault = cs->pre.status != 0;
	if (!*fault)
		c->need = cs->pre.size + (size_t)cs->pre.length;
	if (v.n < c->need)
		return 0;

	n = *fault ? v.n : c->need;
	c->need = c->seen = 0;
	hand_up(c, view_head(v, n));
	return n;
}

static void bytes_in(struct conn *c, struct buf *in)
{
	struct view v = buf_view(in);
	uint64_t before = c->messages;
	bool fault = false;
	size_t n;

	do {
		v = view_from(v, blanks_take(c, v));
		n = v.n ? message_take(c, v, &fault) : 0;
		v = view_from(v, n);
	} while (n && !fault);
	if (fault) {
		conn_end(c, "no message");
		return;
	}
	time_after(c, v.n > 0, c->messages != before);
	buf_drop(in, in->n - v.n);
}

/* ---- WebSocket ---- */

static int on_ws_send(const void *p, size_t n, void *arg)
{
	struct conn *c = arg;

	return stream_write(c->stream, p, n);
}

/* A fault in one message says nothing of the next. */
static void on_ws_message(struct view msg, void *arg)
{
	struct conn *c = arg;
	struct conns *cs = c->set;

	msg = view_from(msg, blanks_take(c, msg));
	if (!msg.n)
		return;
	prescan(&cs->pre, msg, cs->limits.head);
	hand_up(c, msg);
}

static void frames_in(struct conn *c, struct buf *in)
{
	uint64_t before = c->messages;
	size_t taken;
	int err = ws_take(c->ws, buf_view(in), &taken);

	if (err) {
		conn_end(c, ws_why(c->ws));
		return;
	}
	buf_drop(in, taken);
	time_after(c, !ws_is_open(c->ws) || ws_is_partial(c->ws),
		   c->messages != before);
}

void conn_frame_init(struct conn *c)
{
	const struct conns *cs = c->set;
	const struct ws_conf conf = {
		.protocol = "sip",
		.origins = cs->setup.ws_origins,
		.message_max = cs->limits.head + cs->limits.body + SLACK,
	};
	const struct ws_ops ops = { on_ws_send, on_ws_message, c };

	if (sip_is_ws(c->transport))
		c->ws = ws_new(&conf, &ops);
}

void conn_data(struct conn *c, struct buf *in)
{
	if (c->state != CONN_OPEN)
		buf_clear(in);
	else if (c->ws)
		frames_in(c, in);
	else
		bytes_in(c, in);
}
