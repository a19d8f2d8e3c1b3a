/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option table: every key of confab.conf, once. */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "log.h"
#include "mem.h"
#include "netaddr.h"
#include "options.h"
#include "sip.h"
#include "store.h"

enum { REALM_MAX = 128 };

int check_domain(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '-' && c != '.' &&
		    c != ':' && c != '[' && c != ']') {
			buf_adds(why, "must be a host name like "
				      "\"chat.example.org\"");
			return EINVAL;
		}
	}
	return 0;
}

static int check_listen(const char *value, struct buf *why)
{
	enum sip_transport transport;
	struct view proto, rest;
	struct netaddr a;

	if (view_cut(view_str(value), ':', &proto, &rest) &&
	    !sip_transport_parse(&transport, proto) &&
	    !netaddr_parse(&a, rest))
		return 0;
	buf_adds(why, "must be like \"udp:0.0.0.0:5060\" or "
		      "\"tls:[::]:5061\" (udp, tcp, tls, ws or wss, a "
		      "numeric address, a port)");
	return EINVAL;
}

int check_file(const char *value, struct buf *why)
{
	if (*value == '/')
		return 0;
	buf_adds(why, "must be a whole path like \"/etc/confab/tls.pem\"");
	return EINVAL;
}

static int check_origin(const char *value, struct buf *why)
{
	struct view v = view_str(value), scheme, rest;

	if (view_cut(v, ':', &scheme, &rest) && rest.n > 2 &&
	    view_starts(rest, VIEW("//")) &&
	    !view_has(view_from(rest, 2), '/') && !view_has(v, ' '))
		return 0;
	buf_adds(why, "must be like \"https://chat.example.org\", without "
		      "a path");
	return EINVAL;
}

static int check_mask(const char *value, struct buf *why)
{
	struct netmask m;

	if (!netmask_parse(&m, view_str(value)))
		return 0;
	buf_adds(why, "must be an address or a network like "
		      "\"192.0.2.7\" or \"10.0.0.0/8\"");
	return EINVAL;
}

static int check_log_level(const char *value, struct buf *why)
{
	enum log_level level;

	if (!log_level_parse(&level, value))
		return 0;
	buf_adds(why, "must be error, warning, info, debug or trace");
	return EINVAL;
}

static int check_sip_uri(const char *value, struct buf *why)
{
	struct sip_uri uri;

	if (!sip_uri_parse(&uri, view_str(value)))
		return 0;
	buf_adds(why, "must be a SIP URI like "
		      "\"sip:proxy.example;transport=tcp\"");
	return EINVAL;
}

static int check_room(const char *value, struct buf *why)
{
	struct sip_uri uri;

	if (!sip_uri_parse(&uri, view_str(value)) && uri.user.n &&
	    !uri.port && !uri.params.n)
		return 0;
	buf_adds(why, "must be a room's address like "
		      "\"sip:lobby@chat.example.org\"");
	return EINVAL;
}

static int check_jid(const char *value, struct buf *why)
{
	struct view user, host;

	if (view_cut(view_str(value), '@', &user, &host) && user.n &&
	    host.n && !view_has(host, '@') && !view_has(host, '/'))
		return 0;
	buf_adds(why, "must be a bare JID like \"gw@xmpp.example.org\"");
	return EINVAL;
}

static int check_tls(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "required") || view_eqs(v, "direct") ||
	    view_eqs(v, "off"))
		return 0;
	buf_adds(why, "must be \"required\", \"direct\" or, towards "
		      "loopback only, \"off\"");
	return EINVAL;
}

static int check_target(const char *value, struct buf *why)
{
	struct view scheme, rest;

	if (view_cut(view_str(value), ':', &scheme, &rest) && scheme.n &&
	    rest.n)
		return 0;
	buf_adds(why, "must be like \"xmpp:room@rooms.example.org\" or "
		      "\"irc:libera/#channel\"");
	return EINVAL;
}

