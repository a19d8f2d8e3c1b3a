/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker's whole state: accounts (one connection each, made when the first
 * leg wants to join and ended after the last part) and their legs. This is
 * what the frames of confabd become.
 */
#ifndef CONFAB_IRCB_ACCOUNT_H
#define CONFAB_IRCB_ACCOUNT_H

#include "worker.h"

struct ircb_pool;

/* One a worker; to be the arg of these ops. Freed with mem_deref() after
 * stop. */
struct ircb_pool *ircb_pool_new(void);
extern const struct worker_ops ircb_worker_ops;

#endif
