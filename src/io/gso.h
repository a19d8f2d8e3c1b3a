/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams of one size to one address, behind each other in memory, leave
 * the process as one and are cut by the kernel (UDP_SEGMENT, udp(7)): the
 * way through its stack is most of what a fan-out costs. The same for what
 * comes in.
 */
#ifndef CONFAB_GSO_H
#define CONFAB_GSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	GSO_SEGMENTS = 64,   /* what any kernel takes at a time */
	GSO_SIZE_MAX = 1232, /* of a segment: below any path's MTU, which the
				kernel insists on */
	GSO_BYTES = 65000,   /* of all of them */
};

struct gso_note {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

/* Whether this kernel can. */
bool gso_has(int fd);
/* h is to be cut every size bytes; 0: not at all. note is kept by h. */
void gso_cut(struct msghdr *h, struct gso_note *note, size_t size);
/* After a send failed with this: the way out cannot do it, ever. */
bool gso_is_refusal(int err);

/* The other way round: from now on what came from one address, in datagrams of
 * one size, is read as one (UDP_GRO, udp(7)). False: it is not. */
bool gro_on(int fd);
struct gro_note {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
};
/* h gets room for what gro_size() reads; note is kept by h. */
void gro_ask(struct msghdr *h, struct gro_note *note);
/* The size of all but the last of the datagrams in what was read; 0: it is
 * one. */
size_t gro_size(struct msghdr *h);

#endif
