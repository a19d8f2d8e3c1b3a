/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands: the table, and what all of them do first: find the room and
 * the person that is meant, and look the right up.
 */
#include <limits.h>
#include <errno.h>

#include "clock.h"
#include "command.h"
#include "command_priv.h"
#include "gateway.h"
#include "extra.h"
#include "mem.h"

int cmd_place(struct ask *a, struct place *out, struct buf *bytes,
	      struct view arg)
{
	const struct imc *i = a->imc;

	*out = a->at;
	if (!view_empty(arg)) {
		if (place_parse(out, bytes, arg, a->at.domain)) {
			ask_refuse(a, REFUSED_BAD_ROOM);
			return EBADMSG;
		}
		out->domain = imc_domain_of(i, out->domain);
	}
	if (view_empty(out->name)) {
		ask_refuse(a, REFUSED_WHICH_ROOM);
		return EINVAL;
	}
	if (imc_is_manager(i, out->name, out->domain)) {
		ask_refuse(a, REFUSED_MANAGERS);
		return EACCES;
	}
	return 0;
}

bool cmd_may(struct ask *a, const struct room *r)
{
	enum refusal why = right_check(a->verb, right_kind(r),
				       right_role(room_member(r, a->user)));

	ask_about(a, r);
	if (why)
		ask_refuse(a, why);
	return !why;
}

struct room *cmd_room(struct ask *a, struct view arg)
{
	struct buf bytes = { 0 };
	struct place place;
	struct room *r = NULL;

	if (!cmd_place(a, &place, &bytes, arg)) {
		r = hub_room(a->imc->hub, place.name, place.domain);
		if (!r || r->ending) {
			ask_refuse(a, REFUSED_NO_ROOM);
			r = NULL;
		} else if (!cmd_may(a, r)) {
			r = NULL;
		}
	}
	buf_free(&bytes);
	return r;
}

struct room *cmd_stage(struct ask *a, struct member **mb, struct view arg)
{
	struct room *r = cmd_room(a, arg);

	*mb = r ? room_member(r, a->user) : NULL;
	if (!*mb)
		return NULL;
	if (member_muted_until_ms(*mb) > wall_ms()) {
		ask_refuse(a, REFUSED_MUTED);
		return NULL;
	}
	return r;
}

/* A user as it is typed: without a host he is one of ours. */
static enum refusal find_user(struct ask *a, struct view arg)
{
	struct buf bytes = { 0 };
	struct place place;
	enum refusal why = REFUSED_NOT;

	if (place_parse(&place, &bytes, arg, view_str(a->imc->domain)) ||
	    addr_new(&a->other, VIEW("sip"), place.name, place.domain,
		     VIEW_NONE))
		why = REFUSED_BAD_USER;
	else if (imc_is_manager(a->imc, place.name, place.domain) ||
		 hub_room(a->imc->hub, place.name, place.domain))
		why = REFUSED_NOT_PERSON;
	buf_free(&bytes);
	return why;
}

void cmd_refuse_other(const struct ask *a, enum refusal why)
{
	const struct text_args args = { .who = { .addr = a->other } };

	ask_refuse_with(a, why, &args);
}

bool cmd_other(struct ask *a, struct view user)
{
	enum refusal why = find_user(a, user);

	if (why)
		ask_refuse(a, why);
	return !why;
}

/* Who is behind a gateway is a member as his network knows him. */
static bool find_member(struct ask *a)
{
	struct addr *member = NULL;

	if (hub_gate_member(a->imc->hub, &member, a->other)) {
		ask_refuse(a, REFUSED_NOT_PERSON);
		return false;
	}
	mem_deref(a->other);
	a->other = member;
	return true;
}

bool cmd_pair(struct ask *a, struct room **r, struct member **mb,
	      struct view user, struct view room)
{
	enum refusal why;

