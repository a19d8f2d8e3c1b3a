/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WebSockets by wslay, which takes frames apart and makes them, answers pings
 * and closes. It has no limit for the number of frames in a message, each of
 * which takes memory: that is ours.
 */
#include "ws.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <wslay/wslay.h>

#include "mem.h"
#include "utf8.h"
#include "ws_http.h"

enum ws_state { WS_OPENING, WS_OPEN, WS_OVER };

struct ws {
	struct ws_conf conf;
	struct ws_ops ops;
	enum ws_state state;
	wslay_event_context_ptr ctx; /* owned; NULL: not open yet */
	struct view in;   /* borrowed while ws_take() runs */
	size_t seen;      /* bytes searched for the request's end */
	uint64_t fed;     /* bytes of frames, and how many of them */
	uint64_t whole;   /* were in frames that are complete */
	uint64_t frame;   /* bytes of the one under way */
	unsigned frames;  /* of the message under way */
	int err;          /* send()'s */
	const char *why;  /* static */
};

static int over(struct ws *w, int err, const char *why)
{
	w->state = WS_OVER;
	w->why = why;
	return err;
}


/* ---- what wslay asks for ---- */

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *p, size_t n,
		       int flags, void *arg)
{
	struct ws *w = arg;

	(void)flags;
	if (!w->in.n) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (n > w->in.n)
		n = w->in.n;
	memcpy(p, w->in.p, n);
	w->in = view_from(w->in, n);
	w->fed += n;
	return (ssize_t)n;
}


static ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t *p, size_t n,
		       int flags, void *arg)
{
	struct ws *w = arg;

	(void)flags;
	w->err = w->ops.send(p, n, w->ops.arg);
	if (!w->err)
		return (ssize_t)n;
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}


/* RFC 6455 5.2: two bytes, the longer length, the mask. */
static uint64_t frame_size(uint64_t payload)
{
	uint64_t head = payload < 126 ? 6 : payload <= 0xffff ? 8 : 14;

	return head + payload;
}


static void on_frame(wslay_event_context_ptr ctx,
		     const struct wslay_event_on_frame_recv_start_arg *f,
		     void *arg)
{
	struct ws *w = arg;

	w->frame = frame_size(f->payload_length);
	if (wslay_is_ctrl_frame(f->opcode) || ++w->frames <= WS_FRAMES_MAX)
		return;
	wslay_event_queue_close(ctx, WSLAY_CODE_MESSAGE_TOO_BIG, NULL, 0);
	wslay_event_shutdown_read(ctx);
}


static void on_frame_end(wslay_event_context_ptr ctx, void *arg)
{
	struct ws *w = arg;

	(void)ctx;
	w->whole += w->frame;
}


static void on_message(wslay_event_context_ptr ctx,
		       const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct ws *w = arg;

	(void)ctx;
	if (wslay_is_ctrl_frame(m->opcode))
		return;
	w->frames = 0;
	w->ops.message(view_mem(m->msg, m->msg_length), w->ops.arg);
}


static int frames_begin(struct ws *w)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.on_frame_recv_start_callback = on_frame,
		.on_frame_recv_end_callback = on_frame_end,
		.on_msg_recv_callback = on_message,
	};

	if (wslay_event_context_server_init(&w->ctx, &callbacks, w))
		return over(w, ENOMEM, "out of memory");
	wslay_event_config_set_max_recv_msg_length(w->ctx,
						   w->conf.message_max);
	w->state = WS_OPEN;
	return 0;
}


/* ---- in ---- */

static int answer(struct ws *w, struct buf *out)
{
	int err = w->ops.send(out->p, out->n, w->ops.arg);

	buf_free(out);
	return err ? over(w, err, "can't be sent") : 0;
}


static int open_take(struct ws *w, struct view in, size_t *taken)
{
	size_t from = w->seen > 3 ? w->seen - 3 : 0;
	const char *end = in.n ? memmem(in.p + from, in.n - from, "\r\n\r\n",
					4) : NULL;
	struct buf out = { 0 };
	const char *why = "HTTP request too big";
	int err, status = 431;

	w->seen = in.n;
	if (!end && in.n <= WS_HEAD_MAX)
		return 0;
	if (end && (size_t)(end - in.p) <= WS_HEAD_MAX) {
		*taken = (size_t)(end - in.p) + 4;
		status = ws_http_answer(&out, view_head(in, *taken), &w->conf,
					&why);
	} else {
		ws_http_too_big(&out);
	}
	err = answer(w, &out);
	if (!err && status != 101)
		return over(w, EBADMSG, why);
	return err ? err : frames_begin(w);
}


static int close_reason(struct ws *w)
{
	if (wslay_event_get_close_received(w->ctx))
		return over(w, ESHUTDOWN, "closed by the other side");
	if (wslay_event_get_status_code_sent(w->ctx) ==
	    WSLAY_CODE_MESSAGE_TOO_BIG)
		return over(w, EPROTO, "WebSocket message too big");
	return over(w, EPROTO, "bad WebSocket frame");
}


static int flush(struct ws *w)
{
	if (wslay_event_send(w->ctx) && !w->err)
		w->err = EPROTO;
	return w->err ? over(w, w->err, "can't be sent") : 0;
}


static int frames_take(struct ws *w, struct view in, size_t *taken)
{
	int failed, err;

	w->in = in;
	failed = wslay_event_recv(w->ctx);
	*taken += in.n - w->in.n;
	w->in = VIEW_NONE;
	err = flush(w);
	if (err)
		return err;
	if (failed)
		return over(w, EPROTO, "bad WebSocket frame");
	return wslay_event_get_read_enabled(w->ctx) ? 0 : close_reason(w);
}


int ws_take(struct ws *w, struct view in, size_t *taken)
{
	int err = 0;

	*taken = 0;
	if (w->state == WS_OPENING)
		err = open_take(w, in, taken);
	if (!err && w->state == WS_OPEN)
		err = frames_take(w, view_from(in, *taken), taken);
	return w->state == WS_OVER && !err ? EPROTO : err;
}


/* ---- the rest ---- */

struct ws *ws_new(const struct ws_conf *conf, const struct ws_ops *ops)
{
	struct ws *w = mem_zalloc(sizeof(*w));

	w->conf = *conf;
	w->ops = *ops;
	w->why = "";
	return w;
}


void ws_free(struct ws *w)
{
	if (!w)
		return;
	if (w->ctx)
		wslay_event_context_free(w->ctx);
	mem_free(w);
}


const char *ws_why(const struct ws *w)
{
	return w->why;
}


bool ws_is_open(const struct ws *w)
{
	return w->state == WS_OPEN;
}


bool ws_is_partial(const struct ws *w)
{
	return w->frames || w->fed != w->whole;
}


int ws_send(struct ws *w, struct view msg)
{
	const struct wslay_event_msg m = {
		.opcode = utf8_valid(msg) ? WSLAY_TEXT_FRAME :
					    WSLAY_BINARY_FRAME,
		.msg = (const uint8_t *)msg.p,
		.msg_length = msg.n,
	};

	if (w->state != WS_OPEN || wslay_event_queue_msg(w->ctx, &m))
		return ENOTCONN;
	return flush(w);
}


void ws_close(struct ws *w, unsigned code)
{
	if (w->state != WS_OPEN)
		return;
	wslay_event_queue_close(w->ctx, (uint16_t)code, NULL, 0);
	flush(w);
	w->state = WS_OVER;
}
