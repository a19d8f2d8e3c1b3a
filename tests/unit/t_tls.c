/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS streams, against a server of a few lines on the same loop, with
 * certificates that the openssl command makes in a folder of its own.
 */
#include "test.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "certs.h"
#include "stream.h"

enum { FAR = 10000 };

static struct loop *l;

/* The server: it talks first, then echoes. */

static struct {
	struct listener *li;
	SSL_CTX *ctx;
	SSL *ssl;
	struct loop_watch *watch;
	int fd;
	bool mute;      /* accepts, and never shakes hands */
	bool slow_read; /* reads nothing after the handshake */
	bool up, ended;
	bool say_first;
	const char *plain; /* said first, before it shakes hands */
	size_t flood;   /* bytes to send after the handshake */
	char asked_name[64];
} srv;

static void server_down(void)
{
	loop_unwatch(srv.watch);
	srv.watch = NULL;
	SSL_free(srv.ssl);
	srv.ssl = NULL;
	if (srv.fd >= 0)
		close(srv.fd);
	srv.fd = -1;
}


static void server_shake(void)
{
	const char *name;

	if (SSL_accept(srv.ssl) != 1)
		return;
	srv.up = true;
	name = SSL_get_servername(srv.ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(srv.asked_name, sizeof(srv.asked_name), "%s",
		 name ? name : "");
	if (srv.say_first)
		SSL_write(srv.ssl, "welcome", 7);
}


static void server_flood(void)
{
	static char chunk[16000];
	size_t n;

	memset(chunk, 'f', sizeof(chunk));
	while (srv.flood) {
		n = srv.flood < sizeof(chunk) ? srv.flood : sizeof(chunk);
		if (SSL_write_ex(srv.ssl, chunk, n, &n) != 1)
			return;
		srv.flood -= n;
	}
	loop_rewatch(srv.watch, LOOP_READ);
}


static void server_echo(void)
{
	char p[4096];
	int n;

	while ((n = SSL_read(srv.ssl, p, sizeof(p))) > 0)
		SSL_write(srv.ssl, p, n);
	srv.ended = SSL_get_error(srv.ssl, n) == SSL_ERROR_ZERO_RETURN;
	if (srv.ended)
		loop_rewatch(srv.watch, 0);
}


static void server_secure(void)
{
	srv.ssl = SSL_new(srv.ctx);
	SSL_set_fd(srv.ssl, srv.fd);
	SSL_set_accept_state(srv.ssl);
	SSL_set_mode(srv.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
			      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}


static void on_server(int events, void *arg)
{
	(void)events;
	(void)arg;
	if (!srv.up)
		server_shake();
	if (srv.up && srv.flood)
		server_flood();
	else if (srv.up && !srv.slow_read)
		server_echo();
}


static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	(void)peer;
	(void)arg;
	srv.fd = fd;
	if (srv.mute)
		return;
	server_secure();
	if (srv.plain)
		assert_true(write(fd, srv.plain, strlen(srv.plain)) > 0);
	loop_watch(&srv.watch, l, fd,
		   srv.flood ? LOOP_READ | LOOP_WRITE : LOOP_READ, on_server,
		   NULL);
}


static void serve(const char *cert)
{
	struct netaddr any;
	char name[64], path[128];

	srv.ctx = SSL_CTX_new(TLS_server_method());
	snprintf(name, sizeof(name), "%s.pem", cert);
	file(path, name);
	assert_int_equal(SSL_CTX_use_certificate_file(srv.ctx, path,
						      SSL_FILETYPE_PEM), 1);
	snprintf(name, sizeof(name), "%s.key", cert);
	file(path, name);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(srv.ctx, path,
						     SSL_FILETYPE_PEM), 1);
	netaddr_parse(&any, VIEW("127.0.0.1:0"));
	assert_int_equal(listener_open(&srv.li, l, &any, on_accept, NULL), 0);
}


/* The client */

static struct {
	struct stream *s;
	unsigned opened, closed, drained;
	int err;
	char why[200];
	struct buf heard;
	bool close_on_open, close_on_data, pause_on_data;
	const char *starttls; /* as whom to go on after the first data */
	struct tls_ctx *ctx;  /* for that */
} got;

static void drop(void)
{
	got.s = stream_close(got.s);
}


static void on_open(void *arg)
{
	(void)arg;
	got.opened++;
	if (got.close_on_open)
		drop();
}


