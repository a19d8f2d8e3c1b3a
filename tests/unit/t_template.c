/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The template of a fan-out, and the scan of its answers. */
#include "test.h"

#include <errno.h>

#include "parse_priv.h"
#include "response_priv.h"
#include "template_priv.h"

static const struct template_setup setup = {
	.domain = { "confab.example", 14 },
	.product = { "confab/1", 8 },
	.size_max = 8192,
};

static struct sip_template_conf conf_new(void)
{
	return (struct sip_template_conf){
		.id = 0x1234,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain;charset=UTF-8"),
		.body = VIEW("hello \xe2\x9c\x93"),
	};
}

/* made in own_setup() */
static struct template_copy copy = {
	.sentby = { "UDP 192.0.2.1:5060", 18 },
	.key = 0xabcd,
	.branch = 0x0000000700000003,
	.check = 0x0123456789abcdef,
};

#define COPY_TEXT \
	"MESSAGE sip:bob@192.0.2.7:5062 SIP/2.0\r\n" \
	"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;" \
	"branch=z9hG4bK00000007000000030123456789abcdef\r\n" \
	"Max-Forwards: 70\r\n" \
	"To: <sip:bob@confab.example>\r\n" \
	"Call-ID: 0000000000001234000000000000abcd@confab.example\r\n" \
	"From: <sip:lobby@confab.example>;tag=0000000000001234\r\n" \
	"CSeq: 1 MESSAGE\r\n" \
	"User-Agent: confab/1\r\n"

static int own_setup(void **state)
{
	struct sip_dest *d;

	if (test_setup(state))
		return 1;
	if (sip_dest_new(&d, VIEW("sip:bob@confab.example:5070;lr"),
			 VIEW("sip:bob@192.0.2.7:5062"), VIEW_NONE))
		return 1;
	copy.dest = d;
	return 0;
}

static int own_teardown(void **state)
{
	mem_deref(copy.dest);
	return test_teardown(state);
}

#define OWN(fn) cmocka_unit_test_setup_teardown(fn, own_setup, own_teardown)

static void test_copy(void **state)
{
	struct sip_template_conf conf = conf_new();
	struct sip_template *t;
	char out[1000];
	size_t n;

	(void)state;
	assert_int_equal(template_make(&t, &setup, &conf, NULL), 0);
	n = template_write(out, t, &copy);
	assert_in_range(n, 1, template_size(t, &copy));
	assert_view(view_mem(out, n),
		    COPY_TEXT "Content-Type: text/plain;charset=UTF-8\r\n"
			      "Content-Length: 9\r\n\r\nhello \xe2\x9c\x93");
	mem_deref(t);
}

static void test_optional_parts(void **state)
{
	const struct sip_header headers[] = {
		{ VIEW("X-Room"), VIEW("lobby") },
		{ VIEW("Expires"), VIEW("60") },
	};
	struct sip_template_conf conf = conf_new();
	struct sip_template *t;
	char out[1000];

	(void)state;
	conf.in_reply_to = VIEW("a@b");
	conf.headers = headers;
	conf.header_count = 2;
	conf.body = VIEW_NONE;
	conf.content_type = VIEW_NONE;
	assert_int_equal(template_make(&t, &setup, &conf, NULL), 0);
	assert_view(view_mem(out, template_write(out, t, &copy)),
		    COPY_TEXT "In-Reply-To: a@b\r\nX-Room: lobby\r\n"
			      "Expires: 60\r\nContent-Length: 0\r\n\r\n");
	mem_deref(t);
}

