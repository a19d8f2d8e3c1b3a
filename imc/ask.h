/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A request that is being answered: everything that the answer needs, kept
 * until the disk has said yes. An ask is made for each MESSAGE, and gets
 * exactly one SIP answer.
 */
#ifndef CONFAB_IMC_ASK_H
#define CONFAB_IMC_ASK_H

#include "hub.h"
#include "quota.h"
#include "line.h"
#include "rights.h"
#include "sip.h"

struct imc;

struct ask {
	struct imc *imc;      /* ref */
	uint64_t txn;
	struct sip_flow flow;
	uint64_t binding;     /* id of the device that asks */
	struct addr *user;    /* ref; who asks */
	struct addr *room;    /* ref; which room it is about, or NULL */
	struct place at;      /* the room that the request's URI names; no
				 name: the manager */
	struct addr *person;  /* ref; at is no room but this user, or NULL */
	struct addr *gate;    /* ref; at is this address of a gateway, or
				 NULL */
	bool exists;          /* at is the manager, or a room or a user that
				 there is */
	struct view sender;   /* his From URI, with its port */
	struct view here;     /* what it was sent to, without parameters */
	struct view call_id;
	int family;           /* of return codes: -50 for #invite */
	enum verb verb;       /* what he wants to do */
	struct addr *other;   /* ref; whom it is about, or NULL */
	enum text done;       /* to be told him after the commit */
	char *note;           /* owned; what that text names, or NULL */
	uint64_t wait_s;      /* Retry-After of a refusal; 0: as usual */
	bool told;            /* he knows why: the status will do */
	unsigned hops;        /* Max-Forwards; 0: not said */
	bool quiet;           /* what he sent was written by itself: no words
				 to him */
	void (*after)(struct ask *a); /* after that, or NULL */
	char bytes[];         /* what the views point into */
};

struct ask *ask_new(struct imc *i, const struct sip_request *req,
		    struct addr *user);
/* What tells the words of req from all others. */
void ask_add_dedupe(struct buf *b, const struct ask *a,
		    const struct sip_request *req);
/* What goes with his words (meta.h). */
void ask_add_meta(struct buf *b, const struct ask *a);
/* It is about this room. */
void ask_about(struct ask *a, const struct room *r);
void ask_answer(const struct ask *a, int code);
/* 415, and what is taken. */
void ask_refuse_type(const struct ask *a);

/* The room that it is about; NULL: none, or it is gone. */
struct room *ask_room(const struct ask *a);

/* Adds a text in our dialect; args->who is named as r (may be NULL) knows
 * him. args may be NULL: about him who asks. */
void ask_add(struct buf *out, const struct ask *a, enum text t,
	     const struct text_args *args);

/* Where answers to him who asks go: the device that asked. conf->to is a
 * reference for the caller to drop, also after an error. sender: what else
 * than his address he is to be called, or empty. */
struct letter_conf;
int ask_way(const struct ask *a, struct letter_conf *conf,
	    struct view sender);

/* Who is seen to speak, and to whom: the room to the user's own address, the
 * room to what he calls himself, the address he wrote to, the manager. */
enum tell { TELL_ROOM, TELL_ROOM_SENDER, TELL_HERE, TELL_MANAGER };
void ask_tell(const struct ask *a, enum tell how, struct view text);
/* 200, and a text about him who asks. */
void ask_tell_now(const struct ask *a, enum tell how, enum text t);

/* Status, text and return code. args as in ask_add(). */
void ask_refuse(const struct ask *a, enum refusal why);
void ask_refuse_with(const struct ask *a, enum refusal why,
		     const struct text_args *args);

/* Takes one from the bucket of what; key as in quota_take(). False: there is
 * none, and he is refused. */
bool ask_within(struct ask *a, enum quota what, uint64_t key);

/* Hands to the hub, with hub_done_h = one of these: it takes its own
 * reference. */
struct ask *ask_keep(struct ask *a);
hub_done_h ask_on_done; /* a command: 200, a->done, a->after */
hub_done_h ask_on_said; /* words: 202 */

#endif
