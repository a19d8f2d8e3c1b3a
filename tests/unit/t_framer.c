/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames over a socketpair: in pieces, at the limits, hostile. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "framer.h"

enum { FAR = 10000, OUT_MAX = 1024 * 1024 };

static struct loop *l;
static struct framer *f; /* the one under test */
static int raw;          /* its peer, by hand */

static struct {
	unsigned frames, closed;
	int err;
	char why[80];
	uint16_t type;
	uint32_t id;
	struct buf payload;
	uint32_t next; /* id expected, where counted is set */
	bool counted, free_inside, send_inside;
} got;

static void on_frame(const struct frame *fr, void *arg)
{
	assert_ptr_equal(arg, &got);
	got.frames++;
	got.type = fr->type;
	got.id = fr->id;
	buf_clear(&got.payload);
	buf_addv(&got.payload, fr->payload);
	if (got.counted)
		assert_int_equal(fr->id, got.next++);
	if (got.send_inside)
		assert_int_equal(framer_send(f, 9, fr->id, fr->payload), 0);
	if (got.free_inside)
		f = framer_free(f);
}


static void on_close(int err, const char *text, void *arg)
{
	(void)arg;
	got.closed++;
	got.err = err;
	snprintf(got.why, sizeof(got.why), "%s", text);
	if (got.free_inside)
		f = framer_free(f);
}


static int setup(void **state)
{
	int sp[2], err = test_setup(state);

	if (err || loop_new(&l))
		return -1;
	memset(&got, 0, sizeof(got));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sp))
		return -1;
	raw = sp[1];
	return framer_new(&f, l, sp[0], OUT_MAX, on_frame, on_close, &got);
}


static int teardown(void **state)
{
	f = framer_free(f);
	buf_free(&got.payload);
	close(raw);
	loop_free(l);
	return test_teardown(state);
}


#define AWAIT(cond) \
	do { \
		while (!(cond)) \
			loop_turn(l, FAR); \
	} while (0)

static void feed(const char *p, size_t n)
{
	assert_int_equal(send(raw, p, n, MSG_NOSIGNAL), n);
}


#define FEED(lit) feed(lit, sizeof(lit) - 1)

static void reads_a_frame(void **state)
{
	(void)state;
	FEED("\0\0\0\x0b\x01\x02\xaa\xbb\xcc\xddhello");
	AWAIT(got.frames);
	assert_int_equal(got.type, 0x0102);
	assert_true(got.id == 0xaabbccdd);
	assert_view(buf_view(&got.payload), "hello");
}


static void reads_pieces_and_several(void **state)
{
	static const char bytes[] =
		"\0\0\0\x06\0\x01\0\0\0\x01"
		"\0\0\0\x08\0\x02\0\0\0\x02xy"
		"\0\0\0\x07\0\x03\0\0\0\x03z";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes) - 1; i++) {
		feed(bytes + i, 1);
		loop_turn(l, FAR);
		assert_int_equal(got.frames, (i >= 9) + (i >= 21) + (i >= 32));
	}
	feed(bytes, sizeof(bytes) - 1);
	AWAIT(got.frames == 6);
	assert_view(buf_view(&got.payload), "z");
	assert_int_equal(got.closed, 0);
}


static void writes_a_frame(void **state)
{
	static const char want[] = "\0\0\0\x09\x12\x34\0\x01\x02\x03"
				   "abc\0\0\0\x06\0\x05\0\0\0\0";
	char have[64];

	(void)state;
	assert_int_equal(framer_send(f, 0x1234, 0x010203, VIEW("abc")), 0);
	assert_int_equal(framer_send(f, 5, 0, VIEW_NONE), 0);
	assert_int_equal(framer_pending(f), sizeof(want) - 1);
	loop_turn(l, 0);
	assert_int_equal(framer_pending(f), 0);
	assert_int_equal(recv(raw, have, sizeof(have), 0), sizeof(want) - 1);
	assert_memory_equal(have, want, sizeof(want) - 1);
}


static void refuses_impossible_lengths(void **state)
{
	(void)state;
	FEED("\0\0\0\x06\0\x01\0\0\0\x01\0\0\0\x05zzzzzzzz");
	AWAIT(got.closed);
	assert_int_equal(got.frames, 1);
	assert_int_equal(got.err, EBADMSG);
	assert_string_equal(got.why, "a frame of an impossible length");
	assert_int_equal(framer_send(f, 1, 1, VIEW_NONE), ENOTCONN);
	assert_int_equal(framer_pending(f), 0);
}


static void refuses_a_length_over_the_limit_at_once(void **state)
{
	(void)state;
	FEED("\0\x04\0\x07"); /* 256 KiB + 7 */
	AWAIT(got.closed);
	assert_int_equal(got.err, EBADMSG);
}


