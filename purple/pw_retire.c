/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Giving way to a new worker, login by login. Who leaves XMPP says so first
 * and listens on for a moment: what is sent from then on the server keeps, and
 * what was on its way is still heard.
 */
#include "clock.h"
#include "log.h"
#include "pw_priv.h"

enum {
	STEP_MS = 200,   /* the new one takes five logins a second */
	LISTEN_MS = 1000,
};

static bool is_live(const struct pw_seat *s)
{
	return s->state == PW_CONNECTING || s->state == PW_UP;
}

static bool is_quiet(const struct pw_seat *s, uint64_t now)
{
	return s->state == PW_UP && list_empty(&s->asks) &&
	       now - s->used_ms >= s->pw->quiet_ms;
}

static void say_goodbye(struct pw_seat *s)
{
	static const char gone[] = "<presence type='unavailable'/>";
	PurplePluginProtocolInfo *proto = pw_proto(s);

	if (pw_is(s, "prpl-jabber") && s->state == PW_UP && proto->send_raw)
		proto->send_raw(pw_gc(s), gone, (int)sizeof(gone) - 1);
	s->leaving_ms = now_ms();
}

static bool has_listened(const struct pw_seat *s, uint64_t now)
{
	return s->leaving_ms && (!pw_is(s, "prpl-jabber") ||
				 now - s->leaving_ms >= LISTEN_MS);
}

/* What libpurple has to say to the network comes before our words of it. */
static void let_go(struct pw_seat *s)
{
	pw_seat_blame(s, GONE_NET, VIEW("a new worker takes over"));
	if (pw_gc(s))
		purple_account_disconnect(s->account);
	pw_seat_lost(s);
}

/* At most one more is chosen each time. Returns how many are left. */
static size_t look(struct pw *w, uint64_t now)
{
	struct hnode *n = NULL;
	size_t pos = 0, left = 0;
	bool chosen = false;

	while ((n = htable_each(&w->seats, &pos, n)) != NULL) {
		struct pw_seat *s = CONTAINER(n, struct pw_seat, by_id);

		if (!is_live(s))
			continue;
		left++;
		if (has_listened(s, now)) {
			let_go(s);
		} else if (!s->leaving_ms && !chosen &&
			   (now >= w->limit_ms || is_quiet(s, now))) {
			chosen = true;
			say_goodbye(s);
		}
	}
	return left;
}

static void on_step(struct wtimer *t)
{
	struct pw *w = CONTAINER(t, struct pw, retire);

	pw_reap(w);
	if (look(w, now_ms())) {
		wheel_start(loop_wheel(w->loop), t, STEP_MS, on_step);
		return;
	}
	log_info("all logins are with others");
	worker_quit(w->worker);
}

void pw_retire(struct pw *w, uint64_t quiet_ms, uint64_t limit_ms)
{
	const uint64_t limit = now_ms() + limit_ms;

	w->quiet_ms = quiet_ms;
	if (w->limit_ms && w->limit_ms < limit)
		return;
	w->limit_ms = limit;
	wheel_start(loop_wheel(w->loop), &w->retire, 0, on_step);
}

void pw_retire_stop(struct pw *w)
{
	wheel_stop(loop_wheel(w->loop), &w->retire);
}
