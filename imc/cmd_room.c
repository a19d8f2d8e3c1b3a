/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about a room itself: making, entering, leaving and ending it. */
#include <errno.h>
#include <string.h>

#include "command_priv.h"
#include "mem.h"
#include "replay.h"
#include "users.h"
#include "utf8.h"

static bool has_account(const struct imc *i, struct view name,
			struct view domain)
{
	return i->users && hub_is_our_domain(i->hub, domain) &&
	       users_find(i->users, name);
}

static bool is_user(const struct imc *i, struct view name, struct view domain)
{
	struct addr *user = NULL;
	bool known;

	if (has_account(i, name, domain))
		return true;
	known = !addr_new(&user, VIEW("sip"), name, domain, VIEW_NONE) &&
		location_has(i->location, user->text, user->hash);
	mem_deref(user);
	return known;
}

/* Who speaks from a room's address is taken for a loop: a room must not take
 * anybody's voice away. Room names have no case; most users' are lower. */
bool cmd_is_users(const struct imc *i, struct view name, struct view domain)
{
	char *lower = view_dup(name);
	bool known;

	for (size_t n = 0; n < name.n; n++)
		if (lower[n] >= 'A' && lower[n] <= 'Z')
			lower[n] |= 0x20;
	known = is_user(i, name, domain) ||
		is_user(i, view_mem(lower, name.n), domain);
	mem_free(lower);
	return known;
}

static void create_room(struct ask *a, const struct place *place,
			uint32_t flags)
{
	struct room *r = NULL;
	int err;

	if (cmd_is_users(a->imc, place->name, place->domain)) {
		ask_refuse(a, REFUSED_USERS);
		return;
	}
	if (!cmd_may_own(a, a->user) || !cmd_has_place(a, a->user) ||
	    !ask_within(a, QUOTA_CREATE, a->user->hash))
		return;
	a->done = TEXT_CREATED;
	err = hub_room_create(a->imc->hub, &r, place->name, place->domain,
			      flags, a->user, ask_on_done, ask_keep(a));
	if (!err)
		ask_about(a, r);
	if (err == EBUSY) {
		mem_deref(a); /* the reference of ask_keep() */
		ask_refuse(a, REFUSED_ROOMS);
		return;
	}
	cmd_expect(a, err, REFUSED_BAD_ROOM, REFUSED_UNDER_WAY);
}

static void send_history(struct ask *a)
{
	replay_start(a, a->imc->history_on_join, false);
}

static void join_as_new(struct ask *a, struct room *r)
{
	struct buf notice = { 0 };
	struct hub_join join = {
		.addr = a->user,
		.role = ROLE_MEMBER,
		.state = MEMBER_JOINED,
	};

	if (!cmd_has_place(a, a->user) || !cmd_is_calm(a, r))
		return;
	a->after = send_history;
	cmd_notice(&notice, a, TEXT_JOINED, VIEW_NONE);
	join.notice = buf_view(&notice);
	cmd_expect_done(a, hub_member_add(r, &join, ask_on_done,
					  ask_keep(a)));
	buf_free(&notice);
}

void cmd_accept_invite(struct ask *a, struct room *r, struct member *mb)
{
	struct buf notice = { 0 };
	struct hub_member_change c = {
		.what = MEMBER_SET_STATE,
		.state = MEMBER_JOINED,
	};

	ask_about(a, r);
	if (!cmd_is_calm(a, r))
		return;
	a->after = send_history;
	cmd_notice(&notice, a, TEXT_JOINED, VIEW_NONE);
	c.notice = buf_view(&notice);
	cmd_expect_done(a, hub_member_change(mb, &c, ask_on_done,
					     ask_keep(a)));
	buf_free(&notice);
}

void cmd_join_room(struct ask *a, struct room *r)
{
	struct member *mb = room_member(r, a->user);

	ask_about(a, r);
	if (mb)
		cmd_accept_invite(a, r, mb);
	else
		join_as_new(a, r);
}

static void create_again(struct ask *a, struct room *r)
{
	enum refusal why = right_check(VERB_CREATE, right_kind(r),
				       right_role(room_member(r, a->user)));

	if (a->imc->check_on_create)
		ask_refuse(a, REFUSED_EXISTS);
	else if (why == REFUSED_ALREADY_IN)
		ask_tell_now(a, TELL_HERE, TEXT_EXISTS_MEMBER);
	else if (why)
		ask_refuse(a, why);
	else
		cmd_join_room(a, r);
}

