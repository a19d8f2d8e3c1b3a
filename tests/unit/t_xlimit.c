/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XML streams with limits: what is read, and what is refused as what. */
#include "test.h"

#include <errno.h>
#include <malloc.h>

#include "mem.h"
#include "xlimit.h"

#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1'>"

/* What was read, as "(ns|name a=b" ... ")" a element. */
static struct buf seen;
static unsigned stanzas, ends;
static const char *stop_at, *restart_at;
static struct xlimit *x;

static void start(const struct xlimit_tag *tag, unsigned depth, void *arg)
{
	(void)arg;
	assert_true(depth <= 32);
	buf_addc(&seen, '(');
	buf_addv(&seen, tag->ns);
	buf_addc(&seen, '|');
	buf_addv(&seen, tag->name);
	for (size_t i = 0; i < tag->attr_count; i++) {
		buf_addc(&seen, ' ');
		buf_adds(&seen, tag->attrs[2 * i]);
		buf_addc(&seen, '=');
		buf_adds(&seen, tag->attrs[2 * i + 1]);
	}
	if (stop_at && view_eqs(tag->name, stop_at))
		xlimit_stop(x);
}

static void text(struct view v, void *arg)
{
	(void)arg;
	buf_addv(&seen, v);
}

static void end(unsigned depth, void *arg)
{
	(void)arg;
	buf_addc(&seen, ')');
	if (!depth)
		ends++;
	if (depth != 1)
		return;
	stanzas++;
	if (restart_at && strstr(buf_str(&seen), restart_at)) {
		restart_at = NULL;
		xlimit_restart(x);
	}
}

static const struct xlimit_ops ops = { start, text, end };

static int setup(void **state)
{
	int err = test_setup(state);

	memset(&seen, 0, sizeof(seen));
	stanzas = ends = 0;
	stop_at = restart_at = NULL;
	x = xlimit_new(NULL, &ops, NULL);
	return err;
}

static int teardown(void **state)
{
	buf_free(&seen);
	mem_deref(x);
	return test_teardown(state);
}

static int feed(const char *p)
{
	size_t used, n = strlen(p);
	int err = xlimit_feed(x, view_mem(p, n), &used);

	assert_true(used <= n);
	if (!err)
		assert_int_equal(used, n);
	return err;
}

static void begin(void)
{
	assert_int_equal(feed(HEAD), 0);
	buf_clear(&seen);
}

static void anew(void)
{
	xlimit_restart(x);
	begin();
}

static void refused(const char *p, const char *condition, const char *why)
{
	stanzas = 0;
	anew();
	assert_int_equal(feed(p), EBADMSG);
	assert_string_equal(xlimit_condition(x), condition);
	if (why && strcmp(xlimit_why(x), why))
		fail_msg("\"%s\"", xlimit_why(x));
	assert_int_equal(feed("<m/>"), EBADMSG); /* and stays so */
	assert_int_equal(stanzas, 0);
}

/* p, n times. */
static void fill(struct buf *b, const char *p, size_t n)
{
	b->max = 1 << 30;
	while (n--)
		buf_adds(b, p);
}

/* ---- */

static void reads_a_stream(void **state)
{
	(void)state;
	assert_int_equal(feed(HEAD), 0);
	assert_string_equal(buf_str(&seen),
		"(http://etherx.jabber.org/streams|stream id=1");
	assert_true(xlimit_is_between(x));
	buf_clear(&seen);
	assert_int_equal(feed(" \n<message to='a&amp;b' xml:lang='de'><body>1 "
			      "&lt;<![CDATA[ 2&amp; ]]>&#x33;</body>"), 0);
	assert_false(xlimit_is_between(x));
	assert_int_equal(feed("<x:y xmlns:x='urn:x' x:to='evil' x:z='1'/>"
			      "</message>\n"), 0);
	assert_string_equal(buf_str(&seen),
		"(jabber:client|message to=a&b xml:lang=de"
		"(jabber:client|body1 < 2&amp; 3)(urn:x|y))");
	assert_int_equal(stanzas, 1);
	assert_int_equal(feed("</stream:stream>"), 0);
	assert_int_equal(ends, 1);
	assert_int_equal(feed("<m/>"), EBADMSG);
}

