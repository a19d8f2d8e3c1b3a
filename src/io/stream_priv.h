/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream's inside, for stream.c (its life) and stream_io.c (its bytes). */
#ifndef CONFAB_STREAM_PRIV_H
#define CONFAB_STREAM_PRIV_H

#include "stream.h"

enum stream_state {
	STREAM_CONNECTING,
	STREAM_HANDSHAKE,
	STREAM_OPEN,
	STREAM_OVER,
};

struct stream {
	struct loop *l;           /* borrowed */
	struct loop_watch *watch; /* owned */
	int fd;                   /* owned; -1: closed */
	enum stream_state state;
	struct stream_ops ops;
	void *arg;
	struct buf in, out;
	size_t in_max, out_max;
	bool paused;
	bool blocked;    /* the kernel takes no more for now */
	bool read_again; /* bytes may wait where poll can't see them */
	bool redeliver;  /* what in holds comes first, after a pause */
	int refused;     /* what connect() said at once */
	struct tls *tls; /* owned; NULL: plain */
	struct wtimer timer;
	struct loop_idle job;
	struct netaddr peer, local;
};

/* ---- stream.c ---- */

void stream_set_events(struct stream *s);
/* Ends it, and tells so: last of all. */
void stream_over(struct stream *s, int err, const char *text);
const char *stream_words(const struct stream *s, int err);

/* ---- stream_io.c ---- */

/* As much as goes. EAGAIN when some is left. Calls nobody. */
int stream_push(struct stream *s);
void stream_flush(struct stream *s);
void stream_read_all(struct stream *s);
/* What a pause has held back comes first. */
void stream_resume(struct stream *s);
/* Room for n more bytes, without a copy in memory that is given back. */
void stream_make_room(struct buf *b, size_t n);
/* Frees it; nothing of it is left in memory. */
void stream_wipe(struct buf *b);

#endif
