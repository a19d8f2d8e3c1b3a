/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes by OpenSSL's EVP. */
#include "digest.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>

#include "mem.h"

static const struct {
	const char *name;
	size_t bytes;
} algos[] = {
	[DIGEST_MD5] = { "MD5", 16 },
	[DIGEST_SHA256] = { "SHA-256", 32 },
};

/* Looking for them costs more than a short hash: done once. */
static EVP_MD *found[DIGEST_ALGOS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find_all(void)
{
	for (unsigned a = 0; a < DIGEST_ALGOS; a++)
		found[a] = EVP_MD_fetch(NULL, algos[a].name, NULL);
}

static const EVP_MD *md_of(enum digest_algo a)
{
	pthread_once(&once, find_all);
	return found[a];
}

const char *digest_name(enum digest_algo a)
{
	return algos[a].name;
}

bool digest_find(enum digest_algo *out, struct view name)
{
	unsigned a;

	for (a = 0; a < DIGEST_ALGOS; a++) {
		if (!view_ieqs(name, algos[a].name))
			continue;
		*out = (enum digest_algo)a;
		return true;
	}
	return false;
}

size_t digest_hex_len(enum digest_algo a)
{
	return 2 * algos[a].bytes;
}

static bool add_parts(EVP_MD_CTX *ctx, const struct view *parts, size_t count)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < count && ok; i++) {
		if (i)
			ok = EVP_DigestUpdate(ctx, ":", 1);
		if (ok && parts[i].n)
			ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	}
	return ok;
}

static void put_hex(char *out, const unsigned char *sum, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	out[2 * n] = '\0';
}

int digest_hex(char out[DIGEST_HEX_MAX], enum digest_algo a,
	       const struct view *parts, size_t count)
{
	unsigned char sum[DIGEST_BYTES_MAX];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx && md_of(a) && EVP_DigestInit_ex(ctx, md_of(a), NULL) &&
	     add_parts(ctx, parts, count) &&
	     EVP_DigestFinal_ex(ctx, sum, NULL);
	EVP_MD_CTX_free(ctx);
	put_hex(out, sum, ok ? algos[a].bytes : 0);
	OPENSSL_cleanse(sum, sizeof(sum));
	return ok ? 0 : ENOTSUP;
}

int digest_sha1_hex(char out[41], struct view text)
{
	unsigned char sum[20];
	bool ok = EVP_Digest(text.p, text.n, sum, NULL, EVP_sha1(), NULL);

	put_hex(out, sum, ok ? sizeof(sum) : 0);
	OPENSSL_cleanse(sum, sizeof(sum));
	return ok ? 0 : ENOTSUP;
}

int digest_hmac(uint8_t out[DIGEST_HMAC], struct view key, struct view text)
{
	if (key.n > INT_MAX ||
	    !HMAC(EVP_sha256(), key.p, (int)key.n,
		  (const unsigned char *)text.p, text.n, out, NULL))
		return ENOTSUP;
	return 0;
}

/* ---- with one key again and again ---- */

struct digest_key {
	EVP_MAC_CTX *ctx; /* owned; NULL: there is none */
};

struct digest_key *digest_key_new(struct view key)
{
	struct digest_key *k = mem_zalloc(sizeof(*k));
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	char sha256[] = "SHA-256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 sha256, 0),
		OSSL_PARAM_construct_end(),
	};

	k->ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (k->ctx && !EVP_MAC_init(k->ctx, (const unsigned char *)key.p,
				    key.n, params)) {
		EVP_MAC_CTX_free(k->ctx);
		k->ctx = NULL;
	}
	return k;
}

void digest_key_free(struct digest_key *k)
{
	if (!k)
		return;
	EVP_MAC_CTX_free(k->ctx);
	mem_free(k);
}

int digest_sign(uint8_t out[DIGEST_HMAC], struct digest_key *k,
		struct view text)
{
	size_t n = 0;

	if (!k->ctx || !EVP_MAC_init(k->ctx, NULL, 0, NULL) ||
	    !EVP_MAC_update(k->ctx, (const unsigned char *)text.p, text.n) ||
	    !EVP_MAC_final(k->ctx, out, &n, DIGEST_HMAC))
		return ENOTSUP;
	return n == DIGEST_HMAC ? 0 : ENOTSUP;
}

bool digest_eq(struct view a, struct view b)
{
	return a.n == b.n && (!a.n || !CRYPTO_memcmp(a.p, b.p, a.n));
}
