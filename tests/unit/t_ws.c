/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WebSockets: the opening request, and frames good and hostile. */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "ws.h"

static struct ws *w;
static struct buf sent;
static char heard[200];
static unsigned messages;
static int send_err;
static bool echo;

static int on_send(const void *p, size_t n, void *arg)
{
	(void)arg;
	if (!send_err)
		buf_add(&sent, p, n);
	return send_err;
}

static void on_message(struct view msg, void *arg)
{
	(void)arg;
	messages++;
	view_copy(heard, sizeof(heard), view_head(msg, sizeof(heard) - 1));
	if (echo)
		assert_int_equal(ws_send(w, msg), 0);
}

static void ws_make(char *const *origins)
{
	const struct ws_conf conf = { .protocol = "sip",
				      .origins = origins,
				      .message_max = 70000 };
	const struct ws_ops ops = { on_send, on_message, NULL };

	ws_free(w);
	buf_clear(&sent);
	w = ws_new(&conf, &ops);
}

static int setup(void **state)
{
	int err = test_setup(state);

	messages = 0;
	send_err = 0;
	echo = false;
	ws_make(NULL);
	return err;
}

static int teardown(void **state)
{
	ws_free(w);
	w = NULL;
	buf_free(&sent);
	return test_teardown(state);
}

#define HELLO \
	"GET /ws HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\n" \
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define PROTO "Sec-WebSocket-Protocol: sip\r\n"

static int take(const char *p, size_t n)
{
	size_t taken = 0;
	int err = ws_take(w, view_mem(p, n), &taken);

	if (!err)
		assert_int_equal(taken, n);
	return err;
}

static int say(const char *text)
{
	return take(text, strlen(text));
}

static void opened(void)
{
	assert_int_equal(say(HELLO PROTO "\r\n"), 0);
	assert_true(ws_is_open(w));
	buf_clear(&sent);
}

static void answered(const char *text, const char *want)
{
	size_t taken;
	int err;

	ws_make(NULL);
	err = ws_take(w, view_str(text), &taken);
	if (err != EBADMSG)
		fail_msg("taken with %d: %s", err, text);
	if (!strstr(buf_str(&sent), want))
		fail_msg("no %s but %s for %s", want, buf_str(&sent), text);
	assert_non_null(strstr(buf_str(&sent), "Content-Length: 0\r\n"));
	assert_false(ws_is_open(w));
	assert_true(strlen(ws_why(w)) > 0);
	assert_int_equal(ws_take(w, VIEW("GET"), &taken), EPROTO);
}

/* RFC 6455 1.3 has the sum. */
static void test_opens(void **state)
{
	(void)state;
	assert_int_equal(say(HELLO "Sec-WebSocket-Protocol: x, sip\r\n\r\n"),
			 0);
	assert_string_equal(buf_str(&sent),
			    "HTTP/1.1 101 Switching Protocols\r\n"
			    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			    "Sec-WebSocket-Accept: "
			    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
			    "Sec-WebSocket-Protocol: sip\r\n\r\n");
	assert_true(ws_is_open(w));
	assert_false(ws_is_partial(w));
}

static void test_opens_byte_by_byte(void **state)
{
	const char text[] = HELLO PROTO "Origin: http://a\r\n\r\n";
	size_t n, taken;

	(void)state;
	for (n = 1; n < sizeof(text) - 1; n++) {
		assert_int_equal(ws_take(w, view_mem(text, n), &taken), 0);
		assert_int_equal(taken, 0);
	}
	assert_int_equal(sent.n, 0);
	assert_int_equal(ws_take(w, view_mem(text, n), &taken), 0);
	assert_int_equal(taken, n);
	assert_true(ws_is_open(w));
}

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ALL(start, host, upgrade, connection, version, key, proto) \
	start "\r\n" host upgrade connection version key proto "\r\n"
#define GET "GET / HTTP/1.1"
#define HOST "Host: a\r\n"
#define UP "Upgrade: websocket\r\n"
#define CON "Connection: Upgrade\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"

