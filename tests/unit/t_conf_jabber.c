/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf: the jabber gateway and the component: the seeds' defaults, what is
 * refused and how, secrets. */
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
	snprintf(dir, sizeof(dir), "/tmp/t_conf_jabber.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/confab.conf", dir);
	snprintf(secret, sizeof(secret), "%s/component.secret", dir);
	return test_setup(state);
}

static int remove_dir(void **state)
{
	unlink(path);
	unlink(secret);
	assert_int_equal(rmdir(dir), 0);
	return test_teardown(state);
}

static int load(struct conf **cp, const char *section, const char *options,
		struct buf *why)
{
	char text[600];

	snprintf(text, sizeof(text), "domain = \"x.org\"\n%s { %s }\n",
		 section, options);
	write_file(path, text, 0600);
	return conf_load(cp, path, why);
}

static struct conf *must_load(const char *section, const char *options)
{
	struct buf why = { 0 };
	struct conf *c = NULL;

	if (load(&c, section, options, &why))
		fail_msg("%s: %s", options, buf_str(&why));
	buf_free(&why);
	return c;
}

static void assert_bad(const char *section, const char *options,
		       const char *says)
{
	struct buf why = { 0 };
	struct conf *c = NULL;

	if (!load(&c, section, options, &why))
		fail_msg("%s was taken", options);
	if (!strstr(buf_str(&why), says))
		fail_msg("%s gave %s", options, buf_str(&why));
	buf_free(&why);
}

static void defaults_are_the_seeds(void **state)
{
	struct conf *c = must_load("jabber_gateway", "");
	const struct conf_jabber_gateway *g = &c->jabber_gateway;

	(void)state;
	assert_string_equal(g->db_url, "mysql://root@127.0.0.1/sip_jab");
	assert_string_equal(g->jaddress, "127.0.0.1");
	assert_int_equal(g->jport, 5222);
	assert_string_equal(g->jdomain, "");
	assert_string_equal(g->aliases, "");
	assert_string_equal(g->proxy, "");
	assert_string_equal(g->registrar, "jabber_gateway@127.0.0.1");
	assert_int_equal(g->workers, 2);
	assert_int_equal(g->cache_time, 600);
	assert_int_equal(g->delay_time, 90);
	assert_int_equal(g->sleep_time, 20);
	assert_int_equal(g->check_time, 20);
	assert_int_equal(g->priority, 9);
	assert_string_equal(g->tls, "required");
	assert_string_equal(g->passwords, "tls");
	assert_string_equal(c->jabber_component.domain, "");
	assert_int_equal(c->jabber_component.port, 5347);
	mem_deref(c);
}

/* The examples of the old module's README, as they stand there. */
static void the_seeds_values_are_taken(void **state)
{
	struct conf *c = must_load(
		"jabber_gateway",
		"db_url = \"mysql://username:password@host/sip_jab\" "
		"jaddress = \"1.2.3.4\" jport = 1234 "
		"jdomain = \"jabber.sipserver.com=*\" "
		"aliases = \"1;msn.x.com=%\" "
		"proxy = \"10.0.0.1:5060 sipserver.com:5060\" "
		"registrar = \"jabber_gateway@127.0.0.1\" workers = 2 "
		"max_jobs = 10 priority = \"3\"");

	(void)state;
	assert_string_equal(c->jabber_gateway.jdomain,
			    "jabber.sipserver.com=*");
	assert_int_equal(c->jabber_gateway.max_jobs, 10);
	assert_int_equal(c->jabber_gateway.priority, 3);
	mem_deref(c);
	mem_deref(must_load("jabber_gateway",
			    "priority = -1 aliases = \"2;a.x.com;b.x.com=%;\" "
			    "db_url = \"sqlite:///var/lib/sip_jab.db\" "
			    "registrar = \"sip:gw@x.org\""));
}