	*r = cmd_room(a, room);
	if (!*r || !cmd_other(a, user) || !find_member(a))
		return false;
	*mb = room_member(*r, a->other);
	if (addr_eq(a->other, a->user))
		/* who may act on others may step back himself */
		why = a->verb == VERB_MODIFY ? REFUSED_NOT : REFUSED_SELF;
	else
		why = right_over(right_role(room_member(*r, a->user)),
				 right_role(*mb), ROLE_NONE);
	if (why)
		cmd_refuse_other(a, why);
	return !why;
}

/* count of most: one more? */
static bool within(const struct ask *a, unsigned count, unsigned most,
		   enum refusal why)
{
	const struct text_args args = {
		.who = { .addr = a->other },
		.n = most,
	};

	if (!most || count < most)
		return true;
	ask_refuse_with(a, why, &args);
	return false;
}

bool cmd_has_place(struct ask *a, const struct addr *user)
{
	return within(a, user->places,
		      quota_conf(a->imc->quotas)->user_places,
		      user == a->user ? REFUSED_PLACES : REFUSED_HIS_PLACES);
}

bool cmd_may_own(struct ask *a, const struct addr *user)
{
	return within(a, user->owned,
		      quota_conf(a->imc->quotas)->user_rooms,
		      user == a->user ? REFUSED_OWNED : REFUSED_HIS_OWNED);
}

bool cmd_is_calm(struct ask *a, const struct room *r)
{
	return ask_within(a, QUOTA_JOIN, a->user->hash + r->id);
}

void cmd_expect(struct ask *a, int err, enum refusal bad, enum refusal taken)
{
	if (!err)
		return;
	mem_deref(a); /* the reference of ask_keep() */
	if (err == EBADMSG)
		ask_refuse(a, bad);
	else
		ask_refuse(a, err == EEXIST ? taken : refusal_of(err));
}

void cmd_expect_done(struct ask *a, int err)
{
	cmd_expect(a, err, REFUSED_EMPTY, REFUSED_UNDER_WAY);
}

void cmd_notice(struct buf *out, const struct ask *a, enum text t,
		struct view text)
{
	const struct text_args args = {
		.who = { .addr = a->other ? a->other : a->user },
		.text = text,
	};

	ask_add(out, a, t, &args);
}

void cmd_answer_text(struct ask *a, enum tell how, struct buf *text)
{
	ask_answer(a, 200);
	ask_tell(a, how, buf_view(text));
	buf_free(text);
}

void cmd_add_more(struct buf *b, size_t more)
{
	if (more)
		buf_addf(b, "\n... and %zu more", more);
}

/* What the number of a row says: the verb, and whether the command may stand
 * at the address of a room that is to be. */
enum { ANYWHERE = 1 << 8 };

#define RUN(fn) (void (*)(void))(fn)

