/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP in batches. What is sent gathers in one stretch of memory, described by
 * a table of entries, and goes out when a batch is full or the loop's turn
 * ends. When the kernel takes no more, the queue waits for room, up to its
 * bounds; what comes then is dropped and counted.
 */
#include "udp_priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gso.h"
#include "mem.h"
#include "sock.h"

enum {
	SOCKET_BUFFER = 4 * 1024 * 1024,
	QUEUE_MAX = 8192,                   /* datagrams */
	QUEUE_BYTES_MAX = 8 * 1024 * 1024,
	QUEUE_BYTES_KEEP = 256 * 1024, /* stays allocated when empty */
};

static void batch_init(struct batch *b)
{
	size_t i;

	for (i = 0; i < BATCH; i++) {
		b->msgs[i].msg_hdr.msg_iov = &b->iov[i];
		b->msgs[i].msg_hdr.msg_iovlen = 1;
	}
}


/* Sending */

static void queue_emptied(struct udp *u)
{
	u->head = u->tail = u->singly = 0;
	u->out_used = 0;
	if (u->out_cap > QUEUE_BYTES_KEEP) {
		mem_free(u->out);
		u->out = NULL;
		u->out_cap = 0;
	}
}


/* How many entries from this one on, of at most max, can leave as one: of the
 * same size, to the same address. Only the last may be shorter. */
static size_t run_length(const struct udp *u, size_t at, size_t max)
{
	const struct entry *e = &u->queue[at];
	size_t n = 1, bytes = e->len;

	if (!u->gso || at < u->head + u->singly || e->len > GSO_SIZE_MAX)
		return 1;
	while (n < max && n < GSO_SEGMENTS && e[n - 1].len == e->len &&
	       e[n].len && e[n].len <= e->len &&
	       bytes + e[n].len <= GSO_BYTES &&
	       netaddr_eq(&e[n].dst, &e->dst))
		bytes += e[n++].len;
	return n;
}


/* Message m: count entries, whose bytes stand behind each other. */
static void fill_msg(struct udp *u, unsigned m, size_t at, size_t count)
{
	struct entry *e = &u->queue[at], *last = e + count - 1;
	struct msghdr *h = &u->tx.msgs[m].msg_hdr;

	u->runs[m] = (unsigned)count;
	u->tx.iov[m].iov_base = u->out + e->off;
	u->tx.iov[m].iov_len = last->off + last->len - e->off;
	h->msg_name = &e->dst;
	h->msg_namelen = netaddr_len(&e->dst);
	gso_cut(h, &u->notes[m], count > 1 ? e->len : 0);
}


static unsigned fill_batch(struct udp *u)
{
	size_t at = u->head, end = u->tail, count;
	unsigned m;

	if (end - at > BATCH)
		end = at + BATCH;
	for (m = 0; at < end; m++, at += count) {
		count = run_length(u, at, end - at);
		fill_msg(u, m, at, count);
	}
	return m;
}


static void leave_behind(struct udp *u, unsigned count)
{
	u->head += count;
	u->singly = u->singly > count ? u->singly - count : 0;
}


/* The first message of the batch is at fault. One that was joined is tried
 * again in single entries, so that each stands for itself. */
static void send_failed(struct udp *u, int err)
{
	if (u->runs[0] > 1) {
		u->singly = u->runs[0];
		u->gso = !gso_is_refusal(err);
		return;
	}
	u->stats.send_failed++;
	leave_behind(u, 1);
}


/* False: the kernel takes no more for now. */
static bool send_batch(struct udp *u)
{
	int i, n;

	n = sendmmsg(u->fd, u->tx.msgs, fill_batch(u), MSG_NOSIGNAL);
	for (i = 0; i < n; i++) {
		u->stats.sent += u->runs[i];
		leave_behind(u, u->runs[i]);
	}
	if (n > 0)
		return true;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return false;
	if (errno != EINTR)
		send_failed(u, errno);
	return true;
}


void udp_flush(struct udp *u)
{
	bool blocked = false;

	loop_undefer(u->l, &u->flush);
	while (u->head < u->tail && !blocked)
		blocked = !send_batch(u);
	if (u->head == u->tail)
		queue_emptied(u);
	if (blocked == u->blocked)
		return;
	u->blocked = blocked;
	udp_set_events(u);
}


static void on_flush(void *arg)
{
	udp_flush(arg);
}


/* What waits moves to the front, so that the room behind it can be used; so
 * do the reserved bytes that follow it. */
static void compact(struct udp *u, size_t reserved)
{
	uint32_t shift = u->queue[u->head].off;
	size_t i, n = u->tail - u->head;

	memmove(u->out, u->out + shift, u->out_used - shift + reserved);
	memmove(u->queue, u->queue + u->head, n * sizeof(*u->queue));
	for (i = 0; i < n; i++)
		u->queue[i].off -= shift;
	u->out_used -= shift;
	u->tail = n;
	u->head = 0;
}


