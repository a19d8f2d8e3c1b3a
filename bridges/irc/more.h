/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Long texts do not flood a channel: its first lines go out, the others wait
 * for whoever there says "#more". One text a channel, for ten minutes.
 */
#ifndef CONFAB_IRCB_MORE_H
#define CONFAB_IRCB_MORE_H

#include "buf.h"
#include "list.h"
#include "names.h"

enum { IRCB_MORE_PLACES = 64, IRCB_MORE_MS = 600000 };

struct ircb_more {
	struct list places; /* owned; private */
};

void ircb_more_init(struct ircb_more *m);
void ircb_more_free(struct ircb_more *m);
/* lines, count of them with their CR LF, are for this channel: of more than
 * max those behind it are kept, for leg, in place of what was kept before, and
 * a line that says so takes their place. max 0: no limit. */
void ircb_more_keep(struct ircb_more *m, enum ircb_casemap map,
		    struct view channel, uint64_t leg, size_t max,
		    uint64_t now, struct buf *lines, size_t *count);
/* Somebody says "#more" there: the next max lines are added to lines. False:
 * nothing is kept, or it is too old. */
bool ircb_more_take(struct ircb_more *m, enum ircb_casemap map,
		    struct view channel, size_t max, uint64_t now,
		    struct buf *lines, size_t *count, uint64_t *leg);

#endif
