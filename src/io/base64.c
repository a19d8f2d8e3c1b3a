/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 by OpenSSL, which takes more than there should be: checked first. */
#include "base64.h"

#include <errno.h>
#include <openssl/evp.h>

int base64_encode(struct buf *b, struct view v)
{
	size_t n = (v.n + 2) / 3 * 4;
	char *p;

	if (v.n > BASE64_MAX)
		return EMSGSIZE;
	/* OpenSSL ends it with a NUL. */
	p = buf_room(b, n + 1);
	if (!p)
		return EMSGSIZE;
	EVP_EncodeBlock((unsigned char *)p, (const unsigned char *)v.p,
			(int)v.n);
	buf_wrote(b, n);
	return 0;
}

static bool is_digit64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* How many '=' are at its end; more than 2: it is no base64. */
static size_t padding(struct view v)
{
	size_t digits = v.n, i;

	while (digits && v.p[digits - 1] == '=')
		digits--;
	for (i = 0; i < digits; i++)
		if (!is_digit64(v.p[i]))
			return v.n + 3;
	return v.n - digits;
}

int base64_decode(struct buf *b, struct view v)
{
	size_t pad = padding(v), n = v.n / 4 * 3;
	char *p;

	if (v.n % 4 || pad > 2)
		return EBADMSG;
	if (v.n > BASE64_MAX / 3 * 4)
		return EMSGSIZE;
	if (!v.n)
		return 0;
	p = buf_room(b, n);
	if (!p)
		return EMSGSIZE;
	if (EVP_DecodeBlock((unsigned char *)p, (const unsigned char *)v.p,
			    (int)v.n) < 0)
		return EBADMSG;
	buf_wrote(b, n - pad);
	return 0;
}