static void make_room(struct udp *u, size_t n)
{
	size_t cap = u->out_cap ? u->out_cap : QUEUE_BYTES_KEEP;

	if (u->head && u->out_used + n > u->out_cap)
		compact(u, 0);
	while (cap < u->out_used + n)
		cap *= 2;
	if (cap == u->out_cap)
		return;
	u->out = mem_realloc(u->out, cap);
	u->out_cap = cap;
}


char *udp_reserve(struct udp *u, size_t n)
{
	if (n > UDP_DATAGRAM_MAX)
		return NULL;
	if (u->out_used + n > u->out_cap || !u->out)
		make_room(u, n);
	return u->out + u->out_used;
}


/* Another entry, of n bytes, fits the bounds? */
static bool queue_takes(struct udp *u, size_t n)
{
	if (u->head && (u->tail == u->queue_cap ||
			u->out_used + n > QUEUE_BYTES_MAX))
		compact(u, n);
	if (u->out_used + n > QUEUE_BYTES_MAX)
		return false;
	if (u->tail < u->queue_cap)
		return true;
	if (u->queue_cap == QUEUE_MAX)
		return false;
	u->queue_cap = u->queue_cap ? 2 * u->queue_cap : BATCH;
	u->queue = mem_array(u->queue, u->queue_cap, sizeof(*u->queue));
	return true;
}


/* The bytes stand behind out_used already. */
static int enqueue(struct udp *u, const struct netaddr *dst, size_t n)
{
	struct entry *e;

	if (!queue_takes(u, n)) {
		u->stats.queue_dropped++;
		return ENOBUFS;
	}
	e = &u->queue[u->tail++];
	e->dst = *dst;
	e->off = (uint32_t)u->out_used;
	e->len = (uint32_t)n;
	u->out_used += n;
	if (u->blocked)
		return 0;
	if (u->tail - u->head >= BATCH)
		udp_flush(u);
	else
		loop_defer(u->l, &u->flush);
	return 0;
}


void udp_commit(struct udp *u, const struct netaddr *dst, size_t n)
{
	if (n)
		enqueue(u, dst, n);
}


int udp_send(struct udp *u, const struct netaddr *dst, const void *p,
	     size_t n)
{
	char *to = udp_reserve(u, n);

	if (!to)
		return EMSGSIZE;
	memcpy(to, p, n);
	return enqueue(u, dst, n);
}


/* Open and close */

static void udp_destroy(void *obj)
{
	struct udp *u = obj;

	loop_unwatch(u->watch);
	if (u->fd >= 0)
		close(u->fd);
	mem_free(u->in);
	mem_free(u->out);
	mem_free(u->queue);
}


/* FORCE goes beyond net.core.[rw]mem_max, where we may. */
static void big_buffers(int fd)
{
	int n = SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &n, sizeof(n)))
		sock_option(fd, SOL_SOCKET, SO_RCVBUF, n);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &n, sizeof(n)))
		sock_option(fd, SOL_SOCKET, SO_SNDBUF, n);
}


static size_t recv_room(int fd)
{
	socklen_t size = sizeof(int);
	int n = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, &size) || n < 0)
		return 0;
	return (size_t)n;
}


int udp_open(struct udp **up, struct loop *l, const struct netaddr *local,
	     size_t recv_max, udp_recv_h *h, void *arg)
{
	struct udp *u = mem_new(sizeof(*u), udp_destroy);
	int err;

	u->l = l;
	u->h = h;
	u->arg = arg;
	u->fd = -1;
	u->flush.h = on_flush;
	u->flush.arg = u;
	batch_init(&u->rx);
	batch_init(&u->tx);
	err = sock_open(&u->fd, netaddr_family(local), SOCK_DGRAM, local);
	if (err)
		goto out;
	sock_local(u->fd, &u->local);
	big_buffers(u->fd);
	u->recv_room = recv_room(u->fd);
	u->gso = gso_has(u->fd);
	udp_receive_init(u, recv_max);
	u->gro = u->recv_max == UDP_DATAGRAM_MAX && gro_on(u->fd);
	err = loop_watch(&u->watch, l, u->fd, LOOP_READ, udp_on_ready, u);
 out:
	if (err)
		mem_deref(u);
	else
		*up = u;
	return err;
}


void udp_close(struct udp *u)
{
	if (!u)
		return;
	udp_flush(u);
	loop_unwatch(u->watch);
	u->watch = NULL;
	close(u->fd);
	u->fd = -1;
	mem_deref(u);
}


const struct netaddr *udp_local(const struct udp *u)
{
	return &u->local;
}


void udp_stats(const struct udp *u, struct udp_stats *out)
{
	*out = u->stats;
}


size_t udp_recv_room(const struct udp *u)
{
	return u->recv_room;
}
