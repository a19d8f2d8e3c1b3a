/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A confab-irc that is ready, and a server that the test plays itself. */
#ifndef CONFAB_IRC_WORLD_H
#define CONFAB_IRC_WORLD_H

#include "irc_rig.h"

struct world {
	struct rig rig;
	struct peer srv;
	int listener;
	unsigned port;
};

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	if (test_setup(state))
		return 1;
	w->listener = rig_listen(&w->port);
	rig_start(&w->rig);
	rig_await(&w->rig, WIRE_READY, WIRE_VERSION);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	rig_stop(&w->rig);
	close(w->listener);
	mem_free(w);
	return test_teardown(state);
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
