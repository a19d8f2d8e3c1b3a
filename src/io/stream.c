/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Streams. What is written gathers until the loop's turn ends and goes out in
 * one piece. A handler may close the stream at any point: each entry from the
 * loop holds a reference, and looks at the state after each call up.
 */
#include "stream_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hash.h"
#include "mem.h"
#include "sock.h"
#include "tls.h"

enum {
	IN_MAX = 64 * 1024,
	OUT_MAX = 1024 * 1024,
	CONNECT_MS = 30000,
	UNREAD = 4096, UNREAD_TURNS = 64,
};

void stream_set_events(struct stream *s)
{
	int events = 0;

	if (s->state == STREAM_CONNECTING || s->blocked)
		events = LOOP_WRITE;
	if (s->tls && tls_wants_write(s->tls))
		events = LOOP_WRITE;
	if (s->state == STREAM_HANDSHAKE && !events)
		events = LOOP_READ;
	if (s->state == STREAM_OPEN && !s->paused)
		events |= LOOP_READ;
	if (s->watch)
		loop_rewatch(s->watch, events);
}


static void take_down(struct stream *s)
{
	s->state = STREAM_OVER;
	loop_unwatch(s->watch);
	s->watch = NULL;
	loop_undefer(s->l, &s->job);
	wheel_stop(loop_wheel(s->l), &s->timer);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}


void stream_over(struct stream *s, int err, const char *text)
{
	take_down(s);
	s->ops.on_close(err, text, s->arg);
}


const char *stream_words(const struct stream *s, int err)
{
	const char *text = NULL;

	if (s->tls && s->state >= STREAM_HANDSHAKE)
		text = tls_why(s->tls);
	if (!text || !*text)
		text = strerrordesc_np(err);
	return text ? text : "unknown error";
}


/* Opening */

static void opened(struct stream *s)
{
	s->state = STREAM_OPEN;
	wheel_stop(loop_wheel(s->l), &s->timer);
	/* The server's first words may have come with its handshake. */
	s->read_again = s->tls != NULL;
	loop_defer(s->l, &s->job);
	stream_set_events(s);
	if (s->ops.on_open)
		s->ops.on_open(s->arg);
}


static void handshake(struct stream *s)
{
	int err = tls_handshake(s->tls);

	if (!err)
		opened(s);
	else if (err == EAGAIN)
		stream_set_events(s);
	else
		stream_over(s, err, stream_words(s, err));
}


static void connected(struct stream *s)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (err) {
		stream_over(s, err, stream_words(s, err));
		return;
	}
	sock_local(s->fd, &s->local);
	if (!s->tls) {
		opened(s);
		return;
	}
	s->state = STREAM_HANDSHAKE;
	handshake(s);
}


static void on_timeout(struct wtimer *t)
{
	struct stream *s = mem_ref(CONTAINER(t, struct stream, timer));

	stream_over(s, ETIMEDOUT,
		    s->state == STREAM_CONNECTING ? "no answer to connecting"
					   : "no end of the TLS handshake");
	mem_deref(s);
}


static void open_io(struct stream *s, int events)
{
	if (events & LOOP_WRITE || s->tls)
		stream_flush(s);
	if (s->state != STREAM_OPEN || s->paused || s->redeliver)
		return;
	if (events & LOOP_READ || s->tls)
		stream_read_all(s);
}


static void on_ready(int events, void *arg)
{
	struct stream *s = mem_ref(arg);

	if (s->state == STREAM_CONNECTING)
		connected(s);
	else if (s->state == STREAM_HANDSHAKE)
		handshake(s);
	else
		open_io(s, events);
	mem_deref(s);
}


/* At the end of a turn in which something was written, or must be read that
 * poll does not tell of. */
static void on_job(void *arg)
{
	struct stream *s = mem_ref(arg);

	if (s->refused)
		stream_over(s, s->refused, stream_words(s, s->refused));
	if (s->state == STREAM_HANDSHAKE)
		handshake(s);
	if (s->state == STREAM_OPEN && !s->blocked)
		stream_flush(s);
	if (s->state == STREAM_OPEN && s->read_again)
		stream_resume(s);
	mem_deref(s);
}


static void stream_destroy(void *obj)
{
	struct stream *s = obj;

	take_down(s);
	mem_deref(s->tls);
	stream_wipe(&s->in);
	stream_wipe(&s->out);
}


static struct stream *stream_new(struct loop *l, const struct stream_conf *c,
				 const struct stream_ops *ops, void *arg)
{
	struct stream *s = mem_new(sizeof(*s), stream_destroy);

	s->l = l;
	s->fd = -1;
	s->ops = *ops;
	s->arg = arg;
	s->in_max = c->in_max ? c->in_max : IN_MAX;
	s->out_max = c->out_max ? c->out_max : OUT_MAX;
	buf_init(&s->in, s->in_max);
	buf_init(&s->out, s->out_max);
	s->job.h = on_job;
	s->job.arg = s;
	return s;
}


static uint64_t limit(const struct stream_conf *conf)
{
	return conf->connect_ms ? conf->connect_ms : CONNECT_MS;
}


