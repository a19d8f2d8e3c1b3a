/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of people while the disk takes some changes and refuses others; the
 * store is the test's. */
#include <errno.h>
#include <stdlib.h>

#include "buddies.h"
#include "buf.h"
#include "events.h"
#include "mapped.h"
#include "mem.h"
#include "test.h"

#define ALICE VIEW("sip:alice@x.example")
#define BOB VIEW("sip:bob@x.example")
#define CAROL VIEW("sip:carol@x.example")
#define DAVE VIEW("sip:dave@x.example")

enum { WRITES = 8 };

struct store_txn {
	struct buf row;
	store_done_h *doneh;
	void *arg;
};

static struct store_txn writes[WRITES];
static size_t begun, settled;
static struct buf disk, shown;
static size_t told, answers;
static int last_err;

struct store_txn *store_begin(struct store *s)
{
	(void)s;
	assert_true(begun < WRITES);
	return &writes[begun++];
}

void store_put_kept(struct store_txn *t, const struct store_kept *k)
{
	assert_true(view_eq(k->key, ALICE));
	buf_addv(&t->row, k->value);
}

void store_del_kept(struct store_txn *t, struct view network, struct view key)
{
	(void)network;
	assert_true(view_eq(key, ALICE));
	buf_clear(&t->row);
}

void store_commit(struct store_txn *t, store_done_h *doneh, void *arg)
{
	t->doneh = doneh;
	t->arg = arg;
}

void sip_list_changed(struct sip *s, struct view watcher, struct view resource)
{
	(void)s;
	assert_true(view_eq(watcher, ALICE));
	assert_true(view_eq(resource, VIEW("sip:buddies@x.example")));
	told++;
}

int imc_add_command(struct imc *i, const struct imc_command *c)
{
	(void)i;
	(void)c;
	return 0;
}

/* Nobody chats here. */
void imc_ask_answer(const struct ask *a, int status, struct view text)
{
	(void)a;
	(void)status;
	(void)text;
	abort();
}

const struct addr *imc_ask_user(const struct ask *a)
{
	(void)a;
	abort();
}

int sip_uri_parse(struct sip_uri *out, struct view text)
{
	(void)out;
	(void)text;
	abort();
}

int mapped_address(const struct hub *h, const struct sip_uri *uri,
		   struct buf *out)
{
	(void)h;
	(void)uri;
	(void)out;
	abort();
}

/* What the disk says of the next write. */
static void settle(int err)
{
	struct store_txn *t = &writes[settled++];

	assert_true(settled <= begun);
	if (!err) {
		buf_clear(&disk);
		buf_addv(&disk, buf_view(&t->row));
	}
	buf_free(&t->row);
	if (t->doneh)
		t->doneh(err, t->arg);
}

static void on_done(int err, void *arg)
{
	(void)arg;
	last_err = err;
	answers++;
}

static struct buddies *b;

static void start(void)
{
	begun = settled = told = answers = 0;
	assert_int_equal(buddies_new(&b, NULL, NULL, NULL, "x.example"), 0);
	buddies_set_sip(b, (struct sip *)(void *)&disk);
}

static void stop(void)
{
	buddies_free(b);
	buf_free(&disk);
	buf_free(&shown);
}

static int put(struct view who, bool on)
{
	return buddies_put(b, ALICE, who, on, on_done, NULL);
}

static void has(const char *list)
{
	buf_clear(&shown);
	assert_true(buddies_list(b, ALICE, VIEW("sip:buddies@x.example"),
				 &shown));
	assert_string_equal(buf_str(&shown), list);
}

static void disk_has(const char *list)
{
	assert_int_equal(settled, begun);
	assert_string_equal(buf_str(&disk), list);
}

#define B "sip:bob@x.example\n"
#define C "sip:carol@x.example\n"
#define D "sip:dave@x.example\n"

static void once_it_is_on_the_disk(void **state)
{
	(void)state;
	start();
	assert_int_equal(put(BOB, true), 0);
	has("");
	assert_int_equal(put(BOB, true), EEXIST);
	assert_int_equal(put(CAROL, false), ENOENT);
	assert_int_equal(told, 0);
	settle(0);
	assert_int_equal(told, 1);
	has(B);
	assert_int_equal(put(BOB, false), 0);
	has(B);
	settle(EIO);
	assert_int_equal(last_err, EIO);
	assert_int_equal(told, 1);
	has(B);
	disk_has(B);
	assert_int_equal(put(BOB, false), 0);
	settle(0);
	has("");
	disk_has("");
	stop();
}

/* The later ones have written what was refused: it goes again. */
static void one_of_many_fails(void **state)
{
	(void)state;
	start();
	assert_int_equal(put(BOB, true), 0);
	assert_int_equal(put(CAROL, true), 0);
	assert_int_equal(put(BOB, false), 0);
	assert_int_equal(put(DAVE, true), 0);
	settle(0);
	settle(ENOSPC);
	has(B);
	settle(0);
	settle(0);
	has(D);
	assert_string_equal(buf_str(&disk), C D);
	settle(0);
	disk_has(D);
	assert_int_equal(answers, 4);
	stop();
}

static void all_fail(void **state)
{
	(void)state;
	start();
	assert_int_equal(put(BOB, true), 0);
	assert_int_equal(put(CAROL, true), 0);
	settle(ENOSPC);
	settle(ENOSPC);
	has("");
	assert_int_equal(settled, begun);
	assert_int_equal(put(BOB, true), 0);
	settle(0);
	has(B);
	disk_has(B);
	stop();
}

/* He goes, or all ends, before the disk has answered. */
static void forgotten_meanwhile(void **state)
{
	(void)state;
	start();
	assert_int_equal(put(BOB, true), 0);
	buddies_forget(b, ALICE);
	settle(0);
	settle(0);
	assert_int_equal(answers, 1);
	has("");
	disk_has("");
	assert_int_equal(put(CAROL, true), 0);
	stop();
	writes[2].doneh(ESHUTDOWN, writes[2].arg);
	buf_free(&writes[2].row);
	assert_int_equal(answers, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(once_it_is_on_the_disk),
		TEST(one_of_many_fails),
		TEST(all_fail),
		TEST(forgotten_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
