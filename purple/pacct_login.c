/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logging in. So many a second and so many at once, as each costs the worker
 * 20 ms and a burst of presence; after a loss later and later. An account
 * under which worker after worker dies is parked.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pgate_priv.h"
#include "seal.h"
#include "utf8.h"

enum {
	LOGINS_RATE = 5,
	CONNECTING = 10,
	CONNECT_MS = 75 * 1000,  /* the worker gives up before */
	QUESTION_MS = 11 * 60 * 1000,
	BACK_MS = 5000,          /* doubled each time */
	BACK_MAX_MS = 600 * 1000,
	BACK_SHIFT_MAX = 7,
	REFUSED_MS = 60 * 1000,  /* the name is in use: so often, so late */
	REFUSED_MAX = 3,
	SETTLED_MS = 60 * 1000,  /* online for so long: losses begin anew */
	FULL_MS = 1000,
	TROUBLE_MAX = 200,
};

struct wheel *pacct_wheel(const struct pacct *a)
{
	return loop_wheel(a->gate->conf.loop);
}

/* ---- out ---- */

static void work_soon(struct pgate *g, uint64_t ms);

/* Others may connect. */
static void end_turn(struct pacct *a)
{
	if (!a->in_turn)
		return;
	a->in_turn = false;
	a->gate->connecting--;
	work_soon(a->gate, 0);
}

void pacct_go_off(struct pacct *a, enum pacct_state state)
{
	enum pacct_state was = a->state;

	pacct_unqueue(a);
	end_turn(a);
	if (was == PACCT_CONNECTING)
		pauth_down(a);
	wheel_stop(pacct_wheel(a), &a->timer);
	pacct_set(a, state);
	pacct_tell_none(a);
	if (was == PACCT_ONLINE)
		pgate_down(a);
}

/* The password is among them; the next login is given them anew. */
static void forget_settings(struct session *s)
{
	(void)session_settings(s, NULL, 0);
}

void pacct_log_out(struct pacct *a)
{
	if (a->session) {
		session_stop(a->session);
		forget_settings(a->session);
	}
	if (a->state == PACCT_CONNECTING || a->state == PACCT_ONLINE ||
	    a->state == PACCT_QUEUED || a->state == PACCT_BACKOFF)
		pacct_go_off(a, PACCT_OFFLINE);
}

static void set_trouble(struct pacct *a, struct view text)
{
	struct buf b = { 0 };

	utf8_clean_line(&b, text, TROUBLE_MAX);
	buf_clear(&a->trouble);
	buf_addv(&a->trouble, buf_view(&b));
	buf_free(&b);
}

/* He is told once, until it has worked again. */
static void tell_trouble(struct pacct *a, const char *what)
{
	struct buf b = { 0 };

	if (a->told)
		return;
	a->told = true;
	buf_adds(&b, "ERROR: ");
	pacct_title(&b, a);
	buf_adds(&b, what);
	buf_addv(&b, buf_view(&a->trouble));
	pgate_tell(a, NULL, buf_view(&b));
	buf_free(&b);
}

/* Who has just added it waits for a word. */
static bool is_new(const struct pacct *a)
{
	return a->claimed && a->claim == PCLAIM_NONE;
}

static void tell_first_trouble(struct pacct *a)
{
	struct buf b = { 0 };

	if (!is_new(a) || a->fails)
		return;
	buf_adds(&b, "INFO: ");
	pacct_title(&b, a);
	buf_adds(&b, ": no login so far, it is tried again: ");
	buf_addv(&b, buf_view(&a->trouble));
	pgate_tell(a, NULL, buf_view(&b));
	buf_free(&b);
}

/* How to go on from here. */
static void tell_welcome(struct pacct *a)
{
	const char *proto = a->proto->id;
	struct addr *from = pgate_addr(a, VIEW_NONE);
	struct buf b = { 0 };

	buf_adds(&b, "INFO: ");
	pacct_title(&b, a);
	buf_adds(&b, ": you are logged in. People there have addresses like ");
	(void)pmap_to_sip(a->gate->map, view_str(proto),
			  strcmp(proto, "prpl-jabber") ? VIEW("name") :
							 VIEW("name@server"),
			  0, &b);
	buf_adds(&b, ". Send :help here for what else there is.");
	pgate_tell(a, from, buf_view(&b));
	mem_deref(from);
	buf_free(&b);
}

static void fail(struct pacct *a, struct view text)
{
	set_trouble(a, text);
	pacct_note(a, buf_view(&a->trouble));
	log_warning("purple %s of %s: given up: %.*s", a->name,
		    a->owner->text.p, VIEW_ARG(buf_view(&a->trouble)));
	pacct_go_off(a, PACCT_FAILED);
	tell_trouble(a, ": login failed: ");
	ptalk_awake(a);
}

