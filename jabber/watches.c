/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate_priv.h"

const struct gate_module watches_module = { .start = NULL };

enum gate_watch watches_watch(void *gate, struct addr *watcher,
			      struct addr *target, bool once)
{
	(void)gate;
	(void)watcher;
	(void)target;
	(void)once;
	return GATE_WATCH_NOWHERE;
}

void watches_unwatch(void *gate, struct addr *watcher, struct addr *target)
{
	(void)gate;
	(void)watcher;
	(void)target;
}

bool watches_show(void *gate, struct addr *watcher, struct addr *target,
		  struct presence_state *out)
{
	(void)gate;
	(void)watcher;
	(void)target;
	(void)out;
	return false;
}
