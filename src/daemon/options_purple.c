/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of purple_gateway and of sections purple. Four of the first are
 * the old purple module's parameters.
 */
#include <errno.h>
#include <string.h>

#include "mem.h"
#include "options.h"
#include "purple_words.h"

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

static int check_passwords(const char *value, struct buf *why)
{
	static const char *const words[] = { "tls", "any", "off", NULL };

	return check_words(value, words, why);
}

static int check_login(const char *value, struct buf *why)
{
	static const char *const words[] = { "presence", "always", "manual",
					     NULL };

	return check_words(value, words, why);
}

static int check_auth(const char *value, struct buf *why)
{
	static const char *const words[] = { "ask", "allow", "deny", "known",
					     NULL };

	return check_words(value, words, why);
}

static int check_map(const char *domain, const char *allow, struct buf *why)
{
	struct view id, label = VIEW_NONE;
	struct pmap *m = NULL;
	int err = pmap_new(&m, view_str(domain), why);

	if (!err && allow) {
		(void)view_cut(view_str(allow), '=', &id, &label);
		err = pmap_allow(m, id, label, why);
	}
	mem_deref(m);
	return err;
}

static int check_gateway(const char *value, struct buf *why)
{
	return check_map(value, NULL, why);
}

static int check_allow(const char *value, struct buf *why)
{
	return check_map("gateway.invalid", value, why);
}

static int check_db_url(const char *value, struct buf *why)
{
	struct view scheme, rest, v = view_str(value);

	if (view_starts(v, VIEW("/")) ||
	    (view_cut(v, ':', &scheme, &rest) && scheme.n &&
	     view_starts(rest, VIEW("//"))))
		return 0;
	buf_adds(why, "must be like \"sqlite:///path/openser.db\" or "
		      "\"mysql://openserro@localhost/openser\"");
	return EINVAL;
}

static int check_table(const char *value, struct buf *why)
{
	size_t n = strlen(value);

	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
			    value[i]))
			n = 0;
	if (n && n <= 64)
		return 0;
	buf_adds(why, "must be made of letters, digits and _");
	return EINVAL;
}

static int check_pin(const char *value, struct buf *why)
{
	if (purple_is_pin(view_str(value)))
		return 0;
	buf_adds(why, "must be 64 hex digits");
	return EINVAL;
}

static int check_option(const char *value, struct buf *why)
{
	struct view key, rest;

	if (view_cut(view_str(value), '=', &key, &rest) && key.n &&
	    !check_line(value, why))
		return 0;
	buf_clear(why);
	buf_adds(why, "must be like \"connect_server=xmpp.example\"");
	return EINVAL;
}

#define AT(member) offsetof(struct conf_purple_gateway, member)
#define TEXT(name) .key = #name, .offset = AT(name)
#define NUMBER(name, least, most) \
	.key = #name, .type = OPT_INT, .offset = AT(name), .min = least, \
	.max = most

