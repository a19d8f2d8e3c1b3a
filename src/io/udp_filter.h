/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a UDP socket's kernel side throws away before it costs us anything: of
 * some sources a share, by a classic BPF program (socket(7), SO_ATTACH_FILTER;
 * needs no privilege). udp_sieve() in udp.h is for everybody else.
 */
#ifndef CONFAB_UDP_FILTER_H
#define CONFAB_UDP_FILTER_H

#include <linux/filter.h>

#include "netaddr.h"

enum {
	UDP_FILTER_RULES = 256,
	UDP_FILTER_SIZE = BPF_MAXINSNS, /* instructions */
};

/* An IPv4 address, or the /64 of an IPv6 one; ports do not matter. */
struct udp_rule {
	struct netaddr src;
	uint32_t pass; /* so many of 2^32 datagrams get through, by chance */
	bool answers;  /* what begins with "SIP/" is no exception */
};

/* The program for a socket of this family, of the rules that are of it; at
 * most UDP_FILTER_RULES count. Of two for one source the first counts. The
 * number of instructions; 0: no rule is of it. */
size_t udp_filter_make(struct sock_filter prog[UDP_FILTER_SIZE], int family,
		       const struct udp_rule *rules, size_t count);
/* The socket keeps to these rules from now on, and no others. E2BIG: to the
 * first of them, as many as the system has memory for; else an errno, and to
 * none. */
int udp_filter_set(int fd, int family, const struct udp_rule *rules,
		   size_t count);
/* How many packets the kernel has thrown away for the socket, for whatever
 * reason; it wraps. */
int udp_filter_drops(uint32_t *drops, int fd);

#endif
