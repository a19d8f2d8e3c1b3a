/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 with padding (RFC 4648 4). */
#ifndef CONFAB_BASE64_H
#define CONFAB_BASE64_H

#include "buf.h"

enum { BASE64_MAX = 65536 }; /* bytes, before */

/* Appends v. EMSGSIZE over BASE64_MAX. */
int base64_encode(struct buf *b, struct view v);
/* Appends what v stands for. EBADMSG: it is none, in the strict form: nothing
 * is added then. EMSGSIZE as above. */
int base64_decode(struct buf *b, struct view v);

#endif
