/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What connections by TLS have in common: versions, ciphers, certificates,
 * whom to believe. OpenSSL counts the references of its contexts, so that one
 * can be replaced while connections still use it.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ascii.h"
#include "mem.h"
#include "stream.h"
#include "tls_ctx_priv.h"

/* Of a server's TLS 1.2: with forward secrecy, and no other mode than AEAD.
 * Servers that we connect to may be older: there OpenSSL's list holds. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

static void ctx_destroy(void *obj)
{
	struct tls_ctx *ctx = obj;

	SSL_CTX_free(ctx->ssl);
	SSL_CTX_free(ctx->next);
	mem_free(ctx->cert);
	mem_free(ctx->key);
	mem_free(ctx->ca);
}


/* OpenSSL's queue of errors has the one that matters first; a file that can't
 * be opened is there as a system error, without words. */
static int explain(char *why, size_t size, const char *file)
{
	unsigned long e = ERR_peek_error();
	const char *words = ERR_SYSTEM_ERROR(e) ?
				    strerrordesc_np(ERR_GET_REASON(e)) :
				    ERR_reason_error_string(e);

	snprintf(why, size, "%s%s%s", file ? file : "", file ? ": " : "",
		 words ? words : "TLS error");
	ERR_clear_error();
	return EINVAL;
}


/* In the place of all that OpenSSL checks: RFC 7469's thought, but with the
 * whole certificate, as people get to see it. */
static int check_pin(X509_STORE_CTX *store, void *arg)
{
	const struct tls_ctx *ctx = arg;
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	X509 *cert = X509_STORE_CTX_get0_cert(store);

	if (cert && X509_digest(cert, EVP_sha256(), sum, &n) == 1 &&
	    n == sizeof(ctx->pin) && !CRYPTO_memcmp(sum, ctx->pin, n)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}


static void set_pin(SSL_CTX *ssl, const struct tls_ctx *ctx)
{
	/* Connections hold the context as long as they live. */
	SSL_CTX_set_cert_verify_callback(ssl, check_pin, (void *)ctx);
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
}

static bool parse_pin(unsigned char out[32], const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		int v = ascii_hex(*text);

		/* Between bytes only. */
		if (*text == ':' && n && n % 2 == 0 && text[-1] != ':')
			continue;
		if (v < 0 || n == 64)
			return false;
		out[n / 2] = (unsigned char)(n % 2 ? out[n / 2] | v : v << 4);
		n++;
	}
	return n == 64 && text[-1] != ':';
}


bool tls_pin_ok(const char *text)
{
	unsigned char pin[32];

	return parse_pin(pin, text);
}


static int load_cas(SSL_CTX *ssl, const struct tls_ctx *ctx, char *why,
		    size_t size)
{
	if (!ctx->ca && ctx->server)
		return 0;
	if (ctx->pinned) {
		set_pin(ssl, ctx);
		return 0;
	}
	if (!ctx->ca && SSL_CTX_set_default_verify_paths(ssl) != 1)
		return explain(why, size, NULL);
	if (ctx->ca && SSL_CTX_load_verify_file(ssl, ctx->ca) != 1)
		return explain(why, size, ctx->ca);
	if (ctx->server)
		SSL_CTX_set_client_CA_list(ssl,
					   SSL_load_client_CA_file(ctx->ca));
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	return 0;
}


/* The whole world must not read the key; a group may, as Debian's ssl-cert. */
static int check_mode(const char *file, char *why, size_t size)
{
	struct stat st;

	if (stat(file, &st)) {
		snprintf(why, size, "%s: %s", file, strerrordesc_np(errno));
		return EINVAL;
	}
	if (!(st.st_mode & S_IRWXO))
		return 0;
	snprintf(why, size, "%s: everybody may read this key: chmod o= it",
		 file);
	return EACCES;
}


