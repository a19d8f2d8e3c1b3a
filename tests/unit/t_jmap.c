/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of SIP and XMPP in each other's terms. */
#include <errno.h>

#include "test.h"

#include "jid.h"
#include "jid_prep.h"
#include "jmap.h"
#include "utf8.h"

enum { ROUND_TRIPS = 100000 };

static struct jmap *map(const char *jdomain)
{
	struct buf why = { 0 };
	struct jmap *m = NULL;

	assert_int_equal(jmap_new(&m, view_str(jdomain), 0, &why), 0);
	assert_int_equal(why.n, 0);
	return m;
}

static struct jmap *whole_map(void)
{
	struct jmap *m = map("gw.org");
	struct buf why = { 0 };

	assert_int_equal(jmap_aliases(m, VIEW("3;icq.gw.org;msn.gw.org=%;"
					      "at.gw.org=@;"), &why), 0);
	assert_int_equal(jmap_alias(m, VIEW("xmpp.example"), &why), 0);
	assert_int_equal(jmap_alias(m, VIEW("B\xc3\xbc" "cher.example"), &why),
			 0);
	assert_int_equal(jmap_zone(m, JMAP_USERS, VIEW("example.org"),
				   VIEW("sip.example.org"), &why), 0);
	assert_int_equal(jmap_zone(m, JMAP_USERS, VIEW("example.net"),
				   VIEW("sip.example.net"), &why), 0);
	assert_int_equal(jmap_zone(m, JMAP_ROOMS, VIEW("conf.example.org"),
				   VIEW("rooms.sip.example.org"), &why), 0);
	assert_int_equal(why.n, 0);
	return m;
}

/* "user@host", or "host"; what it should mean, and how it is written. */
struct vector {
	const char *sip;
	enum jmap_kind kind;
	const char *bare, *nick;
	const char *canonical; /* NULL: sip */
};

static void split(struct jmap_sip *s, struct view text)
{
	if (!view_rcut(text, '@', &s->user, &s->host)) {
		s->user = VIEW_NONE;
		s->host = text;
	}
}

static void assert_sip(const struct jmap_sip *s, const char *want)
{
	char text[JMAP_USER_MAX + 300];

	snprintf(text, sizeof(text), "%.*s%s%.*s", VIEW_ARG(s->user),
		 s->user.n ? "@" : "", VIEW_ARG(s->host));
	assert_string_equal(text, want);
}

static void check_vector(const struct jmap *m, const struct vector *v)
{
	struct buf there = { 0 }, back = { 0 };
	struct jmap_target t;
	struct jmap_sip s;

	split(&s, view_str(v->sip));
	assert_int_equal(jmap_from_sip(m, s.user, s.host, &t, &there), 0);
	if (t.kind != v->kind)
		print_error("%s: kind %d, %.*s\n", v->sip, (int)t.kind,
			    VIEW_ARG(t.why));
	assert_int_equal(t.kind, v->kind);
	assert_view(t.bare, v->bare);
	assert_view(t.nick, v->nick ? v->nick : "");
	assert_int_equal(jmap_to_sip(m, &t, &s, &back), 0);
	assert_sip(&s, v->canonical ? v->canonical : v->sip);
	buf_free(&there);
	buf_free(&back);
}

static void check_vectors(const struct jmap *m, const struct vector *v)
{
	for (; v->sip; v++)
		check_vector(m, v);
}

