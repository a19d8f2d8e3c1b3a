/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of an irc section. */
#include <errno.h>
#include <iconv.h>
#include <stddef.h>
#include <string.h>

#include "bridges/irc/check.h"
#include "netaddr.h"
#include "options.h"
#include "stream.h"

static int must_be(struct buf *why, bool good, const char *what)
{
	if (good)
		return 0;
	buf_adds(why, "must be ");
	buf_adds(why, what);
	return EINVAL;
}

static int check_server(const char *value, struct buf *why)
{
	return must_be(why, irc_server_ok(value),
		       "like \"irc.example\", \"irc.example:6697\" or "
		       "\"[2001:db8::1]:6697\"");
}

static int check_pin(const char *value, struct buf *why)
{
	return must_be(why, tls_pin_ok(value),
		       "a SHA-256 in 64 hex digits, as openssl x509 "
		       "-fingerprint -sha256 prints it");
}

static int check_address(const char *value, struct buf *why)
{
	struct netaddr a;

	return must_be(why, !netaddr_set(&a, view_str(value), 0),
		       "an address like \"192.0.2.7\" or \"2001:db8::7\"");
}

static int check_family(const char *value, struct buf *why)
{
	return must_be(why, !strcmp(value, "any") || !strcmp(value, "ipv4") ||
				    !strcmp(value, "ipv6"),
		       "\"any\", \"ipv4\" or \"ipv6\"");
}

static int check_charset(const char *value, struct buf *why)
{
	iconv_t cd = iconv_open("UTF-8", value);
	bool good = cd != (iconv_t)-1;

	if (good)
		iconv_close(cd);
	return must_be(why, good,
		       "a character set like \"ISO-8859-15\" or \"KOI8-R\"");
}

static int check_sasl(const char *value, struct buf *why)
{
	return must_be(why, irc_sasl_ok(value),
		       "\"auto\", \"external\", \"scram-sha-256\", "
		       "\"plain\" or \"off\"");
}

static int check_services(const char *value, struct buf *why)
{
	return must_be(why, irc_services_ok(value),
		       "like \"NickServ!*@services.example\", with the whole "
		       "nick and host");
}

static int check_staff(const char *value, struct buf *why)
{
	return must_be(why, irc_staff_ok(value),
		       "masks like *!*@staff.example, divided by blanks, of "
		       "hosts that not everybody can have");
}

#define AT(member) offsetof(struct conf_irc, member)

