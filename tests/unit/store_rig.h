/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store in a directory of its own, and how to wait for its answers: the
 * wake handler writes to an eventfd, the test polls it.
 */
#ifndef CONFAB_STORE_RIG_H
#define CONFAB_STORE_RIG_H

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"
#include "test.h"

enum { RIG_PATIENCE_MS = 30000, RIG_ERRS = 4096 };

struct rig {
	struct store *s;
	char dir[200];
	char why[512];
	int fd;
	size_t asked, heard;
	int errs[RIG_ERRS]; /* answers in the order of asking; -1: none yet */
	size_t order[RIG_ERRS];
};

/* What a handler needs to know: which question it answers. */
struct rig_ask {
	struct rig *rig;
	size_t n;
};

static inline void rig_wake(void *arg)
{
	const struct rig *rig = arg;
	uint64_t one = 1;

	if (write(rig->fd, &one, sizeof(one)) != sizeof(one))
		abort();
}

static inline int rig_try_open(struct rig *rig)
{
	return store_open(&rig->s, rig->dir, rig_wake, rig, rig->why,
			  sizeof(rig->why));
}

static inline void rig_open(struct rig *rig)
{
	rig->why[0] = '\0';
	assert_int_equal(rig_try_open(rig), 0);
	assert_string_equal(rig->why, "");
}

/* In a directory that does not exist yet. */
static inline struct rig *rig_new(void)
{
	struct rig *rig = mem_zalloc(sizeof(*rig));
	const char *tmp = getenv("TMPDIR");

	snprintf(rig->dir, sizeof(rig->dir), "%s/t_store_XXXXXX",
		 tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(rig->dir));
	assert_int_equal(rmdir(rig->dir), 0);
	rig->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(rig->fd >= 0);
	return rig;
}

static inline void rig_shut(struct rig *rig)
{
	store_close(rig->s);
	rig->s = NULL;
}

static inline int rig_unlink(const char *path, const struct stat *st, int flag,
			     struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void rig_free(struct rig *rig)
{
	rig_shut(rig);
	close(rig->fd);
	nftw(rig->dir, rig_unlink, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(rig);
}

static inline void rig_path(const struct rig *rig, const char *name,
			    char out[256])
{
	snprintf(out, 256, "%s/%s", rig->dir, name);
}

static inline void rig_note(struct rig_ask *ask, int err)
{
	struct rig *rig = ask->rig;

	rig->errs[ask->n] = err;
	rig->order[rig->heard++] = ask->n;
	free(ask);
}

static inline void rig_done(int err, void *arg)
{
	rig_note(arg, err);
}

static inline struct rig_ask *rig_ask(struct rig *rig)
{
	struct rig_ask *ask = malloc(sizeof(*ask));

	assert_non_null(ask);
	assert_true(rig->asked < RIG_ERRS);
	ask->rig = rig;
	ask->n = rig->asked++;
	rig->errs[ask->n] = -1;
	return ask;
}

/* Its answer will be in errs[] at the number returned. */
static inline size_t rig_commit(struct rig *rig, struct store_txn *t)
{
	struct rig_ask *ask = rig_ask(rig);
	size_t n = ask->n;

	store_commit(t, rig_done, ask);
	return n;
}

/* Until everything asked was answered. */
static inline void rig_wait(struct rig *rig)
{
	struct pollfd p = { .fd = rig->fd, .events = POLLIN };
	uint64_t n;

	while (rig->heard < rig->asked) {
		assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1);
		assert_int_equal(read(rig->fd, &n, sizeof(n)), sizeof(n));
		store_dispatch(rig->s);
	}
}

static inline int rig_run(struct rig *rig, struct store_txn *t)
{
	size_t n = rig_commit(rig, t);

	rig_wait(rig);
	return rig->errs[n];
}

static inline void rig_put_room(struct store_txn *t, uint64_t id,
				const char *name)
{
	const struct store_room r = {
		.id = id,
		.name = view_str(name),
		.domain = VIEW("confab.example"),
	};

	store_put_room(t, &r);
}

static inline void rig_room(struct rig *rig, uint64_t id, const char *name)
{
	struct store_txn *t = store_begin(rig->s);

	rig_put_room(t, id, name);
	assert_int_equal(rig_run(rig, t), 0);
}

static inline struct store_msg rig_msg(uint64_t room, uint64_t seq,
				       const char *text)
{
	return (struct store_msg){
		.room = room,
		.seq = seq,
		.id = room * 1000000 + seq,
		.from = VIEW("sip:alice@confab.example"),
		.name = VIEW("alice"),
		.text = view_str(text),
		.time_ms = 1000 + seq,
	};
}

static inline struct store_txn *rig_say(struct rig *rig, uint64_t room,
					uint64_t seq, const char *dedupe)
{
	struct store_txn *t = store_begin(rig->s);
	struct store_msg m = rig_msg(room, seq, "hello");

	m.dedupe = view_str(dedupe);
	store_put_msg(t, &m);
	return t;
}

/* The numbers of the messages after "after", as one page has them. */
struct rig_seqs {
	struct rig *rig;
	struct rig_ask *ask;
	uint64_t *seqs;
	size_t count;
};

static inline void rig_on_seqs(int err, const struct store_msg *msgs,
			       size_t count, void *arg)
{
	struct rig_seqs *out = arg;
	size_t i;

	for (i = 0; i < count; i++)
		out->seqs[i] = msgs[i].seq;
	out->count = count;
	rig_note(out->ask, err);
}

static inline size_t rig_seqs(struct rig *rig, uint64_t room, uint64_t after,
			      size_t max, uint64_t seqs[256])
{
	struct rig_seqs out = { rig, rig_ask(rig), seqs, 0 };
	size_t n = out.ask->n;

	store_read(rig->s, room, after, max, rig_on_seqs, &out);
	rig_wait(rig);
	assert_int_equal(rig->errs[n], 0);
	return out.count;
}

static inline void rig_on_head(const struct store_room *r, void *arg)
{
	uint64_t *head = arg;

	*head = r->head;
}

/* The head of the only room, after closing and opening again. */
static inline uint64_t rig_reload_head(struct rig *rig)
{
	uint64_t head = UINT64_MAX;
	const struct store_load load = { .room = rig_on_head, .arg = &head };

	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(store_load(rig->s, &load), 0);
	return head;
}

static inline void rig_copy(const struct rig *from, const struct rig *to,
			    const char *name)
{
	char path[256], bytes[4096];
	FILE *src, *dst;
	size_t n;

	rig_path(from, name, path);
	src = fopen(path, "r");
	rig_path(to, name, path);
	dst = fopen(path, "w");
	assert_non_null(src);
	assert_non_null(dst);
	while ((n = fread(bytes, 1, sizeof(bytes), src)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, dst), n);
	fclose(src);
	assert_int_equal(fclose(dst), 0);
}

/* What a store finds that starts after this one was killed. */
static inline struct rig *rig_killed(const struct rig *rig)
{
	struct rig *next = rig_new();

	assert_int_equal(mkdir(next->dir, 0700), 0);
	rig_copy(rig, next, "confab.db");
	rig_copy(rig, next, "confab.db-wal");
	rig_copy(rig, next, "confab.db-spool");
	rig_open(next);
	return next;
}

#endif