static void reads_the_delimiter_form(void **state)
{
	static const struct vector v[] = {
		{ "bob*x.org@gw.org", JMAP_PERSON, "bob@x.org", NULL, NULL },
		{ "Bob*X.ORG@GW.org", JMAP_PERSON, "bob@x.org", NULL,
		  "bob*x.org@gw.org" },
		{ "bob%2Ax.org@gw.org", JMAP_PERSON, "bob@x.org", NULL,
		  "bob*x.org@gw.org" },
		{ "b=2Ab*x.org@gw.org", JMAP_PERSON, "b*b@x.org", NULL, NULL },
		{ "b=2ab*x.org@gw.org", JMAP_PERSON, "b*b@x.org", NULL,
		  "b=2Ab*x.org@gw.org" },
		{ "b=3D2ab*x.org@gw.org", JMAP_PERSON, "b=2ab@x.org", NULL,
		  NULL },
		{ "b=zz=*x.org@gw.org", JMAP_PERSON, "b=zz=@x.org", NULL,
		  NULL },
		{ "b=41*x.org@gw.org", JMAP_PERSON, "b=41@x.org", NULL,
		  "b=3D41*x.org@gw.org" },
		{ "o'malley*x.org@gw.org", JMAP_PERSON, "o\\27malley@x.org",
		  NULL, NULL },
		{ "f%C3%BC*x.org@gw.org", JMAP_PERSON, "f\xc3\xbc@x.org", NULL,
		  NULL },
		{ "F%c3%9c*x.org@gw.org", JMAP_PERSON, "f\xc3\xbc@x.org", NULL,
		  "f%C3%BC*x.org@gw.org" },
		{ "al*dev*rooms.x.org@gw.org", JMAP_ROOM, "dev@rooms.x.org",
		  "al", NULL },
		{ "*dev*rooms.x.org@gw.org", JMAP_ROOM, "dev@rooms.x.org", "",
		  NULL },
		{ "pm*room*x.org@gw.org", JMAP_ROOM, "room@x.org", "pm",
		  NULL },
		{ "pm*Jo%20Do*dev*rooms.x.org@gw.org", JMAP_PM,
		  "dev@rooms.x.org", "Jo Do", NULL },
		{ "PM*a*dev*x.org@gw.org", JMAP_PM, "dev@x.org", "a",
		  "pm*a*dev*x.org@gw.org" },
		{ "pm*a=2Ab/%40%5C20*dev*x.org@gw.org", JMAP_PM, "dev@x.org",
		  "a*b/@\\20", NULL },
		{ 0 },
	};
	struct jmap *m = whole_map();

	(void)state;
	check_vectors(m, v);
	mem_deref(m);
}

static void reads_aliases(void **state)
{
	static const struct vector v[] = {
		{ "12345@icq.gw.org", JMAP_PERSON, "12345@icq.gw.org", NULL,
		  NULL },
		{ "a*b@icq.gw.org", JMAP_PERSON, "a*b@icq.gw.org", NULL,
		  NULL },
		{ "icq.gw.org", JMAP_SERVICE, "icq.gw.org", NULL, NULL },
		{ "ICQ.gw.org", JMAP_SERVICE, "icq.gw.org", NULL,
		  "icq.gw.org" },
		{ "joe*hotmail.com@msn.gw.org", JMAP_PERSON,
		  "joe%hotmail.com@msn.gw.org", NULL, NULL },
		{ "joe%25hotmail.com@msn.gw.org", JMAP_PERSON,
		  "joe%hotmail.com@msn.gw.org", NULL,
		  "joe*hotmail.com@msn.gw.org" },
		{ "a=2Ab@msn.gw.org", JMAP_PERSON, "a*b@msn.gw.org", NULL,
		  NULL },
		{ "joe*hotmail.com@at.gw.org", JMAP_PERSON,
		  "joe\\40hotmail.com@at.gw.org", NULL, NULL },
		{ "5*icq.gw.org@gw.org", JMAP_PERSON, "5@icq.gw.org", NULL,
		  "5@icq.gw.org" },
		{ "n*r*icq.gw.org@gw.org", JMAP_ROOM, "r@icq.gw.org", "n",
		  NULL },
		{ 0 },
	};
	struct jmap *m = whole_map();

	(void)state;
	check_vectors(m, v);
	mem_deref(m);
}

/* RFC 7247 6.4, XEP-0106 6, at an alias that changes nothing. */
static void reads_the_native_form(void **state)
{
	static const struct vector v[] = {
		{ "f%C3%BC@xmpp.example", JMAP_PERSON,
		  "f\xc3\xbc@xmpp.example", NULL, NULL },
		{ "o'malley@xmpp.example", JMAP_PERSON,
		  "o\\27malley@xmpp.example", NULL, NULL },
		{ "m&m@xmpp.example", JMAP_PERSON, "m\\26m@xmpp.example", NULL,
		  NULL },
		{ "tsch%C3%BCss@xmpp.example", JMAP_PERSON,
		  "tsch\xc3\xbcss@xmpp.example", NULL, NULL },
		{ "a%40b@xmpp.example", JMAP_PERSON, "a\\40b@xmpp.example",
		  NULL, NULL },
		{ "c%5C27d@xmpp.example", JMAP_PERSON,
		  "c\\5c27d@xmpp.example", NULL, NULL },
		{ "c%5Cd@xmpp.example", JMAP_PERSON, "c\\d@xmpp.example", NULL,
		  NULL },
		{ "a/b@xmpp.example", JMAP_PERSON, "a\\2fb@xmpp.example", NULL,
		  NULL },
		{ "%23room@xmpp.example", JMAP_PERSON, "#room@xmpp.example",
		  NULL, NULL },
		{ "%22%3A%3C%3E@xmpp.example", JMAP_PERSON,
		  "\\22\\3a\\3c\\3e@xmpp.example", NULL, NULL },
		{ "jo%20do@xmpp.example", JMAP_PERSON, "jo\\20do@xmpp.example",
		  NULL, NULL },
		{ "=5C20jo@xmpp.example", JMAP_PERSON, "\\20jo@xmpp.example",
		  NULL, NULL },
		{ "a=5C5cb@xmpp.example", JMAP_PERSON, "a\\5cb@xmpp.example",
		  NULL, NULL },
		/* what a wide backslash becomes is no escape */
		{ "bob%EF%BC%BC40x@xmpp.example", JMAP_PERSON,
		  "bob\\5c40x@xmpp.example", NULL, "bob%5C40x@xmpp.example" },
		{ 0 },
	};
	struct jmap *m = whole_map();

	(void)state;
	check_vectors(m, v);
	mem_deref(m);
}

