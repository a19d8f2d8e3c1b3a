/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A layer between a program and its disk (LD_PRELOAD). It counts the calls
 * that change files whose path has FAULTS_PATH in it, and lets those fail that
 * the file FAULTS_CONTROL asks for: the test has it mapped as well.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct control {
	_Atomic int64_t calls;
	_Atomic int64_t from, to; /* calls of these numbers fail */
	_Atomic int64_t error;
	_Atomic int64_t hits;
};

static struct control *control;
static const char *path;

static void __attribute__((constructor)) init(void)
{
	const char *name = getenv("FAULTS_CONTROL");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	path = getenv("FAULTS_PATH");
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		       MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		control = NULL;
	close(fd);
}

static int concerns(int fd)
{
	char link[32], name[512];
	ssize_t n;

	if (!control)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	if (n < 0)
		return 0;
	name[n] = '\0';
	return !path || strstr(name, path);
}

static int fails(int fd)
{
	int64_t call;

	if (!concerns(fd))
		return 0;
	call = ++control->calls;
	if (call < control->from || call >= control->to)
		return 0;
	control->hits++;
	errno = (int)control->error;
	return 1;
}

#define REAL(ret, name, ...) \
	((ret(*)(__VA_ARGS__))(uintptr_t)dlsym(RTLD_NEXT, name))

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	if (fails(fd))
		return -1;
	return REAL(ssize_t, "pwrite64", int, const void *, size_t,
		    off64_t)(fd, p, n, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

ssize_t write(int fd, const void *p, size_t n)
{
	if (fails(fd))
		return -1;
	return REAL(ssize_t, "write", int, const void *, size_t)(fd, p, n);
}

int fdatasync(int fd)
{
	return fails(fd) ? -1 : REAL(int, "fdatasync", int)(fd);
}

int fsync(int fd)
{
	return fails(fd) ? -1 : REAL(int, "fsync", int)(fd);
}

int ftruncate64(int fd, off64_t n)
{
	return fails(fd) ? -1 : REAL(int, "ftruncate64", int, off64_t)(fd, n);
}

int ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}
