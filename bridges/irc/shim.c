/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The library wants to make its own TCP connection, so it is let connect to a
 * listener of ours on loopback; then one end of a socketpair is put in the
 * place of that descriptor. Only recv(), send(), getsockname() and
 * getpeername() are done on it afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libircclient.h>

#include "filter.h"
#include "log.h"
#include "mem.h"
#include "shim.h"
#include "text.h"

enum { STORE_MAX = 1024 };

struct ircb_shim {
	irc_session_t *session; /* owned */
	int fd;			/* borrowed: the session's own */
	int peer;		/* owned; -1: none */
	struct ircb_event *ev;	/* borrowed while a line is fed, else NULL */
	bool seen;		/* the line had an event */
	char store[STORE_MAX];	/* the event's bytes */
	size_t used;
};

static struct view keep(struct ircb_shim *s, const char *text)
{
	struct view v = view_str(text);
	char *p = s->store + s->used;

	/* A line has at most 512 bytes, so this is never the case. */
	if (v.n > STORE_MAX - s->used)
		return VIEW_NONE;
	if (v.n)
		memcpy(p, v.p, v.n);
	s->used += v.n;
	return view_mem(p, v.n);
}

static void keep_event(irc_session_t *session, enum ircb_event_type type,
		       const char *origin, const char **params,
		       unsigned int count)
{
	struct ircb_shim *s = irc_get_ctx(session);
	struct ircb_line *l;
	size_t i;

	if (!s->ev)
		return;
	l = &s->ev->line;
	memset(s->ev, 0, sizeof(*s->ev));
	s->seen = true;
	s->ev->type = type;
	s->used = 0;
	l->prefix = keep(s, origin);
	ircb_line_split_prefix(l);
	for (i = 0; i < count && i < IRCB_PARAMS_MAX; i++)
		l->params[l->count++] = keep(s, params[i]);
}

/* One callback for each kind of event that we know. */
#define EVENT(name, type)                                                     \
	static void on_##name(irc_session_t *session, const char *event,      \
			      const char *origin, const char **params,        \
			      unsigned int count)                             \
	{                                                                     \
		(void)event;                                                  \
		keep_event(session, type, origin, params, count);             \
	}

EVENT(join, IRCB_EV_JOIN)
EVENT(part, IRCB_EV_PART)
EVENT(kick, IRCB_EV_KICK)
EVENT(quit, IRCB_EV_QUIT)
EVENT(nick, IRCB_EV_NICK)
EVENT(mode, IRCB_EV_MODE)
EVENT(topic, IRCB_EV_TOPIC)
EVENT(message, IRCB_EV_MSG)
EVENT(notice, IRCB_EV_NOTICE)
EVENT(invite, IRCB_EV_INVITE)

static void on_numeric(irc_session_t *session, unsigned int code,
		       const char *origin, const char **params,
		       unsigned int count)
{
	struct ircb_shim *s = irc_get_ctx(session);

	keep_event(session, IRCB_EV_NUMERIC, origin, params, count);
	if (s->ev)
		s->ev->line.code = code;
}

/* The filter keeps CTCP away; were this NULL, the library would answer it. */
static void on_ctcp(irc_session_t *session, const char *event,
		    const char *origin, const char **params,
		    unsigned int count)
{
	(void)session;
	(void)event;
	(void)origin;
	(void)params;
	(void)count;
}

/* Without DCC callbacks the library refuses DCC. */
static irc_callbacks_t callbacks = {
	.event_join = on_join,
	.event_part = on_part,
	.event_kick = on_kick,
	.event_quit = on_quit,
	.event_nick = on_nick,
	.event_mode = on_mode,
	.event_topic = on_topic,
	/* The library can't be trusted to tell them apart: a nick that only
	 * starts like its own is the same to it. */
	.event_channel = on_message,
	.event_privmsg = on_message,
	.event_notice = on_notice,
	.event_channel_notice = on_notice,
	.event_invite = on_invite,
	.event_ctcp_req = on_ctcp,
	.event_numeric = on_numeric,
};

static int open_listener(int *fd, struct sockaddr_in *sa)
{
	socklen_t n = sizeof(*sa);

	memset(sa, 0, sizeof(*sa));
	sa->sin_family = AF_INET;
	sa->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return errno;
	if (bind(*fd, (struct sockaddr *)sa, sizeof(*sa)) || listen(*fd, 1) ||
	    getsockname(*fd, (struct sockaddr *)sa, &n))
		return errno;
	return 0;
}

/* The library's select() aborts the process at descriptor 1,024, so see first
 * which number its socket will get. */
static int check_next_fd(int fd)
{
	int next = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (next < 0)
		return errno;
	close(next);
	return next < FD_SETSIZE ? 0 : EMFILE;
}

