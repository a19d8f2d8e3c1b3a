/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The spool's file, and what it holds in memory. It is written through
 * SQLite's file system, as the data base is: with its care for interrupted
 * calls, modes and new names in a directory.
 *
 * The file has its full length from the beginning: a write then changes
 * nothing that the file system has to keep a record of, which makes a sync
 * half as dear.
 */
#include <sqlite3.h>
#include <string.h>

#include "hash.h"
#include "mem.h"
#include "spool.h"

enum {
	SIZE = 512 * 1024,
	STRETCH = 64 * 1024, /* at a time: SQLite takes less than 128 KiB */
	HEAD = 4 + 8,
};

struct spool {
	sqlite3_file *file; /* owned; NULL: closed */
	sqlite3_vfs *vfs;   /* SQLite's */
	char *path;         /* owned; the file has it as well */
	uint8_t key[SPOOL_KEY];
	size_t end;         /* of what is on the disk */
	size_t put;         /* end of the group that is being put */
	bool torn;          /* behind end, one that failed may be whole */
	sqlite3_int64 size; /* of the file */
	uint8_t *p;         /* owned: what the file holds, SIZE bytes */
};

static void set_be(uint8_t *p, uint64_t n, size_t bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)n;
		n >>= 8;
	}
}

static uint64_t get_be(const uint8_t *p, size_t bytes)
{
	uint64_t n = 0;

	while (bytes--)
		n = n << 8 | *p++;
	return n;
}

/* Of the group at that place; the key is the place's as well, so that no
 * group counts anywhere else. */
static uint64_t checksum(const struct spool *s, size_t at, size_t n)
{
	uint8_t key[SPOOL_KEY], place[8];
	size_t i;

	set_be(place, (uint64_t)at << 32 | n, sizeof(place));
	memcpy(key, s->key, sizeof(key));
	for (i = 0; i < sizeof(place); i++)
		key[i] ^= place[i];
	return siphash(key, s->p + at + HEAD, n);
}

/* The length of the group at that place; 0: there is none. */
static size_t group_at(const struct spool *s, size_t at)
{
	size_t n;

	if (at + HEAD > SIZE)
		return 0;
	n = (size_t)get_be(s->p + at, 4);
	if (!n || n > SIZE - at - HEAD ||
	    get_be(s->p + at + 4, 8) != checksum(s, at, n))
		return 0;
	return n;
}

/* ---- the file ---- */

static void shut(struct spool *s)
{
	if (!s->file)
		return;
	if (s->file->pMethods)
		s->file->pMethods->xClose(s->file);
	mem_free(s->file);
	s->file = NULL;
}

static void spool_destroy(void *obj)
{
	struct spool *s = obj;

	shut(s);
	mem_free(s->path);
	mem_free(s->p);
}

static int piece(size_t at, size_t end)
{
	return end - at < STRETCH ? (int)(end - at) : STRETCH;
}

static int read_all(struct spool *s)
{
	const sqlite3_io_methods *io = s->file->pMethods;
	int n, rc = io->xFileSize(s->file, &s->size);
	size_t at, end = s->size < SIZE ? (size_t)s->size : SIZE;

	for (at = 0; at < end && !rc; at += (size_t)n) {
		n = piece(at, end);
		rc = io->xRead(s->file, s->p + at, n, (sqlite3_int64)at);
	}
	return rc;
}

static int write_pieces(struct spool *s, size_t at, size_t end)
{
	int n, rc = 0;

	for (; at < end && !rc; at += (size_t)n) {
		n = piece(at, end);
		rc = s->file->pMethods->xWrite(s->file, s->p + at, n,
					       (sqlite3_int64)at);
	}
	return rc;
}

int spool_open(struct spool **sp, const char *db_path)
{
	struct spool *s = mem_new(sizeof(*s), spool_destroy);
	int rc, flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			SQLITE_OPEN_MAIN_JOURNAL;

	s->vfs = sqlite3_vfs_find(NULL);
	s->file = mem_zalloc((size_t)s->vfs->szOsFile);
	s->path = mem_printf("%s-spool", db_path);
	s->p = mem_zalloc(SIZE);
	rc = s->vfs->xOpen(s->vfs, s->path, s->file, flags, &flags);
	if (!rc)
		rc = read_all(s);
	if (rc)
		mem_deref(s);
	else
		*sp = s;
	return rc;
}

/* Zeros that are written: what is only reserved has to be marked as used. */
int spool_extend(struct spool *s)
{
	const sqlite3_io_methods *io = s->file->pMethods;
	uint8_t *zeros = mem_zalloc(STRETCH);
	int rc = 0;

	if (s->size < SIZE) {
		for (int at = 0; at < SIZE && !rc; at += STRETCH)
			rc = io->xWrite(s->file, zeros, STRETCH, at);
		if (!rc)
			rc = io->xSync(s->file, SQLITE_SYNC_NORMAL);
		if (!rc)
			s->size = SIZE;
	}
	mem_free(zeros);
	return rc;
}

void spool_remove(struct spool *s)
{
	shut(s);
	s->vfs->xDelete(s->vfs, s->path, 0);
}

/* ---- groups ---- */

void spool_find(struct spool *s, const uint8_t key[SPOOL_KEY])
{
	size_t n;

	spool_start(s, key);
	while ((n = group_at(s, s->end)) > 0)
		s->end += HEAD + n;
	s->put = s->end;
}

void spool_start(struct spool *s, const uint8_t key[SPOOL_KEY])
{
	memcpy(s->key, key, sizeof(s->key));
	s->end = s->put = 0;
	s->torn = false;
}

bool spool_put(struct spool *s, struct view v)
{
	size_t at = s->put == s->end ? s->end + HEAD : s->put;

	if (at > SIZE || v.n > SIZE - at) {
		spool_forget(s);
		return false;
	}
	memcpy(s->p + at, v.p, v.n);
	s->put = at + v.n;
	return true;
}

void spool_forget(struct spool *s)
{
	s->put = s->end;
}

int spool_write(struct spool *s)
{
	const sqlite3_io_methods *io = s->file->pMethods;
	size_t at = s->end, all = s->put - at;
	int rc;

	s->put = at;
	if (all <= HEAD)
		return 0;
	set_be(s->p + at, all - HEAD, 4);
	set_be(s->p + at + 4, checksum(s, at, all - HEAD), 8);
	rc = write_pieces(s, at, at + all);
	if (!rc)
		rc = io->xSync(s->file, SQLITE_SYNC_NORMAL |
					SQLITE_SYNC_DATAONLY);
	s->torn = rc;
	if (!rc)
		s->end = s->put = at + all;
	return rc;
}

bool spool_empty(const struct spool *s)
{
	return !s->end && !s->torn;
}

bool spool_next(const struct spool *s, size_t *at, struct view *group)
{
	size_t n;

	if (*at >= s->end)
		return false;
	n = (size_t)get_be(s->p + *at, 4);
	*group = view_mem((const char *)s->p + *at + HEAD, n);
	*at += HEAD + n;
	return true;
}
