/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain text to markup and back. */
#include <purple.h>
#include <string.h>

#include "mem.h"
#include "pw_text.h"
#include "utf8.h"

enum { LINE_MAX_OUT = 300, SUM = 32 };

void pw_escape(struct buf *b, struct view text)
{
	struct buf clean = { 0 };
	char *markup;

	utf8_clean(&clean, text);
	markup = g_markup_escape_text(buf_str(&clean), -1);
	buf_adds(b, markup);
	g_free(markup);
	buf_free(&clean);
}

static void add_lines(struct buf *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			buf_adds(b, "<br>");
		else
			buf_addc(b, p[i]);
	}
}

/* What stripping would lose without a word: images, and the ends of lines that
 * protocols leave in. */
static void save_words(struct buf *b, const char *html)
{
	const char *at, *end;

	while ((at = strcasestr(html, "<img")) != NULL) {
		end = strchr(at, '>');
		if (!end)
			break;
		add_lines(b, html, (size_t)(at - html));
		buf_adds(b, "[image]");
		html = end + 1;
	}
	add_lines(b, html, strlen(html));
}

void pw_plain(struct buf *b, const char *html)
{
	struct buf saved = { 0 };
	char *plain;

	if (!html)
		return;
	save_words(&saved, html);
	plain = purple_markup_strip_html(buf_str(&saved));
	if (plain)
		utf8_clean(b, view_str(plain));
	g_free(plain);
	buf_free(&saved);
}

void pw_line(struct buf *b, const char *html)
{
	struct buf plain = { 0 };

	pw_plain(&plain, html);
	utf8_clean_line(b, buf_view(&plain), LINE_MAX_OUT);
	buf_free(&plain);
}

static void add_joined(struct buf *line, struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_addc(line, text.p[i] == '\n' ? ' ' : text.p[i]);
}

bool pw_next_line(struct view *text, unsigned *count, struct buf *line)
{
	struct view head;

	buf_clear(line);
	*text = view_trim(*text);
	if (!text->n)
		return false;
	if (++*count < PW_LINES_MAX) {
		view_cut(*text, '\n', &head, text);
	} else {
		head = *text;
		*text = VIEW_NONE;
	}
	add_joined(line, view_trim(head));
	return true;
}

bool pw_is_emote(struct view *text)
{
	if (!view_starts(*text, VIEW("/me ")))
		return false;
	*text = view_from(*text, 4);
	return true;
}

static int digit(char c)
{
	return g_ascii_isxdigit(c) ? g_ascii_xdigit_value(c) : -1;
}

bool pw_pin_eq(const char *pin, const unsigned char *sum, size_t n)
{
	size_t got = 0;

	if (n != SUM)
		return false;
	for (; *pin; pin++) {
		if (*pin == ':' && got % 2 == 0)
			continue;
		if (got == 2 * SUM || digit(*pin) < 0 ||
		    digit(*pin) != (got % 2 ? sum[got / 2] & 15
					    : sum[got / 2] >> 4))
			return false;
		got++;
	}
	return got == 2 * SUM;
}
