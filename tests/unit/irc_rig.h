/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real confab-irc (or another worker: RIG_PROGRAM, RIG_ENV) on the other end
 * of a socketpair: the test is its daemon. RIG_SECRET must never be logged.
 * All waiting is for a condition; the time limit is for what never comes.
 */
#ifndef CONFAB_IRC_RIG_H
#define CONFAB_IRC_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "clock.h"
#include "wire.h"
#include "worker.h"

#ifndef RIG_PROGRAM
#define RIG_PROGRAM "confab-irc"
#define RIG_ENV	    "CONFAB_IRC"
#endif

enum { RIG_LIMIT_MS = 20000, RIG_SEEN = 256, RIG_TEXT = 700, RIG_IN = 65536 };

struct rig_seen {
	enum wire_type type; /* WIRE_NONE: taken already */
	uint32_t id;
	uint64_t u[WIRE_FIELDS_MAX];
	char s[3][RIG_TEXT];
	size_t n[3]; /* bytes of these */
};

struct rig {
	struct loop *loop;
	struct framer *framer;
	pid_t worker;
	bool closed;
	struct rig_seen seen[RIG_SEEN];
	size_t count;
};

static inline void rig_frame(const struct frame *f, void *arg)
{
	struct rig *r = arg;
	struct rig_seen *s = &r->seen[r->count];
	struct wire_msg m;
	const char *why = "";

	assert_int_equal(wire_decode(&m, f, false, &why), 0);
	if (m.type == WIRE_LOG) {
#ifdef RIG_SECRET
		assert_null(memmem(m.s[0].p, m.s[0].n, RIG_SECRET,
				   strlen(RIG_SECRET)));
#endif
		if (getenv("RIG_LOG"))
			print_message("worker: %.*s\n", VIEW_ARG(m.s[0]));
		return;
	}
	assert_true(r->count < RIG_SEEN);
	r->count++;
	memset(s, 0, sizeof(*s));
	s->type = m.type;
	s->id = m.id;
	memcpy(s->u, m.u, sizeof(s->u));
	for (size_t i = 0; i < 3; i++) {
		(void)view_copy(s->s[i], RIG_TEXT, m.s[i]);
		s->n[i] = m.s[i].n;
	}
}

static inline void rig_closed(int err, const char *text, void *arg)
{
	struct rig *r = arg;

	(void)err;
	(void)text;
	r->closed = true;
}

static inline pid_t rig_spawn(const char *path, char *const argv[], int fd3)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* By way of a copy: the flag that closes it must not stay. */
	if (fd3 >= 0)
		dup2(fcntl(fd3, F_DUPFD_CLOEXEC, 10), 3);
	else if (!getenv("RIG_LOG"))
		dup2(dup2(open("/dev/null", O_RDWR), 1), 2);
	execv(path, argv);
	_exit(127);
}

static inline void rig_start(struct rig *r)
{
	char *argv[] = { (char *)RIG_PROGRAM, NULL };
	const char *path = getenv(RIG_ENV);
	struct wire_msg hello = { .type = WIRE_HELLO,
				  .u = { WIRE_VERSION, LOG_DEBUG } };
	int pair[2];

	memset(r, 0, sizeof(*r));
	assert_int_equal(loop_new(&r->loop), 0);
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, pair),
			 0);
	r->worker = rig_spawn(path ? path : "./" RIG_PROGRAM, argv, pair[1]);
	close(pair[1]);
	assert_int_equal(framer_new(&r->framer, r->loop, pair[0], 1 << 20,
				    rig_frame, rig_closed, r),
			 0);
	hello.s[0] = VIEW("t");
	assert_int_equal(wire_send(r->framer, &hello), 0);
}

static inline int rig_wait(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Ends the worker and expects it to end well. */
static inline void rig_stop(struct rig *r)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	int status;

	kill(r->worker, SIGTERM);
	while (!r->closed && now_ms() < limit)
		loop_turn(r->loop, 20);
	assert_true(r->closed);
	r->framer = framer_free(r->framer);
	loop_turn(r->loop, 0);
	status = rig_wait(r->worker);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	loop_free(r->loop);
}

static inline struct rig_seen *rig_find(struct rig *r, enum wire_type type,
					uint64_t u0)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->seen[i].type == type && r->seen[i].u[0] == u0)
			return &r->seen[i];
	return NULL;
}

/* Waits for a frame whose first number (0 where there is none) is u0; it is
 * taken out of what was seen. */
static inline struct rig_seen rig_await(struct rig *r, enum wire_type type,
					uint64_t u0)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	struct rig_seen *s, copy;

	while (!(s = rig_find(r, type, u0)) && now_ms() < limit)
		loop_turn(r->loop, 20);
	if (!s)
		print_error("%s of %u never came\n", wire_name(type),
			    (unsigned)u0);
	assert_non_null(s);
	copy = *s;
	s->type = WIRE_NONE;
	return copy;
}

struct rig_set {
	const char *key, *value;
};

static inline void rig_set(struct wire_msg *m, const char *key,
			   const char *value)
{
	struct view k = view_str(key);

	for (size_t i = 0; i < m->settings_count; i++) {
		if (!view_eq(m->settings[i].key, k))
			continue;
		m->settings[i].value = view_str(value);
		return;
	}
	m->settings[m->settings_count++] =
		(struct wire_setting){ k, view_str(value) };
}

