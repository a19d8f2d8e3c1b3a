/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect: every text in both dialects, word by word; what peers wrote stays
 * one word in a line; how messages and their time are shown.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "dialect.h"
#include "test.h"
#include "utf8.h"

/* opensips NULL: as kamailio. The first ones are the seeds' own. */
static const struct {
	enum text text;
	const char *kamailio, *opensips;
} texts[] = {
	{ TEXT_NONE,
	  "", NULL },
	{ TEXT_CREATED,
	  "*** Room was created",
	  "*** room was created" },
	{ TEXT_JOINED,
	  "*** [Al] has joined the room",
	  "*** <sip:al@ex.org> has joined the room" },
	{ TEXT_LEFT,
	  "*** [Al] has left the room",
	  "The user [Al] has left the room" },
	{ TEXT_REMOVED,
	  "*** [Al] has left the room",
	  "*** <sip:al@ex.org> has left the room" },
	{ TEXT_DESTROYED,
	  "*** Room has been destroyed",
	  "The room has been destroyed" },
	{ TEXT_YOU_REMOVED,
	  "*** You have been removed from the room",
	  "You have been removed from this room" },
	{ TEXT_INVITES,
	  "*** [Al] invites you to join the room (send '!accept' or "
	  "'!reject')",
	  "INVITE from: al@ex.org(Type: '!accept' or '!deny')" },
	{ TEXT_ATTEMPTED,
	  "*** [Al] attempted to join the room",
	  "*** <sip:al@ex.org> attempted to join the room" },
	{ TEXT_ALREADY_IN,
	  "*** You are in the room already", NULL },
	{ TEXT_EXISTS,
	  "*** Room already exists", NULL },
	{ TEXT_EXISTS_PRIVATE,
	  "*** A private room with the same name already exists", NULL },
	{ TEXT_EXISTS_MEMBER,
	  "*** Room already exists and you are a member", NULL },
	{ TEXT_IS_NOW,
	  "*** sip:al@ex.org is now <name> [room]", NULL },
	{ TEXT_INVALID,
	  "*** Invalid command 'frob' (send '!help' for help)",
	  "invalid command 'frob' - send ''!help' for details" },
	{ TEXT_NO_ROOM,
	  "*** Room not found", NULL },
	{ TEXT_PRIVATE,
	  "*** Private rooms are by invitation only. Room owners have "
	  "been notified.", NULL },
	{ TEXT_DECLINED,
	  "*** [Al] has declined the invitation",
	  "*** <sip:al@ex.org> has declined the invitation" },
	{ TEXT_INVITE_FAILED,
	  "*** [Al] could not be reached (SIP status 7): the "
	  "invitation is taken back",
	  "*** <sip:al@ex.org> could not be reached (SIP status 7): "
	  "the invitation is taken back" },
	{ TEXT_MAY_RETURN,
	  "*** This room is public: only '!ban' keeps [Al] from "
	  "joining again",
	  "*** This room is public: only '!ban' keeps <sip:al@ex.org> "
	  "from joining again" },
	{ TEXT_TOPIC,
	  "*** Topic: tea", NULL },
	{ TEXT_NO_TOPIC,
	  "*** The room has no topic", NULL },
	{ TEXT_TOPIC_SET,
	  "*** [Al] has set the topic: tea",
	  "*** <sip:al@ex.org> has set the topic: tea" },
	{ TEXT_TOPIC_GONE,
	  "*** [Al] has taken the topic away",
	  "*** <sip:al@ex.org> has taken the topic away" },
	{ TEXT_RENAMED,
	  "*** [Al] is now known as [tea]",
	  "*** <sip:al@ex.org> is now known as [tea]" },
	{ TEXT_NOW_PRIVATE,
	  "*** The room is private now: people join it by invitation", NULL },
	{ TEXT_NOW_PUBLIC,
	  "*** The room is public now: everybody may join", NULL },
	{ TEXT_WAS_PRIVATE,
	  "*** The room is private already", NULL },
	{ TEXT_WAS_PUBLIC,
	  "*** The room is public already", NULL },
	{ TEXT_NOTICES,
	  "*** Who comes and who goes: tea", NULL },
	{ TEXT_NOTICES_SET,
	  "*** [Al] has set who hears of those that come and go: tea",
	  "*** <sip:al@ex.org> has set who hears of those that come "
	  "and go: tea" },
	{ TEXT_BLOCKED,
	  "*** [Al] can't write to you by himself any more, nor invite "
	  "you to rooms or add you to them (send '!unblock' to allow it)",
	  "*** <sip:al@ex.org> can't write to you by himself any more, "
	  "nor invite you to rooms or add you to them (send '!unblock' "
	  "to allow it)" },
	{ TEXT_UNBLOCKED,
	  "*** [Al] can write to you and invite you again",
	  "*** <sip:al@ex.org> can write to you and invite you again" },
	{ TEXT_AWAY,
	  "*** [Al] is away",
	  "*** <sip:al@ex.org> is away" },
	{ TEXT_AWAY_WHY,
	  "*** [Al] is away: tea",
	  "*** <sip:al@ex.org> is away: tea" },
	{ TEXT_BACK,
	  "*** [Al] is back",
	  "*** <sip:al@ex.org> is back" },
	{ TEXT_BAN,
	  "*** [Al] has been banned from the room",
	  "*** <sip:al@ex.org> has been banned from the room" },
	{ TEXT_YOU_BANNED,
	  "*** You have been banned from the room", NULL },
	{ TEXT_BANNED,
	  "*** [Al] may not join any more (send '!unban' to allow it)",
	  "*** <sip:al@ex.org> may not join any more (send '!unban' to "
	  "allow it)" },
	{ TEXT_UNBANNED,
	  "*** [Al] may join again",
	  "*** <sip:al@ex.org> may join again" },
	{ TEXT_MUTED,
	  "*** [Al] has been muted",
	  "*** <sip:al@ex.org> has been muted" },
	{ TEXT_MUTED_FOR,
	  "*** [Al] has been muted for 7 minutes",
	  "*** <sip:al@ex.org> has been muted for 7 minutes" },
	{ TEXT_UNMUTED,
	  "*** [Al] may speak again",
	  "*** <sip:al@ex.org> may speak again" },
	{ TEXT_NO_HISTORY,
	  "*** Nothing has been said here", NULL },
	{ TEXT_FATE,
	  "*** Your last message: tea", NULL },
	{ TEXT_LINKED,
	  "*** The room is linked as tea: the state is shown by "
	  "'!links'", NULL },
	{ TEXT_UNLINKED,
	  "*** The link tea is removed", NULL },
	{ TEXT_EXPEL_ASKED,
	  "*** The network of tea is asked to put him out", NULL },
	{ TEXT_USAGE,
	  "*** Please send '!nick <name> [room]'", NULL },
	{ TEXT_SECOND_WORD,
	  "*** Only \"private\" may follow the room's name (send "
	  "'!create [room] [private]')", NULL },
	{ TEXT_WHICH_ROOM,
	  "*** Which room? Write to the room itself, or name it (send "
	  "'!help')", NULL },
	{ TEXT_BARE_MARK,
	  "*** A command's name must follow '!' (send '!help')", NULL },
	{ TEXT_MANAGER,
	  "*** This is not a room: nobody else reads this (send "
	  "'!help')", NULL },
	{ TEXT_ROLE,
	  "*** A role is owner, admin or member (send '!modify <user> "
	  "<role> [room]')", NULL },
	{ TEXT_MINUTES,
	  "*** Minutes are a number from 1 to 525600 (send '!mute "
	  "<user> [minutes] [room]')", NULL },
	{ TEXT_COUNT,
	  "*** How many is a number from 1 to 200 (send '!history "
	  "[number]')", NULL },
	{ TEXT_NOWHERE,
	  "*** There is no room at this address (send '!create' to "
	  "make one)", NULL },
	{ TEXT_NOTICE_WORDS,
	  "*** Who comes and who goes can be told to all, to owners "
	  "and admins (quiet) or to nobody (off): send '!notices all', "
	  "'!notices quiet' or '!notices off'", NULL },
	{ TEXT_BAD_ROOM,
	  "*** This is not a name that a room can have (write at most "
	  "64 letters a to z, digits and ._-, with no full stop at the "
	  "end)", NULL },
	{ TEXT_MANAGERS,
	  "*** This is the address of the manager, not of a room "
	  "(rooms have other names: send '!rooms')", NULL },
	{ TEXT_FOR_MANAGER,
	  "*** '!nick' is for the manager alone: send it to frob", NULL },
	{ TEXT_USERS,
	  "*** This is the address of a user, not of a room (a room "
	  "needs another name)", NULL },
	{ TEXT_NOT_IN,
	  "*** You are not a member of this room (send '!join')", NULL },
	{ TEXT_NOT_IN_PRIVATE,
	  "*** You are not a member of this room, which is by "
	  "invitation only", NULL },
	{ TEXT_INVITED,
	  "*** You are invited, but not in the room yet (send "
	  "'!accept' or '!reject')",
	  "*** You are invited, but not in the room yet (send "
	  "'!accept' or '!deny')" },
	{ TEXT_NO_INVITE,
	  "*** There is no invitation to this room for you (send "
	  "'!join')", NULL },
	{ TEXT_YOU_ARE_BANNED,
	  "*** You are banned from this room (its owner or an admin "
	  "can lift it)", NULL },
	{ TEXT_YOU_ARE_MUTED,
	  "*** You are muted in this room: you can read, but not speak "
	  "(its owner or an admin can lift it)", NULL },
	{ TEXT_RIGHT,
	  "*** You don't have the permission to do this: only the "
	  "room's owner and its admins may", NULL },
	{ TEXT_RIGHT_ADD,
	  "*** You don't have the permission to add members to this "
	  "room", NULL },
	{ TEXT_RIGHT_MODIFY,
	  "*** You don't have the permission to modify members in this "
	  "room", NULL },
	{ TEXT_OWNERS,
	  "*** Only the room's owner may do this", NULL },
	{ TEXT_OPERATORS,
	  "*** Only the operator of this server may do this", NULL },
	{ TEXT_NOT_OVER_OWNER,
	  "*** [Al] is an owner of this room: only an owner may do this",
	  "*** <sip:al@ex.org> is an owner of this room: only an owner "
	  "may do this" },
	{ TEXT_OWNER_MAKES,
	  "*** Only an owner can make somebody an owner", NULL },
	{ TEXT_LAST_OWNER,
	  "*** The room would have no owner (send '!modify <user> "
	  "owner' for another one first, or '!destroy')", NULL },
	{ TEXT_BAD_USER,
	  "*** This is not a user's address (write sip:user@domain, "
	  "user@domain or user)", NULL },
	{ TEXT_SELF,
	  "*** This is yourself (send '!leave' to leave the room)",
	  "*** This is yourself (send '!exit' to leave the room)" },
	{ TEXT_NO_MEMBER,
	  "*** [Al] is not a member of this room (send '!members')",
	  "*** <sip:al@ex.org> is not a member of this room (send "
	  "'!list')" },
	{ TEXT_IS_IN,
	  "*** [Al] is a member of this room already",
	  "*** <sip:al@ex.org> is a member of this room already" },
	{ TEXT_IS_INVITED,
	  "*** [Al] is invited already (send '!add <user>' to make him "
	  "a member without asking)",
	  "*** <sip:al@ex.org> is invited already (send '!add <user>' "
	  "to make him a member without asking)" },
	{ TEXT_IS_BANNED,
	  "*** [Al] is banned from this room (send '!unban' first)",
	  "*** <sip:al@ex.org> is banned from this room (send '!unban' "
	  "first)" },
	{ TEXT_NOT_BANNED,
	  "*** [Al] is not banned from this room (send '!bans')",
	  "*** <sip:al@ex.org> is not banned from this room (send "
	  "'!bans')" },
	{ TEXT_UNREACHABLE,
	  "*** [Al] has not been seen here yet and can't be reached: "
	  "nobody was invited",
	  "*** <sip:al@ex.org> has not been seen here yet and can't be "
	  "reached: nobody was invited" },
	{ TEXT_NOT_PERSON,
	  "*** This is the address of a room, not of a user (write "
	  "sip:user@domain, user@domain or user)", NULL },
	{ TEXT_HAS_BLOCKED,
	  "*** [Al] wants no invitations from you, and can't be added "
	  "by you (he may join by himself)",
	  "*** <sip:al@ex.org> wants no invitations from you, and "
	  "can't be added by you (he may join by himself)" },
	{ TEXT_NOT_BLOCKED,
	  "*** [Al] is not blocked by you (send '!block' to see who is)",
	  "*** <sip:al@ex.org> is not blocked by you (send '!block' to "
	  "see who is)" },
	{ TEXT_BLOCKS,
	  "*** You have blocked 7 users, and more are not allowed "
	  "(send '!unblock <user>' for one of them)", NULL },
	{ TEXT_NICK_TAKEN,
	  "*** Somebody else has this name here (send '!nick <name>' "
	  "with another one)", NULL },
	{ TEXT_BAD_NICK,
	  "*** This is not a name that can be shown (write one with "
	  "letters or digits)", NULL },
	{ TEXT_NOTHING_SAID,
	  "*** You have said nothing here that is still known", NULL },
	{ TEXT_NO_LINK,
	  "*** The room has no such link (send '!links')", NULL },
	{ TEXT_LINK_REFUSED,
	  "*** This can't be linked: tea", NULL },
	{ TEXT_CANT_EXPEL,
	  "*** tea can't be put out there: his network has no way for "
	  "that, or the link is down (send '!links')", NULL },
	{ TEXT_CONFIGURED,
	  "*** This link stands in the configuration: only the "
	  "operator can remove it", NULL },
	{ TEXT_UNDER_WAY,
	  "*** This is under way already (please wait a moment)", NULL },
	{ TEXT_TOO_FAST,
	  "*** You write too fast: this was not taken, and more will "
	  "not be for a moment (please wait 7 s)", NULL },
	{ TEXT_ROOM_BUSY,
	  "*** Too much is said here at once: your text was not taken "
	  "(please send it again in 7 s)", NULL },
	{ TEXT_CREATE_RATE,
	  "*** You have made many rooms in a short time (please wait 7 "
	  "s)", NULL },
	{ TEXT_JOIN_RATE,
	  "*** You come and go, or change your name, too often (please "
	  "wait 7 s)", NULL },
	{ TEXT_INVITE_RATE,
	  "*** You have invited many people in a short time (please "
	  "wait 7 s)", NULL },
	{ TEXT_INVITED_RATE,
	  "*** [Al] has been invited many times in a short time "
	  "(please wait 7 s)",
	  "*** <sip:al@ex.org> has been invited many times in a short "
	  "time (please wait 7 s)" },
	{ TEXT_ROOMS,
	  "*** There are as many rooms as this server allows: one has "
	  "to end first", NULL },
	{ TEXT_OWNED,
	  "*** You own 7 rooms, and more are not allowed (send "
	  "'!destroy <room>' to end one)", NULL },
	{ TEXT_PLACES,
	  "*** You are in 7 rooms, or invited to them, and more are "
	  "not allowed (send '!leave <room>' to leave one)",
	  "*** You are in 7 rooms, or invited to them, and more are "
	  "not allowed (send '!exit <room>' to leave one)" },
	{ TEXT_HIS_PLACES,
	  "*** [Al] is in 7 rooms, and more are not allowed: he has to "
	  "leave one first",
	  "*** <sip:al@ex.org> is in 7 rooms, and more are not "
	  "allowed: he has to leave one first" },
	{ TEXT_HIS_OWNED,
	  "*** [Al] owns 7 rooms, and more are not allowed",
	  "*** <sip:al@ex.org> owns 7 rooms, and more are not allowed" },
	{ TEXT_FULL,
	  "*** The room has as many members as are allowed: somebody "
	  "has to leave first", NULL },
	{ TEXT_TOO_LONG,
	  "*** This is too long to be sent to a room (please send it "
	  "in parts)", NULL },
	{ TEXT_STORE,
	  "*** This could not be stored, please try again later", NULL },
	{ TEXT_EMPTY,
	  "*** There is nothing in it that can be shown", NULL },
};

