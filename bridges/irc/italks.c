/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one to one, and how nicks are. */
#include "igate_priv.h"

void italks_settled(void *gate, struct addr *to, const struct msg *m,
		    enum gate_fate fate, int status)
{
	(void)gate;
	(void)to;
	(void)m;
	(void)fate;
	(void)status;
}

void italks_presence(void *gate, struct addr *user,
		     const struct presence_state *s)
{
	(void)gate;
	(void)user;
	(void)s;
}

enum gate_watch italks_watch(void *gate, struct addr *watcher,
			     struct addr *target, bool once)
{
	(void)gate;
	(void)watcher;
	(void)target;
	(void)once;
	return GATE_WATCH_NONE;
}

void italks_unwatch(void *gate, struct addr *watcher, struct addr *target)
{
	(void)gate;
	(void)watcher;
	(void)target;
}

bool italks_show(void *gate, struct addr *watcher, struct addr *target,
		 struct presence_state *out)
{
	(void)gate;
	(void)watcher;
	(void)target;
	(void)out;
	return false;
}

void italks_fanout(struct igate *g, struct room *room, struct msg *msg,
		   struct member *const *members, size_t count)
{
	(void)g;
	(void)room;
	(void)msg;
	(void)members;
	(void)count;
}

const struct igate_module igate_talks = { 0 };
