/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SIP face with everything real around it (hub, store, SIP edge) in one
 * loop, and users who are UDP sockets on 127.0.0.1.
 */
#ifndef CONFAB_IMC_RIG_H
#define CONFAB_IMC_RIG_H

#include "hub.h"
#include "imc.h"

enum { GOT_MAX = 64, GOT_TEXT_MAX = 4096 };

/* A MESSAGE that a user received, whole. */
struct got {
	char text[GOT_TEXT_MAX];
	bool seen; /* by got_text() */
};

struct user {
	const char *uri;   /* of his From: "sip:alice@confab.example" */
	int fd;
	uint16_t port;
	int answer;        /* his device's status; 0: none at all */
	const char *hops;  /* his Max-Forwards; NULL: 70 */
	unsigned cseq;     /* of his newest request */
	unsigned branch;   /* likewise */
	int status;        /* of the final answer to it, 0: none yet */
	char reply[GOT_TEXT_MAX]; /* that answer, whole */
	struct got got[GOT_MAX];
	size_t count;
	size_t repeats;    /* retransmissions, not in got */
	size_t *heard;     /* if set: MESSAGEs are only counted, here */
};

struct rig {
	struct loop *loop;
	struct dns *dns;
	struct store *store;
	struct loop_waker *waker;
	struct hub *hub;
	struct imc *imc;
	struct sip *sip;
	struct netaddr addr; /* where confab listens */
	char dir[64];
	struct user *users[16]; /* borrowed */
	size_t user_count;
};

/* conf: loop, hub and so on are filled in. NULL: as the sample file. */
void rig_start(struct rig *r, const struct imc_conf *conf);
/* The same disk, all else new. */
void rig_restart(struct rig *r, const struct imc_conf *conf);
void rig_stop(struct rig *r); /* users are closed, the folder goes */
/* A conf with the defaults. */
struct imc_conf rig_conf(void);

void user_open(struct rig *r, struct user *u, const char *uri);
/* A MESSAGE with this body, text/plain, as a new call. */
void user_send(struct rig *r, struct user *u, const char *to,
	       const char *body);
/* The same with headers of the caller's making: "Content-Type: x\r\n". */
void user_send_as(struct rig *r, struct user *u, const char *to,
		  const char *headers, const char *body);
/* user_send(), and the final status. */
int user_ask(struct rig *r, struct user *u, const char *to, const char *body);

/* Turns the loop until cond holds, at most 5 s. */
#define RIG_AWAIT(r, cond) \
	do { \
		bool rig_ok = (cond); \
		for (int rig_n = 0; !rig_ok && rig_n < 500; rig_n++) { \
			rig_turn(r); \
			rig_ok = (cond); \
		} \
		assert_true(rig_ok); \
	} while (0)
void rig_turn(struct rig *r);
/* A few turns in which nothing is to happen. */
void rig_settle(struct rig *r);

/* A MESSAGE with just this From URI and body came; each counts once. */
bool got_text(struct user *u, const char *from, const char *body);
/* How many that were not asked for yet. */
size_t got_unseen(const struct user *u);
const char *got_last(const struct user *u); /* the newest, whole; or "" */

#endif
