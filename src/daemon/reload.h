/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the configuration again while the daemon runs. */
#ifndef CONFAB_RELOAD_H
#define CONFAB_RELOAD_H

#include "confab.h"

/* In a moment, once, however often it is asked for. */
void reload_soon(struct confab *c);

#endif
