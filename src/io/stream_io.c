/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open stream's bytes, both ways, plain or by TLS. */
#include "stream_priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tls.h"

enum {
	CHUNK = 16 * 1024, /* bytes asked for in one read */
	READS_A_TURN = 16, /* then others get their turn */
};

/* Plain or TLS, the same three results: 0 with a count (of 0: ended), EAGAIN,
 * another errno. */

static int io_result(ssize_t ret, size_t *n)
{
	*n = ret > 0 ? (size_t)ret : 0;
	if (ret >= 0)
		return 0;
	return errno == EINTR || errno == EWOULDBLOCK ? EAGAIN : errno;
}


static int io_read(struct stream *s, char *p, size_t n, size_t *got)
{
	if (s->tls)
		return tls_read(s->tls, p, n, got);
	return io_result(recv(s->fd, p, n, MSG_DONTWAIT), got);
}


static int io_write(struct stream *s, const char *p, size_t n, size_t *done)
{
	if (s->tls)
		return tls_write(s->tls, p, n, done);
	return io_result(send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL), done);
}


/* Writing */

/* Passwords pass here, and are nobody's to find later: what was dropped of n
 * bytes is overwritten. */
static void wipe(struct buf *b, size_t n)
{
	if (b->p && b->n < n)
		explicit_bzero(b->p + b->n, n - b->n);
}


void stream_wipe(struct buf *b)
{
	size_t n = b->n;

	buf_clear(b);
	wipe(b, n);
	buf_free(b);
}


void stream_make_room(struct buf *b, size_t n)
{
	struct buf more;

	if (!b->n || b->cap > b->n + n)
		return;
	buf_init(&more, b->max);
	if (!buf_room(&more, b->n + n))
		return; /* too much: whoever adds it will see */
	buf_addv(&more, buf_view(b));
	stream_wipe(b);
	*b = more;
}


int stream_push(struct stream *s)
{
	size_t done = 0, n, had = s->out.n;
	int err = 0;

	while (done < s->out.n && !err) {
		err = io_write(s, s->out.p + done, s->out.n - done, &n);
		done += n;
	}
	buf_drop(&s->out, done);
	wipe(&s->out, had);
	if (!s->out.n)
		buf_free(&s->out);
	return err;
}


void stream_flush(struct stream *s)
{
	int err;

	if (!s->out.n)
		return;
	err = stream_push(s);
	if (err && err != EAGAIN) {
		stream_over(s, err, stream_words(s, err));
		return;
	}
	s->blocked = err == EAGAIN;
	stream_set_events(s);
	if (!err && s->ops.on_drain)
		s->ops.on_drain(s->arg);
}


/* Reading */

/* False: no more reading for now. */
static bool deliver(struct stream *s)
{
	size_t had = s->in.n;
	const char *p = s->in.p;

	s->ops.on_data(&s->in, s->arg);
	if (s->in.p == p)
		wipe(&s->in, had);
	if (s->state != STREAM_OPEN || s->paused)
		return false;
	if (s->in.n < s->in_max)
		return true;
	stream_over(s, EMSGSIZE, "more input at once than allowed");
	return false;
}


static void ended(struct stream *s)
{
	stream_push(s); /* the peer may have closed one direction only */
	stream_over(s, 0, "closed by the other side");
}


/* False: no more reading for now. */
static bool read_some(struct stream *s)
{
	size_t n = s->in_max - s->in.n, got;
	int err;

	if (n > CHUNK)
		n = CHUNK;
	stream_make_room(&s->in, n);
	err = io_read(s, buf_room(&s->in, n), n, &got);
	if (err == EAGAIN)
		return false;
	if (err) {
		stream_over(s, err, stream_words(s, err));
		return false;
	}
	if (!got) {
		ended(s);
		return false;
	}
	buf_wrote(&s->in, got);
	/* Short: nothing more was there. TLS hands out record by record. */
	return deliver(s) && (s->tls || got == n);
}


void stream_read_all(struct stream *s)
{
	int i;

	for (i = 0; i < READS_A_TURN && read_some(s); i++)
		;
	if (s->state != STREAM_OPEN)
		return;
	if (!s->in.n)
		buf_free(&s->in);
	if (i == READS_A_TURN && s->tls) {
		s->read_again = true;
		loop_defer(s->l, &s->job);
	}
	stream_set_events(s);
}


void stream_resume(struct stream *s)
{
	bool left = s->redeliver && s->in.n;

	if (s->paused)
		return;
	s->read_again = s->redeliver = false;
	if (!left || deliver(s))
		stream_read_all(s);
}
