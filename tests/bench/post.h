/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The load generator's UDP sockets, read and written in batches. */
#ifndef CONFAB_BENCH_POST_H
#define CONFAB_BENCH_POST_H

#include <netinet/in.h>
#include <stdbool.h>

#include "view.h"

struct post;

enum { POST_ANSWER_MAX = 4096 };

struct packet {
	struct view bytes;
	uint64_t at_us; /* when its batch was read */
	char *answer;   /* POST_ANSWER_MAX bytes for what goes back */
};

/* How many bytes of answer there are; 0: nothing goes back. */
typedef size_t (post_h)(const struct packet *p, void *arg);

struct post_conf {
	struct sockaddr_in bind, server;
	unsigned sockets; /* on bind's port and those after it */
	bool places;      /* one socket, for bind's address and those after */
	post_h *posth;
	void *arg;
};

int post_open(struct post **pp, const struct post_conf *conf);
/* From socket number "from", or that address. A full buffer is waited for. */
int post_send(struct post *p, unsigned from, struct view bytes);
/* Waits for at most this long, then hands on what is there. The count. */
unsigned post_poll(struct post *p, int wait_ms);
uint64_t post_us(void); /* the clock of at_us */

#endif
