/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in by digest, at the edge as a whole: who gets in, as whom, and what
 * the others learn. */
#include "sip_rig.h"

#include "digest.h"
#include "users.h"

#define STRANGE "10.9.9.0/24" /* nobody on loopback is trusted */
#define US "confab.example"

static char nonce[100];
static unsigned branches;

/* What a phone puts into its request. */
struct phone {
	const char *method, *from, *to, *user, *password, *uri;
	const char *algorithm, *qop; /* as written; NULL: left out */
	enum digest_algo algo;
	unsigned nc;
	unsigned said_nc; /* what stands there; 0: nc */
	unsigned branch; /* 0: a new one */
	bool spoiled;    /* the last digit of the response is another */
};

static const struct phone alice = {
	.method = "MESSAGE",
	.from = "sip:alice@" US,
	.to = "sip:lobby@" US,
	.user = "alice",
	.password = "secret",
	.uri = "sip:lobby@" US,
	.algorithm = "SHA-256",
	.qop = "auth",
	.algo = DIGEST_SHA256,
	.nc = 1,
};

static void add_user(const char *name, const char *password, bool disabled)
{
	static const enum digest_algo algo[USER_HA1S] = {
		[USER_SHA256] = DIGEST_SHA256,
		[USER_SHA256_FULL] = DIGEST_SHA256,
	};
	char ha1[USER_HA1S][DIGEST_HEX_MAX], full[80];
	struct user u = { .name = view_str(name),
			  .realm = VIEW(US),
			  .disabled = disabled };
	unsigned i;

	snprintf(full, sizeof(full), "%s@" US, name);
	for (i = 0; i < USER_HA1S; i++) {
		const struct view part[] = {
			view_str(i >= USER_MD5_FULL ? full : name), VIEW(US),
			view_str(password)
		};

		assert_int_equal(digest_hex(ha1[i], algo[i], part, 3), 0);
		u.ha1[i] = view_str(ha1[i]);
	}
	assert_int_equal(users_put(accounts, &u), 0);
}

static int open_edge(void **state)
{
	if (setup(state))
		return 1;
	trust = SIP_TRUST_FROM;
	without_md5 = false;
	branches = 0;
	accounts = users_new(VIEW(US), VIEW(US));
	add_user("alice", "secret", false);
	add_user("bob", "secret2", false);
	add_user("mute", "secret", true);
	edge_open(STRANGE, NULL);
	return 0;
}

static int close_edge(void **state)
{
	int err = teardown(state);

	users_free(accounts);
	accounts = NULL;
	return err || test_teardown(state);
}

/* ---- the phone ---- */

static void hash(char *out, enum digest_algo a, const char *text)
{
	const struct view v = view_str(text);

	assert_int_equal(digest_hex(out, a, &v, 1), 0);
}

static size_t put_authorization(char *out, size_t size, const struct phone *p,
				const char *name)
{
	char ha1[DIGEST_HEX_MAX], ha2[DIGEST_HEX_MAX], text[500];
	char response[DIGEST_HEX_MAX];
	size_t n;

	snprintf(text, sizeof(text), "%s:" US ":%s", p->user, p->password);
	hash(ha1, p->algo, text);
	snprintf(text, sizeof(text), "%s:%s", p->method, p->uri);
	hash(ha2, p->algo, text);
	if (p->qop)
		snprintf(text, sizeof(text), "%s:%s:%08x:c0:%s:%s", ha1,
			 nonce, p->nc, p->qop, ha2);
	else
		snprintf(text, sizeof(text), "%s:%s:%s", ha1, nonce, ha2);
	hash(response, p->algo, text);
	if (p->spoiled)
		response[0] ^= 1;
	n = (size_t)snprintf(out, size,
			     "%s: Digest username=\"%s\",realm=\"" US
			     "\",nonce=\"%s\",uri=\"%s\",response=\"%s\"",
			     name, p->user, nonce, p->uri, response);
	if (p->algorithm)
		n += (size_t)snprintf(out + n, size - n, ",algorithm=%s",
				      p->algorithm);
	if (p->qop)
		n += (size_t)snprintf(out + n, size - n,
				      ",qop=%s,nc=%08x,cnonce=\"c0\"", p->qop,
				      p->said_nc ? p->said_nc : p->nc);
	return n + (size_t)snprintf(out + n, size - n, "\r\n");
}

