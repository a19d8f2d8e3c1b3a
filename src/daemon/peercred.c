/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's word for it. */
#include "peercred.h"

#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

bool peercred_allowed(int fd, const char *what)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	if (cred.uid == 0 || cred.uid == geteuid())
		return true;
	log_warning("%s: refused user %u", what, (unsigned)cred.uid);
	return false;
}