enum { ROWS = sizeof(texts) / sizeof(texts[0]) };
static const enum dialect both[] = { DIALECT_KAMAILIO, DIALECT_OPENSIPS };

static struct addr *al;

static int setup(void **state)
{
	int err = test_setup(state);

	return err ? err : addr_new(&al, VIEW("sip"), VIEW("al"),
				    VIEW("ex.org"), VIEW_NONE);
}

static int teardown(void **state)
{
	al = mem_deref(al);
	return test_teardown(state);
}

static struct text_args usual(void)
{
	return (struct text_args){
		.who = { .addr = al, .name = VIEW("Al") },
		.word = VIEW("frob"),
		.text = VIEW("tea"),
		.n = 7,
		.name = "nick",
		.usage = "<name> [room]",
	};
}

static void says(enum dialect d, enum text t, const struct text_args *args,
		 const char *expected)
{
	struct buf b = { 0 };

	dialect_add(&b, d, t, "!", args);
	assert_view(buf_view(&b), expected);
	buf_free(&b);
}

static void each_text_is_as_it_is_known(void **state)
{
	const struct text_args args = usual();

	(void)state;
	for (size_t n = 0; n < ROWS; n++) {
		says(DIALECT_KAMAILIO, texts[n].text, &args,
		     texts[n].kamailio);
		says(DIALECT_OPENSIPS, texts[n].text, &args,
		     texts[n].opensips ? texts[n].opensips :
					 texts[n].kamailio);
	}
}

