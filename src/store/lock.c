/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lock is flock's: it goes with the process, however that ends. The file
 * stays where it is, for a removed name could be locked twice. The pid in it
 * is for the message only.
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

static int busy(int fd, const char *dir, struct buf *why)
{
	char pid[24] = "";
	uint64_t n = 0;
	ssize_t got = pread(fd, pid, sizeof(pid), 0);
	struct view v = view_trim(view_mem(pid, got > 0 ? (size_t)got : 0));

	buf_addf(why, "%s is in use by another confabd", dir);
	if (!view_u64(&n, v, INT32_MAX))
		buf_addf(why, " (process %d)", (int)n);
	return EBUSY;
}

static int take(int fd, const char *dir, struct buf *why)
{
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? busy(fd, dir, why)
					    : fail(why, dir, ": its lock");
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", (int)getpid()) < 0)
		return fail(why, dir, ": its lock");
	return 0;
}

int lock_dir(int *fdp, const char *dir, struct buf *why)
{
	int dfd = -1, fd = -1, err;

	err = open_dir(&dfd, dir, why);
	if (err)
		return err;
	fd = open_file(dfd, "confab.lock");
	err = fd < 0 ? fail(why, dir, "/confab.lock") : take(fd, dir, why);
	close(dfd);
	if (!err)
		*fdp = fd;
	else if (fd >= 0)
		close(fd);
	return err;
}

int lock_file(int *fdp, const char *file, struct buf *why)
{
	char *lock = mem_printf("%s.lock", file);
	int fd = open_file(AT_FDCWD, lock);
	int err = fd < 0 ? fail(why, file, ".lock") : take(fd, file, why);

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

int lock_make(const char *file, struct buf *why)
{
	int fd = open_file(AT_FDCWD, file);

	if (fd < 0)
		return fail(why, file, "");
	fchmod(fd, 0600);
	close(fd);
	sync_parent(file);
	return 0;
}
