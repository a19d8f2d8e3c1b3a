/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A datagram to the service manager. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"
#include "view.h"

void notify_state(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	socklen_t len;
	int fd;

	if (!path || view_copy(sa.sun_path, sizeof(sa.sun_path),
			       view_str(path)))
		return;
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(path));
	/* "@name" is an address in the abstract name space. */
	if (sa.sun_path[0] == '@')
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		      (struct sockaddr *)&sa, len);
	close(fd);
}

uint64_t notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");
	uint64_t n;

	if (pid && (view_u64(&n, view_str(pid), UINT32_MAX) ||
		    n != (uint64_t)getpid()))
		return 0;
	if (!usec || view_u64(&n, view_str(usec), UINT64_MAX))
		return 0;
	return n / 2000;
}
