/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mention.h"
#include "test.h"

static bool is_person(struct view name, void *arg)
{
	(void)arg;
	return view_ieqs(name, "ann") || view_ieqs(name, "\u00e9va") ||
	       view_ieqs(name, "x[1]");
}

static void assert_spare(const char *text, const char *spared)
{
	struct buf b = { 0 };

	mention_spare(&b, view_str(text), is_person, NULL);
	assert_string_equal(buf_str(&b), spared);
	buf_free(&b);
}

static void a_few_are_called(void **state)
{
	(void)state;
	assert_spare("", "");
	assert_spare("  ", "  ");
	assert_spare("ann: hi", "ann: hi");
	assert_spare("@ann, \u00e9va! x[1]? ann. ANN",
		     "@ann, \u00e9va! x[1]? ann. ANN");
}

static void not_all_of_them(void **state)
{
	(void)state;
	assert_spare("ann ann ann ann ann ann \u00e9va,x[1]\nbob",
		     "ann ann ann ann ann a\u200bnn \u00e9\u200bva,"
		     "x\u200b[1]\nbob");
	/* parts of words are nobody */
	assert_spare("@ann:ann/ann=ann*ann*anna joann <ann>",
		     "@ann:ann/ann=ann*ann*anna joann <a\u200bnn>");
	assert_spare("ann ann ann ann ann \xff ann",
		     "ann ann ann ann ann \xff a\u200bnn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_few_are_called),
		TEST(not_all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
