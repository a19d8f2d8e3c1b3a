/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digest credentials, as Authorization carries them (RFC 3261 25.1, RFC 7616
 * 3.4). Pure. Values are as they stand between the quotes: escapes are not
 * resolved, since what is hashed is what was sent, and no name of ours needs
 * one.
 */
#ifndef CONFAB_CREDENTIALS_PRIV_H
#define CONFAB_CREDENTIALS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

enum { CREDENTIALS_PARAMS = 32, CREDENTIALS_VALUE = 1024 };

struct credentials {
	struct view username, realm, nonce, uri, response;
	struct view algorithm; /* or empty: MD5 */
	struct view qop, cnonce;
	struct view nc_text;
	uint32_t nc;           /* 0: there is none */
};

/* EBADMSG: not this grammar, a known parameter twice or of the wrong form, a
 * mandatory one missing. ENOENT: another scheme than Digest. */
int credentials_parse(struct credentials *out, struct view value);

#endif
