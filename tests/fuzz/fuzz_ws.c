/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer target: what a WebSocket's client may send. The first byte says
 * whether the rest is its HTTP request as well, or frames behind a good one,
 * and in pieces of what size they come.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "ws.h"

enum { MESSAGE_MAX = 30000 };

static const char hello[] =
	"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
	"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	"Sec-WebSocket-Protocol: sip\r\n\r\n";

static size_t sent;

static int on_send(const void *p, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	sent += n;
	return 0;
}

static void on_message(struct view msg, void *arg)
{
	struct ws **w = arg;

	if (msg.n > MESSAGE_MAX || !ws_is_open(*w))
		abort();
	if (ws_send(*w, view_head(msg, 10)))
		abort();
}

/* As a stream hands it over: what is not taken comes again, with more. */
static void feed(struct ws *w, struct view v, size_t piece)
{
	size_t have = piece, taken;
	int err = 0;

	while (v.n && !err) {
		if (have > v.n)
			have = v.n;
		err = ws_take(w, view_head(v, have), &taken);
		if (taken > have)
			abort();
		if (!err && !taken && have == v.n)
			return;
		v = view_from(v, taken);
		have += piece - taken;
	}
	if (err && !*ws_why(w))
		abort();
	if (err && ws_is_open(w))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ws_conf conf = { .protocol = "sip",
					     .message_max = MESSAGE_MAX };
	struct ws *w = NULL;
	const struct ws_ops ops = { on_send, on_message, &w };
	size_t taken;

	if (!size)
		return 0;
	sent = 0;
	w = ws_new(&conf, &ops);
	if (data[0] & 1 && (ws_take(w, VIEW(hello), &taken) ||
			    !ws_is_open(w)))
		abort();
	feed(w, view_mem(data + 1, size - 1), 1 + data[0] / 2u);
	ws_close(w, WS_NORMAL);
	if (sent > 1000 + 20 * size)
		abort(); /* no amplifier */
	ws_free(w);
	return 0;
}
