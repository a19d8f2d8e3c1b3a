/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of IRC in terms of SIP, both ways. */
#include <errno.h>
#include <string.h>

#include "bridges/irc/imap.h"
#include "clock.h"
#include "mem.h"
#include "test.h"
#include "utf8.h"

static struct imap *map_new(const char *domain)
{
	struct buf why = { 0 };
	struct imap *m;

	assert_int_equal(imap_new(&m, view_str(domain), &why), 0);
	assert_int_equal(imap_network(m, VIEW("libera"), &why), 0);
	assert_int_equal(imap_network(m, VIEW("dalnet"), &why), 0);
	assert_int_equal(imap_network(m, VIEW("My.Net-2"), &why), 0);
	buf_free(&why);
	return m;
}

static const char *kind_name(enum imap_kind kind)
{
	static const char *const name[] = {
		[IMAP_BAD] = "bad", [IMAP_PERSON] = "person",
		[IMAP_CHANNEL] = "channel", [IMAP_NETWORK] = "network",
	};

	return name[kind];
}

static const struct {
	const char *user, *means; /* "kind network name" or "bad status" */
	const char *again;        /* canonical user part; NULL: as user */
} good[] = {
	{ "bob*libera", "person libera bob", NULL },
	{ "Bob*LIBERA", "person libera Bob", "Bob*libera" },
	{ "bob%libera", "person libera bob", "bob*libera" },
	{ "bob%25libera", "person libera bob", "bob*libera" },
	{ "bob%2Alibera", "person libera bob", "bob*libera" },
	{ "bob%dalnet", "person dalnet bob", "bob*dalnet" },
	{ "%5Bbob%5D%dalnet", "person dalnet [bob]", "%5Bbob%5D*dalnet" },
	{ "%23dev*libera", "channel libera #dev", NULL },
	{ "#dev*libera", "channel libera #dev", "%23dev*libera" },
	{ "#dev%libera", "channel libera #dev", "%23dev*libera" },
	{ "%23%23c++*my.net-2", "channel My.Net-2 ##c++",
	  "%23%23c++*My.Net-2" },
	{ "%23a=2Ab*libera", "channel libera #a*b", NULL },
	{ "%23a*b*libera", "channel libera #a*b", "%23a=2Ab*libera" },
	{ "%23100%25*libera", "channel libera #100%", "%23100=25*libera" },
	{ "%23x=3D2A*libera", "channel libera #x=2A", NULL },
	{ "%23x=y*libera", "channel libera #x=y", NULL },
	{ "&local*libera", "channel libera &local", NULL },
	{ "%23a/b*libera", "channel libera #a/b", "%23a/b*libera" },
	{ "%23caf%C3%A9*libera", "channel libera #caf\xc3\xa9", NULL },
	{ "%C3%BCnal*libera", "person libera \xc3\xbcnal", NULL },
	{ "%5Bx%5D%60*libera", "person libera [x]`", NULL },
	{ "libera", "network libera ", NULL },
	{ "LIBERA", "network libera ", "libera" },
	{ "bob", "bad 484 ", NULL },
	{ "bob*", "bad 404 ", NULL },
	{ "*libera", "bad 484 ", NULL },
	{ "bob*nowhere", "bad 404 ", NULL },
	{ "bob*libera*nowhere", "bad 404 ", NULL },
	{ "%23dev%2C%23ops*libera", "bad 484 ", NULL },
	{ "bob%2Cjo*libera", "bad 484 ", NULL },
	{ "@%23dev*libera", "bad 484 ", NULL },
	{ "$$*libera", "bad 484 ", NULL },
	{ "$*.net*libera", "bad 484 ", NULL },
	{ "bob!u@h*libera", "bad 484 ", NULL },
	{ "bo%20b*libera", "bad 484 ", NULL },
	{ "bob%0D%0AQUIT*libera", "bad 484 ", NULL },
	{ "bob%00*libera", "bad 484 ", NULL },
	{ "%FF%FE*libera", "bad 484 ", NULL },
	{ "1bob*libera", "bad 484 ", NULL },
	{ "%23*libera", "bad 484 ", NULL },
	{ "", "bad 484 ", NULL },
};

static void means(const struct imap *m, const char *user, struct buf *out,
		  struct buf *again)
{
	struct imap_target t;
	struct buf text = { 0 };

	assert_int_equal(imap_from_sip(m, view_str(user), VIEW("GW.org"), &t,
				       &text),
			 0);
	buf_clear(out);
	buf_clear(again);
	buf_adds(out, kind_name(t.kind));
	buf_addc(out, ' ');
	if (t.kind == IMAP_BAD) {
		buf_add_u64(out, t.status);
		assert_true(t.why.n > 0);
	} else {
		assert_int_equal(imap_to_sip(m, &t, again), 0);
	}
	buf_addv(out, t.network);
	buf_addc(out, ' ');
	buf_addv(out, t.name);
	buf_free(&text);
}

