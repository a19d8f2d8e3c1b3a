/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dedupe keys: the filter, the slots, and what a restart finds of them. */
#include <errno.h>
#include <sqlite3.h>

#include "clock.h"
#include "keys.h"
#include "store_disk.h"
#include "store_rig.h"

enum { HOUR = 60 * 60 * 1000, MINUTE = 60 * 1000 };

static const uint8_t secret[KEYS_SECRET] = "fifteen letters";
static const uint8_t other[KEYS_SECRET] = "and some others";

static uint64_t hash_of(uint64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "call-%llu", (unsigned long long)n);
	return keys_hash(secret, view_str(text));
}

static unsigned count_maybe(const struct keys *k, uint64_t hash)
{
	struct keys_span at = { 0 };
	unsigned n = 0;

	while (keys_maybe(k, hash, &at))
		n++;
	return n;
}

/* So that one is past at the time asked for. */
static void add(struct keys *k, uint64_t n, uint64_t until)
{
	keys_add(k, hash_of(n));
	assert_true(keys_slot(k, until) >= until);
}

static void filter_forgets_nothing(void **state)
{
	enum { KEYS = 20000 };
	struct keys *k = keys_new();
	uint64_t i;
	unsigned wrong = 0;

	(void)state;
	for (i = 0; i < KEYS; i++)
		add(k, i, HOUR);
	for (i = 0; i < KEYS; i++)
		assert_int_equal(count_maybe(k, hash_of(i)), 1);
	for (i = KEYS; i < 2 * KEYS; i++)
		wrong += count_maybe(k, hash_of(i));
	assert_true(wrong <= 2);
	mem_deref(k);
}

/* Half a million fill one: then it is one of 500 that is taken for another. */
static void full_generation_is_followed_by_another(void **state)
{
	enum { KEYS = 1200000 };
	struct keys *k = keys_new();
	struct keys_span at = { 0 };
	unsigned wrong = 0;
	uint64_t i;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		add(k, i, HOUR + i);
		if (i % 1000 == 999)
			keys_moved(k, 1);
	}
	for (i = 0; i < KEYS; i += 97)
		assert_true(count_maybe(k, hash_of(i)) > 0);
	for (i = KEYS; i < KEYS + 20000; i++)
		wrong += count_maybe(k, hash_of(i));
	assert_true(wrong < 20000 / 100);
	/* the oldest is in slots of its own time */
	assert_true(keys_maybe(k, hash_of(0), &at));
	assert_true(at.from <= HOUR + MINUTE && at.to < HOUR + KEYS / 2 +
							2 * MINUTE);
	keys_moved(k, 2 * (uint64_t)HOUR); /* all but the newest are past */
	assert_int_equal(count_maybe(k, hash_of(0)), 0);
	assert_int_equal(count_maybe(k, hash_of(KEYS - 1)), 1);
	mem_deref(k);
}

static void secret_makes_the_hash(void **state)
{
	struct view key = VIEW("sip:alice@h|call-1|1|tag|lobby@h");

	(void)state;
	assert_true(keys_hash(secret, key) == keys_hash(secret, key));
	assert_true(keys_hash(secret, key) != keys_hash(other, key));
	assert_true(keys_hash(secret, VIEW("")) != 0);
}

static void slot_takes_a_minute_or_many_keys(void **state)
{
	struct keys *k = keys_new();
	uint64_t first = keys_slot(k, HOUR), slot, seen = 1;
	int i;

	(void)state;
	assert_int_equal(first, HOUR + KEYS_SLOT_MS);
	assert_int_equal(keys_slot(k, HOUR + MINUTE), first);
	slot = keys_slot(k, HOUR + MINUTE + 1);
	assert_int_equal(slot, HOUR + 2 * MINUTE + 1);
	for (i = 0; i < 100000; i++) {
		uint64_t next = keys_slot(k, HOUR + MINUTE + 1);

		assert_true(next >= slot);
		assert_true(next <= HOUR + 3 * MINUTE + 1);
		seen += next != slot;
		slot = next;
	}
	assert_int_equal(seen, 100001 / 16384 + 1);
	/* a clock that was wrong and is set back */
	assert_int_equal(keys_slot(k, 1000), 1000 + KEYS_SLOT_MS);
	mem_deref(k);
}

static void what_is_spooled_is_there_once(void **state)
{
	struct keys *k = keys_new();
	uint64_t i;

	(void)state;
	assert_true(keys_spooled(k, hash_of(1)));
	assert_false(keys_spooled(k, hash_of(1)));
	assert_int_equal(count_maybe(k, hash_of(1)), 0); /* no slot has it */
	keys_slot(k, HOUR);
	keys_moved(k, 1);
	assert_int_equal(count_maybe(k, hash_of(1)), 1);
	for (i = 2; keys_spooled(k, hash_of(i)); i++)
		assert_true(i < 100000); /* it has an end, */
	assert_true(i > 8000);           /* but room for all of a spool */
	keys_moved(k, 1);
	assert_true(keys_spooled(k, hash_of(i)));
	mem_deref(k);
}

/* ---- in the data base ---- */

static void say_many(struct rig *rig, uint64_t from, uint64_t upto)
{
	char key[32];

	for (; from <= upto; from++) {
		snprintf(key, sizeof(key), "call-%llu",
			 (unsigned long long)from);
		rig_commit(rig, rig_say(rig, 1, from, key));
	}
	rig_wait(rig);
}