static void no_text_is_without_a_row(void **state)
{
	bool seen[TEXTS] = { false };

	(void)state;
	for (size_t n = 0; n < ROWS; n++) {
		assert_false(seen[texts[n].text]);
		seen[texts[n].text] = true;
	}
	assert_int_equal(ROWS, TEXTS);
}

static void it_adds(void **state)
{
	const struct text_args args = usual();
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "before ");
	dialect_add(&b, DIALECT_KAMAILIO, TEXT_INVALID, "mark ", &args);
	assert_view(buf_view(&b), "before *** Invalid command 'frob' (send "
				  "'mark help' for help)");
	buf_free(&b);
}

static void what_is_missing_is_left_empty(void **state)
{
	const struct text_args args = { .who = { .addr = al } };

	(void)state;
	says(DIALECT_KAMAILIO, TEXT_USAGE, &args, "*** Please send '! '");
	says(DIALECT_KAMAILIO, TEXT_TOPIC, &args, "*** Topic: ");
	says(DIALECT_KAMAILIO, TEXT_INVALID, &args,
	     "*** Invalid command '' (send '!help' for help)");
	says(DIALECT_KAMAILIO, TEXT_IS_NOW, &args,
	     "*** sip:al@ex.org is now ");
	says(DIALECT_KAMAILIO, TEXT_LEFT, &args, "*** [] has left the room");
	says(DIALECT_OPENSIPS, TEXT_LEFT, &args,
	     "The user [] has left the room");
}

