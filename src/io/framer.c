/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts a stream into frames, and puts frames on it. */
#include "framer.h"

#include <errno.h>
#include <string.h>

#include "mem.h"

enum {
	LENGTH = 4, /* bytes of the length field */
	AFTER_LENGTH = FRAME_HEAD - LENGTH, /* what it counts at least */
};

struct framer {
	struct stream *st; /* owned; NULL: over */
	frame_h *h;
	framer_close_h *closeh;
	void *arg;
};

static void over(struct framer *f, int err, const char *text)
{
	f->st = stream_close(f->st);
	f->closeh(err, text, f->arg);
}


/* The length field, or 0 while it is not complete; EBADMSG for a bad one. */
static int frame_length(struct view v, size_t *len)
{
	struct reader r = { .v = v };
	uint32_t n;

	*len = 0;
	if (v.n < LENGTH)
		return 0;
	n = reader_u32(&r);
	if (n < AFTER_LENGTH || n > AFTER_LENGTH + FRAME_PAYLOAD_MAX)
		return EBADMSG;
	*len = LENGTH + n;
	return 0;
}


static void hand_up(struct framer *f, struct view whole)
{
	struct reader r = { .v = view_from(whole, LENGTH) };
	struct frame fr;

	fr.type = reader_u16(&r);
	fr.id = reader_u32(&r);
	fr.payload = r.v;
	f->h(&fr, f->arg);
}


static void on_data(struct buf *in, void *arg)
{
	struct framer *f = mem_ref(arg); /* a handler may free it */
	struct view v = buf_view(in);
	size_t len;
	int err = 0;

	while (f->st) {
		err = frame_length(v, &len);
		if (err || !len || len > v.n)
			break;
		hand_up(f, view_head(v, len));
		v = view_from(v, len);
	}
	if (f->st)
		buf_drop(in, in->n - v.n);
	if (err)
		over(f, err, "a frame of an impossible length");
	mem_deref(f);
}


static void on_close(int err, const char *text, void *arg)
{
	over(arg, err, text);
}


static void framer_destroy(void *obj)
{
	struct framer *f = obj;

	f->st = stream_close(f->st);
}


int framer_new(struct framer **fp, struct loop *l, int fd, size_t out_max,
	       frame_h *h, framer_close_h *closeh, void *arg)
{
	static const struct stream_ops ops = {
		.on_data = on_data,
		.on_close = on_close,
	};
	/* One byte more than a frame: a whole one is never "too much". */
	struct stream_conf conf = {
		.in_max = FRAME_HEAD + FRAME_PAYLOAD_MAX + 1,
		.out_max = out_max,
	};
	struct framer *f = mem_new(sizeof(*f), framer_destroy);
	int err;

	f->h = h;
	f->closeh = closeh;
	f->arg = arg;
	err = stream_adopt(&f->st, l, fd, &conf, &ops, f);
	if (err)
		mem_deref(f);
	else
		*fp = f;
	return err;
}


int framer_send(struct framer *f, uint16_t type, uint32_t id,
		struct view payload)
{
	struct buf b;
	int err;

	if (!f->st)
		return ENOTCONN;
	if (payload.n > FRAME_PAYLOAD_MAX)
		return EMSGSIZE;
	buf_init(&b, FRAME_HEAD + payload.n);
	buf_room(&b, FRAME_HEAD + payload.n); /* so that it never moves */
	buf_put_u32(&b, (uint32_t)(AFTER_LENGTH + payload.n));
	buf_put_u16(&b, type);
	buf_put_u32(&b, id);
	buf_addv(&b, payload);
	err = stream_write(f->st, b.p, b.n);
	explicit_bzero(b.p, b.n); /* it may have been a password */
	buf_free(&b);
	return err;
}


size_t framer_pending(const struct framer *f)
{
	return f->st ? stream_pending(f->st) : 0;
}


struct framer *framer_free(struct framer *f)
{
	if (!f)
		return NULL;
	f->st = stream_close(f->st);
	return mem_deref(f);
}
