/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about members: what they are, what they may, how they show. */
#include <errno.h>

#include "clock.h"
#include "command_priv.h"
#include "mem.h"

enum { MINUTES_MAX = 525600 };

/* The room to a->other. */
static void tell_other(struct ask *a, enum text t)
{
	struct room *r = ask_room(a);
	struct buf text = { 0 };

	if (!r)
		return;
	ask_add(&text, a, t, NULL);
	imc_tell(a->imc, r, a->other, buf_view(&text));
	buf_free(&text);
}

/* Those who were only invited leave without a word to all. */
static void part_notice(struct buf *out, const struct ask *a,
			const struct member *mb, enum text t)
{
	if (mb->state == MEMBER_JOINED)
		cmd_notice(out, a, t, VIEW_NONE);
}

static void after_remove(struct ask *a)
{
	tell_other(a, TEXT_YOU_REMOVED);
}

/* Somebody behind a link, as he is shown: "nick@libera". True: that is it. */
static bool expel(struct ask *a, struct room *r, struct view shown, bool ban)
{
	const struct text_args args = { .text = shown };
	struct buf reason = { 0 }, text = { 0 };
	int err;

	buf_adds(&reason, "by ");
	hub_name_user(a->imc->hub, &reason, a->user);
	err = hub_expel(r, shown, ban, buf_view(&reason));
	if (err && err != ENOENT)
		ask_refuse_with(a, REFUSED_EXPEL, &args);
	if (!err) {
		ask_answer(a, 200);
		ask_add(&text, a, TEXT_EXPEL_ASKED, &args);
		ask_tell(a, TELL_HERE, buf_view(&text));
	}
	buf_free(&reason);
	buf_free(&text);
	return err != ENOENT;
}

/* True: there is nothing left to do. */
static bool is_beyond(struct ask *a, const struct cmdline *line, bool ban)
{
	struct room *r = cmd_room(a, line->argv[1]);

	return !r || expel(a, r, line->argv[0], ban);
}

void cmd_remove(struct ask *a, const struct cmdline *line)
{
	const struct room_by by = { .by = a->user };
	struct buf notice = { 0 };
	struct room *r;
	struct member *mb;

	if (is_beyond(a, line, false))
		return;
	if (!cmd_pair(a, &r, &mb, line->argv[0], line->argv[1]))
		return;
	if (!mb || mb->state == MEMBER_BANNED) {
		cmd_refuse_other(a, REFUSED_NO_MEMBER);
		return;
	}
	part_notice(&notice, a, mb, TEXT_REMOVED);
	a->after = after_remove;
	if (!room_is_private(r))
		a->done = TEXT_MAY_RETURN;
	cmd_expect_done(a, hub_member_kick(mb, buf_view(&notice), &by,
					   ask_on_done, ask_keep(a)));
	buf_free(&notice);
}

static enum member_role role_of(struct view word)
{
	static const enum member_role roles[] = { ROLE_OWNER, ROLE_ADMIN,
						  ROLE_MEMBER };

	for (size_t n = 0; n < sizeof(roles) / sizeof(roles[0]); n++)
		if (view_ieqs(word, member_role_name(roles[n])))
			return roles[n];
	return ROLE_NONE;
}

static void modify(struct ask *a, struct member *mb, enum member_role role)
{
	const struct text_args args = {
		.who = { .addr = mb->addr },
		.usage = member_role_name(role),
	};
	struct hub_member_change c = { .what = MEMBER_SET_ROLE, .role = role };
	struct buf notice = { 0 };

	ask_add(&notice, a, TEXT_IS_NOW, &args);
	c.notice = buf_view(&notice);
	cmd_expect_done(a, hub_member_change(mb, &c, ask_on_done,
					     ask_keep(a)));
	buf_free(&notice);
}

void cmd_modify(struct ask *a, const struct cmdline *line)
{
	enum member_role role = role_of(line->argv[1]);
	enum refusal why;
	struct room *r;
	struct member *mb;

	if (!role) {
		ask_refuse(a, REFUSED_ROLE);
		return;
	}
	if (!cmd_pair(a, &r, &mb, line->argv[0], line->argv[2]))
		return;
	why = right_over(right_role(room_member(r, a->user)), right_role(mb),
			 role);
	if (!mb || mb->state == MEMBER_BANNED)
		why = REFUSED_NO_MEMBER;
	else if (mb->state == MEMBER_INVITED)
		why = REFUSED_IS_INVITED;
	if (why)
		cmd_refuse_other(a, why);
	else if (role != ROLE_OWNER || mb->role == ROLE_OWNER ||
		 cmd_may_own(a, a->other))
		modify(a, mb, role);
}

static void after_ban(struct ask *a)
{
	tell_other(a, TEXT_YOU_BANNED);
}

static void ban_member(struct ask *a, struct member *mb)
{
	struct hub_member_change c = {
		.what = MEMBER_SET_STATE | MEMBER_SET_ROLE,
		.state = MEMBER_BANNED,
		.role = ROLE_MEMBER,
		.by = { .by = a->user },
	};
	struct buf notice = { 0 };

	part_notice(&notice, a, mb, TEXT_BAN);
	c.notice = buf_view(&notice);
	a->after = after_ban;
	cmd_expect_done(a, hub_member_change(mb, &c, ask_on_done,
					     ask_keep(a)));
	buf_free(&notice);
}

static void ban_stranger(struct ask *a, struct room *r)
{
	const struct hub_join join = {
		.addr = a->other,
		.role = ROLE_MEMBER,
		.state = MEMBER_BANNED,
	};

	cmd_expect_done(a, hub_member_add(r, &join, ask_on_done,
					  ask_keep(a)));
}