int check_visible(const char *value, struct buf *why)
{
	for (const char *p = value; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f) {
			buf_adds(why, "must have no blanks and no control "
				      "characters");
			return EINVAL;
		}
	}
	return 0;
}

int check_line(const char *value, struct buf *why)
{
	for (const char *p = value; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			buf_adds(why, "must be one line without control "
				      "characters");
			return EINVAL;
		}
	}
	return 0;
}

char *conf_db_path(const struct conf *conf)
{
	const char *file = conf_db_file(conf->imc.db_url);

	return file ? mem_strdup(file) :
		      mem_printf("%s/confab.db", conf->state_dir);
}

const char *conf_db_file(const char *url)
{
	struct view v = view_str(url);

	if (view_istarts(v, VIEW("sqlite://")))
		url += strlen("sqlite://");
	return *url == '/' ? url : NULL;
}

static int check_db_url(const char *value, struct buf *why)
{
	if (conf_db_file(value))
		return 0;
	buf_adds(why, "must be empty or a SQLite file like "
		      "\"sqlite:///var/lib/confab/imc.db\"; confabctl import "
		      "takes over what other databases have");
	return EINVAL;
}

static int check_db_mode(const char *value, struct buf *why)
{
	if (strcmp(value, "0") == 0 || strcmp(value, "2") == 0)
		return 0;
	buf_adds(why, "must be 0 (this process alone) or 2 (several processes "
		      "share the data base)");
	return EINVAL;
}

static int check_table(const char *value, struct buf *why)
{
	if (store_table_ok(view_str(value)))
		return 0;
	buf_addf(why, "must be at most %d letters, digits and _, beginning "
		      "with no digit, and no other table's name",
		 STORE_TABLE_MAX);
	return EINVAL;
}

static int check_trusted_identity(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "from") || view_eqs(v, "asserted"))
		return 0;
	buf_adds(why, "must be \"from\" or \"asserted\"");
	return EINVAL;
}

static int check_presence(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "ask") || view_eqs(v, "allow") || view_eqs(v, "deny"))
		return 0;
	buf_adds(why, "must be \"ask\", \"allow\" or \"deny\"");
	return EINVAL;
}

/* It stands in quotes in each challenge. */
static int check_realm(const char *value, struct buf *why)
{
	struct view v = view_str(value);
	struct buf words = { 0 };
	int err = check_line(value, &words);

	buf_free(&words);
	if (!err && v.n <= REALM_MAX && !view_has(v, '"') &&
	    !view_has(v, '\\'))
		return 0;
	buf_addf(why, "must be at most %d characters of one line, without "
		      "\" and \\", REALM_MAX);
	return EINVAL;
}

static int check_dialect(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "kamailio") || view_eqs(v, "opensips"))
		return 0;
	buf_adds(why, "must be \"kamailio\" or \"opensips\"");
	return EINVAL;
}

static int check_links_by(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "operator") || view_eqs(v, "owner") ||
	    view_eqs(v, "admin"))
		return 0;
	buf_adds(why, "must be \"operator\", \"owner\" or \"admin\"");
	return EINVAL;
}

static int check_notices(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "all") || view_eqs(v, "quiet") || view_eqs(v, "off"))
		return 0;
	buf_adds(why, "must be \"all\", \"quiet\" or \"off\"");
	return EINVAL;
}

#define AT(type, member) offsetof(struct type, member)

