/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the loop drives libstrophe. It has no descriptor and no timeout to
 * wait for, so: the sockets are watched through duplicates, and a tick of
 * 250 ms sends what the library queued by itself while it read (its own
 * queue shows only our stanzas).
 */
#include <sys/resource.h>

#include "account.h"
#include "clock.h"
#include "guard.h"
#include "jab.h"
#include "mem.h"

enum {
	TICK_MS = 250,
	/* A TLS record of 16 KiB inside OpenSSL gives no event, and a turn
	 * reads 4 KiB of it; the last turn sends. */
	PUMP_TURNS = 6,
	STOP_TURNS = 3,
	/* select() in libstrophe ends the process at descriptor 1,024. */
	FDS_MAX = 1000,
	/* It recurses over nested elements, as deep as the quota allows. */
	STACK_MAX = 128 * 1024 * 1024,
};

static void turn(struct jab *j)
{
	int fds[GUARD_FDS_MAX];
	size_t count = account_login_fds(j, fds, GUARD_FDS_MAX);

	guard_begin(fds, count);
	j->inside = true;
	xmpp_run_once(j->ctx, 0);
	j->inside = false;
	account_sample(j, guard_end());
}

static void reap(struct jab *j)
{
	while (j->dead_count) {
		struct jab_conn *c = j->dead[--j->dead_count];

		xmpp_conn_release(c->conn);
		mem_free(c);
		j->conns--;
	}
}

/* Says goodbye, and gives what it can of it to the kernel. */
static void finish(struct jab *j)
{
	account_logout_all(j);
	for (int i = 0; i < STOP_TURNS && j->conns; i++)
		turn(j);
	account_free_all(j);
	reap(j);
	wheel_stop(loop_wheel(j->loop), &j->tick);
	loop_undefer(j->loop, &j->pump);
	xmpp_ctx_free(j->ctx);
	xmpp_shutdown();
	dns_free(j->dns);
	mem_free(j->dead);
	htable_free(&j->accounts);
	htable_free(&j->rooms);
	worker_done(j->worker);
}

static void on_tick(struct wtimer *t);

static void pump(void *arg)
{
	struct jab *j = arg;

	for (int i = 0; i < PUMP_TURNS && j->conns && !j->stopping; i++)
		turn(j);
	if (j->stopping) {
		finish(j);
		return;
	}
	reap(j);
	account_work(j);
	if (j->conns && !wtimer_running(&j->tick))
		wheel_start(loop_wheel(j->loop), &j->tick, TICK_MS, on_tick);
}

static void on_tick(struct wtimer *t)
{
	pump(CONTAINER(t, struct jab, tick));
}

void jab_poke(struct jab *j)
{
	loop_defer(j->loop, &j->pump);
}

struct jab_conn *jab_conn_new(struct jab *j, struct account *a)
{
	struct jab_conn *c = mem_zalloc(sizeof(*c));

	c->conn = xmpp_conn_new(j->ctx);
	c->account = a;
	j->conns++;
	return c;
}

void jab_bury(struct jab *j, struct jab_conn *c)
{
	c->account = NULL;
	j->dead = mem_array(j->dead, j->dead_count + 1, sizeof(*j->dead));
	j->dead[j->dead_count++] = c;
	jab_poke(j);
}

struct view jab_id(char dst[20], char letter, uint64_t n)
{
	struct buf b = { 0 };

	buf_addc(&b, letter);
	buf_add_hex(&b, n);
	view_copy(dst, 20, buf_view(&b));
	buf_free(&b);
	return view_str(dst);
}

static void lower(int resource, rlim_t max)
{
	struct rlimit r;

	if (getrlimit(resource, &r) || r.rlim_cur <= max)
		return;
	r.rlim_cur = max;
	setrlimit(resource, &r);
}

static void set_limits(void)
{
	struct rlimit r;

	lower(RLIMIT_NOFILE, FDS_MAX);
	if (getrlimit(RLIMIT_STACK, &r) || r.rlim_cur >= STACK_MAX)
		return;
	r.rlim_cur = r.rlim_max < STACK_MAX ? r.rlim_max : STACK_MAX;
	setrlimit(RLIMIT_STACK, &r);
}

int jab_start(struct jab *j, struct worker *w, struct loop *l)
{
	int err;

	*j = (struct jab){ .worker = w, .loop = l };
	j->pump.h = pump;
	j->pump.arg = j;
	list_init(&j->waiting);
	list_init(&j->logins);
	set_limits();
	err = dns_new(&j->dns, l);
	if (err)
		return err;
	xmpp_initialize();
	account_setup(j);
	quota_init(&j->quota, QUOTA_MAX, quota_end_process);
	/* No log object: with one, each line of each stanza is formatted,
	 * passwords among them, before anybody looks at its level. */
	j->ctx = xmpp_ctx_new(&j->quota.mem, NULL);
	return 0;
}

void jab_stop(struct jab *j)
{
	j->stopping = true;
	if (!j->inside)
		finish(j);
}