/* The test's own settings take the place of the usual ones. */
static inline void rig_login_with(struct rig *r, enum wire_type type,
				  uint32_t id, unsigned port,
				  const struct rig_set *own, size_t count)
{
	char number[16];
	struct wire_msg m = { .type = type, .id = id };
	const struct rig_set usual[] = {
		{ "server", "127.0.0.1" },
		{ "port", number },
		{ "nick", "confab" },
		{ "username", "confab" },
		{ "realname", "100%d sure %s%n" },
		{ "flood_burst", "400" },
		{ "flood_ms", "1" },
		{ "pong_ms", "100" },
	};

	snprintf(number, sizeof(number), "%u", port);
	m.s[0] = VIEW("net");
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		rig_set(&m, usual[i].key, usual[i].value);
	for (size_t i = 0; i < count; i++)
		rig_set(&m, own[i].key, own[i].value);
	assert_int_equal(wire_send(r->framer, &m), 0);
}

static inline void rig_account_with(struct rig *r, uint32_t id, unsigned port,
				    const struct rig_set *own, size_t count)
{
	rig_login_with(r, WIRE_ACCOUNT, id, port, own, count);
}

static inline void rig_account(struct rig *r, uint32_t id, unsigned port,
			       const char *key, const char *value)
{
	struct rig_set own = { key, value };

	rig_account_with(r, id, port, &own, key ? 1 : 0);
}

static inline void rig_join(struct rig *r, uint32_t account, uint64_t leg,
			    const char *place)
{
	struct wire_msg m = { .type = WIRE_JOIN, .id = account, .u = { leg } };

	m.s[0] = view_str(place);
	assert_int_equal(wire_send(r->framer, &m), 0);
}

static inline void rig_join_as(struct rig *r, uint32_t account,
			       const struct worker_join *j)
{
	struct wire_msg m = { .type = WIRE_JOIN, .id = account,
			      .u = { j->leg, j->by_name } };

	m.s[0] = j->place;
	m.s[2] = j->key;
	assert_int_equal(wire_send(r->framer, &m), 0);
}

static inline void rig_expel(struct rig *r, uint64_t leg, bool ban,
			     const char *nick, const char *reason)
{
	struct wire_msg m = { .type = WIRE_EXPEL, .u = { leg, ban } };

	m.s[0] = view_str(nick);
	m.s[1] = view_str(reason);
	assert_int_equal(wire_send(r->framer, &m), 0);
}

static inline void rig_part(struct rig *r, uint64_t leg, const char *reason)
{
	struct wire_msg m = { .type = WIRE_PART, .u = { leg } };

	m.s[0] = view_str(reason);
	assert_int_equal(wire_send(r->framer, &m), 0);
}

static inline void rig_say(struct rig *r, uint64_t leg, uint64_t seq,
			   unsigned kind, const char *text)
{
	struct wire_msg m = { .type = WIRE_SAY,
			      .u = { leg, seq, seq, kind, 1 } };

	m.s[0] = VIEW("alice");
	m.s[1] = view_str(text);
	assert_int_equal(wire_send(r->framer, &m), 0);
}

/* The other side: a plain socket that sends and waits for text. */
struct peer {
	struct rig *rig;
	int fd;
	char in[RIG_IN];
	size_t n;
};

static inline struct sockaddr_in rig_addr(unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };

	sa.sin_port = htons((uint16_t)port);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sa;
}

static inline int rig_listen(unsigned *port)
{
	struct sockaddr_in sa = rig_addr(*port);
	socklen_t n = sizeof(sa);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

static inline void peer_init(struct peer *p, struct rig *r, int fd)
{
	assert_true(fd >= 0);
	p->rig = r;
	p->fd = fd;
	p->n = 0;
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static inline void peer_connect(struct peer *p, struct rig *r, unsigned port)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	struct sockaddr_in sa = rig_addr(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The server may be starting up. */
	while (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) &&
	       now_ms() < limit)
		loop_turn(r->loop, 20);
	peer_init(p, r, fd);
}

static inline void peer_accept(struct peer *p, struct rig *r, int listener)
{
	struct pollfd pf = { .fd = listener, .events = POLLIN };
	uint64_t limit = now_ms() + RIG_LIMIT_MS;

	while (!poll(&pf, 1, 0) && now_ms() < limit)
		loop_turn(r->loop, 20);
	peer_init(p, r, accept(listener, NULL, NULL));
}

static inline void peer_send(struct peer *p, const char *text)
{
	assert_int_equal(send(p->fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static inline bool peer_read(struct peer *p)
{
	ssize_t n = recv(p->fd, p->in + p->n, RIG_IN - 1 - p->n, 0);

	if (n > 0)
		p->n += (size_t)n;
	p->in[p->n] = 0;
	return n == 0;
}

/* Waits until text came; all up to its end is taken away. */
static inline void peer_expect(struct peer *p, const char *text)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	char *at = NULL;

	for (;;) {
		bool over = peer_read(p);

		at = strstr(p->in, text);
		if (at || over || now_ms() > limit)
			break;
		loop_turn(p->rig->loop, 10);
	}
	if (!at)
		print_error("never came: %s\nbut: %s\n", text, p->in);
	assert_non_null(at);
	at += strlen(text);
	p->n -= (size_t)(at - p->in);
	memmove(p->in, at, p->n + 1);
}

static inline void peer_expect_end(struct peer *p)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;

	while (!peer_read(p)) {
		assert_true(now_ms() < limit);
		p->n = 0;
		loop_turn(p->rig->loop, 10);
	}
}

static inline void peer_close(struct peer *p)
{
	close(p->fd);
}

#endif
