/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of jabber_gateway and jabber_component. The first have the
 * names and the defaults of the old jabber module's parameters, as far as it
 * had them.
 */
#include <errno.h>
#include <string.h>

#include "jabber/jmap.h"
#include "mem.h"
#include "options.h"

enum { HOST_TEXT_MAX = 255 };

/* Whether value is one of the words; else they are named. */
static int check_words(const char *value, const char *const *words,
		       struct buf *why)
{
	size_t i;

	for (i = 0; words[i]; i++)
		if (strcmp(value, words[i]) == 0)
			return 0;
	buf_adds(why, "must be");
	for (i = 0; words[i]; i++)
		buf_addf(why, "%s\"%s\"",
			 !i ? " " : words[i + 1] ? ", " : " or ", words[i]);
	return EINVAL;
}

static int check_tls(const char *value, struct buf *why)
{
	static const char *const words[] = { "required", "direct", "off",
					     NULL };

	return check_words(value, words, why);
}

static int check_message_type(const char *value, struct buf *why)
{
	static const char *const words[] = { "chat", "normal", NULL };

	return check_words(value, words, why);
}

static int check_accept(const char *value, struct buf *why)
{
	static const char *const words[] = { "none", "roster", "all", NULL };

	return check_words(value, words, why);
}

static int check_receipts(const char *value, struct buf *why)
{
	static const char *const words[] = { "asked", "always", NULL };

	return check_words(value, words, why);
}

static int check_login(const char *value, struct buf *why)
{
	static const char *const words[] = { "manual", "registered",
					     "published", "always", NULL };

	return check_words(value, words, why);
}

static int check_passwords(const char *value, struct buf *why)
{
	static const char *const words[] = { "tls", "any", "off", NULL };

	return check_words(value, words, why);
}

static int check_db_url(const char *value, struct buf *why)
{
	struct view scheme, rest, v = view_str(value);

	if (view_starts(v, VIEW("/")) ||
	    (view_cut(v, ':', &scheme, &rest) && scheme.n &&
	     view_starts(rest, VIEW("//"))))
		return 0;
	buf_adds(why, "must be like \"sqlite:///path/sip_jab.db\" or "
		      "\"mysql://root@127.0.0.1/sip_jab\"");
	return EINVAL;
}

static bool host_ok(struct view host)
{
	char text[HOST_TEXT_MAX + 1];
	struct buf why = { 0 };
	bool ok = host.n && !view_copy(text, sizeof(text), host) &&
		  !view_has(host, ':') && !check_domain(text, &why);

	buf_free(&why);
	return ok;
}

/* jmap.c knows what can stand between names. */
static int check_jdomain(const char *value, struct buf *why)
{
	struct jmap *m = NULL;
	int err = jmap_new(&m, view_str(value), 0, why);

	mem_deref(m);
	return err;
}

static int check_aliases(const char *value, struct buf *why)
{
	struct jmap *m = NULL;
	int err = jmap_new(&m, VIEW("gateway.invalid"), 0, why);

	if (!err)
		err = jmap_aliases(m, view_str(value), why);
	mem_deref(m);
	return err;
}

static int check_registrar(const char *value, struct buf *why)
{
	struct view v = view_str(value), user, host;

	if (view_istarts(v, VIEW("sip:")))
		v = view_from(v, 4);
	if (view_cut(v, '@', &user, &host) && user.n && host_ok(host))
		return 0;
	buf_adds(why, "must be like \"jabber_gateway@example.org\"");
	return EINVAL;
}

#define AT(member) offsetof(struct conf_jabber_gateway, member)
#define TEXT(name) .key = #name, .offset = AT(name)
#define NUMBER(name, least, most) \
	.key = #name, .type = OPT_INT, .offset = AT(name), .min = least, \
	.max = most

