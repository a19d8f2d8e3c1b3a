/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mailbox between the loop's thread and the store's (thread.c). Jobs go in
 * at one end and come back, answered, at the other, in the same order.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "log.h"
#include "mem.h"
#include "store_priv.h"

enum {
	PAGE_MAX = 256,
	HISTORY_MAX = 200,
};

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
	err = store_thread_start(s);
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
static void fetch(struct store *s, struct list *done, char note[STORE_WHY_MAX])
{
	list_init(done);
	pthread_mutex_lock(&s->lock);
	while (!list_empty(&s->done))
		list_append(done, list_shift(&s->done));
	memcpy(note, s->note, STORE_WHY_MAX);
	s->note[0] = '\0';
	pthread_mutex_unlock(&s->lock);
}

void store_dispatch(struct store *s)
{
	char note[STORE_WHY_MAX];
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