static const struct cmd commands[] = {
	{ "create", NULL, VERB_CREATE | ANYWHERE, 0, CMD_ARGS_MAX,
	  "[room] [private]",
	  "make a room and be its owner; a private one is by invitation only",
	  RUN(cmd_create) },
	{ "join", NULL, VERB_JOIN | ANYWHERE, 0, 1, "[room]",
	  "become a member of a room", RUN(cmd_join) },
	{ "invite", NULL, VERB_INVITE, 1, 2, "<user> [room]",
	  "ask somebody to join", RUN(cmd_invite) },
	{ "add", NULL, VERB_ADD, 1, 2, "<user> [room]",
	  "make somebody a member without asking him", RUN(cmd_add) },
	{ "accept", NULL, VERB_ACCEPT, 0, 1, "[room]",
	  "take an invitation", RUN(cmd_accept) },
	{ "reject", "deny", VERB_REJECT, 0, 1, "[room]",
	  "decline an invitation", RUN(cmd_reject) },
	{ "block", NULL, VERB_BLOCK, 0, 1, "[user]",
	  "take no invitations from somebody, or list from whom",
	  RUN(cmd_block) },
	{ "unblock", NULL, VERB_UNBLOCK, 1, 1, "<user>",
	  "let him invite you again", RUN(cmd_unblock) },
	{ "remove", "kick", VERB_REMOVE, 1, 2, "<user> [room]",
	  "take somebody out of a room", RUN(cmd_remove) },
	{ "leave", "exit", VERB_LEAVE, 0, 1, "[room]",
	  "be a member no more; when the last owner leaves, the room ends",
	  RUN(cmd_leave) },
	{ "destroy", NULL, VERB_DESTROY, 0, 1, "[room]",
	  "end a room (its owner)", RUN(cmd_destroy) },
	{ "members", "list", VERB_MEMBERS, 0, 1, "[room]",
	  "list who is in a room (* its owner, ~ an admin)",
	  RUN(cmd_members) },
	{ "who", NULL, VERB_WHO, 0, 1, "[room]",
	  "list who is in a room, on all networks", RUN(cmd_who) },
	{ "modify", NULL, VERB_MODIFY, 2, 3,
	  "<user> owner|admin|member [room]", "give somebody a role",
	  RUN(cmd_modify) },
	{ "rooms", NULL, VERB_ROOMS, 0, CMD_ARGS_MAX, "", "list the rooms",
	  RUN(cmd_rooms) },
	{ "topic", NULL, VERB_TOPIC, 0, UINT_MAX, "[text]",
	  "show or set what a room is about (- takes it away)",
	  RUN(cmd_topic) },
	{ "nick", NULL, VERB_NICK, 1, 2, "<name> [room]",
	  "be shown by another name (-: by your own)", RUN(cmd_nick) },
	{ "away", NULL, VERB_AWAY, 0, UINT_MAX, "[text]",
	  "say that you are away, or back", RUN(cmd_away) },
	{ "history", NULL, VERB_HISTORY, 0, 2, "[number] [room]",
	  "show what was said last", RUN(cmd_history) },
	{ "status", NULL, VERB_STATUS, 0, 1, "[room]",
	  "show what became of your last message", RUN(cmd_status) },
	{ "ban", NULL, VERB_BAN, 1, 2, "<user> [room]",
	  "keep somebody out of a room", RUN(cmd_ban) },
	{ "unban", NULL, VERB_UNBAN, 1, 2, "<user> [room]",
	  "let him join again", RUN(cmd_unban) },
	{ "bans", NULL, VERB_BANS, 0, 1, "[room]", "list who is kept out",
	  RUN(cmd_bans) },
	{ "mute", NULL, VERB_MUTE, 1, 3, "<user> [minutes] [room]",
	  "let somebody read, but not speak", RUN(cmd_mute) },
	{ "unmute", NULL, VERB_UNMUTE, 1, 2, "<user> [room]",
	  "let him speak again", RUN(cmd_unmute) },
	{ "private", NULL, VERB_PRIVATE, 0, 1, "[room]",
	  "make a room private", RUN(cmd_private) },
	{ "public", NULL, VERB_PUBLIC, 0, 1, "[room]", "make a room public",
	  RUN(cmd_public) },
	{ "notices", NULL, VERB_NOTICES, 0, 2, "[all|quiet|off] [room]",
	  "show or set who hears of those that come and go",
	  RUN(cmd_notices) },
	{ "link", NULL, VERB_LINK_OPERATOR, 1, 2, "<target> [account]",
	  "link a room with one on another network", RUN(cmd_link) },
	{ "unlink", NULL, VERB_LINK_OPERATOR, 1, 1, "<link>",
	  "end such a link", RUN(cmd_unlink) },
	{ "links", NULL, VERB_LINK_OPERATOR, 0, 0, "",
	  "list a room's links", RUN(cmd_links) },
	{ "help", NULL, VERB_HELP, 0, UINT_MAX, "", "show this text",
	  RUN(cmd_help) },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* The README's families; those from -140 on are ours. */
static const int families[VERBS] = {
	[VERB_SAY] = FAMILY_SAY,
	[VERB_CREATE] = -30, [VERB_JOIN] = -40,
	[VERB_INVITE] = -50, [VERB_ADD] = -50,
	[VERB_ACCEPT] = -60, [VERB_REJECT] = -70,
	[VERB_REMOVE] = -80, [VERB_LEAVE] = -90,
	[VERB_MEMBERS] = -100, [VERB_WHO] = -100, [VERB_ROOMS] = -100,
	[VERB_DESTROY] = -110,
	[VERB_MODIFY] = -120, [VERB_HELP] = -120,
	[VERB_TOPIC] = -140, [VERB_SET_TOPIC] = -140,
	[VERB_PRIVATE] = -140, [VERB_PUBLIC] = -140,
	[VERB_NOTICES] = -140, [VERB_SET_NOTICES] = -140,
	[VERB_NICK] = -150, [VERB_AWAY] = -150,
	[VERB_BAN] = -160, [VERB_UNBAN] = -160, [VERB_BANS] = -160,
	[VERB_MUTE] = -160, [VERB_UNMUTE] = -160,
	[VERB_HISTORY] = -170, [VERB_STATUS] = -170,
	[VERB_BLOCK] = -190, [VERB_UNBLOCK] = -190,
	[VERB_LINK_OPERATOR] = -180, [VERB_LINK_OWNER] = -180,
	[VERB_LINK_ADMIN] = -180, [VERB_EXTRA] = FAMILY_EXTRA,
};

static enum verb verb_of(const struct cmd *cmd)
{
	return (enum verb)(cmd->role & (ANYWHERE - 1));
}

/* The second name of a command is OpenSIPS's, but that of #remove IRC's. Both
 * are always taken. */
static const char *word_of(const struct cmd *cmd, enum dialect d)
{
	bool theirs = cmd->aliases && verb_of(cmd) != VERB_REMOVE;

	return d == DIALECT_OPENSIPS && theirs ? cmd->aliases : cmd->name;
}

void command_help(struct buf *out, const struct imc *i)
{
	buf_adds(out, "\r\n");
	for (size_t n = 0; n < COMMANDS; n++)
		buf_addf(out, "%s%s%s%s - %s\r\n", i->mark,
			 word_of(&commands[n], i->dialect),
			 *commands[n].usage ? " " : "", commands[n].usage,
			 commands[n].help);
	extra_help(out, i);
	buf_adds(out, "\r\n");
}

static int family_of(const struct cmd *cmd, const struct imc_command *extra,
		     struct view name)
{
	if (cmd || extra)
		return cmd ? families[verb_of(cmd)] : FAMILY_EXTRA;
	return view_empty(name) ? FAMILY_SYNTAX : FAMILY_UNKNOWN;
}

static void refuse_unknown(struct ask *a, struct view name)
{
	const struct text_args args = { .word = name };

	ask_refuse_with(a, view_empty(name) ? REFUSED_SYNTAX : REFUSED_UNKNOWN,
			&args);
}

static void run(struct ask *a, const struct cmd *cmd,
		const struct cmdline *line)
{
	const struct text_args args = { .name = word_of(cmd, a->imc->dialect),
					.usage = *cmd->usage ? cmd->usage :
							       NULL };

	a->verb = verb_of(cmd);
	if (line->argc < cmd->min || line->argc > cmd->max)
		ask_refuse_with(a, REFUSED_USAGE, &args);
	else
		((cmd_run_h *)cmd->run)(a, line);
}

void command_run(struct ask *a, struct view text)
{
	struct cmdline line;
	const struct imc_command *extra;
	const struct cmd *cmd;

	(void)cmdline_parse(&line, text); /* EBADMSG: the name is empty */
	cmd = cmd_find(commands, COMMANDS, line.name);
	extra = cmd ? NULL : extra_find(a->imc, line.name);
	a->family = family_of(cmd, extra, line.name);
	if (!ask_within(a, QUOTA_USER, a->user->hash))
		return;
	if (!a->exists && !(cmd && cmd->role & ANYWHERE))
		ask_refuse(a, REFUSED_NOWHERE);
	else if (extra)
		extra_run(a, extra, &line);
	else if (!cmd)
		refuse_unknown(a, line.name);
	else
		run(a, cmd, &line);
}