static void knows_international_hosts(void **state)
{
	static const struct vector v[] = {
		{ "bob*xn--mller-kva.example@gw.org", JMAP_PERSON,
		  "bob@m\xc3\xbcller.example", NULL, NULL },
		{ "bob*M%C3%9CLLER.example@gw.org", JMAP_PERSON,
		  "bob@m\xc3\xbcller.example", NULL,
		  "bob*xn--mller-kva.example@gw.org" },
		{ "bob*XN--MLLER-KVA.example@gw.org", JMAP_PERSON,
		  "bob@m\xc3\xbcller.example", NULL,
		  "bob*xn--mller-kva.example@gw.org" },
		/* an A-label of nothing stays */
		{ "bob*xn--a.example@gw.org", JMAP_PERSON,
		  "bob@xn--a.example", NULL, NULL },
		{ "bob@xn--bcher-kva.example", JMAP_PERSON,
		  "bob@b\xc3\xbc" "cher.example", NULL, NULL },
		{ "bob@B\xc3\x9c" "CHER.example", JMAP_PERSON,
		  "bob@b\xc3\xbc" "cher.example", NULL,
		  "bob@xn--bcher-kva.example" },
		{ "bob*127.0.0.1@gw.org", JMAP_PERSON, "bob@127.0.0.1", NULL,
		  NULL },
		{ 0 },
	};
	struct jmap *m = whole_map();

	(void)state;
	check_vectors(m, v);
	assert_true(jmap_is_ours(m, VIEW("XN--BCHER-KVA.EXAMPLE")));
	assert_true(jmap_is_ours(m, VIEW("gw.ORG")));
	assert_false(jmap_is_ours(m, VIEW("x.org")));
	assert_false(jmap_is_ours(m, VIEW("sip.example.org")));
	assert_false(jmap_is_ours(m, VIEW("")));
	assert_false(jmap_is_ours(m, VIEW("gw.org\0x")));
	mem_deref(m);
}

static void assert_bad(const struct jmap *m, struct view address,
		       unsigned status, const char *words)
{
	struct buf text = { 0 };
	struct jmap_target t;
	struct jmap_sip s;

	split(&s, address);
	assert_int_equal(jmap_from_sip(m, s.user, s.host, &t, &text), 0);
	assert_int_equal(t.kind, JMAP_BAD);
	assert_int_equal(t.status, status);
	assert_int_equal(t.bare.n + t.nick.n, 0);
	assert_true(utf8_valid(t.why));
	assert_non_null(memmem(t.why.p, t.why.n, words, strlen(words)));
	buf_free(&text);
}

