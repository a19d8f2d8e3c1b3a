/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop over libuv. A turn is: descriptors, signals and wake-ups as libuv
 * finds them; then the wheel; then the deferred jobs; then sleep until the
 * wheel's next timer. libuv itself sees one timer only, whose job is to end
 * the sleep.
 */
#include "loop.h"

#include <limits.h>
#include <signal.h>
#include <uv.h>

#include "clock.h"
#include "hash.h"
#include "list.h"
#include "log.h"
#include "loop_priv.h"
#include "mem.h"

/* Jobs may defer jobs; so often at most before others get their turn. */
enum { DEFER_ROUNDS = 8 };

struct loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_timer_t alarm;
	struct wheel *wheel;    /* owned */
	struct loop_idle *jobs; /* borrowed; in the order of their arming */
	struct loop_idle **jobs_end;
	struct list signals; /* owned: struct loop_sig */
	struct list ends;    /* borrowed: struct loop_end */
	uint64_t max_ms;     /* limit of this turn's sleep */
	bool dirty;
};

struct loop_watch {
	uv_poll_t poll;
	struct loop *l; /* borrowed */
	loop_fd_h *h;
	void *arg;
	int events;
};

struct loop_sig {
	uv_signal_t sig;
	struct lnode node;
	struct loop *l; /* borrowed */
	loop_signal_h *h;
	void *arg;
};

struct loop_waker {
	uv_async_t async;
	struct loop *l; /* borrowed */
	loop_h *h;
	void *arg;
};

void loop_enter(struct loop *l)
{
	wheel_touch(l->wheel, now_ms());
}


void loop_dirty(struct loop *l)
{
	l->dirty = true;
}


/* What is armed now; a mark shows where that ends, since jobs arm jobs. */
static void run_round(struct loop *l)
{
	struct loop_idle mark = { 0 }, *job;

	loop_defer(l, &mark);
	while ((job = l->jobs) != &mark) {
		loop_undefer(l, job);
		job->h(job->arg);
	}
	loop_undefer(l, &mark);
}


static void run_jobs(struct loop *l)
{
	int round;

	for (round = 0; l->jobs && round < DEFER_ROUNDS; round++)
		run_round(l);
}


static uint64_t sleep_ms(const struct loop *l)
{
	uint64_t next;

	if (l->jobs)
		return 0;
	next = wheel_next(l->wheel, now_ms());
	return next < l->max_ms ? next : l->max_ms;
}


static void on_alarm(uv_timer_t *alarm)
{
	(void)alarm;
}


/* Before the sleep. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct loop *l = prepare->data;
	uint64_t ms;

	loop_enter(l);
	run_jobs(l);
	ms = sleep_ms(l);
	if (ms == UINT64_MAX)
		uv_timer_stop(&l->alarm);
	else
		uv_timer_start(&l->alarm, on_alarm, ms, 0);
	l->dirty = false;
}


/* After the sleep and the descriptors' handlers. */
static void on_check(uv_check_t *check)
{
	struct loop *l = check->data;

	wheel_advance(l->wheel, now_ms());
	run_jobs(l);
}


/* These can't fail (libuv: they always return 0). */
static void start_handles(struct loop *l)
{
	uv_prepare_init(&l->uv, &l->prepare);
	uv_check_init(&l->uv, &l->check);
	uv_timer_init(&l->uv, &l->alarm);
	l->prepare.data = l->check.data = l->alarm.data = l;
	uv_prepare_start(&l->prepare, on_prepare);
	uv_check_start(&l->check, on_check);
}


int loop_new(struct loop **lp)
{
	struct loop *l = mem_new(sizeof(*l), NULL);
	int err = -uv_loop_init(&l->uv);

	if (err) {
		mem_deref(l);
		return err;
	}
	signal(SIGPIPE, SIG_IGN);
	l->wheel = wheel_new(now_ms());
	l->jobs_end = &l->jobs;
	l->max_ms = UINT64_MAX;
	list_init(&l->signals);
	list_init(&l->ends);
	start_handles(l);
	*lp = l;
	return 0;
}


static void on_sig_closed(uv_handle_t *h)
{
	mem_deref(h->data);
}


static void run_ends(struct loop *l)
{
	struct lnode *n;
	struct loop_end *e;

	while ((n = list_shift(&l->ends))) {
		e = CONTAINER(n, struct loop_end, node);
		e->h(e->arg);
	}
}


static void close_own(struct loop *l)
{
	struct loop_sig *s;
	struct lnode *n;

	while ((n = list_shift(&l->signals))) {
		s = CONTAINER(n, struct loop_sig, node);
		uv_close((uv_handle_t *)&s->sig, on_sig_closed);
	}
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->check, NULL);
	uv_close((uv_handle_t *)&l->alarm, NULL);
}


static void close_forgotten(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (uv_is_closing(h))
		return;
	log_error("loop: a %s was not taken down",
		  uv_handle_type_name(uv_handle_get_type(h)));
	uv_close(h, NULL);
}


void loop_free(struct loop *l)
{
	if (!l)
		return;
	run_ends(l);
	close_own(l);
	uv_walk(&l->uv, close_forgotten, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	uv_loop_close(&l->uv);
	wheel_free(l->wheel);
	mem_deref(l);
}


void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}


