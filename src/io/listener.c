/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening sockets. When descriptors run out, accepting pauses for a moment:
 * the connection that waits would wake us without end.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "sock.h"
#include "stream.h"

enum { ACCEPTS_A_TURN = 64, PAUSE_MS = 1000, LOG_AGAIN_MS = 10000 };

struct listener {
	struct loop *l;           /* borrowed */
	struct loop_watch *watch; /* owned */
	int fd;                   /* owned; -1: closed */
	struct netaddr local;
	char *path; /* owned; NULL: TCP */
	struct stat made; /* what we made at path */
	struct wtimer pause;
	uint64_t logged_ms; /* 0: never */
	loop_h *fullh;      /* NULL: nobody can close any */
	void *full_arg;
	listener_h *h;
	void *arg;
};

static void on_pause_over(struct wtimer *t)
{
	struct listener *li = CONTAINER(t, struct listener, pause);

	loop_rewatch(li->watch, LOOP_READ);
}


void listener_pause(struct listener *li, uint64_t ms)
{
	loop_rewatch(li->watch, 0);
	wheel_start(loop_wheel(li->l), &li->pause, ms, on_pause_over);
}


static void accept_failed(struct listener *li, int err)
{
	uint64_t now = now_ms();

	if (err != EMFILE && err != ENFILE && err != ENOBUFS && err != ENOMEM)
		return; /* that one connection is gone */
	if (!li->logged_ms || now >= li->logged_ms + LOG_AGAIN_MS) {
		log_warning("can't accept connections: %s",
			    strerrordesc_np(err));
		li->logged_ms = now;
	}
	listener_pause(li, PAUSE_MS);
	if (li->fullh)
		li->fullh(li->full_arg);
}


/* False: none waits, or none can be taken. */
static bool accept_one(struct listener *li)
{
	struct netaddr peer;
	int fd = accept4(li->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return false;
		accept_failed(li, errno);
		return !wtimer_running(&li->pause);
	}
	sock_peer(fd, &peer);
	li->h(fd, &peer, li->arg);
	return !wtimer_running(&li->pause);
}


static void on_ready(int events, void *arg)
{
	struct listener *li = mem_ref(arg); /* the handler may close it */
	int i;

	(void)events;
	for (i = 0; i < ACCEPTS_A_TURN && li->fd >= 0; i++)
		if (!accept_one(li))
			break;
	mem_deref(li);
}


/* Only what we made: another process may have replaced it. */
static void remove_path(const struct listener *li)
{
	struct stat st;

	if (!li->path || !li->made.st_ino || lstat(li->path, &st))
		return;
	if (st.st_ino == li->made.st_ino && st.st_dev == li->made.st_dev)
		unlink(li->path);
}


static void listener_destroy(void *obj)
{
	struct listener *li = obj;

	remove_path(li);
	loop_unwatch(li->watch);
	if (li->fd >= 0)
		close(li->fd);
	mem_free(li->path);
}


static struct listener *listener_new(struct loop *l, listener_h *h, void *arg)
{
	struct listener *li = mem_new(sizeof(*li), listener_destroy);

	li->l = l;
	li->fd = -1;
	li->h = h;
	li->arg = arg;
	return li;
}


static int begin(struct listener *li)
{
	if (listen(li->fd, SOMAXCONN))
		return errno;
	sock_local(li->fd, &li->local);
	return loop_watch(&li->watch, li->l, li->fd, LOOP_READ, on_ready, li);
}


int listener_open(struct listener **lp, struct loop *l,
		  const struct netaddr *local, listener_h *h, void *arg)
{
	struct listener *li = listener_new(l, h, arg);
	int err;

	err = sock_open(&li->fd, netaddr_family(local), SOCK_STREAM, local);
	if (!err)
		err = begin(li);
	if (err)
		mem_deref(li);
	else
		*lp = li;
	return err;
}


/* Somebody listens at the path? 0: nobody, and the path is free now. */
static int take_path(const struct sockaddr_un *un)
{
	struct stat st;
	int fd, err = EADDRINUSE;

	if (lstat(un->sun_path, &st))
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(st.st_mode))
		return ENOTSOCK;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) &&
	    errno == ECONNREFUSED)
		err = unlink(un->sun_path) ? errno : 0;
	close(fd);
	return err;
}


/* fchmod() before bind() gives the path its mode from the first moment, and
 * needs no umask(), which is the whole process's. */
static int bind_unix(int fd, const struct sockaddr_un *un, struct stat *made)
{
	if (fchmod(fd, 0600) ||
	    bind(fd, (const struct sockaddr *)un, sizeof(*un)) ||
	    lstat(un->sun_path, made))
		return errno;
	return (made->st_mode & 077) ? EACCES : 0;
}


int listener_open_unix(struct listener **lp, struct loop *l, const char *path,
		       listener_h *h, void *arg)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct listener *li;
	int err, type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	if (!*path || view_copy(un.sun_path, sizeof(un.sun_path),
				view_str(path)))
		return ENAMETOOLONG;
	li = listener_new(l, h, arg);
	li->path = mem_strdup(path);
	err = take_path(&un);
	if (err)
		goto out;
	li->fd = socket(AF_UNIX, type, 0);
	err = li->fd < 0 ? errno : bind_unix(li->fd, &un, &li->made);
	if (!err)
		err = begin(li);
 out:
	if (err)
		mem_deref(li);
	else
		*lp = li;
	return err;
}


void listener_on_full(struct listener *li, loop_h *h, void *arg)
{
	li->fullh = h;
	li->full_arg = arg;
}


const struct netaddr *listener_local(const struct listener *l)
{
	return &l->local;
}


void listener_close(struct listener *li)
{
	if (!li)
		return;
	remove_path(li);
	li->made.st_ino = 0;
	loop_unwatch(li->watch);
	li->watch = NULL;
	wheel_stop(loop_wheel(li->l), &li->pause);
	close(li->fd);
	li->fd = -1;
	mem_deref(li);
}
