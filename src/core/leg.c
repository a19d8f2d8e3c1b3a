/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of states, and how a leg prints itself. */
#include "clock.h"
#include "leg.h"
#include "room.h"

static const char *const state_names[] = {
	[LEG_DOWN] = "down",
	[LEG_JOINING] = "joining",
	[LEG_UP] = "up",
	[LEG_LOST] = "lost",
};

const char *leg_state_name(enum leg_state state)
{
	return (unsigned)state <= LEG_LOST ? state_names[state] : "unknown";
}

static int print_traffic(struct sink *out, const struct leg *l)
{
	if (!l->traffic_ms)
		return sink_printf(out, " no traffic");
	return sink_printf(out, " last traffic %llu s ago",
			   (unsigned long long)(now_ms() - l->traffic_ms) /
				   1000);
}

int leg_print(struct sink *out, const struct leg *l)
{
	int err;

	err = sink_printf(out, "%s %s %.*s %s", l->label,
			  leg_state_name(l->state),
			  VIEW_ARG(l->room->addr->text), l->target);
	if (!err && l->own_nick)
		err = sink_printf(out, " as %s", l->own_nick);
	if (!err)
		err = print_traffic(out, l);
	if (!err && l->error && l->state != LEG_UP)
		err = sink_printf(out, ": %s", l->error);
	return err ? err : sink_printf(out, "\n");
}
