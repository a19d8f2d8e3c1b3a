/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all workers have in common: descriptor 3 as a framer, one handler a
 * frame type, the log as frames, and the end: politely when the daemon goes
 * or asks for it, at once when it talks nonsense.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "hash.h"
#include "log.h"
#include "worker_priv.h"

enum {
	PIPE_FD = 3,
	OUT_MAX = 16 * 1024 * 1024, /* a daemon this far behind is gone */
	LINGER_MS = 1000,	    /* for goodbyes to get out */
};

enum state { WAITING, RUNNING, LEAVING, ENDED };

struct worker {
	const char *program;	      /* borrowed: main's */
	const struct worker_ops *ops; /* borrowed */
	void *arg;
	struct loop *loop;     /* owned */
	struct framer *framer; /* owned */
	struct wtimer linger;
	enum state state;
	int status; /* of the process */
};

typedef void(op_h)(struct worker *w, const struct wire_msg *m);

static void end(struct worker *w, int status)
{
	w->state = ENDED;
	w->status = status;
	loop_stop(w->loop);
}

static void on_linger(struct wtimer *t)
{
	struct worker *w = CONTAINER(t, struct worker, linger);

	end(w, w->status);
}

/* Says goodbye with this exit status to come. */
static void leave(struct worker *w, int status)
{
	if (w->state == WAITING)
		end(w, status);
	if (w->state != RUNNING)
		return;
	w->state = LEAVING;
	w->status = status;
	wheel_start(loop_wheel(w->loop), &w->linger, LINGER_MS, on_linger);
	w->ops->stop(w->arg);
}

void worker_done(struct worker *w)
{
	if (w->state == LEAVING)
		end(w, w->status);
}

void worker_quit(struct worker *w)
{
	leave(w, 0);
}

/* Nothing that should reach the daemon is dropped: when it can't be sent the
 * worker ends, and what follows is the same as after a crash. */
void worker_send(struct worker *w, const struct wire_msg *m)
{
	int err;

	if (w->state != RUNNING && w->state != LEAVING)
		return;
	err = wire_send(w->framer, m);
	if (!err || err == ENOTCONN)
		return;
	fprintf(stderr, "%s: can't send %s: %s\n", w->program,
		wire_name(m->type), strerror(err));
	end(w, 1);
}

static void on_log(enum log_level level, const char *line, void *arg)
{
	struct worker *w = arg;
	struct wire_msg m = {
		.type = WIRE_LOG,
		.u = { level },
		.s = { view_str(line) },
	};

	if (wire_send(w->framer, &m))
		fprintf(stderr, "%s: %s\n", w->program, line);
}

static void on_hello(struct worker *w, const struct wire_msg *m)
{
	struct wire_msg ready = {
		.type = WIRE_READY,
		.u = { WIRE_VERSION },
	};
	int err;

	if (m->u[0] != WIRE_VERSION || m->u[1] > LOG_TRACE) {
		log_error("%s: confabd is of another version", w->program);
		end(w, 1);
		return;
	}
	log_set_level((enum log_level)m->u[1]);
	log_set_handler(on_log, w);
	w->state = RUNNING;
	err = w->ops->start(w, w->loop, w->arg);
	if (err) {
		log_error("can't start: %s", strerror(err));
		end(w, 1);
		return;
	}
	worker_send(w, &ready);
}

static void on_ping(struct worker *w, const struct wire_msg *m)
{
	struct wire_msg pong = {
		.type = WIRE_PONG,
		.u = { m->u[0] },
	};

	worker_send(w, &pong);
}

static void on_account(struct worker *w, const struct wire_msg *m)
{
	w->ops->account(m->id, m, w->arg);
}

static void on_account_del(struct worker *w, const struct wire_msg *m)
{
	w->ops->account_del(m->id, w->arg);
}

static void on_join(struct worker *w, const struct wire_msg *m)
{
	const struct worker_join join = {
		.leg = m->u[0],
		.place = m->s[0],
		.nick = m->s[1],
		.key = m->s[2],
		.by_name = m->u[1] == JOIN_BY_NAME,
	};

	w->ops->join(m->id, &join, w->arg);
}

static void on_part(struct worker *w, const struct wire_msg *m)
{
	w->ops->part(m->u[0], m->s[0], w->arg);
}

static void on_say(struct worker *w, const struct wire_msg *m)
{
	struct worker_say say = {
		.leg = m->u[0],
		.seq = m->u[1],
		.id = m->u[2],
		.kind = (unsigned)m->u[3],
		.time_ms = m->u[4],
		.name = m->s[0],
		.text = m->s[1],
	};

	w->ops->say(&say, w->arg);
}

static void on_expel(struct worker *w, const struct wire_msg *m)
{
	if (w->ops->expel)
		w->ops->expel(m->u[0], m->u[1] != 0, m->s[0], m->s[1],
			      w->arg);
}