static void refuses_the_greatest_length(void **state)
{
	(void)state;
	FEED("\xff\xff\xff\xff\0\0\0\0\0\0");
	AWAIT(got.closed);
	assert_int_equal(got.err, EBADMSG);
	loop_turn(l, 0);
	assert_int_equal(got.closed, 1);
}


/* Two framers, one on each side. */

static struct framer *peer;

static void pair_up(size_t out_max)
{
	assert_int_equal(framer_new(&peer, l, raw, out_max, on_frame,
				    on_close, &got), 0);
	raw = -1;
}


static void the_longest_frame_passes(void **state)
{
	static char big[FRAME_PAYLOAD_MAX + 1];

	(void)state;
	memset(big, 'b', sizeof(big));
	pair_up(OUT_MAX);
	assert_int_equal(
		framer_send(peer, 7, 8, view_mem(big, sizeof(big))), EMSGSIZE);
	assert_int_equal(
		framer_send(peer, 7, 1, view_mem(big, FRAME_PAYLOAD_MAX)), 0);
	assert_int_equal(
		framer_send(peer, 7, 2, view_mem(big, FRAME_PAYLOAD_MAX)), 0);
	AWAIT(got.frames == 2);
	assert_int_equal(got.payload.n, FRAME_PAYLOAD_MAX);
	assert_memory_equal(got.payload.p, big, FRAME_PAYLOAD_MAX);
	assert_int_equal(got.closed, 0);
	peer = framer_free(peer);
}


static void many_frames_stay_in_order(void **state)
{
	char text[300] = { 0 };
	uint32_t i;

	(void)state;
	got.counted = true;
	pair_up(OUT_MAX);
	for (i = 0; i < 20000; i++) {
		while (framer_send(peer, 1, i, view_mem(text, i % 300)))
			loop_turn(l, FAR); /* full: let some go */
	}
	AWAIT(got.frames == 20000);
	peer = framer_free(peer);
}


static void a_full_output_says_so(void **state)
{
	(void)state;
	pair_up(25);
	assert_int_equal(framer_send(peer, 1, 1, VIEW("12345")), 0);
	assert_int_equal(framer_send(peer, 1, 1, VIEW("1")), ENOBUFS);
	assert_int_equal(framer_pending(peer), 15);
	assert_int_equal(framer_send(peer, 1, 1, VIEW_NONE), 0);
	AWAIT(got.frames == 2);
	peer = framer_free(peer);
}


static void frees_inside_the_frame_handler(void **state)
{
	(void)state;
	got.free_inside = true;
	FEED("\0\0\0\x06\0\x01\0\0\0\x01\0\0\0\x06\0\x01\0\0\0\x02");
	AWAIT(got.frames);
	assert_null(f);
	loop_turn(l, 0);
	assert_int_equal(got.frames, 1);
	assert_int_equal(got.closed, 0);
	assert_null(framer_free(NULL));
}


static void frees_inside_the_close_handler(void **state)
{
	(void)state;
	got.free_inside = true;
	FEED("\0\0\0\0");
	AWAIT(got.closed);
	assert_null(f);
}


static void frees_inside_the_close_of_the_peer(void **state)
{
	(void)state;
	got.free_inside = true;
	close(raw);
	raw = -1;
	AWAIT(got.closed);
	assert_int_equal(got.err, 0);
	assert_string_equal(got.why, "closed by the other side");
	assert_null(f);
}


static void a_cut_frame_is_no_frame(void **state)
{
	(void)state;
	FEED("\0\0\0\x0b\x01\x02\xaa\xbb\xcc\xddhel");
	close(raw);
	raw = -1;
	AWAIT(got.closed);
	assert_int_equal(got.frames, 0);
	assert_int_equal(got.err, 0);
}


static void answers_inside_the_handler(void **state)
{
	char have[32];

	(void)state;
	got.send_inside = true;
	FEED("\0\0\0\x08\0\x02\0\0\0\x02xy");
	AWAIT(got.frames);
	loop_turn(l, 0);
	assert_int_equal(recv(raw, have, sizeof(have), 0), 12);
	assert_memory_equal(have, "\0\0\0\x08\0\x09\0\0\0\x02xy", 12);
}


#define FT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FT(reads_a_frame),
		FT(reads_pieces_and_several),
		FT(writes_a_frame),
		FT(refuses_impossible_lengths),
		FT(refuses_a_length_over_the_limit_at_once),
		FT(refuses_the_greatest_length),
		FT(the_longest_frame_passes),
		FT(many_frames_stay_in_order),
		FT(a_full_output_says_so),
		FT(frees_inside_the_frame_handler),
		FT(frees_inside_the_close_handler),
		FT(frees_inside_the_close_of_the_peer),
		FT(a_cut_frame_is_no_frame),
		FT(answers_inside_the_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