const struct opt gateway_opts[GATEWAY_OPTS] = {
	{ TEXT(jdomain), .def = "", .check = check_jdomain,
	  .example = "jabber.confab.example=*",
	  .help = "The SIP domain of XMPP's users, and what stands for @:\n"
		  "sip:bob*xmpp.example@jabber.confab.example is\n"
		  "bob@xmpp.example, nick*room*rooms.xmpp.example a room. "
		  "Without\n"
		  "=c it is *. Empty: there is no gateway." },
	{ TEXT(aliases), .def = "", .check = check_aliases,
	  .example = "1;icq.confab.example=%;",
	  .help = "More such domains, of an XMPP server's gateways to other\n"
		  "networks: their number, and each as host or host=c (then "
		  "the\n"
		  "delimiter of jdomain becomes c)." },
	{ TEXT(jaddress), .def = "127.0.0.1", .required = true,
	  .check = check_domain,
	  .help = "The XMPP server of accounts that name no other: the "
		  "domain\n"
		  "that they are of, and where it is." },
	{ NUMBER(jport, 1, 65535), .def = "5222",
	  .help = "Its port." },
	{ TEXT(db_url), .def = "mysql://root@127.0.0.1/sip_jab",
	  .check = check_db_url,
	  .help = "Where the old module had its accounts: confabctl jabber "
		  "map\n"
		  "import takes them over, from a SQLite file by itself, else "
		  "from\n"
		  "a dump. Nothing else reads it." },
	{ TEXT(registrar), .def = "jabber_gateway@127.0.0.1",
	  .required = true, .check = check_registrar,
	  .example = "jabber_gateway@confab.example",
	  .help = "The address that users are told of their connection by, "
		  "and\n"
		  "that takes :online, :offline and :help." },
	{ TEXT(proxy), .def = "", .check = check_line,
	  .help = "Accepted for old configurations, and not used (it never\n"
		  "was): see outbound_proxy in section imc." },
	{ NUMBER(workers, 1, 64), .def = "2",
	  .help = "How many processes hold the connections." },
	{ NUMBER(max_jobs, 1, 900), .def = "400",
	  .help = "How many users one of them serves. The module had 10, as "
		  "its\n"
		  "workers waited for one server at a time; these do not, "
		  "and\n"
		  "what limits them is the work for one processor." },
	{ NUMBER(cache_time, 30, 86400 * 30), .def = "600", .reload = true,
	  .help = "Seconds that an idle connection is kept: nothing was sent "
		  "or\n"
		  "came for its user, he is in no room and watches nobody." },
	{ NUMBER(delay_time, 5, 3600), .def = "90", .reload = true,
	  .help = "Seconds that a message waits for its connection." },
	{ NUMBER(sleep_time, 1, 600), .def = "20",
	  .help = "Seconds between looking for idle connections." },
	{ NUMBER(check_time, 1, 600), .def = "20",
	  .help = "Seconds after which a worker that does not answer is\n"
		  "replaced. One that ended is replaced at once." },
	{ NUMBER(priority, -128, 127), .def = "9", .reload = true,
	  .help = "The priority of presence: which of a user's clients gets "
		  "what\n"
		  "is sent to none in particular." },
	{ TEXT(tls), .def = "required", .required = true, .check = check_tls,
	  .help = "\"required\" (STARTTLS, certificate checked), \"direct\" "
		  "(TLS\n"
		  "from the start), or \"off\" towards loopback only." },
	{ TEXT(ca_file), .def = "", .check = check_file,
	  .help = "The CA certificates to trust; empty: the system's." },
	{ TEXT(resource), .def = "", .check = check_visible,
	  .help = "The resource; empty: a random one, so that no two "
		  "connections\n"
		  "throw each other out." },
	{ TEXT(message_type), .def = "chat", .required = true,
	  .check = check_message_type, .reload = true,
	  .help = "What texts for one person are sent as: \"chat\" or "
		  "\"normal\"." },
	{ TEXT(receipts), .def = "asked", .required = true,
	  .check = check_receipts, .reload = true,
	  .help = "Whether a text for one person asks his client for a "
		  "receipt:\n"
		  "where the sender's phone has \"asked\" for one, or "
		  "\"always\"." },
	{ NUMBER(early_error, 0, 5000), .def = "300", .reload = true,
	  .help = "Milliseconds that a text to one person waits for being "
		  "refused\n"
		  "by XMPP: then the sender gets that as a status. Else 202, "
		  "and\n"
		  "what comes later is told by a text. 0: always so." },
	{ NUMBER(history, 0, 200), .def = "0", .reload = true,
	  .help = "How many past texts of a room one who joins it is shown, "
		  "each\n"
		  "marked with its time." },
	{ .key = "carbons", .type = OPT_BOOL, .offset = AT(carbons),
	  .def = "false",
	  .help = "Whether a user is shown what he sends and gets by other\n"
		  "clients of his account." },
	{ TEXT(auto_accept), .def = "none", .required = true,
	  .check = check_accept, .reload = true,
	  .help = "Who of XMPP may see a user's presence without asking him:\n"
		  "\"none\", those in his \"roster\", or \"all\"." },
	{ TEXT(login), .def = "manual", .required = true,
	  .check = check_login,
	  .help = "When accounts log in: \"manual\" (by :online, or with the\n"
		  "first message), \"registered\" or \"published\" (while the "
		  "user\n"
		  "registers, or publishes his presence), \"always\". An "
		  "account\n"
		  "can have its own." },
	{ TEXT(passwords), .def = "tls", .required = true,
	  .check = check_passwords, .reload = true,
	  .help = "How a user may give the password of an account by SIP\n"
		  "(#jabber add): over \"tls\" (or wss, or from this host), "
		  "by\n"
		  "\"any\" transport, or \"off\": the operator does it." },
	{ TEXT(seal_key), .def = "", .check = check_file,
	  .help = "The file with the key that passwords are kept under; "
		  "empty:\n"
		  "seal.key in state_dir. It is made where it is missing. A\n"
		  "systemd credential confab-seal goes before it. Keep a copy "
		  "in\n"
		  "another place than that of the data base." },
	{ NUMBER(user_accounts, 1, 64), .def = "4", .reload = true,
	  .help = "How many accounts a user may add himself." },
	{ NUMBER(user_rooms, 1, 1000), .def = "12", .reload = true,
	  .help = "In how many rooms a user may be by his accounts." },
	{ NUMBER(waiting, 1, 10000), .def = "50", .reload = true,
	  .help = "How many messages may wait for one connection." },
	{ NUMBER(text_max, 1000, 16384), .def = "9000", .reload = true,
	  .help = "Bytes of a text that is sent; more is refused with 413." },
	{ NUMBER(peer_rate, 0, 100000), .def = "5", .reload = true,
	  .help = "How many messages in a second one of XMPP may send, and "
		  "four\n"
		  "times as many at once; 0: no limit." },
	{ NUMBER(logins_rate, 1, 1000), .def = "5", .reload = true,
	  .help = "How many connections in a second are begun, in all, and\n"
		  "twice as many at once. Users for whom texts wait come "
		  "first,\n"
		  "then those with a device." },
};
#undef AT
#define AT(member) offsetof(struct conf_jabber_component, member)

