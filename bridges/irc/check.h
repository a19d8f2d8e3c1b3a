/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which settings of IRC networks are good: for the face, and for whoever reads
 * them out of a file. Pure. */
#ifndef CONFAB_IRC_CHECK_H
#define CONFAB_IRC_CHECK_H

#include <stdbool.h>

#include "view.h"

enum { IRC_TEXT_MAX = 128 };

/* UTF-8 on one line, at most max bytes. */
bool irc_text_ok(const char *text, size_t max);
/* A host name or an address. */
bool irc_host_ok(const char *text);
/* "host", "host:port", "[v6]", "[v6]:port". */
bool irc_server_ok(const char *text);
/* Its parts; port stays as it is where none is written. EINVAL. */
int irc_server_cut(struct view text, struct view *host, uint16_t *port);
bool irc_sasl_ok(const char *text);
/* Masks of a network's staff, divided by blanks: none that fits everybody. */
bool irc_staff_ok(const char *masks);
/* "NickServ!*@services.example": a mask with the whole nick and host. */
bool irc_services_ok(const char *mask);

#endif
