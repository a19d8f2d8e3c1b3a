/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libpurple's networks, wired into the daemon: the face with the accounts of
 * the configuration, and the gateway with those of users. */
#ifndef CONFAB_PURPLEGATE_H
#define CONFAB_PURPLEGATE_H

#include "confab.h"

/* So many sections need confab-purple. */
size_t purplegate_needed(const struct conf *conf);
/* Would it be taken? EINVAL with why. */
int purplegate_check(const struct conf *conf, struct buf *why);
/* program: of the worker. EINVAL with why. */
int purplegate_face(struct confab *c, const char *program,
		    uint64_t worker_timeout_ms, struct buf *why);
/* After the face and the accounts, before the store loads. Without a domain
 * there is none, and c->pgate stays NULL. EINVAL with why. */
int purplegate_new(struct confab *c, struct buf *why);
/* What may change while it runs is as c->conf says now. */
void purplegate_reload(struct confab *c);
/* After the hub has started; before it stops; after it, before the face and
 * the accounts. */
int purplegate_start(struct confab *c);
void purplegate_stop(struct confab *c);
void purplegate_free(struct confab *c);

#endif
