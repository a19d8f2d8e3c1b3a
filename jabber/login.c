/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An account's connection: made, up, lost.
 *
 * Stream management (XEP-0198) is not used: rooms are joined anew after a
 * loss anyway, what a room reflected is known to be delivered, and a session
 * that sleeps on the server would be a ghost in them.
 */
#include "account_priv.h"
#include "clock.h"
#include "route.h"

enum {
	LOGIN_MS = 30000,
	BEHIND_MAX = 1024 * 1024, /* what confabd has not taken yet */
	SLOW_MS = 20,
};

void login_drop(struct account *a)
{
	turn_end(a->jab, &a->turn);
	wheel_stop(loop_wheel(a->jab->loop), &a->timer);
	wheel_stop(loop_wheel(a->jab->loop), &a->linger);
	wheel_stop(loop_wheel(a->jab->loop), &a->slow);
	a->front = front_close(a->front);
	account_set_state(a, ACCOUNT_OFF);
}

static void on_up(struct view own, void *arg)
{
	account_went_online(arg, own);
}

static void on_slow(struct wtimer *t)
{
	struct account *a = CONTAINER(t, struct account, slow);

	if (worker_behind(a->jab->worker) < BEHIND_MAX / 2)
		front_pause(a->front, false);
	else
		wheel_start(loop_wheel(a->jab->loop), t, SLOW_MS, on_slow);
}

static void check_pace(struct account *a)
{
	if (worker_behind(a->jab->worker) < BEHIND_MAX ||
	    wtimer_running(&a->slow))
		return;
	front_pause(a->front, true);
	wheel_start(loop_wheel(a->jab->loop), &a->slow, SLOW_MS, on_slow);
}

static void on_stanza(xmpp_stanza_t *s, void *arg)
{
	struct account *a = arg;

	check_pace(a);
	a->heard_at = now_ms();
	a->ping_at = 0;
	route_in(a, s);
}

static void on_lost(enum worker_lost why, struct view words, void *arg)
{
	account_end(arg, why, words);
}

static const struct front_ops ops = { .up = on_up,
				      .stanza = on_stanza,
				      .lost = on_lost };

static void on_login_limit(struct wtimer *t)
{
	account_end(CONTAINER(t, struct account, timer), GONE_NET,
		    VIEW("the login took longer than 30 seconds"));
}

void login_begin(struct turn *t)
{
	struct account *a = CONTAINER(t, struct account, turn);
	struct front_conf conf = {
		.loop = a->jab->loop,
		.dns = a->jab->dns,
		.ctx = a->jab->ctx,
		.leaving = &a->jab->leaving,
	};
	char why[256];

	account_set_state(a, ACCOUNT_LOGIN);
	if (creds_front(&conf, &a->creds, &a->jab->trust, why, sizeof(why))) {
		account_end(a, GONE_CONFIG, view_str(why));
		return;
	}
	wheel_start(loop_wheel(a->jab->loop), &a->timer, LOGIN_MS,
		    on_login_limit);
	a->front = front_new(&conf, &ops, a);
}
