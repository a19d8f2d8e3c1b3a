/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes by OpenSSL's EVP. */
#include "digest.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const struct {
	const char *name;
	const EVP_MD *(*md)(void);
	size_t bytes;
} algos[] = {
	[DIGEST_MD5] = { "MD5", EVP_md5, 16 },
	[DIGEST_SHA256] = { "SHA-256", EVP_sha256, 32 },
};

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

	ok = ctx && EVP_DigestInit_ex(ctx, algos[a].md(), NULL) &&
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

bool digest_eq(struct view a, struct view b)
{
	return a.n == b.n && (!a.n || !CRYPTO_memcmp(a.p, b.p, a.n));
}
