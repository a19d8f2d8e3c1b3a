/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In and out: an account logs in when it is its turn, and logs out for one who
 * has been idle for longer, where the pool is full; and what its session
 * says.
 */
#include "person_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "jtext.h"
#include "log.h"

enum {
	IDLE_MS = 60 * 1000, /* then he may have to make room for others */
	RETRY_MS = 200,
	PART_MS = 2000, /* for the server to say that it has his last words */
	PART_LOOK_MS = 20,
	LOGINS = 5,
};

/* Nobody needs him, for so long. */
static bool is_idle(const struct person *p, uint64_t ms)
{
	return p->account && p->account->state == XLINK_ONLINE &&
	       !p->holds && list_empty(&p->waiting) &&
	       now_ms() - p->busy_ms >= ms;
}

void person_say_offline(struct person *p)
{
	person_tell(p, p->gate->registrar, jtext(JTEXT_OFFLINE));
}

void person_log_out(struct person *p)
{
	size_t i;

	p->queued = false;
	wheel_stop(person_wheel(p), &p->lost);
	wheel_stop(person_wheel(p), &p->part);
	if (!p->account || p->account->state == XLINK_OFF)
		return;
	for (i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->leaving)
			gate_module(i)->leaving(p);
	xlink_close(p->account);
	gate_down(p->gate, p->account, p, LOST_NET, VIEW("logged out"));
}

/* He whom no worker had a place for, for the longest time. */
static void use_place(struct gate *g)
{
	struct xlink *first = NULL;
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (!p->account || p->account->state != XLINK_FULL)
			continue;
		if (!first || p->account->since_ms < first->since_ms)
			first = p->account;
	}
	if (!first)
		return;
	xlink_close(first);
	(void)xlink_open(first);
}

void person_give_place(struct person *p)
{
	person_log_out(p);
	use_place(p->gate);
}

static bool has_unconfirmed(const struct person *p)
{
	return person_is_online(p) && p->account && p->account->told.count;
}

static void on_part(struct wtimer *t)
{
	struct person *p = CONTAINER(t, struct person, part);

	if (has_unconfirmed(p) && now_ms() < p->part_ms)
		wheel_start(person_wheel(p), t, PART_LOOK_MS, on_part);
	else
		person_give_place(p);
}

void person_offline(struct person *p)
{
	p->wanted = false;
	p->refused = true;
	if (has_unconfirmed(p)) {
		p->part_ms = now_ms() + PART_MS;
		wheel_start(person_wheel(p), &p->part, PART_LOOK_MS, on_part);
	} else {
		person_give_place(p);
	}
	person_waited(p, ECANCELED);
}

/* The one who has been idle for longest makes room. */
static bool make_room(struct gate *g)
{
	struct person *oldest = NULL;
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (is_idle(p, IDLE_MS) &&
		    (!oldest || p->busy_ms < oldest->busy_ms))
			oldest = p;
	}
	if (!oldest)
		return false;
	log_info("xmpp %s: logged out, to make room", oldest->aor->text.p);
	oldest->wanted = false;
	person_log_out(oldest);
	person_say_offline(oldest);
	return true;
}

static int use_settings(const struct bridge_setting *s, size_t count,
			void *arg)
{
	struct person *p = arg;

	return xlink_settings(p->account, s, count);
}

static int load_settings(struct person *p)
{
	const struct gate_accounts *as = p->gate->conf.accounts;
	struct buf why = { 0 };
	int err = as->open(p->account_id, use_settings, p, &why, as->arg);

	if (err)
		log_warning("xmpp %s: can't log in: %s", p->aor->text.p,
			    why.n ? buf_str(&why) : strerror(err));
	buf_free(&why);
	return err;
}

static int log_in(struct person *p)
{
	struct xlink *x = p->account;
	int err = x->state == XLINK_OFF ? load_settings(p) : 0;

	p->queued = false;
	if (err)
		return EACCES;
	err = xlink_open(x);
	if (err || x->state != XLINK_FULL || !make_room(p->gate))
		return err ? err : x->state == XLINK_FULL ? EBUSY : 0;
	xlink_close(x);
	return xlink_open(x);
}

static void on_retry(struct wtimer *t);

static bool may_log_in(struct gate *g)
{
	const struct bucket_rate rate = {
		.count = g->conf.logins_rate ? g->conf.logins_rate : LOGINS,
		.per_ms = 1000,
		.burst = 2 * (g->conf.logins_rate ? g->conf.logins_rate :
						    LOGINS),
	};

	return bucket_take(&g->logins, &rate, now_ms());
}