static size_t put_request(char *out, size_t size, const struct phone *p,
			  const char *more)
{
	unsigned branch = p->branch ? p->branch : ++branches;

	return (size_t)snprintf(
		out, size,
		"%s sip:lobby@" US " SIP/2.0\r\n"
		"Via: SIP/2.0/UDP c.example;rport;branch=z9hG4bKa%u\r\n"
		"From: <%s>;tag=1\r\nTo: <%s>\r\nCall-ID: a%u\r\n"
		"CSeq: 1 %s\r\nMax-Forwards: 70\r\n%s"
		"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
		p->method, branch, p->from, p->to, branch, p->method, more);
}

static void take_nonce(void)
{
	const char *at = strstr(in, "nonce=\"");

	assert_non_null(at);
	view_copy(nonce, sizeof(nonce),
		  view_head(view_str(at + 7), strcspn(at + 7, "\"")));
}

/* Without credentials: 401 and a nonce. */
static void get_challenge(void)
{
	char text[2000];

	put_request(text, sizeof(text), &alice, "");
	ask(text, "SIP/2.0 401 Unauthorized\r\n");
	take_nonce();
}

static void try(const struct phone *p, const char *want)
{
	char more[1000], text[2000];

	put_authorization(more, sizeof(more), p, "Authorization");
	put_request(text, sizeof(text), p, more);
	ask(text, want);
}

static void login(const struct phone *p, const char *want)
{
	get_challenge();
	try(p, want);
}

/* ---- who gets in ---- */

static void test_challenge(void **state)
{
	char first[100];
	const char *sha, *md5;

	(void)state;
	get_challenge();
	memcpy(first, nonce, sizeof(first));
	sha = strstr(in, "WWW-Authenticate: Digest realm=\"" US "\",nonce=\"");
	assert_non_null(sha);
	md5 = strstr(sha + 1, "WWW-Authenticate: Digest realm=\"" US "\"");
	assert_non_null(md5);
	assert_true(strstr(sha, "algorithm=SHA-256,qop=\"auth\"\r\n") < md5);
	assert_non_null(strstr(md5, "algorithm=MD5,qop=\"auth\"\r\n"));
	has("\r\nContent-Length: 0\r\n\r\n");
	hasnt("Server:");
	hasnt("stale");
	get_challenge();
	assert_string_not_equal(first, nonce);
	assert_int_equal(requests, 0);
}

static void test_tcp(void **state)
{
	char text[2000];
	int fd = tcp_open();

	(void)state;
	put_request(text, sizeof(text), &alice, "");
	tcp_put(fd, text);
	tcp_await(fd, "\r\n\r\n");
	starts("SIP/2.0 401 ");
	close(fd);
	assert_int_equal(requests, 0);
}

static void test_sha256(void **state)
{
	(void)state;
	login(&alice, "SIP/2.0 202 ");
	assert_int_equal(requests, 1);
	assert_string_equal(last_identity, "alice@" US);
	has("Server:");
}

static void test_md5(void **state)
{
	struct phone p = alice;

	(void)state;
	p.algo = DIGEST_MD5;
	p.algorithm = "MD5";
	login(&p, "SIP/2.0 202 ");
	p.algorithm = NULL; /* RFC 7616 3.4: then it is MD5 */
	login(&p, "SIP/2.0 202 ");
	p.algorithm = "\"md5\"";
	login(&p, "SIP/2.0 202 ");
	assert_int_equal(requests, 3);
}

static void test_without_md5(void **state)
{
	struct phone p = alice;

	(void)state;
	sip_free(edge);
	without_md5 = true;
	edge_open(STRANGE, NULL);
	get_challenge();
	hasnt("MD5");
	p.algo = DIGEST_MD5;
	p.algorithm = "MD5";
	try(&p, "SIP/2.0 401 ");
	login(&alice, "SIP/2.0 202 ");
}