/* Formats are ours: what a peer wrote is none. */
static void percent_signs_stay(void **state)
{
	struct text_args args = usual();

	(void)state;
	args.word = VIEW("%s%n%w%u");
	says(DIALECT_KAMAILIO, TEXT_INVALID, &args,
	     "*** Invalid command '%s%n%w%u' (send '!help' for help)");
	args.text = VIEW("100%u %n");
	says(DIALECT_OPENSIPS, TEXT_TOPIC, &args, "*** Topic: 100%u %n");
	args.who.name = VIEW("%n%s");
	says(DIALECT_KAMAILIO, TEXT_JOINED, &args,
	     "*** [%n%s] has joined the room");
}

static void words_of_peers_stay_in_their_line(void **state)
{
	static const struct {
		struct view word;
		const char *shown;
	} rows[] = {
		{ VIEW("a\r\nb"), "a b" },
		{ VIEW("a\nb\tc"), "a b c" },
		{ VIEW("a\0b\x01" "c\x7f" "d"), "abcd" },
		{ VIEW("a\xe2\x80\xa8" "b"), "a b" },   /* U+2028 */
		{ VIEW("a\xc2\x85" "b\xc2\x80" "c"), "a bc" },
		{ VIEW("a\v" "b\f" "c"), "a b c" },
		{ VIEW("\xff\xc3"), "\xef\xbf\xbd\xef\xbf\xbd" },
		{ VIEW("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd"
					"\xef\xbf\xbd" },
		{ VIEW("' (send '"), "' (send '" },
	};
	struct text_args args = usual();
	char expected[256];

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		args.word = rows[n].word;
		snprintf(expected, sizeof(expected),
			 "invalid command '%s' - send ''!help' for details",
			 rows[n].shown);
		says(DIALECT_OPENSIPS, TEXT_INVALID, &args, expected);
	}
}

