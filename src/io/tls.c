/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS by OpenSSL. The version, the chain and the name are checked within the
 * handshake: when that is done, the peer is verified. A server verifies the
 * certificate of a client that shows one.
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
#include "tls_ctx_priv.h"

struct tls {
	struct tls_ctx *ctx; /* ref */
	SSL *ssl;            /* owned */
	const char *why;     /* static, or OpenSSL's static table */
	bool wants_write;
	bool broken; /* after a fatal error nothing more may be sent */
};

static const char *error_words(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "TLS error";
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


static int tls_new(struct tls **tp, struct tls_ctx *ctx, int fd)
{
	struct tls *t = mem_new(sizeof(*t), tls_destroy);

	t->ctx = mem_ref(ctx);
	t->why = "";
	t->ssl = SSL_new(ctx->ssl);
	if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1) {
		mem_deref(t);
		return EINVAL;
	}
	*tp = t;
	return 0;
}


int tls_open(struct tls **tp, struct tls_ctx *ctx, int fd, const char *name)
{
	struct tls *t;

	if (ctx->server || !name || !*name || tls_new(&t, ctx, fd))
		return EINVAL;
	if (!set_name(t->ssl, name)) {
		mem_deref(t);
		return EINVAL;
	}
	SSL_set_connect_state(t->ssl);
	*tp = t;
	return 0;
}


int tls_accept(struct tls **tp, struct tls_ctx *ctx, int fd)
{
	if (!ctx->server || tls_new(tp, ctx, fd))
		return EINVAL;
	SSL_set_accept_state((*tp)->ssl);
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


/* A name with other characters could be read as two. */
static void name_add(struct buf *out, const ASN1_STRING *s)
{
	struct view v = view_mem(ASN1_STRING_get0_data(s),
				 (size_t)ASN1_STRING_length(s));
	size_t i;

	if (view_istarts(v, VIEW("sip:")))
		v = view_from(v, 4);
	for (i = 0; i < v.n; i++) {
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == 0x7f)
			return;
	}
	if (!v.n)
		return;
	buf_addv(out, v);
	buf_addc(out, '\n');
}


static void names_add(struct buf *out, const GENERAL_NAMES *names)
{
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_DNS)
			name_add(out, n->d.dNSName);
		else if (n->type == GEN_URI)
			name_add(out, n->d.uniformResourceIdentifier);
	}
}


void tls_peer_names(const struct tls *t, struct buf *out)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);
	GENERAL_NAMES *names;

	if (!cert || SSL_get_verify_result(t->ssl) != X509_V_OK ||
	    SSL_get_verify_mode(t->ssl) == SSL_VERIFY_NONE)
		return;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	names_add(out, names);
	GENERAL_NAMES_free(names);
}
