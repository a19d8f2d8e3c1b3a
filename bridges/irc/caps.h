/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server can do beyond RFC 2812 (IRCv3 capability negotiation, with
 * cap-notify): what it offers, what we ask for, what is on. Pure.
 */
#ifndef CONFAB_IRCB_CAPS_H
#define CONFAB_IRCB_CAPS_H

#include "buf.h"

enum ircb_cap {
	IRCB_CAP_TAGS = 1 << 0,
	IRCB_CAP_TIME = 1 << 1,
	IRCB_CAP_BATCH = 1 << 2,
	IRCB_CAP_ECHO = 1 << 3,
	IRCB_CAP_LABEL = 1 << 4,
	IRCB_CAP_ACCOUNT_TAG = 1 << 5,
	IRCB_CAP_ACCOUNT_NOTIFY = 1 << 6,
	IRCB_CAP_EXTENDED_JOIN = 1 << 7,
	IRCB_CAP_AWAY = 1 << 8,
	IRCB_CAP_MULTI_PREFIX = 1 << 9,
	IRCB_CAP_CHGHOST = 1 << 10,
	IRCB_CAP_SETNAME = 1 << 11,
	IRCB_CAP_USERHOST = 1 << 12,
	IRCB_CAP_NOTIFY = 1 << 13,
	IRCB_CAP_HISTORY = 1 << 14,
	IRCB_CAP_SASL = 1 << 15,
	IRCB_CAP_RELAYMSG = 1 << 16,
	IRCB_CAP_EXTENDED_MONITOR = 1 << 17
};

enum { IRCB_SASL_LIST = 256, IRCB_SEPARATORS = 8 };

struct ircb_caps {
	unsigned offered, asked, refused, on; /* enum ircb_cap */
	bool singly;			      /* one was refused with others */
	char sasl[IRCB_SASL_LIST];	      /* "PLAIN,EXTERNAL"; or empty */
	char separators[IRCB_SEPARATORS];     /* of RELAYMSG; or empty */
	uint16_t sts_port;		      /* 0: not said */
	bool sts;
	uint64_t sts_seconds; /* how long to remember it */
};

/* Lists as servers write them, "a b=value c"; what we do not know is left
 * out. LS and NEW; LIST is of no use to us; DEL; ACK; NAK. */
void ircb_caps_offer(struct ircb_caps *c, struct view list);
void ircb_caps_drop(struct ircb_caps *c, struct view list);
void ircb_caps_ack(struct ircb_caps *c, struct view list);
void ircb_caps_nak(struct ircb_caps *c, struct view list);

/* What to ask for next, of what is wanted and offered: true and the list of
 * one REQ; false: nothing is left to ask for. */
bool ircb_caps_next(struct ircb_caps *c, unsigned wanted, struct buf *list);

#endif
