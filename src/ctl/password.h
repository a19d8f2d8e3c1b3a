/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password from a file, from the terminal without echo, or from a pipe. */
#ifndef CONFAB_PASSWORD_H
#define CONFAB_PASSWORD_H

#include "buf.h"

enum { PASSWORD_MAX = 1024 };

/* *out: owned, to be freed by mem_wipe_free(). file NULL: standard input; a
 * terminal is asked twice. An errno value, with why. */
int password_read(char **out, const char *file, struct buf *why);

#endif
