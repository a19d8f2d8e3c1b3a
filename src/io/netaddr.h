/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Socket addresses: IPv4 and IPv6 with a port. */
#ifndef CONFAB_NETADDR_H
#define CONFAB_NETADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "buf.h"

struct netaddr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
};

enum { NETADDR_TEXT_MAX = 64 };

/* From numeric text "127.0.0.1" or "::1" or "[::1]"; EBADMSG otherwise. */
int netaddr_set(struct netaddr *a, struct view ip, uint16_t port);
/* "127.0.0.1:5060" or "[::1]:5060". */
int netaddr_parse(struct netaddr *a, struct view text);
socklen_t netaddr_len(const struct netaddr *a);
int netaddr_family(const struct netaddr *a);
uint16_t netaddr_port(const struct netaddr *a);
void netaddr_set_port(struct netaddr *a, uint16_t port);
bool netaddr_eq(const struct netaddr *a, const struct netaddr *b);
uint64_t netaddr_hash(const struct netaddr *a);
bool netaddr_is_loopback(const struct netaddr *a);
bool netaddr_is_any(const struct netaddr *a);
/* Leads nowhere but to this host, its link or many at once: 0/8, 127/8,
 * 169.254/16, 224/4, 240/4, ::, ::1, fe80::/10, ff00::/8. Nobody elsewhere has
 * a reason to send us there. */
bool netaddr_is_near(const struct netaddr *a);
/* "127.0.0.1:5060", "[::1]:5060". */
void netaddr_put(struct buf *b, const struct netaddr *a);
/* The address alone: "127.0.0.1", "::1". */
void netaddr_put_ip(struct buf *b, const struct netaddr *a);
const char *netaddr_str(char dst[NETADDR_TEXT_MAX], const struct netaddr *a);
/* IPv4-mapped IPv6 becomes IPv4, in place. */
void netaddr_unmap(struct netaddr *a);

/* "10.0.0.0/8", "::1", "2001:db8::/32". Mapped ones are those of IPv4, which
 * is what peers have here. */
struct netmask {
	struct netaddr base;
	unsigned bits;
};
int netmask_parse(struct netmask *m, struct view text);
bool netmask_has(const struct netmask *m, const struct netaddr *a);

#endif