/* What gives up when it sees SHA-256 is not shown it. */
static void test_md5_agents(void **state)
{
	char text[2000];

	(void)state;
	put_request(text, sizeof(text), &alice,
		    "User-Agent: old phone/1\r\n");
	ask(text, "SIP/2.0 401 ");
	has("algorithm=MD5");
	hasnt("SHA-256");
	put_request(text, sizeof(text), &alice,
		    "User-Agent: An Old Phone\r\n");
	ask(text, "SIP/2.0 401 ");
	has("SHA-256");
	sip_free(edge);
	without_md5 = true;
	edge_open(STRANGE, NULL);
	put_request(text, sizeof(text), &alice, "User-Agent: sipp\r\n");
	ask(text, "SIP/2.0 401 ");
	hasnt("MD5");
}

/* Some phones log in as user@domain. */
static void test_full_name(void **state)
{
	struct phone p = alice;

	(void)state;
	p.user = "alice@" US;
	login(&p, "SIP/2.0 202 ");
	p.algo = DIGEST_MD5;
	p.algorithm = "MD5";
	login(&p, "SIP/2.0 202 ");
	assert_string_equal(last_identity, "alice@" US);
	p.user = "alice@elsewhere.example";
	login(&p, "SIP/2.0 401 ");
}

/* The From may be written otherwise, and what is passed on is his address. */
static void test_own_from(void **state)
{
	static const char *const own[] = {
		"sip:alice@CONFAB.example", "sips:alice@" US ":5061;x=y",
		"sip:%61lice@" US, "sip:alice@127.0.0.1", "sip:alice@[::1]:5",
	};
	struct phone p = alice;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		p.from = own[i];
		login(&p, "SIP/2.0 202 ");
		assert_string_equal(last_identity, "alice@" US);
	}
}

static void test_foreign_from(void **state)
{
	static const char *const foreign[] = {
		"sip:bob@" US, "sip:Alice@" US, "sip:alice@other.example",
		"sip:" US, "tel:alice", "sip:alic@" US, "sip:alicee@" US,
		"sip:alice%00@" US, "sip:anonymous@anonymous.invalid",
	};
	struct phone p = alice;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		p.from = foreign[i];
		login(&p, "SIP/2.0 403 From Is Somebody Else\r\n");
	}
	p = alice;
	p.method = "SUBSCRIBE";
	p.from = "sip:bob@" US;
	login(&p, "SIP/2.0 403 ");
	p.method = "PUBLISH";
	login(&p, "SIP/2.0 403 ");
	p.method = "REGISTER";
	p.to = "sip:bob@" US;
	p.from = alice.from;
	login(&p, "SIP/2.0 403 To Is Somebody Else\r\n");
	assert_int_equal(requests, 0);
}

/* ---- who does not ---- */

static void strip_nonces(void)
{
	char *at = in;

	while ((at = strstr(at, "nonce=\"")))
		memset(at += 7, 'n', 40);
}

/* Nothing tells an unknown user from a wrong password. */
static void test_no_oracle(void **state)
{
	struct phone wrong = alice, unknown = alice, mute = alice;
	char first[KEPT];

	(void)state;
	wrong.password = "wrong";
	wrong.branch = unknown.branch = mute.branch = 77;
	unknown.user = "nobody";
	mute.user = "mute";
	login(&wrong, "SIP/2.0 401 ");
	hasnt("stale");
	strip_nonces();
	keep(first);
	login(&unknown, "SIP/2.0 401 ");
	strip_nonces();
	assert_string_equal(in, first);
	login(&mute, "SIP/2.0 401 ");
	strip_nonces();
	assert_string_equal(in, first);
	assert_int_equal(requests, 0);
}

