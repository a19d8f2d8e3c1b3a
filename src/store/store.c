/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mailbox between the loop's thread and the store's. Jobs go in at one
 * end and come back, answered, at the other, in the same order.
 *
 * The thread takes what has gathered while it was busy with the commit
 * before, so groups grow with the load by themselves and a lone message
 * never waits for company: the 5 ms that the contract allows are not used.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "job.h"
#include "lock.h"
#include "log.h"
#include "mem.h"

enum {
	GROUP_MAX = 256,
	PAGE_MAX = 256,
	HISTORY_MAX = 200,
	IDLE_MS = 100, /* of quiet, before the log is tidied up */
	MOVE_S = 2,    /* nothing lies in the spool for longer */
	AGAIN_MS = 250, /* after a failure, and twice that after the next */
	AGAIN_MAX_MS = 60 * 1000,
	WHY_MAX = 240,
};

struct store {
	struct db *db;  /* owned; the thread's as long as that runs */
	int lockfd, filefd;
	store_wake_h *wakeh;
	void *arg;
	pthread_t thread;
	time_t moved_s; /* the thread's: of the last move */
	/* The thread's. What is spooled could not be moved: the pause before
	 * the next try, and when that is; 0: it could. */
	uint64_t again_ms, again_at_ms;
	_Atomic uint64_t commits;

	pthread_mutex_t lock; /* for the next five */
	pthread_cond_t more;
	struct list queue, done;
	bool stop;
	char note[WHY_MAX];   /* trouble that the log has not heard of */

	/* the loop's thread only */
	bool dispatching, closing;
	struct list gathered;
	store_wake_h *soonh;
	uint64_t submitted, answered, transactions, failed;
};

/* ---- the store's thread ---- */

/* Not the loop's: that one is not for two threads. */
static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool has_to_move(const struct store *s)
{
	return db_has_spooled(s->db) && clock_ms() >= s->again_at_ms;
}

/* When to tidy up if nothing comes; 0: there is nothing to tidy up. */
static uint64_t idle_until(const struct store *s)
{
	if (db_wal_due(s->db, false) || has_to_move(s))
		return clock_ms() + IDLE_MS;
	return db_has_spooled(s->db) ? s->again_at_ms : 0;
}

/* Call with the lock. True: nothing came for a while, so tidy up. */
static bool wait_for_work(struct store *s)
{
	uint64_t at = idle_until(s);
	struct timespec until = { .tv_sec = (time_t)(at / 1000),
				  .tv_nsec = (long)(at % 1000) * 1000000L };

	if (!at) {
		pthread_cond_wait(&s->more, &s->lock);
		return false;
	}
	return pthread_cond_timedwait(&s->more, &s->lock, &until) ==
	       ETIMEDOUT;
}

static void try_again_later(struct store *s, bool later)
{
	uint64_t ms = s->again_ms ? 2 * s->again_ms : AGAIN_MS;

	s->again_ms = !later ? 0 : ms < AGAIN_MAX_MS ? ms : AGAIN_MAX_MS;
	s->again_at_ms = later ? clock_ms() + s->again_ms : 0;
}

/* Nothing is owed to anybody here, so trouble is only told. */
static void tidy(struct store *s, bool idle)
{
	bool move = idle && has_to_move(s);
	int err = move ? db_move_alone(s->db) : 0;

	if (move)
		try_again_later(s, err);
	if (!err && db_wal_due(s->db, !idle))
		err = db_checkpoint(s->db);
	if (!err)
		return;
	pthread_mutex_lock(&s->lock);
	view_copy(s->note, sizeof(s->note), view_str(db_why(s->db)));
	pthread_mutex_unlock(&s->lock);
	s->wakeh(s->arg);
}

/* False when the store is closing and all is done. */
static bool take(struct store *s, struct list *batch)
{
	bool idle = false;

	list_init(batch);
	pthread_mutex_lock(&s->lock);
	while (list_empty(&s->queue) && !s->stop && !idle)
		idle = wait_for_work(s);
	while (!list_empty(&s->queue) && batch->count < GROUP_MAX)
		list_append(batch, list_shift(&s->queue));
	pthread_mutex_unlock(&s->lock);
	return idle || !list_empty(batch);
}

static void give_back(struct store *s, struct list *batch, bool failed)
{
	bool wake;

	pthread_mutex_lock(&s->lock);
	wake = list_empty(&s->done);
	while (!list_empty(batch))
		list_append(&s->done, list_shift(batch));
	if (failed)
		view_copy(s->note, sizeof(s->note), view_str(db_why(s->db)));
	pthread_mutex_unlock(&s->lock);
	if (wake)
		s->wakeh(s->arg);
}

