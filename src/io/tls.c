/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS by OpenSSL. The version, the chain and the name are checked within the
 * handshake: when that is done, the peer is verified.
 */
#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "netaddr.h"
#include "stream.h"

struct tls_ctx {
	SSL_CTX *ssl; /* owned */
};

struct tls {
	struct tls_ctx *ctx; /* ref */
	SSL *ssl;            /* owned */
	const char *why;     /* static, or OpenSSL's static table */
	bool wants_write;
	bool broken; /* after a fatal error nothing more may be sent */
};

static void ctx_destroy(void *obj)
{
	struct tls_ctx *ctx = obj;

	SSL_CTX_free(ctx->ssl);
}


static const char *error_words(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "TLS error";
}


static int load_cas(SSL_CTX *ssl, const char *ca_file)
{
	if (!ca_file)
		return SSL_CTX_set_default_verify_paths(ssl) == 1 ? 0 : EINVAL;
	return SSL_CTX_load_verify_file(ssl, ca_file) == 1 ? 0 : EINVAL;
}


int tls_client_ctx(struct tls_ctx **tp, const char *ca_file, char *why,
		   size_t whysize)
{
	struct tls_ctx *ctx = mem_new(sizeof(*ctx), ctx_destroy);
	int err = EINVAL;

	ERR_clear_error();
	ctx->ssl = SSL_CTX_new(TLS_client_method());
	if (!ctx->ssl)
		goto out;
	SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(ctx->ssl, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
				   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				   SSL_MODE_RELEASE_BUFFERS);
	err = load_cas(ctx->ssl, ca_file);
 out:
	if (err) {
		snprintf(why, whysize, "%s", error_words());
		mem_deref(ctx);
	} else {
		*tp = ctx;
	}
	return err;
}


/* An address is compared with the certificate's addresses, and must not be
 * sent as a server name (RFC 6066 3). */
static bool set_name(SSL *ssl, const char *name)
{
	struct netaddr ip;

	if (!netaddr_set(&ip, view_str(name), 0))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
						     name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 &&
	       SSL_set_tlsext_host_name(ssl, name) == 1;
}


static void tls_destroy(void *obj)
{
	struct tls *t = obj;

	SSL_free(t->ssl);
	mem_deref(t->ctx);
}


int tls_open(struct tls **tp, struct tls_ctx *ctx, int fd, const char *name)
{
	struct tls *t;

	if (!name || !*name)
		return EINVAL;
	t = mem_new(sizeof(*t), tls_destroy);
	t->ctx = mem_ref(ctx);
	t->why = "";
	t->ssl = SSL_new(ctx->ssl);
	if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1 ||
	    !set_name(t->ssl, name)) {
		mem_deref(t);
		return EINVAL;
	}
	SSL_set_connect_state(t->ssl);
	*tp = t;
	return 0;
}


static int broken(struct tls *t, int err, const char *why)
{
	t->broken = true;
	t->why = why;
	return err;
}


static int protocol_error(struct tls *t)
{
	long verdict = SSL_get_verify_result(t->ssl);

	if (ERR_GET_REASON(ERR_peek_error()) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return broken(t, ECONNRESET, "the connection was cut off");
	if (verdict != X509_V_OK)
		return broken(t, EACCES,
			      X509_verify_cert_error_string(verdict));
	return broken(t, EPROTO, error_words());
}


/* Of a call that returned ret <= 0; 0: the peer ended it. */
static int call_error(struct tls *t, int ret, int sys)
{
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_WRITE:
		t->wants_write = true;
		return EAGAIN;
	case SSL_ERROR_WANT_READ:
		return EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		if (!sys)
			sys = ECONNRESET;
		return broken(t, sys, strerrordesc_np(sys));
	default:
		return protocol_error(t);
	}
}


/* OpenSSL looks at errors that earlier calls have left behind. */
static void before_call(struct tls *t)
{
	ERR_clear_error();
	errno = 0;
	t->wants_write = false;
}


int tls_handshake(struct tls *t)
{
	int ret, err;

	before_call(t);
	ret = SSL_do_handshake(t->ssl);
	if (ret == 1)
		return 0;
	err = call_error(t, ret, errno);
	return err ? err : broken(t, ECONNRESET, "the connection was ended");
}


int tls_read(struct tls *t, void *p, size_t n, size_t *got)
{
	int ret;

	before_call(t);
	*got = 0;
	ret = SSL_read_ex(t->ssl, p, n, got);
	return ret == 1 ? 0 : call_error(t, ret, errno);
}


int tls_write(struct tls *t, const void *p, size_t n, size_t *done)
{
	int ret, err;

	before_call(t);
	*done = 0;
	ret = SSL_write_ex(t->ssl, p, n, done);
	if (ret == 1)
		return 0;
	err = call_error(t, ret, errno);
	return err ? err : broken(t, EPIPE, "the connection was ended");
}


bool tls_wants_write(const struct tls *t)
{
	return t->wants_write;
}


const char *tls_why(const struct tls *t)
{
	return t->why;
}


void tls_end(struct tls *t)
{
	if (t->broken || !SSL_is_init_finished(t->ssl))
		return;
	before_call(t);
	SSL_shutdown(t->ssl);
}
