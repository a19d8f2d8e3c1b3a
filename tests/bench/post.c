/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sixty-four packets a system call, and answers of one length joined (UDP
 * GSO): the less the generator costs, the less it stands in the way of what
 * it measures. What comes in is read as it came, packet by packet: joined
 * ones (UDP GRO) would spare a server that joins its own the way through
 * half of the kernel, which a network does not.
 */
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "post.h"

enum {
	BATCH = 64,
	DATAGRAM = 4096,
	BUFFER = 64 << 20,
	JOINED_MAX = 1200, /* a segment stays below any MTU */
	JOINED_BYTES = 65000,
};

struct slot {
	struct sockaddr_in from;
	struct iovec in;
	char in_bytes[DATAGRAM], out_bytes[POST_ANSWER_MAX];
};

/* Answers of one length to one address: one message. */
struct run {
	_Alignas(struct cmsghdr) char note[CMSG_SPACE(sizeof(uint16_t))];
	unsigned first, count;
	size_t bytes;
};

struct post {
	struct post_conf conf;
	struct pollfd *fds;         /* owned; fd -1: not open */
	struct slot *slots;         /* owned; BATCH of them */
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec answers[BATCH];
	struct sockaddr_in *to[BATCH]; /* of the answers */
	struct run runs[BATCH];
	bool joins; /* the kernel can */
};

static void post_destroy(void *obj)
{
	struct post *p = obj;

	for (unsigned i = 0; p->fds && i < p->conf.sockets; i++)
		if (p->fds[i].fd >= 0)
			close(p->fds[i].fd);
	mem_free(p->fds);
	mem_free(p->slots);
}

uint64_t post_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* What the generator has not read yet must not get lost: the server would be
 * blamed. Beyond the system's limit where we may. */
static void widen(int fd)
{
	int size = BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
}

static int open_one(struct post *p, unsigned i)
{
	struct sockaddr_in sa = p->conf.bind;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	p->fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	widen(fd);
	sa.sin_port = htons((uint16_t)(ntohs(sa.sin_port) + i));
	if (p->conf.places) {
		/* All of 127/8, and nothing from anywhere else. */
		if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3))
			return errno;
		sa.sin_addr.s_addr = htonl(INADDR_ANY);
	}
	return bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ? errno : 0;
}

static void lay_out(struct post *p)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct slot *s = &p->slots[i];

		s->in = (struct iovec){ s->in_bytes, DATAGRAM };
		p->in[i].msg_hdr = (struct msghdr){ .msg_name = &s->from,
						    .msg_iov = &s->in,
						    .msg_iovlen = 1 };
	}
}

int post_open(struct post **pp, const struct post_conf *conf)
{
	struct post *p = mem_new(sizeof(*p), post_destroy);
	int err = 0;

	p->conf = *conf;
	p->joins = true;
	p->fds = mem_array(NULL, conf->sockets, sizeof(*p->fds));
	for (unsigned i = 0; i < conf->sockets; i++)
		p->fds[i].fd = -1;
	p->slots = mem_array(NULL, BATCH, sizeof(*p->slots));
	lay_out(p);
	for (unsigned i = 0; i < conf->sockets && !err; i++)
		err = open_one(p, i);

	if (err)
		mem_deref(p);
	else
		*pp = p;
	return err;
}

static bool wait_writable(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLOUT };

	if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
		return false;
	return poll(&one, 1, 1000) >= 0;
}

static void set_place(struct msghdr *h, char *note, size_t size,
		      struct in_addr from)
{
	struct in_pktinfo info = { .ipi_spec_dst = from };
	struct cmsghdr *c;