static void says_what_would_be_right(void **state)
{
	struct jmap *m = whole_map(), *tilde = map("gw.org=~");
	char text[JMAP_USER_MAX + 32];

	(void)state;
	assert_bad(m, VIEW("x@gw.org"), 484, "user*server@gw.org");
	assert_bad(m, VIEW("gw.org"), 484, "nick*room*server@gw.org");
	assert_bad(m, VIEW("a*b*c*d@gw.org"), 484, "names nobody");
	assert_bad(m, VIEW("a*b*c*d*e*f*g@gw.org"), 484, "names nobody");
	assert_bad(m, VIEW("pm*a*b*c*d@gw.org"), 484, "names nobody");
	assert_bad(m, VIEW("*x.org@gw.org"), 484, "name in XMPP");
	assert_bad(m, VIEW("**x.org@gw.org"), 484, "name in XMPP");
	assert_bad(m, VIEW("bob*@gw.org"), 484, "no such server");
	assert_bad(m, VIEW("bob*a..b@gw.org"), 484, "no such server");
	assert_bad(m, VIEW("bob*a/b@gw.org"), 484, "no such server");
	assert_bad(m, VIEW("bob*a%00b@gw.org"), 484, "escapes are wrong");
	assert_bad(m, VIEW("pm**dev*x.org@gw.org"), 484, "no nick");
	assert_bad(m, VIEW("b%FFb*x.org@gw.org"), 484, "escapes are wrong");
	assert_bad(m, VIEW("b%0Ab*x.org@gw.org"), 484, "escapes are wrong");
	assert_bad(m, VIEW("b%zb*x.org@gw.org"), 484, "escapes are wrong");
	assert_bad(m, VIEW("b*x.org%2@gw.org"), 484, "escapes are wrong");
	assert_bad(m, VIEW("%20b*x.org@gw.org"), 484, "name in XMPP");
	assert_bad(m, VIEW("b%20*x.org@gw.org"), 484, "name in XMPP");
	assert_bad(m, VIEW("%C2%AD@icq.gw.org"), 484, "user@icq.gw.org");
	assert_bad(m, VIEW("%20@msn.gw.org"), 484, "user*server@msn.gw.org");
	assert_bad(tilde, VIEW("b*x.org@gw.org"), 484, "user~server@gw.org");
	assert_bad(m, VIEW("bob*gw.org@gw.org"), 482, "SIP already");
	assert_bad(m, VIEW("bob*SIP.example.org@gw.org"), 482, "SIP already");
	assert_bad(m, VIEW("n*r*rooms.sip.example.org@gw.org"), 482, "SIP");

	memset(text, 'a', sizeof(text));
	memcpy(text + JMAP_USER_MAX - 5, "*x.org@gw.org", 13);
	assert_bad(m, view_mem(text, JMAP_USER_MAX + 8), 484, "too long");
	mem_deref(tilde);
	mem_deref(m);
}

static void leaves_strangers_alone(void **state)
{
	struct jmap *m = whole_map();
	struct buf text = { 0 };
	struct jmap_target t;

	(void)state;
	assert_int_equal(jmap_from_sip(m, VIEW("a"), VIEW("x.org"), &t, &text),
			 ENOENT);
	assert_int_equal(jmap_from_sip(m, VIEW("a"), VIEW(""), &t, &text),
			 ENOENT);
	assert_int_equal(jmap_from_sip(m, VIEW("a"), VIEW("\xff"), &t, &text),
			 ENOENT);
	buf_free(&text);
	mem_deref(m);
}

static int to_sip(const struct jmap *m, enum jmap_kind kind, struct view bare,
		  struct view nick)
{
	struct jmap_target t = { .kind = kind, .bare = bare, .nick = nick };
	struct buf text = { 0 };
	struct jmap_sip s;
	int err = jmap_to_sip(m, &t, &s, &text);

	buf_free(&text);
	return err;
}

static void refuses_what_has_no_form(void **state)
{
	struct jmap *m = whole_map();
	char nick[JID_PART_MAX + 2];

	(void)state;
	memset(nick, 'n', sizeof(nick));
	assert_int_equal(to_sip(m, JMAP_BAD, VIEW("a@x.org"), VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PERSON, VIEW("x.org"), VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PERSON, VIEW("a@x.org/r"), VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PERSON, VIEW("a b@x.org"), VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PERSON, VIEW("a@x..org"), VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PERSON, VIEW_NONE, VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_SERVICE, VIEW("x.org"), VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_SERVICE, VIEW("a@icq.gw.org"),
				VIEW_NONE), EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PM, VIEW("r@x.org"), VIEW_NONE),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PM, VIEW("r@x.org"), VIEW("a\nb")),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_ROOM, VIEW("r@x.org"), VIEW("\xff")),
			 EBADMSG);
	assert_int_equal(to_sip(m, JMAP_PERSON, VIEW("a@sip.example.org"),
				VIEW_NONE), ELOOP);
	assert_int_equal(to_sip(m, JMAP_PERSON, VIEW("a@GW.org"), VIEW_NONE),
			 ELOOP);
	assert_int_equal(to_sip(m, JMAP_PM, VIEW("r@x.org"),
				view_mem(nick, JMAP_USER_MAX)), EMSGSIZE);
	assert_int_equal(to_sip(m, JMAP_PM, VIEW("r@x.org"),
				view_mem(nick, sizeof(nick))), EBADMSG);
	mem_deref(m);
}

/* ---- configuration ---- */

static void assert_config(int want, int err, struct buf *why,
			  const char *words)
{
	if (err != want)
		print_error("%.*s\n", VIEW_ARG(buf_view(why)));
	assert_int_equal(err, want);
	assert_non_null(strstr(buf_str(why), words));
	if (!err)
		assert_int_equal(why->n, 0);
	buf_free(why);
}

