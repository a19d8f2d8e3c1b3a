/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A member of a room: who, in which role, how far. */
#ifndef CONFAB_MEMBER_H
#define CONFAB_MEMBER_H

#include "addr.h"
#include "cursor.h"
#include "list.h"
#include "sink.h"

enum member_role { ROLE_NONE, ROLE_MEMBER, ROLE_ADMIN, ROLE_OWNER };
enum member_state { MEMBER_INVITED, MEMBER_JOINED, MEMBER_BANNED };

struct room;
struct face;

struct member {
	struct hnode by_addr;  /* room's table, key: addr */
	struct hnode by_id;    /* hub's table, key: id */
	struct lnode order;    /* room's list: owner first, then as joined */
	uint64_t id;
	struct room *room;     /* borrowed: the room owns the member */
	struct face *face;     /* borrowed: the hub's; NULL: unserved */
	struct addr *addr;     /* ref */
	struct view nick;      /* owned, or addr's user part; as shown */
	struct cursor cur;
	enum member_role role : 8;
	enum member_state state : 8;
	uint8_t tries;         /* failed deliveries in a row; > 0: put off */
	bool reading : 1;      /* waits for a page of the journal */
	bool leaving : 1;      /* his removal is on its way to the disk */
	bool expelled : 1;     /* leaving, and hears nothing of it */
	bool own_nick : 1;     /* chosen, not made from his address */
	bool dirty : 1;        /* in the hub's list: cursor to be written */
	uint32_t since;        /* the room's head when he came, its low bits;
				  0: loaded */
	uint64_t joined_ms;    /* invited: when he was */
	struct member_more *more; /* owned; what few have (hub), or NULL */
};

/* Wall clock; 0: not muted. */
uint64_t member_muted_until_ms(const struct member *m);
/* Monotonic: when a delivery failed last; 0: long ago, or never. */
uint64_t member_failed_ms(const struct member *m);
/* Of an invitation; borrowed, or NULL. */
struct addr *member_inviter(const struct member *m);
/* What he says of his being away; borrowed, or NULL. */
const char *member_away(const struct member *m);

const char *member_role_name(enum member_role role);
const char *member_state_name(enum member_state state);
int member_print(struct sink *out, const struct member *m);

#endif