int stream_connect(struct stream **sp, struct loop *l,
		   const struct netaddr *dst, const struct stream_conf *conf,
		   const struct stream_ops *ops, void *arg)
{
	struct stream *s = stream_new(l, conf, ops, arg);
	int err;

	s->peer = *dst;
	err = sock_open(&s->fd, netaddr_family(dst), SOCK_STREAM, conf->bind);
	if (err)
		goto out;
	sock_raise(&s->fd, conf->fd_min);
	sock_tcp_options(s->fd, conf->dead_ms);
	if (conf->tls)
		err = tls_open(&s->tls, conf->tls, s->fd, conf->tls_name);
	if (err)
		goto out;
	if (connect(s->fd, &dst->u.sa, netaddr_len(dst)) &&
	    errno != EINPROGRESS) {
		s->refused = errno;
		loop_defer(l, &s->job);
		goto out;
	}
	err = loop_watch(&s->watch, l, s->fd, LOOP_WRITE, on_ready, s);
	if (!err)
		wheel_start(loop_wheel(l), &s->timer, limit(conf), on_timeout);
 out:
	if (err)
		mem_deref(s);
	else
		*sp = s;
	return err;
}


int stream_adopt(struct stream **sp, struct loop *l, int fd,
		 const struct stream_conf *conf, const struct stream_ops *ops,
		 void *arg)
{
	struct stream *s = stream_new(l, conf, ops, arg);
	int err;

	s->fd = fd;
	err = sock_flags(fd);
	if (!err && conf->tls)
		err = tls_accept(&s->tls, conf->tls, fd);
	if (err)
		goto out;
	s->state = s->tls ? STREAM_HANDSHAKE : STREAM_OPEN;
	sock_local(fd, &s->local);
	sock_peer(fd, &s->peer);
	if (netaddr_family(&s->peer))
		sock_tcp_options(fd, conf->dead_ms);
	err = loop_watch(&s->watch, l, fd, LOOP_READ, on_ready, s);
	if (!err && s->tls)
		wheel_start(loop_wheel(l), &s->timer, limit(conf), on_timeout);
 out:
	if (err)
		mem_deref(s);
	else
		*sp = s;
	return err;
}


/* Nothing plain may come behind the handshake's first byte. */
static int finish_plain(struct stream *s)
{
	if (s->state != STREAM_OPEN)
		return ENOTCONN;
	if (s->tls)
		return EALREADY;
	if (s->out.n)
		(void)stream_push(s);
	return s->out.n ? EBUSY : 0;
}


int stream_starttls(struct stream *s, struct tls_ctx *ctx, const char *name,
		    uint64_t limit_ms)
{
	int err = finish_plain(s);

	if (!err)
		err = tls_open(&s->tls, ctx, s->fd, name);
	if (err)
		return err;
	s->state = STREAM_HANDSHAKE;
	s->blocked = s->read_again = s->redeliver = false;
	buf_clear(&s->in);
	stream_set_events(s);
	wheel_start(loop_wheel(s->l), &s->timer,
		    limit_ms ? limit_ms : CONNECT_MS, on_timeout);
	loop_defer(s->l, &s->job);
	return 0;
}


int stream_write(struct stream *s, const void *p, size_t n)
{
	if (s->state == STREAM_OVER)
		return ENOTCONN;
	if (n > s->out_max || s->out.n > s->out_max - n)
		return ENOBUFS;
	stream_make_room(&s->out, n);
	buf_add(&s->out, p, n);
	if (n && s->state == STREAM_OPEN && !s->blocked)
		loop_defer(s->l, &s->job);
	return 0;
}


size_t stream_pending(const struct stream *s)
{
	return s->out.n;
}


void stream_pause(struct stream *s, bool paused)
{
	if (s->paused == paused)
		return;
	s->paused = paused;
	if (s->state != STREAM_OPEN)
		return;
	stream_set_events(s);
	if (paused)
		return;
	s->read_again = s->redeliver = true;
	loop_defer(s->l, &s->job);
}


const struct netaddr *stream_peer(const struct stream *s)
{
	return &s->peer;
}


const struct netaddr *stream_local(const struct stream *s)
{
	return &s->local;
}


void stream_peer_names(const struct stream *s, struct buf *out)
{
	if (s->tls && s->state == STREAM_OPEN)
		tls_peer_names(s->tls, out);
}


/* Closed with bytes unread, the kernel says "reset", and the other side may
 * lose the last words (RFC 1122 4.2.2.13). */
static void leave_nothing_unread(const struct stream *s)
{
	char unread[UNREAD];
	int n = 0;

	if (shutdown(s->fd, SHUT_WR))
		return;
	while (n < UNREAD_TURNS &&
	       recv(s->fd, unread, sizeof(unread), MSG_DONTWAIT) > 0)
		n++;
}


struct stream *stream_close(struct stream *s)
{
	if (!s)
		return NULL;
	if (s->state == STREAM_OPEN) {
		stream_push(s);
		if (s->tls)
			tls_end(s->tls);
		leave_nothing_unread(s);
	}
	take_down(s);
	return mem_deref(s);
}
