/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets at rest: what opens, what must not, and the key's file. */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static const uint8_t key_a[SEAL_KEY] = "the first key of the two, abcde";
static const uint8_t key_b[SEAL_KEY] = "and the other one, 123456789012";

static const struct view alice[] = { VIEW("xmpp"), VIEW("sip:alice@x.org"),
				     VIEW("alice@y.org") };
static const struct view bob[] = { VIEW("xmpp"), VIEW("sip:bob@x.org"),
				   VIEW("alice@y.org") };

static char dir[64], path[96];

static void assert_opens(const struct seal *s, const struct view *parts,
			 size_t count, struct view sealed, const char *secret)
{
	struct buf out = { 0 };

	assert_int_equal(seal_open(&out, s, parts, count, sealed), 0);
	assert_int_equal(out.n, strlen(secret));
	assert_string_equal(buf_str(&out), secret);
	seal_wipe(&out);
	assert_null(out.p);
}

static void assert_shut(const struct seal *s, const struct view *parts,
			size_t count, struct view sealed, int err)
{
	struct buf out = { 0 };

	assert_int_equal(seal_open(&out, s, parts, count, sealed), err);
	assert_int_equal(out.n, 0);
	assert_true(strlen(seal_why(err)) > 5);
	seal_wipe(&out);
}

static void it_opens_for_what_it_was_sealed_for(void **state)
{
	static const char *const secrets[] = { "", "x", "secret",
					       "p\xc3\xa4ss w\xc3\xb6rd" };
	struct seal *s = seal_of(key_a), *again = seal_of(key_a);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct buf b = { 0 };

		assert_int_equal(seal_shut(&b, s, alice, 3,
					   view_str(secrets[i])), 0);
		assert_true(b.n <= SEAL_TEXT_MAX);
		assert_true(view_starts(buf_view(&b), VIEW("s1:")));
		assert_false(view_has(buf_view(&b), ' '));
		assert_opens(again, alice, 3, buf_view(&b), secrets[i]);
		assert_shut(s, bob, 3, buf_view(&b), EBADMSG);
		assert_shut(s, alice, 2, buf_view(&b), EBADMSG);
		buf_free(&b);
	}
	mem_deref(s);
	mem_deref(again);
}

/* "ab","c" is not "a","bc"; nor is a part that is empty none. */
static void parts_do_not_run_together(void **state)
{
	const struct view one[] = { VIEW("ab"), VIEW("c") };
	const struct view two[] = { VIEW("a"), VIEW("bc") };
	const struct view three[] = { VIEW("ab"), VIEW("c"), VIEW_NONE };
	struct seal *s = seal_of(key_a);
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(seal_shut(&b, s, one, 2, VIEW("secret")), 0);
	assert_shut(s, two, 2, buf_view(&b), EBADMSG);
	assert_shut(s, three, 3, buf_view(&b), EBADMSG);
	assert_opens(s, one, 2, buf_view(&b), "secret");
	buf_free(&b);
	mem_deref(s);
}

static void no_two_seals_are_the_same(void **state)
{
	struct seal *s = seal_of(key_a);
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(seal_shut(&a, s, alice, 3, VIEW("secret")), 0);
	assert_int_equal(seal_shut(&b, s, alice, 3, VIEW("secret")), 0);
	assert_int_equal(a.n, b.n);
	assert_false(view_eq(buf_view(&a), buf_view(&b)));
	assert_null(strstr(buf_str(&a), "secret"));
	buf_free(&a);
	buf_free(&b);
	mem_deref(s);
}

static void another_key_is_told_from_damage(void **state)
{
	struct seal *a = seal_of(key_a), *b = seal_of(key_b);
	struct buf text = { 0 };

	(void)state;
	assert_int_equal(seal_shut(&text, a, alice, 3, VIEW("secret")), 0);
	assert_shut(b, alice, 3, buf_view(&text), ENOKEY);
	text.p[1] = '2';
	assert_shut(a, alice, 3, buf_view(&text), ENOTSUP);
	buf_free(&text);
	mem_deref(a);
	mem_deref(b);
}

