/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One that stands by and one that serves, in one loop: two SIP edges, and the
 * socket between them. The clock stands still.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "keeper.h"
#include "serving.h"
#include "standby.h"

static struct loop *loop;
static struct sip *outer, *inner; /* of the standby, of who serves */
static struct users *outer_users, *inner_users;
static struct standby *standby;
static struct serving *serving;
static char dir[40], path[60];
static int phone;
static char in[70000];
static unsigned served, own; /* requests that reached inner, outer's own */
static uint64_t last_txn;
static char last_body[40], last_user[40], last_host[40];
static struct sip_flow last_flow;
static bool open_ended;      /* inner does not answer by itself */
static bool we_serve;        /* outer's requests are its own */
static unsigned gone, pieces;
static int line_err;
static struct buf reply;
static char line_text[40];
static uint64_t line_conn, line_id;

static const struct store_holder shared = { .pid = 1, .shared = true };
static const struct store_holder selfish = { .pid = 2 };

static void on_inner(const struct sip_request *req, void *arg)
{
	const struct sip_header why = { VIEW("X-Why"), VIEW("so") };

	(void)arg;
	served++;
	last_txn = req->txn;
	last_flow = req->flow;
	view_copy(last_body, sizeof(last_body), req->body);
	view_copy(last_user, sizeof(last_user), req->identity.user);
	view_copy(last_host, sizeof(last_host), req->identity.host);
	if (!open_ended)
		sip_answer(inner, req->txn, 299, "Well Done", &why, 1);
}

static void on_outer(const struct sip_request *req, void *arg)
{
	(void)arg;
	if (!we_serve) {
		standby_request(standby, req);
		return;
	}
	view_copy(last_user, sizeof(last_user), req->identity.user);
	own++;
	sip_answer(outer, req->txn, 202, NULL, NULL, 0);
}

static void on_stray(struct view packet, void *arg)
{
	(void)arg;
	if (standby)
		standby_response(standby, packet);
}

static struct sip *edge_new(sip_request_h *h)
{
	struct sip_listen listen = { .transport = SIP_UDP };
	static const uint8_t key[SIP_BRANCH_KEY] = "of both";
	struct netmask mask;
	struct sip_conf conf = {
		.loop = loop,
		.listen = &listen,
		.listen_count = 1,
		.trusted = &mask,
		.trusted_count = 1,
		.trusted_identity = SIP_TRUST_ASSERTED,
		.domain = "confab.example",
		.product = "confab/1",
		.requesth = h,
		.strayh = on_stray,
		.branch_key = key,
	};
	struct sip *s;
	char why[200];

	netmask_parse(&mask, VIEW("127.0.0.0/8"));
	netaddr_set(&listen.local, VIEW("127.0.0.1"), 0);
	assert_int_equal(sip_new(&s, &conf, why, sizeof(why)), 0);
	return s;
}

static void on_gone(void *arg)
{
	assert_null(arg);
	gone++;
}

static void on_line(struct view line, uint64_t conn, uint64_t id, void *arg)
{
	assert_null(arg);
	view_copy(line_text, sizeof(line_text), line);
	line_conn = conn;
	line_id = id;
}

static void serving_open(void)
{
	const struct serving_conf conf = {
		.loop = loop,
		.sip = inner,
		.path = path,
		.domain = "confab.example",
		.users = inner_users,
		.lineh = on_line,
	};

	assert_int_equal(serving_new(&serving, &conf), 0);
}

static void standby_open(void)
{
	const struct standby_conf conf = {
		.loop = loop,
		.sip = outer,
		.path = path,
		.domain = "Confab.example",
		.users = outer_users,
		.gone = on_gone,
	};

	standby = standby_new(&conf);
}

static void turns(void)
{
	int i;

	for (i = 0; i < 10; i++)
		loop_turn(loop, 1);
}

static struct standby_stats now(void)
{
	struct standby_stats st;

	standby_stats(standby, &st);
	return st;
}

static void meet(void)
{
	standby_meet(standby, &shared);
	turns();
	assert_int_equal(now().state, STANDBY_PASSING);
	assert_int_equal(now().serving, getpid());
}

