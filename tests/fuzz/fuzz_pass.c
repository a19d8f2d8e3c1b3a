/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What daemons on one data base say to each other, on anything: the first byte
 * chooses the frame's type, the rest is the payload. What can be read can be
 * written and read again.
 */
#include <stdlib.h>

#include "fuzz.h"

#include "pass.h"

static int hello(struct buf *out, struct view v)
{
	struct pass_hello h;

	if (pass_get_hello(&h, v) || h.version != PASS_VERSION)
		return -1;
	pass_put_hello(out, &h);
	return 0;
}

static int request(struct buf *out, struct view v)
{
	struct pass_request r;

	return pass_get_request(&r, v) ? -1 : pass_put_request(out, &r);
}

static int relay(struct buf *out, struct view v)
{
	struct pass_send s;

	return pass_get_send(&s, v) ? -1 : pass_put_send(out, &s);
}

static int answer(struct buf *out, struct view v)
{
	struct pass_answer a;

	if (pass_get_answer(&a, v))
		return -1;
	if (a.count > PASS_HEADERS_MAX)
		abort();
	pass_put_answer(out, &a);
	return 0;
}

static int reply(struct buf *out, struct view v)
{
	struct pass_reply r;

	if (pass_get_reply(&r, v))
		return -1;
	pass_put_reply(out, &r);
	return 0;
}

static int user(struct buf *out, struct view v)
{
	struct pass_user u;

	if (pass_get_user(&u, v))
		return -1;
	pass_put_user(out, &u);
	return 0;
}

/* -1: it can't be read; else whether it can be written. */
static int (*const again[])(struct buf *out, struct view v) = {
	hello, request, relay, answer, reply, user,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = { 0 }, second = { 0 };
	struct reader r = { .v = view_mem(data, size) };
	size_t n = reader_u8(&r) % (sizeof(again) / sizeof(again[0]));
	int err = again[n](&first, r.v);

	if (err > 0)
		abort();
	if (!err && (again[n](&second, buf_view(&first)) ||
		     !view_eq(buf_view(&first), buf_view(&second))))
		abort();
	buf_free(&first);
	buf_free(&second);
	return 0;
}
