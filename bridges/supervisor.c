/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of one worker process. There is one way out of it, died(): it is
 * taken when the exit status is known and the pipe is read to its end, so
 * that nothing a worker said before it died is lost.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "chatter.h"
#include "child.h"
#include "clock.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "supervisor.h"

enum {
	OUT_MAX = 4 * 1024 * 1024,
	OUT_FULL = OUT_MAX / 2, /* the other half is for joins and pings */
	PAUSE_FIRST_MS = 200,
	PAUSE_MAX_MS = 30000,
	LIFE_MS = 60000,
	GRACE_MS = 200,
	LINGER_MS = 1000, /* between the end of its pipe and its exit */
	WHY_MAX = 200,
	ERROR_MAX = 256,
	QUIET_MS = 60000,
};

enum sup_state {
	SUP_OFF,
	SUP_PAUSED,   /* the timer will start it */
	SUP_STARTING, /* has HELLO, owes READY */
	SUP_READY,
	SUP_DYING,    /* pipe closed; its exit is awaited */
	SUP_DRAINING, /* exited; what is left in the pipe is read */
	SUP_LEAVING,  /* stopped: pipe closed, may end by itself */
};

struct sup {
	struct sup_conf conf;
	const char *name; /* borrowed: the program's last part */
	enum sup_state state;
	struct child *child;   /* owned */
	struct framer *framer; /* owned */
	struct wtimer tick;    /* the pause, then the next PING */
	struct wtimer late;    /* READY or PONG is overdue */
	struct wtimer old;     /* then it retires */
	bool retiring;
	bool grace;	       /* late fired once */
	struct chatter log;
	uint64_t ping;	       /* number of the last PING */
	uint64_t pause_ms;     /* before the next start */
	uint64_t started_ms;
	unsigned starts;
	int status;	       /* of the exit */
	char why[WHY_MAX];     /* we kill it for this; or "" */
	char error[ERROR_MAX]; /* the last loss in words, or "" */
};

static const char *state_name(enum sup_state state)
{
	static const char *const names[] = {
		[SUP_OFF] = "off",	     [SUP_PAUSED] = "paused",
		[SUP_STARTING] = "starting", [SUP_READY] = "ready",
		[SUP_DYING] = "dying",	     [SUP_DRAINING] = "draining",
		[SUP_LEAVING] = "leaving",
	};

	return names[state];
}

static void set_state(struct sup *s, enum sup_state state)
{
	log_debug("%s[%d]: %s -> %s", s->name, sup_pid(s),
		  state_name(s->state), state_name(state));
	s->state = state;
}

static void stop_timers(struct sup *s)
{
	struct wheel *w = loop_wheel(s->conf.loop);

	wheel_stop(w, &s->tick);
	wheel_stop(w, &s->late);
	wheel_stop(w, &s->old);
	s->grace = false;
}

static void on_start(struct wtimer *t); /* a life leads to the next one */

/* It was to end: the next one is started when it is wanted. */
static void left(struct sup *s)
{
	log_info("%s[%d]: has retired: %s", s->name, sup_pid(s), s->error);
	child_free(s->child);
	s->child = NULL;
	s->pause_ms = PAUSE_FIRST_MS;
	set_state(s, SUP_OFF);
	s->conf.lossh(s, s->error, s->conf.arg);
	s->retiring = false;
}

/* Over: tells so, and comes back after the pause. The last thing to do. */
static void lost(struct sup *s, enum log_level level)
{
	log_line(level, "%s[%d]: %s; the next one in %" PRIu64 " ms", s->name,
		 sup_pid(s), s->error, s->pause_ms);
	child_free(s->child);
	s->child = NULL;
	set_state(s, SUP_PAUSED);
	wheel_start(loop_wheel(s->conf.loop), &s->tick, s->pause_ms, on_start);
	s->pause_ms *= 2;
	if (s->pause_ms > PAUSE_MAX_MS)
		s->pause_ms = PAUSE_MAX_MS;
	s->conf.lossh(s, s->error, s->conf.arg);
}

static void died(struct sup *s)
{
	char status[64];

	if (s->why[0])
		snprintf(s->error, sizeof(s->error), "worker killed: %s",
			 s->why);
	else
		snprintf(s->error, sizeof(s->error), "worker died: %s",
			 child_status_text(status, s->status));
	if (now_ms() - s->started_ms >= LIFE_MS)
		s->pause_ms = PAUSE_FIRST_MS;
	stop_timers(s);
	if (s->retiring)
		left(s);
	else
		lost(s, LOG_WARNING);
}

static void end_pipe(struct sup *s)
{
	s->framer = framer_free(s->framer);
	stop_timers(s);
}

static void kill_it(struct sup *s, const char *why)
{
	end_pipe(s);
	snprintf(s->why, sizeof(s->why), "%s", why);
	if (s->state == SUP_DRAINING) {
		died(s);
		return;
	}
	set_state(s, SUP_DYING);
	child_kill(s->child, SIGKILL);
}

