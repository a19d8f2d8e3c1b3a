/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mention.h"

#include <string.h>

#include "utf8.h"

enum { ZERO_WIDTH_SPACE = 0x200B };

/* What stands around names, and in none. */
static bool is_between(char c)
{
	return (unsigned char)c <= ' ' || strchr(",.:;!?@()<>\"'/*=+", c);
}

void mention_break(struct buf *b, struct view name)
{
	struct view rest = name;

	if (!name.n)
		return;
	(void)utf8_next(&rest);
	buf_addv(b, view_head(name, name.n - rest.n));
	utf8_put(b, ZERO_WIDTH_SPACE);
	buf_addv(b, rest);
}

/* Up to the next word, and it. */
static struct view cut_word(struct buf *b, struct view *text)
{
	size_t n = 0, end;

	while (n < text->n && is_between(text->p[n]))
		n++;
	buf_addv(b, view_head(*text, n));
	for (end = n; end < text->n && !is_between(text->p[end]);)
		end++;
	*text = view_from(*text, n);
	return view_head(*text, end - n);
}

void mention_spare(struct buf *b, struct view text, mention_h *h, void *arg)
{
	size_t count = 0;

	while (text.n) {
		struct view word = cut_word(b, &text);

		if (word.n && h(word, arg) && ++count > MENTION_MAX)
			mention_break(b, word);
		else
			buf_addv(b, word);
		text = view_from(text, word.n);
	}
}
