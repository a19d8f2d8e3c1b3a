/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf: the file, its errors, its secrets. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "test.h"

static char dir[64], path[96], secret[96];

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(name, mode), 0);
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/t_conf.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/confab.conf", dir);
	snprintf(secret, sizeof(secret), "%s/home.secret", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	unlink(secret);
	return rmdir(dir);
}

/* The example of the documentation has to work as it stands. */
static const char example[] =
	"domain    = \"confab.example\"\n"
	"listen    = {\"udp:0.0.0.0:5060\", \"tcp:0.0.0.0:5060\"}\n"
	"state_dir = \"/var/lib/confab\"\n"
	"control   = \"/run/confab/control.sock\"\n"
	"trusted   = {\"127.0.0.0/8\"}            # a proxy in front\n"
	"imc {\n"
	"    manager            = \"chat-manager\"\n"
	"    imc_cmd_start_char = \"#\"\n"
	"    create_on_join     = true\n"
	"    check_on_create    = false\n"
	"    outbound_proxy     = \"\"            # for example\n"
	"    extra_hdrs         = \"\"\n"
	"}\n"
	"jabber \"home\"   { jid = \"gw@xmpp.example\"  password_file = "
	"\"home.secret\"  server = \"127.0.0.1\"  port = 5222  tls = "
	"\"required\" }\n"
	"irc    \"libera\" { server = \"irc.libera.example\"  port = 6697  "
	"tls = true  nick = \"confab\" }\n"
	"link   \"lobby-x\" { room = \"sip:lobby@confab.example\"  to = "
	"\"xmpp:lobby@rooms.xmpp.example\"  via = \"home\"  nick = \"confab\" "
	"}\n"
	"link   \"lobby-i\" { room = \"sip:lobby@confab.example\"  to = "
	"\"irc:libera/#lobby\" }\n";

static void the_example_is_read_whole(void **state)
{
	struct buf why = { 0 };
	struct conf *c;

	(void)state;
	write_file(path, example, 0644);
	write_file(secret, "s3cret \nsecond line\n", 0600);
	assert_int_equal(conf_load(&c, path, &why), 0);
	assert_string_equal(c->domain, "confab.example");
	assert_string_equal(c->listen[1], "tcp:0.0.0.0:5060");
	assert_null(c->listen[2]);
	assert_string_equal(c->trusted[0], "127.0.0.0/8");
	assert_string_equal(c->imc.manager, "chat-manager");
	assert_true(c->imc.create_on_join);
	assert_false(c->imc.check_on_create);
	assert_int_equal(c->jabber_count, 1);
	assert_string_equal(c->jabber[0].label, "home");
	assert_string_equal(c->jabber[0].password, "s3cret ");
	assert_int_equal(c->jabber[0].port, 5222);
	assert_int_equal(c->irc_count, 1);
	assert_true(c->irc[0].tls);
	assert_int_equal(c->link_count, 2);
	assert_string_equal(c->link[1].to, "irc:libera/#lobby");
	assert_string_equal(c->link[1].nick, "");
	mem_deref(c);
	buf_free(&why);
}

static void defaults_fill_the_gaps(void **state)
{
	struct buf why = { 0 };
	struct conf *c;

	(void)state;
	write_file(path, "domain = \"d.example\"\n", 0644);
	assert_int_equal(conf_load(&c, path, &why), 0);
	assert_string_equal(c->listen[0], "udp:0.0.0.0:5060");
	assert_string_equal(c->imc.imc_cmd_start_char, "#");
	assert_true(c->imc.create_on_join);
	assert_int_equal(c->journal_days, 7);
	assert_int_equal(c->worker_timeout, 15);
	assert_int_equal(c->jabber_count, 0);
	mem_deref(c);
	buf_free(&why);
}