static void test_refuses_what_is_no_opening(void **state)
{
	(void)state;
	answered(ALL("POST / HTTP/1.1", HOST, UP, CON, V13, KEY, PROTO),
		 "405 Method Not Allowed\r\n");
	answered(ALL("GET / HTTP/1.0", HOST, UP, CON, V13, KEY, PROTO),
		 " 505 ");
	answered(ALL("GET / SIP/2.0", HOST, UP, CON, V13, KEY, PROTO),
		 " 400 ");
	answered(ALL("GET  / HTTP/1.1", HOST, UP, CON, V13, KEY, PROTO),
		 " 400 ");
	answered(ALL("GET x HTTP/1.1", HOST, UP, CON, V13, KEY, PROTO),
		 " 400 ");
	answered(ALL("GET /\x01 HTTP/1.1", HOST, UP, CON, V13, KEY, PROTO),
		 " 400 ");
	answered(ALL(GET, "", UP, CON, V13, KEY, PROTO), " 400 ");
	answered(ALL(GET, "Host:\r\n", UP, CON, V13, KEY, PROTO), " 400 ");
	answered(ALL(GET, "Host: a b\r\n", UP, CON, V13, KEY, PROTO),
		 " 400 ");
	answered(ALL(GET, HOST HOST, UP, CON, V13, KEY, PROTO), " 400 ");
	answered(ALL(GET, HOST, "", CON, V13, KEY, PROTO), " 426 ");
	answered(ALL(GET, HOST, "Upgrade: h2c\r\n", CON, V13, KEY, PROTO),
		 " 426 ");
	answered(ALL(GET, HOST, UP, "Connection: close\r\n", V13, KEY, PROTO),
		 " 426 ");
	answered(ALL(GET, HOST, UP, CON, "", KEY, PROTO),
		 "Sec-WebSocket-Version: 13\r\n");
	answered(ALL(GET, HOST, UP, CON, "Sec-WebSocket-Version: 8\r\n", KEY,
		     PROTO), " 426 ");
	answered(ALL(GET, HOST, UP, CON, V13, "", PROTO), " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, "Sec-WebSocket-Key: abc=\r\n",
		     PROTO), " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13,
		     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBu*25jZQ==\r\n",
		     PROTO), " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, KEY KEY, PROTO), " 400 ");
}

static void test_refuses_what_speaks_no_sip(void **state)
{
	(void)state;
	answered(ALL(GET, HOST, UP, CON, V13, KEY, ""), " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, KEY,
		     "Sec-WebSocket-Protocol: sipx, xmpp\r\n"), " 400 ");
}

static void test_refuses_what_can_be_read_in_two_ways(void **state)
{
	(void)state;
	answered(ALL(GET, HOST, UP, CON, V13, KEY,
		     PROTO "Content-Length: 5\r\n"), " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, KEY,
		     PROTO "Transfer-Encoding: chunked\r\n"), " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, KEY, PROTO "X: a\r\n b\r\n"),
		 " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, KEY, PROTO "X : a\r\n"),
		 " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, KEY, PROTO "X: a\nY: b\r\n"),
		 " 400 ");
	answered(ALL(GET, HOST, UP, CON, V13, KEY, PROTO "X: a\x01\r\n"),
		 " 400 ");
	answered("\x16\x03\x01\r\n\r\n", " 400 ");
	answered("\r\n\r\n", " 400 ");
}

static void test_the_request_has_a_size(void **state)
{
	struct buf b = { 0 };
	size_t taken;
	int i;

	(void)state;
	buf_adds(&b, HELLO "X: ");
	while (b.n < WS_HEAD_MAX)
		buf_adds(&b, "xxxxxxxx");
	assert_int_equal(ws_take(w, view_head(buf_view(&b), WS_HEAD_MAX),
				 &taken), 0);
	assert_int_equal(ws_take(w, buf_view(&b), &taken), EBADMSG);
	assert_non_null(strstr(buf_str(&sent), " 431 "));
	ws_make(NULL);
	buf_clear(&b);
	buf_adds(&b, HELLO PROTO);
	for (i = 0; i < 64; i++)
		buf_adds(&b, "X: a\r\n");
	buf_adds(&b, "\r\n");
	assert_int_equal(ws_take(w, buf_view(&b), &taken), EBADMSG);
	buf_free(&b);
}

static void test_origins(void **state)
{
	char one[] = "https://chat.example", two[] = "https://b.example";
	char *const list[] = { one, two, NULL };

	(void)state;
	ws_make(list);
	assert_int_equal(say(HELLO PROTO "Origin: https://evil.example\r\n"
				   "\r\n"), EBADMSG);
	assert_non_null(strstr(buf_str(&sent), " 403 "));
	ws_make(list);
	assert_int_equal(say(HELLO PROTO "Origin: https://B.example\r\n\r\n"),
			 0);
	assert_true(ws_is_open(w));
	ws_make(list);
	assert_int_equal(say(HELLO PROTO "Origin:\r\n\r\n"), EBADMSG);
	ws_make(list);
	assert_int_equal(say(HELLO PROTO "\r\n"), 0); /* no browser */
	assert_true(ws_is_open(w));
}