static void test_odd_digests(void **state)
{
	static const struct {
		const char *algorithm, *qop;
	} odd[] = {
		{ "SHA-512-256", "auth" }, { "MD5-sess", "auth" },
		{ "AKAv1-MD5", "auth" },   { "\"\"", "auth" },
		{ "SHA-256", NULL },	   { "SHA-256", "auth-int" },
		{ "SHA-256", "x" },
	};
	struct phone p = alice;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		p.algorithm = odd[i].algorithm;
		p.qop = odd[i].qop;
		login(&p, "SIP/2.0 401 ");
		hasnt("stale");
	}
	p = alice;
	p.spoiled = true;
	login(&p, "SIP/2.0 401 ");
	assert_int_equal(requests, 0);
}

static void test_stale(void **state)
{
	struct phone p = alice;

	(void)state;
	get_challenge();
	clock_advance(301 * 1000);
	try(&p, "SIP/2.0 401 ");
	has("stale=true");
	take_nonce();
	try(&p, "SIP/2.0 202 ");

	/* another instance's: a restart */
	get_challenge();
	sip_free(edge);
	edge_open(STRANGE, NULL);
	try(&p, "SIP/2.0 401 ");
	has("stale=true");
	assert_int_equal(requests, 1);
}

/* The nonce of somebody at another address is as good as an old one. */
static void test_elsewhere(void **state)
{
	struct netaddr there;
	int home = udp;

	(void)state;
	get_challenge();
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	netaddr_set(&there, VIEW("127.0.0.9"), 0);
	assert_int_equal(bind(udp, &there.u.sa, netaddr_len(&there)), 0);
	try(&alice, "SIP/2.0 401 ");
	has("stale=true");
	close(udp);
	udp = home;
}

static void test_replay(void **state)
{
	struct phone p = alice;

	(void)state;
	login(&p, "SIP/2.0 202 ");
	try(&p, "SIP/2.0 401 ");
	has("stale=true");
	p.said_nc = 2; /* the count is in the response, too */
	try(&p, "SIP/2.0 401 ");
	hasnt("stale");
	p.said_nc = 0;
	p.nc = 2;
	try(&p, "SIP/2.0 202 ");
	assert_int_equal(requests, 2);
}

static void test_counting_on(void **state)
{
	struct phone p = alice;

	(void)state;
	get_challenge();
	for (p.nc = 1; p.nc < 100; p.nc++)
		try(&p, "SIP/2.0 202 ");
	p.nc = 50;
	try(&p, "SIP/2.0 401 ");
	has("stale=true");
	assert_int_equal(requests, 99);
}

/* The same packet again is the transaction's. */
static void test_retransmission(void **state)
{
	struct phone p = alice;
	char first[KEPT];

	(void)state;
	get_challenge();
	p.branch = 99;
	try(&p, "SIP/2.0 202 ");
	keep(first);
	try(&p, "SIP/2.0 202 ");
	assert_string_equal(in, first);
	assert_int_equal(requests, 1);
}

static void test_other_uri(void **state)
{
	struct phone p = alice;

	(void)state;
	p.uri = "sip:" US;
	login(&p, "SIP/2.0 202 ");
	p.uri = "sip:lobby@192.0.2.1:5060;transport=udp";
	login(&p, "SIP/2.0 202 ");
	p.uri = "sip:other@" US;
	login(&p, "SIP/2.0 400 Authorization Is For Another URI\r\n");
	p.uri = "/";
	login(&p, "SIP/2.0 400 ");
	assert_int_equal(requests, 2);
}

static void send_with(const char *headers, const char *want)
{
	char text[4000];

	put_request(text, sizeof(text), &alice, headers);
	ask(text, want);
}