static void test_hops(void **state)
{
	static const struct {
		unsigned came;
		const char *goes;
	} rows[] = {
		{ 0, "\r\nMax-Forwards: 70\r\nTo: <" },
		{ 1, "\r\nMax-Forwards: 0\r\nTo: <" },
		{ 70, "\r\nMax-Forwards: 69\r\nTo: <" },
		{ 71, "\r\nMax-Forwards: 70\r\nTo: <" },
		{ 255, "\r\nMax-Forwards: 70\r\nTo: <" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_template_conf conf = conf_new();
		struct sip_template *t;
		char out[1000];
		size_t n;

		conf.hops = rows[i].came;
		assert_int_equal(template_make(&t, &setup, &conf, NULL), 0);
		n = template_write(out, t, &copy);
		assert_true(n <= template_size(t, &copy));
		assert_non_null(memmem(out, n, rows[i].goes,
				       strlen(rows[i].goes)));
		mem_deref(t);
	}
}

/* Our own parser takes what we send. */
static void test_parses(void **state)
{
	struct sip_template_conf conf = conf_new();
	struct parser *p = parser_new();
	static struct prescan pre;
	struct sip_template *t;
	struct parsed req;
	char out[1000];

	(void)state;
	assert_int_equal(template_make(&t, &setup, &conf, NULL), 0);
	prescan(&pre, view_mem(out, template_write(out, t, &copy)), 8192);
	parser_run(p, &req, &pre);
	assert_int_equal(req.status, 0);
	assert_int_equal(req.method, SIP_MESSAGE);
	assert_view(req.to_uri.uri.user, "bob");
	assert_true(req.via.rport);
	mem_deref(t);
	parser_free(p);
}

static void refused(const struct sip_template_conf *conf, int err)
{
	struct sip_template *t;

	assert_int_equal(template_make(&t, &setup, conf, NULL), err);
}

static void test_refused(void **state)
{
	const struct sip_header bad = { VIEW("X"), VIEW("a\r\nVia: x") };
	struct sip_template_conf conf = conf_new();

	(void)state;
	conf.from = VIEW("sip:a@b>\r\nX: y");
	refused(&conf, EBADMSG);
	conf = conf_new();
	conf.from = VIEW("lobby");
	refused(&conf, EBADMSG);
	conf = conf_new();
	conf.content_type = VIEW("text/plain\r\nX: y");
	refused(&conf, EBADMSG);
	conf.content_type = VIEW_NONE;
	refused(&conf, EBADMSG);
	conf = conf_new();
	conf.in_reply_to = VIEW("a\nb");
	refused(&conf, EBADMSG);
	conf = conf_new();
	conf.headers = &bad;
	conf.header_count = 1;
	refused(&conf, EBADMSG);
}

#define NOTIFY_TEXT \
	"NOTIFY sip:bob@192.0.2.7:5062 SIP/2.0\r\n" \
	"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;" \
	"branch=z9hG4bK00000007000000030123456789abcdef\r\n" \
	"Max-Forwards: 70\r\n" \
	"To: <sip:bob@10.0.0.7:5070;x=y>;tag=their-tag\r\n" \
	"Route: <sip:a;lr>\r\n" \
	"Call-ID: their-call\r\n" \
	"From: <sip:lobby@confab.example>;tag=0000000000001234\r\n" \
	"CSeq: 4294967295 NOTIFY\r\n" \
	"User-Agent: confab/1\r\n" \
	"Content-Length: 0\r\n\r\n"

static void test_dialog(void **state)
{
	const struct template_dialog dialog[] = {
		{ .method = VIEW("NOTIFY"), .call_id = VIEW("their-call"),
		  .tag = VIEW("their-tag"), .cseq = UINT32_MAX },
		{ .method = VIEW("NOTIFY"), .call_id = VIEW("a\r\nX: y") },
		{ .method = VIEW("NOTIFY"), .tag = VIEW("t\nX: y") },
	};
	struct sip_template_conf conf = conf_new();
	struct template_copy own = copy;
	struct sip_template *t;
	struct sip_dest *d;
	char out[1000];
	size_t n;

	(void)state;
	conf.body = conf.content_type = VIEW_NONE;
	assert_int_equal(dest_of_dialog(&d, VIEW("sip:bob@10.0.0.7:5070;x=y"),
					VIEW("sip:bob@192.0.2.7:5062"),
					VIEW("<sip:a;lr>")), 0);
	own.dest = d;
	assert_int_equal(template_make(&t, &setup, &conf, dialog), 0);
	assert_true(template_is(t, VIEW("NOTIFY")));
	assert_false(template_is(t, VIEW("MESSAGE")));
	n = template_write(out, t, &own);
	assert_in_range(n, 1, template_size(t, &own));
	assert_view(view_mem(out, n), NOTIFY_TEXT);
	mem_deref(t);
	mem_deref(d);
	assert_int_equal(template_make(&t, &setup, &conf, dialog + 1),
			 EBADMSG);
	assert_int_equal(template_make(&t, &setup, &conf, dialog + 2),
			 EBADMSG);
}

static void test_size(void **state)
{
	static char body[9000];
	struct sip_template_conf conf = conf_new();
	struct sip_template *t;

	(void)state;
	memset(body, 'x', sizeof(body));
	conf.body = view_mem(body, 5000);
	assert_int_equal(template_make(&t, &setup, &conf, NULL), 0);
	mem_deref(t);
	conf.body.n = 7800;
	refused(&conf, EMSGSIZE);
	conf.body.n = 9000;
	refused(&conf, EMSGSIZE);
}

static void answered(const char *text, int status, const char *branch,
		     const char *method)
{
	struct response r;

	assert_int_equal(response_scan(&r, view_str(text)), 0);
	assert_int_equal(r.status, status);
	assert_view(r.branch, branch);
	assert_view(r.method, method);
}

static void test_answers(void **state)
{
	(void)state;
	answered("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;rport=9;branch=z9hG4bKx"
		 ";received=1.2.3.4\r\nCSeq: 1 MESSAGE\r\n\r\n",
		 200, "z9hG4bKx", "MESSAGE");
	answered("SIP/2.0 404 Not Found\r\nTo: <sip:a@b;branch=1>\r\n"
		 "cseq :\r\n 1\r\n MESSAGE\r\n"
		 "v\t: SIP/2.0/UDP h ; branch\r\n = z9hG4bKx ,"
		 " SIP/2.0/UDP i;branch=no\r\nVia: SIP/2.0/UDP j;branch=z\r\n"
		 "\r\nCSeq: 2 OPTIONS\r\n",
		 404, "z9hG4bKx", "MESSAGE");
	answered("SIP/2.0 699\r\nv:SIP/2.0/UDP h;branch=b\r\nCSeq:1 A\r\n\r\n",
		 699, "b", "A");
}

static void test_no_answers(void **state)
{
	static const char *const bad[] = {
		"", "SIP/2.0", "SIP/2.0 200 OK\r\n\r\n",
		"SIP/2.0 99 x\r\nVia: a;branch=b\r\nCSeq: 1 M\r\n\r\n",
		"SIP/2.0 700 x\r\nVia: a;branch=b\r\nCSeq: 1 M\r\n\r\n",
		"SIP/2.0 2000 x\r\nVia: a;branch=b\r\nCSeq: 1 M\r\n\r\n",
		"SIP/2.0 4294967301 x\r\nVia: a;branch=b\r\nCSeq: 1 M\r\n\r\n",
		"SIP/7.0 200 x\r\nVia: a;branch=b\r\nCSeq: 1 M\r\n\r\n",
		"SIP/2.0 200 x\r\nVia: a\r\nCSeq: 1 M\r\n\r\n",
		"SIP/2.0 200 x\r\nVia: a;branch=b\r\n\r\nCSeq: 1 M\r\n\r\n",
		"SIP/2.0 200 x\r\nVia: a,b;branch=b\r\nCSeq: 1 M\r\n\r\n",
		"SIP/2.0 200 x\r\nVia: a;branch=b\r\nCSeq: 1\r\n\r\n",
		"SIP/2.0 200 x\r\nViable: a;branch=b\r\nCSeq: 1 M\r\n\r\n",
	};
	struct response r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (response_scan(&r, view_str(bad[i])) != EBADMSG)
			fail_msg("taken: %s", bad[i]);
	}
}

