/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operator's socket: a Unix socket (0600, peer checked), one JSON object
 * a line each way:
 *
 *   {"argv":["members","lobby"]}
 *   {"ok":true,"result":[...]}  or  {"ok":false,"error":"..."}
 */
#ifndef CONFAB_CONTROL_H
#define CONFAB_CONTROL_H

#include "confab.h"

struct control;

/* EADDRINUSE, EACCES, ENOENT ... as errno values. */
int control_open(struct control **cp, struct confab *c, const char *path);
/* A line from elsewhere; its answer, a line, comes once, now or later, and not
 * after control_close(). */
typedef void (control_reply_h)(struct view text, uint64_t a, uint64_t b,
			       void *arg);
void control_take(struct control *c, struct view line, control_reply_h *h,
		  uint64_t a, uint64_t b, void *arg);
/* NULL is allowed. */
void control_close(struct control *c);

/* For store_load(): a user as the store has him. */
void control_load_user(const struct store_user *u, void *confab);

#endif
