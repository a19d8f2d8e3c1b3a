/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The texts, as formats of our own: no text of a peer ever meets printf, and
 * whatever a peer wrote is one clean word in a line of ours. Where OpenSIPS's
 * own text names the wrong person or thing, the right one stands here.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "dialect.h"
#include "render.h"
#include "utf8.h"

enum { WORD_MAX = 64 };

/* opensips NULL: as kamailio. */
static const struct {
	const char *kamailio, *opensips;
} texts[TEXTS] = {
	[TEXT_NONE] = { "", NULL },
	[TEXT_CREATED] = { "*** Room was created", "*** room was created" },
	[TEXT_JOINED] = { "*** %u has joined the room", NULL },
	[TEXT_LEFT] = { "*** %u has left the room",
			"The user [%b] has left the room" },
	[TEXT_REMOVED] = { "*** %u has left the room", NULL },
	[TEXT_DESTROYED] = { "*** Room has been destroyed",
			     "The room has been destroyed" },
	[TEXT_YOU_REMOVED] = { "*** You have been removed from the room",
			       "You have been removed from this room" },
	[TEXT_INVITES] = { "*** %u invites you to join the room (send "
			   "'%maccept' or '%mreject')",
			   "INVITE from: %a(Type: '%maccept' or '%mdeny')" },
	[TEXT_ATTEMPTED] = { "*** %u attempted to join the room", NULL },
	[TEXT_ALREADY_IN] = { "*** You are in the room already", NULL },
	[TEXT_EXISTS] = { "*** Room already exists", NULL },
	[TEXT_EXISTS_PRIVATE] = { "*** A private room with the same name "
				  "already exists", NULL },
	[TEXT_EXISTS_MEMBER] = { "*** Room already exists and you are a "
				 "member", NULL },
	[TEXT_IS_NOW] = { "*** sip:%a is now %s", NULL },
	[TEXT_INVALID] = { "*** Invalid command '%w' (send '%mhelp' for help)",
			   "invalid command '%w' - send ''%mhelp' for "
			   "details" },
	[TEXT_NO_ROOM] = { "*** Room not found", NULL },
	[TEXT_PRIVATE] = { "*** Private rooms are by invitation only. Room "
			   "owners have been notified.", NULL },

	[TEXT_DECLINED] = { "*** %u has declined the invitation", NULL },
	[TEXT_INVITE_FAILED] = { "*** %u could not be reached (SIP status "
				 "%n): the invitation is taken back", NULL },
	[TEXT_MAY_RETURN] = { "*** This room is public: only '%mban' keeps %u "
			      "from joining again", NULL },
	[TEXT_TOPIC] = { "*** Topic: %t", NULL },
	[TEXT_NO_TOPIC] = { "*** The room has no topic", NULL },
	[TEXT_TOPIC_SET] = { "*** %u has set the topic: %t", NULL },
	[TEXT_TOPIC_GONE] = { "*** %u has taken the topic away", NULL },
	[TEXT_RENAMED] = { "*** %u is now known as [%t]", NULL },
	[TEXT_NOW_PRIVATE] = { "*** The room is private now: people join it "
			       "by invitation", NULL },
	[TEXT_NOW_PUBLIC] = { "*** The room is public now: everybody may "
			      "join", NULL },
	[TEXT_WAS_PRIVATE] = { "*** The room is private already", NULL },
	[TEXT_WAS_PUBLIC] = { "*** The room is public already", NULL },
	[TEXT_NOTICES] = { "*** Who comes and who goes: %t", NULL },
	[TEXT_NOTICES_SET] = { "*** %u has set who hears of those that come "
			       "and go: %t", NULL },
	[TEXT_BLOCKED] = { "*** %u can't write to you by himself any more, "
			   "nor invite you to rooms or add you to them (send "
			   "'%munblock' to allow it)", NULL },
	[TEXT_UNBLOCKED] = { "*** %u can write to you and invite you again",
			     NULL },
	[TEXT_AWAY] = { "*** %u is away", NULL },
	[TEXT_AWAY_WHY] = { "*** %u is away: %t", NULL },
	[TEXT_BACK] = { "*** %u is back", NULL },
	[TEXT_BAN] = { "*** %u has been banned from the room", NULL },
	[TEXT_YOU_BANNED] = { "*** You have been banned from the room", NULL },
	[TEXT_BANNED] = { "*** %u may not join any more (send '%munban' to "
			  "allow it)", NULL },
	[TEXT_UNBANNED] = { "*** %u may join again", NULL },
	[TEXT_MUTED] = { "*** %u has been muted", NULL },
	[TEXT_MUTED_FOR] = { "*** %u has been muted for %n minutes", NULL },
	[TEXT_UNMUTED] = { "*** %u may speak again", NULL },
	[TEXT_NO_HISTORY] = { "*** Nothing has been said here", NULL },
	[TEXT_FATE] = { "*** Your last message: %t", NULL },
	[TEXT_LINKED] = { "*** The room is linked as %t: the state is shown "
			  "by '%mlinks'", NULL },
	[TEXT_UNLINKED] = { "*** The link %t is removed", NULL },
	[TEXT_EXPEL_ASKED] = { "*** The network of %t is asked to put him "
			       "out", NULL },

	[TEXT_USAGE] = { "*** Please send '%m%c %s'", NULL },
	[TEXT_SECOND_WORD] = { "*** Only \"private\" may follow the room's "
			       "name (send '%mcreate [room] [private]')",
			       NULL },
	[TEXT_WHICH_ROOM] = { "*** Which room? Write to the room itself, or "
			      "name it (send '%mhelp')", NULL },
	[TEXT_BARE_MARK] = { "*** A command's name must follow '%m' (send "
			     "'%mhelp')", NULL },
	[TEXT_MANAGER] = { "*** This is not a room: nobody else reads this "
			   "(send '%mhelp')", NULL },
	[TEXT_ROLE] = { "*** A role is owner, admin or member (send '%mmodify "
			"<user> <role> [room]')", NULL },
	[TEXT_MINUTES] = { "*** Minutes are a number from 1 to 525600 (send "
			   "'%mmute <user> [minutes] [room]')", NULL },
	[TEXT_COUNT] = { "*** How many is a number from 1 to 200 (send "
			 "'%mhistory [number]')", NULL },
	[TEXT_NOWHERE] = { "*** There is no room at this address (send "
			   "'%mcreate' to make one)", NULL },
	[TEXT_NOTICE_WORDS] = { "*** Who comes and who goes can be told to "
				"all, to owners and admins (quiet) or to "
				"nobody (off): send '%mnotices all', "
				"'%mnotices quiet' or '%mnotices off'",
				NULL },
	[TEXT_BAD_ROOM] = { "*** This is not a name that a room can have "
			    "(write at most 64 letters a to z, digits and "
			    "._-, with no full stop at the end)", NULL },
	[TEXT_MANAGERS] = { "*** This is the address of the manager, not of "
			    "a room (rooms have other names: send "
			    "'%mrooms')", NULL },
	[TEXT_FOR_MANAGER] = { "*** '%m%c' is for the manager alone: send it "
			       "to %w", NULL },
	[TEXT_USERS] = { "*** This is the address of a user, not of a room "
			 "(a room needs another name)", NULL },
	[TEXT_NOT_IN] = { "*** You are not a member of this room (send "
			  "'%mjoin')", NULL },
	[TEXT_NOT_IN_PRIVATE] = { "*** You are not a member of this room, "
				  "which is by invitation only", NULL },
	[TEXT_INVITED] = { "*** You are invited, but not in the room yet "
			   "(send '%maccept' or '%mreject')",
			   "*** You are invited, but not in the room yet "
			   "(send '%maccept' or '%mdeny')" },
	[TEXT_NO_INVITE] = { "*** There is no invitation to this room for "
			     "you (send '%mjoin')", NULL },
	[TEXT_YOU_ARE_BANNED] = { "*** You are banned from this room (its "
				  "owner or an admin can lift it)", NULL },
	[TEXT_YOU_ARE_MUTED] = { "*** You are muted in this room: you can "
				 "read, but not speak (its owner or an admin "
				 "can lift it)", NULL },
	[TEXT_RIGHT] = { "*** You don't have the permission to do this: only "
			 "the room's owner and its admins may", NULL },
	[TEXT_RIGHT_ADD] = { "*** You don't have the permission to add "
			     "members to this room", NULL },
	[TEXT_RIGHT_MODIFY] = { "*** You don't have the permission to modify "
				"members in this room", NULL },
	[TEXT_OWNERS] = { "*** Only the room's owner may do this", NULL },
	[TEXT_OPERATORS] = { "*** Only the operator of this server may do "
			     "this", NULL },
	[TEXT_NOT_OVER_OWNER] = { "*** %u is an owner of this room: only an "
				  "owner may do this", NULL },
	[TEXT_OWNER_MAKES] = { "*** Only an owner can make somebody an owner",
			       NULL },
	[TEXT_LAST_OWNER] = { "*** The room would have no owner (send "
			      "'%mmodify <user> owner' for another one first, "
			      "or '%mdestroy')", NULL },
	[TEXT_BAD_USER] = { "*** This is not a user's address (write "
			    "sip:user@domain, user@domain or user)", NULL },
	[TEXT_SELF] = { "*** This is yourself (send '%mleave' to leave the "
			"room)",
			"*** This is yourself (send '%mexit' to leave the "
			"room)" },
	[TEXT_NO_MEMBER] = { "*** %u is not a member of this room (send "
			     "'%mmembers')",
			     "*** %u is not a member of this room (send "
			     "'%mlist')" },
	[TEXT_IS_IN] = { "*** %u is a member of this room already", NULL },
	[TEXT_IS_INVITED] = { "*** %u is invited already (send '%madd <user>' "
			      "to make him a member without asking)", NULL },
	[TEXT_IS_BANNED] = { "*** %u is banned from this room (send '%munban' "
			     "first)", NULL },
	[TEXT_NOT_BANNED] = { "*** %u is not banned from this room (send "
			      "'%mbans')", NULL },
	[TEXT_UNREACHABLE] = { "*** %u has not been seen here yet and can't "
			       "be reached: nobody was invited", NULL },
	[TEXT_NOT_PERSON] = { "*** This is the address of a room, not of a "
			      "user (write sip:user@domain, user@domain or "
			      "user)", NULL },
	[TEXT_HAS_BLOCKED] = { "*** %u wants no invitations from you, and "
			       "can't be added by you (he may join by "
			       "himself)", NULL },
	[TEXT_NOT_BLOCKED] = { "*** %u is not blocked by you (send '%mblock' "
			       "to see who is)", NULL },
	[TEXT_BLOCKS] = { "*** You have blocked %n users, and more are not "
			  "allowed (send '%munblock <user>' for one of "
			  "them)", NULL },
	[TEXT_NICK_TAKEN] = { "*** Somebody else has this name here (send "
			      "'%mnick <name>' with another one)", NULL },
	[TEXT_BAD_NICK] = { "*** This is not a name that can be shown (write "
			    "one with letters or digits)", NULL },
	[TEXT_NOTHING_SAID] = { "*** You have said nothing here that is still "
				"known", NULL },
	[TEXT_NO_LINK] = { "*** The room has no such link (send '%mlinks')",
			   NULL },
	[TEXT_LINK_REFUSED] = { "*** This can't be linked: %t", NULL },
	[TEXT_CANT_EXPEL] = { "*** %t can't be put out there: his network has "
			      "no way for that, or the link is down (send "
			      "'%mlinks')", NULL },
	[TEXT_CONFIGURED] = { "*** This link stands in the configuration: "
			      "only the operator can remove it", NULL },
	[TEXT_UNDER_WAY] = { "*** This is under way already (please wait a "
			     "moment)", NULL },
	[TEXT_TOO_FAST] = { "*** You write too fast: this was not taken, and "
			    "more will not be for a moment (please wait %n "
			    "s)", NULL },
	[TEXT_ROOM_BUSY] = { "*** Too much is said here at once: your text "
			     "was not taken (please send it again in %n s)",
			     NULL },
	[TEXT_CREATE_RATE] = { "*** You have made many rooms in a short time "
			       "(please wait %n s)", NULL },
	[TEXT_JOIN_RATE] = { "*** You come and go, or change your name, too "
			     "often (please wait %n s)", NULL },
	[TEXT_INVITE_RATE] = { "*** You have invited many people in a short "
			       "time (please wait %n s)", NULL },
	[TEXT_INVITED_RATE] = { "*** %u has been invited many times in a "
				"short time (please wait %n s)", NULL },
	[TEXT_ROOMS] = { "*** There are as many rooms as this server allows: "
			 "one has to end first", NULL },
	[TEXT_OWNED] = { "*** You own %n rooms, and more are not allowed "
			 "(send '%mdestroy <room>' to end one)", NULL },
	[TEXT_PLACES] = { "*** You are in %n rooms, or invited to them, and "
			  "more are not allowed (send '%mleave <room>' to "
			  "leave one)",
			  "*** You are in %n rooms, or invited to them, and "
			  "more are not allowed (send '%mexit <room>' to "
			  "leave one)" },
	[TEXT_HIS_PLACES] = { "*** %u is in %n rooms, and more are not "
			      "allowed: he has to leave one first", NULL },
	[TEXT_HIS_OWNED] = { "*** %u owns %n rooms, and more are not allowed",
			     NULL },
	[TEXT_FULL] = { "*** The room has as many members as are allowed: "
			"somebody has to leave first", NULL },
	[TEXT_TOO_LONG] = { "*** This is too long to be sent to a room "
			    "(please send it in parts)", NULL },
	[TEXT_STORE] = { "*** This could not be stored, please try again "
			 "later", NULL },
	[TEXT_EMPTY] = { "*** There is nothing in it that can be shown",
			 NULL },
};