static void refuses_a_bad_jdomain(void **state)
{
	static const char *const bad[][2] = {
		{ "", "no host name" },		{ "a b", "no host name" },
		{ "gw.org=**", "single char" }, { "gw.org=", "single char" },
		{ "gw.org==", "delimiter" },	{ "gw.org=%", "these can" },
		{ "gw.org=a", "delimiter" },	{ "gw.org=.", "delimiter" },
		{ "gw.org=-", "delimiter" },	{ "=*", "no host name" },
		{ "gw.org:5060", "no host" },	{ "gw.org=\\", "delimiter" },
	};
	struct buf why = { 0 };
	struct jmap *m = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_config(EINVAL, jmap_new(&m, view_str(bad[i][0]), 0,
					       &why), &why, bad[i][1]);
	assert_null(m);
}

static void reads_lists_of_aliases(void **state)
{
	static const struct {
		int err;
		const char *text, *words;
	} t[] = {
		{ 0, "", "" },
		{ 0, "0;", "" },
		{ 0, "0", "" },
		{ 0, "1;msn.x.com=%", "" },
		{ 0, "2;icq.x.com;aim.x.com=%;", "" },
		{ 0, " 2; a.x.com ; b.x.com=# ; ", "" },
		{ EINVAL, "c.x.com", "number of" },
		{ EINVAL, "x;c.x.com", "number of" },
		{ EINVAL, "2;c.x.com;", "as many" },
		{ EINVAL, "1;d.x.com;e.x.com;", "as many" },
		{ EINVAL, "2;f.x.com;;", "empty alias" },
		{ EINVAL, "1;g.x.com=ab;", "single char" },
		{ EINVAL, "1;g.x.com=a;", "sign such as" },
		{ EINVAL, "1;g.x.com=\\;", "sign such as" },
		{ EINVAL, "1;gw.org;", "jdomain already" },
		{ EINVAL, "1;MSN.x.com;", "alias already" },
		{ EINVAL, "1;h..x;", "no host name" },
		{ EINVAL, "99999999999999999999;a;", "number of" },
	};
	struct buf why = { 0 };
	struct jmap *m = map("gw.org");

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_config(t[i].err,
			      jmap_aliases(m, view_str(t[i].text), &why), &why,
			      t[i].words);
	assert_true(jmap_is_ours(m, VIEW("msn.x.com")));
	assert_true(jmap_is_ours(m, VIEW("b.x.com")));
	assert_false(jmap_is_ours(m, VIEW("h..x")));
	mem_deref(m);
}

static int zone(struct jmap *m, enum jmap_zone kind, const char *sip,
		const char *xmpp, struct buf *why)
{
	return jmap_zone(m, kind, view_str(sip), view_str(xmpp), why);
}

static void refuses_bad_zones(void **state)
{
	struct buf why = { 0 };
	struct jmap *m = whole_map();
	char name[32];
	int err = 0;

	(void)state;
	assert_config(EINVAL, zone(m, JMAP_USERS, "", "a.b", &why), &why,
		      "no host name");
	assert_config(EINVAL, zone(m, JMAP_USERS, "a.b", "*", &why), &why,
		      "no host name");
	assert_config(EINVAL, zone(m, JMAP_USERS, "gw.org", "a.b", &why),
		      &why, "leads to XMPP");
	assert_config(EINVAL, zone(m, JMAP_USERS, "icq.gw.org", "a.b", &why),
		      &why, "leads to XMPP");
	assert_config(EINVAL, zone(m, JMAP_USERS, "EXAMPLE.org", "a.b", &why),
		      &why, "domain in XMPP already");
	assert_config(EINVAL, zone(m, JMAP_USERS, "a.b", "sip.example.ORG",
				   &why), &why, "of our own already");
	assert_config(EINVAL, zone(m, JMAP_ROOMS, "a.b", "gw.org", &why),
		      &why, "jdomain already");
	assert_config(EINVAL, jmap_alias(m, VIEW("sip.example.org"), &why),
		      &why, "of our own already");
	for (int i = 0; i < 300 && !err; i++) {
		snprintf(name, sizeof(name), "a%d.org", i);
		err = jmap_alias(m, view_str(name), &why);
	}
	assert_config(EINVAL, err, &why, "too many");
	mem_deref(m);
}

/* ---- zones ---- */

static int to_jid(const struct jmap *m, enum jmap_zone kind, const char *sip,
		  const char *want)
{
	struct buf text = { 0 };
	struct jmap_sip s;
	struct view bare;
	int err;

	split(&s, view_str(sip));
	err = jmap_jid(m, kind, &s, &bare, &text);
	if (!err)
		assert_view(bare, want);
	buf_free(&text);
	return err;
}

