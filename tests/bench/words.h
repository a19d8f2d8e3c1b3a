/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What members are called and what they say, made and recognised. Message n
 * is said in room n % rooms, by its members in turn. Pure.
 */
#ifndef CONFAB_BENCH_WORDS_H
#define CONFAB_BENCH_WORDS_H

#include "buf.h"
#include "options.h"

struct seat {
	unsigned room, member;
};

struct seat words_speaker(const struct options *o, unsigned message);
/* "r3m14". */
struct view words_member(struct buf *b, struct seat who);
bool words_is_member(struct seat *who, const struct options *o,
		     struct view name);
struct view words_room(struct buf *b, const struct options *o, unsigned room);
/* "load 17 the quick...": o->size bytes, other ones for each message. */
struct view words_message(struct buf *b, const struct options *o,
			  unsigned message);
/* body: the whole message behind what the room puts in front of it. */
bool words_is_message(unsigned *message, const struct options *o,
		      struct view body);

/* A request's id: what it is about, and of which run. */
enum about { ABOUT_JOIN = 'j', ABOUT_MESSAGE = 'm' };
struct view words_id(struct buf *b, enum about about, unsigned number,
		     uint64_t run);
/* call_id: "m17x<run>@fanout". False: not of this run. */
bool words_is_id(enum about *about, unsigned *number, struct view call_id,
		 uint64_t run);

#endif
