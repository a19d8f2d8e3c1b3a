/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Talking to confabd's control socket. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ask.h"
#include "mem.h"

enum { TIMEOUT_S = 30 };

int ask_open(const char *path)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (view_copy(sa.sun_path, sizeof(sa.sun_path), view_str(path))) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return fd;
	close(fd);
	return -1;
}

static int send_request(int fd, json_t *root)
{
	char *text = json_dumps(root, JSON_COMPACT);
	size_t n, at = 0;

	json_decref(root);
	if (!text)
		return EILSEQ;
	n = strlen(text);
	text[n++] = '\n'; /* in place of the NUL */
	while (at < n) {
		ssize_t w = send(fd, text + at, n - at, MSG_NOSIGNAL);

		if (w <= 0)
			break;
		at += (size_t)w;
	}
	mem_scrub_free(text);
	return at == n ? 0 : EPIPE;
}

static int read_answer(int fd, struct buf *in)
{
	for (;;) {
		char *room = buf_room(in, 16384);
		ssize_t n;

		if (!room)
			return EMSGSIZE;
		n = recv(fd, room, 16384, 0);
		if (n == 0)
			return EPIPE;
		if (n < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		buf_wrote(in, (size_t)n);
		if (in->p[in->n - 1] == '\n')
			return 0;
	}
}

int ask(int fd, json_t *request, struct buf *in)
{
	int err = send_request(fd, request);

	buf_clear(in);
	return err ? err : read_answer(fd, in);
}
