/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests over UDP: what is answered, and how often. */
#include "sip_rig.h"

static void test_options(void **state)
{
	char via[200];

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask(REQUEST("OPTIONS", "o1") "\r\n", "SIP/2.0 200 OK\r\n");
	has("\r\nAllow: MESSAGE, OPTIONS\r\n");
	has("\r\nAccept: text/plain\r\n");
	has("\r\nTo: <sip:lobby@d>;tag=");
	has("\r\nServer: confab/1\r\n");
	has("\r\nCSeq: 1 OPTIONS\r\n");
	has("\r\nCall-ID: o1\r\n");
	has("\r\nContent-Length: 0\r\n\r\n");
	snprintf(via, sizeof(via),
		 "\r\nVia: SIP/2.0/UDP c.example;branch=z9hG4bKo1"
		 ";received=127.0.0.1;rport=%u\r\n",
		 netaddr_port(&(struct netaddr[]){ local_of(udp) }[0]));
	has(via);
	assert_int_equal(requests, 0);
}

static void test_message(void **state)
{
	char first[KEPT];
	struct sip_stats stats;
	int i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask(MESSAGE("m1"), "SIP/2.0 202 Accepted\r\n");
	assert_string_equal(last_body, "hi");
	assert_string_equal(last_type, "text/plain");
	assert_string_equal(last_user, "alice");
	keep(first);
	for (i = 0; i < 10; i++) {
		ask(MESSAGE("m1"), "SIP/2.0 202 Accepted\r\n");
		assert_string_equal(in, first);
	}
	assert_int_equal(requests, 1);
	sip_stats(edge, &stats);
	assert_int_equal(stats.requests_in, 11);
	assert_int_equal(stats.retransmits_in, 10);
	assert_int_equal(stats.responses_out, 11);
	assert_int_equal(stats.server_txns, 0);
	assert_int_equal(stats.answers, 1);
}

static void test_what_a_device_says_of_itself(void **state)
{
	static const char head[] =
		"User-Agent: Phone (1; \"2)\r\nAccept: text/plain;q=1,\r\n */*"
		"\r\nContent-Type: multipart/mixed; boundary=\"a;b\";x=y\r\n"
		"Content-Length: 2\r\n\r\nhi";
	struct buf b = { 0 };

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	buf_adds(&b, REQUEST("MESSAGE", "m1"));
	buf_adds(&b, head);
	ask(buf_str(&b), "SIP/2.0 202 Accepted\r\n");
	assert_string_equal(last_type, "multipart/mixed");
	assert_string_equal(last_params, " boundary=\"a;b\";x=y");
	assert_string_equal(last_agent, "Phone (1; \"2)");
	assert_string_equal(last_accept, "text/plain;q=1,\r\n */*");
	ask(MESSAGE("m2"), "SIP/2.0 202 Accepted\r\n");
	assert_string_equal(last_params, "");
	assert_string_equal(last_agent, "");
	assert_string_equal(last_accept, "");
	buf_free(&b);
}

static void test_answered_later(void **state)
{
	const struct sip_header header = { VIEW("X-Why"), VIEW("late") };

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	assert_true(silent(udp));
	assert_int_equal(requests, 1);
	sip_answer(edge, last_txn, 480, "Slow Down", &header, 1);
	sip_answer(edge, last_txn, 200, NULL, NULL, 0);
	sip_answer(edge, 12345, 200, NULL, NULL, 0);
	assert_true(received(udp));
	starts("SIP/2.0 480 Slow Down\r\n");
	has("\r\nX-Why: late\r\n");
	assert_true(silent(udp));
}

static void test_never_answered(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	assert_true(silent(udp));
	clock_advance(28100);
	assert_true(received(udp));
	starts("SIP/2.0 500 No Answer In Time\r\n");
}

static void test_bad_answers_are_mended(void **state)
{
	const struct sip_header bad = { VIEW("X"), VIEW("a\r\nVia: b") };

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	answer_code = 0;
	udp_put(MESSAGE("m1"), strlen(MESSAGE("m1")));
	turns();
	sip_answer(edge, last_txn, 200, "O\r\nK", &bad, 1);
	assert_true(received(udp));
	starts("SIP/2.0 200 OK\r\n");
	hasnt("X: a");
}