static void babbles(struct sup *s, unsigned type, const char *what)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "babbles: %s: %s", wire_name(type), what);
	kill_it(s, why);
}

static void on_overdue(struct sup *s, const char *what)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "no %s within %" PRIu64 " ms", what,
		 s->conf.pong_ms);
	kill_it(s, why);
}

/* What is owed gets a second chance: when it was us who were held up, what
 * came in the meantime is read first. */
static void on_late(struct wtimer *t)
{
	struct sup *s = CONTAINER(t, struct sup, late);

	if (s->state == SUP_DRAINING) {
		end_pipe(s);
		died(s);
	} else if (s->state == SUP_DYING) {
		kill_it(s, "closed its pipe and stayed");
	} else if (!s->grace) {
		s->grace = true;
		wheel_start(loop_wheel(s->conf.loop), t, GRACE_MS, on_late);
	} else {
		on_overdue(s, s->state == SUP_STARTING ? "READY" : "PONG");
	}
}

static void on_exit_status(int status, void *arg)
{
	struct sup *s = arg;

	s->status = status;
	if (s->state == SUP_DYING) {
		died(s);
	} else if (s->state == SUP_LEAVING) {
		child_free(s->child);
		s->child = NULL;
		set_state(s, SUP_OFF);
	} else {
		/* Should a child of its own hold the pipe: not for ever. */
		set_state(s, SUP_DRAINING);
		stop_timers(s);
		wheel_start(loop_wheel(s->conf.loop), &s->late, LINGER_MS,
			    on_late);
	}
}

static void on_pipe_closed(int err, const char *text, void *arg)
{
	struct sup *s = arg;

	(void)text;
	if (err == EBADMSG) {
		kill_it(s, "babbles: no frame");
		return;
	}
	end_pipe(s);
	if (s->state == SUP_DRAINING) {
		died(s);
		return;
	}
	/* Its exit follows in a moment, and the status tells more. */
	set_state(s, SUP_DYING);
	wheel_start(loop_wheel(s->conf.loop), &s->late, LINGER_MS, on_late);
}

static void on_ping(struct wtimer *t)
{
	struct sup *s = CONTAINER(t, struct sup, tick);
	struct wheel *wheel = loop_wheel(s->conf.loop);
	struct wire_msg m = { .type = WIRE_PING };

	wheel_start(wheel, t, s->conf.ping_ms, on_ping);
	if (wtimer_running(&s->late))
		return; /* it still owes the last one */
	m.u[0] = ++s->ping;
	wheel_start(wheel, &s->late, s->conf.pong_ms, on_late);
	sup_send(s, &m);
}

/* How quiet it has to be, and how long that is waited for, is by its age: for
 * a week one minute, and a day. */
static void on_old(struct wtimer *t)
{
	struct sup *s = CONTAINER(t, struct sup, old);
	const uint64_t quiet = s->conf.age_ms / 100;
	const struct wire_msg m = {
		.type = WIRE_RETIRE,
		.u = { quiet < QUIET_MS ? quiet : QUIET_MS,
		       s->conf.age_ms / 7 },
	};

	log_info("%s[%d]: is old, and retires", s->name, sup_pid(s));
	s->retiring = true;
	sup_send(s, &m);
}

static void start_age(struct sup *s)
{
	if (s->conf.age_ms)
		wheel_start(loop_wheel(s->conf.loop), &s->old,
			    s->conf.age_ms +
				    rand_u64() % (s->conf.age_ms / 8 + 1),
			    on_old);
}

static const char *got_retiring(struct sup *s)
{
	s->retiring = true;
	wheel_stop(loop_wheel(s->conf.loop), &s->old);
	return NULL;
}

static const char *got_ready(struct sup *s, const struct wire_msg *m)
{
	if (s->state == SUP_DRAINING)
		return NULL;
	if (s->state != SUP_STARTING)
		return "twice";
	if (m->u[0] != WIRE_VERSION)
		return "another version";
	stop_timers(s);
	set_state(s, SUP_READY);
	log_info("%s[%d]: ready", s->name, sup_pid(s));
	wheel_start(loop_wheel(s->conf.loop), &s->tick, s->conf.ping_ms,
		    on_ping);
	start_age(s);
	s->conf.readyh(s, s->conf.arg);
	return NULL;
}

static const char *got_pong(struct sup *s, const struct wire_msg *m)
{
	if (s->state == SUP_DRAINING)
		return NULL;
	if (m->u[0] != s->ping || !wtimer_running(&s->late))
		return "nobody asked";
	wheel_stop(loop_wheel(s->conf.loop), &s->late);
	s->grace = false;
	return NULL;
}

static const char *got_log(struct sup *s, const struct wire_msg *m)
{
	if (m->u[0] > LOG_TRACE)
		return "unknown level";
	if (chatter_may(&s->log, s->name, sup_pid(s)))
		log_line((enum log_level)m->u[0], "%s[%d]: %.*s", s->name,
			 sup_pid(s), VIEW_ARG(m->s[0]));
	return NULL;
}

