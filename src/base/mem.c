/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reference-counted objects and plain memory. The header of an object is
 * kept in front of it, aligned for any type.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

struct head {
	mem_destroy_h *destroyh;
	uint32_t refs;
	uint32_t magic;
};

enum { MAGIC = 0x6d656d21 };
#define HEAD_SIZE 16
_Static_assert(sizeof(struct head) <= HEAD_SIZE, "head of an object");

static size_t live;

static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "confab: out of memory (%zu bytes wanted)\n", size);
	abort();
}

static struct head *head_of(const void *obj)
{
	struct head *h =
		(struct head *)(void *)((char *)(uintptr_t)obj - HEAD_SIZE);

	if (h->magic != MAGIC) {
		fprintf(stderr, "confab: reference to a dead object\n");
		abort();
	}
	return h;
}

void *mem_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *mem_zalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *mem_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		out_of_memory(size);
	return q;
}

void *mem_array(void *p, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		out_of_memory(SIZE_MAX);
	return mem_realloc(p, n);
}

void mem_free(void *p)
{
	free(p);
}

void mem_wipe_free(void *p, size_t size)
{
	if (p)
		explicit_bzero(p, size);
	free(p);
}

void mem_scrub_free(void *p)
{
	mem_wipe_free(p, p ? malloc_usable_size(p) : 0);
}

char *mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t n)
{
	char *d = mem_alloc(n + 1);

	if (n)
		memcpy(d, s, n);
	d[n] = '\0';
	return d;
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory(0);
	return s;
}

void *mem_new(size_t size, mem_destroy_h *destroyh)
{
	struct head *h;

	if (size > SIZE_MAX - HEAD_SIZE)
		out_of_memory(size);
	h = mem_zalloc(HEAD_SIZE + size);
	h->destroyh = destroyh;
	h->refs = 1;
	h->magic = MAGIC;
	live++;
	return (char *)h + HEAD_SIZE;
}

void *mem_ref(const void *obj)
{
	if (obj)
		head_of(obj)->refs++;
	return (void *)(uintptr_t)obj;
}

void *mem_deref(const void *obj)
{
	struct head *h;

	if (!obj)
		return NULL;
	h = head_of(obj);
	if (--h->refs)
		return NULL;
	/* The destructor may take and drop references of its own object. */
	h->refs = 1;
	if (h->destroyh)
		h->destroyh((void *)(uintptr_t)obj);
	h->magic = 0;
	live--;
	free(h);
	return NULL;
}

uint32_t mem_refs(const void *obj)
{
	return obj ? head_of(obj)->refs : 0;
}

size_t mem_live(void)
{
	return live;
}

/* proc(5), statm: pages in all, resident, and of those shared with files. */
static size_t resident_at(const char *path)
{
	unsigned long long all, resident, shared;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%llu %llu %llu", &all, &resident, &shared) != 3 ||
	    shared > resident)
		return 0;
	return (size_t)(resident - shared) * (size_t)sysconf(_SC_PAGESIZE);
}

size_t mem_resident(void)
{
	return resident_at("/proc/self/statm");
}

size_t mem_resident_of(int pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	return resident_at(path);
}

void mem_trim(void)
{
	malloc_trim(0);
}