static void addresses_mean_what_they_should(void **state)
{
	struct imap *m = map_new("gw.org");
	struct buf out = { 0 }, again = { 0 }, want = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		means(m, good[i].user, &out, &again);
		assert_string_equal(buf_str(&out), good[i].means);
		buf_clear(&want);
		if (!view_starts(buf_view(&out), VIEW("bad")))
			buf_addf(&want, "sip:%s@gw.org",
				 good[i].again ? good[i].again :
						 good[i].user);
		assert_string_equal(buf_str(&again), buf_str(&want));
	}
	buf_free(&out);
	buf_free(&again);
	buf_free(&want);
	mem_deref(m);
}

static void another_delimiter_divides(void **state)
{
	struct imap *m = map_new("gw.org=+");
	struct buf out = { 0 }, again = { 0 };

	(void)state;
	means(m, "bob+libera", &out, &again);
	assert_string_equal(buf_str(&out), "person libera bob");
	assert_string_equal(buf_str(&again), "sip:bob+libera@gw.org");
	means(m, "%23c=2B=2B+libera", &out, &again);
	assert_string_equal(buf_str(&out), "channel libera #c++");
	assert_string_equal(buf_str(&again), "sip:%23c=2B=2B+libera@gw.org");
	means(m, "bob*libera", &out, &again);
	assert_string_equal(buf_str(&out), "bad 484 ");
	buf_free(&out);
	buf_free(&again);
	mem_deref(m);
}

static void other_hosts_are_others(void **state)
{
	struct imap *m = map_new("gw.org");
	struct imap_target t;
	struct buf text = { 0 };

	(void)state;
	assert_int_equal(imap_from_sip(m, VIEW("bob*libera"), VIEW("x.gw.org"),
				       &t, &text),
			 ENOENT);
	assert_true(imap_is_ours(m, VIEW("GW.ORG")));
	buf_free(&text);
	mem_deref(m);
}

static void what_is_too_long_is_no_address(void **state)
{
	struct imap *m = map_new("gw.org");
	struct buf user = { 0 }, text = { 0 };
	struct imap_target t;

	(void)state;
	for (size_t i = 0; i < IMAP_USER_MAX; i++)
		buf_addc(&user, 'b');
	buf_adds(&user, "*libera");
	imap_from_sip(m, buf_view(&user), VIEW("gw.org"), &t, &text);
	assert_int_equal(t.kind, IMAP_BAD);
	assert_int_equal(t.status, 484);
	buf_free(&user);
	buf_free(&text);
	mem_deref(m);
}

static void the_configuration_is_checked(void **state)
{
	static const char *const bad[] = { "", "gw org", "gw.org=",
					   "gw.org=x", "gw.org=**",
					   "gw.org=%" };
	static const char *const labels[] = { "", "a b", "a*b", "a%b", "a@b",
					      "a/b", "a=2A" };
	struct imap *m = map_new("gw.org");
	struct buf why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		buf_clear(&why);
		assert_int_equal(imap_network(m, view_str(labels[i]), &why),
				 EINVAL);
		assert_true(why.n > 0);
	}
	assert_int_equal(imap_network(m, VIEW("Libera"), &why), EEXIST);
	assert_int_equal(imap_network_gone(m, VIEW("LIBERA")), 0);
	assert_int_equal(imap_network_gone(m, VIEW("libera")), ENOENT);
	assert_true(view_empty(imap_network_find(m, VIEW("libera"))));
	assert_true(view_eqs(imap_network_find(m, VIEW("my.net-2")),
			     "My.Net-2"));
	mem_deref(m);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&why);
		assert_int_equal(imap_new(&m, view_str(bad[i]), &why), EINVAL);
		assert_true(why.n > 0);
	}
	buf_free(&why);
}

