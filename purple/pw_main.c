/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confab-purple: accounts of libpurple's networks, for confabd. */
#include "config.h"

#include "log.h"
#include "mem.h"
#include "pw_jail.h"
#include "pw_leg.h"
#include "pw_loop.h"
#include "pw_priv.h"

/* libpurple loses a little at each login: then a new worker is cheaper. Above
 * the second one also for those who are logged in. */
#define RSS_IDLE ((size_t)128 << 20)
#define RSS_MAX	 ((size_t)256 << 20)

enum {
	BEHIND_MAX = 1024 * 1024,
	BEHIND_MS = 100,
	QUIET_MS = 10 * 1000, /* memory waits less than age does */
	LIMIT_MS = 10 * 60 * 1000,
};

static void look_at_memory(struct pw *w)
{
	const size_t rss = mem_resident();

	if (w->limit_ms || rss < RSS_IDLE ||
	    (w->seats.count && rss < RSS_MAX))
		return;
	log_warning("libpurple takes %zu MiB: a new worker takes over",
		    rss >> 20);
	worker_retiring(w->worker);
	pw_retire(w, QUIET_MS, LIMIT_MS);
}

static void on_sweep(struct wtimer *t)
{
	struct pw *w = CONTAINER(t, struct pw, sweep);

	pw_conv_sweep();
	wheel_start(loop_wheel(w->loop), &w->sweep, PW_SWEEP_MS, on_sweep);
	look_at_memory(w);
}

/* Logins have ended. */
static void on_reap(void *arg)
{
	pw_reap(arg);
	look_at_memory(arg);
}

static void retire(uint64_t quiet_ms, uint64_t limit_ms, void *arg)
{
	pw_retire(arg, quiet_ms, limit_ms);
}

static int start(struct worker *worker, struct loop *l, void *arg)
{
	struct pw *w = arg;
	int err;

	w->worker = worker;
	w->loop = l;
	w->reap.h = on_reap;
	w->reap.arg = w;
	list_init(&w->dead);
	pw_jail_close();
	err = pw_core_start(w);
	if (err)
		return err;
	wheel_start(loop_wheel(l), &w->sweep, PW_SWEEP_MS, on_sweep);
	return 0;
}

static void turn(struct loop *l, void *arg)
{
	const struct pw *w = arg;
	static bool attached;

	if (!attached)
		pw_loop_attach(l);
	attached = true;
	/* While confabd is behind the networks are not read. */
	if (w->worker && worker_behind(w->worker) > BEHIND_MAX)
		loop_turn(l, BEHIND_MS);
	else
		g_main_context_iteration(NULL, TRUE);
}

static void account(uint32_t id, const struct wire_msg *m, void *arg)
{
	pw_reap(arg);
	(void)pw_seat_new(arg, id, m, true);
}

static void seat_end(uint32_t id, void *arg)
{
	pw_seat_end(pw_seat_find(arg, id));
}

static void session(uint32_t id, const struct wire_msg *m, void *arg)
{
	pw_reap(arg);
	pw_seat_login(pw_seat_new(arg, id, m, false));
}

static void send_one(uint32_t id, uint64_t tag, struct view parcel, void *arg)
{
	struct pw_seat *s;
	struct purp p;

	pw_reap(arg);
	s = pw_seat_find(arg, id);
	/* Lost just now: confabd will have heard that. */
	if (!s)
		return;
	if (purp_get(&p, parcel)) {
		log_error("purple %s: no parcel of confabd's", s->label);
		pw_sent(s, tag, PARCEL_NEVER, "nonsense");
		return;
	}
	pw_do(s, &p, tag);
}

static void join(uint32_t id, const struct worker_join *join, void *arg)
{
	struct pw *w = arg;
	struct pw_seat *s;

	pw_reap(w);
	s = pw_seat_find(w, id);
	if (s && s->is_account)
		pw_room_join(s, join->leg, join->place, join->nick,
			     join->key);
	else
		worker_lost(w->worker, join->leg, GONE_CONFIG,
			    VIEW("there is no such account"));
}

static void part(uint64_t leg, struct view reason, void *arg)
{
	struct pw_room *r;

	(void)reason;
	pw_reap(arg);
	r = pw_room_leg(arg, leg);
	if (r)
		pw_room_part(r, true);
}

static void say(const struct worker_say *say, void *arg)
{
	pw_reap(arg);
	pw_leg_say(arg, say);
}

static void stop(void *arg)
{
	struct pw *w = arg;

	wheel_stop(loop_wheel(w->loop), &w->sweep);
	pw_retire_stop(w);
	pw_seats_stop(w);
	loop_undefer(w->loop, &w->reap);
	worker_done(w->worker);
}

int main(void)
{
	static const struct worker_ops ops = {
		.start = start,
		.account = account,
		.account_del = seat_end,
		.join = join,
		.part = part,
		.say = say,
		.session = session,
		.session_end = seat_end,
		.send = send_one,
		.retire = retire,
		.turn = turn,
		.stop = stop,
	};
	static struct pw w;

	pw_jail_early();
	return worker_main("confab-purple", &ops, &w);
}