/* Each names the file and the line, and what would be right. */
static void mistakes_are_explained(void **state)
{
	static const struct {
		const char *text, *line, *says;
	} bad[] = {
		{ "domian = \"x\"\n", ":1:", "did you mean \"domain\"?" },
		{ "domain = \"x\"\nfrobnicate = 1\n", ":2:", "listen" },
		{ "domain = \"x\"\nimc {\n  manger = \"m\"\n}\n", ":3:",
		  "did you mean \"manager\"?" },
		{ "imc {\n}\n", "confab.conf:", "domain is missing" },
		{ "domain = \"a b\"\n", ":1:", "must be a host name" },
		{ "domain = \"a\nb\x1b[1m\"\n", ":2:", "\"a b [1m\"" },
		{ "domain = \"x\"\nlisten = {\"udp:localhost:5060\"}\n", ":2:",
		  "numeric address" },
		{ "domain = \"x\"\nlisten = {\"sctp:1.2.3.4:5\"}\n", ":2:",
		  "udp, tcp, tls, ws or wss" },
		{ "domain = \"x\"\ntls_key = \"tls.key\"\n", ":2:",
		  "must be a whole path" },
		{ "domain = \"x\"\nws_origins = {\"chat.example\"}\n", ":2:",
		  "https://chat.example.org" },
		{ "domain = \"x\"\nlisten = {}\n", "confab.conf:",
		  "listen is missing" },
		{ "domain = \"x\"\n\ntrusted = {\"10.0.0.0/33\"}\n", ":3:",
		  "10.0.0.0/8" },
		{ "domain = \"x\"\ntrusted_identity = \"to\"\n", ":2:",
		  "\"from\" or \"asserted\"" },
		{ "domain = \"x\"\nauth_realm = \"a\\\"b\"\n", ":2:",
		  "without" },
		{ "domain = \"x\"\nauth_md5 = false\n"
		  "auth_sha256 = false\n",
		  "confab.conf:", "nobody could log in" },
		{ "domain = \"x\"\ntrusted_certs = {\"a b\"}\n", ":2:",
		  "no blanks" },
		{ "domain = \"x\"\nlog_level = \"loud\"\n", ":2:",
		  "must be error, warning" },
		{ "domain = \"x\"\nworker_timeout = 0\n", ":2:",
		  "must be 1 to 600, not 0" },
		{ "domain = \"x\"\nirc \"a\" {\n server = \"h\"\n port = "
		  "70000\n}\n",
		  ":4:", "must be 0 to 65535" },
		{ "domain = \"x\"\nirc \"a\" {\n server = \"h\"\n port = "
		  "\"ten\"\n}\n",
		  ":4:", "port" },
		{ "domain = \"x\"\njabber \"h\" { jid = \"nobody\" }\n",
		  ":2:", "bare JID" },
		{ "domain = \"x\"\njabber \"h\" { jid = \"a@b\" tls = "
		  "\"maybe\" }\n",
		  ":2:", "\"required\", \"direct\" or" },
		{ "domain = \"x\"\njabber \"h h\" { jid = \"a@b\" }\n", ":2:",
		  "label" },
		{ "domain = \"x\"\nirc \"a\" { }\n", ":2:",
		  "server is missing" },
		{ "domain = \"x\"\nlink \"l\" { room = \"lobby\" to = "
		  "\"irc:a/#b\" }\n",
		  ":2:", "sip:lobby@" },
		{ "domain = \"x\"\nlink \"l\" { room = \"sip:l@x\" to = "
		  "\"#b\" }\n",
		  ":2:", "irc:libera/#channel" },
		{ "domain = \"x\"\nlink \"l\" { to = \"irc:a/#b\" }\n", ":2:",
		  "room is missing" },
		{ "domain = \"x\"\nirc \"a\" { server = \"h\" }\nirc \"a\" { "
		  "server = \"h\" }\n",
		  ":3:", "a" },
		{ "domain = \n", ":", "confab.conf" },
		{ "domain = \"x\"\nimc { outbound_proxy = \"proxy\" }\n",
		  ":2:", "must be a SIP URI" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf why = { 0 };
		struct conf *c;

		write_file(path, bad[i].text, 0644);
		assert_int_not_equal(conf_load(&c, path, &why), 0);
		if (!strstr(buf_str(&why), bad[i].line) ||
		    !strstr(buf_str(&why), bad[i].says) ||
		    !strstr(buf_str(&why), path))
			fail_msg("%zu: \"%s\" gave \"%s\"", i, bad[i].text,
				 buf_str(&why));
		assert_false(view_has(buf_view(&why), '\n'));
		buf_free(&why);
	}
}

static void a_missing_file_is_named(void **state)
{
	struct buf why = { 0 };
	struct conf *c;

	(void)state;
	assert_int_equal(conf_load(&c, "/nonexistent/x.conf", &why),
			 ENOENT);
	assert_non_null(strstr(buf_str(&why), "/nonexistent/x.conf"));
	buf_free(&why);
}

static int load_secret(const char *jabber, mode_t conf_mode, struct buf *why,
		       struct conf **c)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "domain = \"x\"\njabber \"my-home\" { jid "
		 "= \"a@b\" %s }\n",
		 jabber);
	write_file(path, text, conf_mode);
	return conf_load(c, path, why);
}