static void on_back(struct wtimer *t)
{
	struct pacct *a = CONTAINER(t, struct pacct, timer);

	pacct_go_off(a, PACCT_OFFLINE);
	pacct_look(a);
}

static void back_off(struct pacct *a, uint64_t ms)
{
	uint64_t fifth = ms / 5;

	pacct_go_off(a, PACCT_BACKOFF);
	wheel_start(pacct_wheel(a), &a->timer,
		    ms - fifth + rand_u64() % (2 * fifth + 1), on_back);
	pacct_look(a);
}

static uint64_t pause_of(struct pacct *a)
{
	unsigned shift = a->fails < BACK_SHIFT_MAX ? a->fails :
						     BACK_SHIFT_MAX;
	uint64_t ms = (uint64_t)BACK_MS << shift;

	a->fails++;
	return ms < BACK_MAX_MS ? ms : BACK_MAX_MS;
}

static void lost_worker(struct pacct *a, bool connecting, struct view text)
{
	if (pacct_blame(a, connecting)) {
		fail(a, VIEW("worker after worker died under this login"));
		return;
	}
	set_trouble(a, text);
	back_off(a, connecting || a->fails ? pause_of(a) : FULL_MS);
}

/* A new worker takes over: in again at once. Should that be all that workers
 * do, it is as any other loss. */
static void move(struct pacct *a)
{
	static const struct bucket_rate rate = { 3, 10 * 60 * 1000, 3 };

	log_info("purple %s of %s: goes to a new worker", a->name,
		 a->owner->text.p);
	if (!bucket_take(&a->moves, &rate, now_ms())) {
		back_off(a, pause_of(a));
		return;
	}
	pacct_go_off(a, PACCT_OFFLINE);
	pacct_look(a);
}

static void on_lost(struct session *s, enum lost_why why, struct view text,
		    void *arg)
{
	struct pacct *a = arg;
	bool was_up = a->state == PACCT_ONLINE;

	forget_settings(s);
	if (was_up && now_ms() - a->up_ms >= SETTLED_MS)
		a->fails = a->refusals = 0;
	if (session_moved(s)) {
		move(a);
	} else if (session_worker_died(s)) {
		lost_worker(a, !was_up, text);
	} else if (why == LOST_AUTH || why == LOST_CONFIG) {
		if (why == LOST_AUTH)
			pclaim_refused(a);
		fail(a, text);
	} else if (pclaim_has_lapsed(a)) {
		fail(a, VIEW("no login with it has succeeded"));
	} else if (why == LOST_REFUSED && ++a->refusals >= REFUSED_MAX) {
		fail(a, text);
	} else {
		set_trouble(a, text);
		pacct_note(a, buf_view(&a->trouble));
		tell_first_trouble(a);
		if (was_up && why == LOST_REFUSED)
			tell_trouble(a, ": logged out by the network: ");
		back_off(a, why == LOST_REFUSED ? REFUSED_MS : pause_of(a));
	}
}

/* ---- in ---- */

/* He has shown that he knows the password: he may know. */
static void on_beaten(struct wtimer *t)
{
	struct pacct *a = CONTAINER(t, struct pacct, timer);

	pacct_log_out(a);
	set_trouble(a, VIEW("another user has this account: ask the "
			    "operator"));
	pacct_note(a, buf_view(&a->trouble));
	pacct_set(a, PACCT_UNSUPPORTED);
	tell_trouble(a, ": ");
	ptalk_awake(a);
	pshow_anew(a);
}

static void on_up(struct session *s, struct view own, void *arg)
{
	struct pacct *a = arg;
	bool first = is_new(a);

	(void)own;
	wheel_stop(pacct_wheel(a), &a->timer);
	end_turn(a);
	forget_settings(s);
	if (!pclaim_up(a)) { /* and out again, when this has returned */
		wheel_start(pacct_wheel(a), &a->timer, 0, on_beaten);
		return;
	}
	pacct_set(a, PACCT_ONLINE);
	a->up_ms = now_ms();
	a->crashes = 0;
	a->alone = a->told = false;
	buf_clear(&a->trouble);
	pacct_note(a, VIEW_NONE);
	if (first)
		tell_welcome(a);
	pgate_up(a);
	pacct_look(a);
}

static void on_timeout(struct wtimer *t);

/* Before it is online only what has to be known for that may be asked; he
 * has time to answer, and nobody waits for him. */
static void take_early(struct pacct *a, const struct purp *p)
{
	if (p->verb == PURP_QUESTION) {
		end_turn(a);
		wheel_start(pacct_wheel(a), &a->timer, QUESTION_MS,
			    on_timeout);
	}
	if (p->verb == PURP_QUESTION || p->verb == PURP_QUESTION_OVER)
		pgate_parcel(a, p);
}