static const struct opt global_opts[] = {
	{ .key = "domain",
	  .offset = AT(conf, domain),
	  .def = "",
	  .required = true,
	  .check = check_domain,
	  .example = "confab.example",
	  .help = "Our SIP domain: rooms live in it, and its users are shown\n"
		  "without it." },
	{ .key = "listen",
	  .type = OPT_LIST,
	  .offset = AT(conf, listen),
	  .def = "{\"udp:0.0.0.0:5060\", \"tcp:0.0.0.0:5060\"}",
	  .required = true,
	  .check = check_listen,
	  .help = "Where SIP comes in: transport (udp, tcp, tls, ws, wss),\n"
		  "numeric address, port. For example \"tls:0.0.0.0:5061\" "
		  "or\n"
		  "\"wss:[::]:8443\"; ws is for a web server in front, or\n"
		  "for trying things." },
	{ .key = "tls_certificate",
	  .offset = AT(conf, tls_certificate),
	  .def = "",
	  .check = check_file,
	  .help = "Our certificate for tls and wss, and those that it was\n"
		  "signed by, PEM. After a change send SIGHUP: new "
		  "connections\n"
		  "get the new one." },
	{ .key = "tls_key",
	  .offset = AT(conf, tls_key),
	  .def = "",
	  .check = check_file,
	  .help = "Its key, PEM; must not be readable by everybody." },
	{ .key = "tls_client_ca",
	  .offset = AT(conf, tls_client_ca),
	  .def = "",
	  .check = check_file,
	  .help = "The CA certificates that those of clients are checked\n"
		  "against, for peers that are known by theirs; empty: none\n"
		  "is asked for." },
	{ .key = "tls_ca",
	  .offset = AT(conf, tls_ca),
	  .def = "",
	  .check = check_file,
	  .help = "The CA certificates to trust where we connect by TLS;\n"
		  "empty: the system's." },
	{ .key = "ws_origins",
	  .type = OPT_LIST,
	  .offset = AT(conf, ws_origins),
	  .def = "{}",
	  .check = check_origin,
	  .help = "The web sites whose pages may connect by ws and wss, like\n"
		  "\"https://chat.confab.example\"; empty: any. Only\n"
		  "browsers say where they come from." },
	{ .key = "state_dir",
	  .offset = AT(conf, state_dir),
	  .def = "/var/lib/confab",
	  .required = true,
	  .help = "Where rooms, members and messages are kept; made with "
		  "mode\n"
		  "0700 where it is missing." },
	{ .key = "control",
	  .offset = AT(conf, control),
	  .def = "/run/confab/control.sock",
	  .required = true,
	  .help = "The socket that confabctl talks to." },
	{ .key = "trusted",
	  .reload = true,
	  .type = OPT_LIST,
	  .offset = AT(conf, trusted),
	  .def = "{\"127.0.0.0/8\"}",
	  .check = check_mask,
	  .help = "Who is believed without a password: a proxy in front, or "
		  "a\n"
		  "closed network. Everybody else has to log in (confabctl "
		  "user\n"
		  "add), or gets 403 where there are no users." },
	{ .key = "trusted_websockets",
	  .reload = true,
	  .type = OPT_BOOL,
	  .offset = AT(conf, trusted_websockets),
	  .def = "false",
	  .help = "Whether that holds for ws and wss. All who come by way of "
		  "a web\n"
		  "server have its address, and any page in a browser can "
		  "connect\n"
		  "from where that browser is." },
	{ .key = "send_to",
	  .reload = true,
	  .type = OPT_LIST,
	  .offset = AT(conf, send_to),
	  .def = "{}",
	  .check = check_mask,
	  .help = "Nothing is sent to loopback, link-local and multicast\n"
		  "addresses only because somebody outside named them (the "
		  "DNS of\n"
		  "a peer, a Contact), but to these networks." },
	{ .key = "trusted_certs",
	  .reload = true,
	  .type = OPT_LIST,
	  .offset = AT(conf, trusted_certs),
	  .def = "{}",
	  .check = check_visible,
	  .help = "The same for peers that come by TLS with a certificate "
		  "that has\n"
		  "one of these names, for example {\"proxy.example\"}." },
	{ .key = "trusted_identity",
	  .reload = true,
	  .offset = AT(conf, trusted_identity),
	  .def = "from",
	  .required = true,
	  .check = check_trusted_identity,
	  .help = "What is believed of them: \"from\", or \"asserted\" "
		  "(the header\n"
		  "P-Asserted-Identity; without it they get 403)." },
	{ .key = "presence",
	  .reload = true,
	  .offset = AT(conf, presence),
	  .def = "ask",
	  .required = true,
	  .check = check_presence,
	  .help = "Who may see the presence of users who have not decided "
		  "about him:\n"
		  "nobody before the user was asked, in chat (\"ask\"), all "
		  "(\"allow\"),\n"
		  "or none (\"deny\"). For XMPP see auto_accept in section\n"
		  "jabber_gateway." },
	{ .key = "auth_realm",
	  .offset = AT(conf, auth_realm),
	  .def = "",
	  .check = check_realm,
	  .help = "The realm that users log in to; empty: our domain. "
		  "Passwords are\n"
		  "stored for one realm: after a change users need new "
		  "ones." },
	{ .key = "auth_sha256",
	  .reload = true,
	  .type = OPT_BOOL,
	  .offset = AT(conf, auth_sha256),
	  .def = "true",
	  .help = "Whether users may log in with digests by SHA-256. Only "
		  "while\n"
		  "users came from elsewhere with MD5 alone this may have "
		  "to be\n"
		  "false, as newer phones prefer SHA-256." },
	{ .key = "auth_md5",
	  .reload = true,
	  .type = OPT_BOOL,
	  .offset = AT(conf, auth_md5),
	  .def = "true",
	  .help = "Whether users may log in with digests by MD5: most "
		  "phones of\n"
		  "today know nothing else." },
	{ .key = "auth_md5_agents",
	  .reload = true,
	  .type = OPT_LIST,
	  .offset = AT(conf, auth_md5_agents),
	  .def = "{\"baresip\", \"JsSIP\", \"SIP.js\", \"sipp\", \"sipsak\"}",
	  .help = "Programs that give up when they are offered SHA-256 "
		  "beside MD5,\n"
		  "by how their User-Agent begins: they are offered MD5 "
		  "alone." },
	{ .key = "log_level",
	  .reload = true,
	  .offset = AT(conf, log_level),
	  .def = "info",
	  .required = true,
	  .check = check_log_level,
	  .help = "error, warning, info, debug or trace (trace shows "
		  "texts)." },
	{ .key = "journal_days",
	  .reload = true,
	  .type = OPT_INT,
	  .offset = AT(conf, journal_days),
	  .def = "7",
	  .min = 1,
	  .max = 3650,
	  .help = "How long a room keeps its messages." },
	{ .key = "journal_messages",
	  .reload = true,
	  .type = OPT_INT,
	  .offset = AT(conf, journal_messages),
	  .def = "10000",
	  .min = 100,
	  .max = 100000000,
	  .help = "How many messages a room keeps." },
	{ .key = "worker_dir",
	  .offset = AT(conf, worker_dir),
	  .def = "",
	  .help = "Where confab-jabber, confab-irc and confab-purple are;\n"
		  "empty: beside confabd, else where they were installed." },
	{ .key = "worker_timeout",
	  .type = OPT_INT,
	  .offset = AT(conf, worker_timeout),
	  .def = "15",
	  .min = 1,
	  .max = 600,
	  .help = "Seconds after which a worker that does not answer is\n"
		  "replaced." },
};