static void names_that_are_none_have_no_address(void **state)
{
	static const struct imap_target bad[] = {
		{ .kind = IMAP_PERSON, .name = VIEW("#dev") },
		{ .kind = IMAP_PERSON, .name = VIEW("a b") },
		{ .kind = IMAP_PERSON, .name = VIEW("") },
		{ .kind = IMAP_CHANNEL, .name = VIEW("bob") },
		{ .kind = IMAP_CHANNEL, .name = VIEW("#a,#b") },
		{ .kind = IMAP_CHANNEL, .name = VIEW("#\xff") },
		{ .kind = IMAP_NETWORK, .name = VIEW("bob") },
		{ .kind = IMAP_BAD, .name = VIEW("bob") },
	};
	struct imap *m = map_new("gw.org");
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct imap_target t = bad[i];

		t.network = VIEW("libera");
		assert_int_equal(imap_to_sip(m, &t, &out), EBADMSG);
	}
	assert_int_equal(imap_to_sip(m,
				     &(struct imap_target){
					     .kind = IMAP_PERSON,
					     .network = VIEW("gone"),
					     .name = VIEW("bob") },
				     &out),
			 EBADMSG);
	assert_int_equal(out.n, 0);
	mem_deref(m);
}

/* ---- all names there are, at random ---- */

static void random_name(struct buf *b, bool channel)
{
	static const char *const odd[] = { "*", "%", "=", "=2A", "=3D", "/",
					   "\xc3\xa9", "[", "\\", "+", ";",
					   "\"", "~", ".", "\xf0\x9f\x98\x80",
					   "(", "#", "=25", "%25" };
	size_t n = 1 + rand_u64() % 12;

	buf_clear(b);
	if (channel)
		buf_addc(b, "#&+!"[rand_u64() % 4]);
	while (n--) {
		if (rand_u64() % 3)
			buf_addc(b, (char)('a' + rand_u64() % 26));
		else
			buf_adds(b, odd[rand_u64() %
				       (sizeof(odd) / sizeof(odd[0]))]);
	}
}

static void round_trip(const struct imap *m, const struct imap_target *t)
{
	struct buf uri = { 0 }, text = { 0 };
	struct view user, host;
	struct imap_target back;

	assert_int_equal(imap_to_sip(m, t, &uri), 0);
	assert_true(view_rcut(view_from(buf_view(&uri), 4), '@', &user,
			      &host));
	assert_int_equal(imap_from_sip(m, user, host, &back, &text), 0);
	assert_int_equal(back.kind, t->kind);
	assert_true(view_eq(back.network, t->network));
	assert_true(view_eq(back.name, t->name));
	buf_free(&uri);
	buf_free(&text);
}

static void all_names_come_back(void **state)
{
	static const char *const domains[] = { "gw.org", "gw.org=+",
					       "gw.org=~", "gw.org=/" };
	struct buf name = { 0 };
	size_t nicks = 0;

	(void)state;
	for (size_t d = 0; d < 4; d++) {
		struct imap *m = map_new(domains[d]);

		for (size_t i = 0; i < 25000; i++) {
			struct imap_target t = { .network = VIEW("libera") };

			random_name(&name, i % 2);
			t.name = buf_view(&name);
			t.kind = i % 2 ? IMAP_CHANNEL : IMAP_PERSON;
			if (t.kind == IMAP_PERSON && !imap_is_nick(t.name))
				continue;
			nicks += t.kind == IMAP_PERSON;
			round_trip(m, &t);
		}
		mem_deref(m);
	}
	assert_true(nicks > 5000);
	buf_free(&name);
}

static void the_hubs_addresses_are_folded(void **state)
{
	struct buf out = { 0 }, name = { 0 };
	struct view aor;

	(void)state;
	imap_addr(&out, VIEW("Libera"), VIEW("Bo[B]"), VIEW_NONE);
	assert_string_equal(buf_str(&out), "irc:libera/bo[b]");
	buf_clear(&out);
	imap_addr(&out, VIEW("libera"), VIEW("#A/b/sip:x@y"),
		  VIEW("sip:Alice@example.org"));
	assert_string_equal(buf_str(&out), "irc:libera/#a,b,sip:x@y/"
					   "sip:Alice@example.org");
	assert_int_equal(imap_addr_cut(view_from(buf_view(&out), 11), &name,
				       &aor),
			 0);
	assert_string_equal(buf_str(&name), "#a/b/sip:x@y");
	assert_true(view_eqs(aor, "sip:Alice@example.org"));
	buf_clear(&name);
	assert_int_equal(imap_addr_cut(VIEW("bob"), &name, &aor), 0);
	assert_string_equal(buf_str(&name), "bob");
	assert_true(view_empty(aor));
	assert_int_equal(imap_addr_cut(VIEW("/sip:a@b"), &name, &aor),
			 EBADMSG);
	buf_free(&out);
	buf_free(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_mean_what_they_should),
		TEST(another_delimiter_divides),
		TEST(other_hosts_are_others),
		TEST(what_is_too_long_is_no_address),
		TEST(the_configuration_is_checked),
		TEST(names_that_are_none_have_no_address),
		TEST(all_names_come_back),
		TEST(the_hubs_addresses_are_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