static void assert_dest(struct sip_dest *d, const char *to, const char *ruri,
			const char *route)
{
	assert_view(sip_dest_to(d), to);
	assert_view(sip_dest_ruri(d), ruri);
	assert_view(sip_dest_route(d), route);
	mem_deref(d);
}

static void test_destinations(void **state)
{
	struct sip_dest *d;

	(void)state;
	assert_int_equal(sip_dest_new(&d, VIEW("sip:a@b:5080;x=y"), VIEW_NONE,
				      VIEW_NONE), 0);
	assert_dest(d, "sip:a@b", "sip:a@b", "");
	assert_int_equal(sip_dest_new(&d, VIEW("sips:a@[::1]:5080"),
				      VIEW("sip:a-1@192.0.2.1;ob"),
				      VIEW("<sip:p;lr>")), 0);
	assert_dest(d, "sips:a@[::1]", "sip:a-1@192.0.2.1;ob", "<sip:p;lr>");
	assert_int_equal(sip_dest_new(&d, VIEW("sip:a@b"), VIEW("sip:a@b"),
				      VIEW("<sip:p;lr>")), 0);
	assert_dest(d, "sip:a@b", "sip:a@b", "<sip:p;lr>");
}

static void test_no_destinations(void **state)
{
	static const char *const bad[] = {
		"", "bob", "tel:1", "sip:a@b>\r\nX: y", "sip:a@b x",
		"sip:a:b@c", "sip:a@b?x=y", "sip:a@",
	};
	char route[SIP_ROUTE_MAX + 1];
	struct sip_dest *d = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (sip_dest_new(&d, view_str(bad[i]), VIEW_NONE, VIEW_NONE) !=
		    EBADMSG)
			fail_msg("To taken: %s", bad[i]);
		if (*bad[i] && sip_dest_new(&d, VIEW("sip:a@b"),
					    view_str(bad[i]), VIEW_NONE) !=
				       EBADMSG)
			fail_msg("R-URI taken: %s", bad[i]);
	}
	memset(route, 'r', sizeof(route));
	assert_int_equal(sip_dest_new(&d, VIEW("sip:a@b"), VIEW_NONE,
				      view_mem(route, sizeof(route))),
			 EBADMSG);
	assert_int_equal(sip_dest_new(&d, VIEW("sip:a@b"), VIEW_NONE,
				      VIEW("<sip:p>\r\nX: y")), EBADMSG);
	assert_null(d);
}

