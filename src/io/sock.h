/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets as src/io wants them: non-blocking, close-on-exec, v6 only v6. */
#ifndef CONFAB_SOCK_H
#define CONFAB_SOCK_H

#include "netaddr.h"

/* type: SOCK_STREAM or SOCK_DGRAM. local: where to bind, or NULL.
 * EINVAL for another family than AF_INET and AF_INET6. */
int sock_open(int *fd, int family, int type, const struct netaddr *local);
/* Gives *fd a number of at least min, if the process may have one; else all
 * stays as it is. */
void sock_raise(int *fd, int min);
/* An address without family where it is no IP socket. */
void sock_local(int fd, struct netaddr *a);
void sock_peer(int fd, struct netaddr *a);
/* An address of this host: whatever is sent there comes back to it. True as
 * well where that can't be told, for want of a descriptor. */
bool sock_is_here(const struct netaddr *a);
void sock_option(int fd, int level, int name, int value);
/* Makes somebody else's descriptor non-blocking and close-on-exec. */
int sock_flags(int fd);
/* Small writes are gathered above already; and a dead peer shows in time:
 * after dead_ms, or, for 0, when the system thinks so. */
void sock_tcp_options(int fd, uint64_t dead_ms);

#endif
