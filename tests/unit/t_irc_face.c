/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IRC in confabd: which targets and networks are taken. */
#include <errno.h>

#include "test.h"
#include "bridges/irc/face.h"

struct world {
	struct loop *loop;
	struct bridge *bridge;
};

static struct irc_network network(const char *label)
{
	return (struct irc_network){ .label = label,
				     .server = "irc.example",
				     .tls = true,
				     .nick = "confab",
				     .username = "",
				     .realname = "",
				     .ca_file = "",
				     .password = "" };
}

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	struct irc_network n = network("libera");
	char why[128];

	*state = w;
	return test_setup(state) || loop_new(&w->loop) ||
	       irc_face_new(&w->bridge, w->loop, "/nonexistent", 0) ||
	       irc_face_network(w->bridge, &n, why, sizeof(why));
}

static int teardown(void **state)
{
	struct world *w = *state;

	bridge_free(w->bridge);
	loop_free(w->loop);
	mem_free(w);
	return test_teardown(state);
}

#define FACE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* via: what was filled in, or what is said to be wrong. */
static int check(struct world *w, struct view target, const char *via,
		 struct buf *out)
{
	struct buf viaout = { 0 }, why = { 0 };
	int err = bridge_ops(w->bridge)->check(w->bridge, target,
					       view_str(via), &viaout, &why);

	buf_clear(out);
	buf_addv(out, buf_view(err ? &why : &viaout));
	buf_free(&viaout);
	buf_free(&why);
	return err;
}

static void good_targets_name_their_network(void **state)
{
	static const char *const good[] = {
		"irc:libera/#lobby", "irc:libera/##a/b", "irc:libera/&local",
		"irc:libera/+x",     "irc:libera/!abc",
	};
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(check(*state, view_str(good[i]), "", &out),
				 0);
		assert_view(buf_view(&out), "libera");
	}
	assert_int_equal(check(*state, VIEW("irc:libera/#l"), "libera", &out),
			 0);
	buf_free(&out);
}

static void bad_targets_are_explained(void **state)
{
	static const struct view bad[] = {
		{ "irc:libera", 10 },
		{ "irc:libera/", 11 },
		{ "irc:libera/lobby", 16 },
		{ "irc:libera/#", 12 },
		{ "irc:libera/#a b", 15 },
		{ "irc:libera/#a,#b", 16 },
		{ "irc:libera/#a\r\nQUIT", 19 },
		{ "irc:libera/#a\0b", 15 },
		{ "irc:other/#lobby", 16 },
		{ "irc:#lobby", 10 },
		{ "irc:libera/#\xff", 13 },
		{ "xmpp:libera/#lobby", 18 },
	};
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(check(*state, bad[i], "", &out), EINVAL);
		assert_true(out.n > 0);
		assert_false(view_has(buf_view(&out), '\n'));
	}
	assert_int_equal(check(*state, VIEW("irc:libera/#l"), "home", &out),
			 EINVAL);
	buf_free(&out);
}

static void labels_are_taken_once(void **state)
{
	struct world *w = *state;
	struct irc_network n = network("libera");
	char why[128] = "";

	assert_int_equal(irc_face_network(w->bridge, &n, why, sizeof(why)),
			 EEXIST);
	assert_true(why[0]);
	n.label = "oftc";
	assert_int_equal(irc_face_network(w->bridge, &n, why, sizeof(why)), 0);
	assert_true(bridge_has_account(w->bridge, VIEW("oftc")));
}

static void assert_refused(struct world *w, const struct irc_network *n)
{
	char why[128] = "";

	assert_int_equal(irc_face_network(w->bridge, n, why, sizeof(why)),
			 EINVAL);
	assert_true(why[0]);
	assert_false(bridge_has_account(w->bridge, VIEW("bad")));
}

static void ill_networks_are_refused(void **state)
{
	struct irc_network n = network("bad");

	n.server = "";
	assert_refused(*state, &n);
	n = network("bad");
	n.server = "irc.example /x";
	assert_refused(*state, &n);
	n = network("bad");
	n.nick = "100%d";
	assert_refused(*state, &n);
	n = network("bad");
	n.nick = "a\r\nQUIT";
	assert_refused(*state, &n);
	n = network("bad");
	n.username = "a b";
	assert_refused(*state, &n);
	n = network("bad");
	n.realname = "one\nQUIT";
	assert_refused(*state, &n);
	n = network("bad");
	n.password = "secret\r";
	assert_refused(*state, &n);
}

static void staff_is_not_everybody(void **state)
{
	static const char *const ill[] = { "*", "*!*@*", "dave!*@*",
					   "*!*@staff.net *!*@*.*", "!d@h",
					   "n!@h", "n!u@", "*@staff.net" };
	struct irc_network n;

	for (size_t i = 0; i < sizeof(ill) / sizeof(ill[0]); i++) {
		n = network("bad");
		n.staff = ill[i];
		assert_refused(*state, &n);
	}
	n = network("good");
	n.staff = "*!*@staff.net  *!*@*.staff.example";
	n.contact = "admin@example.org";
	assert_int_equal(irc_face_network(((struct world *)*state)->bridge, &n,
					  (char[128]){ "" }, 128), 0);
}

