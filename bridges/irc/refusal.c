/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numerics, and what they mean. */
#include "refusal.h"

static const struct ircb_refusal refusals[] = {
	{ 403, GONE_CONFIG, "there is no such channel" },
	{ 405, GONE_REFUSED, "we are in too many channels of this server" },
	{ 437, GONE_NET, "the channel is not available for now" },
	{ 442, GONE_NET, "the server says that we are not in the channel" },
	{ 470, GONE_REFUSED, "the channel sends us on to another one" },
	{ 471, GONE_REFUSED, "the channel is full" },
	{ 473, GONE_REFUSED, "the channel is only for those invited" },
	{ 474, GONE_REFUSED, "we are banned from the channel" },
	{ 475, GONE_REFUSED, "the channel wants a key" },
	{ 476, GONE_CONFIG, "the server does not know such channel names" },
	{ 477, GONE_REFUSED, "the channel is only for registered nicks" },
	{ 489, GONE_REFUSED, "the channel is only for secure connections" },
};

const struct ircb_refusal *ircb_refusal(unsigned code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].code == code)
			return &refusals[i];
	return NULL;
}