	h->msg_control = note;
	h->msg_controllen = size;
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

int post_send(struct post *p, unsigned from, struct view bytes)
{
	_Alignas(struct cmsghdr) char note[CMSG_SPACE(
		sizeof(struct in_pktinfo))] = { 0 };
	struct iovec iov = { (void *)bytes.p, bytes.n };
	struct msghdr h = { .msg_name = &p->conf.server,
			    .msg_namelen = sizeof(p->conf.server),
			    .msg_iov = &iov, .msg_iovlen = 1 };
	struct in_addr place = p->conf.bind.sin_addr;
	int fd = p->fds[p->conf.places ? 0 : from].fd;

	if (p->conf.places) {
		place.s_addr = htonl(ntohl(place.s_addr) + from);
		set_place(&h, note, sizeof(note), place);
	}
	while (sendmsg(fd, &h, 0) < 0)
		if (!wait_writable(fd))
			return errno;
	return 0;
}

/* Hands packet i on; its answer, if any, becomes number n. */
static bool hand_on(struct post *p, unsigned i, unsigned n, uint64_t at_us)
{
	struct slot *s = &p->slots[i];
	struct packet packet = {
		.bytes = view_mem(s->in_bytes, p->in[i].msg_len),
		.at_us = at_us,
		.answer = s->out_bytes,
	};

	p->to[n] = &s->from;
	p->answers[n].iov_base = s->out_bytes;
	p->answers[n].iov_len = p->conf.posth(&packet, p->conf.arg);
	return p->answers[n].iov_len > 0;
}

static bool joins(const struct post *p, const struct run *r, unsigned n)
{
	size_t size = p->answers[n].iov_len;

	return p->joins && size == p->answers[r->first].iov_len &&
	       size <= JOINED_MAX && r->bytes + size <= JOINED_BYTES &&
	       !memcmp(p->to[n], p->to[r->first], sizeof(*p->to[n]));
}

/* The messages that count answers from the first on make. */
static unsigned join_answers(struct post *p, unsigned first, unsigned count)
{
	unsigned runs = 0;

	for (unsigned n = first; n < count; n++) {
		struct run *r = &p->runs[runs ? runs - 1 : 0];

		if (!runs || !joins(p, r, n)) {
			r = &p->runs[runs++];
			r->first = n;
			r->count = 0;
			r->bytes = 0;
		}
		r->count++;
		r->bytes += p->answers[n].iov_len;
	}
	return runs;
}

static void fill_run(struct post *p, unsigned i)
{
	struct run *r = &p->runs[i];
	struct msghdr *h = &p->out[i].msg_hdr;
	uint16_t size = (uint16_t)p->answers[r->first].iov_len;
	struct cmsghdr *c;

	*h = (struct msghdr){ .msg_name = p->to[r->first],
			      .msg_namelen = sizeof(*p->to[0]),
			      .msg_iov = &p->answers[r->first],
			      .msg_iovlen = r->count };
	if (r->count == 1)
		return;
	h->msg_control = r->note;
	h->msg_controllen = sizeof(r->note);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
}

/* How many answers have gone with the first n messages. */
static unsigned sent_by(const struct post *p, int n)
{
	unsigned answers = 0;

	while (n-- > 0)
		answers += p->runs[n].count;
	return answers;
}

static void send_answers(struct post *p, int fd, unsigned count)
{
	unsigned done = 0, runs;
	int n;

	while (done < count) {
		runs = join_answers(p, done, count);
		for (unsigned i = 0; i < runs; i++)
			fill_run(p, i);
		n = sendmmsg(fd, p->out, runs, 0);
		if (n > 0)
			done += sent_by(p, n);
		else if (p->joins && (errno == EIO || errno == EINVAL))
			p->joins = false;
		else if (!wait_writable(fd))
			return; /* the server will ask again */
	}
}

static unsigned read_batch(struct post *p, int fd)
{
	unsigned answers = 0;
	uint64_t at_us;
	int got;

	for (unsigned i = 0; i < BATCH; i++)
		p->in[i].msg_hdr.msg_namelen = sizeof(p->slots[i].from);
	got = recvmmsg(fd, p->in, BATCH, MSG_DONTWAIT, NULL);
	at_us = post_us();
	for (int i = 0; i < got; i++)
		answers += hand_on(p, (unsigned)i, answers, at_us);
	send_answers(p, fd, answers);
	return got > 0 ? (unsigned)got : 0;
}

unsigned post_poll(struct post *p, int wait_ms)
{
	unsigned count = 0;

	if (poll(p->fds, p->conf.sockets, wait_ms) <= 0)
		return 0;
	for (unsigned i = 0; i < p->conf.sockets; i++)
		if (p->fds[i].revents)
			count += read_batch(p, p->fds[i].fd);
	return count;
}