static bool is_one_clean_line(struct view v)
{
	for (size_t n = 0; n < v.n; n++)
		if ((unsigned char)v.p[n] < 0x20 || v.p[n] == 0x7f)
			return false;
	return utf8_valid(v);
}

static void long_words_are_cut_between_characters(void **state)
{
	static char word[3 * 1000];
	struct text_args args = usual();
	struct buf b = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof(word); n++)
		word[n] = "\xe2\x82\xac"[n % 3]; /* euro signs */
	args.word = view_mem(word, sizeof(word));
	for (size_t n = 0; n < ROWS; n++)
		for (size_t d = 0; d < 2; d++) {
			buf_clear(&b);
			dialect_add(&b, both[d], texts[n].text, "!", &args);
			assert_true(b.n < 256);
			assert_true(is_one_clean_line(buf_view(&b)));
		}
	buf_clear(&b);
	dialect_add(&b, DIALECT_KAMAILIO, TEXT_INVALID, "!", &args);
	assert_int_equal(b.n, strlen("*** Invalid command '' (send '!help' "
				     "for help)") + 63);
	buf_free(&b);
}

static void any_bytes_make_a_clean_line(void **state)
{
	struct text_args args = usual();
	struct buf b = { 0 };
	char word[97];
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		for (size_t n = 0; n < sizeof(word); n++) {
			seed = seed * 1103515245u + 12345u;
			word[n] = (char)(seed >> 16);
		}
		args.word = view_mem(word, sizeof(word));
		buf_clear(&b);
		dialect_add(&b, both[round & 1], TEXT_INVALID, "!", &args);
		assert_true(is_one_clean_line(buf_view(&b)));
	}
	buf_free(&b);
}

