/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links of rooms: what confab says in a room there, as one account. */
#ifndef CONFAB_PW_LEG_H
#define CONFAB_PW_LEG_H

#include "pw_priv.h"

void pw_leg_say(struct pw *w, const struct worker_say *say);

#endif
