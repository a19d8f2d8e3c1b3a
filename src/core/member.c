/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of roles and states, and how a member prints itself. */
#include "clock.h"
#include "member.h"
#include "room.h"

static const char *const role_names[] = {
	[ROLE_NONE] = "none",
	[ROLE_MEMBER] = "member",
	[ROLE_ADMIN] = "admin",
	[ROLE_OWNER] = "owner",
};

static const char *const state_names[] = {
	[MEMBER_INVITED] = "invited",
	[MEMBER_JOINED] = "joined",
	[MEMBER_BANNED] = "banned",
};

const char *member_role_name(enum member_role role)
{
	return (unsigned)role <= ROLE_OWNER ? role_names[role] : "unknown";
}

const char *member_state_name(enum member_state state)
{
	return (unsigned)state <= MEMBER_BANNED ? state_names[state]
						: "unknown";
}

int member_print(struct sink *out, const struct member *m)
{
	uint64_t behind = m->room->committed > m->cur.acked
				  ? m->room->committed - m->cur.acked
				  : 0;

	return sink_printf(
		out, "%.*s %s %s behind %llu%s%s\n", VIEW_ARG(m->addr->text),
		member_role_name(m->role), member_state_name(m->state),
		(unsigned long long)behind, m->tries ? " put off" : "",
		member_muted_until_ms(m) > wall_ms() ? " muted" : "");
}
