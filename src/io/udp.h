/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP sockets, ours under the loop: received by recvmmsg, sent in batches by
 * sendmmsg at the end of the loop's turn.
 */
#ifndef CONFAB_UDP_H
#define CONFAB_UDP_H

#include "loop.h"
#include "netaddr.h"
#include "udp_filter.h"

struct udp;

enum { UDP_DATAGRAM_MAX = 65535 };

/* p[0..n) is borrowed until the handler returns, and may be changed by it. */
typedef void (udp_recv_h)(char *p, size_t n, const struct netaddr *src,
			  void *arg);

/* Bound to local (port 0: any; udp_local() tells). recv_max: longer datagrams
 * are cut and counted, never handed up (0: UDP_DATAGRAM_MAX). EADDRINUSE,
 * EACCES ... as errno. */
int udp_open(struct udp **up, struct loop *l, const struct netaddr *local,
	     size_t recv_max, udp_recv_h *h, void *arg);
void udp_close(struct udp *u); /* flushes first; NULL is allowed */
const struct netaddr *udp_local(const struct udp *u);
/* Room for n bytes in the batch to be sent to dst, or NULL when n is over
 * UDP_DATAGRAM_MAX. Fill it at once, then call udp_commit() with the true
 * length (0: nothing is sent). Saves a copy in the fan-out. */
char *udp_reserve(struct udp *u, size_t n);
void udp_commit(struct udp *u, const struct netaddr *dst, size_t n);
/* EMSGSIZE over UDP_DATAGRAM_MAX; ENOBUFS (and queue_dropped counts it) when
 * 8,192 datagrams or 8 MiB wait because the kernel takes no more. */
int udp_send(struct udp *u, const struct netaddr *dst, const void *p,
	     size_t n);
void udp_flush(struct udp *u);
/* What comes meanwhile waits in the kernel, until somebody looks. */
void udp_pause(struct udp *u, bool paused);
void udp_look(struct udp *u);
/* From now on the kernel keeps to these rules, and no others (0: none). E2BIG:
 * to fewer of them, the first ones; else an errno, and to none. */
int udp_sieve(struct udp *u, const struct udp_rule *rules, size_t count);
/* What the kernel has thrown away so far: by these rules, and because there
 * was no room for it. Datagrams that came joined count as one. */
uint64_t udp_lost(struct udp *u);
/* How much may wait in the kernel to be read, as it counts (skbs). */
size_t udp_recv_room(const struct udp *u);

struct udp_stats {
	uint64_t received, sent, too_long, send_failed, queue_dropped;
};
void udp_stats(const struct udp *u, struct udp_stats *out);

#endif
