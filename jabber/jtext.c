/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts for the users of accounts. */
#include "jtext.h"

#include "utf8.h"

#define NOT_SENT "ERROR: Your message was not sent. "
#define LOST \
	"Connection to Jabber server lost. You have to login to Jabber " \
	"server again (join again the conferences that you were " \
	"participating, too)."

enum { REASON_MAX = 200, CODE_MAX = 16, QUOTE_CHARS = 40 };

static const struct {
	enum jtext_from from;
	const char *text;
} texts[JTEXT_COUNT] = {
	[JTEXT_NO_ACCOUNT] = { JTEXT_FROM_PEER, NOT_SENT
		"You do not have permission to use the gateway." },
	[JTEXT_NO_SERVER] = { JTEXT_FROM_PEER, NOT_SENT
		"Cannot connect to Jabber server." },
	[JTEXT_NO_LOGIN] = { JTEXT_FROM_PEER, NOT_SENT
		"Authentication to Jabber server failed." },
	[JTEXT_FULL] = { JTEXT_FROM_PEER, NOT_SENT
		"SIP-2-JABBER gateway is full." },
	[JTEXT_NOT_JOINED] = { JTEXT_FROM_PEER, NOT_SENT
		"You are not joined in the conference. Please join the room "
		"before sending messages." },
	[JTEXT_JOIN_FAILED] = { JTEXT_FROM_PEER,
		"ERROR: Cannot join the conference room." },
	[JTEXT_NO_ROOM] = { JTEXT_FROM_PEER,
		"ERROR: Cannot create a new conference session." },
	[JTEXT_NICK_TAKEN] = { JTEXT_FROM_PEER,
		"ERROR: Your nickname already exists in the conference room. "
		"Please choose a new one." },
	[JTEXT_REFUSED] = { JTEXT_FROM_PEER,
		"ERROR: Your participation to the conference room was "
		"refused." },
	[JTEXT_LEFT] = { JTEXT_FROM_PEER,
		"INFO: You have just left the conference." },
	[JTEXT_NO_TRANSPORT] = { JTEXT_FROM_PEER, NOT_SENT
		"You are not registered with this IM gateway." },
	[JTEXT_QUEUE_FULL] = { JTEXT_FROM_PEER, NOT_SENT
		"Something wrong while trying to transmit it to Jabber "
		"network." },
	[JTEXT_EXPIRED] = { JTEXT_FROM_PEER, NOT_SENT
		"Connection to IM network failed." },
	[JTEXT_SEND_FAILED] = { JTEXT_FROM_PEER, NOT_SENT
		"Something wrong during transmitting to Jabber network." },
	[JTEXT_LOST] = { JTEXT_FROM_REGISTRAR, "ERROR: " LOST },
	[JTEXT_WORKER_LOST] = { JTEXT_FROM_REGISTRAR, "INFO: " LOST },
	[JTEXT_OFFLINE] = { JTEXT_FROM_REGISTRAR,
		"INFO: You are now offline in Jabber network. Thank you for "
		"using SIP-Jabber gateway." },
	[JTEXT_ANOTHER] = { JTEXT_FROM_PEER, NOT_SENT
		"Your Jabber account is another one now, or gone." },
};

struct view jtext(enum jtext which)
{
	return view_str(texts[which].text);
}

enum jtext_from jtext_from(enum jtext which)
{
	return texts[which].from;
}

void jtext_line(struct buf *out, struct view text, size_t max)
{
	utf8_clean_line(out, text, max);
}

/* The first characters of valid text. */
static struct view first_chars(struct view text, size_t count)
{
	struct view rest = text;

	while (count-- && rest.n)
		utf8_next(&rest);
	return view_head(text, utf8_cut(text, text.n - rest.n));
}

void jtext_not_sent(struct buf *out, struct view reason, struct view body)
{
	struct buf line = { 0 };

	buf_adds(out, NOT_SENT);
	jtext_line(out, reason, REASON_MAX);
	jtext_line(&line, body, 4 * QUOTE_CHARS);
	if (line.n) {
		buf_adds(out, ": ");
		buf_addv(out, first_chars(buf_view(&line), QUOTE_CHARS));
	}
	buf_free(&line);
}

void jtext_bounced(struct buf *out, struct view code, struct view text,
		   struct view body)
{
	if (!text.n) {
		buf_adds(out, "{Error sending following message} - ");
		buf_addv(out, body);
		return;
	}
	buf_adds(out, "{Error (");
	if (code.n) {
		jtext_line(out, code, CODE_MAX);
		buf_adds(out, " - ");
	}
	jtext_line(out, text, REASON_MAX);
	buf_adds(out, ") when trying to send following message}");
	buf_addv(out, body);
}