static void test_other_headers(void **state)
{
	char more[2000];
	size_t n;

	(void)state;
	send_with("Authorization: Basic YTpi\r\n", "SIP/2.0 401 ");
	send_with("Authorization: NoOneKnowsThisScheme x=here\r\n",
		  "SIP/2.0 401 ");
	send_with("Authorization: Digest x\r\n",
		  "SIP/2.0 400 Malformed Authorization\r\n");
	send_with("Authorization: Digest username=\"a\",realm=\"other\","
		  "nonce=\"x\",uri=\"sip:x\",response=\"y\"\r\n",
		  "SIP/2.0 401 ");
	get_challenge();
	put_authorization(more, sizeof(more), &alice, "Proxy-Authorization");
	send_with(more, "SIP/2.0 401 ");

	/* Of several the one for our realm counts. */
	get_challenge();
	n = (size_t)snprintf(more, sizeof(more),
			     "Authorization: Digest username=\"a\",realm=\"o\""
			     ",nonce=\"x\",uri=\"sip:x\",response=\"y\"\r\n");
	put_authorization(more + n, sizeof(more) - n, &alice,
			  "Authorization");
	send_with(more, "SIP/2.0 202 ");
}

/* A phone that answers both challenges: MD5 is all that carol's old server
 * knew of her. */
static void test_both(void **state)
{
	struct phone p = alice;
	char more[2000], ha1[DIGEST_HEX_MAX];
	struct user carol = { .name = VIEW("carol"), .realm = VIEW(US) };
	size_t n;

	(void)state;
	hash(ha1, DIGEST_MD5, "carol:" US ":pw");
	carol.ha1[USER_MD5] = view_str(ha1);
	assert_int_equal(users_put(accounts, &carol), 0);
	get_challenge();
	p.user = "carol";
	p.password = "pw";
	n = put_authorization(more, sizeof(more), &p, "Authorization");
	p.algo = DIGEST_MD5;
	p.algorithm = "MD5";
	put_authorization(more + n, sizeof(more) - n, &p, "Authorization");
	send_with(more, "SIP/2.0 403 "); /* From is alice */
}

static void test_throttle(void **state)
{
	struct phone p = alice;
	int i;

	(void)state;
	p.password = "guess";
	for (i = 0; i < 5; i++)
		login(&p, "SIP/2.0 401 ");
	for (i = 0; i < 20; i++)
		login(&p, "SIP/2.0 480 ");
	has("Retry-After: 60\r\n");
	login(&alice, "SIP/2.0 480 ");
	clock_advance(60 * 1000);
	login(&alice, "SIP/2.0 202 ");
	assert_int_equal(requests, 1);
}

static void test_unserved(void **state)
{
	struct phone p = alice;

	(void)state;
	p.method = "INVITE";
	login(&p, "SIP/2.0 405 ");
	p.method = "NONSENSE";
	login(&p, "SIP/2.0 501 ");
	ask(REQUEST("INVITE", "i1") "\r\n", "SIP/2.0 401 ");
	ask(REQUEST("CANCEL", "i2") "\r\n", "SIP/2.0 481 ");
}

/* Without users there is nothing to log in with. */
static void test_nobody(void **state)
{
	(void)state;
	users_del(accounts, VIEW("alice"));
	users_del(accounts, VIEW("bob"));
	users_del(accounts, VIEW("mute"));
	ask(MESSAGE("n1"), "SIP/2.0 403 ");
}

/* ---- little for strangers ---- */

static size_t sent, got;

