/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confabctl: sends the words of the command line to confabd's control socket
 * and shows the answer: as JSON, or as tables. It knows no commands but those
 * that read files, or passwords, as the operator.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "buddies_import.h"
#include "import_run.h"
#include "map.h"
#include "mem.h"
#include "room.h"
#include "user.h"
#include "utf8.h"

enum { ANSWER_MAX = 64 * 1024 * 1024, COLUMN_MAX = 60 };

static const char usage[] =
	"usage: confabctl [-s SOCKET] [--json] COMMAND\n"
	"\n"
	"  status                    everything at a glance\n"
	"  rooms                     the rooms\n"
	"  members ROOM              who is in a room\n"
	"  room-active ROOM          1 if there is such a room, else -1\n"
	"  room-member ROOM USER     1 if USER is a member, else -1\n"
	"  imc.list_rooms            rooms, as Kamailio and OpenSIPS list\n"
	"  imc.list_members ROOM     them, and members\n"
	"  import kamailio|opensips FILE [MEMBERS]\n"
	"                            their rooms and members: a SQLite file,\n"
	"                            a dump of MySQL or PostgreSQL, two CSV\n"
	"                            files, or a folder with imc_rooms.csv\n"
	"                            and imc_members.csv\n"
	"  links                     links with their state, the age of the\n"
	"                            last traffic, and the last error\n"
	"  link add LABEL ROOM TARGET [VIA [NICK]] [SETTING=VALUE ...]\n"
	"                            link a room, e.g. link add dev\n"
	"                            lobby irc:libera/#dev mode=puppet\n"
	"  link remove LABEL         take such a link away\n"
	"  link retry LABEL          try a link that is down now\n"
	"  contact USER              where USER is, and what is known of his\n"
	"                            devices\n"
	"  contact USER delete [CONTACT]\n"
	"                            forget one, or all\n"
	"  user list                 who may log in\n"
	"  user add USER             let USER log in; the password is asked\n"
	"                            for, or read from standard input\n"
	"  user passwd USER          a new password\n"
	"  user disable|enable USER  not now; again\n"
	"  user del USER             never more\n"
	"  user import FILE ...      user,password as CSV, or Kamailio's or\n"
	"                            OpenSIPS's subscriber table\n"
	"  buddies list [USER]       whom users' phones watch as a list\n"
	"  buddies add|del USER WHO  as he does with #buddies\n"
	"  buddies import FILE ...   user,buddy as CSV, or a table buddies\n"
	"  jabber map list [USER]    accounts of users on XMPP servers\n"
	"  jabber map add USER JID [server=HOST[:PORT]] [resource=TEXT]\n"
	"             [login=default|manual|registered|published|always]\n"
	"                            an account; its password is asked for\n"
	"  jabber map set USER JID SETTING=VALUE ...\n"
	"                            other settings\n"
	"  jabber map passwd USER JID\n"
	"                            a new password\n"
	"  jabber map enable|disable|del USER JID\n"
	"  jabber map import [FILE ...]\n"
	"                            the old module's table jusers: a SQLite\n"
	"                            file, a dump, CSV; without FILE what\n"
	"                            db_url names\n"
	"  irc add LABEL server=HOST [SETTING=VALUE ...]\n"
	"                            an IRC network, with the settings of a\n"
	"                            section irc; passwords by their files\n"
	"  irc list                  all networks\n"
	"  irc del LABEL             take such a network away\n"
	"  irc off|on LABEL          leave a network and stay away; go back\n"
	"  irc map list|add|set|passwd|enable|disable|del ...\n"
	"                            as jabber map: accounts with services,\n"
	"                            NETWORK/ACCOUNT; its setting is "
	"nick=NICK\n"
	"  purple map list|add|set|passwd|enable|disable|del|import ...\n"
	"                            as jabber map: accounts by libpurple,\n"
	"                            PROTOCOL/NAME; settings login=default|\n"
	"                            presence|always|manual, auth=ask|allow|\n"
	"                            deny|known, opt.NAME=VALUE, pin=HEX,\n"
	"                            near=yes|no; then no-password where\n"
	"                            there is none; the table is purplemap;\n"
	"                            an ID of the list will do for USER\n"
	"                            ACCOUNT\n"
	"  purple status             what each of them does\n"
	"  purple workers            the processes that hold them\n"
	"  purple prots              which protocols there are\n"
	"  purple login|logout ID    one account, whatever its policy\n"
	"  purple reload             read them anew, try again those that\n"
	"                            were given up\n"
	"  purple auth list [USER]   who asks to see whom\n"
	"  purple auth allow|deny USER WHO\n"
	"  purple contact list|add|del ID [NAME]\n"
	"  purple room list ID       in which rooms an account is\n"
	"  purple room join ID ROOM [NICK]\n"
	"                            its password: --password-file\n"
	"  purple room leave ID ROOM\n"
	"\n"
	"  -s, --socket SOCKET       /run/confab/control.sock\n"
	"      --password-file FILE  for add, passwd and room join\n"
	"      --json                the answer as JSON\n"
	"      --help, --version     this text; which confab this is\n";