/* What was said in plain text is left where it is. */
static void go_on_secured(void)
{
	const char *name = got.starttls;

	got.starttls = NULL;
	assert_int_equal(stream_starttls(got.s, got.ctx, name, 500), 0);
	assert_int_equal(stream_starttls(got.s, got.ctx, name, 0), ENOTCONN);
	assert_int_equal(stream_write(got.s, "mine", 4), 0);
	assert_int_equal(got.closed, 0);
}


static void on_data(struct buf *in, void *arg)
{
	(void)arg;
	if (got.starttls) {
		go_on_secured();
		return;
	}
	assert_int_equal(got.opened, got.ctx ? 2 : 1);
	if (got.pause_on_data)
		stream_pause(got.s, true);
	buf_addv(&got.heard, buf_view(in));
	buf_clear(in);
	if (got.close_on_data)
		drop();
}


static void on_close(int err, const char *text, void *arg)
{
	(void)arg;
	got.closed++;
	got.err = err;
	snprintf(got.why, sizeof(got.why), "%s", text);
}


static void on_drain(void *arg)
{
	(void)arg;
	got.drained++;
}


static int setup(void **state)
{
	int err = test_setup(state);

	if (err || loop_new(&l))
		return -1;
	memset(&got, 0, sizeof(got));
	memset(&srv, 0, sizeof(srv));
	srv.fd = -1;
	return 0;
}


static int teardown(void **state)
{
	drop();
	server_down();
	listener_close(srv.li);
	SSL_CTX_free(srv.ctx);
	buf_free(&got.heard);
	loop_free(l);
	clock_thaw();
	return test_teardown(state);
}


#define AWAIT(cond) \
	do { \
		while (!(cond)) \
			loop_turn(l, FAR); \
	} while (0)

static int connect_as(const char *name, const char *ca)
{
	static const struct stream_ops ops = {
		.on_open = on_open,
		.on_data = on_data,
		.on_close = on_close,
		.on_drain = on_drain,
	};
	struct stream_conf conf = { .tls_name = name, .connect_ms = 500,
				    .out_max = 16 * 1024 * 1024 };
	char path[128], why[100] = "";
	int err;

	file(path, ca);
	assert_int_equal(tls_client_ctx(&conf.tls, path, why, sizeof(why)), 0);
	err = stream_connect(&got.s, l, listener_local(srv.li), &conf, &ops,
			     NULL);
	mem_deref(conf.tls); /* the stream has its own reference */
	return err;
}


static void speaks_with_a_verified_server(void **state)
{
	(void)state;
	serve("good");
	connect_as("irc.test", "ca.pem");
	stream_write(got.s, "early ", 6);
	AWAIT(got.opened && srv.up);
	assert_string_equal(srv.asked_name, "irc.test");
	stream_write(got.s, "hello", 5);
	AWAIT(got.heard.n == 11);
	assert_view(buf_view(&got.heard), "early hello");
	assert_true(got.drained > 0);
	assert_int_equal(got.closed, 0);
	drop();
	AWAIT(srv.ended); /* a goodbye in order */
}


static void hears_who_speaks_first(void **state)
{
	(void)state;
	serve("good");
	srv.say_first = true;
	connect_as("irc.test", "ca.pem");
	AWAIT(got.heard.n == 7);
	assert_view(buf_view(&got.heard), "welcome");
}


static void accept_names(const char *name, bool good)
{
	memset(&got, 0, sizeof(got));
	srv.up = false;
	assert_int_equal(connect_as(name, "ca.pem"), 0);
	AWAIT(got.opened || got.closed);
	assert_int_equal(got.opened, good);
	assert_int_equal(got.err, good ? 0 : EACCES);
	drop();
	server_down();
}


static void checks_the_name(void **state)
{
	(void)state;
	serve("good");
	accept_names("irc.test", true);
	accept_names("IRC.test", true);
	accept_names("a.wild.test", true);
	accept_names("127.0.0.1", true);
	assert_string_equal(srv.asked_name, ""); /* no SNI for numbers */
	accept_names("other.test", false);
	assert_string_equal(got.why, "hostname mismatch");
	accept_names("x", false); /* the subject's CN does not count */
	accept_names("a.b.wild.test", false);
	accept_names("wild.test", false);
	accept_names("127.0.0.2", false);
	assert_string_equal(got.why, "IP address mismatch");
}


static void refuses_a_certificate_for_another(void **state)
{
	(void)state;
	serve("wrong");
	connect_as("irc.test", "ca.pem");
	stream_write(got.s, "secret", 6);
	AWAIT(got.closed);
	assert_int_equal(got.err, EACCES);
	assert_string_equal(got.why, "hostname mismatch");
	assert_int_equal(got.opened, 0);
	assert_int_equal(stream_write(got.s, "x", 1), ENOTCONN);
	loop_turn(l, 0);
	assert_int_equal(got.heard.n, 0);
}