static const char *got(struct sup *s, const struct wire_msg *m)
{
	switch (m->type) {
	case WIRE_LOG:
		return got_log(s, m);
	case WIRE_READY:
		return got_ready(s, m);
	case WIRE_PONG:
		return got_pong(s, m);
	default:
		if (s->state == SUP_STARTING)
			return "before READY";
		if (m->type == WIRE_RETIRING)
			return got_retiring(s);
		return s->conf.frameh(s, m, s->conf.arg);
	}
}

static void on_frame(const struct frame *f, void *arg)
{
	struct sup *s = arg;
	struct wire_msg m;
	const char *why;

	if (!wire_decode(&m, f, false, &why))
		why = got(s, &m);
	if (why && s->framer)
		babbles(s, f->type, why);
}

static int hello(struct sup *s)
{
	struct wire_msg m = {
		.type = WIRE_HELLO,
		.u = { WIRE_VERSION, log_get_level() },
		.s = { view_str(s->name) },
	};

	return wire_send(s->framer, &m);
}

static int start_it(struct sup *s)
{
	char *argv[] = { (char *)s->conf.program, NULL };
	int fd, err;

	err = child_start(&s->child, s->conf.loop, s->conf.program, argv, &fd,
			  on_exit_status, s);
	if (err)
		return err;
	err = framer_new(&s->framer, s->conf.loop, fd, OUT_MAX, on_frame,
			 on_pipe_closed, s);
	if (!err)
		err = hello(s);
	if (!err)
		return 0;
	s->framer = framer_free(s->framer);
	return err;
}

static void on_start(struct wtimer *t)
{
	struct sup *s = CONTAINER(t, struct sup, tick);
	int err = start_it(s);

	if (err) {
		snprintf(s->error, sizeof(s->error), "can't start %s: %s",
			 s->conf.program, strerror(err));
		/* Somebody has to act, but need not be told each time. */
		lost(s,
		     s->pause_ms == PAUSE_FIRST_MS ? LOG_ERROR : LOG_WARNING);
		return;
	}
	s->starts++;
	s->started_ms = now_ms();
	s->why[0] = '\0';
	set_state(s, SUP_STARTING);
	wheel_start(loop_wheel(s->conf.loop), &s->late, s->conf.pong_ms,
		    on_late);
}

static void destroy(void *obj)
{
	struct sup *s = obj;

	stop_timers(s);
	framer_free(s->framer);
	child_free(s->child);
}

struct sup *sup_new(const struct sup_conf *conf)
{
	struct sup *s = mem_new(sizeof(*s), destroy);
	const char *slash = strrchr(conf->program, '/');

	s->conf = *conf;
	s->name = slash ? slash + 1 : conf->program;
	s->pause_ms = PAUSE_FIRST_MS;
	return s;
}

void sup_start(struct sup *s)
{
	if (s->state != SUP_OFF)
		return;
	set_state(s, SUP_PAUSED);
	wheel_start(loop_wheel(s->conf.loop), &s->tick, 0, on_start);
}

void sup_stop(struct sup *s)
{
	stop_timers(s);
	s->framer = framer_free(s->framer);
	s->retiring = false;
	set_state(s, s->child ? SUP_LEAVING : SUP_OFF);
}

bool sup_ready(const struct sup *s)
{
	return s->state == SUP_READY;
}

bool sup_retiring(const struct sup *s)
{
	return s->retiring;
}

bool sup_off(const struct sup *s)
{
	return s->state == SUP_OFF;
}

bool sup_full(const struct sup *s)
{
	return s->framer && framer_pending(s->framer) > OUT_FULL;
}

int sup_send(struct sup *s, const struct wire_msg *m)
{
	char why[WHY_MAX];
	int err;

	if (s->state != SUP_READY)
		return ENOTCONN;
	err = wire_send(s->framer, m);
	/* ENOTCONN: the pipe has just ended, and on_pipe_closed() is next. */
	if (err && err != ENOTCONN) {
		snprintf(why, sizeof(why), "can't be sent %s: %s",
			 wire_name(m->type), strerror(err));
		kill_it(s, why);
	}
	return err;
}

int sup_pid(const struct sup *s)
{
	return s->child ? (int)child_pid(s->child) : 0;
}

int sup_print(struct sink *out, const struct sup *s)
{
	unsigned restarts = s->starts ? s->starts - 1 : 0;
	int err;

	err = sink_printf(out, "%s: pid %d, %s, %u restart%s", s->name,
			   sup_pid(s),
			   s->retiring ? "retiring" : state_name(s->state),
			   restarts,
			   restarts == 1 ? "" : "s");
	if (err || !s->child)
		return err;
	return sink_printf(out, ", %" PRIu64 " s old, %zu MiB",
			   (now_ms() - s->started_ms) / 1000,
			   mem_resident_of(sup_pid(s)) >> 20);
}

const char *sup_error(const struct sup *s)
{
	return s->error;
}
