/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP request that opens a WebSocket (RFC 6455 4.2), for ws.c. */
#ifndef CONFAB_WS_HTTP_H
#define CONFAB_WS_HTTP_H

#include "ws.h"

/* Of a whole header section with its empty line: writes the answer into out,
 * and returns its status; 101: open. why: in words, static. */
int ws_http_answer(struct buf *out, struct view head,
		   const struct ws_conf *conf, const char **why);
/* The answer to a section that does not end in time, in bytes: 431. */
void ws_http_too_big(struct buf *out);

#endif
