/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses: canonical text, parts, what is refused. */
#include <errno.h>

#include "addr.h"
#include "test.h"

static void parts_of_sip_user(void **state)
{
	struct addr *a;

	(void)state;
	assert_int_equal(addr_parse(&a, VIEW("SIP:Alice@Example.ORG")), 0);
	assert_view(a->text, "sip:Alice@example.org");
	assert_view(a->network, "sip");
	assert_view(a->user, "Alice");
	assert_view(a->host, "example.org");
	assert_view(a->resource, "");
	assert_int_equal(a->text.p[a->text.n], 0);
	assert_true(addr_is(a, "sip"));
	assert_false(addr_is(a, "xmpp"));
	mem_deref(a);
}

static void parts_of_places(void **state)
{
	struct addr *a;

	(void)state;
	assert_int_equal(addr_parse(&a, VIEW("xmpp:room@Rooms.x/A/b@c")), 0);
	assert_view(a->text, "xmpp:room@rooms.x/A/b@c");
	assert_view(a->user, "room");
	assert_view(a->host, "rooms.x");
	assert_view(a->resource, "A/b@c");
	mem_deref(a);

	assert_int_equal(addr_parse(&a, VIEW("irc:Libera/#Lobby")), 0);
	assert_view(a->text, "irc:libera/#Lobby");
	assert_view(a->user, "");
	assert_view(a->host, "libera");
	assert_view(a->resource, "#Lobby");
	mem_deref(a);
}

static void sip_users_have_odd_letters(void **state)
{
	struct addr *a;

	(void)state;
	assert_int_equal(addr_parse(&a, VIEW("sip:a/b;c?d@h")), 0);
	assert_view(a->user, "a/b;c?d");
	assert_view(a->host, "h");
	mem_deref(a);
	assert_int_equal(addr_parse(&a, VIEW("sip:[2001:DB8::1]")), 0);
	assert_view(a->host, "[2001:db8::1]");
	mem_deref(a);
	assert_int_equal(addr_parse(&a, VIEW("sip:a:pw@h")), 0);
	assert_view(a->user, "a:pw");
	mem_deref(a);
}

static void same_from_parts_and_text(void **state)
{
	struct addr *a, *b, *c;

	(void)state;
	assert_int_equal(addr_new(&a, VIEW("XMPP"), VIEW("u"), VIEW("H.x"),
				  VIEW("Nick")),
			 0);
	assert_int_equal(addr_parse(&b, a->text), 0);
	assert_int_equal(addr_parse(&c, VIEW("xmpp:u@h.x/nick")), 0);
	assert_true(addr_eq(a, b));
	assert_int_equal(a->hash, b->hash);
	assert_false(addr_eq(a, c));
	assert_false(addr_eq(a, NULL));
	mem_deref(a);
	mem_deref(b);
	mem_deref(c);
}

static void refused_texts(void **state)
{
	static const char *const bad[] = {
		"",
		"sip",
		":a@b",
		"sip:",
		"sip:a@",
		"sip:a@b@c",
		"sip:a@b;x=1",
		"sip:a@b/r",
		"sip:a@b>c",
		"sip:a@b c",
		"s p:a@b",
		"irc:",
		"irc:/#c",
		"irc:libera/",
		"xmpp:a@b@c/r",
		"sip:a\r\n@b",
		"xmpp:u@h/a\nb",
		"s\nip:a@b",
	};
	struct addr *a = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(addr_parse(&a, view_str(bad[i])), EBADMSG);
		assert_null(a);
	}
	assert_int_equal(addr_parse(&a, view_mem("sip:a\0b@c", 9)), EBADMSG);
}

static void refused_parts(void **state)
{
	struct addr *a = NULL;

	(void)state;
	assert_int_equal(
		addr_new(&a, VIEW("sip"), VIEW("a@b"), VIEW("c"), VIEW_NONE),
		EBADMSG);
	assert_int_equal(
		addr_new(&a, VIEW("xmpp"), VIEW("a/b"), VIEW("c"), VIEW_NONE),
		EBADMSG);
	assert_int_equal(
		addr_new(&a, VIEW("sip"), VIEW("a"), VIEW("c"), VIEW("r")),
		EBADMSG);
	assert_int_equal(
		addr_new(&a, VIEW("irc"), VIEW_NONE, VIEW("l"), VIEW("a\nb")),
		EBADMSG);
	assert_null(a);
}

static void length_is_bounded(void **state)
{
	char text[ADDR_MAX + 2];
	struct addr *a = NULL;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(addr_new(&a, VIEW("sip"),
				  view_mem(text, ADDR_MAX - 7), VIEW("h"),
				  VIEW_NONE),
			 0);
	assert_int_equal(a->text.n, ADDR_MAX - 1);
	a = mem_deref(a);
	assert_int_equal(addr_new(&a, VIEW("sip"), view_mem(text, ADDR_MAX),
				  VIEW("h"), VIEW_NONE),
			 EMSGSIZE);
	assert_int_equal(addr_new(&a, VIEW("sip"), view_mem(text, SIZE_MAX),
				  VIEW("h"), VIEW_NONE),
			 EMSGSIZE);
	assert_int_equal(addr_parse(&a, view_mem(text, sizeof(text))),
			 EMSGSIZE);
	assert_null(a);
}

static void the_same_text_is_one_object(void **state)
{
	struct addr *a, *b, *c;

	(void)state;
	assert_int_equal(addr_parse(&a, VIEW("sip:alice@example.org")), 0);
	assert_int_equal(addr_parse(&b, VIEW("SIP:alice@EXAMPLE.org")), 0);
	assert_int_equal(addr_parse(&c, VIEW("sip:Alice@example.org")), 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_false(addr_eq(a, c));
	mem_deref(a);
	assert_view(b->user, "alice");
	mem_deref(b);
	mem_deref(c);
	/* All gone: made anew. */
	assert_int_equal(addr_parse(&a, VIEW("sip:alice@example.org")), 0);
	assert_view(a->text, "sip:alice@example.org");
	mem_deref(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_text_is_one_object),
		TEST(parts_of_sip_user),
		TEST(parts_of_places),
		TEST(sip_users_have_odd_letters),
		TEST(same_from_parts_and_text),
		TEST(refused_texts),
		TEST(refused_parts),
		TEST(length_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
