/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making sockets, and asking them for their addresses. */
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

typedef int (name_h)(int fd, struct sockaddr *sa, socklen_t *len);

/* These options are wishes: a socket works without them. */
void sock_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}


static int sock_bind(int fd, int type, const struct netaddr *local)
{
	/* For UDP it would let a second process steal the port. */
	if (type == SOCK_STREAM)
		sock_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return bind(fd, &local->u.sa, netaddr_len(local)) ? errno : 0;
}


int sock_open(int *fdp, int family, int type, const struct netaddr *local)
{
	int fd, err = 0;

	if (family != AF_INET && family != AF_INET6)
		return EINVAL;
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (family == AF_INET6)
		sock_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (local)
		err = sock_bind(fd, type, local);
	if (err)
		close(fd);
	else
		*fdp = fd;
	return err;
}


void sock_raise(int *fd, int min)
{
	int high;

	if (*fd >= min)
		return;
	high = fcntl(*fd, F_DUPFD_CLOEXEC, min);
	if (high < 0)
		return;
	close(*fd);
	*fd = high;
}


static void sock_name(int fd, struct netaddr *a, name_h *h)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	memset(a, 0, sizeof(*a));
	if (h(fd, (struct sockaddr *)&ss, &len))
		return;
	if (ss.ss_family == AF_INET || ss.ss_family == AF_INET6)
		memcpy(a, &ss, sizeof(*a));
}


void sock_local(int fd, struct netaddr *a)
{
	sock_name(fd, a, getsockname);
}


void sock_peer(int fd, struct netaddr *a)
{
	sock_name(fd, a, getpeername);
}


/* What is sent to an address of our own is sent from it: the kernel says so
 * without a packet. */
bool sock_is_here(const struct netaddr *a)
{
	struct netaddr to = *a, from;
	int fd, err;

	netaddr_unmap(&to);
	if (netaddr_is_loopback(&to) || netaddr_is_any(&to))
		return true;
	if (sock_open(&fd, netaddr_family(&to), SOCK_DGRAM, NULL))
		return true;
	err = connect(fd, &to.u.sa, netaddr_len(&to));
	sock_local(fd, &from);
	close(fd);
	netaddr_set_port(&from, netaddr_port(&to));
	return !err && netaddr_eq(&from, &to);
}


int sock_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC))
		return errno;
	return 0;
}


/* Probes from half of the time on, so that silence is noticed by its end. */
static void sock_give_up(int fd, uint64_t ms)
{
	int s = (int)(ms / 1000);

	sock_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)ms);
	sock_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, s / 2 ? s / 2 : 1);
	sock_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, s / 6 ? s / 6 : 1);
	sock_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}


void sock_tcp_options(int fd, uint64_t dead_ms)
{
	sock_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	sock_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (dead_ms)
		sock_give_up(fd, dead_ms);
}