static int connect_session(struct ircb_shim *s)
{
	struct sockaddr_in sa;
	fd_set in, out;
	int fd, err = open_listener(&fd, &sa);

	if (!err)
		err = check_next_fd(fd);
	if (!err && irc_connect(s->session, "127.0.0.1", ntohs(sa.sin_port),
				NULL, IRCB_LIBRARY_NICK, "x", "x"))
		err = ECONNREFUSED;
	s->fd = -1;
	FD_ZERO(&in);
	FD_ZERO(&out);
	if (!err && irc_add_select_descriptors(s->session, &in, &out, &s->fd))
		err = EIO;
	if (fd >= 0)
		close(fd);
	return err;
}

static int put_pair_under(struct ircb_shim *s)
{
	int pair[2], err = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       pair))
		return errno;
	if (dup3(pair[0], s->fd, O_CLOEXEC) < 0)
		err = errno;
	close(pair[0]);
	/* Our end need not be a low one. */
	s->peer = fcntl(pair[1], F_DUPFD_CLOEXEC, IRCB_FDS_LOW);
	if (s->peer < 0)
		s->peer = pair[1];
	else
		close(pair[1]);
	return err;
}

/* Let the library handle what waits on its descriptor. Only to be called when
 * something does: it spins on EAGAIN. */
static int process(struct ircb_shim *s, bool readable, bool writable)
{
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	if (readable)
		FD_SET(s->fd, &in);
	if (writable)
		FD_SET(s->fd, &out);
	return irc_process_select_descriptors(s->session, &in, &out) ? EIO : 0;
}

static bool wants_to_write(struct ircb_shim *s)
{
	fd_set in, out;
	int max = 0;

	FD_ZERO(&in);
	FD_ZERO(&out);
	return !irc_add_select_descriptors(s->session, &in, &out, &max) &&
	       FD_ISSET(s->fd, &out);
}

/* What the library says ends here. */
static void swallow(struct ircb_shim *s)
{
	char text[STORE_MAX];
	ssize_t n = recv(s->peer, text, sizeof(text), MSG_DONTWAIT);
	struct view v = view_mem(text, n > 0 ? (size_t)n : 0), line;

	while (!ircb_line_next(&v, &line))
		if (!ircb_filter_swallows(line))
			log_debug("libircclient wanted to send: %.*s",
				  VIEW_ARG(line));
}

static int let_speak(struct ircb_shim *s)
{
	int err = 0;

	if (wants_to_write(s))
		err = process(s, false, true);
	swallow(s);
	return err;
}

int ircb_shim_new(struct ircb_shim **sp)
{
	struct ircb_shim *s = mem_zalloc(sizeof(*s));
	int err = 0;

	s->peer = s->fd = -1;
	s->session = irc_create_session(&callbacks);
	if (!s->session)
		err = ENOMEM;
	if (!err) {
		irc_set_ctx(s->session, s);
		err = connect_session(s);
	}
	if (!err)
		err = put_pair_under(s);
	if (!err)
		err = process(s, false, true); /* "connected" */
	if (!err)
		err = let_speak(s);
	if (err)
		ircb_shim_free(s);
	else
		*sp = s;
	return err;
}

void ircb_shim_free(struct ircb_shim *s)
{
	if (!s)
		return;
	if (s->session)
		irc_destroy_session(s->session);
	if (s->peer >= 0)
		close(s->peer);
	mem_free(s);
}

int ircb_shim_feed(struct ircb_shim *s, struct view line,
		   struct ircb_event *ev)
{
	int err;

	if (write(s->peer, line.p, line.n) != (ssize_t)line.n)
		return EIO;
	s->seen = false;
	s->ev = ev;
	err = process(s, true, false);
	s->ev = NULL;
	if (!err)
		err = let_speak(s);
	if (err)
		return err;
	return s->seen ? 0 : ENOENT;
}

void ircb_plain(struct buf *b, struct view v)
{
	struct buf text = { 0 };
	char *plain;

	ircb_strip_new_codes(&text, v);
	plain = irc_color_strip_from_mirc(buf_str(&text));
	ircb_to_utf8(b, view_str(plain ? plain : ""));
	free(plain);
	buf_free(&text);
}

/* U+200B and U+2060: what relays put behind the first letter of a nick so that
 * nobody is called by it. */
static size_t guard_length(struct view v)
{
	return view_starts(v, VIEW("\xe2\x80\x8b")) ||
			       view_starts(v, VIEW("\xe2\x81\xa0")) ?
		       3 : 0;
}

void ircb_unguard(struct buf *b, struct view v)
{
	struct buf plain = { 0 };
	struct view rest;

	ircb_plain(&plain, v);
	for (rest = buf_view(&plain); rest.n;) {
		size_t n = guard_length(rest);

		if (!n) {
			buf_addc(b, rest.p[0]);
			n = 1;
		}
		rest = view_from(rest, n);
	}
	buf_free(&plain);
}