static const struct opt imc_opts[] = {
	{ .key = "db_url",
	  .offset = AT(conf_imc, db_url),
	  .def = "",
	  .check = check_db_url,
	  .help = "The SQLite file for rooms, members and messages; empty:\n"
		  "confab.db in state_dir. For example\n"
		  "\"sqlite:///var/lib/confab/imc.db\". What other servers\n"
		  "kept elsewhere is taken over by confabctl import." },
	{ .key = "db_mode",
	  .type = OPT_INT,
	  .offset = AT(conf_imc, db_mode),
	  .def = "0",
	  .max = 2,
	  .check = check_db_mode,
	  .help = "0: the data base is this process's alone. 2: several\n"
		  "processes on this host share it: one serves, the others\n"
		  "stand by, pass on to it what they receive, and take over\n"
		  "when it ends. In both, everything is in memory, and on\n"
		  "the disk before it is acknowledged." },
	{ .key = "rooms_table",
	  .offset = AT(conf_imc, rooms_table),
	  .def = "imc_rooms",
	  .required = true,
	  .check = check_table,
	  .help = "The table of the rooms. Tables are made at the first\n"
		  "start and are not renamed afterwards." },
	{ .key = "members_table",
	  .offset = AT(conf_imc, members_table),
	  .def = "imc_members",
	  .required = true,
	  .check = check_table,
	  .help = "The table of the members." },
	{ .key = "hash_size",
	  .type = OPT_INT,
	  .offset = AT(conf_imc, hash_size),
	  .def = "4",
	  .min = 1,
	  .max = 30,
	  .help = "Accepted for old configurations, and not used: the tables\n"
		  "in memory grow by themselves." },
	{ .key = "manager",
	  .offset = AT(conf_imc, manager),
	  .def = "chat-manager",
	  .required = true,
	  .check = check_visible,
	  .help = "The user part of the address that takes commands for any\n"
		  "room." },
	{ .key = "imc_cmd_start_char",
	  .offset = AT(conf_imc, imc_cmd_start_char),
	  .def = "#",
	  .required = true,
	  .check = check_visible,
	  .help = "What a command begins with." },
	{ .key = "create_on_join",
	  .reload = true,
	  .type = OPT_BOOL,
	  .offset = AT(conf_imc, create_on_join),
	  .def = "true",
	  .help = "Whether joining a room that is missing makes it." },
	{ .key = "check_on_create",
	  .reload = true,
	  .type = OPT_BOOL,
	  .offset = AT(conf_imc, check_on_create),
	  .def = "false",
	  .help = "Whether creating a public room that exists is refused\n"
		  "instead of joining it." },
	{ .key = "dialect",
	  .offset = AT(conf_imc, dialect),
	  .def = "kamailio",
	  .required = true,
	  .check = check_dialect,
	  .help = "Whose words rooms use: \"kamailio\" ([alice]: text) or\n"
		  "\"opensips\" (<alice@domain>: text)." },
	{ .key = "history_on_join",
	  .reload = true,
	  .type = OPT_INT,
	  .offset = AT(conf_imc, history_on_join),
	  .def = "20",
	  .max = 200,
	  .help = "How many of the last texts one who joins is shown." },
	{ .key = "time_marks",
	  .reload = true,
	  .type = OPT_BOOL,
	  .offset = AT(conf_imc, time_marks),
	  .def = "true",
	  .help = "Whether texts that come late begin with their time,\n"
		  "[14:05]." },
	{ .key = "links_by",
	  .offset = AT(conf_imc, links_by),
	  .def = "operator",
	  .required = true,
	  .check = check_links_by,
	  .help = "Who may link a room with another network by #link:\n"
		  "\"operator\" (nobody in the room), \"owner\" or "
		  "\"admin\"." },
	{ .key = "notices",
	  .reload = true,
	  .offset = AT(conf_imc, notices),
	  .def = "all",
	  .required = true,
	  .check = check_notices,
	  .help = "Who is told of those that come to a new room and go:\n"
		  "\"all\", \"quiet\" (owners and admins) or \"off\" "
		  "(nobody).\n"
		  "Its owner can change it by #notices. Above 200 members\n"
		  "\"all\" is as \"quiet\"." },
	{ .key = "outbound_proxy",
	  .offset = AT(conf_imc, outbound_proxy),
	  .def = "",
	  .check = check_sip_uri,
	  .help = "Where all our requests are sent, for example\n"
		  "\"sip:proxy.example;transport=tls\" (udp, tcp or tls);\n"
		  "empty: to a member's registered devices, or to where he "
		  "last\n"
		  "sent from. Of several servers by DNS the next one is used "
		  "when one\n"
		  "can't be reached, or three different recipients in a row "
		  "got nothing\n"
		  "by it; before that only for these." },
	{ .key = "peers",
	  .reload = true,
	  .type = OPT_LIST,
	  .offset = AT(conf_imc, peers),
	  .def = "{}",
	  .check = check_visible,
	  .help = "Domains of others whose users we may send to by their DNS\n"
		  "(NAPTR, SRV, addresses), such as \"example.net\" or\n"
		  "\"sip:example.net;transport=tls\". Texts for users of "
		  "any\n"
		  "other domain wait until they are heard or register." },
	{ .key = "extra_hdrs",
	  .offset = AT(conf_imc, extra_hdrs),
	  .def = "",
	  .help = "Header lines for every MESSAGE that we send, each ended "
		  "by\n"
		  "\\r\\n." },
};

