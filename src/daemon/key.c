/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key's file: written whole under another name first, so that a crash
 * leaves the old one, the new one, or none. That name is locked meanwhile:
 * daemons that start at the same time on one directory get the same key. */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

static int key_read(uint8_t *key, size_t n, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got;

	if (fd < 0)
		return errno;
	got = read(fd, key, n);
	close(fd);
	return got == (ssize_t)n ? 0 : ENOENT;
}

static int key_write(int fd, const uint8_t *key, size_t n)
{
	ssize_t put;

	if (ftruncate(fd, 0))
		return errno;
	put = write(fd, key, n);
	if (put != (ssize_t)n)
		return put < 0 ? errno : ENOSPC;
	return fsync(fd) ? errno : 0;
}

static int dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd))
		err = errno;
	close(fd);
	return err;
}

/* Whoever waited for the lock finds that the key is there. */
static int key_make(uint8_t *key, size_t n, const char *path,
		    const char *fresh, const char *dir)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(fresh, flags, 0600), err;

	if (fd < 0)
		return errno;
	if (flock(fd, LOCK_EX))
		err = errno;
	else
		err = key_read(key, n, path);
	if (!err) {
		unlink(fresh);
	} else if (err == ENOENT) {
		rand_bytes(key, n); /* a short one may stand in it */
		err = key_write(fd, key, n);
		if (!err && rename(fresh, path))
			err = errno;
		if (!err)
			err = dir_sync(dir);
	}
	close(fd);
	return err;
}

int key_load(uint8_t *key, size_t n, const char *dir, const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	char *fresh = mem_printf("%s.new", path);
	int err;

	rand_bytes(key, n);
	err = key_read(key, n, path);
	if (err == ENOENT)
		err = key_make(key, n, path, fresh, dir);
	mem_free(fresh);
	mem_free(path);
	return err;
}
