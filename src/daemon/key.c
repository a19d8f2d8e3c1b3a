/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key's file: written whole under another name first, so that a crash
 * leaves the old one, the new one, or none. */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

static int key_write(const uint8_t *key, size_t n, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
			  O_NOFOLLOW;
	int fd = open(path, flags, 0600), err = 0;
	ssize_t put;

	if (fd < 0)
		return errno;
	put = write(fd, key, n);
	if (put != (ssize_t)n)
		err = put < 0 ? errno : ENOSPC;
	else if (fsync(fd))
		err = errno;
	close(fd);
	return err;
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

int key_load(uint8_t *key, size_t n, const char *dir, const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	char *fresh = mem_printf("%s.new", path);
	int err = key_read(key, n, path);

	if (err)
		rand_bytes(key, n);
	if (err == ENOENT) {
		err = key_write(key, n, fresh);
		if (!err && rename(fresh, path))
			err = errno;
		if (!err)
			err = dir_sync(dir);
	}
	mem_free(fresh);
	mem_free(path);
	return err;
}