static const struct opt jabber_opts[] = {
	{ .key = "jid", .offset = AT(conf_jabber, jid), .def = "",
	  .required = true, .check = check_jid,
	  .example = "gw@xmpp.example", .help = "The account's bare JID." },
	{ .key = "password_file", .offset = AT(conf_jabber, password_file),
	  .def = "", .example = "home.secret",
	  .help = "The file whose first line is the password (mode 0600;\n"
		  "relative to this file). Or set the environment variable\n"
		  "CONFAB_JABBER_HOME_PASSWORD (HOME: the label)." },
	{ .key = "password", .offset = AT(conf_jabber, password), .def = "",
	  .help = "The password itself: only if this file is readable by\n"
		  "nobody else." },
	{ .key = "server", .offset = AT(conf_jabber, server), .def = "",
	  .check = check_visible, .example = "127.0.0.1",
	  .help = "The server's address; empty: by SRV of the JID's domain." },
	{ .key = "port", .type = OPT_INT, .offset = AT(conf_jabber, port),
	  .def = "0", .max = 65535, .example = "5222",
	  .help = "The server's port; 0: 5222, with tls \"direct\" 5223, or "
		  "the\n"
		  "SRV's." },
	{ .key = "tls", .offset = AT(conf_jabber, tls), .def = "required",
	  .required = true, .check = check_tls,
	  .help = "\"required\" (STARTTLS, or TLS from the start where SRV\n"
		  "says so; certificate checked), \"direct\" (TLS from the\n"
		  "start, likewise), or \"off\" towards a loopback address\n"
		  "only." },
	{ .key = "ca_file", .offset = AT(conf_jabber, ca_file), .def = "",
	  .help = "The CA certificates to trust; empty: the system's." },
	{ .key = "resource", .offset = AT(conf_jabber, resource), .def = "",
	  .check = check_visible,
	  .help = "The resource; empty: a random one." },
};

