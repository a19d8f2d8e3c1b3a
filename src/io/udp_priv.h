/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A socket's inside, for udp.c (its life, the way out) and udp_recv.c (the way
 * in). */
#ifndef CONFAB_UDP_PRIV_H
#define CONFAB_UDP_PRIV_H

#include "gso.h"
#include "udp.h"

enum { BATCH = 64 };

struct entry {
	struct netaddr dst;
	uint32_t off, len;
};

struct batch {
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
};

struct udp {
	struct loop *l;          /* borrowed */
	struct loop_watch *watch; /* owned */
	int fd;                  /* owned; -1: closed */
	struct netaddr local;
	udp_recv_h *h;
	void *arg;
	struct udp_stats stats;
	struct loop_idle flush;
	bool blocked; /* waiting until the kernel takes more */
	bool paused;

	size_t recv_max;
	size_t recv_room; /* SO_RCVBUF, as the kernel took it */
	char *in; /* owned */
	struct netaddr src[BATCH];
	struct batch rx;
	struct gro_note cuts[BATCH];
	bool gro; /* what comes in may be joined */
	bool sieved; /* has been since it last was without rules */
	uint32_t drops; /* as the kernel counts them; it wraps */
	uint64_t lost;

	char *out; /* owned */
	size_t out_used, out_cap;
	struct entry *queue; /* owned; [head..tail) wait */
	size_t head, tail, queue_cap;
	struct batch tx;
	unsigned runs[BATCH]; /* how many entries each of tx's messages is */
	struct gso_note notes[BATCH];
	bool gso;
	size_t singly; /* so many of the next entries are not joined */
};

static inline void udp_set_events(struct udp *u)
{
	loop_rewatch(u->watch, (u->paused ? 0 : LOOP_READ) |
				       (u->blocked ? LOOP_WRITE : 0));
}

/* ---- udp_recv.c ---- */

void udp_receive_init(struct udp *u, size_t recv_max);
void udp_on_ready(int events, void *arg);

#endif