/* Others who look into the data base shall not see yesterday's. */
static void move_in_time(struct store *s)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (has_to_move(s) && now.tv_sec - s->moved_s < MOVE_S)
		return;
	s->moved_s = now.tv_sec;
	if (has_to_move(s))
		tidy(s, true);
}

static void *run(void *arg)
{
	struct store *s = arg;
	struct list batch;
	bool failed;

	while (take(s, &batch)) {
		if (list_empty(&batch)) {
			tidy(s, true);
			continue;
		}
		failed = group_run(s->db, &batch);
		s->commits++;
		if (!db_has_spooled(s->db))
			try_again_later(s, false);
		give_back(s, &batch, failed);
		move_in_time(s);
		if (db_wal_due(s->db, true))
			tidy(s, false);
	}
	return NULL;
}

/* Signals are the loop's; only faults stay open, they hit who made them. */
static int start(struct store *s)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err ? EIO : 0;
}

/* ---- the loop's thread ---- */

static void store_destroy(void *obj)
{
	struct store *s = obj;

	mem_deref(s->db);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	if (s->filefd >= 0)
		close(s->filefd);
	if (s->lockfd >= 0)
		close(s->lockfd); /* last: the directory is free now */
}

static struct store *make(store_wake_h *wakeh, void *arg)
{
	struct store *s = mem_new(sizeof(*s), store_destroy);
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->more, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&s->lock, NULL);
	list_init(&s->queue);
	list_init(&s->done);
	list_init(&s->gathered);
	s->lockfd = s->filefd = -1;
	s->wakeh = wakeh;
	s->arg = arg;
	return s;
}

bool store_table_ok(struct view name)
{
	static const char *const ours[] = { "links", "messages", "dedupe",
					    "contacts", "blocks", "users",
					    "bindings", "inboxes",
					    "accounts", "visits",
					    "watches", "kept", "spool",
					    "dedupe_secret",
					    "subscriptions",
					    "publications" };

	if (!name.n || name.n > STORE_TABLE_MAX ||
	    view_istarts(name, VIEW("sqlite_")))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i], low = c | 0x20;

		if (!(low >= 'a' && low <= 'z') && c != '_' &&
		    !(i && c >= '0' && c <= '9'))
			return false;
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (view_ieqs(name, ours[i]))
			return false;
	}
	return true;
}

static int check_tables(const struct db_conf *dc, struct buf *why)
{
	if (store_table_ok(view_str(dc->rooms)) &&
	    store_table_ok(view_str(dc->members)) &&
	    !view_ieqs(view_str(dc->rooms), dc->members))
		return 0;
	buf_adds(why, "the tables of rooms and of members need names of their "
		      "own: letters, digits and _");
	return EINVAL;
}

static int open_all(struct store *s, const struct store_conf *conf,
		    struct buf *why)
{
	char *own = mem_printf("%s/confab.db", conf->dir);
	const struct db_conf dc = {
		.path = conf->file ? conf->file : own,
		.rooms = conf->rooms_table ? conf->rooms_table : "imc_rooms",
		.members = conf->members_table ? conf->members_table :
						 "imc_members",
	};
	int err = check_tables(&dc, why);

	if (!err)
		err = lock_dir(&s->lockfd, conf, why);
	if (!err && conf->file)
		err = lock_file(&s->filefd, conf, why);
	if (!err)
		err = lock_make(dc.path, why);
	if (!err)
		err = db_open(&s->db, &dc, why);
	mem_free(own);
	if (err)
		return err;
	err = start(s);
	if (err)
		buf_adds(why, "no thread for the store");
	return err;
}

int store_open_conf(struct store **sp, const struct store_conf *conf,
		    store_wake_h *wakeh, void *arg, char *why, size_t whysize)
{
	struct store *s = make(wakeh, arg);
	struct buf words;
	int err;

	buf_init(&words, 0);
	s->soonh = conf->soonh;
	err = open_all(s, conf, &words);
	if (err && whysize)
		view_copy(why, whysize,
			  view_head(buf_view(&words), whysize - 1));
	buf_free(&words);
	if (err)
		mem_deref(s);
	else
		*sp = s;
	return err;
}

int store_open(struct store **sp, const char *dir, store_wake_h *wakeh,
	       void *arg, char *why, size_t whysize)
{
	const struct store_conf conf = { .dir = dir };

	return store_open_conf(sp, &conf, wakeh, arg, why, whysize);
}

int store_load(struct store *s, const struct store_load *load)
{
	assert(!s->submitted);
	return db_load(s->db, load);
}

const char *store_why(const struct store *s)
{
	return db_why(s->db);
}

