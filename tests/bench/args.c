/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See args.h. */
#include "args.h"

#include <arpa/inet.h>
#include <errno.h>

#include "view.h"

int args_loopback(struct sockaddr_in *sa, const char *text)
{
	struct view host, port;
	char bytes[INET_ADDRSTRLEN];
	uint64_t n;

	view_rcut(view_str(text), ':', &host, &port);
	if (view_copy(bytes, sizeof(bytes), host) ||
	    view_u64(&n, port, 65535) || !n)
		return EINVAL;
	*sa = (struct sockaddr_in){ .sin_family = AF_INET };
	sa->sin_port = htons((uint16_t)n);
	if (inet_pton(AF_INET, bytes, &sa->sin_addr) != 1)
		return EINVAL;
	return ntohl(sa->sin_addr.s_addr) >> 24 == 127 ? 0 : EINVAL;
}

int args_number(unsigned *out, const char *text, unsigned max)
{
	uint64_t n;

	if (view_u64(&n, view_str(text), max) || !n)
		return EINVAL;
	*out = (unsigned)n;
	return 0;
}
