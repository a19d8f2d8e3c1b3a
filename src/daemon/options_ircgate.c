/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of irc_gateway. */
#include <errno.h>
#include <string.h>

#include "bridges/irc/imap.h"
#include "bridges/irc/names.h"
#include "mem.h"
#include "options.h"

static int check_words(const char *value, const char *const *words,
		       struct buf *why)
{
	for (size_t i = 0; words[i]; i++)
		if (!strcmp(value, words[i]))
			return 0;
	buf_adds(why, "must be");
	for (size_t i = 0; words[i]; i++)
		buf_addf(why, "%s\"%s\"",
			 !i ? " " : words[i + 1] ? ", " : " or ", words[i]);
	return EINVAL;
}

static int check_first(const char *value, struct buf *why)
{
	static const char *const words[] = { "ask", "allow", "account",
					     "deny", NULL };

	return check_words(value, words, why);
}

static int check_passwords(const char *value, struct buf *why)
{
	static const char *const words[] = { "tls", "any", "off", NULL };

	return check_words(value, words, why);
}

/* imap.c knows what can stand between names. */
static int check_ircdomain(const char *value, struct buf *why)
{
	struct imap *m = NULL;
	int err = imap_new(&m, view_str(value), why);

	mem_deref(m);
	return err;
}

static int check_suffix(const char *value, struct buf *why)
{
	struct buf nick = { 0 };
	bool good;

	buf_adds(&nick, "a");
	buf_adds(&nick, value);
	good = nick.n <= 13 && ircb_is_nick(buf_view(&nick));
	buf_free(&nick);
	if (good)
		return 0;
	buf_adds(why, "must be at most 12 letters, digits and "
		      "[]\\`_^{|}-");
	return EINVAL;
}

#define AT(member) offsetof(struct conf_irc_gateway, member)
#define TEXT(name) .key = #name, .offset = AT(name)
#define NUMBER(name, least, most) \
	.key = #name, .type = OPT_INT, .offset = AT(name), .min = least, \
	.max = most

const struct opt irc_gateway_opts[IRC_GATEWAY_OPTS] = {
	{ TEXT(ircdomain), .def = "", .check = check_ircdomain,
	  .example = "irc.confab.example=*",
	  .help = "The SIP domain of IRC's users, and what stands before the\n"
		  "network: sip:bob*libera@irc.confab.example is bob on the\n"
		  "network of section irc \"libera\", %23dev*libera its "
		  "channel\n"
		  "#dev. Without =c it is *. Empty: nobody is written to." },
	{ TEXT(first_contact), .def = "ask", .required = true,
	  .check = check_first, .reload = true,
	  .help = "First words of somebody on IRC to a user: he is asked by\n"
		  "/allow whether he wants them (\"ask\"), gets them "
		  "(\"allow\"),\n"
		  "gets those of people with an account and is asked about "
		  "the\n"
		  "others (\"account\"), or hears only from whom he wrote to\n"
		  "himself (\"deny\")." },
	{ NUMBER(idle_time, 30, 86400 * 30), .def = "3600", .reload = true,
	  .help = "Seconds that an unused connection of a user is kept; he\n"
		  "leaves quietly then." },
	{ NUMBER(delay_time, 5, 3600), .def = "90", .reload = true,
	  .help = "Seconds that a message waits for its connection." },
	{ NUMBER(max_seats, 1, 100000), .def = "1000", .reload = true,
	  .help = "How many connections of users there may be; the unused "
		  "make\n"
		  "room for others." },
	{ NUMBER(channels, 1, 1000), .def = "20", .reload = true,
	  .help = "In how many channels of a network a user may be." },
	{ NUMBER(waiting, 1, 10000), .def = "50", .reload = true,
	  .help = "How many messages may wait for one connection." },
	{ NUMBER(logins_rate, 1, 10000), .def = "10", .reload = true,
	  .help = "How many connections in ten seconds are begun to one "
		  "network." },
	{ NUMBER(peer_rate, 1, 100000), .def = "2", .reload = true,
	  .help = "How many messages in a second one of IRC may send, and "
		  "four\n"
		  "times as many at once." },
	{ TEXT(nick_suffix), .def = "", .check = check_suffix,
	  .reload = true, .example = "|sip",
	  .help = "What a nick gets first where it is taken; empty: \"_\"." },
	{ .key = "nick_always", .type = OPT_BOOL, .offset = AT(nick_always),
	  .def = "false", .reload = true,
	  .help = "Whether all nicks have it, so that everybody sees who "
		  "comes\n"
		  "by this gateway." },
	{ TEXT(contact), .def = "", .check = check_line, .reload = true,
	  .example = "irc-admin@confab.example",
	  .help = "Whom the staff of a network may ask; shown in the real "
		  "name\n"
		  "of users, to who asks for a version and, from the next "
		  "start\n"
		  "on, by the relays." },
	{ TEXT(passwords), .def = "tls", .required = true,
	  .check = check_passwords, .reload = true,
	  .help = "How a user may give the password of an account by SIP "
		  "(#irc\n"
		  "add): see section jabber_gateway." },
	{ NUMBER(user_accounts, 1, 64), .def = "4", .reload = true,
	  .help = "How many accounts a user may add himself." },
};
