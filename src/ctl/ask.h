/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket, as a client: one request, one answer. */
#ifndef CONFAB_ASK_H
#define CONFAB_ASK_H

#include <jansson.h>

#include "buf.h"

/* The socket, or -1 with errno. */
int ask_open(const char *path);
/* Sends request (taken) and waits for the line that answers it; in is emptied
 * first. EILSEQ: the request can't be sent, EPIPE: the daemon hung up. */
int ask(int fd, json_t *request, struct buf *in);

#endif