void cmd_ban(struct ask *a, const struct cmdline *line)
{
	struct room *r;
	struct member *mb;

	if (is_beyond(a, line, true))
		return;
	if (!cmd_pair(a, &r, &mb, line->argv[0], line->argv[1]))
		return;
	a->done = TEXT_BANNED;
	if (!mb)
		ban_stranger(a, r);
	else if (mb->state == MEMBER_BANNED)
		cmd_refuse_other(a, REFUSED_IS_BANNED);
	else
		ban_member(a, mb);
}

void cmd_unban(struct ask *a, const struct cmdline *line)
{
	struct room *r;
	struct member *mb;

	if (!cmd_pair(a, &r, &mb, line->argv[0], line->argv[1]))
		return;
	if (!mb || mb->state != MEMBER_BANNED) {
		cmd_refuse_other(a, REFUSED_NOT_BANNED);
		return;
	}
	a->done = TEXT_UNBANNED;
	cmd_expect_done(a, hub_member_remove(r, mb, VIEW_NONE, ask_on_done,
					     ask_keep(a)));
}

static void set_muted(struct ask *a, struct member *mb, uint64_t until,
		      uint64_t minutes)
{
	const struct text_args args = {
		.who = { .addr = mb->addr },
		.n = minutes,
	};
	struct hub_member_change c = {
		.what = MEMBER_SET_MUTED,
		.muted_until_ms = until,
	};
	struct buf notice = { 0 };
	enum text t = TEXT_UNMUTED;

	if (until)
		t = minutes ? TEXT_MUTED_FOR : TEXT_MUTED;
	ask_add(&notice, a, t, &args);
	c.notice = buf_view(&notice);
	cmd_expect_done(a, hub_member_change(mb, &c, ask_on_done,
					     ask_keep(a)));
	buf_free(&notice);
}

/* Somebody who can speak, so that muting makes a difference. */
static struct member *find_speaker(struct ask *a, struct view user,
				   struct view room)
{
	struct room *r;
	struct member *mb;

	if (!cmd_pair(a, &r, &mb, user, room))
		return NULL;
	if (mb && mb->state == MEMBER_JOINED)
		return mb;
	cmd_refuse_other(a, REFUSED_NO_MEMBER);
	return NULL;
}

static bool is_number(struct view v)
{
	return v.n && v.p[0] >= '0' && v.p[0] <= '9' && !view_has(v, '@');
}

void cmd_mute(struct ask *a, const struct cmdline *line)
{
	bool timed = is_number(line->argv[1]);
	uint64_t minutes = 0, until = UINT64_MAX;
	struct member *mb;

	if ((!timed && line->argc > 2) ||
	    (timed && (view_u64(&minutes, line->argv[1], MINUTES_MAX) ||
		       !minutes))) {
		ask_refuse(a, REFUSED_MINUTES);
		return;
	}
	mb = find_speaker(a, line->argv[0], line->argv[timed ? 2 : 1]);
	if (!mb)
		return;
	if (minutes)
		until = wall_ms() + minutes * 60 * 1000;
	set_muted(a, mb, until, minutes);
}

void cmd_unmute(struct ask *a, const struct cmdline *line)
{
	struct member *mb = find_speaker(a, line->argv[0], line->argv[1]);

	if (mb)
		set_muted(a, mb, 0, 0);
}

static void set_nick(struct ask *a, struct member *mb, struct view nick)
{
	struct hub_member_change c = { .what = MEMBER_SET_NICK, .nick = nick };
	struct buf name = { 0 }, notice = { 0 };

	if (!cmd_is_calm(a, mb->room))
		return;
	if (view_empty(nick))
		hub_name_user(a->imc->hub, &name, a->user);
	else if (!hub_nick_pick(&name, mb->room, a->user, nick))
		c.nick = buf_view(&name);
	cmd_notice(&notice, a, TEXT_RENAMED, buf_view(&name));
	c.notice = buf_view(&notice);
	cmd_expect(a, hub_member_change(mb, &c, ask_on_done, ask_keep(a)),
		   REFUSED_BAD_NICK, REFUSED_NICK_TAKEN);
	buf_free(&name);
	buf_free(&notice);
}

void cmd_nick(struct ask *a, const struct cmdline *line)
{
	struct member *mb;

	if (cmd_stage(a, &mb, line->argv[1]))
		set_nick(a, mb, view_eqs(line->argv[0], "-") ? VIEW_NONE :
							       line->argv[0]);
}

static void set_away(struct ask *a, struct member *mb, struct view away,
		     enum text t)
{
	struct hub_member_change c = { .what = MEMBER_SET_AWAY, .away = away };
	struct buf notice = { 0 };

	if (!cmd_is_calm(a, mb->room))
		return;
	cmd_notice(&notice, a, t, away);
	c.notice = buf_view(&notice);
	cmd_expect_done(a, hub_member_change(mb, &c, ask_on_done,
					     ask_keep(a)));
	buf_free(&notice);
}

/* As on IRC: without a text he who is away is back. */
void cmd_away(struct ask *a, const struct cmdline *line)
{
	struct member *mb;

	if (!cmd_stage(a, &mb, VIEW_NONE))
		return;
	if (line->argc)
		set_away(a, mb, line->rest, TEXT_AWAY_WHY);
	else if (member_away(mb))
		set_away(a, mb, VIEW_NONE, TEXT_BACK);
	else
		set_away(a, mb, VIEW("away"), TEXT_AWAY);
}