/* ---- how answers look ---- */

/* Names of other people's networks go to a terminal here. */
static void add_clean(struct buf *b, const char *s)
{
	struct buf clean = { 0 };

	utf8_clean(&clean, view_str(s));
	for (size_t i = 0; i < clean.n; i++)
		buf_addc(b, clean.p[i] == '\n' || clean.p[i] == '\t' ?
				    ' ' :
				    clean.p[i]);
	buf_free(&clean);
}

static void add_age(struct buf *b, json_int_t s)
{
	if (s < 120)
		buf_addf(b, "%llds", (long long)s);
	else if (s < 7200)
		buf_addf(b, "%lldm", (long long)s / 60);
	else if (s < 172800)
		buf_addf(b, "%lldh", (long long)s / 3600);
	else
		buf_addf(b, "%lldd", (long long)s / 86400);
}

static bool is_age(const char *key)
{
	size_t n = strlen(key);

	return n > 2 && strcmp(key + n - 2, "_s") == 0;
}

static void add_value(struct buf *b, const char *key, const json_t *v)
{
	if (json_is_string(v))
		add_clean(b, json_string_value(v));
	else if (json_is_integer(v) && is_age(key))
		add_age(b, json_integer_value(v));
	else if (json_is_integer(v))
		buf_addf(b, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		buf_adds(b, json_is_true(v) ? "yes" : "no");
	else
		buf_adds(b, "-");
}

/* Columns on a terminal: code points, near enough. */
static size_t columns(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += ((unsigned char)v.p[i] & 0xc0) != 0x80;
	return n;
}

static void add_heading(struct buf *b, const char *key)
{
	size_t n = strlen(key) - (is_age(key) ? 2 : 0);

	for (size_t i = 0; i < n; i++)
		buf_addc(b, key[i] == '_' ? ' ' : key[i]);
}

static size_t cell(struct buf *b, const char *key, const json_t *row)
{
	buf_clear(b);
	if (row)
		add_value(b, key, json_object_get(row, key));
	else
		add_heading(b, key);
	return columns(buf_view(b));
}

static size_t column_width(const json_t *list, const char *key)
{
	struct buf b = { 0 };
	size_t width = cell(&b, key, NULL), i;
	json_t *row;

	json_array_foreach(list, i, row) {
		size_t n = cell(&b, key, row);

		if (n > width)
			width = n;
	}
	buf_free(&b);
	return width > COLUMN_MAX ? COLUMN_MAX : width;
}

static void print_row(const json_t *list, json_t *first, const json_t *row)
{
	struct buf line = { 0 }, b = { 0 };
	const char *key;
	json_t *unused;

	json_object_foreach(first, key, unused) {
		size_t width = column_width(list, key);
		size_t n = cell(&b, key, row);

		buf_addv(&line, buf_view(&b));
		/* what is too long for its column still ends somewhere */
		do
			buf_addc(&line, ' ');
		while (++n < width + 2);
	}
	while (line.n && line.p[line.n - 1] == ' ')
		line.n--;
	printf("%s\n", buf_str(&line));
	buf_free(&line);
	buf_free(&b);
}

static void print_value(const json_t *v)
{
	struct buf b = { 0 };

	add_value(&b, "", v);
	printf("%s\n", buf_str(&b));
	buf_free(&b);
}

static void print_table(const json_t *list)
{
	json_t *first = json_array_get(list, 0), *row;
	size_t i;

	if (!first) {
		printf("none\n");
		return;
	}
	if (json_is_object(first))
		print_row(list, first, NULL);
	json_array_foreach(list, i, row) {
		if (json_is_object(row))
			print_row(list, first, row);
		else
			print_value(row);
	}
}

static void print_field(const char *key, const json_t *v, bool indent)
{
	struct buf b = { 0 };

	if (indent)
		buf_adds(&b, "  ");
	add_heading(&b, key);
	buf_adds(&b, ": ");
	add_value(&b, key, v);
	printf("%s\n", buf_str(&b));
	buf_free(&b);
}

static void print_object(json_t *o)
{
	const char *key, *inner;
	json_t *v, *iv;

	json_object_foreach(o, key, v)
		if (!json_is_object(v) && !json_is_array(v))
			print_field(key, v, false);
	json_object_foreach(o, key, v) {
		if (json_is_object(v)) {
			printf("\n%s:\n", key);
			json_object_foreach(v, inner, iv)
				print_field(inner, iv, true);
		} else if (json_is_array(v)) {
			printf("\n%s:\n", key);
			print_table(v);
		}
	}
}

static void print_result(json_t *result)
{
	if (json_is_array(result))
		print_table(result);
	else if (json_is_object(result))
		print_object(result);
	else
		print_value(result);
}

/* "No" to a question is -1, as in the seeds. */
static bool is_no(const json_t *result)
{
	return json_is_integer(result) && json_integer_value(result) < 0;
}

static int show(json_t *root, bool as_json)
{
	bool ok = json_is_true(json_object_get(root, "ok"));
	json_t *result = json_object_get(root, "result");
	const char *error = json_string_value(json_object_get(root, "error"));
	int status = ok && !is_no(result) ? 0 : 1;

	if (as_json && root) {
		json_dumpf(root, stdout, JSON_INDENT(2));
		printf("\n");
	} else if (ok) {
		print_result(result);
	} else {
		struct buf b = { 0 };

		add_clean(&b, error ? error : "the answer makes no sense");
		fprintf(stderr, "confabctl: %s\n", buf_str(&b));
		buf_free(&b);
	}
	json_decref(root);
	return status;
}

/* ---- what to do ---- */

struct how {
	bool as_json;
	const char *password_file; /* or NULL */
};

static int ask_words(json_t **answer, int fd, int argc, char **argv)
{
	struct buf in = { .max = ANSWER_MAX };
	json_t *list = json_array();
	json_error_t je;
	int err = 0;

	for (int i = 0; i < argc && !err; i++)
		if (json_array_append_new(list, json_string(argv[i])))
			err = EILSEQ;
	if (err)
		json_decref(list);
	else
		err = ask(fd, json_pack("{s:o}", "argv", list), &in);
	if (!err)
		*answer = json_loadb(in.p, in.n, 0, &je);
	buf_free(&in);
	return err;
}

static int run(const char *path, int argc, char **argv,
	       const struct how *how)
{
	int fd = ask_open(path), err;
	json_t *answer = NULL;

	if (fd < 0) {
		fprintf(stderr, "confabctl: %s: %s%s\n", path,
			strerror(errno),
			errno == ENOENT || errno == ECONNREFUSED ?
				" (is confabd running? its \"control\" names "
				"the socket: confabctl -s SOCKET)" :
				"");
		return 1;
	}
	if (strcmp(argv[0], "import") == 0)
		err = import_run(&answer, fd, argc - 1, argv + 1);
	else if (strcmp(argv[0], "user") == 0 && argc > 1 &&
		 user_is_ours(argv[1]))
		err = user_run(&answer, fd, argc - 1, argv + 1,
			       how->password_file);
	else if (room_is_ours(argc, argv, how->password_file))
		err = room_run(&answer, fd, argc, argv, how->password_file);
	else if (buddies_is_ours(argc, argv))
		err = buddies_import(&answer, fd, argc - 2, argv + 2);
	else if (map_is_ours(argc, argv))
		err = map_run(&answer, fd, argc, argv, how->password_file);
	else
		err = ask_words(&answer, fd, argc, argv);
	close(fd);
	if (!err)
		return show(answer, how->as_json);
	fprintf(stderr, "confabctl: %s: %s\n", path,
		err == EPIPE ? "confabd ended the connection" : strerror(err));
	return 1;
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "password-file", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = getenv("CONFAB_CONTROL");
	struct how how = { 0 };
	int o;

	json_set_alloc_funcs(malloc, mem_scrub_free); /* passwords go so */
	if (!path)
		path = "/run/confab/control.sock";
	while ((o = getopt_long(argc, argv, "s:", options, NULL)) != -1) {
		if (o == 's') {
			path = optarg;
		} else if (o == 'j') {
			how.as_json = true;
		} else if (o == 'p') {
			how.password_file = optarg;
		} else if (o == 'v') {
			printf("confabctl " CONFAB_VERSION "\n");
			return 0;
		} else {
			fputs(usage, o == 'h' ? stdout : stderr);
			return o == 'h' ? 0 : 2;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return 2;
	}
	if (strcmp(argv[optind], "help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	return run(path, argc - optind, argv + optind, &how);
}
