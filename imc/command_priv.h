/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands share. For command.c and cmd_*.c only. */
#ifndef CONFAB_IMC_COMMAND_PRIV_H
#define CONFAB_IMC_COMMAND_PRIV_H

#include "ask.h"
#include "cmdtab.h"
#include "imc_priv.h"

typedef void (cmd_run_h)(struct ask *a, const struct cmdline *line);

/* The place of a room argument, or of the request's URI where there is none.
 * Refuses by itself. */
int cmd_place(struct ask *a, struct place *out, struct buf *bytes,
	      struct view arg);
/* A room that there is and where a->verb is his to do; NULL: refused. */
struct room *cmd_room(struct ask *a, struct view arg);
/* The same for a room at hand. False: refused. */
bool cmd_may(struct ask *a, const struct room *r);
/* The same, for what shows words of his to all: not while he is muted. *mb is
 * he himself. NULL: refused. */
struct room *cmd_stage(struct ask *a, struct member **mb, struct view arg);
/* A room can't be called this: it is a user's address. */
bool cmd_is_users(const struct imc *i, struct view name, struct view domain);
/* Another one, or himself, as a->other, whatever the room. False: refused. */
bool cmd_other(struct ask *a, struct view user);
/* As cmd_room(), and about another one, who becomes a->other: *mb is what he
 * is to the room, or NULL. False: refused. Nobody acts so on himself, and no
 * admin on an owner. */
bool cmd_pair(struct ask *a, struct room **r, struct member **mb,
	      struct view user, struct view room);
/* May user (he who asks, or a->other) be in one room more, own one more?
 * False: refused. */
bool cmd_has_place(struct ask *a, const struct addr *user);
bool cmd_may_own(struct ask *a, const struct addr *user);
/* He does not make too much noise in r: all are told of what he does there.
 * False: refused. */
bool cmd_is_calm(struct ask *a, const struct room *r);
/* Refuses about a->other. */
void cmd_refuse_other(const struct ask *a, enum refusal why);
/* The hub's answer to a change: when it took it, ask_on_done follows. bad is
 * what EBADMSG means, taken what EEXIST means. */
void cmd_expect(struct ask *a, int err, enum refusal bad, enum refusal taken);
/* Usual meanings. */
void cmd_expect_done(struct ask *a, int err);
/* A text about a->user (or a->other, where there is one), for a notice. */
void cmd_notice(struct buf *out, const struct ask *a, enum text t,
		struct view text);
/* The room tells a->user. */
void cmd_answer_text(struct ask *a, enum tell how, struct buf *text);

enum { LIST_MAX = 1024 * 1024 }; /* bytes of a list; what is more is counted */
void cmd_add_more(struct buf *b, size_t more);

/* Becoming a member: he was invited or not. */
void cmd_join_room(struct ask *a, struct room *r);
void cmd_accept_invite(struct ask *a, struct room *r, struct member *mb);
/* An invitation that is not wanted; the inviter hears of it. */
void cmd_decline(struct ask *a, struct room *r, struct member *mb);

cmd_run_h cmd_create, cmd_join, cmd_leave, cmd_destroy, cmd_topic,
	cmd_private, cmd_public, cmd_notices;
cmd_run_h cmd_block, cmd_unblock;
cmd_run_h cmd_invite, cmd_add, cmd_accept, cmd_reject;
cmd_run_h cmd_remove, cmd_modify, cmd_ban, cmd_unban, cmd_mute, cmd_unmute,
	cmd_nick, cmd_away;
cmd_run_h cmd_members, cmd_who, cmd_rooms, cmd_bans;
cmd_run_h cmd_help, cmd_history, cmd_status, cmd_link, cmd_unlink, cmd_links;

#endif