void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}


void loop_turn(struct loop *l, uint64_t max_ms)
{
	/* Jobs that wait already are what this turn handles. */
	if (l->jobs)
		max_ms = 0;
	l->max_ms = max_ms;
	uv_run(&l->uv, max_ms ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	l->max_ms = UINT64_MAX;
}


int loop_backend_fd(const struct loop *l)
{
	return uv_backend_fd(&l->uv);
}


int loop_backend_timeout(const struct loop *l)
{
	uint64_t ms = l->dirty ? 0 : sleep_ms(l);

	if (ms == UINT64_MAX)
		return -1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}


void *loop_uv(struct loop *l)
{
	return &l->uv;
}


static int uv_events(int events)
{
	return (events & LOOP_READ ? UV_READABLE : 0) |
	       (events & LOOP_WRITE ? UV_WRITABLE : 0);
}


static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct loop_watch *w = poll->data;
	int ready = 0;

	loop_enter(w->l);
	if (status) {
		/* An error waits at the descriptor, and libuv has stopped. The
		 * owner's next call to it tells which. */
		uv_poll_start(poll, uv_events(w->events), on_poll);
		ready = w->events;
	}
	if (events & UV_READABLE)
		ready |= LOOP_READ;
	if (events & UV_WRITABLE)
		ready |= LOOP_WRITE;
	w->h(ready, w->arg);
}


int loop_watch(struct loop_watch **wp, struct loop *l, int fd, int events,
	       loop_fd_h *h, void *arg)
{
	struct loop_watch *w = mem_new(sizeof(*w), NULL);
	int err = -uv_poll_init(&l->uv, &w->poll, fd);

	if (err) {
		mem_deref(w);
		return err;
	}
	w->poll.data = w;
	w->l = l;
	w->h = h;
	w->arg = arg;
	err = loop_rewatch(w, events);
	if (err)
		loop_unwatch(w);
	else
		*wp = w;
	return err;
}


int loop_rewatch(struct loop_watch *w, int events)
{
	if (w->events == events)
		return 0;
	w->events = events;
	loop_dirty(w->l);
	if (!events)
		return -uv_poll_stop(&w->poll);
	return -uv_poll_start(&w->poll, uv_events(events), on_poll);
}


static void on_poll_closed(uv_handle_t *h)
{
	mem_deref(h->data);
}


void loop_unwatch(struct loop_watch *w)
{
	if (!w)
		return;
	loop_dirty(w->l);
	uv_close((uv_handle_t *)&w->poll, on_poll_closed);
}


static void on_signal(uv_signal_t *sig, int signum)
{
	struct loop_sig *s = sig->data;

	loop_enter(s->l);
	s->h(signum, s->arg);
}


int loop_signal(struct loop *l, int signum, loop_signal_h *h, void *arg)
{
	struct loop_sig *s = mem_new(sizeof(*s), NULL);
	int err;

	s->l = l;
	s->h = h;
	s->arg = arg;
	s->sig.data = s;
	err = -uv_signal_init(&l->uv, &s->sig);
	if (err) {
		mem_deref(s);
		return err;
	}
	loop_dirty(l);
	err = -uv_signal_start(&s->sig, on_signal, signum);
	if (err)
		uv_close((uv_handle_t *)&s->sig, on_sig_closed);
	else
		list_append(&l->signals, &s->node);
	return err;
}


static void on_async(uv_async_t *async)
{
	struct loop_waker *w = async->data;

	loop_enter(w->l);
	w->h(w->arg);
}


int loop_waker(struct loop_waker **wp, struct loop *l, loop_h *h, void *arg)
{
	struct loop_waker *w = mem_new(sizeof(*w), NULL);
	int err;

	w->l = l;
	w->h = h;
	w->arg = arg;
	w->async.data = w;
	err = -uv_async_init(&l->uv, &w->async, on_async);
	if (err) {
		mem_deref(w);
		return err;
	}
	loop_dirty(l);
	*wp = w;
	return 0;
}


void loop_wake(struct loop_waker *w)
{
	uv_async_send(&w->async);
}


static void on_waker_closed(uv_handle_t *h)
{
	mem_deref(h->data);
}


void loop_waker_free(struct loop_waker *w)
{
	if (!w)
		return;
	loop_dirty(w->l);
	uv_close((uv_handle_t *)&w->async, on_waker_closed);
}


void loop_defer(struct loop *l, struct loop_idle *job)
{
	if (job->armed)
		return;
	job->armed = true;
	job->next = NULL;
	*l->jobs_end = job;
	l->jobs_end = &job->next;
}


void loop_undefer(struct loop *l, struct loop_idle *job)
{
	struct loop_idle **p = &l->jobs;

	if (!job->armed)
		return;
	while (*p != job)
		p = &(*p)->next;
	*p = job->next;
	if (!*p)
		l->jobs_end = p;
	job->armed = false;
}


struct wheel *loop_wheel(struct loop *l)
{
	return l->wheel;
}


void loop_at_end(struct loop *l, struct loop_end *e)
{
	list_append(&l->ends, &e->node);
}


void loop_not_at_end(struct loop *l, struct loop_end *e)
{
	list_remove(&l->ends, &e->node);
}