/* Each byte counts: no other text opens. */
static void no_changed_text_opens(void **state)
{
	struct seal *s = seal_of(key_a);
	struct buf text = { 0 }, out = { 0 };

	(void)state;
	assert_int_equal(seal_shut(&text, s, alice, 3, VIEW("secret!")), 0);
	for (size_t i = 0; i < text.n; i++) {
		for (int bit = 0; bit < 8; bit++) {
			text.p[i] = (char)(text.p[i] ^ 1 << bit);
			assert_int_not_equal(seal_open(&out, s, alice, 3,
						       buf_view(&text)), 0);
			text.p[i] = (char)(text.p[i] ^ 1 << bit);
		}
	}
	for (size_t n = 0; n < text.n; n++)
		assert_int_not_equal(seal_open(&out, s, alice, 3,
					       view_mem(text.p, n)), 0);
	assert_int_equal(out.n, 0);
	assert_opens(s, alice, 3, buf_view(&text), "secret!");
	buf_addc(&text, '\n');
	assert_shut(s, alice, 3, buf_view(&text), EBADMSG);
	buf_free(&text);
	buf_free(&out);
	mem_deref(s);
}

static void what_is_no_sealed_text_is_refused(void **state)
{
	static const struct view bad[] = {
		VIEW(""), VIEW("secret"), VIEW(":"), VIEW("s1"), VIEW("s1:"),
		VIEW("s:x:"), VIEW("sssss1:00000000:AAAA"), VIEW("x1:0:0"),
	};
	char big[4096];
	struct seal *s = seal_of(key_a);
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_shut(s, alice, 3, bad[i], EBADMSG);
	assert_int_equal(seal_shut(&text, s, alice, 3, VIEW("x")), 0);
	memset(big, 'A', sizeof(big));
	memcpy(big, text.p, 12);
	assert_shut(s, alice, 3, view_mem(big, sizeof(big)), EBADMSG);
	assert_shut(s, alice, 3, view_mem(big, 12 + 4), EBADMSG);
	assert_shut(s, alice, 3, view_mem(big, 12), EBADMSG);
	buf_free(&text);
	mem_deref(s);
}

static void sizes_have_limits(void **state)
{
	static char big[SEAL_PART_MAX + 1];
	const struct view part = view_mem(big, sizeof(big));
	struct view many[SEAL_FOR_MAX + 1] = { { 0 } };
	struct seal *s = seal_of(key_a);
	struct buf b = { 0 };

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(seal_shut(&b, s, alice, 3,
				   view_mem(big, SEAL_SECRET_MAX + 1)),
			 EMSGSIZE);
	assert_int_equal(seal_shut(&b, s, &part, 1, VIEW("x")), EINVAL);
	assert_int_equal(seal_shut(&b, s, many, SEAL_FOR_MAX + 1, VIEW("x")),
			 EINVAL);
	assert_int_equal(b.n, 0);
	assert_int_equal(seal_shut(&b, s, alice, 3,
				   view_mem(big, SEAL_SECRET_MAX)), 0);
	assert_true(b.n <= SEAL_TEXT_MAX);
	big[SEAL_SECRET_MAX] = '\0';
	assert_opens(s, alice, 3, buf_view(&b), big);
	buf_free(&b);
	mem_deref(s);
}

/* ---- the key's file ---- */

static int make_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");

	unsetenv("CREDENTIALS_DIRECTORY");
	snprintf(dir, sizeof(dir), "%.32s/t_seal_XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/seal.key", dir);
	return test_setup(state);
}

static int drop_dir(void **state)
{
	unlink(path);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(rmdir(dir), 0); /* nothing else was left there */
	return test_teardown(state);
}

static struct seal *load(void)
{
	struct buf why = { 0 };
	struct seal *s = NULL;

	if (seal_new(&s, path, &why))
		fail_msg("%s", buf_str(&why));
	assert_int_equal(why.n, 0);
	return s;
}