static void reads_byte_by_byte(void **state)
{
	const char *p = HEAD "<a b='c'>d<e/>\xe2\x82\xac</a> <f/>";

	(void)state;
	for (; *p; p++)
		assert_int_equal(xlimit_feed(x, view_mem(p, 1), NULL), 0);
	assert_non_null(strstr(buf_str(&seen), "(jabber:client|a b=cd"
			       "(jabber:client|e)\xe2\x82\xac)"
			       "(jabber:client|f)"));
	assert_int_equal(stanzas, 2);
}

static void refuses_what_xmpp_has_not(void **state)
{
	(void)state;
	refused("<!-- c -->", "restricted-xml", "a comment");
	refused("<m><!-- c --></m>", "restricted-xml", "a comment");
	refused("<?php 1 ?>", "restricted-xml", "a processing instruction");
	refused("<m>&nbsp;</m>", "restricted-xml", NULL);
	refused("<m>&a1;</m>", "restricted-xml", NULL);
	refused("text", "bad-format", "text between stanzas");
	refused("<m></n>", "not-well-formed", NULL);
	refused("<m>\x01</m>", "not-well-formed", NULL);
	refused("<m>\xff</m>", "not-well-formed", NULL);
	refused("<m>\xed\xa0\x80</m>", "not-well-formed", NULL);
	refused("<m a='1' a='2'/>", "not-well-formed", NULL);
	refused("<z:m/>", "not-well-formed", NULL);
	refused("</m>", "not-well-formed", NULL);
	xlimit_restart(x);
	assert_int_equal(xlimit_feed(x, VIEW("<\0a\0>\0"), NULL), EBADMSG);
	assert_string_equal(xlimit_condition(x), "unsupported-encoding");
	xlimit_restart(x);
	assert_int_equal(feed("\xef\xbb\xbf" HEAD), EBADMSG);
	assert_string_equal(xlimit_condition(x), "unsupported-encoding");
	xlimit_restart(x);
	assert_int_equal(feed("<!DOCTYPE s [<!ENTITY a 'b'>]><s>&a;"),
			 EBADMSG);
	assert_string_equal(xlimit_condition(x), "restricted-xml");
	assert_string_equal(xlimit_why(x), "a DOCTYPE");
}

/* open, n times; close, as often; and around it a stanza. */
static void stanza(struct buf *b, const char *open, const char *close,
		   size_t n)
{
	buf_clear(b);
	fill(b, "<m>", 1);
	fill(b, open, n);
	fill(b, close, n);
	fill(b, "</m>", 1);
}

static void passes(const struct buf *b)
{
	stanzas = 0;
	anew();
	assert_int_equal(xlimit_feed(x, buf_view(b), NULL), 0);
	assert_int_equal(stanzas, 1);
}

static void stops(struct buf *b, const char *why)
{
	refused(buf_str(b), "policy-violation", why);
}

static void limits_what_it_counts(void **state)
{
	struct buf b = { 0 };

	(void)state;
	stanza(&b, "<a>", "</a>", 31);
	passes(&b);
	stanza(&b, "<a>", "</a>", 32);
	stops(&b, "elements nested too deep");
	stanza(&b, "<a/>", "", 2000);
	passes(&b);
	stanza(&b, "<a/>", "", 2001);
	stops(&b, "an element of too many elements");
	stanza(&b, "<a/>x", "", 1001);
	stops(&b, "an element of too many elements");
	stanza(&b, "<a><b/><b/><b/><b/></a>", "", 1900);
	passes(&b);
	stanza(&b, "<a><b/><b/><b/><b/></a>", "", 2000);
	stops(&b, "a stanza of too many elements");
	stanza(&b, "\n", "", 9990);
	passes(&b);
	stanza(&b, "\n", "", 10001);
	stops(&b, "a stanza of too many elements");
	stanza(&b, "0123456789abcdef", "", 16 * 1024 - 1);
	passes(&b);
	stanza(&b, "0123456789abcdef", "", 16 * 1024);
	stops(&b, "a stanza that is too long");
	buf_free(&b);
}

static void limits_tags(void **state)
{
	struct buf b = { 0 };

	(void)state;
	fill(&b, "<m", 1);
	for (int i = 0; i < 101; i++)
		buf_addf(&b, " a%d='1'", i);
	fill(&b, "/>", 1);
	stops(&b, "an element of too many attributes");
	buf_clear(&b);
	fill(&b, "<m a='", 1);
	fill(&b, "x", 3072);
	fill(&b, "'/>", 1);
	passes(&b);
	buf_clear(&b);
	fill(&b, "<m a='", 1);
	fill(&b, "x", 3073);
	fill(&b, "'/>", 1);
	stops(&b, "an attribute that is too long");
	buf_clear(&b);
	fill(&b, "<m a='", 1);
	fill(&b, "x", 50000);
	stops(&b, "a tag that is too long");
	/* The same before the stream begins. */
	xlimit_restart(x);
	assert_int_equal(xlimit_feed(x, buf_view(&b), NULL), EBADMSG);
	buf_free(&b);
}