static void long_texts_and_numbers_go_through(void **state)
{
	static char text[MSG_TEXT_MAX];
	struct text_args args = usual();
	struct buf b = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text));
	args.text = view_mem(text, sizeof(text));
	dialect_add(&b, DIALECT_KAMAILIO, TEXT_TOPIC, "!", &args);
	assert_int_equal(b.n, strlen("*** Topic: ") + sizeof(text));
	buf_free(&b);
	args.n = UINT64_MAX;
	says(DIALECT_KAMAILIO, TEXT_MUTED_FOR, &args,
	     "*** [Al] has been muted for 18446744073709551615 minutes");
}

static void people(void **state)
{
	const struct text_who who = { .addr = al, .name = VIEW("Al") };
	struct buf b = { 0 };

	(void)state;
	dialect_add_who(&b, DIALECT_KAMAILIO, &who);
	assert_view(buf_view(&b), "[Al]");
	buf_clear(&b);
	dialect_add_who(&b, DIALECT_OPENSIPS, &who);
	assert_view(buf_view(&b), "<sip:al@ex.org>");
	buf_free(&b);
}

static void shows(enum dialect d, enum msg_kind kind, struct addr *from,
		  const char *expected)
{
	const struct msg_conf conf = {
		.kind = kind,
		.from = from,
		.name = VIEW("Al"),
		.text = VIEW("one\ntwo"),
		.time_ms = 1,
	};
	struct buf b = { 0 };
	struct msg *m = NULL;

	assert_int_equal(msg_new(&m, &conf), 0);
	dialect_render(&b, d, m);
	assert_view(buf_view(&b), expected);
	buf_free(&b);
	mem_deref(m);
}

