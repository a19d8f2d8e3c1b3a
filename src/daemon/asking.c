/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions in a bucket for each watcher, and in a line behind it. */
#include "asking.h"

#include "bucket.h"
#include "clock.h"
#include "consent.h"
#include "events.h"
#include "log.h"
#include "mem.h"

enum { HOUR_MS = 3600 * 1000, LOOK_MS = 30 * 1000,
       LOG_MS = 60 * 1000 };

static const struct bucket_rate rate = {
	.count = ASKING_HOUR,
	.per_ms = HOUR_MS,
	.burst = ASKING_HOUR,
};

/* A question that waits. */
struct question {
	struct lnode node;
	struct addr *user; /* ref */
};

struct asker {
	struct hnode by_watcher;
	struct addr *watcher; /* ref */
	struct bucket bucket;
	struct list left;     /* owns struct question; the oldest first */
	uint64_t told_ms;     /* monotonic: that they wait; 0: never */
};

struct asking {
	struct hub *hub;       /* borrowed */
	struct sip *sip;       /* borrowed */
	struct wheel *wheel;   /* borrowed */
	const char *package;
	struct addr *manager;  /* ref */
	struct htable askers;  /* owned */
	struct wtimer timer;
	uint64_t logged_ms;    /* monotonic; 0: never */
};

/* ---- who asks ---- */

static struct asker *asker_find(const struct asking *a,
				const struct addr *watcher)
{
	struct hnode *n = htable_find(&a->askers, watcher->hash);

	while (n && !addr_eq(CONTAINER(n, struct asker, by_watcher)->watcher,
			     watcher))
		n = htable_more(n);
	return n ? CONTAINER(n, struct asker, by_watcher) : NULL;
}

static void on_timer(struct wtimer *t);

static void look_later(struct asking *a)
{
	if (a->askers.count && !wtimer_running(&a->timer))
		wheel_start(a->wheel, &a->timer, LOOK_MS, on_timer);
}

/* NULL: there are too many. */
static struct asker *asker_get(struct asking *a, struct addr *watcher)
{
	struct asker *as = asker_find(a, watcher);

	if (as || a->askers.count >= ASKING_WATCHERS)
		return as;
	as = mem_zalloc(sizeof(*as));
	as->watcher = mem_ref(watcher);
	list_init(&as->left);
	htable_add(&a->askers, &as->by_watcher, watcher->hash);
	look_later(a);
	return as;
}

static void question_free(struct asker *as, struct question *q)
{
	list_remove(&as->left, &q->node);
	mem_deref(q->user);
	mem_free(q);
}

static void asker_drop(struct asker *as)
{
	struct lnode *n, *nx;

	LIST_EACH (&as->left, n, nx)
		question_free(as, CONTAINER(n, struct question, node));
}

static void asker_free(struct asker *as)
{
	asker_drop(as);
	mem_deref(as->watcher);
	mem_free(as);
}

/* ---- asking ---- */

/* False: it has to wait, for the watcher's sake or for the user's. */
static bool ask(struct asking *a, struct asker *as, struct addr *user)
{
	if (consent_of(a->hub, user, as->watcher) != CONSENT_NONE)
		return true;
	if (!bucket_take(&as->bucket, &rate, now_ms()))
		return false;
	if (!consent_ask(a->hub, user, as->watcher, a->manager))
		return true;
	bucket_give(&as->bucket, &rate);
	return false;
}

static bool is_waiting(const struct asker *as, const struct addr *user)
{
	struct lnode *n, *nx;

	LIST_EACH (&as->left, n, nx)
		if (addr_eq(CONTAINER(n, struct question, node)->user, user))
			return true;
	return false;
}

static void wait(struct asker *as, struct addr *user)
{
	struct question *q;

	if (as->left.count >= ASKING_LEFT || is_waiting(as, user))
		return;
	q = mem_zalloc(sizeof(*q));
	q->user = mem_ref(user);
	list_append(&as->left, &q->node);
}

