/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS streams as a server, against OpenSSL itself and against ourselves. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"
#include "clock.h"
#include "stream.h"

enum { FAR = 10000 };

static struct loop *l;
static struct listener *li;
static struct tls_ctx *ctx;

/* The server's end. */
static struct {
	struct stream *s;
	unsigned opened, closed;
	int err;
	char why[200];
	struct buf heard, names;
} got;

/* The client's. */
static struct {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	bool up;
} raw;

static void on_open(void *arg)
{
	(void)arg;
	got.opened++;
	stream_peer_names(got.s, &got.names);
}


static void on_data(struct buf *in, void *arg)
{
	(void)arg;
	assert_int_equal(got.opened, 1);
	stream_write(got.s, in->p, in->n);
	buf_addv(&got.heard, buf_view(in));
	buf_clear(in);
}


static void on_close(int err, const char *text, void *arg)
{
	(void)arg;
	got.closed++;
	got.err = err;
	snprintf(got.why, sizeof(got.why), "%s", text);
}


static const struct stream_ops ops = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
};

static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	const struct stream_conf conf = { .tls = ctx, .connect_ms = 500,
					  .dead_ms = 45000 };

	(void)peer;
	(void)arg;
	assert_int_equal(stream_adopt(&got.s, l, fd, &conf, &ops, NULL), 0);
}


static int server_ctx(struct tls_ctx **tp, const char *cert, const char *key,
		      const char *ca, char *why)
{
	char c[128], k[128], a[128];
	const struct tls_files files = { .cert = c,
					 .key = k,
					 .ca = ca ? a : NULL };

	file(c, cert);
	file(k, key);
	file(a, ca ? ca : "");
	return tls_server_ctx(tp, &files, why, 200);
}


static void serve(const char *ca)
{
	struct netaddr any;
	char why[200];

	assert_int_equal(server_ctx(&ctx, "good.pem", "good.key", ca, why), 0);
	netaddr_parse(&any, VIEW("127.0.0.1:0"));
	assert_int_equal(listener_open(&li, l, &any, on_accept, NULL), 0);
}


static void plain_client(void)
{
	const struct netaddr *to = listener_local(li);

	raw.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(raw.fd, &to->u.sa, netaddr_len(to)), 0);
	while (!got.s)
		loop_turn(l, FAR);
}


static void client_new(void)
{
	char ca[128];

	file(ca, "ca.pem");
	raw.ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_verify(raw.ctx, SSL_VERIFY_PEER, NULL);
	assert_int_equal(SSL_CTX_load_verify_file(raw.ctx, ca), 1);
}


static void client_cert(const char *cert, const char *key)
{
	char path[128];

	file(path, cert);
	assert_int_equal(SSL_CTX_use_certificate_file(raw.ctx, path,
						      SSL_FILETYPE_PEM), 1);
	file(path, key);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(raw.ctx, path,
						     SSL_FILETYPE_PEM), 1);
}


/* Shakes hands until both sides are done, or one gave up. */
static void client_run(void)
{
	int i;

	plain_client();
	raw.ssl = SSL_new(raw.ctx);
	SSL_set_fd(raw.ssl, raw.fd);
	SSL_set_connect_state(raw.ssl);
	assert_int_equal(fcntl(raw.fd, F_SETFL, O_NONBLOCK), 0);
	for (i = 0; i < 1000 && !got.closed && !(got.opened && raw.up); i++) {
		raw.up = SSL_do_handshake(raw.ssl) == 1;
		loop_turn(l, 1);
	}
}


static void client_free(void)
{
	SSL_free(raw.ssl);
	SSL_CTX_free(raw.ctx);
	if (raw.fd >= 0)
		close(raw.fd);
	memset(&raw, 0, sizeof(raw));
	raw.fd = -1;
}


static void server_free(void)
{
	stream_close(got.s);
	buf_free(&got.heard);
	buf_free(&got.names);
	memset(&got, 0, sizeof(got));
}


static int setup(void **state)
{
	int err = test_setup(state);

	if (err || loop_new(&l))
		return -1;
	raw.fd = -1;
	client_new();
	return 0;
}


static int teardown(void **state)
{
	client_free();
	server_free();
	listener_close(li);
	li = NULL;
	ctx = mem_deref(ctx);
	loop_free(l);
	clock_thaw();
	return test_teardown(state);
}