static void on_session(struct worker *w, const struct wire_msg *m)
{
	if (w->ops->session)
		w->ops->session(m->id, m, w->arg);
	else
		worker_account_lost(w, m->id, GONE_CONFIG,
				    VIEW("this network has no sessions"));
}

static void on_session_end(struct worker *w, const struct wire_msg *m)
{
	if (w->ops->session_end)
		w->ops->session_end(m->id, w->arg);
}

static void on_send(struct worker *w, const struct wire_msg *m)
{
	if (w->ops->send)
		w->ops->send(m->id, m->u[0], m->s[0], w->arg);
}

static void on_send_many(struct worker *w, const struct wire_msg *m)
{
	if (w->ops->send_many)
		w->ops->send_many(m->id, m->s[0], m->s[1], w->arg);
}

static void on_retire(struct worker *w, const struct wire_msg *m)
{
	if (w->ops->retire)
		w->ops->retire(m->u[0], m->u[1], w->arg);
}

static op_h *const handlers[WIRE_TYPES_END] = {
	[WIRE_HELLO] = on_hello,     [WIRE_PING] = on_ping,
	[WIRE_ACCOUNT] = on_account, [WIRE_ACCOUNT_DEL] = on_account_del,
	[WIRE_JOIN] = on_join,	     [WIRE_PART] = on_part,
	[WIRE_SAY] = on_say,	     [WIRE_EXPEL] = on_expel,
	[WIRE_SESSION] = on_session,
	[WIRE_SESSION_END] = on_session_end,
	[WIRE_SEND] = on_send,	     [WIRE_SEND_MANY] = on_send_many,
	[WIRE_RETIRE] = on_retire,
};

static void on_frame(const struct frame *f, void *arg)
{
	struct worker *w = arg;
	struct wire_msg m;
	const char *why;

	if (w->state > RUNNING)
		return;
	if (wire_decode(&m, f, true, &why)) {
		log_error("%s from confabd: %s", wire_name(f->type), why);
		leave(w, 1);
		return;
	}
	/* HELLO is the first frame, and only the first. */
	if ((m.type == WIRE_HELLO) != (w->state == WAITING)) {
		log_error("%s from confabd: not now", wire_name(f->type));
		leave(w, 1);
		return;
	}
	handlers[m.type](w, &m);
}

static void on_close(int err, const char *text, void *arg)
{
	struct worker *w = arg;

	log_set_handler(NULL, NULL);
	if (err == EBADMSG)
		log_error("%s: from confabd: %s", w->program, text);
	leave(w, err == EBADMSG);
}

static void on_term(int signum, void *arg)
{
	(void)signum;
	leave(arg, 0);
}

static bool started_by_hand(void)
{
	int type;
	socklen_t n = sizeof(type);

	return getsockopt(PIPE_FD, SOL_SOCKET, SO_TYPE, &type, &n) ||
	       type != SOCK_STREAM;
}

static int open_pipe(struct worker *w)
{
	if (fcntl(PIPE_FD, F_SETFD, FD_CLOEXEC) ||
	    fcntl(PIPE_FD, F_SETFL, O_NONBLOCK))
		return errno;
	return framer_new(&w->framer, w->loop, PIPE_FD, OUT_MAX, on_frame,
			  on_close, w);
}

static void turn(struct worker *w)
{
	if (!w->ops->turn) {
		loop_run(w->loop);
		return;
	}
	while (w->state != ENDED)
		w->ops->turn(w->loop, w->arg);
}

static int run(struct worker *w)
{
	int err = loop_new(&w->loop);

	if (err)
		return err;
	err = open_pipe(w);
	if (!err)
		err = loop_signal(w->loop, SIGTERM, on_term, w);
	if (!err)
		turn(w);
	log_set_handler(NULL, NULL);
	wheel_stop(loop_wheel(w->loop), &w->linger);
	w->framer = framer_free(w->framer);
	return err;
}

int worker_main(const char *program, const struct worker_ops *ops, void *arg)
{
	/* Where the library still has something at the loop when the time is
	 * up, the loop is left to the end of the process: so static. */
	static struct worker w;
	int err;

	if (started_by_hand()) {
		fprintf(stderr,
			"%s: a worker of confabd, which starts it; "
			"there is nothing to run by hand\n",
			program);
		return 2;
	}
	/* A terminal's Ctrl-C reaches us as well; the daemon ends us. */
	signal(SIGINT, SIG_IGN);
	w = (struct worker){ .program = program, .ops = ops, .arg = arg };
	err = run(&w);
	if (err)
		log_error("%s: can't start: %s", program, strerror(err));
	return err ? 1 : w.status;
}

bool worker_is_running(const struct worker *w)
{
	return w->state == RUNNING;
}

size_t worker_behind(const struct worker *w)
{
	return w->framer ? framer_pending(w->framer) : 0;
}