int dialect_parse(enum dialect *out, const char *name)
{
	if (!strcmp(name, "kamailio"))
		*out = DIALECT_KAMAILIO;
	else if (!strcmp(name, "opensips"))
		*out = DIALECT_OPENSIPS;
	else
		return EINVAL;
	return 0;
}

static void add_address(struct buf *b, const struct addr *a)
{
	buf_addv(b, a->user);
	buf_addc(b, '@');
	buf_addv(b, a->host);
}

void dialect_add_who(struct buf *b, enum dialect d,
		     const struct text_who *who)
{
	if (d == DIALECT_OPENSIPS) {
		buf_addc(b, '<');
		buf_addv(b, who->addr->text);
		buf_addc(b, '>');
	} else {
		buf_addc(b, '[');
		buf_addv(b, who->name);
		buf_addc(b, ']');
	}
}

/* One word, and no line of its own. */
static void add_word(struct buf *b, struct view word)
{
	size_t at = b->n;

	utf8_clean(b, view_head(word, utf8_cut(word, WORD_MAX)));
	for (; at < b->n; at++)
		if (b->p[at] == '\n' || b->p[at] == '\t')
			b->p[at] = ' ';
}

static void add_part(struct buf *b, enum dialect d, char letter,
		     const char *mark, const struct text_args *args)
{
	switch (letter) {

	case 'm':
		buf_adds(b, mark);
		break;

	case 'u':
		dialect_add_who(b, d, &args->who);
		break;

	case 'a':
		add_address(b, args->who.addr);
		break;

	case 'b':
		buf_addv(b, args->who.name);
		break;

	case 'w':
		add_word(b, args->word);
		break;

	case 't':
		buf_addv(b, args->text);
		break;

	case 'n':
		buf_add_u64(b, args->n);
		break;

	case 'c':
		buf_adds(b, args->name ? args->name : "");
		break;

	case 's':
		buf_adds(b, args->usage ? args->usage : "");
		break;
	}
}