/* Once in an hour; a watcher of another domain has no inbox here. */
static void tell(const struct asking *a, struct asker *as)
{
	struct buf text = { 0 };
	struct hub_say say = { .from = a->manager, .kind = MSG_TEXT };
	uint64_t now = now_ms();

	if ((as->told_ms && as->told_ms + HOUR_MS > now) ||
	    !hub_is_our_domain(a->hub, as->watcher->host))
		return;
	as->told_ms = now;
	buf_addf(&text, "*** You watch many who have not been asked yet "
			"whether you may. They are asked little by little, "
			"%d in an hour, while you watch them", ASKING_HOUR);
	say.text = buf_view(&text);
	(void)hub_direct(a->hub, as->watcher, &say, NULL, NULL);
	buf_free(&text);
}

/* He is asked when this one subscribes anew. */
static void tell_log(struct asking *a, const struct addr *watcher)
{
	uint64_t now = now_ms();

	if (a->logged_ms && now < a->logged_ms + LOG_MS)
		return;
	a->logged_ms = now;
	log_warning("presence: too many watchers have questions: that of "
		    "%.*s is not asked now", VIEW_ARG(watcher->text));
}

void asking_ask(struct asking *a, struct addr *user, struct addr *watcher)
{
	struct asker *as = asker_get(a, watcher);
	bool full;

	if (!as) {
		tell_log(a, watcher);
		return;
	}
	if (ask(a, as, user))
		return;
	full = bucket_wait_ms(&as->bucket, &rate, now_ms());
	wait(as, user);
	if (full)
		tell(a, as);
}

/* ---- later ---- */

/* A question that is still one, and can't be asked, keeps its place. */
static void look(struct asking *a, struct asker *as)
{
	struct lnode *n, *nx;

	LIST_EACH (&as->left, n, nx) {
		struct question *q = CONTAINER(n, struct question, node);

		if (bucket_wait_ms(&as->bucket, &rate, now_ms()))
			return;
		if (!sip_watches_of(a->sip, a->package, q->user->text,
				    as->watcher->text, NULL, 0) ||
		    ask(a, as, q->user))
			question_free(as, q);
	}
}

static bool is_idle(const struct asker *as)
{
	return list_empty(&as->left) && bucket_full(&as->bucket, now_ms());
}

static void on_timer(struct wtimer *t)
{
	struct asking *a = CONTAINER(t, struct asking, timer);
	struct asker **all = mem_array(NULL, a->askers.count + 1,
				       sizeof(struct asker *));
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;

	while ((n = htable_each(&a->askers, &pos, n)))
		all[count++] = CONTAINER(n, struct asker, by_watcher);
	for (size_t i = 0; i < count; i++) {
		look(a, all[i]);
		if (!is_idle(all[i]))
			continue;
		htable_del(&a->askers, &all[i]->by_watcher);
		asker_free(all[i]);
	}
	mem_free(all);
	look_later(a);
}

/* ---- life ---- */

struct asking *asking_new(struct loop *l, struct hub *hub, struct sip *sip,
			  const char *package, struct addr *manager)
{
	struct asking *a = mem_zalloc(sizeof(*a));

	a->hub = hub;
	a->sip = sip;
	a->wheel = loop_wheel(l);
	a->package = package;
	a->manager = mem_ref(manager);
	return a;
}

void asking_drop(struct asking *a)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&a->askers, &pos, n)))
		asker_drop(CONTAINER(n, struct asker, by_watcher));
}

void asking_quiet(struct asking *a)
{
	wheel_stop(a->wheel, &a->timer);
}

void asking_free(struct asking *a)
{
	struct hnode *n;

	if (!a)
		return;
	asking_quiet(a);
	while ((n = htable_pop(&a->askers)))
		asker_free(CONTAINER(n, struct asker, by_watcher));
	htable_free(&a->askers);
	mem_deref(a->manager);
	mem_free(a);
}
