/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A turn of the loop serves no more than takes it some milliseconds. When the
 * disk is behind, what waits does so here, where its order can still be
 * chosen; and what waited too long will be sent again anyway (Timer E is at
 * 500 ms then), so it goes. Meanwhile the sockets are looked at now and then
 * only: to be woken by each packet costs more than the packet.
 */
#include "intake_priv.h"

#include "clock.h"
#include "fairq_priv.h"
#include "mem.h"

enum {
	PACKETS = 2048,
	BYTES = 4 * 1024 * 1024,
	A_TURN = 64,
	STALE_MS = 300,
	LOOK_MS = 10, /* while those who wait may not be served */
};

struct intake {
	struct sip *sip;         /* borrowed */
	struct fairq *q;         /* owned, as is this: */
	struct loop_waker *more; /* so that others have their turn between */
	struct loop_idle job;
	struct wtimer look;
	bool woken;
};

static void serve(struct intake *in, struct fairq_packet *p)
{
	struct uas u = uas_of(in->sip, &p->flow, view_mem(p->bytes, p->n));

	u.who = p->who;
	u.over_rate = p->over_rate;
	u.waited = true;
	uas_serve(&u);
	mem_free(p);
}

static void shed(struct intake *in, struct fairq_packet *p)
{
	struct uas u = uas_of(in->sip, &p->flow, view_mem(p->bytes, p->n));

	u.who = p->who;
	u.over_rate = p->over_rate;
	overload_sheds(&u);
	mem_free(p);
}

static void on_look(struct wtimer *t)
{
	struct intake *in = CONTAINER(t, struct intake, look);

	transport_look(in->sip->transport);
	intake_resume(in);
}

static void shed_stale(struct intake *in)
{
	uint64_t now = now_ms();
	struct fairq_packet *p;

	while (now > STALE_MS && (p = fairq_stale(in->q, now - STALE_MS)))
		shed(in, p);
}

static void serve_some(struct intake *in)
{
	struct fairq_packet *p;
	int n = 0;

	while (n++ < A_TURN &&
	       (p = fairq_take(in->q, overload_open(in->sip))))
		serve(in, p);
	in->woken = n > A_TURN && fairq_count(in->q);
	if (in->woken)
		loop_wake(in->more);
}

static void on_turn(void *arg)
{
	struct intake *in = arg;
	bool stuck;

	shed_stale(in);
	serve_some(in);
	stuck = fairq_count(in->q) && !in->woken;
	transport_pause(in->sip->transport, stuck);
	if (!stuck)
		wheel_stop(loop_wheel(in->sip->loop), &in->look);
	else if (!wtimer_running(&in->look))
		wheel_start(loop_wheel(in->sip->loop), &in->look, LOOK_MS,
			    on_look);
}

void intake_resume(struct intake *in)
{
	if (fairq_count(in->q) && !in->woken)
		loop_defer(in->sip->loop, &in->job);
}

static void on_more(void *arg)
{
	struct intake *in = arg;

	in->woken = false;
	intake_resume(in);
}

void intake_put(struct intake *in, struct uas *u)
{
	struct fairq_packet p = {
		.who = overload_speaker(u),
		.at_ms = u->now,
		.flow = *u->flow,
		.over_rate = u->over_rate,
	};

	u->who = p.who;
	if (!fairq_put(in->q, overload_class(u), &p, u->packet))
		overload_sheds(u);
	intake_resume(in);
}

size_t intake_count(const struct intake *in)
{
	return fairq_count(in->q);
}

int intake_new(struct intake **ip, struct sip *s)
{
	struct intake *in = mem_zalloc(sizeof(*in));
	int err = loop_waker(&in->more, s->loop, on_more, in);

	if (err) {
		mem_free(in);
		return err;
	}
	in->sip = s;
	in->q = fairq_new(PACKETS, BYTES);
	in->job.h = on_turn;
	in->job.arg = in;
	*ip = in;
	return 0;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	loop_waker_free(in->more);
	loop_undefer(in->sip->loop, &in->job);
	wheel_stop(loop_wheel(in->sip->loop), &in->look);
	fairq_free(in->q);
	mem_free(in);
}
