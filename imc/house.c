/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our rules, for people who come to rooms by other networks: the rights, the
 * rates and the words are those of the commands.
 */
#include "house.h"

#include "blocks.h"
#include "clock.h"
#include "command_priv.h"
#include "mem.h"

static const struct {
	enum verb verb;
	enum text text; /* what the others are told */
	enum text told; /* and he himself */
} acts[HOUSE_ACTS] = {
	[HOUSE_CREATE] = { VERB_CREATE, TEXT_NONE, TEXT_NONE },
	[HOUSE_JOIN] = { VERB_JOIN, TEXT_JOINED, TEXT_NONE },
	[HOUSE_LEAVE] = { VERB_LEAVE, TEXT_LEFT, TEXT_NONE },
	[HOUSE_DESTROY] = { VERB_DESTROY, TEXT_DESTROYED, TEXT_NONE },
	[HOUSE_SAY] = { VERB_SAY, TEXT_NONE, TEXT_NONE },
	[HOUSE_INVITE] = { VERB_INVITE, TEXT_INVITES, TEXT_NONE },
	[HOUSE_REMOVE] = { VERB_REMOVE, TEXT_REMOVED, TEXT_YOU_REMOVED },
	[HOUSE_BAN] = { VERB_BAN, TEXT_BAN, TEXT_YOU_BANNED },
	[HOUSE_UNBAN] = { VERB_UNBAN, TEXT_NONE, TEXT_NONE },
	[HOUSE_BANS] = { VERB_BANS, TEXT_NONE, TEXT_NONE },
	[HOUSE_ROLE] = { VERB_MODIFY, TEXT_IS_NOW, TEXT_NONE },
	[HOUSE_MUTE] = { VERB_MUTE, TEXT_MUTED, TEXT_NONE },
	[HOUSE_UNMUTE] = { VERB_UNMUTE, TEXT_UNMUTED, TEXT_NONE },
	[HOUSE_TOPIC] = { VERB_SET_TOPIC, TEXT_TOPIC_SET, TEXT_NONE },
	[HOUSE_NICK] = { VERB_NICK, TEXT_RENAMED, TEXT_NONE },
	[HOUSE_AWAY] = { VERB_AWAY, TEXT_AWAY_WHY, TEXT_NONE },
	[HOUSE_BACK] = { VERB_AWAY, TEXT_BACK, TEXT_NONE },
	[HOUSE_PRIVATE] = { VERB_PRIVATE, TEXT_NOW_PRIVATE, TEXT_NONE },
	[HOUSE_PUBLIC] = { VERB_PUBLIC, TEXT_NOW_PUBLIC, TEXT_NONE },
	[HOUSE_NOTICES] = { VERB_SET_NOTICES, TEXT_NONE, TEXT_NONE },
};

static enum house_no no_of(enum refusal why)
{
	switch (why) {
	case REFUSED_NOT:
		return HOUSE_YES;
	case REFUSED_NOT_IN:
	case REFUSED_NOT_IN_PRIVATE:
	case REFUSED_INVITED:
		return HOUSE_NOT_IN;
	case REFUSED_PRIVATE:
		return HOUSE_MEMBERS_ONLY;
	case REFUSED_BANNED:
		return HOUSE_IS_BANNED;
	default:
		return HOUSE_RIGHT;
	}
}

static enum house_no within(const struct imc *i, enum quota what,
			    uint64_t key, const struct addr *who)
{
	struct quota_over over;

	return quota_take(i->quotas, what, key, who->hash, now_ms(), &over) ?
		       HOUSE_YES : HOUSE_FAST;
}

static bool is_over(unsigned count, unsigned most)
{
	return most && count >= most;
}

static enum house_no check_place(const struct imc *i, const struct addr *who)
{
	return is_over(who->places, quota_conf(i->quotas)->user_places) ?
		       HOUSE_FULL : HOUSE_YES;
}

static enum house_no check_create(struct imc *i, const struct house_ask *a)
{
	const struct quota_conf *q = quota_conf(i->quotas);

