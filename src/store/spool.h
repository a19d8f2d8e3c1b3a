/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The spool: a file beside the data base that takes groups of texts, one
 * write and one sync each, until they are moved into the tables many at a
 * time. What is in it counts only with the key that the data base names, so
 * the transaction that moves its groups also ends them, by another key.
 *
 * On the disk a group is a u32 length, a u64 checksum (SipHash by the key
 * over its place, its length and its bytes) and its bytes. The first that
 * does not fit its checksum ends the spool: its sync was never waited for.
 */
#ifndef CONFAB_SPOOL_H
#define CONFAB_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

enum { SPOOL_KEY = 16 };

struct spool;

/* Opens or makes db_path-spool and reads it; 0 or SQLite's error. */
int spool_open(struct spool **sp, const char *db_path);
/* All groups of this key are there to be read. */
void spool_find(struct spool *s, const uint8_t key[SPOOL_KEY]);
/* Makes the file as long as it gets; 0 or SQLite's error. */
int spool_extend(struct spool *s);
/* Empty, for what comes under this key. */
void spool_start(struct spool *s, const uint8_t key[SPOOL_KEY]);
/* Closes the file and removes it: everything is in the data base. */
void spool_remove(struct spool *s);

/* A group: put, put, write. False: it does not fit, and what was put so far is
 * forgotten. An empty group is never written. */
bool spool_put(struct spool *s, struct view v);
void spool_forget(struct spool *s);
/* 0: it is on the disk. SQLite's error: it may be there or not; its place is
 * the next one's. */
int spool_write(struct spool *s);

/* False as well as long as a group that failed could be found after a crash:
 * only another key ends it for sure. */
bool spool_empty(const struct spool *s);
/* The group at *at, which starts as 0 and is moved on. False: no more. */
bool spool_next(const struct spool *s, size_t *at, struct view *group);

#endif
