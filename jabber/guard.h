/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A limit on libstrophe's TLS handshake, which waits for the server inside
 * xmpp_run_once(), for ever if need be: a server that falls silent in the
 * middle would hold up all accounts of the worker.
 */
#ifndef CONFAB_JABBER_GUARD_H
#define CONFAB_JABBER_GUARD_H

#include <stdbool.h>
#include <stddef.h>

enum { GUARD_FDS_MAX = 4, GUARD_MS = 5000 };

/* Between these two, for at most GUARD_MS: then the sockets are shut down,
 * which ends the wait with an error. count is at most GUARD_FDS_MAX. */
void guard_begin(const int *fds, size_t count);
/* Did it have to? */
bool guard_end(void);

#endif