static int check_mode(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "relay") || view_eqs(v, "puppet") ||
	    view_eqs(v, "relaymsg"))
		return 0;
	buf_adds(why, "must be \"relay\", \"relaymsg\" or \"puppet\"");
	return EINVAL;
}

static int check_on_kick(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "notify") || view_eqs(v, "remove") ||
	    view_eqs(v, "ban"))
		return 0;
	buf_adds(why, "must be \"notify\", \"remove\" or \"ban\"");
	return EINVAL;
}

const struct opt link_opts[LINK_OPTS] = {
	{ .key = "room",
	  .offset = AT(conf_link, room),
	  .def = "",
	  .required = true,
	  .check = check_room,
	  .example = "sip:lobby@confab.example",
	  .help = "The room; made where it is missing: public, owned by the\n"
		  "operator." },
	{ .key = "to",
	  .offset = AT(conf_link, to),
	  .def = "",
	  .required = true,
	  .check = check_target,
	  .example = "xmpp:lobby@rooms.xmpp.example",
	  .help = "The place to link it with: \"xmpp:room@service\",\n"
		  "\"irc:network/#channel\", \"purple:account/room\", or\n"
		  "\"echo:name\" to try things." },
	{ .key = "via",
	  .offset = AT(conf_link, via),
	  .def = "",
	  .check = check_visible,
	  .example = "home",
	  .help = "The jabber section to use, or \"component\": by\n"
		  "jabber_component; empty: the only jabber section. For\n"
		  "irc and purple the target names the section." },
	{ .key = "nick",
	  .offset = AT(conf_link, nick),
	  .def = "",
	  .check = check_line,
	  .example = "confab",
	  .help = "Our nick there; empty: confab, on IRC the section's." },
	{ .key = "mode",
	  .offset = AT(conf_link, mode),
	  .def = "relay",
	  .required = true,
	  .check = check_mode,
	  .help = "\"relay\": one occupant speaks for all, \"<alice> hi\".\n"
		  "\"puppet\": each of our users who speaks is there under\n"
		  "his own name; on XMPP by the component only, on IRC by a\n"
		  "connection of his own. \"relaymsg\", on IRC: one\n"
		  "connection shows all under their names where the server\n"
		  "has draft/relaymsg; elsewhere as \"relay\"." },
	{ .key = "max_puppets",
	  .type = OPT_INT,
	  .offset = AT(conf_link, max_puppets),
	  .def = "200",
	  .min = 1,
	  .max = 1000,
	  .help = "So many at once; who comes later speaks by the relay." },
	{ .key = "on_kick",
	  .offset = AT(conf_link, on_kick),
	  .def = "notify",
	  .required = true,
	  .check = check_on_kick,
	  .help = "Whose puppet is kicked or banned there: \"notify\" tells\n"
		  "him, and on XMPP the relay speaks for him, on IRC nobody\n"
		  "does; \"remove\" takes him out of our room as well;\n"
		  "\"ban\" does, too, and who was banned on XMPP is banned\n"
		  "here, but for owners and admins." },
	{ .key = "password_file",
	  .offset = AT(conf_link, password_file),
	  .def = "",
	  .help = "The file whose first line is the password of a room that\n"
		  "has one; on IRC the key of the channel. Or set\n"
		  "CONFAB_LINK_LOBBY_X_PASSWORD (LOBBY_X: the label)." },
	{ .key = "password",
	  .offset = AT(conf_link, password),
	  .def = "",
	  .check = check_line,
	  .help = "The password itself: only if this file is readable by\n"
		  "nobody else." },
};

