/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GLib's default main context is the worker's loop, as some of libpurple's
 * protocols use it by themselves; ours is one source of it.
 */
#ifndef CONFAB_PW_LOOP_H
#define CONFAB_PW_LOOP_H

#include "loop.h"

/* Once; l is borrowed for ever. */
void pw_loop_attach(struct loop *l);
/* Gives libpurple its timers and descriptors, before purple_core_init(). */
void pw_loop_ui(void);

#endif