static void secrets_come_from_three_places(void **state)
{
	struct buf why = { 0 };
	struct conf *c;

	(void)state;
	write_file(secret, "from file\r\n", 0640);
	assert_int_equal(load_secret("password_file = \"home.secret\"", 0644,
				     &why, &c),
			 0);
	assert_string_equal(c->jabber[0].password, "from file");
	mem_deref(c);
	setenv("CONFAB_JABBER_MY_HOME_PASSWORD", "from env", 1);
	assert_int_equal(load_secret("password_file = \"home.secret\"", 0644,
				     &why, &c),
			 0);
	assert_string_equal(c->jabber[0].password, "from env");
	mem_deref(c);
	unsetenv("CONFAB_JABBER_MY_HOME_PASSWORD");
	assert_int_equal(load_secret("password = \"inline\"", 0600, &why, &c),
			 0);
	assert_string_equal(c->jabber[0].password, "inline");
	mem_deref(c);
	buf_free(&why);
}

static void open_secrets_are_refused(void **state)
{
	static const struct {
		const char *jabber;
		mode_t conf_mode, secret_mode;
		const char *says;
	} bad[] = {
		{ "password_file = \"home.secret\"", 0644, 0644, "chmod 600" },
		{ "password = \"inline\"", 0644, 0600, "chmod 600" },
		{ "password_file = \"gone\"", 0644, 0600, "gone: No such" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf why = { 0 };
		struct conf *c;

		write_file(secret, "x\n", bad[i].secret_mode);
		assert_int_not_equal(load_secret(bad[i].jabber,
						 bad[i].conf_mode, &why, &c),
				     0);
		assert_non_null(strstr(buf_str(&why), bad[i].says));
		assert_null(strstr(buf_str(&why), "inline"));
		buf_free(&why);
	}
	write_file(secret, "\n", 0600);
	{
		struct buf why = { 0 };
		struct conf *c;

		assert_int_equal(load_secret("password_file = \"home.secret\"",
					     0644, &why, &c),
				 EINVAL);
		assert_non_null(strstr(buf_str(&why), "first line"));
		buf_free(&why);
	}
}

static void the_sample_passes_its_own_check(void **state)
{
	struct buf sample = { 0 }, why = { 0 }, man = { 0 };
	struct conf *c;

	(void)state;
	conf_print_sample(&sample);
	write_file(path, buf_str(&sample), 0644);
	if (conf_load(&c, path, &why))
		fail_msg("%s", buf_str(&why));
	assert_string_equal(c->domain, "confab.example");
	assert_string_equal(c->imc.extra_hdrs, "");
	assert_int_equal(c->link_count, 0);
	mem_deref(c);
	conf_print_man(&man);
	assert_non_null(strstr(buf_str(&man), ".It Ic outbound_proxy"));
	/* What SIGHUP takes is said, be it of an option or a section. */
	assert_non_null(strstr(buf_str(&man),
			       "A number, taken by SIGHUP; the default is\n"
			       ".Li 7 .\n.It Ic journal_messages"));
	assert_non_null(strstr(buf_str(&man),
			       "Text, taken by SIGHUP, required.\n"
			       ".It Ic max_bytes"));
	assert_non_null(strstr(buf_str(&man),
			       "Text, required.\n.It Ic to\n"));
	buf_free(&man);
	buf_free(&sample);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_example_is_read_whole),
		TEST(defaults_fill_the_gaps),
		TEST(mistakes_are_explained),
		TEST(a_missing_file_is_named),
		TEST(secrets_come_from_three_places),
		TEST(open_secrets_are_refused),
		TEST(the_sample_passes_its_own_check),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
