/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is at the other end of a Unix socket (SO_PEERCRED, unix(7)). */
#ifndef CONFAB_PEERCRED_H
#define CONFAB_PEERCRED_H

#include <stdbool.h>

/* Only root and the user that we run as; others are logged, with what they
 * wanted. */
bool peercred_allowed(int fd, const char *what);

#endif