	if (!i->create_on_join)
		return HOUSE_NO_ROOM;
	if (imc_is_manager(i, a->name, a->domain) ||
	    cmd_is_users(i, a->name, a->domain))
		return HOUSE_BAD_NAME;
	if (is_over(a->who->owned, q->user_rooms) || check_place(i, a->who))
		return HOUSE_FULL;
	return within(i, QUOTA_CREATE, a->who->hash, a->who);
}

static enum house_no check_join(struct imc *i, const struct house_ask *a)
{
	enum house_no no = HOUSE_YES;

	if (!room_member(a->room, a->who))
		no = check_place(i, a->who);
	return no ? no : within(i, QUOTA_JOIN, a->who->hash + a->room->id,
				a->who);
}

static enum house_no check_invite(struct imc *i, const struct house_ask *a)
{
	enum house_no no = HOUSE_YES;

	/* Who is in it has his place there already. */
	if (!room_member(a->room, a->other))
		no = check_place(i, a->other);
	if (blocks_has(i->blocks, a->other, a->who))
		return HOUSE_BLOCKED;
	if (!no)
		no = within(i, QUOTA_INVITE, a->who->hash, a->who);
	return no ? no : within(i, QUOTA_INVITED, a->other->hash, a->who);
}

static enum house_no check_rate(struct imc *i, const struct house_ask *a)
{
	switch (a->act) {
	case HOUSE_JOIN:
		return check_join(i, a);
	case HOUSE_INVITE:
		return check_invite(i, a);
	case HOUSE_NICK:
	case HOUSE_TOPIC:
		return within(i, QUOTA_JOIN, a->who->hash + a->room->id,
			      a->who);
	case HOUSE_SAY:
		return within(i, QUOTA_ROOM, a->room->id, a->who) ?
			       HOUSE_FAST :
			       within(i, QUOTA_USER, a->who->hash, a->who);
	default:
		return HOUSE_YES;
	}
}

/* Only the first of all bans tells strangers: nobody acts on himself, but
 * who steps back. */
static enum house_no check_other(const struct house_ask *a)
{
	const struct member *mb = room_member(a->room, a->other);

	if (addr_eq(a->who, a->other))
		return a->act == HOUSE_ROLE ? HOUSE_YES : HOUSE_SELF;
	return no_of(right_over(right_role(room_member(a->room, a->who)),
				right_role(mb), a->to));
}

static enum house_no check(const struct house_ask *a, void *arg)
{
	struct imc *i = arg;
	enum house_no no;

	if (!a->room)
		return check_create(i, a);
	no = no_of(right_check(acts[a->act].verb, right_kind(a->room),
			       right_role(room_member(a->room, a->who))));
	if (!no && a->other)
		no = check_other(a);
	if (!no && a->act == HOUSE_ROLE && a->to == ROLE_OWNER &&
	    is_over(a->other->owned, quota_conf(i->quotas)->user_rooms))
		no = HOUSE_FULL;
	return no ? no : check_rate(i, a);
}

/* Somebody who is new has the name that he wants. */
static void add_join(struct buf *out, const struct imc *i,
		     const struct house_ask *a)
{
	struct text_args args = { .who = { .addr = a->who,
					   .name = a->text } };

	dialect_add(out, i->dialect, TEXT_JOINED, i->mark, &args);
}

static void notice(struct buf *out, const struct house_ask *a, void *arg)
{
	const struct imc *i = arg;
	const struct text_args args = {
		.who = { .addr = a->other ? a->other : a->who },
		.text = a->text,
		.usage = member_role_name(a->to),
	};
	enum text t = acts[a->act].text;

	if (a->act == HOUSE_TOPIC && view_empty(a->text))
		t = TEXT_TOPIC_GONE;
	if (a->act == HOUSE_JOIN && !view_empty(a->text))
		add_join(out, i, a);
	else if (t)
		imc_add_text(out, i, t, &args, a->room);
}

static void told(struct buf *out, const struct house_ask *a, void *arg)
{
	const struct text_args args = { .who = { .addr = a->other } };

	if (acts[a->act].told)
		imc_add_text(out, arg, acts[a->act].told, &args, a->room);
}

void imc_keep_house(struct imc *i)
{
	const struct house house = { check, notice, told, i };

	hub_set_house(i->hub, &house);
}
