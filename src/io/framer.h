/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames over a stream socket: u32 length of what follows, u16 type, u32 id,
 * payload. Integers are big-endian. Knows no types: that is bridges/wire.h.
 */
#ifndef CONFAB_FRAMER_H
#define CONFAB_FRAMER_H

#include "stream.h"

enum { FRAME_HEAD = 10, FRAME_PAYLOAD_MAX = 256 * 1024 };

struct framer;

struct frame {
	uint16_t type;
	uint32_t id;
	struct view payload; /* borrowed until the handler returns */
};

typedef void (frame_h)(const struct frame *f, void *arg);
/* err EBADMSG: a length below 6 or above the limit. text as stream's. */
typedef void (framer_close_h)(int err, const char *text, void *arg);

/* Takes fd over, also when it fails. out_max: bytes that may wait. */
int framer_new(struct framer **fp, struct loop *l, int fd, size_t out_max,
	       frame_h *h, framer_close_h *closeh, void *arg);
/* ENOBUFS when out_max is reached, EMSGSIZE over FRAME_PAYLOAD_MAX, ENOTCONN
 * when over. */
int framer_send(struct framer *f, uint16_t type, uint32_t id,
		struct view payload);
size_t framer_pending(const struct framer *f);
/* Safe inside the handlers; NULL is allowed; returns NULL. */
struct framer *framer_free(struct framer *f);

#endif