static int to_aor(const struct jmap *m, const char *jid, const char *want)
{
	struct buf text = { 0 };
	struct jmap_sip s;
	int err = jmap_aor(m, view_str(jid), &s, &text);

	if (!err)
		assert_sip(&s, want);
	buf_free(&text);
	return err;
}

static void gives_sip_users_jids(void **state)
{
	static const char *const t[][2] = {
		{ "alice@example.org", "alice@sip.example.org" },
		{ "alice@example.net", "alice@sip.example.net" },
		{ "bob@other.org", "bob\\40other.org@sip.example.org" },
		{ "b%C3%BCb@example.org", "b\xc3\xbc" "b@sip.example.org" },
		{ "a%40b@example.org",
		  "a\\40b\\40example.org@sip.example.org" },
		{ "a%40b@other.org", "a\\40b\\40other.org@sip.example.org" },
		{ "jo%20do@example.org", "jo\\20do@sip.example.org" },
		{ "a*b=2Ac@example.org", "a*b=2ac@sip.example.org" },
		{ "%2B49@example.org", "+49@sip.example.org" },
	};
	static const char *const back[] = {
		"a*b=2ac@example.org", "+49@example.org",
	};
	struct jmap *m = whole_map();
	size_t n = sizeof(t) / sizeof(t[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const char *sip = i < n - 2 ? t[i][0] : back[i - (n - 2)];

		assert_int_equal(to_jid(m, JMAP_USERS, t[i][0], t[i][1]), 0);
		assert_int_equal(to_aor(m, t[i][1], sip), 0);
	}
	assert_int_equal(to_jid(m, JMAP_ROOMS, "lobby@conf.example.org",
				"lobby@rooms.sip.example.org"), 0);
	assert_int_equal(to_aor(m, "Lobby@Rooms.sip.example.org",
				"lobby@conf.example.org"), 0);
	assert_int_equal(to_jid(m, JMAP_ROOMS, "lobby@example.org",
				"lobby\\40example.org@rooms.sip.example.org"),
			 0);
	mem_deref(m);
}

static void has_one_jid_for_a_user(void **state)
{
	struct jmap *m = whole_map(), *none = map("gw.org");

	(void)state;
	assert_int_equal(to_aor(m, "a@x.org", ""), ENOENT);
	assert_int_equal(to_aor(m, "sip.example.org", ""), EBADMSG);
	assert_int_equal(to_aor(m, "a@sip.example.org/r", ""), EBADMSG);
	assert_int_equal(to_aor(m, "alice\\40example.org@sip.example.org", ""),
			 EBADMSG);
	assert_int_equal(to_aor(m, "alice\\40example.net@sip.example.org", ""),
			 EBADMSG);
	assert_int_equal(to_aor(m, "\\40other.org@sip.example.org", ""),
			 EBADMSG);
	assert_int_equal(to_aor(m, "a\\40b..c@sip.example.org", ""), EBADMSG);
	assert_int_equal(to_aor(m, "a\\40@sip.example.org", ""), EBADMSG);
	assert_int_equal(to_aor(m, "\\20a@sip.example.org", ""), EBADMSG);
	assert_int_equal(to_aor(m, "a\\5cb@sip.example.org", ""), EBADMSG);
	/* nobody becomes another one by the look of his name */
	assert_int_equal(to_jid(m, JMAP_USERS,
				"bob%EF%BC%BC40other.org@example.org",
				"bob\\5c40other.org@sip.example.org"), 0);
	assert_int_equal(to_jid(m, JMAP_USERS, "bob%EF%BC%A0x@example.org",
				"bob\\40x\\40example.org@sip.example.org"),
			 0);
	assert_int_equal(to_jid(m, JMAP_USERS, "example.org", ""), EBADMSG);
	assert_int_equal(to_jid(m, JMAP_USERS, "a%00@example.org", ""),
			 EBADMSG);
	assert_int_equal(to_jid(none, JMAP_USERS, "a@example.org", ""),
			 ENOENT);
	mem_deref(none);
	mem_deref(m);
}

static int remember(struct jmap *m, const char *sip)
{
	struct jmap_sip s;

	split(&s, view_str(sip));
	return jmap_remember(m, JMAP_USERS, &s);
}

static void forget(struct jmap *m, const char *sip)
{
	struct jmap_sip s;

	split(&s, view_str(sip));
	jmap_forget(m, JMAP_USERS, &s);
}

static void remembers_letter_case(void **state)
{
	struct jmap *m = whole_map();

	(void)state;
	assert_int_equal(remember(m, "Alice@example.org"), 0);
	assert_int_equal(remember(m, "%41lice@Example.org"), 0);
	assert_int_equal(remember(m, "alice@example.org"), EEXIST);
	assert_int_equal(remember(m, "BoB@other.org"), 0);
	assert_int_equal(remember(m, "\xc3\x9c@other.org"), 0);
	assert_int_equal(to_jid(m, JMAP_USERS, "Alice@example.org",
				"alice@sip.example.org"), 0);
	assert_int_equal(to_aor(m, "alice@sip.example.org",
				"Alice@example.org"), 0);
	assert_int_equal(to_aor(m, "ALICE@sip.example.org",
				"Alice@example.org"), 0);
	assert_int_equal(to_aor(m, "bob\\40other.org@sip.example.org",
				"BoB@other.org"), 0);
	assert_int_equal(to_aor(m, "\xc3\xbc\\40other.org@sip.example.org",
				"%C3%9C@other.org"), 0);
	/* who is not the one that was noted takes nothing away */
	forget(m, "alice@example.org");
	assert_int_equal(to_aor(m, "alice@sip.example.org",
				"Alice@example.org"), 0);
	forget(m, "Alice@example.org");
	assert_int_equal(to_aor(m, "alice@sip.example.org",
				"alice@example.org"), 0);
	assert_int_equal(remember(m, "alice@example.org"), 0);
	assert_int_equal(remember(m, "Alice@example.org"), EEXIST);
	assert_int_equal(remember(m, "%00@example.org"), EBADMSG);
	mem_deref(m);
}

static void remembers_so_many(void **state)
{
	struct buf why = { 0 };
	struct jmap *m = NULL;

	(void)state;
	assert_int_equal(jmap_new(&m, VIEW("gw.org"), 2, &why), 0);
	assert_int_equal(zone(m, JMAP_USERS, "example.org", "sip.example.org",
			      &why), 0);
	assert_int_equal(remember(m, "A@example.org"), 0);
	assert_int_equal(remember(m, "B@example.org"), 0);
	assert_int_equal(remember(m, "C@example.org"), ENOSPC);
	assert_int_equal(remember(m, "B@example.org"), 0);
	forget(m, "A@example.org");
	assert_int_equal(remember(m, "C@example.org"), 0);
	mem_deref(m);
}

static void knows_its_zones(void **state)
{
	struct jmap *m = whole_map();
	enum jmap_zone kind = JMAP_ROOMS;

	(void)state;
	assert_true(jmap_zone_of(m, VIEW("SIP.example.net"), &kind));
	assert_int_equal(kind, JMAP_USERS);
	assert_true(jmap_zone_of(m, VIEW("rooms.sip.example.org"), &kind));
	assert_int_equal(kind, JMAP_ROOMS);
	assert_false(jmap_zone_of(m, VIEW("example.org"), &kind));
	assert_false(jmap_zone_of(m, VIEW(""), &kind));
	mem_deref(m);
}

static void carries_resources(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(jmap_resource(&b, VIEW("gr=bar")), 0);
	assert_view(buf_view(&b), "bar");
	buf_clear(&b);
	assert_int_equal(jmap_resource(&b, VIEW("transport=udp;GR=a%2Fb%20c")),
			 0);
	assert_view(buf_view(&b), "a/b c");
	buf_clear(&b);
	assert_int_equal(jmap_resource(&b, VIEW("grr=x;ob")), ENOENT);
	assert_int_equal(jmap_resource(&b, VIEW("gr")), EBADMSG);
	assert_int_equal(jmap_resource(&b, VIEW("gr=%FF")), EBADMSG);
	assert_int_equal(jmap_resource(&b, VIEW("gr=%0A")), EBADMSG);
	assert_int_equal(b.n, 0);
	jmap_gr(&b, VIEW("a;b=c d"));
	assert_view(buf_view(&b), ";gr=a%3Bb%3Dc%20d");
	buf_free(&b);
}

/* ---- many ---- */

static uint64_t seed;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % below);
}