/* Few bytes, much to keep: a short prefix for a long name. */
static void limits_what_prefixes_stand_for(void **state)
{
	struct buf b = { 0 };

	(void)state;
	fill(&b, "<m xmlns:a='", 1);
	fill(&b, "x", 3000);
	fill(&b, "'>", 1);
	fill(&b, "<a:b/>", 100);
	fill(&b, "</m>", 1);
	passes(&b);
	b.n -= strlen("</m>");
	fill(&b, "<a:b/>", 100);
	fill(&b, "</m>", 1);
	stops(&b, "a stanza that is too large");
	buf_free(&b);
}

static void stops_in_the_middle(void **state)
{
	const char *p = "<a/><proceed/><injected/>";
	size_t used;

	(void)state;
	begin();
	stop_at = "proceed";
	assert_int_equal(xlimit_feed(x, view_str(p), &used), ECANCELED);
	assert_int_equal(used, strlen("<a/><proceed/>"));
	assert_null(xlimit_condition(x));
	assert_null(strstr(buf_str(&seen), "injected"));
	assert_int_equal(feed("<m/>"), ECANCELED);
	xlimit_restart(x);
	begin();
	assert_int_equal(feed("<m/>"), 0);
}

static void begins_a_new_stream_behind_a_stanza(void **state)
{
	(void)state;
	begin();
	restart_at = "success";
	assert_int_equal(feed("<success/>" HEAD "<a/>"), 0);
	assert_int_equal(stanzas, 2);
	assert_non_null(strstr(buf_str(&seen), "success)(http://etherx.jabber."
			       "org/streams|stream id=1(jabber:client|a)"));
	restart_at = "more";
	assert_int_equal(feed("<more></more>"), 0);
	assert_int_equal(feed(HEAD), 0);
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Names that never come again, in stanzas of 20 KB. */
static void names_take_no_memory(void **state)
{
	struct buf b = { 0 };
	unsigned name = 0;
	size_t before = in_use();

	(void)state;
	begin();
	for (int i = 0; i < 500; i++) {
		buf_clear(&b);
		buf_adds(&b, "<m>");
		for (int n = 0; n < 500; n++)
			buf_addf(&b, "<a:n%u xmlns:a='urn:%u' v%u='1'/>", name,
				 name, name), name++;
		buf_adds(&b, "</m>");
		assert_int_equal(xlimit_feed(x, buf_view(&b), NULL), 0);
		buf_clear(&seen);
	}
	assert_int_equal(stanzas, 500);
	assert_true(in_use() < before + 4 * 1024 * 1024);
	/* The stream's own namespaces are still known. */
	assert_int_equal(feed("<m/><stream:error/>"), 0);
	assert_string_equal(buf_str(&seen), "(jabber:client|m)"
			    "(http://etherx.jabber.org/streams|error)");
	buf_free(&b);
}

static void an_endless_stanza_takes_no_memory(void **state)
{
	static const char *const parts[] = { "<a>", "text", "<a/>", "\n",
					     "&amp;", "<a b='", "<![CDATA[",
					     "]]", "<!--", "<?a " };
	struct buf b = { 0 };
	size_t before;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		anew();
		buf_clear(&b);
		fill(&b, parts[i], 4096);
		assert_int_equal(feed("<m>"), 0);
		before = in_use();
		for (int n = 0; n < 1000; n++) {
			int err = xlimit_feed(x, buf_view(&b), NULL);

			if (n > 64)
				assert_int_equal(err, EBADMSG);
			buf_clear(&seen);
		}
		assert_true(in_use() < before + 1024 * 1024);
	}
	buf_free(&b);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(reads_a_stream),
		T(reads_byte_by_byte),
		T(refuses_what_xmpp_has_not),
		T(limits_what_it_counts),
		T(limits_tags),
		T(limits_what_prefixes_stand_for),
		T(stops_in_the_middle),
		T(begins_a_new_stream_behind_a_stanza),
		T(names_take_no_memory),
		T(an_endless_stanza_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
