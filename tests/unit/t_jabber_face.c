/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which targets and accounts of XMPP may be configured. */
#include "test.h"

#include <errno.h>

#include "jabber/face.h"

static struct loop *loop;
static struct bridge *bridge;

static int setup(void **state)
{
	if (test_setup(state) || loop_new(&loop))
		return 1;
	return jabber_face_new(&bridge, loop, "/nonexistent/confab-jabber",
			       15000, NULL);
}

static int teardown(void **state)
{
	bridge_free(bridge);
	loop_free(loop);
	return test_teardown(state);
}

static struct jabber_account account(const char *label)
{
	return (struct jabber_account){
		.label = label,
		.jid = "gw@xmpp.example",
		.password = "secret",
		.server = "",
		.ca_file = "",
		.resource = "",
	};
}

static void add(const char *label)
{
	struct jabber_account a = account(label);
	char why[256];

	assert_int_equal(jabber_face_account(bridge, &a, why, sizeof(why)), 0);
}

static void assert_refused(const struct jabber_account *a, const char *words)
{
	char why[256] = "";

	assert_int_equal(jabber_face_account(bridge, a, why, sizeof(why)),
			 EINVAL);
	if (!strstr(why, words))
		fail_msg("\"%s\" is not in \"%s\"", words, why);
	assert_null(strstr(why, "secret"));
}

static void accounts(void **state)
{
	struct jabber_account a = account("home");
	char why[256] = "";

	(void)state;
	add("home");
	assert_true(bridge_has_account(bridge, VIEW("home")));
	assert_int_equal(jabber_face_account(bridge, &a, why, sizeof(why)),
			 EEXIST);
	assert_non_null(strstr(why, "\"home\""));
}

static void refused_accounts(void **state)
{
	struct jabber_account a = account("");

	(void)state;
	assert_refused(&a, "label");
	a = account("x");
	a.jid = "xmpp.example";
	assert_refused(&a, "\"xmpp.example\" is no \"name@domain\"");
	a.jid = "gw@xmpp.example/res";
	assert_refused(&a, "resource");
	a.jid = "g w@xmpp.example";
	assert_refused(&a, "may not be");
	a.jid = "gw@xmpp..example";
	assert_refused(&a, "host name");
	a = account("x");
	a.password = "";
	assert_refused(&a, "password");
	a = account("x");
	a.server = "not a host";
	assert_refused(&a, "not a host");
	a = account("x");
	a.resource = "\xff";
	assert_refused(&a, "resource");
	assert_null(bridge_only_account(bridge));
}

static void tls_from_the_start(void **state)
{
	struct jabber_account a = account("direct");
	char why[256];

	(void)state;
	a.tls = JABBER_TLS_DIRECT;
	assert_int_equal(jabber_face_account(bridge, &a, why, sizeof(why)),
			 0);
}

static void tls_off(void **state)
{
	static const char *const good[] = { "127.0.0.1", "::1", "localhost",
					    "127.8.9.10" };
	static const char *const bad[] = { "", "192.0.2.1", "xmpp.example",
					   "localhost.example", "::2",
					   "0.0.0.0" };
	static const char *const labels[] = { "a", "b", "c", "d" };
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct jabber_account a = account(labels[i]);

		a.tls = JABBER_TLS_OFF;
		a.server = good[i];
		assert_int_equal(jabber_face_account(bridge, &a, why,
						     sizeof(why)), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jabber_account a = account("bad");

		a.tls = JABBER_TLS_OFF;
		a.server = bad[i];
		assert_refused(&a, "loopback");
	}
}

static void assert_target(const char *target, const char *via, int err,
			  const char *words)
{
	const struct face_ops *ops = bridge_ops(bridge);
	struct buf out = { 0 }, why = { 0 };

	assert_int_equal(ops->check(bridge, view_str(target), view_str(via),
				    &out, &why), err);
	if (!strstr(buf_str(err ? &why : &out), words))
		fail_msg("%s: \"%s\" is not in \"%s\"", target, words,
			 buf_str(err ? &why : &out));
	buf_free(&out);
	buf_free(&why);
}

static void targets(void **state)
{
	(void)state;
	add("home");
	assert_target("xmpp:lobby@rooms.example", "", 0, "home");
	assert_target("xmpp:lobby@rooms.example", "home", 0, "home");
	assert_target("xmpp:l\xc3\xb6""bby@rooms.example", "", 0, "home");
	assert_target("xmpp:lobby@rooms.example", "work", EINVAL, "\"work\"");
	assert_target("xmpp:", "", EINVAL, "room@service");
	assert_target("xmpp:rooms.example", "", EINVAL, "name@domain");
	assert_target("xmpp:@rooms.example", "", EINVAL, "name@domain");
	assert_target("xmpp:lobby@", "", EINVAL, "name@domain");
	assert_target("xmpp:lobby@rooms.example/nick", "", EINVAL,
		      "resource");
	assert_target("xmpp:lob by@rooms.example", "", EINVAL, "may not be");
	assert_target("xmpp:lobby@rooms example", "", EINVAL, "host name");
	assert_target("xmpp:<lobby>@rooms.example", "", EINVAL, "may not be");
	assert_target("xmpp:lobby@a@b", "", EINVAL, "host name");
	assert_target("xmpp:lobby@-.", "", EINVAL, "host name");
}

static void via_is_needed(void **state)
{
	(void)state;
	assert_target("xmpp:lobby@rooms.example", "", EINVAL, "via");
	add("home");
	add("work");
	assert_target("xmpp:lobby@rooms.example", "", EINVAL, "via");
	assert_target("xmpp:lobby@rooms.example", "work", 0, "work");
}

int main(void)
{
#define FACE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		FACE(accounts),
		FACE(refused_accounts),
		FACE(tls_from_the_start),
		FACE(tls_off),
		FACE(targets),
		FACE(via_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