static int check_say(const char *value, struct buf *why)
{
	struct view v = view_str(value);

	if (view_eqs(v, "learn") || view_eqs(v, "yes") || view_eqs(v, "no"))
		return 0;
	buf_adds(why, "must be \"learn\", \"yes\" or \"no\"");
	return EINVAL;
}

static const struct opt device_opts[] = {
	{ .key = "match",
	  .offset = AT(conf_device, match),
	  .def = "",
	  .required = true,
	  .check = check_line,
	  .example = "Old Phone/1",
	  .help = "Which devices: part of the User-Agent, in any case, or\n"
		  "\"sip:user@host\": all of that user." },
	{ .key = "max_bytes",
	  .type = OPT_INT,
	  .offset = AT(conf_device, max_bytes),
	  .def = "0",
	  .min = 0,
	  .max = 16384,
	  .example = "160",
	  .help = "Bytes of text that it takes in one MESSAGE; longer texts\n"
		  "come in parts. 0: as is known of its kind." },
	{ .key = "max_chars",
	  .type = OPT_INT,
	  .offset = AT(conf_device, max_chars),
	  .def = "0",
	  .min = 0,
	  .max = 16384,
	  .example = "128",
	  .help = "Characters that it takes in one MESSAGE, whatever they\n"
		  "are in bytes. 0: as is known of its kind." },
	{ .key = "typing",
	  .offset = AT(conf_device, typing),
	  .def = "learn",
	  .check = check_say,
	  .help = "Whether it gets notices that somebody is typing: yes, no,\n"
		  "or learn: when it sends some, or says that it takes "
		  "them." },
	{ .key = "charset",
	  .offset = AT(conf_device, charset),
	  .def = "learn",
	  .check = check_say,
	  .help = "Whether the type of a text may say that it is UTF-8: yes,\n"
		  "no, or learn: until it refuses that." },
	{ .key = "cpim",
	  .offset = AT(conf_device, cpim),
	  .def = "learn",
	  .check = check_say,
	  .help = "Whether it gets texts as message/cpim (RFC 3862): yes,\n"
		  "no, or learn: when it says that it takes that and no\n"
		  "text/plain." },
};

