/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An irc section as words. */
#include "irc_words.h"

#include <errno.h>

#include "mem.h"
#include "words.h"

static const struct words irc = { "irc", irc_opts, IRC_OPTS };

void irc_words_free(struct conf_irc *n)
{
	words_free(n, &irc);
	mem_free(n->label);
	n->label = NULL;
}

int irc_words_read(struct conf_irc *out, struct view label,
		   const struct view *words, size_t count, struct buf *why)
{
	*out = (struct conf_irc){ .label = view_dup(label) };
	if (!words_label_ok(label)) {
		buf_adds(why, "the label must be 1 to 32 letters, digits and "
			      "-_.");
		return EINVAL;
	}
	return words_read(out, &irc, words, count, why);
}

void irc_words_put(struct buf *out, const struct conf_irc *n)
{
	words_put(out, n, &irc);
}
