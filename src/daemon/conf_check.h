/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that do not go together, each of them right by itself. */
#ifndef CONFAB_CONF_CHECK_H
#define CONFAB_CONF_CHECK_H

#include "buf.h"
#include "conf.h"

/* EINVAL, with why. */
int conf_check(const struct conf *c, const char *file, struct buf *why);

/* One link by itself; why without the file and the link. */
int conf_check_link(const struct conf *c, const struct conf_link *l,
		    struct buf *why);

/* Does the file have what its links go by? For who asks before a start, which
 * would say so too. EINVAL, with why, without the file; 0 with why: only where
 * a network was added at run time. */
int conf_check_ways(const struct conf *c, struct buf *why);

#endif
