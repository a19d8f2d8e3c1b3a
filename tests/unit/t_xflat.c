/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"
#include "xflat.h"

static struct xflat flat;
static struct buf out;

static void on_start(const struct xlimit_tag *tag, unsigned depth, void *arg)
{
	(void)arg;
	if (depth)
		xflat_start(&flat, tag, depth);
}

static void on_text(struct view text, void *arg)
{
	(void)arg;
	xflat_text(&flat, text);
}

static void on_end(unsigned depth, void *arg)
{
	(void)arg;
	if (!depth || !xflat_end(&flat, depth))
		return;
	assert_false(flat.flat.over);
	assert_int_equal(elem_check(buf_view(&flat.flat)), 0);
	xflat_write(&out, buf_view(&flat.flat), VIEW_NONE);
	buf_addc(&out, '\n');
}

/* What is read of a component's stream is written as this. */
static void assert_comes_out(const char *in, const char *lines)
{
	static const struct xlimit_ops ops = { on_start, on_text, on_end };
	struct xlimit *x = xlimit_new(NULL, &ops, NULL);
	struct buf all = { 0 };

	flat.ns = "jabber:component:accept";
	buf_adds(&all, "<stream:stream xmlns='jabber:component:accept' "
		       "xmlns:stream='http://etherx.jabber.org/streams'>");
	buf_adds(&all, in);
	for (size_t i = 0; i < all.n; i += 7)
		assert_int_equal(
			xlimit_feed(x, view_head(view_from(buf_view(&all), i),
						 7),
				    NULL),
			0);
	assert_string_equal(buf_str(&out), lines);
	buf_clear(&out);
	buf_free(&all);
	mem_deref(x);
	xflat_free(&flat);
	buf_free(&out);
}

static void stanzas_come_out_as_they_went_in(void **state)
{
	(void)state;
	assert_comes_out(
		"<message to=\"a@b\" xml:lang='de'><body>a &lt; b\n&amp; "
		"c</body><x xmlns='urn:x'><y/>t</x></message>\n"
		"<presence/><iq><q xmlns='q'><m xmlns='jabber:client'>"
		"<b>1</b></m></q></iq>",
		"<message to='a@b' xml:lang='de'><body>a &lt; b\n&amp; "
		"c</body><x xmlns='urn:x'><y/>t</x></message>\n"
		"<presence/>\n"
		"<iq><q xmlns='q'><m xmlns='jabber:client'>"
		"<b>1</b></m></q></iq>\n");
}

static void prefixes_become_namespaces(void **state)
{
	(void)state;
	assert_comes_out("<message xmlns:p='urn:p' p:id='1' id='2'><p:a>"
			 "<b/><p:c/></p:a></message>",
			 "<message id='2'><a xmlns='urn:p'>"
			 "<b xmlns='jabber:client'/><c/></a></message>\n");
}

static void what_has_a_to_gets_another(void **state)
{
	struct buf b = { 0 };

	(void)state;
	elem_open(&b, "message", "jabber:client");
	elem_attrs(&b, "from", "r@x/<n>");
	elem_attrs(&b, "to", "old");
	elem_open(&b, "to", NULL);
	elem_attrs(&b, "to", "kept");
	elem_close(&b);
	elem_close(&b);
	xflat_write(&out, buf_view(&b), VIEW("a@b/'"));
	assert_string_equal(buf_str(&out),
			    "<message to='a@b/&apos;' from='r@x/&lt;n&gt;'>"
			    "<to to='kept'/></message>");
	buf_free(&out);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stanzas_come_out_as_they_went_in),
		TEST(prefixes_become_namespaces),
		TEST(what_has_a_to_gets_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