static void test_untrusted(void **state)
{
	struct sip_stats stats;

	(void)state;
	edge_open("192.0.2.0/24", NULL);
	ask(MESSAGE("m1"), "SIP/2.0 403 Forbidden\r\n");
	hasnt("Server:");
	assert_true(in_n <= strlen(MESSAGE("m1")) + 80);
	ask(REQUEST("REGISTER", "m2") "\r\n", "SIP/2.0 403 ");
	ask(REQUEST("OPTIONS", "m3") "\r\n", "SIP/2.0 200 ");
	hasnt("Server:");
	assert_int_equal(requests, 0);
	sip_stats(edge, &stats);
	assert_int_equal(stats.untrusted, 2);
	assert_int_equal(stats.server_txns, 0);
}

static void test_methods(void **state)
{
	static const char *const known[] = {
		"INVITE", "REGISTER", "NOTIFY", "BYE", "INFO", "PRACK",
		"UPDATE", "REFER",
	};
	char text[1000];
	size_t i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(text, sizeof(text),
			 "%s sip:a@d SIP/2.0\r\n" REST("k", "%s") "\r\n",
			 known[i], known[i]);
		ask(text, "SIP/2.0 405 Method Not Allowed\r\n");
		has("\r\nAllow: MESSAGE, OPTIONS\r\n");
	}
	ask(REQUEST("NEWMETHOD", "n") "\r\n", "SIP/2.0 501 Not Implemented");
	has("\r\nAllow: MESSAGE, OPTIONS\r\n");
	ask(REQUEST("CANCEL", "n") "\r\n", "SIP/2.0 481 ");
	udp_put(REQUEST("ACK", "n") "\r\n", strlen(REQUEST("ACK", "n")) + 2);
	udp_put("ACK x\r\n\r\n", 9);
	assert_true(silent(udp));
}

/* What ends here may have come as far as it can. */
static void test_last_hop(void **state)
{
#define HOPS(method, branch, n) \
	REQUEST(method, branch) "Max-Forwards: " n "\r\n" \
	"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask(HOPS("MESSAGE", "h1", "0"), "SIP/2.0 483 Too Many Hops\r\n");
	ask(HOPS("MESSAGE", "h2", "000"), "SIP/2.0 483 ");
	assert_int_equal(requests, 0);
	ask(HOPS("MESSAGE", "h3", "1"), "SIP/2.0 202 ");
	assert_int_equal(requests, 1);
	ask(HOPS("OPTIONS", "h4", "0"), "SIP/2.0 200 ");
	ask(HOPS("MESSAGE", "h5", "256"), "SIP/2.0 400 ");
#undef HOPS
}

/* The same refusal again is the same answer, its tag included. */
static void test_stateless_tags(void **state)
{
	char first[KEPT];

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask(REQUEST("INVITE", "i1") "\r\n", "SIP/2.0 405 ");
	keep(first);
	ask(REQUEST("INVITE", "i1") "\r\n", "SIP/2.0 405 ");
	assert_string_equal(in, first);
}

static void test_refusals(void **state)
{
	(void)state;
	edge_open("127.0.0.0/8", NULL);
	ask("MESSAGE tel:+123 SIP/2.0\r\n" REST("a", "MESSAGE") "\r\n",
	    "SIP/2.0 416 ");
	ask("OPTIONS soap.beep://x SIP/2.0\r\n" REST("b", "OPTIONS") "\r\n",
	    "SIP/2.0 416 ");
	ask(REQUEST("OPTIONS", "c") "Require: a, b\r\nRequire: c\r\n\r\n",
	    "SIP/2.0 420 ");
	has("\r\nUnsupported: a, b, c\r\n");
	ask("OPTIONS sip:a@b SIP/3.0\r\n" REST("d", "OPTIONS") "\r\n",
	    "SIP/2.0 505 ");
	ask(REQUEST("MESSAGE", "e") "Content-Encoding: gzip\r\n\r\n",
	    "SIP/2.0 415 ");
	has("\r\nAccept-Encoding: identity\r\n");
	ask("MESSAGE sip:a:secret@b SIP/2.0\r\n" REST("f", "MESSAGE") "\r\n",
	    "SIP/2.0 400 Malformed Request-URI");
	ask(REQUEST("MESSAGE", "g") "Content-Length: 3\r\n\r\nhi",
	    "SIP/2.0 400 Body Shorter Than Content-Length");
	ask(REQUEST("MESSAGE", "h") "Content-Length: 16385\r\n\r\nhi",
	    "SIP/2.0 413 ");
	ask(REQUEST("MESSAGE", "i") "Via: SIP/2.0/UDP x;;\r\n\r\n",
	    "SIP/2.0 400 Malformed Header Via");
	ask("MESSAGE sip:a@b SIP/2.0\r\n" REST("j", "OPTIONS") "\r\n",
	    "SIP/2.0 400 CSeq Method Is Another");
	assert_int_equal(requests, 0);
}