/* Spread over the hour: each minute has a slot of its own. */
static void key_of_any_slot_is_found(void **state)
{
	struct rig *rig = rig_new();
	char key[32];
	int i;

	(void)state;
	clock_freeze(1000, 1700000000000);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 0; i < 29; i++) {
		say_many(rig, 1 + (uint64_t)i * 5, 5 + (uint64_t)i * 5);
		clock_advance(2 * MINUTE);
		if (i % 10 == 5) {
			rig_shut(rig);
			rig_open(rig);
		}
	}
	for (i = 1; i <= 29 * 5; i += 7) {
		snprintf(key, sizeof(key), "call-%d", i);
		assert_int_equal(rig_run(rig, rig_say(rig, 1, 500, key)),
				 EEXIST);
	}
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 500, "call-500")), 0);
	clock_thaw();
	rig_free(rig);
}

static void sql(const struct rig *rig, const char *text)
{
	char path[256];
	sqlite3 *h;

	rig_path(rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
}

/* Up to version 9 the table had their texts. */
static void texts_of_older_versions_become_keys(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	clock_freeze(1000, 1700000000000);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_shut(rig);
	sql(rig, "DROP TABLE dedupe; DROP TABLE dedupe_secret;"
		 "CREATE TABLE dedupe (key TEXT PRIMARY KEY NOT NULL,"
		 " until_ms INTEGER NOT NULL) WITHOUT ROWID;"
		 "CREATE INDEX dedupe_until_idx ON dedupe (until_ms);"
		 "INSERT INTO dedupe VALUES ('call-1', 1700000001000),"
		 " ('call-2', 1700003600000), ('call-3', 1699999000000);"
		 "PRAGMA user_version = 9;");
	rig_open(rig);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, "call-1")), EEXIST);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, "call-2")), EEXIST);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, "call-3")), 0);
	clock_advance(3 * MINUTE);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 2, "call-1")), 0);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 3, "call-2")), EEXIST);
	rig_shut(rig);
	sql(rig, "CREATE TABLE dedupe_texts (x)"); /* nothing is left there */
	clock_thaw();
	rig_free(rig);
}

/* ---- as many ways as there are, one after the other ---- */

enum { NAMES = 40, TURNS = 1500, LIVES = 60 * MINUTE, SURELY = 63 * MINUTE };

static uint64_t said_at[NAMES]; /* wall time; 0: never */
static uint64_t next_seq;
static uint32_t dice;
static bool in_doubt; /* a crash would tell whether it was said */

static unsigned roll(unsigned n)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % n;
}

/* What is refused for a disk in trouble was not said. */
static void say_one(struct rig *rig, unsigned name, bool the_long_way)
{
	uint64_t now = wall_ms(), then = said_at[name];
	uint64_t age = now > then ? now - then : 0;
	struct store_txn *t;
	char key[16];
	int err;

	snprintf(key, sizeof(key), "name-%u", name);
	t = rig_say(rig, 1, next_seq++, key);
	if (the_long_way)
		store_del_member(t, 1000);
	err = rig_run(rig, t);
	in_doubt = err == EIO && fault.hits;
	if (in_doubt)
		return;
	if (then && age < LIVES)
		assert_int_equal(err, EEXIST);
	else if (!then || age > SURELY)
		assert_int_equal(err, 0);
	if (!err)
		said_at[name] = now;
}

/* With what is on the disk at this moment. */
static struct rig *kill_one(struct rig *rig)
{
	struct rig *next;

	if (in_doubt)
		return rig;
	next = rig_killed(rig);
	rig_free(rig);
	return next;
}

static struct rig *start_again(struct rig *rig)
{
	rig_shut(rig);
	rig_open(rig);
	return rig;
}

static struct rig *turn(struct rig *rig)
{
	unsigned n = roll(100);

	heal();
	if (n < 8)
		clock_advance((uint64_t)roll(12 * MINUTE));
	else if (n < 10)
		clock_freeze(1000, wall_ms() - roll(20) * 1000);
	else if (n < 12)
		rig = start_again(rig);
	else if (n < 14)
		rig = kill_one(rig);
	else if (n < 24)
		fail_call(n & 1 ? DOOR_SYNC : DOOR_LOG_WRITE, 1 + (int)roll(4),
			  n & 2);
	say_one(rig, roll(NAMES), roll(3) == 0);
	return rig;
}

static void whatever_comes_a_key_counts_once(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	dice = 20261121;
	next_seq = 1;
	memset(said_at, 0, sizeof(said_at));
	clock_freeze(1000, 1700000000000);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (int i = 0; i < TURNS; i++)
		rig = turn(rig);
	heal();
	clock_thaw();
	rig_free(rig);
	test_log_expected = test_log_errors;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(filter_forgets_nothing),
		TEST(full_generation_is_followed_by_another),
		TEST(secret_makes_the_hash),
		TEST(slot_takes_a_minute_or_many_keys),
		TEST(what_is_spooled_is_there_once),
		TEST(key_of_any_slot_is_found),
		TEST(texts_of_older_versions_become_keys),
		TEST(whatever_comes_a_key_counts_once),
	};

	return cmocka_run_group_tests(tests, disk_install, NULL);
}
