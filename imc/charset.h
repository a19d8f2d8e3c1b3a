/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charsets that devices write in, to UTF-8. */
#ifndef CONFAB_IMC_CHARSET_H
#define CONFAB_IMC_CHARSET_H

#include "buf.h"

/* Adds text to out as UTF-8. name: of the charset, any case; empty: UTF-8.
 * What is said to be UTF-8 or ASCII is passed as it is; of others, bytes that
 * mean nothing become U+FFFD. False: a charset that is not taken, nothing was
 * added. */
bool charset_to_utf8(struct buf *out, struct view name, struct view text);

#endif