static int setup(void **state)
{
	struct netaddr any;

	if (test_setup(state))
		return 1;
	clock_freeze(100000, 1700000000000);
	served = own = gone = pieces = 0;
	open_ended = we_serve = false;
	line_err = 0;
	line_text[0] = '\0';
	assert_int_equal(loop_new(&loop), 0);
	snprintf(dir, sizeof(dir), "/tmp/confab-pass-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	outer_users = users_new(VIEW("confab.example"), VIEW("r"));
	inner_users = users_new(VIEW("confab.example"), VIEW("r"));
	outer = edge_new(on_outer);
	inner = edge_new(on_inner);
	phone = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	netaddr_set(&any, VIEW("127.0.0.1"), 0);
	assert_int_equal(bind(phone, &any.u.sa, netaddr_len(&any)), 0);
	standby_open();
	return 0;
}

static int teardown(void **state)
{
	standby_free(standby);
	standby = NULL;
	if (serving)
		serving_quiet(serving);
	sip_free(outer);
	sip_free(inner);
	serving_free(serving);
	serving = NULL;
	users_free(outer_users);
	users_free(inner_users);
	buf_free(&reply);
	close(phone);
	loop_turn(loop, 0);
	loop_free(loop);
	clock_thaw();
	unlink(path);
	rmdir(dir);
	return test_teardown(state);
}

/* ---- the phone ---- */

static void say(const char *body)
{
	const struct netaddr *to = sip_local(outer, 0);
	char text[1000];
	int n;

	n = snprintf(text, sizeof(text), "MESSAGE sip:lobby@d SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP c;rport;branch=z9hG4bK%s\r\n"
		     "From: <sip:alice@b>;tag=1\r\nTo: <sip:lobby@d>\r\n"
		     "P-Asserted-Identity: <sip:carol@c:5070>\r\n"
		     "Call-ID: %s\r\nCSeq: 1 MESSAGE\r\n"
		     "Content-Type: text/plain\r\nContent-Length: %zu\r\n"
		     "\r\n%s", body, body, strlen(body), body);
	assert_int_equal(sendto(phone, text, (size_t)n, 0, &to->u.sa,
				netaddr_len(to)), n);
	turns();
}

static void hears(const char *first, const char *header)
{
	ssize_t n = recv(phone, in, sizeof(in) - 1, 0);

	in[n < 0 ? 0 : n] = '\0';
	if (strncmp(in, first, strlen(first)) || !strstr(in, header))
		fail_msg("wanted %s with %s, got %s", first, header, in);
}

static void hears_nothing(void)
{
	turns();
	assert_int_equal(recv(phone, in, sizeof(in), 0), -1);
}

#define BUSY "SIP/2.0 503 ", "\r\nRetry-After: 1\r\n"
#define DONE "SIP/2.0 299 Well Done\r\n", "\r\nX-Why: so\r\n"

/* ---- passing on ---- */

static void test_there_and_back(void **state)
{
	struct netaddr me;
	socklen_t len = sizeof(me);
	struct serving_stats st;

	(void)state;
	serving_open();
	meet();
	say("a");
	hears(DONE);
	say("a"); /* once more: answered by the standby itself */
	hears(DONE);
	assert_int_equal(served, 1);
	assert_string_equal(last_body, "a");
	assert_string_equal(last_user, "carol"); /* as the edge has it */
	assert_string_equal(last_host, "c");
	assert_int_equal(getsockname(phone, &me.u.sa, &len), 0);
	assert_true(netaddr_eq(&last_flow.peer, &me));
	assert_int_equal(now().passed, 1);
	assert_int_equal(now().waiting, 0);
	serving_stats(serving, &st);
	assert_int_equal(st.standbys, 1);
	assert_int_equal(st.taken, 1);
	assert_int_equal(st.open, 0);
}

/* An answer to nothing costs who serves nothing. */
static void test_answers_of_strangers(void **state)
{
	const struct netaddr *to = sip_local(outer, 0);
	const struct view text = VIEW(
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK"
		"0123456789abcdef0123456789abcdef\r\n"
		"CSeq: 1 MESSAGE\r\n\r\n");
	struct sip_stats st;

	(void)state;
	serving_open();
	meet();
	assert_int_equal(sendto(phone, text.p, text.n, 0, &to->u.sa,
				netaddr_len(to)), text.n);
	turns();
	sip_stats(outer, &st);
	assert_int_equal(st.strays, 1);
	sip_stats(inner, &st);
	assert_int_equal(st.responses_in, 0);
}

static void test_kept_until_somebody_serves(void **state)
{
	(void)state;
	say("a");
	say("b");
	standby_meet(standby, &shared); /* he is starting still */
	clock_advance(4900);
	hears_nothing();
	assert_int_equal(now().waiting, 2);
	serving_open();
	meet();
	hears(DONE);
	hears(DONE);
	assert_int_equal(served, 2);
	assert_string_equal(last_body, "b");
	hears_nothing();
}

static void test_not_for_ever(void **state)
{
	(void)state;
	standby_meet(standby, &shared);
	say("a");
	clock_advance(5100);
	turns();
	hears(BUSY);
	say("b");
	clock_advance(5100);
	turns();
	hears(BUSY);
	assert_int_equal(now().refused, 2);
	assert_int_equal(now().waiting, 0);
	standby_meet(standby, &shared); /* told once */
	standby_meet(standby, &shared);
}

static void test_nobody_to_pass_to(void **state)
{
	(void)state;
	standby_meet(standby, &selfish);
	say("a");
	hears(BUSY);
	standby_meet(standby, &selfish);
	say("b");
	hears(BUSY);
	serving_open(); /* who comes next */
	meet();
	say("c");
	hears(DONE);
}

static void test_not_without_end(void **state)
{
	static char big[60000];
	struct sip_request req = { .packet = VIEW("x") };
	unsigned i;

	(void)state;
	for (i = 0; i < KEEPER_MAX; i++)
		standby_request(standby, &req);
	assert_int_equal(now().waiting, KEEPER_MAX);
	assert_int_equal(now().refused, 0);
	standby_request(standby, &req);
	assert_int_equal(now().refused, 1);
	standby_free(standby);
	standby_open();
	req.packet = view_mem(big, sizeof(big));
	for (i = 0; i < KEEPER_BYTES / sizeof(big); i++)
		standby_request(standby, &req);
	assert_int_equal(now().refused, 0);
	standby_request(standby, &req);
	assert_int_equal(now().refused, 1);
}

static void lose(void)
{
	serving_free(serving);
	serving = NULL;
	turns();
	assert_int_equal(now().state, STANDBY_ALONE);
	assert_int_equal(now().serving, 0);
}

static void test_passed_on_once_more(void **state)
{
	(void)state;
	open_ended = true;
	serving_open();
	meet();
	clock_advance(20000);
	say("a");
	clock_advance(20000); /* who serves may take his time */
	hears_nothing();
	lose();
	assert_int_equal(gone, 1);
	assert_int_equal(now().waiting, 1);
	clock_advance(4000);
	hears_nothing();
	open_ended = false;
	serving_open();
	meet();
	hears(DONE);
	assert_int_equal(served, 2);
	hears_nothing();
}

static void test_we_serve_ourselves(void **state)
{
	(void)state;
	open_ended = true;
	serving_open();
	meet();
	say("a");
	lose();
	say("b");
	we_serve = true;
	standby_serve(standby);
	assert_int_equal(own, 2);
	assert_string_equal(last_user, "carol");
	assert_int_equal(now().waiting, 0);
	turns();
	hears("SIP/2.0 202 ", "");
	hears("SIP/2.0 202 ", "");
}

static void test_who_serves_hangs(void **state)
{
	(void)state;
	open_ended = true;
	serving_open();
	meet();
	say("a");
	clock_advance(28100);
	turns();
	hears("SIP/2.0 500 ", "");
	clock_advance(2000);
	turns();
	assert_int_equal(now().waiting, 0);
	hears_nothing();
}

static void test_the_end_answers(void **state)
{
	(void)state;
	say("a");
	standby_free(standby);
	standby = NULL;
	turns();
	hears(BUSY);
}

static void test_draining(void **state)
{
	(void)state;
	open_ended = true;
	serving_open();
	meet();
	say("a");
	serving_drain(serving);
	say("b"); /* too late for him */
	assert_int_equal(served, 1);
	sip_answer(inner, last_txn, 299, "Well Done",
		   &(struct sip_header){ VIEW("X-Why"), VIEW("so") }, 1);
	turns();
	hears(DONE);
	assert_int_equal(now().state, STANDBY_PASSING);
	assert_int_equal(now().waiting, 1);
	serving_quiet(serving);
	say("c");
	lose();
	assert_int_equal(now().waiting, 2);
	open_ended = false;
	serving_open();
	meet();
	hears(DONE);
	hears(DONE);
	assert_int_equal(served, 3);
}

/* ---- what goes out over there ---- */

static unsigned dones, done_status;

static void on_done(int status, uint64_t a, uint64_t b, void *arg)
{
	(void)a;
	(void)b;
	(void)arg;
	dones++;
	done_status = (unsigned)status;
}

static void inner_sends(const struct sip_flow *flow)
{
	const struct sip_template_conf conf = {
		.id = 1,
		.from = VIEW("sip:lobby@confab.example"),
		.content_type = VIEW("text/plain"),
		.body = VIEW("news"),
		.doneh = on_done,
	};
	struct sip_template *t;
	struct sip_dest *d;

	dones = done_status = 0;
	assert_int_equal(sip_template_new(&t, inner, &conf), 0);
	assert_int_equal(sip_dest_new(&d, VIEW("sip:alice@b"), VIEW_NONE,
				      VIEW_NONE), 0);
	assert_int_equal(sip_send(inner, t, flow, d, 1, 0, 0), 0);
	mem_deref(d);
	mem_deref(t);
	turns();
}

/* The phone's answer goes to where the request came from. */
static void answer(void)
{
	const struct netaddr *to = sip_local(outer, 0);
	const char *via = strstr(in, "\r\nVia: "), *cseq;
	char text[1000];
	int n;

	cseq = strstr(in, "\r\nCSeq: ");
	assert_true(via && cseq);
	n = snprintf(text, sizeof(text), "SIP/2.0 200 OK%.*s%.*s\r\n"
		     "From: <sip:lobby@confab.example>;tag=1\r\n"
		     "To: <sip:alice@b>;tag=2\r\nCall-ID: x\r\n"
		     "Content-Length: 0\r\n\r\n",
		     (int)strcspn(via + 2, "\r") + 2, via,
		     (int)strcspn(cseq + 2, "\r") + 2, cseq);
	assert_int_equal(sendto(phone, text, (size_t)n, 0, &to->u.sa,
				netaddr_len(to)), n);
	turns();
}

static void from(struct sip *edge)
{
	struct netaddr src;
	socklen_t len = sizeof(src);
	ssize_t n = recvfrom(phone, in, sizeof(in) - 1, 0, &src.u.sa, &len);

	in[n < 0 ? 0 : n] = '\0';
	assert_true(n > 0 && strncmp(in, "MESSAGE sip:alice@b ", 20) == 0);
	assert_true(netaddr_eq(&src, sip_local(edge, 0)));
}

static void test_users_are_sent_to_from_where_they_are(void **state)
{
	(void)state;
	serving_open();
	meet();
	say("a");
	hears(DONE);
	inner_sends(&last_flow);
	from(outer);
	assert_int_equal(now().relayed, 1);
	clock_advance(600); /* again, by the same way */
	turns();
	from(outer);
	answer();
	assert_int_equal(dones, 1);
	assert_int_equal(done_status, 200);
	hears_nothing();
}

/* A connection that is there no more. */
static void test_a_lost_connection_is_told(void **state)
{
	struct sip_flow flow;

	(void)state;
	serving_open();
	meet();
	say("a");
	hears(DONE);
	flow = last_flow;
	flow.transport = SIP_TCP;
	flow.conn = (uint64_t)1 << 32 | 9; /* the first edge's */
	inner_sends(&flow);
	assert_int_equal(now().relayed, 1);
	turns();
	clock_advance(20);
	turns();
	assert_int_equal(dones, 1);
	assert_int_equal(done_status, 503);
	hears_nothing();
}

static void test_users_of_one_who_is_gone(void **state)
{
	(void)state;
	serving_open();
	meet();
	say("a");
	hears(DONE);
	standby_free(standby);
	standby_open();
	turns();
	inner_sends(&last_flow);
	from(inner);
	meet(); /* another connection is another edge */
	inner_sends(&last_flow);
	from(inner);
	assert_int_equal(now().relayed, 0);
}

/* ---- users ---- */

static void inner_user(const char *name, char digit)
{
	char ha1[33];
	struct user u = {
		.name = view_str(name),
		.realm = VIEW("r"),
		.created_ms = 5,
		.disabled = digit == 'd',
	};

	memset(ha1, digit, 32);
	u.ha1[USER_MD5] = view_mem(ha1, 32);
	assert_int_equal(users_put(inner_users, &u), 0);
}

static void test_users_are_the_same(void **state)
{
	const struct user *u;

	(void)state;
	inner_user("alice", 'a');
	inner_user("dave", 'd');
	assert_int_equal(users_put(outer_users, users_find(inner_users,
							   VIEW("dave"))), 0);
	serving_open();
	meet();
	assert_int_equal(users_count(outer_users), 2);
	u = users_find(outer_users, VIEW("alice"));
	assert_true(view_starts(u->ha1[USER_MD5], VIEW("aaaa")));
	assert_int_equal(u->ha1[USER_SHA256].n, 0);
	assert_int_equal(u->created_ms, 5);
	assert_false(u->disabled);
	assert_true(users_find(outer_users, VIEW("dave"))->disabled);
	inner_user("alice", 'b');
	serving_user(serving, VIEW("alice"));
	users_del(inner_users, VIEW("dave"));
	serving_user(serving, VIEW("dave"));
	serving_user(serving, VIEW("nobody"));
	turns();
	assert_int_equal(users_count(outer_users), 1);
	u = users_find(outer_users, VIEW("alice"));
	assert_true(view_starts(u->ha1[USER_MD5], VIEW("bbbb")));
	assert_int_equal(now().state, STANDBY_PASSING);
}

/* What changed while there was no connection. */
static void test_users_that_are_gone_meanwhile(void **state)
{
	(void)state;
	inner_user("alice", 'a');
	inner_user("bob", 'b');
	inner_user("carol", 'c');
	serving_open();
	meet();
	lose();
	assert_int_equal(users_count(outer_users), 3);
	users_del(inner_users, VIEW("alice"));
	users_del(inner_users, VIEW("carol"));
	inner_user("erin", 'e');
	serving_open();
	meet();
	assert_int_equal(users_count(outer_users), 2);
	assert_non_null(users_find(outer_users, VIEW("bob")));
	assert_non_null(users_find(outer_users, VIEW("erin")));
}

/* ---- lines ---- */

static void on_reply(int err, struct view text, bool more, uint64_t a,
		     void *arg)
{
	assert_ptr_equal(arg, &reply);
	assert_int_equal(a, 5);
	line_err = err;
	buf_addv(&reply, text);
	pieces++;
	if (!more)
		pieces |= 1 << 16;
}

static void test_lines(void **state)
{
	char *text = mem_zalloc(300000);

	(void)state;
	assert_int_equal(standby_line(standby, VIEW("x"), on_reply, 5, &reply),
			 ENOTCONN);
	serving_open();
	meet();
	assert_int_equal(standby_line(standby, view_mem(text, 300000),
				      on_reply, 5, &reply), EMSGSIZE);
	assert_int_equal(standby_line(standby, VIEW("{\"argv\":[]}"),
				      on_reply, 5, &reply), 0);
	turns();
	assert_string_equal(line_text, "{\"argv\":[]}");
	serving_reply(serving, line_conn, line_id, view_mem(text, 300000));
	turns();
	assert_int_equal(pieces, 5 | 1 << 16);
	assert_int_equal(reply.n, 300000);
	assert_int_equal(line_err, 0);
	mem_free(text);
}

static void test_lines_without_an_answer(void **state)
{
	(void)state;
	serving_open();
	meet();
	assert_int_equal(standby_line(standby, VIEW("x"), on_reply, 5, &reply),
			 0);
	turns();
	assert_string_equal(line_text, "x");
	lose();
	assert_int_equal(line_err, ECONNRESET);
	assert_int_equal(pieces, 1 | 1 << 16);
	serving_open();
	meet();
	assert_int_equal(pieces, 1 | 1 << 16);
}

/* ---- hostile ---- */

static int raw_connect(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	view_copy(un.sun_path, sizeof(un.sun_path), view_str(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static void raw_put(int fd, unsigned type, struct view payload)
{
	struct buf b = { 0 };

	buf_put_u32(&b, (uint32_t)(6 + payload.n));
	buf_put_u16(&b, (uint16_t)type);
	buf_put_u32(&b, 1);
	buf_addv(&b, payload);
	assert_int_equal(send(fd, b.p, b.n, MSG_NOSIGNAL), b.n);
	buf_free(&b);
}

static void raw_hello(int fd, uint32_t version)
{
	const struct pass_hello h = { version, 77, VIEW("confab.example") };
	struct buf b = { 0 };

	pass_put_hello(&b, &h);
	raw_put(fd, PASS_HELLO, buf_view(&b));
	buf_free(&b);
}

/* Reads away what there is; true: the other side has ended it. */
static bool raw_ended(int fd)
{
	ssize_t n;

	turns();
	while ((n = recv(fd, in, sizeof(in), 0)) > 0)
		;
	return n == 0;
}

static void test_hostile_standbys(void **state)
{
	static const struct {
		bool hello;
		unsigned type;
		struct view payload;
	} rows[] = {
		{ false, PASS_REQUEST, { "", 0 } },
		{ false, PASS_LINE, { "x", 1 } },
		{ false, PASS_HELLO, { "\0", 1 } },
		{ false, 99, { "", 0 } },
		{ true, PASS_HELLO, { "\0\0\0\1\0\0\0\1\0\0\0\0", 12 } },
		{ true, PASS_REQUEST, { "", 0 } },
		{ true, PASS_REQUEST, { "\377\377\377\377udp:1:1", 11 } },
		{ true, PASS_ANSWER, { "", 0 } },
		{ true, PASS_REPLY, { "", 0 } },
		{ true, 0, { "", 0 } },
		{ true, 65535, { "", 0 } },
		{ true, PASS_LINE, { in, PASS_LINE_MAX + 1 } },
		{ true, PASS_SEND, { "", 0 } },
		{ true, PASS_USER, { "", 0 } },
		{ true, PASS_LOST, { "\0\0\0", 3 } },
		{ true, PASS_LOST, { "\0\0\0\1x", 5 } },
	};
	size_t i;

	(void)state;
	serving_open();
	meet();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = raw_connect();

		if (rows[i].hello) {
			raw_hello(fd, PASS_VERSION);
			assert_false(raw_ended(fd));
		}
		raw_put(fd, rows[i].type, rows[i].payload);
		assert_true(raw_ended(fd));
		close(fd);
	}
	say("a");
	hears(DONE);
	assert_int_equal(served, 1);
	assert_string_equal(line_text, "");
}

static void test_frames_of_impossible_lengths(void **state)
{
	int fd;

	(void)state;
	serving_open();
	fd = raw_connect();
	assert_int_equal(send(fd, "\377\377\377\377\0\0", 6, 0), 6);
	assert_true(raw_ended(fd));
	close(fd);
	fd = raw_connect(); /* a frame that never ends, and goes away */
	assert_int_equal(send(fd, "\0\0\1", 3, 0), 3);
	assert_false(raw_ended(fd));
	close(fd);
	turns();
}

/* What is no request is answered all the same; who is gone is not. */
static void test_odd_requests(void **state)
{
	struct pass_request r = { .packet = VIEW("SIP/2.0 200 OK\r\n\r\n") };
	struct buf b = { 0 };
	struct serving_stats st;
	int fd;

	(void)state;
	open_ended = true;
	serving_open();
	netaddr_set(&r.flow.peer, VIEW("192.0.2.1"), 5060);
	fd = raw_connect();
	raw_hello(fd, PASS_VERSION);
	pass_put_request(&b, &r);
	raw_put(fd, PASS_REQUEST, buf_view(&b));
	assert_false(raw_ended(fd));
	serving_stats(serving, &st);
	assert_int_equal(st.taken, 1);
	assert_int_equal(st.open, 0);
	close(fd);
	turns();
	meet();
	say("a");
	standby_free(standby);
	standby = NULL;
	turns();
	sip_answer(inner, last_txn, 200, NULL, NULL, 0);
	serving_stats(serving, &st);
	assert_int_equal(st.standbys, 0);
	assert_int_equal(st.open, 0);
	buf_free(&b);
}

static void test_another_version(void **state)
{
	int fd;

	(void)state;
	serving_open();
	fd = raw_connect();
	raw_hello(fd, PASS_VERSION + 1);
	turns();
	assert_true(recv(fd, in, sizeof(in), 0) > 0); /* so that it knows */
	assert_true(raw_ended(fd));
	close(fd);
}

/* A server by hand, and what it says to the standby. */
static int fake;

static void on_fake(int fd, const struct netaddr *peer, void *arg)
{
	(void)peer;
	(void)arg;
	fake = fd;
}

static void test_hostile_servers(void **state)
{
	static const struct {
		bool hello;
		unsigned type;
		struct view payload;
	} rows[] = {
		{ false, PASS_ANSWER, { "", 0 } },
		{ false, PASS_HELLO, { "\0\0\0\2", 4 } },
		{ false, PASS_HELLO, { "\0\0", 2 } },
		{ true, PASS_HELLO, { "\0\0\0\1\0\0\0\1\0\0\0\0", 12 } },
		{ true, PASS_ANSWER, { "\0\1\0\0\0\0\0", 7 } },
		{ true, PASS_REPLY, { "\2\0\0\0\0", 5 } },
		{ true, PASS_REQUEST, { "", 0 } },
		{ true, PASS_SEND, { "\0\0\0\1x", 5 } },
		{ true, PASS_RESPONSE, { "", 0 } },
		{ true, PASS_USER, { "\1", 1 } },
		{ true, PASS_USER, { "\0" "12345678" "\0\0\0\1@"
				     "\0\0\0\0" "\0\0\0\0\0\0\0\0"
				     "\0\0\0\0\0\0\0\0", 34 } },
		{ true, 77, { "", 0 } },
	};
	struct store_holder by = shared;
	struct listener *l;
	size_t i;

	(void)state;
	assert_int_equal(listener_open_unix(&l, loop, path, on_fake, NULL), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		by.pid = 100 + (int)i;
		standby_meet(standby, &by);
		turns();
		if (rows[i].hello) {
			raw_hello(fake, PASS_VERSION);
			turns();
			assert_int_equal(now().state, STANDBY_PASSING);
		}
		raw_put(fake, rows[i].type, rows[i].payload);
		assert_true(raw_ended(fake));
		close(fake);
		assert_int_equal(now().state, STANDBY_ALONE);
	}
	listener_close(l);
}

/* Answers nobody asked for change nothing. */
static void test_answers_to_nothing(void **state)
{
	const struct pass_answer a = { .code = 200 };
	const struct pass_reply r = { .text = VIEW("x") };
	struct listener *l;
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(listener_open_unix(&l, loop, path, on_fake, NULL), 0);
	standby_meet(standby, &shared);
	turns();
	raw_hello(fake, PASS_VERSION);
	pass_put_answer(&b, &a);
	raw_put(fake, PASS_ANSWER, buf_view(&b));
	buf_clear(&b);
	pass_put_reply(&b, &r);
	raw_put(fake, PASS_REPLY, buf_view(&b));
	assert_false(raw_ended(fake));
	assert_int_equal(now().state, STANDBY_PASSING);
	assert_int_equal(now().serving, 77);
	close(fake);
	listener_close(l);
	buf_free(&b);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_answers_of_strangers),
		TEST(test_kept_until_somebody_serves),
		TEST(test_not_for_ever),
		TEST(test_nobody_to_pass_to),
		TEST(test_not_without_end),
		TEST(test_passed_on_once_more),
		TEST(test_we_serve_ourselves),
		TEST(test_who_serves_hangs),
		TEST(test_the_end_answers),
		TEST(test_draining),
		TEST(test_users_are_sent_to_from_where_they_are),
		TEST(test_a_lost_connection_is_told),
		TEST(test_users_of_one_who_is_gone),
		TEST(test_users_are_the_same),
		TEST(test_users_that_are_gone_meanwhile),
		TEST(test_lines),
		TEST(test_lines_without_an_answer),
		TEST(test_hostile_standbys),
		TEST(test_frames_of_impossible_lengths),
		TEST(test_odd_requests),
		TEST(test_another_version),
		TEST(test_hostile_servers),
		TEST(test_answers_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
