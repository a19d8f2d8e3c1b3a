/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much one user, or one room, may do: the settings, and a token bucket
 * for each that was busy lately. In memory only; at most QUOTAS_MAX of them,
 * those that are full again go first.
 */
#ifndef CONFAB_IMC_QUOTA_H
#define CONFAB_IMC_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum quota {
	QUOTA_USER,    /* texts and commands of a user */
	QUOTA_ROOM,    /* texts in a room */
	QUOTA_CREATE,  /* rooms that a user makes */
	QUOTA_JOIN,    /* what one user in one room has all be told of: his
			  coming, his names, his absence */
	QUOTA_INVITE,  /* invitations and additions by a user */
	QUOTA_INVITED, /* of a user, by whom it may be */
	QUOTAS
};

enum { QUOTAS_MAX = 50000 };

/* 0 is always: no limit. */
struct quota_conf {
	unsigned user_rate, user_burst;     /* a second, and at once */
	unsigned room_rate, room_burst;
	unsigned create_rate;               /* a minute; as many at once */
	unsigned join_rate, invite_rate;
	unsigned invited_rate;              /* an hour; as many at once */
	unsigned user_rooms;                /* owned by one user */
	unsigned user_places;               /* he is in, or is invited to */
};

struct quotas;

struct quotas *quota_new(const struct quota_conf *conf, size_t max);
void quota_free(struct quotas *qs); /* NULL is allowed */
/* From now on; what was taken counts. */
void quota_set(struct quotas *qs, const struct quota_conf *conf);
const struct quota_conf *quota_conf(const struct quotas *qs);
size_t quota_count(const struct quotas *qs); /* buckets that there are */

struct quota_over {
	uint64_t wait_ms; /* so long nothing will be taken */
	bool tell;        /* in words: once a minute, and for each limit */
};
/* key says who or what it is about, who asks: hashes of hash.h. False: too
 * much, with more in *out. */
bool quota_take(struct quotas *qs, enum quota what, uint64_t key,
		uint64_t who, uint64_t now_ms, struct quota_over *out);

#endif
