/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk that fails on demand: SQLite's own file system with our doors in
 * front. The Nth call through the doors named fails, or waits for us.
 */
#ifndef CONFAB_STORE_DISK_H
#define CONFAB_STORE_DISK_H

#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum door {
	DOOR_DB_WRITE = 1,
	DOOR_LOG_WRITE = 2, /* of the log and the journal */
	DOOR_SYNC = 4,
	DOOR_TRUNCATE = 8,
	DOOR_OPEN = 16,
	DOOR_READ = 32,
	DOOR_LOCK = 64,
	DOOR_GARBLE = 128,  /* reading goes well, but finds nonsense */
	DOOR_WRITES = DOOR_DB_WRITE | DOOR_LOG_WRITE,
	DOOR_ALL = 127,
};

static sqlite3_vfs *real, faulty;
static sqlite3_io_methods doors[2];      /* of the data base, of others */
static const sqlite3_io_methods *inner;

static struct {
	_Atomic unsigned mask;  /* which doors count */
	_Atomic int left;       /* calls until the failure; 0: none */
	_Atomic bool for_ever;  /* and all after it */
	_Atomic int hits;
} fault;

/* While shut, the next sync says that it is there, and waits. */
static struct {
	_Atomic bool shut;
	sem_t reached, open;
} gate;

static inline bool hit(enum door door)
{
	if (!(fault.mask & door) || !fault.left)
		return false;
	if (fault.left > 1) {
		fault.left--;
		return false;
	}
	if (!fault.for_ever)
		fault.left = 0;
	fault.hits++;
	return true;
}

static inline void fail_call(unsigned mask, int n, bool for_ever)
{
	fault.hits = 0;
	fault.for_ever = for_ever;
	fault.mask = mask;
	fault.left = n;
}

static inline void heal(void)
{
	fault.left = 0;
}

/* Writing alone fails as on a full disk, more as on a broken one. */
static inline int write_error(void)
{
	return fault.mask == DOOR_WRITES ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static inline int db_write(sqlite3_file *f, const void *p, int n,
			   sqlite3_int64 at)
{
	return hit(DOOR_DB_WRITE) ? write_error()
				  : inner->xWrite(f, p, n, at);
}

static inline int log_write(sqlite3_file *f, const void *p, int n,
			    sqlite3_int64 at)
{
	return hit(DOOR_LOG_WRITE) ? write_error()
				   : inner->xWrite(f, p, n, at);
}

static inline void gate_shut(void)
{
	sem_init(&gate.reached, 0, 0);
	sem_init(&gate.open, 0, 0);
	gate.shut = true;
}

static inline void gate_await(void)
{
	while (sem_wait(&gate.reached))
		;
}

static inline void gate_open(void)
{
	gate.shut = false;
	sem_post(&gate.open);
}

static inline void gate_pass(void)
{
	if (!gate.shut)
		return;
	sem_post(&gate.reached);
	while (sem_wait(&gate.open))
		;
}

static inline int door_sync(sqlite3_file *f, int flags)
{
	gate_pass();
	return hit(DOOR_SYNC) ? SQLITE_IOERR_FSYNC : inner->xSync(f, flags);
}

static inline int door_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return hit(DOOR_TRUNCATE) ? SQLITE_IOERR_TRUNCATE
				  : inner->xTruncate(f, n);
}

static inline int door_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	if (hit(DOOR_READ))
		return SQLITE_IOERR_READ;
	if (!hit(DOOR_GARBLE))
		return inner->xRead(f, p, n, at);
	memset(p, 0xa5, (size_t)n);
	return SQLITE_OK;
}

static inline int door_lock(sqlite3_file *f, int at, int n, int flags)
{
	if (flags & SQLITE_SHM_LOCK && hit(DOOR_LOCK))
		return SQLITE_IOERR_SHMLOCK;
	return inner->xShmLock(f, at, n, flags);
}

static inline int door_open(sqlite3_vfs *vfs, sqlite3_filename name,
			    sqlite3_file *f, int flags, int *out)
{
	bool is_db = flags & SQLITE_OPEN_MAIN_DB;
	sqlite3_io_methods *d = &doors[is_db ? 0 : 1];
	int rc;

	(void)vfs;
	f->pMethods = NULL;
	if (hit(DOOR_OPEN))
		return SQLITE_CANTOPEN;
	rc = real->xOpen(real, name, f, flags, out);
	if (rc)
		return rc;
	*d = *f->pMethods;
	if (is_db || !inner)
		inner = f->pMethods; /* of others, a part of these */
	d->xWrite = is_db ? db_write : log_write;
	d->xSync = door_sync;
	d->xTruncate = door_truncate;
	d->xRead = door_read;
	d->xShmLock = is_db ? door_lock : NULL;
	f->pMethods = d;
	return SQLITE_OK;
}

static inline int disk_install(void **state)
{
	(void)state;
	real = sqlite3_vfs_find(NULL);
	faulty = *real;
	faulty.pNext = NULL;
	faulty.zName = "faulty";
	faulty.xOpen = door_open;
	return sqlite3_vfs_register(&faulty, 1);
}

#endif
