/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the server has taken. A component has no acknowledgements as XEP-0198
 * has them: it shows by what comes back through the server.
 */
#include "component_priv.h"

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "stanza.h"

enum { BARRIER_MS = 20 }; /* from one to the next, under load */

/* What was written up to there has arrived. */
static void prove(struct component *c, uint64_t upto)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->proofs, n, nx) {
		struct proof *p = CONTAINER(n, struct proof, node);

		if (p->at > upto)
			return;
		worker_sent(c->jab->worker, c->id, p->tag, PARCEL_SENT,
			    VIEW_NONE);
		list_remove(&c->proofs, n);
		mem_free(p);
	}
}

static void prove_by_kernel(struct component *c)
{
	prove(c, c->written - stream_pending(c->stream));
}

void link_drained(void *arg)
{
	struct component *c = arg;

	if (c->state == COMPONENT_UP && c->by_kernel)
		prove_by_kernel(c);
}

/* A server that has never handed one back, though it has spoken since, keeps
 * them to itself: no better word can be had from it than the kernel's. */
static void on_unanswered(struct wtimer *t)
{
	struct component *c = CONTAINER(t, struct component, barrier);

	if (wtimer_running(&c->slow)) { /* it may be there, unread */
		wheel_start(loop_wheel(c->jab->loop), t, ANSWER_MS,
			    on_unanswered);
		return;
	}
	if (c->barrier_works || c->heard_at <= c->barrier_at) {
		link_end(c, GONE_NET, VIEW("the server takes nothing any "
					   "more"));
		return;
	}
	log_warning("component %s: the server does not hand back what we "
		    "write to ourselves: whether it has taken a text can't "
		    "be told", c->domain);
	c->barrier_id[0] = '\0';
	c->by_kernel = true;
	prove_by_kernel(c);
}

void link_barrier(struct component *c)
{
	(void)jab_id(c->barrier_id, 'b', rand_u64());
	c->barrier_mark = c->written;
	c->barrier_at = now_ms();
	link_ping(c, view_str(c->domain), c->barrier_id);
	wheel_start(loop_wheel(c->jab->loop), &c->barrier, ANSWER_MS,
		    on_unanswered);
}

static void on_barrier(struct wtimer *t)
{
	link_barrier(CONTAINER(t, struct component, barrier));
}

/* One is out at a time, and not one a text. */
static void want_barrier(struct component *c)
{
	uint64_t next = c->barrier_at + BARRIER_MS, now = now_ms();

	if (*c->barrier_id || list_empty(&c->proofs) ||
	    wtimer_running(&c->barrier))
		return;
	wheel_start(loop_wheel(c->jab->loop), &c->barrier,
		    next > now ? next - now : 1, on_barrier);
}

void link_prove(struct component *c)
{
	if (c->by_kernel)
		prove_by_kernel(c);
	else
		want_barrier(c);
}

bool link_is_answer(struct component *c, const struct elem *e)
{
	if (!*c->barrier_id || !elem_is(e, "iq", NULL) ||
	    !view_eqs(elem_get(e, "id"), c->barrier_id) ||
	    !view_ieqs(elem_get(e, "from"), c->domain))
		return false;
	c->barrier_id[0] = '\0';
	c->barrier_works = true;
	wheel_stop(loop_wheel(c->jab->loop), &c->barrier);
	prove(c, c->barrier_mark);
	want_barrier(c);
	return true;
}