static void echoes(void)
{
	char p[20] = "";
	int n = -1;

	assert_int_equal(SSL_write(raw.ssl, "hello", 5), 5);
	while (n <= 0) {
		loop_turn(l, 1);
		n = SSL_read(raw.ssl, p, sizeof(p) - 1);
	}
	assert_string_equal(p, "hello");
}


static void speaks_with_a_client(void **state)
{
	(void)state;
	serve(NULL);
	client_run();
	assert_true(raw.up);
	assert_int_equal(got.opened, 1);
	echoes();
	assert_int_equal(got.names.n, 0);
	SSL_shutdown(raw.ssl);
	while (!got.closed)
		loop_turn(l, FAR);
	assert_int_equal(got.err, 0);
}


static void the_old_versions_are_refused(void **state)
{
	(void)state;
	serve(NULL);
	SSL_CTX_set_security_level(raw.ctx, 0);
	SSL_CTX_set_min_proto_version(raw.ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(raw.ctx, TLS1_1_VERSION);
	client_run();
	assert_int_equal(got.closed, 1);
	assert_int_equal(got.opened, 0);
	assert_int_equal(got.err, EPROTO);
}


static void weak_ciphers_are_refused(void **state)
{
	(void)state;
	serve(NULL);
	SSL_CTX_set_max_proto_version(raw.ctx, TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_set_cipher_list(raw.ctx,
						 "AES128-SHA:AES256-SHA:"
						 "ECDHE+AES+SHA1"), 1);
	client_run();
	assert_int_equal(got.err, EPROTO);
	assert_string_equal(got.why, "no shared cipher");
}


/* It costs the server more than the client. */
static void a_client_cannot_renegotiate(void **state)
{
	int ret = 0, i, err = 0;

	(void)state;
	serve(NULL);
	SSL_CTX_set_max_proto_version(raw.ctx, TLS1_2_VERSION);
	client_run();
	echoes();
	assert_int_equal(SSL_renegotiate(raw.ssl), 1);
	for (i = 0; i < 1000 && ret != 1 && err != SSL_ERROR_SSL; i++) {
		ret = SSL_do_handshake(raw.ssl);
		err = SSL_get_error(raw.ssl, ret);
		loop_turn(l, 1);
	}
	assert_int_equal(err, SSL_ERROR_SSL);
}


static void a_session_is_resumed_by_its_ticket(void **state)
{
	SSL_SESSION *session;

	(void)state;
	serve("ca.pem");
	SSL_CTX_set_max_proto_version(raw.ctx, TLS1_2_VERSION);
	client_run();
	echoes();
	session = SSL_get1_session(raw.ssl);
	assert_true(SSL_SESSION_has_ticket(session));
	SSL_shutdown(raw.ssl);
	client_free();
	server_free();
	client_new();
	SSL_CTX_set_max_proto_version(raw.ctx, TLS1_2_VERSION);
	plain_client();
	raw.ssl = SSL_new(raw.ctx);
	SSL_set_fd(raw.ssl, raw.fd);
	SSL_set_session(raw.ssl, session);
	SSL_SESSION_free(session);
	SSL_set_connect_state(raw.ssl);
	fcntl(raw.fd, F_SETFL, O_NONBLOCK);
	while (SSL_do_handshake(raw.ssl) != 1)
		loop_turn(l, 1);
	assert_true(SSL_session_reused(raw.ssl));
}


static void a_clients_certificate_gives_its_names(void **state)
{
	(void)state;
	serve("ca.pem");
	client_cert("peer.pem", "peer.key");
	client_run();
	assert_int_equal(got.opened, 1);
	assert_view(buf_view(&got.names), "Proxy.test\npeer.test\n");
	echoes();
}


static void a_client_may_show_none(void **state)
{
	(void)state;
	serve("ca.pem");
	client_run();
	assert_int_equal(got.opened, 1);
	assert_int_equal(got.names.n, 0);
}


/* One that shows a false one is not let in as if it had none. */
static void a_strangers_certificate_is_refused(void **state)
{
	(void)state;
	serve("ca.pem");
	client_cert("stranger.pem", "stranger.key");
	client_run();
	assert_int_equal(got.opened, 0);
	assert_int_equal(got.err, EACCES);
}


static void an_expired_certificate_is_refused(void **state)
{
	(void)state;
	serve("ca.pem");
	client_cert("over.pem", "over.key");
	client_run();
	assert_int_equal(got.opened, 0);
	assert_int_equal(got.err, EACCES);
	assert_string_equal(got.why, "certificate has expired");
}


static void the_handshake_has_a_limit(void **state)
{
	(void)state;
	serve(NULL);
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	plain_client();
	assert_int_equal(send(raw.fd, "\x16\x03\x01", 3, 0), 3);
	loop_turn(l, 0);
	clock_advance(480);
	loop_turn(l, 0);
	assert_int_equal(got.closed, 0);
	clock_advance(40);
	loop_turn(l, 0);
	assert_int_equal(got.closed, 1);
	assert_int_equal(got.err, ETIMEDOUT);
}


static void plain_text_is_refused(void **state)
{
	(void)state;
	serve(NULL);
	plain_client();
	assert_int_equal(send(raw.fd, "OPTIONS sip:a SIP/2.0\r\n", 23, 0), 23);
	while (!got.closed)
		loop_turn(l, FAR);
	assert_int_equal(got.err, EPROTO);
	assert_int_equal(got.heard.n, 0);
}


static void closes_in_the_handshake(void **state)
{
	(void)state;
	serve(NULL);
	plain_client();
	got.s = stream_close(got.s);
	loop_turn(l, 0);
	assert_int_equal(got.closed + got.opened, 0);
}


static void new_files_hold_for_new_connections(void **state)
{
	char from[128], to[128], why[200];

	(void)state;
	serve(NULL);
	client_run();
	echoes();
	file(from, "good.key");
	file(to, "kept.key");
	assert_int_equal(rename(from, to), 0);
	assert_true(tls_ctx_read(ctx, why, sizeof(why)) != 0);
	tls_ctx_turn(ctx); /* nothing was read */
	assert_int_equal(rename(to, from), 0);
	echoes();
	assert_int_equal(tls_ctx_read(ctx, why, sizeof(why)), 0);
	assert_int_equal(tls_ctx_read(ctx, why, sizeof(why)), 0);
	tls_ctx_turn(ctx);
	echoes(); /* the old one goes on */
	client_free();
	server_free();
	client_new();
	client_run();
	echoes();
}


static void bad_files_are_told(void **state)
{
	char why[200], key[128];
	struct tls_ctx *t = NULL;

	(void)state;
	assert_int_equal(server_ctx(&t, "none.pem", "good.key", NULL, why),
			 EINVAL);
	assert_non_null(strstr(why, "none.pem: No such file"));
	assert_int_equal(server_ctx(&t, "good.pem", "none.key", NULL, why),
			 EINVAL);
	assert_non_null(strstr(why, "none.key: No such file"));
	assert_int_equal(server_ctx(&t, "good.pem", "wrong.key", NULL, why),
			 EINVAL);
	assert_non_null(strstr(why, "wrong.key: key values mismatch"));
	assert_int_equal(server_ctx(&t, "good.pem", "good.key", "none", why),
			 EINVAL);
	assert_non_null(strstr(why, "none: No such file"));
	file(key, "good.key");
	assert_int_equal(chmod(key, 0644), 0);
	assert_int_equal(server_ctx(&t, "good.pem", "good.key", NULL, why),
			 EACCES);
	assert_non_null(strstr(why, "everybody may read this key"));
	assert_int_equal(chmod(key, 0640), 0);
	assert_int_equal(server_ctx(&t, "good.pem", "good.key", NULL, why), 0);
	mem_deref(t);
}


static void roles_are_not_mixed(void **state)
{
	struct stream_conf conf = { .tls_name = "irc.test" };
	struct stream *s = NULL;
	char why[200];

	(void)state;
	serve(NULL);
	conf.tls = ctx;
	assert_int_equal(stream_connect(&s, l, listener_local(li), &conf,
					&ops, NULL), EINVAL);
	assert_int_equal(tls_client_ctx(&conf.tls, NULL, why, sizeof(why)), 0);
	assert_int_equal(stream_adopt(&s, l, dup(0), &conf, &ops, NULL),
			 EINVAL);
	mem_deref(conf.tls);
	assert_null(s);
}


#define TT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TT(speaks_with_a_client),
		TT(the_old_versions_are_refused),
		TT(weak_ciphers_are_refused),
		TT(a_client_cannot_renegotiate),
		TT(a_session_is_resumed_by_its_ticket),
		TT(a_clients_certificate_gives_its_names),
		TT(a_client_may_show_none),
		TT(a_strangers_certificate_is_refused),
		TT(an_expired_certificate_is_refused),
		TT(the_handshake_has_a_limit),
		TT(plain_text_is_refused),
		TT(closes_in_the_handshake),
		TT(new_files_hold_for_new_connections),
		TT(bad_files_are_told),
		TT(roles_are_not_mixed),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
