/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of libpurple's networks in terms of SIP, both ways. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "purple/pmap.h"
#include "test.h"
#include "utf8.h"

static struct pmap *map_new(void)
{
	struct buf why = { 0 };
	struct pmap *m;

	assert_int_equal(pmap_new(&m, VIEW("gw.org"), &why), 0);
	assert_int_equal(pmap_allow(m, VIEW("prpl-eionrobb-discord"),
				    VIEW_NONE, &why), 0);
	buf_free(&why);
	return m;
}

static const struct {
	const char *user, *host, *params; /* of the address */
	const char *means;   /* "kind proto name account" */
	const char *canon;
} good[] = {
	{ "carol%40example.org", "xmpp.gw.org", "",
	  "1 prpl-jabber carol@example.org 0",
	  "sip:carol%40example.org@xmpp.gw.org" },
	{ "carol%40example.org", "XMPP.GW.org", "account=7",
	  "1 prpl-jabber carol@example.org 7",
	  "sip:carol%40example.org;account=7@xmpp.gw.org" },
	{ "carol%40example.org;account=7", "xmpp.gw.org", "",
	  "1 prpl-jabber carol@example.org 7",
	  "sip:carol%40example.org;account=7@xmpp.gw.org" },
	{ "carol%40example.org", "gw.org", "transport=tcp;proto=xmpp",
	  "1 prpl-jabber carol@example.org 0",
	  "sip:carol%40example.org@xmpp.gw.org" },
	{ "carol%40example.org", "gw.org", "proto=prpl-jabber",
	  "1 prpl-jabber carol@example.org 0",
	  "sip:carol%40example.org@xmpp.gw.org" },
	{ "carol%40example.org", "gw.org", "proto=gtalk",
	  "1 prpl-jabber carol@example.org 0",
	  "sip:carol%40example.org@xmpp.gw.org" },
	{ "%23lobby", "irc.gw.org", "", "1 prpl-irc #lobby 0",
	  "sip:%23lobby@irc.gw.org" },
	{ "a%3Bb%2Fc%3F", "discord.gw.org", "",
	  "1 prpl-eionrobb-discord a;b/c? 0",
	  "sip:a%3Bb%2Fc%3F@discord.gw.org" },
	{ "", "xmpp.gw.org", "", "2 prpl-jabber  0", "sip:xmpp.gw.org" },
	{ "", "gw.org", "", "3   0", "sip:purple@gw.org" },
	{ "purple", "gw.org", "", "3   0", "sip:purple@gw.org" },
};

static void addresses_mean_people(void **state)
{
	struct pmap *m = map_new();

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct pmap_target t;
		struct buf text = { 0 }, said = { 0 }, canon = { 0 };
		struct view u = view_str(good[i].user),
			    h = view_str(good[i].host),
			    p = view_str(good[i].params);

		assert_int_equal(pmap_from_sip(m, u, h, p, &t, &text), 0);
		buf_addf(&said, "%d %.*s %.*s %d", t.kind, VIEW_ARG(t.proto),
			 VIEW_ARG(t.name), (int)t.account);
		assert_string_equal(buf_str(&said), good[i].means);
		assert_int_equal(pmap_canon(m, u, h, p, &canon), 0);
		assert_string_equal(buf_str(&canon), good[i].canon);
		buf_free(&text);
		buf_free(&said);
		buf_free(&canon);
	}
	mem_deref(m);
}

static void others_are_refused(void **state)
{
	static const struct {
		const char *user, *host, *params;
		unsigned status; /* 0: not ours */
	} bad[] = {
		{ "bob", "gw.org", "", 404 },
		{ "bob", "gw.org", "proto=purple", 482 },
		{ "bob%40x", "xmpp.gw.org", "proto=PURPLE", 482 },
		{ "bob", "gw.org", "proto=msn", 404 },
		{ "bob", "msn.gw.org", "", 404 },
		{ "bob", "gw.org", "proto=nothing", 404 },
		{ "b%4", "xmpp.gw.org", "", 484 },
		{ "b%00", "xmpp.gw.org", "", 484 },
		{ "b%0d%0a", "xmpp.gw.org", "", 484 },
		{ "b%ff", "xmpp.gw.org", "", 484 },
		{ "bob", "example.org", "proto=xmpp", 0 },
		{ "bob", "simple.gw.org", "", 0 },
		{ "bob", "nothing.gw.org", "", 0 },
		{ "bob", "xmpp.gw.org.example.org", "", 0 },
		{ "bob", ".gw.org", "", 0 },
		{ "bob", "a.xmpp.gw.org", "", 0 },
	};
	struct pmap *m = map_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pmap_target t;
		struct buf text = { 0 };
		int err = pmap_from_sip(m, view_str(bad[i].user),
					view_str(bad[i].host),
					view_str(bad[i].params), &t, &text);

		assert_int_equal(err, bad[i].status ? 0 : ENOENT);
		if (bad[i].status) {
			assert_int_equal(t.kind, PMAP_BAD);
			assert_int_equal(t.status, bad[i].status);
			assert_true(t.why.n > 0);
		}
		buf_free(&text);
	}
	assert_true(pmap_is_ours(m, VIEW("Gw.Org")));
	assert_true(pmap_is_ours(m, VIEW("irc.gw.org")));
	assert_false(pmap_is_ours(m, VIEW("agw.org")));
	mem_deref(m);
}

