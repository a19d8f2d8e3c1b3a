/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP, the way in: batches, and what the kernel throws away. */
#include "udp_priv.h"

#include "mem.h"
#include "udp_filter.h"

enum {
	BATCHES_A_TURN = 64, /* then others get their turn */
	/* Between the places for two datagrams: most fill some hundred bytes
	 * of theirs, which must not all compete for the same cache lines. */
	STRIDE = 17 * 64,
};

static int recv_batch(struct udp *u)
{
	size_t i;

	for (i = 0; i < BATCH; i++) {
		u->rx.msgs[i].msg_hdr.msg_name = &u->src[i];
		u->rx.msgs[i].msg_hdr.msg_namelen = sizeof(u->src[i]);
		if (u->gro)
			gro_ask(&u->rx.msgs[i].msg_hdr, &u->cuts[i]);
	}
	return recvmmsg(u->fd, u->rx.msgs, BATCH, MSG_DONTWAIT, NULL);
}


/* Message i, which is one datagram or several of this size. How many. */
static size_t hand_up_cut(struct udp *u, int i, size_t size)
{
	size_t n, at = 0, left = u->rx.msgs[i].msg_len, count = 0;

	do {
		n = size && size < left ? size : left;
		u->h((char *)u->rx.iov[i].iov_base + at, n, &u->src[i],
		     u->arg);
		at += n;
		left -= n;
		count++;
	} while (left && u->fd >= 0);
	return count;
}


/* How many datagrams it was. */
static size_t hand_up(struct udp *u, int n)
{
	struct msghdr *h;
	size_t count = 0;
	int i;

	for (i = 0; i < n && u->fd >= 0; i++) {
		h = &u->rx.msgs[i].msg_hdr;
		if (h->msg_flags & MSG_TRUNC) {
			u->stats.too_long++;
			count++;
			continue;
		}
		count += hand_up_cut(u, i, u->gro ? gro_size(h) : 0);
	}
	u->stats.received += count;
	return count;
}


static void receive(struct udp *u)
{
	size_t count = 0;
	int n = BATCH;

	while (n == BATCH && count < BATCHES_A_TURN * BATCH) {
		n = recv_batch(u);
		count += hand_up(u, n);
		if (u->fd < 0)
			return;
	}
}


void udp_pause(struct udp *u, bool paused)
{
	if (u->paused == paused)
		return;
	u->paused = paused;
	udp_set_events(u);
}


void udp_look(struct udp *u)
{
	mem_ref(u); /* the handler may close it */
	receive(u);
	mem_deref(u);
}


void udp_on_ready(int events, void *arg)
{
	struct udp *u = mem_ref(arg); /* the handler may close it */

	if (events & LOOP_WRITE)
		udp_flush(u);
	if (events & LOOP_READ)
		receive(u);
	mem_deref(u);
}

int udp_sieve(struct udp *u, const struct udp_rule *rules, size_t count)
{
	if (!count && !u->sieved)
		return 0;
	u->sieved = count;
	return udp_filter_set(u->fd, netaddr_family(&u->local), rules, count);
}


uint64_t udp_lost(struct udp *u)
{
	uint32_t drops = u->drops;

	if (!udp_filter_drops(&u->drops, u->fd))
		u->lost += u->drops - drops;
	return u->lost;
}


void udp_receive_init(struct udp *u, size_t recv_max)
{
	size_t i, step;

	if (!recv_max || recv_max > UDP_DATAGRAM_MAX)
		recv_max = UDP_DATAGRAM_MAX;
	u->recv_max = recv_max;
	step = (recv_max + 4095) / 4096 * 4096 + STRIDE;
	u->in = mem_array(NULL, BATCH, step);
	for (i = 0; i < BATCH; i++) {
		u->rx.iov[i].iov_base = u->in + i * step;
		u->rx.iov[i].iov_len = recv_max;
	}
}