static void messages(void **state)
{
	struct addr *ines = NULL;

	(void)state;
	assert_int_equal(addr_new(&ines, VIEW("irc"), VIEW("ines"),
				  VIEW("libera"), VIEW_NONE), 0);
	shows(DIALECT_KAMAILIO, MSG_TEXT, al, "[Al]: one\n  two");
	shows(DIALECT_KAMAILIO, MSG_EMOTE, al, "* [Al] one\n  two");
	shows(DIALECT_KAMAILIO, MSG_SUBJECT, al,
	      "* [Al] set the subject: one\n  two");
	shows(DIALECT_KAMAILIO, MSG_NOTICE, al, "one\n  two");
	shows(DIALECT_KAMAILIO, MSG_TEXT, ines, "[Al]: one\n  two");
	shows(DIALECT_OPENSIPS, MSG_TEXT, al, "<al@ex.org>: one\n  two");
	shows(DIALECT_OPENSIPS, MSG_EMOTE, al, "* <al@ex.org> one\n  two");
	shows(DIALECT_OPENSIPS, MSG_SUBJECT, al,
	      "* <al@ex.org> set the subject: one\n  two");
	shows(DIALECT_OPENSIPS, MSG_NOTICE, al, "one\n  two");
	/* not of SIP: an address of that form would be somebody else's */
	shows(DIALECT_OPENSIPS, MSG_TEXT, ines, "<Al>: one\n  two");
	mem_deref(ines);
}

static void times(void **state)
{
	static const struct {
		uint64_t ms;
		const char *shown;
	} rows[] = {
		{ 0, "[00:00] " },
		{ 59999, "[00:00] " },
		{ 60000, "[00:01] " },
		{ UINT64_C(86399999), "[23:59] " },
		{ UINT64_C(86400000), "[00:00] " },
		{ UINT64_C(1795271100000), "[14:25] " },
	};
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	tzset();
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		buf_clear(&b);
		dialect_add_time(&b, rows[n].ms);
		assert_view(buf_view(&b), rows[n].shown);
	}
	buf_free(&b);
}

static void names_of_dialects(void **state)
{
	static const char *const bad[] = { "", "Kamailio", "opensips ",
					   "freeswitch" };
	enum dialect d = DIALECT_OPENSIPS;

	(void)state;
	assert_int_equal(dialect_parse(&d, "kamailio"), 0);
	assert_int_equal(d, DIALECT_KAMAILIO);
	assert_int_equal(dialect_parse(&d, "opensips"), 0);
	assert_int_equal(d, DIALECT_OPENSIPS);
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		assert_int_equal(dialect_parse(&d, bad[n]), EINVAL);
		assert_int_equal(d, DIALECT_OPENSIPS);
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_text_is_as_it_is_known),
		CASE(no_text_is_without_a_row),
		CASE(it_adds),
		CASE(what_is_missing_is_left_empty),
		CASE(percent_signs_stay),
		CASE(words_of_peers_stay_in_their_line),
		CASE(long_words_are_cut_between_characters),
		CASE(any_bytes_make_a_clean_line),
		CASE(long_texts_and_numbers_go_through),
		CASE(people),
		CASE(messages),
		CASE(times),
		CASE(names_of_dialects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