void store_flush(struct store *s)
{
	if (list_empty(&s->gathered))
		return;
	pthread_mutex_lock(&s->lock);
	while (!list_empty(&s->gathered))
		list_append(&s->queue, list_shift(&s->gathered));
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

static void refuse(struct store *s, struct job *job)
{
	job->err = ESHUTDOWN;
	pthread_mutex_lock(&s->lock);
	list_append(&s->done, &job->node);
	pthread_mutex_unlock(&s->lock);
}

static void submit(struct store *s, struct job *job)
{
	s->submitted++;
	if (s->closing) {
		refuse(s, job);
		return;
	}
	list_append(&s->gathered, &job->node);
	if (!s->soonh)
		store_flush(s);
	else if (s->gathered.count == 1)
		s->soonh(s->arg);
}

void store_commit(struct store_txn *t, store_done_h *doneh, void *arg)
{
	t->doneh = doneh;
	t->job.arg = arg;
	if (t->steps.over)
		t->job.err = EMSGSIZE;
	submit(t->store, &t->job);
}

static void page_destroy(void *obj)
{
	struct page *p = obj;

	db_page_free(&p->rows);
}

static void submit_page(struct store *s, const struct db_page *rows,
			store_msgs_h *h, void *arg)
{
	struct page *p = mem_new(sizeof(*p), page_destroy);

	p->rows = *rows;
	p->h = h;
	p->job.is_page = true;
	p->job.arg = arg;
	submit(s, &p->job);
}

void store_read(struct store *s, uint64_t room, uint64_t after, size_t max,
		store_msgs_h *h, void *arg)
{
	struct db_page rows = {
		.room = room,
		.after = after > INT64_MAX ? INT64_MAX : after,
		.max = max,
	};

	assert(max > 0 && max <= PAGE_MAX);
	submit_page(s, &rows, h, arg);
}

static uint64_t number(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : n;
}

void store_archive(struct store *s, uint64_t room,
		   const struct store_archive *a, store_msgs_h *h, void *arg)
{
	struct db_page rows = {
		.room = room,
		.after = number(a->span.after),
		.upto = number(a->span.upto),
		.since_ms = number(a->since_ms),
		.until_ms = a->until_ms ? number(a->until_ms) : INT64_MAX,
		.max = a->max,
		.history = true,
		.oldest = a->oldest,
	};

	assert(a->max > 0 && a->max <= HISTORY_MAX);
	submit_page(s, &rows, h, arg);
}

void store_history(struct store *s, uint64_t room, struct store_span span,
		   size_t max, store_msgs_h *h, void *arg)
{
	store_archive(s, room,
		      &(struct store_archive){ .span = span, .max = max }, h,
		      arg);
}

static void answer_page(struct page *p)
{
	int err = p->job.err;

	p->h(err, err ? NULL : p->rows.msgs, err ? 0 : p->rows.count,
	     p->job.arg);
	mem_deref(p);
}

static void answer_txn(struct store *s, struct store_txn *t)
{
	if (t->job.err)
		s->failed++;
	else
		s->transactions++;
	if (t->doneh)
		t->doneh(t->job.err, t->job.arg);
	mem_deref(t);
}

static void answer(struct store *s, struct job *job)
{
	s->answered++;
	if (job->is_page)
		answer_page(job_page(job));
	else
		answer_txn(s, job_txn(job));
}

/* Everything that is done, and the note, in one go. */
static void fetch(struct store *s, struct list *done, char note[WHY_MAX])
{
	list_init(done);
	pthread_mutex_lock(&s->lock);
	while (!list_empty(&s->done))
		list_append(done, list_shift(&s->done));
	memcpy(note, s->note, WHY_MAX);
	s->note[0] = '\0';
	pthread_mutex_unlock(&s->lock);
}

void store_dispatch(struct store *s)
{
	char note[WHY_MAX];
	struct list done;

	if (s->dispatching)
		return; /* a handler called: the round under way goes on */
	s->dispatching = true;
	fetch(s, &done, note);
	if (note[0])
		log_error("store: %s", note);
	while (!list_empty(&done))
		answer(s, job_of(list_shift(&done)));
	s->dispatching = false;
}

static void stop(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	assert(!s->dispatching);
	store_flush(s);
	s->closing = true; /* what handlers still want is refused */
	stop(s);
	while (s->answered < s->submitted)
		store_dispatch(s);
	mem_deref(s);
}

void store_stats(const struct store *s, struct store_stats *out)
{
	*out = (struct store_stats){
		.commits = s->commits,
		.transactions = s->transactions,
		.failed = s->failed,
		.queued = s->submitted - s->answered,
	};
}
