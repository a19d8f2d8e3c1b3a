/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See gso.h. */
#include "gso.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>


bool gso_has(int fd)
{
	int size = 0;
	socklen_t n = sizeof(size);

	return !getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &n);
}


void gso_cut(struct msghdr *h, struct gso_note *note, size_t size)
{
	uint16_t bytes = (uint16_t)size;
	struct cmsghdr *c;

	h->msg_control = size ? note->bytes : NULL;
	h->msg_controllen = size ? sizeof(note->bytes) : 0;
	if (!size)
		return;
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(bytes));
	memcpy(CMSG_DATA(c), &bytes, sizeof(bytes));
}


/* EIO: a device without checksums of its own, or IPsec. */
bool gso_is_refusal(int err)
{
	return err == EIO || err == EINVAL || err == EOPNOTSUPP ||
	       err == ENOPROTOOPT;
}


bool gro_on(int fd)
{
	int on = 1;

	return !setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
}


void gro_ask(struct msghdr *h, struct gro_note *note)
{
	h->msg_control = note->bytes;
	h->msg_controllen = sizeof(note->bytes);
}


size_t gro_size(struct msghdr *h)
{
	struct cmsghdr *c;
	int size;

	for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO ||
		    c->cmsg_len < CMSG_LEN(sizeof(size)))
			continue;
		memcpy(&size, CMSG_DATA(c), sizeof(size));
		return size > 0 ? (size_t)size : 0;
	}
	return 0;
}
