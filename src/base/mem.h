/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory. Out of memory ends the process in one place (mem.c), so no caller
 * has a branch for it: every size that comes from outside is limited before
 * it gets here.
 */
#ifndef CONFAB_MEM_H
#define CONFAB_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef void (mem_destroy_h)(void *obj);

/* A new reference-counted object, zeroed, with one reference. destroyh may be
 * NULL; it runs when the last reference goes and must cope with half-built
 * objects. Never returns NULL. Not thread-safe: an object stays on the thread
 * that made it. */
void *mem_new(size_t size, mem_destroy_h *destroyh);

/* Take another reference; returns obj. NULL is allowed and returned. */
void *mem_ref(const void *obj);

/* Drop a reference; always returns NULL, so that the caller writes
 * "p = mem_deref(p);". NULL is allowed. */
void *mem_deref(const void *obj);

/* Number of references; 0 for NULL. */
uint32_t mem_refs(const void *obj);

/* Objects of mem_new() alive in this process: tests expect 0 at their end. */
size_t mem_live(void);

/* Bytes of ours alone that are in memory, as the kernel counts them; 0 where
 * it does not tell. A system call or three. */
size_t mem_resident(void);
/* The same of another process. */
size_t mem_resident_of(int pid);
/* Gives back to the kernel what is free. */
void mem_trim(void);

/* Plain memory, freed with mem_free(). Never NULL, size 0 counts as 1. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *p, size_t size);
/* Like mem_realloc for an array; a product over SIZE_MAX ends the process. */
void *mem_array(void *p, size_t count, size_t size);
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);
/* A new string from OUR format; free with mem_free(). */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *p);
/* Overwrites before it frees: for secrets. NULL is allowed. */
void mem_wipe_free(void *p, size_t size);
/* The same where the size is not known, for libraries that free what may have
 * been secret. */
void mem_scrub_free(void *p);

#endif
