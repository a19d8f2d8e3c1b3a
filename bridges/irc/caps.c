/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Capabilities, by their names. */
#include "caps.h"

static const struct {
	const char *name;
	unsigned cap;
	unsigned needs; /* of no use without these */
} caps[] = {
	{ "message-tags", IRCB_CAP_TAGS, 0 },
	{ "server-time", IRCB_CAP_TIME, 0 },
	{ "batch", IRCB_CAP_BATCH, 0 },
	{ "labeled-response", IRCB_CAP_LABEL, IRCB_CAP_BATCH },
	{ "echo-message", IRCB_CAP_ECHO, IRCB_CAP_LABEL },
	{ "account-tag", IRCB_CAP_ACCOUNT_TAG, 0 },
	{ "account-notify", IRCB_CAP_ACCOUNT_NOTIFY, 0 },
	{ "extended-join", IRCB_CAP_EXTENDED_JOIN, 0 },
	{ "away-notify", IRCB_CAP_AWAY, 0 },
	{ "extended-monitor", IRCB_CAP_EXTENDED_MONITOR, IRCB_CAP_AWAY },
	{ "multi-prefix", IRCB_CAP_MULTI_PREFIX, 0 },
	{ "chghost", IRCB_CAP_CHGHOST, 0 },
	{ "setname", IRCB_CAP_SETNAME, 0 },
	{ "userhost-in-names", IRCB_CAP_USERHOST, 0 },
	{ "cap-notify", IRCB_CAP_NOTIFY, 0 },
	{ "draft/chathistory", IRCB_CAP_HISTORY,
	  IRCB_CAP_BATCH | IRCB_CAP_TIME | IRCB_CAP_TAGS },
	{ "draft/relaymsg", IRCB_CAP_RELAYMSG,
	  IRCB_CAP_TAGS | IRCB_CAP_LABEL | IRCB_CAP_BATCH },
	{ "sasl", IRCB_CAP_SASL, 0 },
};

enum { COUNT = sizeof(caps) / sizeof(caps[0]), STS_MAX = 315360000 };

static unsigned cap_named(struct view name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (view_eqs(name, caps[i].name))
			return caps[i].cap;
	return 0;
}

/* "port=6697,duration=2592000,preload" */
static void offer_sts(struct ircb_caps *c, struct view value)
{
	struct view item, key, text;
	uint64_t n;

	c->sts = true;
	while (value.n) {
		view_cut(value, ',', &item, &value);
		view_cut(item, '=', &key, &text);
		if (view_eqs(key, "port") && !view_u64(&n, text, 65535))
			c->sts_port = (uint16_t)n;
		if (view_eqs(key, "duration") && !view_u64(&n, text, STS_MAX))
			c->sts_seconds = n;
	}
}

void ircb_caps_offer(struct ircb_caps *c, struct view list)
{
	struct view word, name, value;
	unsigned cap;

	while (view_word(&list, " ", &word)) {
		view_cut(word, '=', &name, &value);
		cap = cap_named(name);
		c->offered |= cap;
		c->refused &= ~cap;
		/* A list too long for us is as none: all may be tried. */
		if (cap == IRCB_CAP_SASL)
			(void)view_copy(c->sasl, sizeof(c->sasl), value);
		if (cap == IRCB_CAP_RELAYMSG)
			(void)view_copy(c->separators, sizeof(c->separators),
					view_head(value, IRCB_SEPARATORS - 1));
		if (view_eqs(name, "sts"))
			offer_sts(c, value);
	}
}

void ircb_caps_drop(struct ircb_caps *c, struct view list)
{
	struct view word;
	unsigned cap;

	while (view_word(&list, " ", &word)) {
		cap = cap_named(word);
		c->offered &= ~cap;
		c->asked &= ~cap;
		c->on &= ~cap;
	}
}

void ircb_caps_ack(struct ircb_caps *c, struct view list)
{
	struct view word;
	unsigned cap;

	while (view_word(&list, " ", &word)) {
		bool off = word.n && word.p[0] == '-';

		cap = cap_named(view_from(word, off));
		/* Nothing goes on that we did not ask for. */
		if (!off)
			c->on |= cap & c->asked;
		else
			c->on &= ~cap;
		c->asked &= ~cap;
	}
}

void ircb_caps_nak(struct ircb_caps *c, struct view list)
{
	/* All of the REQ is refused, whatever of it the answer repeats; of
	 * several it may be one alone, so they are asked for anew. */
	bool one = c->asked && !(c->asked & (c->asked - 1));

	(void)list;
	if (one || c->singly)
		c->refused |= c->asked;
	c->singly = true;
	c->asked = 0;
}

static bool of_use(const struct ircb_caps *c, size_t i, unsigned wanted)
{
	unsigned have = c->offered & ~c->refused & wanted;
	unsigned cap = caps[i].cap;

	return (have & cap) && !((c->on | c->asked) & cap) &&
	       (have & caps[i].needs) == caps[i].needs;
}

bool ircb_caps_next(struct ircb_caps *c, unsigned wanted, struct buf *list)
{
	bool any = false;

	if (c->asked)
		return false;
	for (size_t i = 0; i < COUNT && !(any && c->singly); i++) {
		if (!of_use(c, i, wanted))
			continue;
		if (any)
			buf_addc(list, ' ');
		buf_adds(list, caps[i].name);
		c->asked |= caps[i].cap;
		any = true;
	}
	return any;
}