/* ---- frames ---- */

/* first: FIN, RSV and opcode; masked with a key that is not nothing. */
static size_t frame(char *dst, int first, const char *p, size_t n)
{
	static const char key[4] = { 0x11, 0x22, 0x33, 0x44 };
	size_t i, at = 0;

	dst[at++] = (char)first;
	if (n < 126) {
		dst[at++] = (char)(0x80 | n);
	} else {
		dst[at++] = (char)(0x80 | 126);
		dst[at++] = (char)(n >> 8);
		dst[at++] = (char)n;
	}
	memcpy(dst + at, key, 4);
	at += 4;
	for (i = 0; i < n; i++)
		dst[at + i] = (char)(p[i] ^ key[i % 4]);
	return at + n;
}

static int put(int first, const char *text)
{
	char bytes[1000];

	return take(bytes, frame(bytes, first, text, strlen(text)));
}

/* The last frame that was sent closes with this code. */
static void closed_with(unsigned code)
{
	const unsigned char *p;

	assert_true(sent.n >= 4);
	p = (const unsigned char *)sent.p + sent.n - 4;
	assert_int_equal(p[0], 0x88);
	assert_int_equal(p[1], 2);
	assert_int_equal(p[2] << 8 | p[3], code);
}

static void test_messages_pass(void **state)
{
	(void)state;
	opened();
	assert_int_equal(put(0x81, "hello"), 0);
	assert_string_equal(heard, "hello");
	assert_int_equal(put(0x82, "bytes"), 0);
	assert_string_equal(heard, "bytes");
	assert_int_equal(messages, 2);
	assert_int_equal(sent.n, 0);
	assert_int_equal(ws_send(w, VIEW("gr\xc3\xbc\xc3\x9f")), 0);
	assert_memory_equal(sent.p, "\x81\x06gr\xc3\xbc\xc3\x9f", 8);
	buf_clear(&sent);
	assert_int_equal(ws_send(w, VIEW("\xff")), 0);
	assert_memory_equal(sent.p, "\x82\x01\xff", 3);
}

static void test_frames_may_follow_the_request_at_once(void **state)
{
	char bytes[1000];
	size_t n = strlen(HELLO PROTO "\r\n");

	(void)state;
	memcpy(bytes, HELLO PROTO "\r\n", n);
	n += frame(bytes + n, 0x81, "early", 5);
	assert_int_equal(take(bytes, n), 0);
	assert_string_equal(heard, "early");
}

static void test_a_handler_may_answer(void **state)
{
	(void)state;
	opened();
	echo = true;
	assert_int_equal(put(0x81, "hello"), 0);
	assert_memory_equal(sent.p, "\x81\x05hello", 7);
}

static void test_byte_by_byte(void **state)
{
	char bytes[100];
	size_t i, n;

	(void)state;
	opened();
	n = frame(bytes, 0x81, "hello", 5);
	for (i = 0; i < n; i++) {
		assert_int_equal(messages, 0);
		assert_int_equal(ws_is_partial(w), i > 0);
		assert_int_equal(take(bytes + i, 1), 0);
	}
	assert_int_equal(messages, 1);
	assert_false(ws_is_partial(w));
}

static void test_fragments_with_a_ping_between(void **state)
{
	(void)state;
	opened();
	assert_int_equal(put(0x01, "he"), 0);
	assert_true(ws_is_partial(w));
	assert_int_equal(put(0x89, "you?"), 0);
	assert_memory_equal(sent.p, "\x8a\x04you?", 6);
	assert_int_equal(put(0x00, "ll"), 0);
	assert_int_equal(messages, 0);
	assert_int_equal(put(0x80, "o"), 0);
	assert_string_equal(heard, "hello");
	assert_false(ws_is_partial(w));
}

static void test_a_close_is_answered(void **state)
{
	(void)state;
	opened();
	assert_int_equal(put(0x88, "\x03\xe8" "bye"), ESHUTDOWN);
	assert_memory_equal(sent.p, "\x88\x05\x03\xe8" "bye", 7);
	assert_int_equal(ws_send(w, VIEW("x")), ENOTCONN);
	assert_int_equal(put(0x81, "more"), EPROTO);
	assert_int_equal(messages, 0);
}

static void test_we_close(void **state)
{
	(void)state;
	opened();
	ws_close(w, WS_GOING_AWAY);
	closed_with(1001);
	assert_int_equal(ws_send(w, VIEW("x")), ENOTCONN);
}

