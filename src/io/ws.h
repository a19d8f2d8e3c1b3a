/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's side of a WebSocket (RFC 6455), without the socket: bytes go
 * in, messages and bytes to be sent come out. The HTTP request that opens it
 * is answered here as well.
 */
#ifndef CONFAB_WS_H
#define CONFAB_WS_H

#include <stdbool.h>

#include "buf.h"

struct ws;

enum {
	WS_HEAD_MAX = 8 * 1024, /* of the opening request */
	WS_FRAMES_MAX = 64,     /* that one message may come in */
	WS_NORMAL = 1000,       /* codes for closing (RFC 6455 7.4.1) */
	WS_GOING_AWAY = 1001,
	WS_POLICY = 1008,
};

struct ws_conf {
	const char *protocol; /* subprotocol that a client has to offer */
	/* What a browser's Origin may be, NULL at the end; NULL or none: any.
	 * What is no browser sends no Origin, and is let in. */
	char *const *origins;
	size_t message_max;
};

struct ws_ops {
	/* Bytes for the other side; 0, or an errno when they can't be taken:
	 * the socket is over then. */
	int (*send)(const void *p, size_t n, void *arg);
	/* A whole message, of text or of bytes. May send, must not free. */
	void (*message)(struct view msg, void *arg);
	void *arg;
};

/* conf and ops are copied; what is in them is borrowed. */
struct ws *ws_new(const struct ws_conf *conf, const struct ws_ops *ops);
void ws_free(struct ws *w); /* NULL is allowed */

/* Takes bytes off the front of in. Over, with what there was to say said:
 * ESHUTDOWN (the other side closed it), EBADMSG (bad HTTP, or no SIP client),
 * EPROTO (bad frames, too many or too big ones), or send()'s error. */
int ws_take(struct ws *w, struct view in, size_t *taken);
/* Why, in words; static. */
const char *ws_why(const struct ws *w);
/* The request was answered with 101: messages may pass. */
bool ws_is_open(const struct ws *w);
/* A message or frame has begun, and is not all there. */
bool ws_is_partial(const struct ws *w);
/* As one message: of text, where it is UTF-8. ENOTCONN, or send()'s error. */
int ws_send(struct ws *w, struct view msg);
/* Says goodbye; nothing can be sent afterwards. */
void ws_close(struct ws *w, unsigned code);

#endif
