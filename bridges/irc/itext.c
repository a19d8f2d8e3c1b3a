/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts for users of the gateway. */
#include "itext.h"

#include "utf8.h"

enum { REASON_MAX = 300, QUOTE_CHARS = 40 };

static const char *const texts[ITEXT_COUNT] = {
	[ITEXT_FULL] = "The gateway to IRC is full at present.",
	[ITEXT_NO_LOGIN] = "The network does not let you in.",
	[ITEXT_NO_NETWORK] = "There is no such network any more.",
	[ITEXT_EXPIRED] = "The network could not be reached.",
	[ITEXT_OFFLINE] = "You have logged out of the network.",
	[ITEXT_QUEUE_FULL] = "Too much waits for the network already.",
	[ITEXT_SEND_FAILED] = "Something went wrong on its way.",
	[ITEXT_TOO_LONG] = "It is too long.",
	[ITEXT_BROKE] = "The connection broke each time it was tried.",
	[ITEXT_SOMEBODY] = "Whoever had this name has left since you spoke, "
			   "and somebody else may have it now. Write it "
			   "again if he is meant.",
	[ITEXT_NOT_JOINED] = "You are not in the channel. Write :join first.",
	[ITEXT_HAS_LEFT] = "You have left the channel.",
};

struct view itext(enum itext which)
{
	return view_str(texts[which]);
}

/* The first characters of valid text. */
static struct view first_chars(struct view text, size_t count)
{
	struct view rest = text;

	while (count-- && rest.n)
		utf8_next(&rest);
	return view_head(text, utf8_cut(text, text.n - rest.n));
}

void itext_not_sent(struct buf *out, struct view reason, struct view body)
{
	struct buf line = { 0 };

	buf_adds(out, "ERROR: Your message was not sent. ");
	utf8_clean_line(out, reason, REASON_MAX);
	utf8_clean_line(&line, body, 4 * QUOTE_CHARS);
	if (line.n) {
		buf_adds(out, ": ");
		buf_addv(out, first_chars(buf_view(&line), QUOTE_CHARS));
	}
	buf_free(&line);
}