#define ROWS(a) .opts = a, .count = sizeof(a) / sizeof(a[0])
#define LIST_OF(type, member) \
	.titled = true, .array = AT(conf, member), \
	.array_count = AT(conf, member##_count), .size = sizeof(struct type)

const struct opt_section opt_sections[] = {
	{ ROWS(global_opts) },
	{ .name = "imc", ROWS(imc_opts), .offset = AT(conf, imc),
	  .help = "Rooms for SIP users." },
	{ .name = "limits", .opts = limit_opts, .count = LIMIT_OPTS,
	  .offset = AT(conf, limits),
	  .help = "How much there may be, and how fast." },
	{ .name = "jabber", ROWS(jabber_opts), LIST_OF(conf_jabber, jabber),
	  .sample = "home", .help = "An XMPP account that links go through." },
	{ .name = "jabber_gateway", .opts = gateway_opts,
	  .count = GATEWAY_OPTS, .offset = AT(conf, jabber_gateway),
	  .off = true,
	  .help = "XMPP for SIP users, each by an account of his own. On\n"
		  "when there is a jdomain. See doc/jabber.md." },
	{ .name = "jabber_component", .opts = component_opts,
	  .count = COMPONENT_OPTS, .offset = AT(conf, jabber_component),
	  .off = true,
	  .help = "XMPP for SIP users and rooms without accounts: our "
		  "domains\n"
		  "as components of an XMPP server (XEP-0114)." },
	{ .name = "irc", .opts = irc_opts, .count = IRC_OPTS,
	  LIST_OF(conf_irc, irc),
	  .sample = "libera", .help = "An IRC network." },
	{ .name = "irc_gateway", .opts = irc_gateway_opts,
	  .count = IRC_GATEWAY_OPTS, .offset = AT(conf, irc_gateway),
	  .off = true,
	  .help = "IRC for SIP users, each by a connection of his own. See\n"
		  "doc/irc.md." },
	{ .name = "purple", .opts = purple_opts, .count = PURPLE_OPTS,
	  LIST_OF(conf_purple, purple), .sample = "relay",
	  .help = "An account on another network, by libpurple, that links "
		  "go\n"
		  "through: purple:LABEL/ROOM. See doc/purple.md." },
	{ .name = "purple_gateway", .opts = purple_gateway_opts,
	  .count = PURPLE_GATEWAY_OPTS, .offset = AT(conf, purple_gateway),
	  .off = true,
	  .help = "Other networks for SIP users, by libpurple, each by "
		  "accounts\n"
		  "of his own. See doc/purple.md." },
	{ .name = "device", ROWS(device_opts), LIST_OF(conf_device, device),
	  .reload = true,
	  .sample = "old-phone",
	  .help = "What you know of a kind of device: it goes before what\n"
		  "confab learns by itself. The first section that matches "
		  "counts." },
	{ .name = "link", ROWS(link_opts), LIST_OF(conf_link, link),
	  .sample = "lobby-x",
	  .help = "A room of ours linked with a room elsewhere." },
};
const size_t opt_section_count =
	sizeof(opt_sections) / sizeof(opt_sections[0]);
