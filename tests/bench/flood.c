/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flood: sends a server on loopback what nobody asked for, so many packets a
 * second, from so many addresses (127.10.x.y). What is answered is thrown
 * away. Prints how many it sent; ends with 2 when it could not begin.
 *
 *   flood 127.x.y.z:port garbage|options|message RATE SECONDS SOURCES
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "view.h"

enum { BATCH = 64, TEXT = 700, RATE_MAX = 1000000 };

struct packet {
	char text[TEXT];
	struct iovec iov;
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} from;
};

struct flood {
	struct sockaddr_in server;
	const char *method; /* NULL: garbage */
	unsigned rate, seconds, sources;
	int fd;
	uint64_t sent;
	struct packet packet[BATCH];
	struct mmsghdr msgs[BATCH];
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* A number that no two packets share, and that looks like any. */
static uint64_t noise(uint64_t n)
{
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

static size_t garbage(char *dst, uint64_t n)
{
	size_t i, count = 20 + noise(n) % (TEXT - 20);

	for (i = 0; i < count; i++)
		dst[i] = (char)noise(n * TEXT + i);
	return count;
}

static size_t request(const struct flood *f, char *dst, uint64_t n)
{
	int count = snprintf(
		dst, TEXT,
		"%s sip:lobby@confab.test SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK%" PRIx64
		"\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:u%" PRIu64 "@confab.test>;"
		"tag=%" PRIx64 "\r\nTo: <sip:lobby@confab.test>\r\n"
		"Call-ID: %" PRIx64 "\r\nCSeq: 1 %s\r\n"
		"User-Agent: nobody that anybody would like to hear from\r\n"
		"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
		f->method, noise(n), n % 10000, n, noise(n), f->method);

	return count > 0 && count < TEXT ? (size_t)count : 0;
}

static void fill(struct flood *f, unsigned i)
{
	struct packet *p = &f->packet[i];
	struct in_pktinfo info = { 0 };
	uint64_t n = f->sent + i;
	uint32_t source = (uint32_t)(noise(n) % f->sources);

	p->iov.iov_base = p->text;
	p->iov.iov_len = f->method ? request(f, p->text, n) :
				     garbage(p->text, n);
	info.ipi_spec_dst.s_addr = htonl(0x7f0a0001 + source);
	p->from.head.cmsg_level = IPPROTO_IP;
	p->from.head.cmsg_type = IP_PKTINFO;
	p->from.head.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&p->from.head), &info, sizeof(info));
	f->msgs[i].msg_hdr = (struct msghdr){
		.msg_name = &f->server, .msg_namelen = sizeof(f->server),
		.msg_iov = &p->iov, .msg_iovlen = 1,
		.msg_control = &p->from,
		.msg_controllen = sizeof(p->from.bytes),
	};
}

static int run(struct flood *f)
{
	const struct timespec nap = { .tv_nsec = 200 * 1000 };
	uint64_t start = now_us(), end, now;
	unsigned i;
	int n;

	end = start + (uint64_t)f->seconds * 1000000;
	while ((now = now_us()) < end) {
		if (f->sent * 1000000 / f->rate > now - start) {
			nanosleep(&nap, NULL);
			continue;
		}
		for (i = 0; i < BATCH; i++)
			fill(f, i);
		n = sendmmsg(f->fd, f->msgs, BATCH, 0);
		if (n < 0 && errno != EAGAIN && errno != ENOBUFS &&
		    errno != ECONNREFUSED)
			return errno;
		f->sent += n > 0 ? (uint64_t)n : 0;
	}
	return 0;
}

static int kind(struct flood *f, const char *text)
{
	struct view v = view_str(text);

	if (view_eqs(v, "options"))
		f->method = "OPTIONS";
	else if (view_eqs(v, "message"))
		f->method = "MESSAGE";
	else if (!view_eqs(v, "garbage"))
		return EINVAL;
	return 0;
}

int main(int argc, char **argv)
{
	static struct flood f;
	int err;

	if (argc != 6 || args_loopback(&f.server, argv[1]) ||
	    kind(&f, argv[2]) ||
	    args_number(&f.rate, argv[3], RATE_MAX) ||
	    args_number(&f.seconds, argv[4], 600) ||
	    args_number(&f.sources, argv[5], 65000)) {
		fputs("usage: flood 127.x.y.z:port garbage|options|message "
		      "RATE SECONDS SOURCES\n", stderr);
		return 2;
	}
	f.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = f.fd < 0 ? errno : run(&f);
	if (f.fd >= 0)
		close(f.fd);
	if (err)
		fprintf(stderr, "flood: %s\n", strerror(err));
	printf("sent=%" PRIu64 "\n", f.sent);
	return err ? 2 : 0;
}