static void refuses_an_expired_one(void **state)
{
	(void)state;
	serve("over");
	connect_as("irc.test", "ca.pem");
	AWAIT(got.closed);
	assert_int_equal(got.err, EACCES);
	assert_string_equal(got.why, "certificate has expired");
}


static void refuses_an_unknown_ca(void **state)
{
	(void)state;
	serve("good");
	connect_as("irc.test", "stranger.pem");
	AWAIT(got.closed);
	assert_int_equal(got.err, EACCES);
	assert_string_equal(got.why, "unable to get local issuer certificate");
	assert_int_equal(got.opened, 0);
}


static void takes_the_systems_cas_without_a_file(void **state)
{
	struct tls_ctx *ctx;
	char why[100];

	(void)state;
	assert_int_equal(tls_client_ctx(&ctx, NULL, why, sizeof(why)), 0);
	mem_deref(ctx);
}


static void refuses_old_versions(void **state)
{
	(void)state;
	serve("good");
	SSL_CTX_set_security_level(srv.ctx, 0);
	SSL_CTX_set_min_proto_version(srv.ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(srv.ctx, TLS1_1_VERSION);
	connect_as("irc.test", "ca.pem");
	AWAIT(got.closed);
	assert_int_equal(got.err, EPROTO);
	assert_true(strlen(got.why) > 0);
	assert_int_equal(got.opened, 0);
}


static void speaks_tls_1_2(void **state)
{
	(void)state;
	serve("good");
	SSL_CTX_set_max_proto_version(srv.ctx, TLS1_2_VERSION);
	connect_as("irc.test", "ca.pem");
	stream_write(got.s, "old", 3);
	AWAIT(got.heard.n == 3);
}


static void a_server_without_tls_is_refused(void **state)
{
	(void)state;
	serve("good");
	srv.mute = true;
	connect_as("irc.test", "ca.pem");
	AWAIT(srv.fd >= 0);
	assert_int_equal(write(srv.fd, "NOTICE * :hello\r\n", 17), 17);
	AWAIT(got.closed);
	assert_int_equal(got.err, EPROTO);
	assert_string_equal(got.why, "wrong version number");
}


static void the_handshake_has_a_limit(void **state)
{
	(void)state;
	serve("good");
	srv.mute = true;
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	connect_as("irc.test", "ca.pem");
	AWAIT(srv.fd >= 0);
	clock_advance(480);
	loop_turn(l, 0);
	assert_int_equal(got.closed, 0);
	clock_advance(40);
	loop_turn(l, 0);
	assert_int_equal(got.closed, 1);
	assert_int_equal(got.err, ETIMEDOUT);
	assert_string_equal(got.why, "no end of the TLS handshake");
}


static void an_end_in_the_handshake_is_an_error(void **state)
{
	(void)state;
	serve("good");
	srv.mute = true;
	connect_as("irc.test", "ca.pem");
	AWAIT(srv.fd >= 0);
	server_down();
	AWAIT(got.closed);
	assert_int_equal(got.err, ECONNRESET);
}


static void an_end_in_order_is_no_error(void **state)
{
	(void)state;
	serve("good");
	connect_as("irc.test", "ca.pem");
	AWAIT(got.opened && srv.up);
	SSL_shutdown(srv.ssl);
	AWAIT(got.closed);
	assert_int_equal(got.err, 0);
}


static void a_cut_is_told_from_an_end(void **state)
{
	(void)state;
	serve("good");
	connect_as("irc.test", "ca.pem");
	AWAIT(got.opened && srv.up);
	server_down();
	AWAIT(got.closed);
	assert_int_equal(got.err, ECONNRESET);
	assert_string_equal(got.why, "the connection was cut off");
}


static void closes_inside_handlers(void **state)
{
	(void)state;
	serve("good");
	srv.say_first = true;
	got.close_on_open = true;
	connect_as("irc.test", "ca.pem");
	AWAIT(got.opened);
	assert_null(got.s);
	server_down();
	memset(&got, 0, sizeof(got));
	srv.up = false;
	got.close_on_data = true;
	connect_as("irc.test", "ca.pem");
	AWAIT(got.heard.n);
	assert_null(got.s);
	assert_int_equal(got.closed, 0);
}


static void closes_in_the_handshake(void **state)
{
	(void)state;
	serve("good");
	srv.mute = true;
	connect_as("irc.test", "ca.pem");
	AWAIT(srv.fd >= 0);
	drop();
	loop_turn(l, 0);
	assert_int_equal(got.closed + got.opened, 0);
}


/* More than all buffers hold: records stay whole over many short writes. */
static void much_passes_both_ways(void **state)
{
	enum { MANY = 16000000 };
	char *many = mem_alloc(MANY);
	size_t i;

	(void)state;
	for (i = 0; i < MANY; i++)
		many[i] = (char)(i * 7 / 3);
	serve("good");
	srv.slow_read = true;
	connect_as("irc.test", "ca.pem");
	assert_int_equal(stream_write(got.s, many, MANY), 0);
	AWAIT(srv.up && got.opened && stream_pending(got.s) < MANY);
	assert_true(stream_pending(got.s) > 0);
	for (i = 0; i < MANY;) {
		char p[5000];
		int n = SSL_read(srv.ssl, p, sizeof(p));

		if (n > 0) {
			assert_memory_equal(p, many + i, n);
			i += (size_t)n;
		} else {
			loop_turn(l, FAR);
		}
	}
	AWAIT(got.drained);
	mem_free(many);
}


/* What OpenSSL holds decrypted is not lost by a pause. */
static void a_pause_loses_nothing(void **state)
{
	enum { MANY = 2000000 };
	size_t last;

	(void)state;
	serve("good");
	srv.flood = MANY;
	got.pause_on_data = true;
	connect_as("irc.test", "ca.pem");
	while (got.heard.n < MANY) {
		AWAIT(got.heard.n);
		last = got.heard.n;
		loop_turn(l, 0);
		assert_int_equal(got.heard.n, last);
		stream_pause(got.s, false);
		AWAIT(got.heard.n > last || last == MANY);
	}
	assert_int_equal(got.heard.n, MANY);
	assert_int_equal(got.closed, 0);
}


/* A plain connection that goes on by TLS as soon as it hears something. */
static int connect_plain(const char *name)
{
	static const struct stream_ops ops = {
		.on_open = on_open,
		.on_data = on_data,
		.on_close = on_close,
	};
	const struct stream_conf conf = { .connect_ms = 500 };
	char path[128], why[100];

	file(path, "ca.pem");
	assert_int_equal(tls_client_ctx(&got.ctx, path, why, sizeof(why)), 0);
	got.starttls = name;
	return stream_connect(&got.s, l, listener_local(srv.li), &conf, &ops,
			      NULL);
}


static void goes_on_by_tls(void **state)
{
	(void)state;
	serve("good");
	srv.plain = "ready, and <injected/>";
	srv.say_first = true;
	assert_int_equal(connect_plain("irc.test"), 0);
	AWAIT(got.heard.n == 11);
	assert_memory_equal(got.heard.p, "welcomemine", 11);
	assert_string_equal(srv.asked_name, "irc.test");
	assert_int_equal(got.opened, 2);
	assert_int_equal(stream_starttls(got.s, got.ctx, "irc.test", 0),
			 EALREADY);
	mem_deref(got.ctx);
}


static void going_on_needs_the_right_certificate(void **state)
{
	(void)state;
	serve("wrong");
	srv.plain = "ready";
	assert_int_equal(connect_plain("irc.test"), 0);
	AWAIT(got.closed);
	assert_int_equal(got.err, EACCES);
	assert_int_equal(got.opened, 1);
	assert_int_equal(got.heard.n, 0);
	mem_deref(got.ctx);
}


static void going_on_has_a_limit(void **state)
{
	(void)state;
	serve("good");
	srv.mute = true;
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	assert_int_equal(connect_plain("irc.test"), 0);
	AWAIT(srv.fd >= 0);
	assert_int_equal(write(srv.fd, "ready", 5), 5);
	AWAIT(!got.starttls);
	clock_advance(480);
	loop_turn(l, 0);
	assert_int_equal(got.closed, 0);
	clock_advance(40);
	loop_turn(l, 0);
	assert_int_equal(got.closed, 1);
	assert_int_equal(got.err, ETIMEDOUT);
	assert_string_equal(got.why, "no end of the TLS handshake");
	mem_deref(got.ctx);
}


static void without_a_name_nothing_is_verified(void **state)
{
	(void)state;
	serve("good");
	assert_int_equal(connect_as(NULL, "ca.pem"), EINVAL);
	assert_int_equal(connect_as("", "ca.pem"), EINVAL);
	assert_null(got.s);
}


static void a_bad_ca_file_is_told(void **state)
{
	struct tls_ctx *ctx = NULL;
	char path[128], why[200] = "";

	(void)state;
	file(path, "missing.pem");
	assert_int_equal(tls_client_ctx(&ctx, path, why, sizeof(why)), EINVAL);
	assert_true(strlen(why) > 0);
	why[0] = '\0';
	file(path, "good.key"); /* a file, but no certificate */
	assert_int_equal(tls_client_ctx(&ctx, path, why, sizeof(why)), EINVAL);
	assert_true(strlen(why) > 0);
	assert_null(ctx);
}


/* The fingerprint of the server's certificate, as openssl prints it. */
static void fingerprint(char out[96])
{
	X509 *cert = SSL_CTX_get0_certificate(srv.ctx);
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	assert_int_equal(X509_digest(cert, EVP_sha256(), sum, &n), 1);
	for (unsigned int i = 0; i < n; i++)
		snprintf(out + 3 * i, 4, "%02X%s", sum[i],
			 i + 1 < n ? ":" : "");
}


static void connect_pinned(const char *pin)
{
	static const struct stream_ops ops = {
		.on_open = on_open,
		.on_data = on_data,
		.on_close = on_close,
	};
	struct stream_conf conf = { .tls_name = "elsewhere.test" };
	const struct tls_files files = { .pin = pin };
	char why[100] = "";

	assert_int_equal(tls_client_ctx_files(&conf.tls, &files, why,
					      sizeof(why)), 0);
	assert_int_equal(stream_connect(&got.s, l, listener_local(srv.li),
					&conf, &ops, NULL), 0);
	mem_deref(conf.tls);
	AWAIT(got.opened || got.closed);
	drop();
}


/* Whatever name, age and chain the certificate has. */
static void a_pin_is_all_that_counts(void **state)
{
	char pin[96];

	(void)state;
	serve("over");
	fingerprint(pin);
	connect_pinned(pin);
	assert_int_equal(got.opened, 1);
	assert_int_equal(got.closed, 0);
}


static void another_pin_is_refused(void **state)
{
	char pin[96];

	(void)state;
	serve("good");
	fingerprint(pin);
	pin[0] = pin[0] == '0' ? '1' : '0';
	connect_pinned(pin);
	assert_int_equal(got.opened, 0);
	assert_int_equal(got.err, EACCES);
}


static void what_is_no_pin(void **state)
{
	static const char hex[] = "00112233445566778899aabbccddeeff"
				  "00112233445566778899AABBCCDDEEFF";
	const struct tls_files files = { .pin = hex + 2 };
	struct tls_ctx *ctx = NULL;
	char why[100] = "", text[80];

	(void)state;
	assert_true(tls_pin_ok(hex));
	snprintf(text, sizeof(text), "%.4s:%s", hex, hex + 4);
	assert_true(tls_pin_ok(text));
	snprintf(text, sizeof(text), "%s:", hex);
	assert_false(tls_pin_ok(text));
	snprintf(text, sizeof(text), "%.4s::%s", hex, hex + 4);
	assert_false(tls_pin_ok(text));
	snprintf(text, sizeof(text), "%s0", hex);
	assert_false(tls_pin_ok(text));
	snprintf(text, sizeof(text), "g%s", hex + 1);
	assert_false(tls_pin_ok(text));
	assert_false(tls_pin_ok(""));
	assert_int_equal(tls_client_ctx_files(&ctx, &files, why, sizeof(why)),
			 EINVAL);
	assert_null(ctx);
}


#define TT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TT(speaks_with_a_verified_server),
		TT(hears_who_speaks_first),
		TT(checks_the_name),
		TT(refuses_a_certificate_for_another),
		TT(refuses_an_expired_one),
		TT(refuses_an_unknown_ca),
		TT(takes_the_systems_cas_without_a_file),
		TT(refuses_old_versions),
		TT(speaks_tls_1_2),
		TT(a_server_without_tls_is_refused),
		TT(the_handshake_has_a_limit),
		TT(an_end_in_the_handshake_is_an_error),
		TT(an_end_in_order_is_no_error),
		TT(a_cut_is_told_from_an_end),
		TT(closes_inside_handlers),
		TT(closes_in_the_handshake),
		TT(much_passes_both_ways),
		TT(a_pause_loses_nothing),
		TT(goes_on_by_tls),
		TT(going_on_needs_the_right_certificate),
		TT(going_on_has_a_limit),
		TT(without_a_name_nothing_is_verified),
		TT(a_bad_ca_file_is_told),
		TT(a_pin_is_all_that_counts),
		TT(another_pin_is_refused),
		TT(what_is_no_pin),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