void cmd_create(struct ask *a, const struct cmdline *line)
{
	bool private = line->argc && view_ieqs(line->argv[line->argc - 1],
					       "private");
	size_t names = line->argc - private;
	struct buf bytes = { 0 };
	struct place place;
	struct room *r;

	if (names > 1) {
		ask_refuse(a, REFUSED_SECOND_WORD);
		return;
	}
	if (cmd_place(a, &place, &bytes, names ? line->argv[0] : VIEW_NONE))
		goto out;
	r = hub_room(a->imc->hub, place.name, place.domain);
	if (r)
		create_again(a, r);
	else
		create_room(a, &place, private ? ROOM_PRIVATE : 0);
 out:
	buf_free(&bytes);
}

static void tell_owners(const struct ask *a, struct room *r)
{
	struct buf text = { 0 };
	struct lnode *n, *nx;

	cmd_notice(&text, a, TEXT_ATTEMPTED, VIEW_NONE);
	LIST_EACH(&r->order, n, nx) {
		const struct member *mb = CONTAINER(n, struct member, order);

		if (right_role(mb) == RIGHT_OWNER ||
		    right_role(mb) == RIGHT_ADMIN)
			imc_tell(a->imc, r, mb->addr, buf_view(&text));
	}
	buf_free(&text);
}

static void join_existing(struct ask *a, struct room *r)
{
	enum refusal why = right_check(VERB_JOIN, right_kind(r),
				       right_role(room_member(r, a->user)));

	ask_about(a, r);
	if (!why) {
		cmd_join_room(a, r);
		return;
	}
	ask_refuse(a, why);
	if (why == REFUSED_PRIVATE)
		tell_owners(a, r);
}

void cmd_join(struct ask *a, const struct cmdline *line)
{
	struct buf bytes = { 0 };
	struct place place;
	struct room *r;

	if (cmd_place(a, &place, &bytes, line->argv[0]))
		goto out;
	r = hub_room(a->imc->hub, place.name, place.domain);
	if (r)
		join_existing(a, r);
	else if (a->imc->create_on_join)
		create_room(a, &place, 0);
	else
		ask_refuse(a, REFUSED_NO_ROOM);
 out:
	buf_free(&bytes);
}

static void destroy_room(struct ask *a, struct room *r)
{
	struct buf notice = { 0 };

	cmd_notice(&notice, a, TEXT_DESTROYED, VIEW_NONE);
	cmd_expect_done(a, hub_room_destroy(r, buf_view(&notice), ask_on_done,
					    ask_keep(a)));
	buf_free(&notice);
}

void cmd_destroy(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);

	if (r)
		destroy_room(a, r);
}

static bool is_last_owner(const struct room *r, const struct member *mb)
{
	struct lnode *n, *nx;

	if (right_role(mb) != RIGHT_OWNER)
		return false;
	LIST_EACH(&r->order, n, nx) {
		const struct member *other =
			CONTAINER(n, struct member, order);

		if (other != mb && !other->leaving &&
		    right_role(other) == RIGHT_OWNER)
			return false;
	}
	return true;
}

static void leave_room(struct ask *a, struct room *r, struct member *mb)
{
	/* OpenSIPS's users hear nothing of their own going */
	bool quiet = a->imc->dialect == DIALECT_OPENSIPS;
	struct buf notice = { 0 };

	cmd_notice(&notice, a, TEXT_LEFT, VIEW_NONE);
	cmd_expect_done(a, (quiet ? hub_member_expel : hub_member_remove)(
				   r, mb, buf_view(&notice), ask_on_done,
				   ask_keep(a)));
	buf_free(&notice);
}

void cmd_leave(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);
	struct member *mb = r ? room_member(r, a->user) : NULL;

	if (!mb)
		return;
	if (mb->state == MEMBER_INVITED)
		cmd_decline(a, r, mb);
	else if (is_last_owner(r, mb))
		destroy_room(a, r); /* as Kamailio's README has it */
	else
		leave_room(a, r, mb);
}

static void show_topic(struct ask *a, const struct room *r)
{
	const struct text_args args = { .text = r->subject };
	struct buf text = { 0 };

	ask_add(&text, a, view_empty(r->subject) ? TEXT_NO_TOPIC : TEXT_TOPIC,
		&args);
	cmd_answer_text(a, TELL_ROOM, &text);
}

