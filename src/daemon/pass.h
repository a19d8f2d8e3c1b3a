/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What confabd processes on one data base say to each other: the one that
 * stands by passes on what it receives, the one that serves answers. Frames of
 * src/io over a Unix socket; this is what is in them, without any I/O. All
 * readers give EBADMSG for what is short, left over or beyond a limit, and
 * views into the payload.
 */
#ifndef CONFAB_PASS_H
#define CONFAB_PASS_H

#include "buf.h"
#include "sip.h"
#include "users.h"

enum {
	PASS_VERSION = 1,
	PASS_DOMAIN_MAX = 255,
	PASS_REALM_MAX = 1024,
	PASS_HA1_MAX = 128,
	PASS_IDENTITY_MAX = 8 * 1024,
	PASS_PACKET_MAX = 128 * 1024,
	PASS_REASON_MAX = 255,
	PASS_HEADERS_MAX = 16,
	PASS_NAME_MAX = 64,
	PASS_VALUE_MAX = 8 * 1024,
	PASS_LINE_MAX = 16 * 1024, /* of the control protocol */
	PASS_TEXT_MAX = 64 * 1024, /* a piece of its answer */
};

enum pass_type {
	PASS_HELLO = 1, /* both ways, first */
	PASS_REQUEST,   /* to who serves; the frame's id is the request's */
	PASS_ANSWER,    /* back, with that id */
	PASS_LINE,      /* to who serves: a line of the control protocol */
	PASS_REPLY,     /* back, with that id: pieces of the answer */
	PASS_SEND,      /* from who serves: to go out over there */
	PASS_RESPONSE,  /* to who serves: the packet of an answer to that */
	PASS_LOST,      /* to who serves: a connection is gone (its id) */
	PASS_USER,      /* from who serves: one who may log in, or is gone */
	PASS_USERS,     /* from who serves, empty: those were all there are */
};

struct pass_hello {
	uint32_t version, pid;
	struct view domain;
};
void pass_put_hello(struct buf *b, const struct pass_hello *h);
/* Of another version only that is read. */
int pass_get_hello(struct pass_hello *out, struct view payload);

struct pass_request {
	struct sip_flow flow;  /* as the edge has it */
	struct view identity;  /* who speaks, as the edge settled it: a URI */
	struct view packet;
};
/* EMSGSIZE: the packet or the identity is too long. */
int pass_put_request(struct buf *b, const struct pass_request *r);
int pass_get_request(struct pass_request *out, struct view payload);

struct pass_send {
	struct sip_flow flow;  /* as the edge had it */
	struct view packet;
};
int pass_put_send(struct buf *b, const struct pass_send *s); /* EMSGSIZE */
int pass_get_send(struct pass_send *out, struct view payload);

struct pass_answer {
	int code;              /* 200..699 */
	struct view reason;    /* without NUL; or empty: the usual one */
	struct sip_header headers[PASS_HEADERS_MAX];
	size_t count;
};
/* Headers beyond the limits are left out, a reason is cut. */
void pass_put_answer(struct buf *b, const struct pass_answer *a);
int pass_get_answer(struct pass_answer *out, struct view payload);

struct pass_reply {
	bool more;
	struct view text;      /* at most PASS_TEXT_MAX bytes */
};
void pass_put_reply(struct buf *b, const struct pass_reply *r);
int pass_get_reply(struct pass_reply *out, struct view payload);

/* What is in it is secret: the buffer is to be wiped. */
struct pass_user {
	struct user user;
	bool gone;             /* only the name counts */
};
void pass_put_user(struct buf *b, const struct pass_user *u);
int pass_get_user(struct pass_user *out, struct view payload);

#endif