static void add_random(struct buf *b)
{
	size_t chars = 1 + rand_u64() % 20;

	while (chars--) {
		uint32_t cp = rand_u64() % 4 ? 0x20 + rand_u64() % 95 :
					       0xa1 + rand_u64() % 0xd000;

		utf8_put(b, cp);
	}
}

static void names_go_both_ways(void **state)
{
	struct pmap *m = map_new();
	struct buf name = { 0 }, sip = { 0 }, text = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct pmap_target t;
		struct view head, rest, user, host;

		buf_clear(&name);
		buf_clear(&sip);
		add_random(&name);
		assert_int_equal(pmap_to_sip(m, VIEW("xmpp"), buf_view(&name),
					     (uint64_t)(i % 3), &sip), 0);
		view_cut(buf_view(&sip), ':', &head, &rest);
		assert_true(view_cut(rest, '@', &user, &host));
		assert_false(view_has(host, '@'));
		assert_int_equal(pmap_from_sip(m, user, host, VIEW_NONE, &t,
					       &text), 0);
		assert_int_equal(t.kind, PMAP_NAME);
		assert_int_equal(t.account, i % 3);
		assert_true(view_eq(t.name, buf_view(&name)));
	}
	buf_free(&name);
	buf_free(&sip);
	buf_free(&text);
	mem_deref(m);
}

static void names_have_one_form(void **state)
{
	static const struct {
		const char *proto, *name, *one;
	} forms[] = {
		{ "prpl-jabber", "Alice@Example.ORG/Home/1",
		  "alice@example.org" },
		{ "prpl-irc", "Bob[x]\\~", "bob{x}|^" },
		{ "prpl-eionrobb-discord", "Carol/x", "Carol/x" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		buf_clear(&b);
		assert_int_equal(pmap_name(&b, view_str(forms[i].proto),
					   view_str(forms[i].name)), 0);
		assert_string_equal(buf_str(&b), forms[i].one);
	}
	assert_int_equal(pmap_name(&b, VIEW("prpl-jabber"), VIEW("/x")),
			 EBADMSG);
	assert_int_equal(pmap_name(&b, VIEW("prpl-irc"), VIEW("a b")),
			 EBADMSG);
	assert_int_equal(pmap_name(&b, VIEW("prpl-irc"), VIEW("#a,#b")),
			 EBADMSG);
	assert_int_equal(pmap_name(&b, VIEW("prpl-irc"), VIEW("a\nb")),
			 EBADMSG);
	buf_free(&b);
}

static void protocols_are_known(void **state)
{
	struct pmap *m = map_new();
	struct buf why = { 0 };
	const struct pmap_proto *p = pmap_proto(m, VIEW("gtalk"));

	(void)state;
	assert_string_equal(p->id, "prpl-jabber");
	assert_null(pmap_dead(p, VIEW("alice@example.org")));
	assert_string_equal(pmap_dead(p, VIEW("alice@Gmail.com/sip")),
			    "Google Talk was closed in 2022");
	p = pmap_proto(m, VIEW("prpl-msn-pecan"));
	assert_string_equal(pmap_dead(p, VIEW("alice@live.com")),
			    "MSN was closed in 2014");
	assert_null(pmap_proto(m, VIEW("prpl-simple")));
	assert_int_equal(pmap_allow(m, VIEW("prpl-simple"), VIEW_NONE, &why),
			 0);
	assert_string_equal(pmap_proto(m, VIEW("simple"))->id, "prpl-simple");
	assert_int_equal(pmap_allow(m, VIEW("prpl-new"), VIEW("xmpp"), &why),
			 EEXIST);
	assert_int_equal(pmap_allow(m, VIEW("prpl-new"), VIEW("a.b"), &why),
			 EINVAL);
	assert_int_equal(pmap_allow(m, VIEW("prpl new"), VIEW_NONE, &why),
			 EINVAL);
	assert_int_equal(pmap_allow(m, VIEW("prpl-msn"), VIEW_NONE, &why),
			 EINVAL);
	assert_int_equal(pmap_allow(m, VIEW("prpl-new"), VIEW_NONE, &why), 0);
	assert_string_equal(pmap_proto(m, VIEW("new"))->id, "prpl-new");
	mem_deref(m);
	assert_int_equal(pmap_new(&m, VIEW("gw .org"), &why), EINVAL);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_mean_people),
		TEST(others_are_refused),
		TEST(names_go_both_ways),
		TEST(names_have_one_form),
		TEST(protocols_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