static void assert_no_key(int err, const char *says)
{
	struct buf why = { 0 };
	struct seal *s = NULL;

	assert_int_equal(seal_new(&s, path, &why), err);
	assert_null(s);
	if (!strstr(buf_str(&why), says))
		fail_msg("%s", buf_str(&why));
	buf_free(&why);
}

static void put(const char *file, const void *p, size_t n, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void key_is_made_once(void **state)
{
	struct seal *first = load(), *second = load();
	struct buf text = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, SEAL_KEY);
	assert_int_equal(seal_shut(&text, first, alice, 3, VIEW("secret")), 0);
	assert_opens(second, alice, 3, buf_view(&text), "secret");
	unlink(path);
	mem_deref(second);
	second = load();
	assert_shut(second, alice, 3, buf_view(&text), ENOKEY);
	buf_free(&text);
	mem_deref(first);
	mem_deref(second);
}

/* A start that died in the middle leaves a part under the other name. */
static void key_is_made_over_what_a_crash_left(void **state)
{
	char fresh[120];

	(void)state;
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	put(fresh, "abc", 3, 0600);
	mem_deref(load());
	assert_int_equal(access(fresh, F_OK), -1);
}

static void key_that_others_can_read_is_refused(void **state)
{
	static const mode_t bad[] = { 0604, 0602, 0620, 0644, 0666 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(path, key_a, SEAL_KEY, bad[i]);
		assert_no_key(EACCES, "chmod 600");
	}
	put(path, key_a, SEAL_KEY, 0440);
	mem_deref(load());
}

/* It is not made anew: what was sealed by the old one would be lost. */
static void broken_key_is_left_alone(void **state)
{
	struct stat st;

	(void)state;
	put(path, key_a, SEAL_KEY - 1, 0600);
	assert_no_key(EINVAL, "31 bytes");
	put(path, key_a, 0, 0600);
	assert_no_key(EINVAL, "0 bytes");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_no_key(EINVAL, "plain file");
	assert_int_equal(rmdir(path), 0);
}

static void key_needs_its_folder(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/none/seal.key", dir);
	assert_no_key(ENOENT, "can't be made");
}

static void credential_goes_first(void **state)
{
	struct seal *s, *a = seal_of(key_a);
	struct buf text = { 0 };
	char file[120];

	(void)state;
	snprintf(file, sizeof(file), "%s/confab-seal", dir);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	mem_deref(load()); /* none there: the file is made */
	put(file, key_a, SEAL_KEY, 0400);
	s = load();
	assert_int_equal(seal_shut(&text, s, alice, 3, VIEW("secret")), 0);
	assert_opens(a, alice, 3, buf_view(&text), "secret");
	put(file, "short", 5, 0600);
	assert_no_key(EINVAL, "confab-seal");
	unlink(file);
	buf_free(&text);
	mem_deref(a);
	mem_deref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_opens_for_what_it_was_sealed_for, test_setup,
			test_teardown),
		cmocka_unit_test_setup_teardown(parts_do_not_run_together,
						test_setup, test_teardown),
		cmocka_unit_test_setup_teardown(no_two_seals_are_the_same,
						test_setup, test_teardown),
		cmocka_unit_test_setup_teardown(
			another_key_is_told_from_damage, test_setup,
			test_teardown),
		cmocka_unit_test_setup_teardown(no_changed_text_opens,
						test_setup, test_teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_sealed_text_is_refused, test_setup,
			test_teardown),
		cmocka_unit_test_setup_teardown(sizes_have_limits, test_setup,
						test_teardown),
		cmocka_unit_test_setup_teardown(key_is_made_once, make_dir,
						drop_dir),
		cmocka_unit_test_setup_teardown(
			key_is_made_over_what_a_crash_left, make_dir,
			drop_dir),
		cmocka_unit_test_setup_teardown(
			key_that_others_can_read_is_refused, make_dir,
			drop_dir),
		cmocka_unit_test_setup_teardown(broken_key_is_left_alone,
						make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(key_needs_its_folder, make_dir,
						drop_dir),
		cmocka_unit_test_setup_teardown(credential_goes_first,
						make_dir, drop_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
