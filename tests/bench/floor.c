/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor: what a datagram costs on this machine before anybody looks at it:
 * sendto() and recvfrom() of one of 600 bytes, over UDP on loopback, by
 * themselves and 64 to a system call. CPU time, in us; a delivery is two of
 * them, the MESSAGE and its answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { COUNT = 200 * 1024, BATCH = 64, SIZE = 600 };

struct floor {
	int out, in;
	struct sockaddr_in to;
	char bytes[BATCH][SIZE];
	struct iovec iov[BATCH];
	struct mmsghdr tx[BATCH], rx[BATCH];
};

static int udp_socket(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET };
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)at, len) ||
	    getsockname(fd, (struct sockaddr *)at, &len))
		return -1;
	return fd;
}

static double cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static int one(struct floor *f)
{
	ssize_t n = sendto(f->out, f->bytes, SIZE, 0,
			   (struct sockaddr *)&f->to, sizeof(f->to));

	if (n != SIZE || recvfrom(f->in, f->bytes, SIZE, 0, NULL, NULL) != n)
		return errno ? errno : EIO;
	return 0;
}

static int batch(struct floor *f)
{
	int n = sendmmsg(f->out, f->tx, BATCH, 0);

	if (n != BATCH || recvmmsg(f->in, f->rx, BATCH, 0, NULL) != BATCH)
		return errno ? errno : EIO;
	return 0;
}

static void lay_out(struct floor *f)
{
	for (int i = 0; i < BATCH; i++) {
		f->iov[i] = (struct iovec){ f->bytes[i], SIZE };
		f->rx[i].msg_hdr = (struct msghdr){ .msg_iov = &f->iov[i],
						    .msg_iovlen = 1 };
		f->tx[i] = f->rx[i];
		f->tx[i].msg_hdr.msg_name = &f->to;
		f->tx[i].msg_hdr.msg_namelen = sizeof(f->to);
	}
}

static int measure(struct floor *f, const char *name,
		   int (*turn)(struct floor *f), int each)
{
	double start = cpu_us();
	int i, err = 0;

	for (i = 0; i < COUNT && !err; i += each)
		err = turn(f);
	printf("%s=%.2f\n", name, (cpu_us() - start) / COUNT);
	return err;
}

int main(void)
{
	static struct floor f;
	struct sockaddr_in own;
	int err;

	f.out = udp_socket(&own);
	f.in = udp_socket(&f.to);
	if (f.out < 0 || f.in < 0) {
		fprintf(stderr, "floor: %s\n", strerror(errno));
		return 2;
	}
	lay_out(&f);
	err = measure(&f, "floor_us", one, 1);
	if (!err)
		err = measure(&f, "floor_batched_us", batch, BATCH);
	if (err)
		fprintf(stderr, "floor: %s\n", strerror(err));
	close(f.in);
	close(f.out);
	return err ? 2 : 0;
}