static void queue(struct person *p)
{
	p->queued = true;
	if (!wtimer_running(&p->gate->retry))
		wheel_start(person_wheel(p), &p->gate->retry, RETRY_MS,
			    on_retry);
}

/* It can't even be tried. Who waits has to hear so, and he, if nobody does. */
static void no_login(struct person *p)
{
	bool asked = !list_empty(&p->waiting);

	if (p->account->state == XLINK_FULL)
		return; /* it is tried again */
	person_waited(p, EACCES);
	if (!asked)
		person_tell(p, p->gate->registrar, jtext(JTEXT_NO_LOGIN));
}

/* Who is missed most comes first: after a restart of ours all come at once.
 * Within a turn there is no order that matters. */
enum turn { TURN_TEXTS, TURN_HERE, TURN_OTHERS, TURNS };

static enum turn turn_of(const struct person *p)
{
	if (!list_empty(&p->waiting))
		return TURN_TEXTS;
	return p->here || p->wanted ? TURN_HERE : TURN_OTHERS;
}

/* False: there is one who has to wait. */
static bool log_in_queued(struct gate *g, enum turn turn)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (!p->queued || turn_of(p) != turn)
			continue;
		if (!may_log_in(g))
			return false;
		if (log_in(p))
			no_login(p);
	}
	return true;
}

static void on_retry(struct wtimer *t)
{
	struct gate *g = CONTAINER(t, struct gate, retry);

	for (int turn = TURN_TEXTS; turn < TURNS; turn++)
		if (!log_in_queued(g, (enum turn)turn)) {
			wheel_start(loop_wheel(g->conf.loop), t, RETRY_MS,
				    on_retry);
			return;
		}
}

static bool can_begin(const struct xlink *x)
{
	return x && (x->state == XLINK_OFF || x->state == XLINK_FAILED ||
		     x->state == XLINK_FULL);
}

void person_begin(struct person *p)
{
	if (!p->queued && can_begin(p->account))
		queue(p);
}

int person_wake(struct person *p)
{
	const struct xlink *x = p->account;

	p->refused = false;
	wheel_stop(person_wheel(p), &p->part);
	person_busy(p);
	if (p->queued || !can_begin(x))
		return 0;
	if (x->state == XLINK_FAILED && now_ms() - x->since_ms < IDLE_MS)
		return EAGAIN;
	/* others wait already: he has his turn among them */
	if (!wtimer_running(&p->gate->retry) && may_log_in(p->gate))
		return log_in(p);
	queue(p);
	return 0;
}

/* ---- what his session says ---- */

static void note(const struct person *p, struct view error)
{
	const struct gate_accounts *as = p->gate->conf.accounts;

	if (as && as->note)
		as->note(p->account_id, error, as->arg);
}

static void on_up(struct xlink *x, void *arg)
{
	struct person *p = arg;

	wheel_stop(person_wheel(p), &p->lost);
	p->told_lost = false;
	note(p, VIEW_NONE);
	gate_up(p->gate, x, p);
	person_waited(p, 0);
}

/* He is told only of what lasts, and once. */
static void on_lost(struct wtimer *t)
{
	struct person *p = CONTAINER(t, struct person, lost);

	if (person_is_online(p))
		return;
	p->told_lost = true;
	person_tell(p, p->gate->registrar, jtext(JTEXT_LOST));
}

static void on_down(struct xlink *x, enum lost_why why, struct view text,
		    void *arg)
{
	struct person *p = arg;
	bool asked = !list_empty(&p->waiting);

	note(p, text);
	gate_down(p->gate, x, p, why, text);
	if (x->state == XLINK_FAILED) {
		wheel_stop(person_wheel(p), &p->lost);
		person_waited(p, EACCES);
		if (!asked)
			person_tell(p, p->gate->registrar,
				    jtext(JTEXT_NO_LOGIN));
	} else if (!p->told_lost && !wtimer_running(&p->lost)) {
		wheel_start(person_wheel(p), &p->lost,
			    p->gate->conf.delay_s * UINT64_C(1000), on_lost);
	}
}

void persons_up(struct gate *g)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	/* Nobody is made or freed by what waits, only by time and by his
	 * account. */
	while ((n = htable_each(&g->persons, &pos, n))) {
		struct person *p = CONTAINER(n, struct person, by_aor);

		if (!p->account)
			person_waited(p, 0);
	}
}

static void on_stanza(struct xlink *x, const struct elem *e, void *arg)
{
	struct person *p = arg;

	gate_stanza(p->gate, x, p, e);
}

const struct xlink_ops person_ops = { on_up, on_down, on_stanza };
