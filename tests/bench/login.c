/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 7616 3.4.1, with qop=auth and a cnonce that need not be a secret. */
#include "login.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CNONCE VIEW("bench")

int login_init(struct login *l, struct view user, struct view realm)
{
	const struct view parts[] = { user, realm, user };

	*l = (struct login){ .nc = 0 };
	return digest_hex(l->ha1, DIGEST_SHA256, parts, 3);
}

int login_challenged(struct login *l, struct view value)
{
	static const char key[] = "nonce=\"";
	const char *at = memmem(value.p, value.n, key, sizeof(key) - 1);
	struct view nonce, rest;

	if (!at)
		return EBADMSG;
	rest = view_from(value, (size_t)(at - value.p) + sizeof(key) - 1);
	l->nc = 0;
	if (!view_cut(rest, '"', &nonce, &rest))
		return EBADMSG;
	return view_copy(l->nonce, sizeof(l->nonce), nonce);
}

void login_put(struct buf *out, struct login *l, struct view user,
	       struct view realm, struct view method, struct view uri)
{
	const struct view a2[] = { method, uri };
	char ha2[DIGEST_HEX_MAX], response[DIGEST_HEX_MAX], nc[9];
	struct view parts[6] = { view_str(l->ha1), view_str(l->nonce),
				 VIEW_NONE, CNONCE, VIEW("auth"), VIEW_NONE };

	if (!*l->nonce)
		return;
	snprintf(nc, sizeof(nc), "%08x", ++l->nc);
	parts[2] = view_str(nc);
	if (digest_hex(ha2, DIGEST_SHA256, a2, 2))
		return;
	parts[5] = view_str(ha2);
	if (digest_hex(response, DIGEST_SHA256, parts, 6))
		return;
	buf_addf(out, "Authorization: Digest username=\"%.*s\",realm=\"%.*s\","
		      "nonce=\"%s\",uri=\"%.*s\",algorithm=SHA-256,qop=auth,"
		      "nc=%s,cnonce=\"bench\",response=\"%s\"\r\n",
		 VIEW_ARG(user), VIEW_ARG(realm), l->nonce, VIEW_ARG(uri), nc,
		 response);
}
