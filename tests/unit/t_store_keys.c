/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: what may be there only once. */
#include <errno.h>
#include <sqlite3.h>

#include "clock.h"
#include "keys.h"
#include "store_rig.h"

enum { HOUR_MS = 60 * 60 * 1000 };

static int put_room_as(struct rig *rig, uint64_t id, const char *name)
{
	struct store_txn *t = store_begin(rig->s);

	rig_put_room(t, id, name);
	return rig_run(rig, t);
}

static void room_name_is_unique_without_case(void **state)
{
	struct rig *rig = rig_new();
	struct store_room elsewhere = {
		.id = 4,
		.name = VIEW("lobby"),
		.domain = VIEW("other.example"),
	};
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	assert_int_equal(put_room_as(rig, 1, "Lobby"), 0);
	assert_int_equal(put_room_as(rig, 1, "lobby"), 0); /* itself */
	assert_int_equal(put_room_as(rig, 2, "lOBBY"), EEXIST);
	/* ASCII only: these two differ in the case of a-umlaut */
	assert_int_equal(put_room_as(rig, 2, "\xc3\xa4"), 0);
	assert_int_equal(put_room_as(rig, 3, "\xc3\x84"), 0);
	assert_int_equal(put_room_as(rig, 3, "LOBBY"), EEXIST);
	elsewhere.domain = VIEW("CONFAB.example");
	t = store_begin(rig->s);
	store_put_room(t, &elsewhere);
	assert_int_equal(rig_run(rig, t), EEXIST);
	elsewhere.domain = VIEW("other.example");
	t = store_begin(rig->s);
	store_put_room(t, &elsewhere);
	assert_int_equal(rig_run(rig, t), 0);
	rig_free(rig);
}

static int put_link_as(struct rig *rig, uint64_t id, uint64_t room,
		       const char *label)
{
	const struct store_link l = {
		.id = id,
		.room = room,
		.label = view_str(label),
		.target = VIEW("irc:net/#x"),
	};
	struct store_txn *t = store_begin(rig->s);

	store_put_link(t, &l);
	return rig_run(rig, t);
}

static int put_member_as(struct rig *rig, uint64_t id, uint64_t room,
			 const char *addr)
{
	const struct store_member m = {
		.id = id,
		.room = room,
		.addr = view_str(addr),
	};
	struct store_txn *t = store_begin(rig->s);

	store_put_member(t, &m);
	return rig_run(rig, t);
}

static void labels_and_addresses_are_unique(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_room(rig, 2, "hall");
	assert_int_equal(put_link_as(rig, 1, 1, "Libera"), 0);
	assert_int_equal(put_link_as(rig, 2, 2, "libera"), EEXIST);
	assert_int_equal(put_link_as(rig, 2, 2, "home"), 0);
	assert_int_equal(put_member_as(rig, 1, 1, "sip:a@h"), 0);
	assert_int_equal(put_member_as(rig, 2, 1, "sip:a@h"), EEXIST);
	assert_int_equal(put_member_as(rig, 2, 1, "sip:A@h"), 0);
	assert_int_equal(put_member_as(rig, 3, 2, "sip:a@h"), 0);
	rig_free(rig);
}

static void nothing_is_stored_for_no_room(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];

	(void)state;
	rig_open(rig);
	assert_int_equal(rig_run(rig, rig_say(rig, 9, 1, "k")), ENOENT);
	assert_int_equal(put_link_as(rig, 1, 9, "x"), ENOENT);
	assert_int_equal(put_member_as(rig, 1, 9, "sip:a@h"), ENOENT);
	assert_int_equal(rig_seqs(rig, 9, 0, 256, seqs), 0);
	rig_room(rig, 9, "lobby");
	assert_int_equal(rig_run(rig, rig_say(rig, 9, 1, "k")), 0);
	rig_free(rig);
}

/* Until its slot is past. */
static void dedupe_key_lives_an_hour(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	clock_freeze(1000, 1700000000000);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_room(rig, 2, "hall");
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, "call-1")), 0);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 2, "call-1")), EEXIST);
	assert_int_equal(rig_run(rig, rig_say(rig, 2, 1, "call-1")), EEXIST);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 2, "Call-1")), 0);
	clock_advance(HOUR_MS - 1);
	rig_shut(rig); /* it survives a restart */
	rig_open(rig);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 3, "call-1")), EEXIST);
	clock_advance(KEYS_SLOT_MS + 1);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 3, "call-1")), 0);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 4, "call-1")), EEXIST);
	clock_thaw();
	rig_free(rig);
}

/* A read brings them out of the spool. */
static int count_keys(struct rig *rig)
{
	uint64_t seqs[256];
	sqlite3_stmt *st;
	char path[256];
	sqlite3 *h;
	int n;

	rig_seqs(rig, 1, 0, 256, seqs);
	rig_path(rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, "SELECT count(*) FROM dedupe",
					    -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(h);
	return n;
}

static void say_keys(struct rig *rig, uint64_t from, size_t n)
{
	char key[32];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "key-%zu", (size_t)from + i);
		rig_commit(rig, rig_say(rig, 1, from + i, key));
	}
	rig_wait(rig);
}

static void old_keys_go_as_new_ones_come(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	clock_freeze(1000, 1700000000000);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	say_keys(rig, 1, 100);
	assert_int_equal(count_keys(rig), 100);
	clock_advance(HOUR_MS - 1);
	say_keys(rig, 101, 10);
	assert_int_equal(count_keys(rig), 110);
	clock_advance(KEYS_SLOT_MS + 1);
	/* the exact moment; others are before it in the queue to be removed */
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 111, "key-90")), 0);
	say_keys(rig, 112, 49);
	assert_int_equal(count_keys(rig), 60); /* not those that still live */
	clock_thaw();
	rig_free(rig);
}

static void dedupe_holds_within_a_group(void **state)
{
	struct rig *rig = rig_new();
	size_t i, stored = 0;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 1; i <= 50; i++)
		rig_commit(rig, rig_say(rig, 1, i, "same"));
	rig_wait(rig);
	for (i = 1; i < rig->asked; i++)
		stored += rig->errs[i] == 0;
	assert_int_equal(stored, 1);
	assert_int_equal(rig->errs[1], 0);
	assert_int_equal(rig_reload_head(rig), 1);
	rig_free(rig);
}

/* A message that is refused must not use its key up. */
static void refused_message_leaves_its_key_free(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, NULL)), 0);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, "key")), EEXIST);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 2, "key")), 0);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(room_name_is_unique_without_case),
		TEST(labels_and_addresses_are_unique),
		TEST(nothing_is_stored_for_no_room),
		TEST(dedupe_key_lives_an_hour),
		TEST(old_keys_go_as_new_ones_come),
		TEST(dedupe_holds_within_a_group),
		TEST(refused_message_leaves_its_key_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
