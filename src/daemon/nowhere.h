/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Networks that have no gateway (any more): whoever wrote to somebody there,
 * while there was one, and was not heard in time, is told; nothing waits for
 * good. Members of rooms from there are away.
 */
#ifndef CONFAB_NOWHERE_H
#define CONFAB_NOWHERE_H

#include "bridges/bridge.h"
#include "confab.h"

struct nowhere;

/* For the networks whose gateways are not there, once those that are have
 * started, and before the store loads. */
struct nowhere *nowhere_new(struct confab *c);
/* Before the hub stops. NULL is allowed. */
void nowhere_stop(struct nowhere *n);
/* After the hub. NULL is allowed. */
void nowhere_free(struct nowhere *n);

#endif