const struct opt component_opts[COMPONENT_OPTS] = {
	{ TEXT(domain), .def = "", .check = check_domain,
	  .example = "sip.xmpp.example",
	  .help = "A component's domain: sip:alice@... is alice@ it. Empty:\n"
		  "users have no such addresses." },
	{ TEXT(muc_domain), .def = "", .check = check_domain,
	  .example = "rooms.sip.xmpp.example",
	  .help = "The second component's: our rooms as XMPP's. Empty: they "
		  "are\n"
		  "not shown." },
	{ TEXT(host), .def = "127.0.0.1", .required = true,
	  .check = check_domain,
	  .help = "The XMPP server's address. XEP-0114 has no encryption: "
		  "only\n"
		  "loopback, or a network of your own." },
	{ NUMBER(port, 1, 65535), .def = "5347",
	  .help = "Its port for components." },
	{ TEXT(secret_file), .def = "", .check = check_visible,
	  .example = "component.secret",
	  .help = "The file whose first line is the secret (mode 0600; "
		  "relative\n"
		  "to this file). Or set the environment variable\n"
		  "CONFAB_COMPONENT_DOMAIN_PASSWORD." },
	{ TEXT(secret), .def = "", .check = check_line,
	  .help = "The secret itself: only if this file is readable by "
		  "nobody\n"
		  "else." },
	{ TEXT(muc_secret_file), .def = "", .check = check_visible,
	  .help = "The same of the second component; empty: as the first. "
		  "Or\n"
		  "CONFAB_COMPONENT_MUC_DOMAIN_PASSWORD." },
	{ TEXT(muc_secret), .def = "", .check = check_line,
	  .help = "The secret of the second component itself." },
};