void dialect_add(struct buf *b, enum dialect d, enum text t, const char *mark,
		 const struct text_args *args)
{
	const char *p = d == DIALECT_OPENSIPS ? texts[t].opensips : NULL;

	for (p = p ? p : texts[t].kamailio; *p; p++) {
		if (*p == '%')
			add_part(b, d, *++p, mark, args);
		else
			buf_addc(b, *p);
	}
}

/* Who is not on SIP has no address of that form: his name says where he is. */
static void add_speaker(struct buf *b, const struct msg *m)
{
	buf_addc(b, '<');
	if (addr_is(m->from, "sip"))
		add_address(b, m->from);
	else
		buf_addv(b, m->name);
	buf_addc(b, '>');
}

static void render_opensips(struct buf *b, const struct msg *m)
{
	static const struct {
		const char *before, *after;
	} around[] = {
		[MSG_TEXT] = { "", ": " },
		[MSG_EMOTE] = { "* ", " " },
		[MSG_SUBJECT] = { "* ", " set the subject: " },
	};
	struct msg bare = *m;

	buf_adds(b, around[m->kind].before);
	add_speaker(b, m);
	buf_adds(b, around[m->kind].after);
	bare.kind = MSG_NOTICE; /* the text without a prefix */
	render_sip(b, &bare);
}

void dialect_render(struct buf *b, enum dialect d, const struct msg *m)
{
	if (d == DIALECT_KAMAILIO || m->kind == MSG_NOTICE)
		render_sip(b, m);
	else
		render_opensips(b, m);
}

void dialect_add_time(struct buf *b, uint64_t time_ms)
{
	time_t t = (time_t)(time_ms / 1000);
	struct tm tm;

	if (localtime_r(&t, &tm))
		buf_addf(b, "[%02d:%02d] ", tm.tm_hour, tm.tm_min);
}
