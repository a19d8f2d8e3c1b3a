/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of a user's device: how much it takes at once, and in which
 * form. Learned from what it says of itself (User-Agent, Accept) and from its
 * refusals; what the operator says of its kind goes before all that.
 */
#ifndef CONFAB_DEVICE_H
#define CONFAB_DEVICE_H

#include "buf.h"
#include "sip.h"

enum {
	DEVICE_BODY_UDP = 3000,      /* pjsua takes packets of 4000 bytes */
	DEVICE_BODY_STREAM = 16 * 1024,
	DEVICE_BODY_MIN = 160,       /* less is never asked for */
	DEVICE_AGENT_MAX = 128,      /* bytes of a User-Agent that are kept */
};

#define DEVICE_TYPING_TYPE "application/im-iscomposing+xml"

/* The operator's word on devices of one kind, or of one user. */
enum device_say { SAY_NOTHING, SAY_NO, SAY_YES };
struct device_rule {
	const char *pattern;     /* part of a User-Agent in any case, or
				    "sip:user@host"; static or owned by who
				    made the rule */
	uint32_t max_bytes;      /* 0: not said */
	uint32_t max_chars;      /* likewise */
	enum device_say typing;
	enum device_say charset; /* yes: text/plain;charset=UTF-8 */
	enum device_say cpim;    /* yes: message/cpim around that */
};
struct device_rules {
	const struct device_rule *rule;
	size_t count;
};

/* Learned of a device. All zeros: nothing yet. Kept in the store as traits,
 * so that the numbers must not change. */
enum device_trait {
	DEVICE_BARE = 1 << 0,        /* text/plain without a charset */
	DEVICE_TYPES = 1 << 1,       /* takes typing notices */
	DEVICE_TYPES_NOT = 1 << 2,   /* refused one */
	DEVICE_CPIM = 1 << 3,        /* takes message/cpim */
	DEVICE_SMALL = 1 << 4,       /* learned holds for streams as well */
	DEVICE_PLAIN_NOT = 1 << 5,   /* takes no text/plain */
	DEVICE_CPIM_NOT = 1 << 6,    /* refused message/cpim */
	DEVICE_REPORTS = 1 << 7,     /* takes message/imdn+xml (RFC 5438) */
	DEVICE_BEHIND = 1 << 8,      /* its REGISTER came by a proxy */
};

/* What a text is sent as. */
enum device_type {
	DEVICE_TYPE_FULL, /* text/plain;charset=UTF-8 */
	DEVICE_TYPE_BARE, /* text/plain */
	DEVICE_TYPE_CPIM, /* message/cpim around the first (RFC 3862) */
};

struct device {
	uint32_t kind;    /* bytes that its kind takes, 0: no limit known */
	bool sms;         /* its kind takes as much as a short message has */
	uint32_t learned; /* bytes that it did not refuse, 0: all so far */
	uint32_t traits;  /* enum device_trait */
	const struct device_rule *rule; /* borrowed, or NULL */
};

/* What to keep to when sending. */
struct device_form {
	size_t body_max; /* bytes of one MESSAGE's body */
	bool sms;        /* and no more than a short message has: 160
			    characters, 70 where they are not GSM's */
	size_t chars;    /* characters of one MESSAGE's text, 0: any number */
	enum device_type type;
	bool typing;     /* takes typing notices */
	bool reports;    /* reports what has arrived, and takes such reports,
			    in message/cpim */
};
/* d may be NULL: nothing is known. */
struct device_form device_form(const struct device *d,
			       enum sip_transport transport);

/* Its kind, by its User-Agent, and the first rule for that or for its user. */
void device_name(struct device *d, struct view aor, struct view agent,
		 const struct device_rules *rules);
/* What its Contact says is for a proxy, or for us. */
void device_is_behind(struct device *d, bool behind);
/* Another device than before: nothing that was learned counts. */
void device_forget(struct device *d);

/* A request of it; true: it has told us something new. */
struct device_heard {
	struct view user_agent, accept; /* headers, or empty */
	bool typing;                    /* it is a typing notice itself */
	bool reports;                   /* it asks for a report */
};
bool device_heard(struct device *d, const struct device_heard *heard);

/* A final answer to a text. */
struct device_answer {
	int status;
	enum sip_transport transport;
	size_t body;        /* bytes that we sent, */
	enum device_type type; /* as this */
	struct view accept; /* its Accept header, or empty */
};
/* True: the refusal has taught us something, the same text should be sent
 * again at once, as device_form() says now. */
bool device_answered(struct device *d, const struct device_answer *a);
/* It refused a typing notice. */
void device_no_typing(struct device *d);
/* It refused a report. */
void device_no_reports(struct device *d);

/* "at most 3000 bytes, no charset, typing", for the operator. */
void device_put(struct buf *b, const struct device *d,
		enum sip_transport transport);

#endif