static void assert_taken(struct world *w, struct irc_network n)
{
	char why[128] = "";

	assert_int_equal(irc_face_network(w->bridge, &n, why, sizeof(why)), 0);
	assert_true(bridge_has_account(w->bridge, view_str(n.label)));
}

static void more_servers_are_taken(void **state)
{
	char *good[] = { (char *)"a.example", (char *)"[::1]:7000",
			 (char *)"[2001:db8::1]", (char *)"b:1", NULL };
	char *bad[] = { NULL, NULL };
	static const char *const ill[] = { "", ":1", "a:", "a:0", "a:65536",
					   "a b:1", "[::1", "[::1]7", "a/b",
					   "a:1:2", "[]:1" };
	struct irc_network n = network("many");

	n.servers = good;
	assert_taken(*state, n);
	n = network("bad");
	n.servers = bad;
	for (size_t i = 0; i < sizeof(ill) / sizeof(ill[0]); i++) {
		bad[0] = (char *)ill[i];
		assert_refused(*state, &n);
	}
}

static void logins_have_all_that_they_need(void **state)
{
	struct irc_network n = network("in");

	n.account = "me";
	n.account_password = "pw";
	n.sasl = "scram-sha-256";
	n.nickserv = "NickServ!*@services.example";
	assert_taken(*state, n);
	n.label = "bad";
	n.sasl = "digest-md5";
	assert_refused(*state, &n);
	n.sasl = "external";
	assert_refused(*state, &n);
	n.cert_file = n.key_file = "/etc/cert.pem";
	n.tls = false;
	assert_refused(*state, &n);
	n = network("bad");
	n.account = "me";
	assert_refused(*state, &n);
	n.account_password = "p\rw";
	assert_refused(*state, &n);
	n = network("bad");
	n.cert_file = "/etc/cert.pem";
	assert_refused(*state, &n);
}

/* The password would go to whoever takes the name. */
static void nobody_is_services_by_his_nick_alone(void **state)
{
	static const char *const bad[] = { "NickServ", "NickServ!*@*",
					   "*!*@services.x", "NickServ!a",
					   "NickServ!*@*.x", "N S!a@b",
					   "NickServ!@x" };
	struct irc_network n = network("bad");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n.nickserv = bad[i];
		assert_refused(*state, &n);
	}
}

static void webirc_is_whole_or_not_at_all(void **state)
{
	struct irc_network n = network("bad");

	n.webirc_password = "pw";
	assert_refused(*state, &n);
	n.webirc_ip = "::1";
	n.webirc_host = "gw x";
	assert_refused(*state, &n);
	n.webirc_host = "gw.example";
	n.webirc_password = "p w";
	assert_refused(*state, &n);
	n.webirc_password = "pw";
	n.fingerprint = "00";
	n.tls = false;
	assert_refused(*state, &n);
	n.fingerprint = "";
	n.label = "web";
	assert_taken(*state, n);
}

static void networks_come_and_go(void **state)
{
	struct world *w = *state;
	struct bridge_setting s[BRIDGE_SETTINGS_MAX];
	struct irc_network n = network("OFTC");
	const char *server = "";
	struct view own;
	size_t count;
	char why[128];

	assert_int_equal(irc_face_network(w->bridge, &n, why, sizeof(why)),
			 0);
	assert_int_equal(bridge_settings(w->bridge, VIEW("oftc"), &own, s,
					 &count),
			 0);
	assert_true(view_eqs(own, "OFTC"));
	for (size_t i = 0; i < count; i++)
		if (!strcmp(s[i].key, "server"))
			server = s[i].value;
	assert_string_equal(server, "irc.example");
	assert_int_equal(irc_face_network_gone(w->bridge, VIEW("oftc")), 0);
	assert_int_equal(irc_face_network_gone(w->bridge, VIEW("oftc")),
			 ENOENT);
	assert_int_equal(bridge_settings(w->bridge, VIEW("oftc"), &own, s,
					 &count),
			 ENOENT);
	assert_true(bridge_has_account(w->bridge, VIEW("libera")));
	assert_int_equal(irc_face_network(w->bridge, &n, why, sizeof(why)),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACE_TEST(good_targets_name_their_network),
		FACE_TEST(bad_targets_are_explained),
		FACE_TEST(labels_are_taken_once),
		FACE_TEST(ill_networks_are_refused),
		FACE_TEST(staff_is_not_everybody),
		FACE_TEST(more_servers_are_taken),
		FACE_TEST(logins_have_all_that_they_need),
		FACE_TEST(nobody_is_services_by_his_nick_alone),
		FACE_TEST(webirc_is_whole_or_not_at_all),
		FACE_TEST(networks_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