/* One to most pieces of a name: what this is about, and all of Unicode. */
static void add_name(struct buf *b, uint32_t most)
{
	static const char *const pieces[] = {
		"a", "Z", "7", "*", "%", "=", "=2A", "=3d", "=5C", "2A",
		"\\", "\\20", "\\5c", "\\27", "\\40", "5c", "'", "/", "@",
		" ", "&", ":", "<", ">", "\"", ".", "-", "pm", "~", ";", "?",
	};
	static const uint32_t tops[] = { 0x7f, 0x250, 0x3000, 0x10ffff };

	for (uint32_t n = 1 + any(most); n; n--) {
		uint32_t cp = any(tops[any(4)]) + 1;

		if (any(4))
			buf_adds(b, pieces[any(sizeof(pieces) /
					       sizeof(pieces[0]))]);
		else if (cp < 0xd800 || cp > 0xdfff)
			utf8_put(b, cp);
	}
}

static void add_host(struct buf *b)
{
	static const char *const hosts[] = {
		"x.org", "icq.gw.org", "msn.gw.org", "at.gw.org", "10.0.0.1",
		"m\xc3\xbcller.example", "xn--mller-kva.example",
		"xn--a.example", "\xe4\xbe\x8b\xe3\x81\x88.jp", "X.Org",
	};

	if (any(8))
		buf_adds(b, hosts[any(sizeof(hosts) / sizeof(hosts[0]))]);
	else
		add_name(b, 3);
}