static void set_topic(struct ask *a, struct room *r, struct view topic)
{
	struct hub_room_change c = { .what = ROOM_SET_SUBJECT,
				     .by = { .by = a->user } };
	struct buf notice = { 0 };

	if (!view_eqs(topic, "-"))
		c.subject = view_head(topic, utf8_cut(topic,
						      ROOM_SUBJECT_MAX));
	cmd_notice(&notice, a, view_empty(c.subject) ? TEXT_TOPIC_GONE :
						       TEXT_TOPIC_SET,
		   c.subject);
	c.notice = buf_view(&notice);
	cmd_expect_done(a, hub_room_change(r, &c, ask_on_done, ask_keep(a)));
	buf_free(&notice);
}

void cmd_topic(struct ask *a, const struct cmdline *line)
{
	struct member *mb;
	struct room *r;

	if (line->argc) {
		a->verb = VERB_SET_TOPIC;
		r = cmd_stage(a, &mb, VIEW_NONE);
		if (r)
			set_topic(a, r, line->rest);
		return;
	}
	r = cmd_room(a, VIEW_NONE);
	if (r)
		show_topic(a, r);
}

static void set_private(struct ask *a, const struct cmdline *line,
			bool private)
{
	struct room *r = cmd_room(a, line->argv[0]);
	struct hub_room_change c = { .what = ROOM_SET_FLAGS };
	struct buf notice = { 0 };

	if (!r)
		return;
	if (room_is_private(r) == private) {
		ask_tell_now(a, TELL_ROOM,
			     private ? TEXT_WAS_PRIVATE : TEXT_WAS_PUBLIC);
		return;
	}
	c.flags = private ? r->flags | ROOM_PRIVATE :
			    r->flags & ~(uint32_t)ROOM_PRIVATE;
	cmd_notice(&notice, a, private ? TEXT_NOW_PRIVATE : TEXT_NOW_PUBLIC,
		   VIEW_NONE);
	c.notice = buf_view(&notice);
	cmd_expect_done(a, hub_room_change(r, &c, ask_on_done, ask_keep(a)));
	buf_free(&notice);
}

void cmd_private(struct ask *a, const struct cmdline *line)
{
	set_private(a, line, true);
}

void cmd_public(struct ask *a, const struct cmdline *line)
{
	set_private(a, line, false);
}

static void add_notices(struct buf *b, const struct room *r,
			enum room_notices notices)
{
	static const char *const says[] = {
		[NOTICES_ALL] = "all are told",
		[NOTICES_QUIET] = "quiet, owners and admins are told",
		[NOTICES_OFF] = "off, nobody is told",
	};

	if (notices == NOTICES_ALL && room_is_large(r))
		buf_addf(b, "quiet while there are more than %d members, "
			    "owners and admins are told; then all",
			 ROOM_QUIET_ABOVE);
	else
		buf_adds(b, says[notices]);
}

static void show_notices(struct ask *a, const struct room *r)
{
	struct buf text = { 0 }, says = { 0 };
	struct text_args args = { 0 };

	add_notices(&says, r, r->notices);
	args.text = buf_view(&says);
	ask_add(&text, a, TEXT_NOTICES, &args);
	cmd_answer_text(a, TELL_ROOM, &text);
	buf_free(&says);
}

static void set_notices(struct ask *a, struct room *r,
			enum room_notices notices)
{
	struct hub_room_change c = { .what = ROOM_SET_NOTICES,
				     .notices = notices };
	struct buf notice = { 0 }, says = { 0 };

	add_notices(&says, r, notices);
	cmd_notice(&notice, a, TEXT_NOTICES_SET, buf_view(&says));
	c.notice = buf_view(&notice);
	cmd_expect_done(a, hub_room_change(r, &c, ask_on_done, ask_keep(a)));
	buf_free(&notice);
	buf_free(&says);
}

/* A single word that is no mode may be a room's name, or a mistake. */
static bool is_room(const struct ask *a, struct view word)
{
	return view_has(word, '@') ||
	       hub_room(a->imc->hub, word, a->at.domain);
}

void cmd_notices(struct ask *a, const struct cmdline *line)
{
	enum room_notices notices;
	bool set = line->argc &&
		   !room_notices_parse(&notices, line->argv[0]);
	struct room *r;

	if (set)
		a->verb = VERB_SET_NOTICES;
	else if (line->argc == 2 ||
		 (line->argc && !is_room(a, line->argv[0]))) {
		ask_refuse(a, REFUSED_NOTICES);
		return;
	}
	r = cmd_room(a, line->argv[set ? 1 : 0]);
	if (!r)
		return;
	if (set)
		set_notices(a, r, notices);
	else
		show_notices(a, r);
}
