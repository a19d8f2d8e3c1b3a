/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealed texts in the store. */
#include "sealed.h"

#include <errno.h>

#include "accounts.h"

#define OPERATOR VIEW("operator")

int sealed_shut(const struct confab *c, struct view network, struct view key,
		struct view text, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	const struct view parts[] = { network, OPERATOR, key };
	struct buf sealed = { 0 };
	int err = accounts_shut(c->accounts, &sealed, parts, text);

	for (size_t i = 0; i < sealed.n && !err; i++) {
		buf_addc(out, digits[(unsigned char)sealed.p[i] >> 4]);
		buf_addc(out, digits[(unsigned char)sealed.p[i] & 0xf]);
	}
	buf_free(&sealed);
	return err;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int unhex(struct buf *out, struct view hex)
{
	for (size_t i = 0; i + 1 < hex.n; i += 2) {
		int high = hex_of(hex.p[i]), low = hex_of(hex.p[i + 1]);

		if (high < 0 || low < 0)
			return EBADMSG;
		buf_addc(out, (char)(high << 4 | low));
	}
	return hex.n % 2 ? EBADMSG : 0;
}

int sealed_open(const struct confab *c, const struct store_kept *k,
		struct buf *text)
{
	const struct view parts[] = { k->network, OPERATOR, k->key };
	struct buf sealed = { 0 };
	int err = unhex(&sealed, k->value);

	if (!err)
		err = accounts_open(c->accounts, text, parts,
				    buf_view(&sealed));
	buf_free(&sealed);
	return err;
}