static void test_route(void **state)
{
	struct template_copy routed = copy;
	struct sip_template_conf conf = conf_new();
	struct sip_template *t;
	struct sip_dest *d;
	char out[1000];
	size_t n;

	(void)state;
	assert_int_equal(sip_dest_new(&d, VIEW("sip:bob@confab.example"),
				      VIEW_NONE, VIEW("<sip:a;lr>, <sip:b>")),
			 0);
	routed.dest = d;
	assert_int_equal(template_make(&t, &setup, &conf, NULL), 0);
	n = template_write(out, t, &routed);
	assert_in_range(n, 1, template_size(t, &routed));
	out[n] = '\0';
	assert_non_null(strstr(out, "MESSAGE sip:bob@confab.example SIP/2.0"));
	assert_non_null(strstr(out, "To: <sip:bob@confab.example>\r\n"
				    "Route: <sip:a;lr>, <sip:b>\r\n"
				    "Call-ID: "));
	mem_deref(t);
	mem_deref(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWN(test_copy),     OWN(test_optional_parts),
		OWN(test_hops),     OWN(test_parses), OWN(test_refused),
		OWN(test_size),     OWN(test_route),    OWN(test_dialog),
		TEST(test_answers), TEST(test_no_answers),
		TEST(test_destinations), TEST(test_no_destinations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