static void bad(int first, const char *text, unsigned code)
{
	ws_make(NULL);
	opened();
	assert_int_equal(put(first, text), EPROTO);
	if (code)
		closed_with(code);
	assert_int_equal(messages, 0);
	assert_true(strlen(ws_why(w)) > 0);
}

static void test_bad_frames(void **state)
{
	(void)state;
	bad(0x80, "continues nothing", 1002);
	bad(0xc1, "with RSV1", 1002);
	bad(0x83, "unknown opcode", 1002);
	bad(0x8b, "unknown control", 1002);
	bad(0x09, "a ping in pieces", 0);
	bad(0x81, "no \xff UTF-8", 1007);
	bad(0x81, "cut \xc3", 1007);
	bad(0x88, "\x03\xed", 1002); /* 1005 must not be sent */
}

static void test_unmasked_is_refused(void **state)
{
	(void)state;
	opened();
	assert_int_equal(say("\x81\x05hello"), EPROTO);
	closed_with(1002);
	assert_int_equal(messages, 0);
}

static void test_lengths(void **state)
{
	(void)state;
	opened(); /* longer than need be */
	assert_int_equal(take("\x81\xfe\x00\x05" "1234hello", 13), EPROTO);
	ws_make(NULL);
	opened(); /* 2^62 bytes: nothing is allocated for them */
	assert_int_equal(take("\x82\xff\x40\0\0\0\0\0\0\0" "1234x", 15),
			 EPROTO);
	closed_with(1009);
	ws_make(NULL);
	opened(); /* no such length */
	assert_int_equal(take("\x82\xff\xc0\0\0\0\0\0\0\0" "1234", 14),
			 EPROTO);
}

static void test_fragments_have_a_limit_together(void **state)
{
	static char many[60000], bytes[60020];
	size_t n;

	(void)state;
	opened();
	memset(many, 'x', sizeof(many));
	n = frame(bytes, 0x01, many, sizeof(many));
	assert_int_equal(take(bytes, n), 0);
	n = frame(bytes, 0x80, many, 20000);
	assert_int_equal(take(bytes, n), EPROTO);
	closed_with(1009);
	assert_int_equal(messages, 0);
}

/* Empty ones have no length that could be limited. */
static void test_fragments_have_a_number(void **state)
{
	int i;

	(void)state;
	opened();
	assert_int_equal(put(0x01, ""), 0);
	for (i = 1; i < WS_FRAMES_MAX; i++)
		assert_int_equal(put(0x00, ""), 0);
	assert_int_equal(put(0x00, ""), EPROTO);
	closed_with(1009);
}

static void test_pings_are_not_counted_as_fragments(void **state)
{
	int i;

	(void)state;
	opened();
	for (i = 0; i < 3 * WS_FRAMES_MAX; i++)
		assert_int_equal(put(0x89, ""), 0);
	assert_int_equal(sent.n, 3 * WS_FRAMES_MAX * 2);
	assert_int_equal(put(0x81, "x"), 0);
	assert_int_equal(messages, 1);
}

static void test_a_full_line_is_an_end(void **state)
{
	(void)state;
	opened();
	send_err = ENOBUFS;
	assert_int_equal(put(0x89, "ping"), ENOBUFS);
	ws_make(NULL);
	send_err = 0;
	opened();
	send_err = ENOBUFS;
	assert_int_equal(ws_send(w, VIEW("x")), ENOBUFS);
	assert_int_equal(ws_send(w, VIEW("x")), ENOTCONN);
	ws_make(NULL);
	assert_int_equal(say(HELLO PROTO "\r\n"), ENOBUFS);
	assert_false(ws_is_open(w));
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_opens),
		TEST(test_opens_byte_by_byte),
		TEST(test_refuses_what_is_no_opening),
		TEST(test_refuses_what_speaks_no_sip),
		TEST(test_refuses_what_can_be_read_in_two_ways),
		TEST(test_the_request_has_a_size),
		TEST(test_origins),
		TEST(test_messages_pass),
		TEST(test_frames_may_follow_the_request_at_once),
		TEST(test_a_handler_may_answer),
		TEST(test_byte_by_byte),
		TEST(test_fragments_with_a_ping_between),
		TEST(test_a_close_is_answered),
		TEST(test_we_close),
		TEST(test_bad_frames),
		TEST(test_unmasked_is_refused),
		TEST(test_lengths),
		TEST(test_fragments_have_a_limit_together),
		TEST(test_fragments_have_a_number),
		TEST(test_pings_are_not_counted_as_fragments),
		TEST(test_a_full_line_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
