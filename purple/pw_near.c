/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections to this host and its link. Names are stopped in pw_dns.c;
 * numbers libpurple reads by itself, so connect() is ours: that of the program
 * comes before that of the C library, for all libraries.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "pw_near.h"

enum { GRANTED = 64, DNS_PORT = 53, JUST_NOW_MS = 100 };

/* The one registry of this file. */
static struct {
	pw_near_h *h;
	void *arg;
	struct netaddr granted[GRANTED]; /* a ring */
	size_t at;
	uint64_t refused_ms; /* 0: nothing */
} near;

static bool is_granted(const struct netaddr *a)
{
	for (size_t i = 0; i < GRANTED; i++)
		if (netaddr_eq(&near.granted[i], a))
			return true;
	return false;
}

static bool is_named(const struct netaddr *a)
{
	struct buf ip = { 0 };
	bool yes;

	netaddr_put_ip(&ip, a);
	yes = near.h(buf_str(&ip), near.arg);
	buf_free(&ip);
	return yes;
}

void pw_near_start(pw_near_h *h, void *arg)
{
	near.h = h;
	near.arg = arg;
}

bool pw_near_go(const char *host, const struct netaddr *a)
{
	if (!near.h || !netaddr_is_near(a) || is_granted(a))
		return true;
	if (!near.h(host, near.arg))
		return false;
	near.granted[near.at++ % GRANTED] = *a;
	return true;
}

/* Threads of plugins may not touch what is ours. */
static bool is_ours(void)
{
	return gettid() == getpid();
}

static bool is_stream(int fd)
{
	socklen_t n = sizeof(int);
	int type = SOCK_STREAM;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) ||
	       type == SOCK_STREAM;
}

/* libpurple tells it at once, in words of its own. */
bool pw_near_was_it(void)
{
	bool yes = near.refused_ms &&
		   now_ms() - near.refused_ms < JUST_NOW_MS;

	near.refused_ms = 0;
	return yes;
}

static bool is_internet(struct netaddr *a, const struct sockaddr *sa,
			socklen_t len)
{
	if (!sa || len > sizeof(a->u) ||
	    (sa->sa_family == AF_INET && len < sizeof(a->u.in)) ||
	    (sa->sa_family == AF_INET6 && len < sizeof(a->u.in6)))
		return false;
	memset(a, 0, sizeof(*a));
	memcpy(&a->u, sa, len);
	return sa->sa_family == AF_INET || sa->sa_family == AF_INET6;
}

/* Our own resolver speaks to the DNS, which is often just here. */
static bool may_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	struct netaddr a;

	if (!near.h || !is_internet(&a, sa, len) || !netaddr_is_near(&a))
		return true;
	return !is_stream(fd) || netaddr_port(&a) == DNS_PORT ||
	       (is_ours() && (is_granted(&a) || is_named(&a)));
}

int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (may_connect(fd, sa, len))
		return (int)syscall(SYS_connect, fd, sa, len);
	if (is_ours())
		near.refused_ms = now_ms();
	errno = EACCES;
	return -1;
}