const struct opt purple_gateway_opts[PURPLE_GATEWAY_OPTS] = {
	{ TEXT(domain), .def = "", .check = check_gateway,
	  .example = "im.confab.example",
	  .help = "The SIP domain of people on other networks, with a label "
		  "for\n"
		  "each network before it: carol%40xmpp.example@xmpp.DOMAIN, "
		  "or\n"
		  "carol%40xmpp.example@DOMAIN;proto=xmpp. Empty: there is "
		  "no\n"
		  "gateway." },
	{ TEXT(db_url),
	  .def = "mysql://openserro:openserro@localhost/openser",
	  .check = check_db_url,
	  .help = "Where the old module had its accounts: confabctl purple "
		  "map\n"
		  "import takes them over, from a SQLite file by itself, else "
		  "from\n"
		  "a dump. Nothing else reads it." },
	{ TEXT(db_table), .def = "purplemap", .required = true,
	  .check = check_table,
	  .help = "The name of that table." },
	{ TEXT(httpProxy_host), .def = "", .check = check_visible,
	  .help = "An HTTP proxy for all accounts; empty: none." },
	{ NUMBER(httpProxy_port, 1, 65535), .def = "3128",
	  .help = "Its port." },
	{ .key = "allow", .type = OPT_LIST, .offset = AT(allow),
	  .def = "{}", .check = check_allow,
	  .example = "{\"prpl-eionrobb-discord=discord\"}",
	  .help = "Plug-ins of libpurple that may be used beside prpl-jabber "
		  "and\n"
		  "prpl-irc, each with the label of its addresses." },
	{ TEXT(login), .def = "presence", .required = true,
	  .check = check_login, .reload = true,
	  .help = "When accounts log in: while their user has a device, is "
		  "seen\n"
		  "online, watches somebody there or writes (\"presence\"); "
		  "from\n"
		  "the start (\"always\"); when he says :online "
		  "(\"manual\"). An\n"
		  "account can have its own." },
	{ TEXT(auth), .def = "ask", .required = true, .check = check_auth,
	  .reload = true,
	  .help = "Somebody there wants to see a user's presence: he is "
		  "asked by\n"
		  "/allow (\"ask\"), or it is answered by itself: \"allow\", "
		  "\"deny\",\n"
		  "or \"known\" (contacts of his are allowed, others ask)." },
	{ .key = "mapped_users_via_purple", .type = OPT_BOOL,
	  .offset = AT(mapped_users), .def = "false", .reload = true,
	  .help = "Whether users who have accounts of one network reach each\n"
		  "other by it, as with the old module, and not by SIP." },
	{ NUMBER(linger, 1, 86400), .def = "60", .reload = true,
	  .help = "Seconds that an account stays online after the last "
		  "reason." },
	{ NUMBER(queue_time, 1, 3600), .def = "60", .reload = true,
	  .help = "Seconds that a message waits for a login." },
	{ NUMBER(logins_rate, 1, 100), .def = "5", .reload = true,
	  .help = "How many logins in a second are begun." },
	{ NUMBER(connecting, 1, 1000), .def = "10", .reload = true,
	  .help = "How many may be under way at once." },
	{ NUMBER(workers, 1, 64), .def = "8",
	  .help = "How many processes hold the connections, at most." },
	{ NUMBER(worker_accounts, 1, 900), .def = "100",
	  .help = "How many accounts one of them has." },
	{ NUMBER(worker_age, 0, 31536000), .def = "604800",
	  .help = "Seconds after which a new process takes over the "
		  "accounts of one,\n"
		  "each when it is quiet; libpurple loses some memory with "
		  "each login.\n"
		  "0: never." },
	{ NUMBER(text_rate, 1, 1000), .def = "5", .reload = true,
	  .help = "How many messages in a second an account sends." },
	{ NUMBER(text_max, 100, 16384), .def = "16000", .reload = true,
	  .help = "Bytes of a text that is sent; more is refused with 413." },
	{ NUMBER(user_rooms, 1, 1000), .def = "20", .reload = true,
	  .help = "In how many rooms an account may be." },
	{ NUMBER(user_accounts, 1, 64), .def = "5", .reload = true,
	  .help = "How many accounts a user may have." },
	{ TEXT(passwords), .def = "tls", .required = true,
	  .check = check_passwords, .reload = true,
	  .help = "How a user may give the password of an account by SIP\n"
		  "(#purple add): see section jabber_gateway." },
};
#undef AT
#define AT(member) offsetof(struct conf_purple, member)

const struct opt purple_opts[PURPLE_OPTS] = {
	{ TEXT(prot), .def = "prpl-jabber", .required = true,
	  .check = check_visible,
	  .help = "The plug-in of libpurple: prpl-jabber, prpl-irc, or one "
		  "that\n"
		  "purple_gateway's allow names." },
	{ TEXT(user), .def = "", .required = true, .check = check_line,
	  .example = "relay@xmpp.example",
	  .help = "The account; of prpl-irc nick@server." },
	{ TEXT(password_file), .def = "", .example = "purple.secret",
	  .help = "The file whose first line is the password (mode 0600;\n"
		  "relative to this file). Or set the environment variable\n"
		  "CONFAB_PURPLE_RELAY_PASSWORD (RELAY: the label)." },
	{ TEXT(password), .def = "",
	  .help = "The password itself: only if this file is readable by\n"
		  "nobody else." },
	{ TEXT(pin), .def = "", .check = check_pin,
	  .help = "The SHA-256 of the server's certificate, in hex: this one "
		  "and no\n"
		  "other is taken. Empty: what the system's CAs vouch for." },
	{ .key = "options", .type = OPT_LIST, .offset = AT(options),
	  .def = "{}", .check = check_option,
	  .help = "Options of the plug-in, as NAME=VALUE." },
};