static void on_parcel(struct session *s, struct view parcel, void *arg)
{
	struct pacct *a = arg;
	struct purp p;

	(void)s;
	if (!a->gate->running)
		return;
	if (purp_get(&p, parcel))
		log_warning("purple %s of %s: a parcel of nonsense", a->name,
			    a->owner->text.p);
	else if (a->state == PACCT_ONLINE)
		pgate_parcel(a, &p);
	else if (a->state == PACCT_CONNECTING)
		take_early(a, &p);
}

static void on_timeout(struct wtimer *t)
{
	struct pacct *a = CONTAINER(t, struct pacct, timer);

	session_stop(a->session);
	forget_settings(a->session);
	set_trouble(a, VIEW("the server did not answer in time"));
	if (pclaim_has_lapsed(a)) {
		fail(a, VIEW("no login with it has succeeded"));
	} else {
		tell_first_trouble(a);
		back_off(a, pause_of(a));
	}
}

/* With what the table hands over, which is wiped after. */
static int use_settings(const struct bridge_setting *list, size_t count,
			void *arg)
{
	struct pacct *a = arg;
	enum pacct_place place = pacct_place(a);
	struct buf label = { 0 };
	struct session_conf conf = {
		.bridge = a->gate->conf.bridge,
		.settings = list,
		.count = count,
		.alone = place == PLACE_ALONE,
		.any = place == PLACE_ANY,
		.early = true,
		.uph = on_up,
		.losth = on_lost,
		.parcelh = on_parcel,
		.senth = pacct_on_sent,
		.arg = a,
	};
	int err;

	if (a->session && a->placed == place)
		return session_settings(a->session, list, count);
	session_free(a->session);
	a->session = NULL;
	a->placed = place;
	buf_addv(&label, a->owner->text);
	buf_addc(&label, ' ');
	pacct_title(&label, a);
	conf.label = buf_str(&label);
	err = session_new(&a->session, &conf);
	buf_free(&label);
	return err;
}

/* False: no worker has room. */
static bool log_in(struct pacct *a)
{
	const struct pgate_accounts *as = a->gate->conf.accounts;
	struct buf why = { 0 };
	int err = as->open(a->id, use_settings, a, &why, as->arg);
	bool opened = !err;

	if (!err)
		err = session_start(a->session);
	if (err == EBUSY) {
		buf_free(&why);
		return false;
	}
	pacct_unqueue(a);
	if (!err) {
		pacct_set(a, PACCT_CONNECTING);
		a->in_turn = true;
		a->gate->connecting++;
		wheel_start(pacct_wheel(a), &a->timer, CONNECT_MS,
			    on_timeout);
	} else if (!opened) {
		fail(a, why.n ? buf_view(&why) :
				VIEW("its settings can't be used"));
	} else {
		back_off(a, pause_of(a));
	}
	buf_free(&why);
	return true;
}

/* ---- turns ---- */

static struct bucket_rate rate_of(const struct pgate *g)
{
	unsigned n = g->conf.logins_rate ? g->conf.logins_rate : LOGINS_RATE;

	return (struct bucket_rate){ n, 1000, n };
}

static void on_turn(struct wtimer *t)
{
	struct pgate *g = CONTAINER(t, struct pgate, turn);
	const struct bucket_rate rate = rate_of(g);
	size_t most = g->conf.connecting ? g->conf.connecting : CONNECTING;
	size_t waiting = 0;
	struct lnode *n;

	while (g->running && g->connecting < most &&
	       (n = list_first(&g->queue))) {
		if (pclaim_must_wait(CONTAINER(n, struct pacct, in_queue))) {
			list_remove(&g->queue, n);
			list_append(&g->queue, n);
			if (++waiting < g->queue.count)
				continue;
			work_soon(g, FULL_MS);
			return;
		}
		if (!bucket_take(&g->logins, &rate, now_ms())) {
			work_soon(g, bucket_wait_ms(&g->logins, &rate,
						    now_ms()));
			return;
		}
		if (log_in(CONTAINER(n, struct pacct, in_queue)))
			continue;
		bucket_give(&g->logins, &rate);
		work_soon(g, FULL_MS);
		return;
	}
}

static void work_soon(struct pgate *g, uint64_t ms)
{
	if (g->running && !list_empty(&g->queue))
		wheel_start(loop_wheel(g->conf.loop), &g->turn, ms, on_turn);
}

void pacct_queue(struct pacct *a)
{
	pacct_set(a, PACCT_QUEUED);
	if (a->texts) /* somebody waits for it */
		list_prepend(&a->gate->queue, &a->in_queue);
	else
		list_append(&a->gate->queue, &a->in_queue);
	work_soon(a->gate, 0);
}

void pacct_unqueue(struct pacct *a)
{
	list_remove(&a->gate->queue, &a->in_queue);
}