/* The one form of a bare JID; false: there is none. */
static bool canonical(struct buf *out, struct view local, struct view host)
{
	int err = jid_prep_local(out, local);

	buf_addc(out, '@');
	return !err && !jid_host_unicode(out, host);
}

static bool jid_comes_back(const struct jmap *m)
{
	struct buf local = { 0 }, host = { 0 }, nick = { 0 }, bare = { 0 },
		   there = { 0 }, back = { 0 };
	struct jmap_target t = { .kind = JMAP_PERSON + any(3) }, u;
	struct jmap_sip s;
	bool done;

	add_name(&local, 8);
	add_host(&host);
	add_name(&nick, 8);
	done = canonical(&bare, buf_view(&local), buf_view(&host));
	t.bare = buf_view(&bare);
	if (t.kind != JMAP_PERSON)
		t.nick = buf_view(&nick);
	done = done && !jmap_to_sip(m, &t, &s, &there);
	if (done) {
		assert_int_equal(jmap_from_sip(m, s.user, s.host, &u, &back),
				 0);
		assert_int_equal(t.kind, u.kind);
		assert_true(view_eq(t.bare, u.bare));
		assert_true(view_eq(t.nick, u.nick));
	}
	buf_free(&local);
	buf_free(&host);
	buf_free(&nick);
	buf_free(&bare);
	buf_free(&there);
	buf_free(&back);
	return done;
}

static void every_jid_comes_back(void **state)
{
	struct jmap *m = whole_map();

	(void)state;
	seed = 0x5eed;
	for (int i = 0; i < ROUND_TRIPS;)
		i += jid_comes_back(m);
	mem_deref(m);
}

static bool user_comes_back(struct jmap *m)
{
	static const char *const hosts[] = { "example.org", "example.net",
					     "other.org" };
	struct buf user = { 0 }, jid = { 0 }, back = { 0 };
	struct jmap_sip s, got;
	struct view bare;
	bool done;

	add_name(&user, 8);
	s.user = buf_view(&user);
	s.host = view_str(hosts[any(3)]);
	done = !jmap_remember(m, JMAP_USERS, &s) &&
	       !jmap_jid(m, JMAP_USERS, &s, &bare, &jid);
	if (done) {
		assert_int_equal(jmap_aor(m, bare, &got, &back), 0);
		assert_true(view_eq(got.host, s.host));
		jmap_forget(m, JMAP_USERS, &s);
		/* unescaped the same: noting this spelling is no conflict */
		assert_int_equal(jmap_remember(m, JMAP_USERS, &got), 0);
		assert_int_equal(jmap_remember(m, JMAP_USERS, &s), 0);
		jmap_forget(m, JMAP_USERS, &s);
	}
	buf_free(&user);
	buf_free(&jid);
	buf_free(&back);
	return done;
}

static void every_user_comes_back(void **state)
{
	struct jmap *m = whole_map();

	(void)state;
	seed = 0xfeed;
	for (int i = 0; i < ROUND_TRIPS / 4;)
		i += user_comes_back(m);
	mem_deref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_the_delimiter_form),
		TEST(reads_aliases),
		TEST(reads_the_native_form),
		TEST(knows_international_hosts),
		TEST(says_what_would_be_right),
		TEST(leaves_strangers_alone),
		TEST(refuses_what_has_no_form),
		TEST(refuses_a_bad_jdomain),
		TEST(reads_lists_of_aliases),
		TEST(refuses_bad_zones),
		TEST(gives_sip_users_jids),
		TEST(has_one_jid_for_a_user),
		TEST(remembers_letter_case),
		TEST(remembers_so_many),
		TEST(knows_its_zones),
		TEST(carries_resources),
		TEST(every_jid_comes_back),
		TEST(every_user_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
