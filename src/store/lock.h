/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's directory: made where it is missing, one confabd at a time. */
#ifndef CONFAB_LOCK_H
#define CONFAB_LOCK_H

#include "buf.h"
#include "store.h"

/* Makes conf's dir (0700), takes dir/confab.lock until *fdp is closed or the
 * process is gone. EBUSY, EACCES, ENOSPC, EIO with one line in why. */
int lock_dir(int *fdp, const struct store_conf *conf, struct buf *why);
/* The same for conf's file: takes file.lock. */
int lock_file(int *fdp, const struct store_conf *conf, struct buf *why);
/* Sees to it that the file exists (0600) and is ours, else EACCES. Only behind
 * the lock: closing a descriptor of a data base in use would drop SQLite's own
 * locks on it. SQLite gives its other files this one's mode. */
int lock_make(const char *file, struct buf *why);

#endif
