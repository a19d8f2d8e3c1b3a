/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users on networks: each has a connection of his own from when something is
 * to be said there until nothing has passed for idle_s and nothing holds it.
 * What was on its way when it broke is nobody's: its owner says it again.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "iseat_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum {
	IDLE_S = 3600,
	SEATS = 1000,
	REFUSED_MS = 10 * 60 * 1000,
	PART_MS = 2000,      /* for the server to have the last words */
	PART_LOOK_MS = 20,
	AGAIN_MS = 5000,     /* after a loss: doubled each time */
	AGAIN_SHIFT_MAX = 6,
	SETTLED_MS = 60000,  /* up for so long: the loss begins anew */
	SPARE_MS = 1000,     /* unused for so long it may make room ... */
	SPARE_UP_MS = 60000, /* ... and while it is up, for so long */
	WHY_MAX = 300,
};

static uint64_t idle_ms(const struct seat *s)
{
	unsigned idle_s = s->gate->conf.idle_s;

	return (idle_s ? idle_s : IDLE_S) * UINT64_C(1000);
}

const char *seat_state_name(enum seat_state state)
{
	static const char *const name[] = {
		[SEAT_OFF] = "offline", [SEAT_WAITING] = "waiting",
		[SEAT_STARTING] = "logging in", [SEAT_UP] = "online",
	};

	return name[state];
}

static void on_look(struct wtimer *t);

void seat_look(struct seat *s, uint64_t ms)
{
	uint64_t at = now_ms() + ms;

	if (wtimer_running(&s->idle) && s->look_ms <= at)
		return;
	s->look_ms = at;
	wheel_start(seat_wheel(s), &s->idle, ms, on_look);
}

/* ---- one of them ---- */

static struct seat *seat_new(struct igate *g, struct addr *aor,
			     struct view network)
{
	struct seat *s = mem_zalloc(sizeof(*s));

	s->gate = g;
	s->aor = mem_ref(aor);
	s->network = view_mem(view_dup(network), network.n);
	s->busy_ms = now_ms();
	list_init(&s->waiting);
	list_init(&s->tags);
	login_nick(s->nick, aor->user);
	htable_add(&g->seats, &s->by_key, seat_key(aor, network));
	seat_look(s, idle_ms(s));
	return s;
}

void seat_end(struct seat *s)
{
	if (s->state == SEAT_UP)
		nick_release(s->gate, s->network, view_str(s->nick));
	wheel_stop(seat_wheel(s), &s->idle);
	turn_leave(s);
	queue_drop(s);
	session_free(s->session);
	htable_del(&s->gate->seats, &s->by_key);
	mem_free((char *)(uintptr_t)s->network.p);
	mem_deref(s->aor);
	mem_deref(s->asked);
	mem_deref(s->asked_nick);
	buf_free(&s->trouble);
	mem_free(s);
}

static void seat_gone(struct seat *s)
{
	igate_gone(s);
	seat_end(s);
}

/* ---- in and out ---- */

static bool is_refused(const struct seat *s)
{
	return s->refused_ms && now_ms() - s->refused_ms < REFUSED_MS;
}

static bool is_needed(const struct seat *s)
{
	return s->holds || !list_empty(&s->waiting);
}

void seat_set_trouble(struct seat *s, struct view text)
{
	buf_clear(&s->trouble);
	if (text.n)
		utf8_clean_name(&s->trouble, text, WHY_MAX);
}

/* He is no user of ours at present. */
bool seat_is_barred(const struct seat *s)
{
	const struct igate_conf *c = &s->gate->conf;

	return c->may && !c->may(s->aor, c->may_arg);
}

/* Whatever it was, it is OFF now; all that was asked of it comes to
 * nothing. */
static void go_off(struct seat *s, enum lost_why why, struct view text)
{
	bool was_up = s->state == SEAT_UP;

	turn_leave(s);
	s->state = SEAT_OFF;
	s->part_ms = 0;
	s->asked_nick = mem_deref(s->asked_nick);
	if (was_up)
		nick_release(s->gate, s->network, view_str(s->nick));
	s->holds++; /* handlers may make room */
	queue_tell_none(s);
	if (was_up)
		igate_down(s, why, text);
	s->holds--;
}

void seat_log_out(struct seat *s)
{
	if (s->session)
		session_stop(s->session);
	go_off(s, LOST_NET, VIEW("logged out"));
}

/* Doubled with each loss in a row, and never the same for two. */
static uint64_t pause_of(struct seat *s)
{
	unsigned shift = s->fails < AGAIN_SHIFT_MAX ? s->fails :
						      AGAIN_SHIFT_MAX;
	uint64_t ms = (uint64_t)AGAIN_MS << shift;

	s->fails++;
	return ms / 2 + rand_u64() % ms;
}

