/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the operator has set while we run, kept in the store under the seal of
 * the accounts, as there may be passwords in it: as hex digits. */
#ifndef CONFAB_SEALED_H
#define CONFAB_SEALED_H

#include "confab.h"

/* The value of the row (network, key) for this text. ENOKEY: there is no
 * key. */
int sealed_shut(const struct confab *c, struct view network, struct view key,
		struct view text, struct buf *out);
/* Wipe what comes out: seal_wipe(). EBADMSG: it is not of this key, or of
 * another row. */
int sealed_open(const struct confab *c, const struct store_kept *k,
		struct buf *text);

#endif