const struct opt irc_opts[IRC_OPTS] = {
	{ .key = "server",
	  .offset = AT(server),
	  .def = "",
	  .required = true,
	  .check = check_visible,
	  .example = "irc.libera.example",
	  .help = "The server's address." },
	{ .key = "servers",
	  .type = OPT_LIST,
	  .offset = AT(servers),
	  .def = "{}",
	  .check = check_server,
	  .help = "More servers of the network, tried in turn when one does "
		  "not\n"
		  "answer or refuses us: {\"irc2.example\", "
		  "\"irc3.example:7000\"}." },
	{ .key = "port",
	  .type = OPT_INT,
	  .offset = AT(port),
	  .def = "0",
	  .max = 65535,
	  .example = "6697",
	  .help = "The server's port; 0: 6697 with TLS, 6667 without. Also "
		  "of\n"
		  "servers without one." },
	{ .key = "tls",
	  .type = OPT_BOOL,
	  .offset = AT(tls),
	  .def = "true",
	  .help = "Whether to use TLS, with the certificate checked." },
	{ .key = "trusted",
	  .type = OPT_BOOL,
	  .offset = AT(trusted),
	  .def = "false",
	  .help = "Whether services may be told a password without TLS: only "
		  "where\n"
		  "nobody else can read the connection. By loopback they "
		  "always may." },
	{ .key = "ca_file",
	  .offset = AT(ca_file),
	  .def = "",
	  .help = "The CA certificates to trust; empty: the system's." },
	{ .key = "fingerprint",
	  .offset = AT(fingerprint),
	  .def = "",
	  .check = check_pin,
	  .help = "The SHA-256 of the server's certificate (64 hex digits): "
		  "it\n"
		  "alone is believed then, whatever its name, age and CA." },
	{ .key = "cert_file",
	  .offset = AT(cert_file),
	  .def = "",
	  .check = check_file,
	  .help = "A certificate of ours to show (PEM), for SASL EXTERNAL\n"
		  "(CertFP)." },
	{ .key = "key_file",
	  .offset = AT(key_file),
	  .def = "",
	  .check = check_file,
	  .help = "Its key; not readable by everybody." },
	{ .key = "bind",
	  .offset = AT(bind),
	  .def = "",
	  .check = check_address,
	  .help = "The local address to connect from, \"192.0.2.7\"; empty: "
		  "any." },
	{ .key = "family",
	  .offset = AT(family),
	  .def = "any",
	  .required = true,
	  .check = check_family,
	  .help = "Which addresses of the server to use: \"any\", \"ipv4\" "
		  "or\n"
		  "\"ipv6\"." },
	{ .key = "charset",
	  .offset = AT(charset),
	  .def = "",
	  .check = check_charset,
	  .help = "The character set of what is not UTF-8, as iconv -l names\n"
		  "it; empty: Windows-1252. We ourselves write UTF-8." },
	{ .key = "nick",
	  .offset = AT(nick),
	  .def = "confab",
	  .required = true,
	  .check = check_visible,
	  .help = "Our nick; where it is in use, one like it is taken, until "
		  "it\n"
		  "is free." },
	{ .key = "username",
	  .offset = AT(username),
	  .def = "",
	  .check = check_visible,
	  .help = "The user name; empty: as the nick." },
	{ .key = "realname",
	  .offset = AT(realname),
	  .def = "",
	  .check = check_line,
	  .help = "The real name; empty: as the nick." },
	{ .key = "account",
	  .offset = AT(account),
	  .def = "",
	  .check = check_visible,
	  .help = "Our account with the services of the network: with its\n"
		  "password, or cert_file, we log in by SASL before anything\n"
		  "else, and join nothing without." },
	{ .key = "account_password_file",
	  .offset = AT(account_password_file),
	  .def = "",
	  .help = "The file whose first line is the account's password. Or "
		  "set\n"
		  "CONFAB_IRCACCOUNT_LIBERA_PASSWORD (LIBERA: the label)." },
	{ .key = "account_password",
	  .offset = AT(account_password),
	  .def = "",
	  .check = check_line,
	  .help = "The account's password itself: only if this file is\n"
		  "readable by nobody else." },
	{ .key = "sasl",
	  .offset = AT(sasl),
	  .def = "auto",
	  .required = true,
	  .check = check_sasl,
	  .help = "How: \"auto\" (the best that both sides have), "
		  "\"external\",\n"
		  "\"scram-sha-256\", \"plain\" (with TLS, or trusted) or "
		  "\"off\"." },
	{ .key = "nickserv",
	  .offset = AT(nickserv),
	  .def = "",
	  .check = check_services,
	  .help = "Where there is no SASL: who may get the password instead, "
		  "as\n"
		  "\"NickServ!*@services.example\". The server is asked "
		  "first\n"
		  "whether it is he." },
	{ .key = "staff",
	  .offset = AT(staff),
	  .def = "",
	  .check = check_staff,
	  .example = "*!*@staff.libera.example",
	  .help = "The network's own staff, as masks divided by blanks: to "
		  "who says\n"
		  ":off to us alone, we leave the network, with all users, "
		  "until\n"
		  "confabctl irc on. Only hosts that the network gives to "
		  "nobody\n"
		  "else." },
	{ .key = "webirc_host",
	  .offset = AT(webirc_host),
	  .def = "",
	  .check = check_visible,
	  .help = "The host name to be shown for us, by WEBIRC." },
	{ .key = "webirc_ip",
	  .offset = AT(webirc_ip),
	  .def = "",
	  .check = check_address,
	  .help = "And the address." },
	{ .key = "webirc_password_file",
	  .offset = AT(webirc_password_file),
	  .def = "",
	  .help = "The file whose first line is the password for WEBIRC. Or "
		  "set\n"
		  "CONFAB_WEBIRC_LIBERA_PASSWORD (LIBERA: the label)." },
	{ .key = "webirc_password",
	  .offset = AT(webirc_password),
	  .def = "",
	  .check = check_visible,
	  .help = "That password itself: only if this file is readable by\n"
		  "nobody else." },
	{ .key = "max_lines",
	  .type = OPT_INT,
	  .offset = AT(max_lines),
	  .def = "4",
	  .max = 500,
	  .help = "A text of more lines shows so many; the others come when\n"
		  "somebody in the channel says #more. 0: all at once." },
	{ .key = "flood_burst",
	  .type = OPT_INT,
	  .offset = AT(flood_burst),
	  .def = "5",
	  .min = 1,
	  .max = 10000,
	  .help = "How many lines may be sent at once." },
	{ .key = "flood_ms",
	  .type = OPT_INT,
	  .offset = AT(flood_ms),
	  .def = "2000",
	  .min = 1,
	  .max = 60000,
	  .help = "The pause between lines after that, in milliseconds; what\n"
		  "the network allows. When it thinks that we are too fast, "
		  "both\n"
		  "change until the next start." },
	{ .key = "password_file",
	  .offset = AT(password_file),
	  .def = "",
	  .help = "The file whose first line is the server's password. Or "
		  "set\n"
		  "CONFAB_IRC_LIBERA_PASSWORD (LIBERA: the label)." },
	{ .key = "password",
	  .offset = AT(password),
	  .def = "",
	  .check = check_line,
	  .help = "The server's password itself: only if this file is\n"
		  "readable by nobody else." },
	{ .key = "password_for_users",
	  .type = OPT_BOOL,
	  .offset = AT(password_for_users),
	  .def = "false",
	  .help = "Whether users who connect for themselves send it as well, "
		  "as a\n"
		  "server with one password for all wants it. Never where it "
		  "is that\n"
		  "of an account, or of a bouncer: they would be taken for "
		  "us." },
};