static int load_cert(SSL_CTX *ssl, const struct tls_ctx *ctx, char *why,
		     size_t size)
{
	int err;

	if (!ctx->cert && !ctx->key)
		return 0;
	if (!ctx->cert || !ctx->key) {
		snprintf(why, size, "a certificate needs its key, and a key "
				    "its certificate");
		return EINVAL;
	}
	if (SSL_CTX_use_certificate_chain_file(ssl, ctx->cert) != 1)
		return explain(why, size, ctx->cert);
	err = check_mode(ctx->key, why, size);
	if (err)
		return err;
	if (SSL_CTX_use_PrivateKey_file(ssl, ctx->key, SSL_FILETYPE_PEM) != 1)
		return explain(why, size, ctx->key);
	return 0;
}


/* Nobody is there to be asked for a password. */
static int no_password(char *p, int size, int rwflag, void *arg)
{
	(void)p;
	(void)size;
	(void)rwflag;
	(void)arg;
	return 0;
}


static int set_server(SSL_CTX *ssl, char *why, size_t size)
{
	static const unsigned char id[] = "confab";

	SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE |
				 SSL_OP_PRIORITIZE_CHACHA);
	/* Tickets do the same, and take no memory here. */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ssl, id, sizeof(id) - 1);
	SSL_CTX_set_num_tickets(ssl, 1);
	if (SSL_CTX_set_cipher_list(ssl, CIPHERS) != 1)
		return explain(why, size, NULL);
	return 0;
}


static int ssl_new(SSL_CTX **sp, const struct tls_ctx *ctx, char *why,
		   size_t size)
{
	SSL_CTX *ssl;
	int err = 0;

	ERR_clear_error();
	ssl = SSL_CTX_new(ctx->server ? TLS_server_method() :
					TLS_client_method());
	if (!ssl)
		return explain(why, size, NULL);
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION |
				 SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
			      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(ssl, no_password);
	if (ctx->server)
		err = set_server(ssl, why, size);
	if (!err)
		err = load_cas(ssl, ctx, why, size);
	if (!err)
		err = load_cert(ssl, ctx, why, size);
	if (err)
		SSL_CTX_free(ssl);
	else
		*sp = ssl;
	return err;
}


static char *file_dup(const char *file)
{
	return file && *file ? mem_strdup(file) : NULL;
}


static int ctx_new(struct tls_ctx **tp, bool server,
		   const struct tls_files *files, char *why, size_t size)
{
	struct tls_ctx *ctx = mem_new(sizeof(*ctx), ctx_destroy);
	int err;

	ctx->server = server;
	ctx->cert = file_dup(files->cert);
	ctx->key = file_dup(files->key);
	ctx->ca = file_dup(files->ca);
	ctx->pinned = files->pin && *files->pin;
	if (ctx->pinned && !parse_pin(ctx->pin, files->pin)) {
		snprintf(why, size, "the fingerprint must be a SHA-256 in 64 "
				    "hex digits");
		mem_deref(ctx);
		return EINVAL;
	}
	err = ssl_new(&ctx->ssl, ctx, why, size);
	if (err)
		mem_deref(ctx);
	else
		*tp = ctx;
	return err;
}


int tls_client_ctx(struct tls_ctx **tp, const char *ca_file, char *why,
		   size_t whysize)
{
	const struct tls_files files = { .ca = ca_file };

	return ctx_new(tp, false, &files, why, whysize);
}


int tls_client_ctx_files(struct tls_ctx **tp, const struct tls_files *files,
			 char *why, size_t whysize)
{
	return ctx_new(tp, false, files, why, whysize);
}


int tls_server_ctx(struct tls_ctx **tp, const struct tls_files *files,
		   char *why, size_t whysize)
{
	if (!files->cert || !*files->cert) {
		snprintf(why, whysize, "a server needs a certificate");
		return EINVAL;
	}
	return ctx_new(tp, true, files, why, whysize);
}


int tls_ctx_read(struct tls_ctx *ctx, char *why, size_t whysize)
{
	SSL_CTX_free(ctx->next);
	ctx->next = NULL;
	return ssl_new(&ctx->next, ctx, why, whysize);
}


void tls_ctx_turn(struct tls_ctx *ctx)
{
	if (!ctx->next)
		return;
	SSL_CTX_free(ctx->ssl);
	ctx->ssl = ctx->next;
	ctx->next = NULL;
}