static void on_lost(struct session *session, enum lost_why why,
		    struct view text, void *arg)
{
	struct seat *s = arg;
	bool was_up = s->state == SEAT_UP;

	(void)session;
	if (was_up && now_ms() - s->up_ms >= SETTLED_MS)
		s->fails = 0;
	seat_set_trouble(s, text);
	s->stuck = why == LOST_AUTH || why == LOST_CONFIG;
	s->refused_ms = why == LOST_NET ? 0 : now_ms() ? now_ms() : 1;
	s->again_ms = now_ms() + (why == LOST_NET ? pause_of(s) : 0);
	if (!was_up || why != LOST_NET)
		login_note(s, text);
	if (why == LOST_REFUSED)
		turn_refused(s);
	go_off(s, why, text);
	seat_look(s, 0);
}

static void on_up(struct session *session, struct view own, void *arg)
{
	struct seat *s = arg;

	(void)session;
	if (view_copy(s->nick, sizeof(s->nick), own))
		view_copy(s->nick, sizeof(s->nick), VIEW("?"));
	s->state = SEAT_UP;
	s->up_ms = now_ms();
	s->refused_ms = 0;
	s->stuck = false;
	seat_set_trouble(s, VIEW_NONE);
	nick_claim(s->gate, s->network, view_str(s->nick));
	turn_welcome(s);
	login_note(s, VIEW_NONE);
	s->holds++;
	igate_up(s);
	queue_run(s, 0);
	s->holds--;
	seat_busy(s);
}

static void take_nick(struct seat *s, const struct ircp *p)
{
	nick_release(s->gate, s->network, view_str(s->nick));
	if (!view_copy(s->nick, sizeof(s->nick), p->nick))
		igate_nick_is(s);
	nick_claim(s->gate, s->network, view_str(s->nick));
}

static void unwanted(struct seat *s, struct view who)
{
	const struct igate_conf *c = &s->gate->conf;

	if (c->unwanted)
		c->unwanted(s->network, who, c->link_arg);
}

static void on_parcel(struct session *session, struct view parcel, void *arg)
{
	struct seat *s = arg;
	struct ircp p;

	(void)session;
	if (ircp_get(&p, parcel)) {
		log_warning("irc %s: nonsense from confab-irc",
			    s->aor->text.p);
		return;
	}
	if (p.verb == IRCP_UNWANTED) {
		unwanted(s, p.text);
		return;
	}
	s->holds++;
	if (p.verb == IRCP_NICK_IS)
		take_nick(s, &p);
	else if (p.verb == IRCP_REFUSED && s->asked_nick)
		igate_nick_refused(s, &p);
	igate_parcel(s, &p);
	s->holds--;
}

int seat_log_in(struct seat *s)
{
	struct buf label = { 0 }, why = { 0 };
	struct session_conf conf = {
		.bridge = s->gate->conf.bridge, .uph = on_up,
		.losth = on_lost, .parcelh = on_parcel, .senth = queue_on_sent,
		.arg = s,
	};
	int err;

	buf_addf(&label, "%s %s", s->aor->text.p, s->network.p);
	conf.label = buf_str(&label);
	err = login_prepare(s, &conf, &why);
	if (!err)
		err = session_start(s->session);
	if (!err) {
		turn_leave(s);
		s->state = SEAT_STARTING;
	} else if (err != EBUSY) {
		seat_set_trouble(s, why.n ? buf_view(&why) :
					    view_str(strerror(err)));
		log_warning("irc %s: can't log in: %s", buf_str(&label),
			    buf_str(&s->trouble));
		turn_leave(s);
		s->state = SEAT_OFF;
		s->stuck = true;
		s->refused_ms = now_ms() ? now_ms() : 1;
		seat_look(s, 0);
	}
	buf_free(&label);
	buf_free(&why);
	return err;
}

bool seat_is_cut(struct seat *s)
{
	const struct igate_conf *c = &s->gate->conf;
	struct buf why = { 0 };
	bool cut = c->is_off && c->is_off(s->network, &why, c->link_arg);

	if (cut)
		seat_set_trouble(s, buf_view(&why));
	buf_free(&why);
	return cut;
}

int seat_wake(struct seat *s, bool by_him)
{
	if (seat_is_barred(s))
		return EACCES;
	if (by_him)
		keep_refused(s, false);
	else if (s->refused)
		return EACCES;
	if (seat_is_cut(s))
		return EACCES;
	seat_busy(s);
	s->part_ms = 0;
	if (s->state != SEAT_OFF)
		return 0;
	if (is_refused(s) || (s->stuck && !by_him))
		return EACCES;
	turn_take(s);
	return is_refused(s) ? EACCES : 0;
}

