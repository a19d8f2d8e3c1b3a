/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lock is flock's: it goes with the process, however that ends. The file
 * stays where it is, for a removed name could be locked twice. What is in it
 * ("PID" or "PID shared") is for whoever finds it locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"
#include "mem.h"
#include "view.h"

static int to_store_errno(int sysno)
{
	switch (sysno) {
	case EACCES:
	case EPERM:
	case EROFS:
		return EACCES;
	case ENOSPC:
	case EDQUOT:
		return ENOSPC;
	default:
		return EIO;
	}
}

static int fail(struct buf *why, const char *dir, const char *what)
{
	int sysno = errno;

	buf_addf(why, "%s%s: %s", dir, what, strerror(sysno));
	return to_store_errno(sysno);
}

static void sync_at(int dfd, const char *name)
{
	int fd = openat(dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return; /* a parent that is not ours to open */
	fsync(fd);
	close(fd);
}

static int open_dir(int *dfdp, const char *dir, struct buf *why)
{
	bool made = mkdir(dir, 0700) == 0;

	if (!made && errno != EEXIST)
		return fail(why, dir, "");
	*dfdp = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dfdp < 0)
		return fail(why, dir, "");
	if (made)
		sync_at(*dfdp, "..");
	return 0;
}

/* No link is followed, nothing is open to others, whatever the umask. */
static int open_file(int dfd, const char *name)
{
	return openat(dfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		      0600);
}

static void read_holder(struct store_holder *out, int fd)
{
	char text[40] = "";
	ssize_t got = pread(fd, text, sizeof(text), 0);
	struct view v = view_trim(view_mem(text, got > 0 ? (size_t)got : 0));
	struct view pid, rest;
	uint64_t n = 0;

	view_cut(v, ' ', &pid, &rest);
	*out = (struct store_holder){ 0 };
	if (view_u64(&n, pid, INT32_MAX))
		return;
	out->pid = (int)n;
	out->shared = view_eqs(rest, "shared");
}

static int busy(int fd, const char *what, const struct store_conf *conf,
		struct buf *why)
{
	struct store_holder holder;

	read_holder(&holder, fd);
	buf_addf(why, "%s is in use by another confabd", what);
	if (holder.pid)
		buf_addf(why, " (process %d)", holder.pid);
	if (holder.shared && !conf->shared)
		buf_adds(why, ", which shares it with those that have "
			      "db_mode = 2, and with no other");
	if (conf->holder)
		*conf->holder = holder;
	return EBUSY;
}

static int take(int fd, const char *what, const struct store_conf *conf,
		struct buf *why)
{
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? busy(fd, what, conf, why)
					    : fail(why, what, ": its lock");
	if (ftruncate(fd, 0) || dprintf(fd, "%d%s\n", (int)getpid(),
					conf->shared ? " shared" : "") < 0)
		return fail(why, what, ": its lock");
	return 0;
}

int lock_dir(int *fdp, const struct store_conf *conf, struct buf *why)
{
	int dfd = -1, fd = -1, err;

	err = open_dir(&dfd, conf->dir, why);
	if (err)
		return err;
	fd = open_file(dfd, "confab.lock");
	err = fd < 0 ? fail(why, conf->dir, "/confab.lock")
		     : take(fd, conf->dir, conf, why);
	close(dfd);
	if (!err)
		*fdp = fd;
	else if (fd >= 0)
		close(fd);
	return err;
}

int lock_file(int *fdp, const struct store_conf *conf, struct buf *why)
{
	char *lock = mem_printf("%s.lock", conf->file);
	int fd = open_file(AT_FDCWD, lock);
	int err = fd < 0 ? fail(why, conf->file, ".lock")
			 : take(fd, conf->file, conf, why);

	mem_free(lock);
	if (!err)
		*fdp = fd;
	else if (fd >= 0)
		close(fd);
	return err;
}

static void sync_parent(const char *file)
{
	struct view dir, name;
	char *path;

	view_rcut(view_str(file), '/', &dir, &name);
	path = dir.n ? view_dup(dir) : mem_strdup("/");
	sync_at(AT_FDCWD, path);
	mem_free(path);
}

/* Whose it is could read it whatever its mode, and even root would make its
 * log one that the owner's confabd can't open. */
static int own(int fd, const char *file, struct buf *why)
{
	struct stat st;

	if (fstat(fd, &st) || (st.st_uid == geteuid() && fchmod(fd, 0600)))
		return fail(why, file, "");
	if (st.st_uid == geteuid())
		return 0;
	buf_addf(why, "%s belongs to another user (uid %u)", file,
		 (unsigned)st.st_uid);
	return EACCES;
}

int lock_make(const char *file, struct buf *why)
{
	int fd = open_file(AT_FDCWD, file), err;

	if (fd < 0)
		return fail(why, file, "");
	err = own(fd, file, why);
	close(fd);
	if (err)
		return err;
	sync_parent(file);
	return 0;
}
