/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts for users of the gateway. */
#include "itext.h"

#include "utf8.h"

enum { REASON_MAX = 300 };

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
	[ITEXT_SOMEBODY] =
		("Whoever had this name has left since you spoke, and "
		 "somebody else may have it now. Write it again if he is "
		 "meant."),
	[ITEXT_ACCOUNT] =
		("Your account there is another one since you wrote it. "
		 "Write it again if it may go by that."),
	[ITEXT_NOT_JOINED] = "You are not in the channel. Write :join first.",
	[ITEXT_HAS_LEFT] = "You have left the channel.",
};

struct view itext(enum itext which)
{
	return view_str(texts[which]);
}

static const struct {
	unsigned numeric;
	const char *text;
} meanings[] = {
	{ 401, "nobody there has this nick" },
	{ 403, "there is no such channel" },
	{ 404, "you may not speak there" },
	{ 405, "you are in too many channels" },
	{ 437, "the channel can't be entered at present" },
	{ 441, "he is not in the channel" },
	{ 442, "you are not in the channel" },
	{ 443, "he is in the channel already" },
	{ 471, "the channel is full (+l)" },
	{ 473, "only those who are invited are let in (+i)" },
	{ 474, "you are banned (+b)" },
	{ 475, "it takes the right key (+k): :join KEY" },
	{ 476, "that is no channel's name" },
	{ 477, "only those who are known to services are let in (+r)" },
	{ 480, "you came too often in a short time: try later (+j)" },
	{ 482, "you are no operator of the channel" },
	{ 489, "only secure connections are let in (+S)" },
	{ 520, "only operators of the network are let in (+O)" },
	{ 716, "he takes messages only of people he chose (+g)" },
};

struct view itext_numeric(unsigned numeric)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].numeric == numeric)
			return view_str(meanings[i].text);
	return VIEW_NONE;
}

void itext_why(struct buf *out, unsigned numeric, struct view words)
{
	struct view meaning = itext_numeric(numeric);

	buf_addv(out, meaning);
	if (meaning.n && words.n)
		buf_adds(out, " (");
	utf8_clean_line(out, words, REASON_MAX);
	if (meaning.n && words.n)
		buf_addc(out, ')');
	if (!meaning.n && !words.n)
		buf_adds(out, "the network refused it");
}
