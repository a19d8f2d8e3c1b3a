/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's directory: made where it is missing, one confabd at a time. */
#ifndef CONFAB_LOCK_H
#define CONFAB_LOCK_H

#include "buf.h"

/* Makes dir (0700), takes dir/confab.lock until *fdp is closed or the process
 * is gone, and sees to it that dir/confab.db exists (0600). EBUSY, EACCES,
 * ENOSPC, EIO with one line in why. */
int lock_dir(int *fdp, const char *dir, struct buf *why);

#endif