static void test_long_users(void **state)
{
	char user[600], text[1500];
	static const struct {
		size_t n;
		const char *want;
	} cases[] = { { 384, "SIP/2.0 202 " }, { 385, "SIP/2.0 414 " },
		      { 513, "SIP/2.0 414 " } };
	size_t i;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	for (i = 0; i < 3; i++) {
		memset(user, 'u', sizeof(user));
		user[cases[i].n] = '\0';
		snprintf(text, sizeof(text),
			 "MESSAGE sip:%s@d SIP/2.0\r\n" REST("u%zu", "MESSAGE")
			 "\r\n", user, i, i);
		ask(text, cases[i].want);
	}
}

static void test_too_many_vias(void **state)
{
	char text[3000] = "";
	int i, pass;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	for (pass = 0; pass < 2; pass++) {
		char *p = stpcpy(text, pass ? REQUEST("OPTIONS", "v")
					    : REQUEST("INVITE", "v"));
		for (i = 0; i < 16; i++)
			p = stpcpy(p, "Via: SIP/2.0/UDP h\r\n");
		stpcpy(p, "\r\n");
		ask(text, pass ? "SIP/2.0 400 Too Many Via\r\n"
			       : "SIP/2.0 405 ");
	}
}

static void test_too_large(void **state)
{
	static char text[60000];
	char *p = stpcpy(text, REQUEST("MESSAGE", "l") "\r\n");

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	memset(p, 'x', (size_t)(text + sizeof(text) - p - 1));
	ask(text, "SIP/2.0 513 Message Too Large\r\n");
	p = stpcpy(text, REQUEST("MESSAGE", "l") "Contact: <sip:a@b>");
	while (p < text + sizeof(text) - 3)
		p = stpcpy(p, ";a");
	ask(text, "SIP/2.0 513 Header Section Too Large\r\n");
}

static void test_noise(void **state)
{
	static char zeros[5000];
	struct sip_stats stats;

	(void)state;
	edge_open("127.0.0.0/8", NULL);
	udp_put("\r\n\r\n", 4);
	udp_put("", 0);
	udp_put(zeros, sizeof(zeros));
	udp_put("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
	udp_put("\x16\x03\x01\x02", 4);
	udp_put("SIP/2.0 200 OK\r\n\r\n", 18);
	udp_put("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
		"CSeq: 1 MESSAGE\r\n\r\n", 72);
	assert_true(silent(udp));
	sip_stats(edge, &stats);
	assert_int_equal(stats.responses_in, 2);
	assert_int_equal(stats.strays, 1);
	assert_int_equal(stats.responses_out, 0);
}

static void test_full_and_draining(void **state)
{
	const struct sip_limits limits = { .server_txns = 1 };
	struct sip_stats stats;

	(void)state;
	edge_open("127.0.0.0/8", &limits);
	answer_code = 0;
	udp_put(MESSAGE("a"), strlen(MESSAGE("a")));
	assert_true(silent(udp));
	ask(MESSAGE("b"), "SIP/2.0 503 ");
	has("\r\nRetry-After: ");
	sip_answer(edge, last_txn, 202, NULL, NULL, 0);
	assert_true(received(udp));
	starts("SIP/2.0 202 ");
	sip_drain(edge);
	ask(MESSAGE("c"), "SIP/2.0 503 ");
	ask(REQUEST("OPTIONS", "d") "\r\n", "SIP/2.0 503 ");
	ask(MESSAGE("a"), "SIP/2.0 202 ");
	assert_int_equal(requests, 1);
	sip_stats(edge, &stats);
	assert_int_equal(stats.overload, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_options),
		TEST(test_message),
		TEST(test_what_a_device_says_of_itself),
		TEST(test_answered_later),
		TEST(test_never_answered),
		TEST(test_bad_answers_are_mended),
		TEST(test_untrusted),
		TEST(test_methods), TEST(test_last_hop),
		TEST(test_stateless_tags),
		TEST(test_refusals),
		TEST(test_long_users),
		TEST(test_too_many_vias),
		TEST(test_too_large),
		TEST(test_noise),
		TEST(test_full_and_draining),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