/* Whether there was an answer. */
static bool flood(const char *headers)
{
	char text[2000];
	ssize_t n;

	sent += put_request(text, sizeof(text), &alice, headers);
	udp_put(text, strlen(text));
	loop_turn(loop, 1);
	n = recv(udp, in, sizeof(in) - 1, MSG_DONTWAIT);
	in[n > 0 ? n : 0] = '\0';
	got += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* A flood in somebody's name: he gets no more than was put in, but for what
 * a house of phones needs. */
static void test_amplification(void **state)
{
	struct sip_stats st;
	int i, answers = 0;

	(void)state;
	sent = got = 0;
	for (i = 0; i < 500; i++)
		answers += flood("");
	assert_in_range(answers, 40, 200);
	assert_in_range(got, 1, (size_t)answers * sent / 500 + 16 * 1024);
	sip_stats(edge, &st);
	assert_int_equal(st.withheld, 500 - answers + 500 - answers);

	/* What asks with more gets the shorter challenge. */
	assert_true(flood("Subject: as many bytes as the shorter challenge "
			  "needs, which is the one that every phone knows, "
			  "and some for what the server adds by itself\r\n"));
	starts("SIP/2.0 401 ");
	has("algorithm=MD5");
	hasnt("SHA-256");
	clock_advance(60 * 1000);
	assert_true(flood(""));
	has("SHA-256");

	/* A house where somebody logs in now and then has enough always. */
	for (i = 0; i < 200; i++) {
		assert_true(flood(""));
		take_nonce();
		try(&alice, "SIP/2.0 202 ");
	}
}

/* ---- trusted sources ---- */

static void reopen(enum sip_trust how)
{
	sip_free(edge);
	trust = how;
	edge_open("127.0.0.0/8", NULL);
}

static void test_trusted_from(void **state)
{
	(void)state;
	reopen(SIP_TRUST_FROM);
	send_with("P-Asserted-Identity: <sip:bob@x.example>\r\n",
		  "SIP/2.0 202 ");
	assert_string_equal(last_identity, "alice@" US);
}

static void test_asserted(void **state)
{
	(void)state;
	reopen(SIP_TRUST_ASSERTED);
	send_with("P-Asserted-Identity: \"B, c\" <sip:bob@x.example>\r\n",
		  "SIP/2.0 202 ");
	assert_string_equal(last_identity, "bob@x.example");
	send_with("P-Asserted-Identity: tel:+1, sip:carol@x.example\r\n",
		  "SIP/2.0 202 ");
	assert_string_equal(last_identity, "carol@x.example");
	send_with("P-Asserted-Identity: tel:+1\r\n"
		  "P-Asserted-Identity: <sip:dan@x.example>\r\n",
		  "SIP/2.0 202 ");
	assert_string_equal(last_identity, "dan@x.example");
	send_with("P-Asserted-Identity: <sip:a%20b@x.example>\r\n",
		  "SIP/2.0 202 ");
	assert_string_equal(last_identity, "a%20b@x.example");
	/* bans and blocks are of one form */
	send_with("P-Asserted-Identity: <sip:%62ob@x.example>\r\n",
		  "SIP/2.0 400 Needless Escapes In From\r\n");
	send_with("P-Asserted-Identity: <sip:x.example>\r\n", "SIP/2.0 403 ");
	send_with("P-Asserted-Identity: ,,<\r\n", "SIP/2.0 403 ");
	send_with("P-Preferred-Identity: <sip:bob@x.example>\r\n",
		  "SIP/2.0 403 No Asserted Identity\r\n");
	assert_int_equal(requests, 4);
}

/* From anybody else it is nothing. */
static void test_asserted_by_strangers(void **state)
{
	(void)state;
	sip_free(edge);
	trust = SIP_TRUST_ASSERTED;
	edge_open(STRANGE, NULL);
	send_with("P-Asserted-Identity: <sip:alice@" US ">\r\n"
		  "Identity: x\r\nX-Confab-User: alice\r\n",
		  "SIP/2.0 401 ");
	send_with("P-Asserted-Identity : <sip:alice@" US ">\r\n"
		  "X-Confab-User : alice\r\n",
		  "SIP/2.0 401 ");
	assert_int_equal(requests, 0);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_edge, close_edge)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_challenge),	  TEST(test_tcp),
		TEST(test_sha256),	  TEST(test_md5),
		TEST(test_without_md5),	  TEST(test_md5_agents),
		TEST(test_full_name),
		TEST(test_own_from),	  TEST(test_foreign_from),
		TEST(test_no_oracle),	  TEST(test_odd_digests),
		TEST(test_stale),	  TEST(test_elsewhere),
		TEST(test_replay),	  TEST(test_counting_on),
		TEST(test_retransmission), TEST(test_other_uri),
		TEST(test_other_headers), TEST(test_both),
		TEST(test_throttle),	  TEST(test_unserved),
		TEST(test_nobody),	  TEST(test_amplification),
		TEST(test_trusted_from),  TEST(test_asserted),
		TEST(test_asserted_by_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