static void part(struct seat *s)
{
	if (s->state == SEAT_UP && !list_empty(&s->tags) && !s->part_ms) {
		s->part_ms = now_ms() + PART_MS;
		seat_look(s, PART_LOOK_MS);
	} else {
		seat_log_out(s);
	}
}

void seat_offline(struct seat *s, struct view words)
{
	const struct ircp p = { .verb = IRCP_LEAVE, .text = words };

	keep_refused(s, true);
	if (words.n && s->state == SEAT_UP)
		(void)seat_send(s, &p, NULL, NULL);
	part(s);
	s->holds++;
	queue_run(s, ECANCELED);
	s->holds--;
}

void seat_hold(struct seat *s)
{
	s->holds++;
}

void seat_release(struct seat *s)
{
	s->holds--;
	seat_busy(s);
}

void seat_busy(struct seat *s)
{
	s->busy_ms = now_ms();
	seat_look(s, idle_ms(s) + 1000);
}

struct view seat_trouble(const struct seat *s)
{
	return buf_view(&s->trouble);
}

/* ---- what time brings ---- */

static bool is_spare(const struct seat *s)
{
	uint64_t unused = now_ms() - s->busy_ms;

	if (is_needed(s) || !list_empty(&s->tags))
		return false;
	return unused >= (s->state == SEAT_OFF ? SPARE_MS : SPARE_UP_MS);
}

/* The one that nobody has used for the longest time. */
static bool make_room(struct igate *g)
{
	struct seat *s = NULL, *oldest = NULL;
	size_t pos = 0;

	while ((s = seat_each(g, &pos, s)))
		if (is_spare(s) && (!oldest || s->busy_ms < oldest->busy_ms))
			oldest = s;
	if (!oldest)
		return false;
	keep_refused(oldest, false); /* that is forgotten with it */
	if (oldest->state != SEAT_OFF)
		seat_log_out(oldest);
	seat_gone(oldest);
	return true;
}

int seat_get(struct seat **sp, struct igate *g, struct addr *aor,
	     struct view network)
{
	struct bridge_setting settings[BRIDGE_SETTINGS_MAX];
	struct view own;
	size_t count;

	*sp = seat_find(g, aor, network);
	if (*sp)
		return 0;
	if (bridge_settings(g->conf.bridge, network, &own, settings, &count))
		return ENOENT;
	if (g->seats.count >= (g->conf.seats ? g->conf.seats : SEATS) &&
	    !make_room(g))
		return ENOSPC;
	*sp = seat_new(g, aor, own);
	return 0;
}

static bool is_kept_out(struct seat *s)
{
	return seat_is_barred(s) || seat_is_cut(s);
}

/* Something needs it: again, as soon as that makes sense. */
static void try_again(struct seat *s)
{
	if (s->state != SEAT_OFF || s->refused || s->stuck || is_kept_out(s))
		return;
	if (is_refused(s))
		seat_look(s, REFUSED_MS - (now_ms() - s->refused_ms));
	else
		turn_take(s);
}

static void look_at_waiting(struct seat *s)
{
	s->holds++;
	if (s->state == SEAT_UP)
		queue_run(s, 0);
	else if (s->state == SEAT_OFF &&
		 (is_refused(s) || s->stuck || is_kept_out(s)))
		queue_run(s, EACCES);
	else if (s->state == SEAT_OFF && s->refused)
		queue_run(s, ECANCELED);
	queue_run_late(s);
	s->holds--;
}

/* It may stay for what it knows: that it is not to be up. */
static bool is_to_go(const struct seat *s)
{
	return s->state == SEAT_OFF && !s->refused && !is_refused(s);
}

static void look_at_use(struct seat *s)
{
	uint64_t unused = now_ms() - s->busy_ms;

	if (is_needed(s)) {
		try_again(s);
		seat_look(s, list_empty(&s->waiting) ? idle_ms(s) : 1000);
	} else if (unused < idle_ms(s) || !list_empty(&s->tags)) {
		seat_look(s, unused < idle_ms(s) ? idle_ms(s) - unused : 1000);
	} else if (is_to_go(s)) {
		seat_gone(s);
	} else {
		if (s->state != SEAT_OFF)
			seat_log_out(s);
		seat_look(s, idle_ms(s));
	}
}

static void on_look(struct wtimer *t)
{
	struct seat *s = CONTAINER(t, struct seat, idle);

	if (s->part_ms && (list_empty(&s->tags) || now_ms() >= s->part_ms))
		seat_log_out(s);
	else if (s->part_ms)
		seat_look(s, PART_LOOK_MS);
	look_at_waiting(s);
	look_at_use(s);
}