static void mistakes_are_explained(void **state)
{
	static const struct {
		const char *options, *says;
	} bad[] = {
		{ "jdomain = \"a b\"", "host name" },
		{ "jdomain = \"a.b=x\"", "a.b=x" },
		{ "jdomain = \"a.b=**\"", "a.b=**" },
		{ "aliases = \"2;a.b;\"", "aliases" },
		{ "aliases = \"x;a.b;\"", "aliases" },
		{ "jport = 0", "must be 1 to 65535" },
		{ "jport = 70000", "must be 1 to 65535" },
		{ "max_jobs = 2000", "must be 1 to 900" },
		{ "workers = 0", "must be 1 to 64" },
		{ "priority = 128", "must be -128 to 127" },
		{ "priority = \"high\"", "priority" },
		{ "registrar = \"nobody\"", "jabber_gateway@" },
		{ "registrar = \"a@b c\"", "jabber_gateway@" },
		{ "registrar = \"\"", "registrar is missing" },
		{ "db_url = \"sip_jab\"", "sqlite://" },
		{ "tls = \"yes\"", "\"required\", \"direct\" or \"off\"" },
		{ "login = \"never\"", "\"manual\", \"registered\"" },
		{ "passwords = \"on\"", "\"tls\", \"any\" or \"off\"" },
		{ "auto_accept = \"ask\"", "\"none\", \"roster\"" },
		{ "message_type = \"headline\"", "\"chat\" or \"normal\"" },
		{ "seal_key = \"seal.key\"", "whole path" },
		{ "jdomian = \"a.b\"", "did you mean \"jdomain\"?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_bad("jabber_gateway", bad[i].options, bad[i].says);
}

static void components_need_their_secrets(void **state)
{
	struct conf *c;

	(void)state;
	assert_bad("jabber_component", "domain = \"sip.x.org\"",
		   "secret_file");
	assert_bad("jabber_component", "muc_domain = \"r.x.org\"",
		   "muc_secret_file");
	assert_bad("jabber_component",
		   "domain = \"a.org\" muc_domain = \"A.org\" secret = \"s\"",
		   "must be two");
	assert_bad("jabber_component",
		   "domain = \"a.org\" secret_file = \"component.secret\"",
		   "No such file");
	write_file(secret, "hush\n", 0644);
	assert_bad("jabber_component",
		   "domain = \"a.org\" secret_file = \"component.secret\"",
		   "chmod 600");
	write_file(secret, "hush\n", 0600);
	c = must_load("jabber_component",
		      "domain = \"a.org\" muc_domain = \"b.org\" "
		      "secret_file = \"component.secret\"");
	assert_string_equal(c->jabber_component.secret, "hush");
	assert_string_equal(c->jabber_component.muc_secret, "hush");
	mem_deref(c);
	c = must_load("jabber_component",
		      "domain = \"a.org\" muc_domain = \"b.org\" "
		      "secret = \"one\" muc_secret_file = "
		      "\"component.secret\"");
	assert_string_equal(c->jabber_component.secret, "one");
	assert_string_equal(c->jabber_component.muc_secret, "hush");
	mem_deref(c);
}

#define LINK "room = \"sip:a@x.org\" to = \"xmpp:a@y.org\" "

static void links_by_the_component(void **state)
{
	struct conf *c;

	(void)state;
	assert_bad("link a", LINK "mode = \"puppets\"", "relay");
	assert_bad("link a", LINK "on_kick = \"cry\"", "notify");
	assert_bad("link a", LINK "mode = \"puppet\" via = \"home\"",
		   "mode is for links by the component");
	assert_bad("link a", LINK "via = \"component\" max_puppets = 0",
		   "max_puppets");
	write_file(secret, "sesame\n", 0600);
	c = must_load("link a", LINK
		      "via = \"component\" mode = \"puppet\" "
		      "on_kick = \"remove\" "
		      "password_file = \"component.secret\"");
	assert_string_equal(c->link[0].password, "sesame");
	assert_int_equal(c->link[0].max_puppets, 200);
	mem_deref(c);
}

#define TO_IRC "room = \"sip:a@x.org\" to = \"irc:net/#a\" "

static void links_to_irc_have_modes_and_keys(void **state)
{
	static const char *const modes[] = { "relay", "relaymsg", "puppet" };
	struct conf *c;
	char text[128];

	(void)state;
	assert_bad("link a", LINK "mode = \"relaymsg\"",
		   "is for links to IRC");
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 TO_IRC "mode = \"%s\" password = \"sesame\"",
			 modes[i]);
		c = must_load("link a", text);
		assert_string_equal(c->link[0].mode, modes[i]);
		assert_string_equal(c->link[0].password, "sesame");
		mem_deref(c);
	}
}

#define IN_DIR(fn) cmocka_unit_test_setup_teardown(fn, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(defaults_are_the_seeds),
		IN_DIR(the_seeds_values_are_taken),
		IN_DIR(mistakes_are_explained),
		IN_DIR(components_need_their_secrets),
		IN_DIR(links_by_the_component),
		IN_DIR(links_to_irc_have_modes_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
