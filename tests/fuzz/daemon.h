/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole confabd in this process, for the targets that need one. */
#ifndef CONFAB_FUZZ_DAEMON_H
#define CONFAB_FUZZ_DAEMON_H

#include "confab.h"
#include "fuzz.h"

/* Made by the first call; gone, with its folder, at the process's end. */
struct confab *daemon_get(void);
/* Until the disk has answered all that it was asked. */
void daemon_settle(void);
/* Ends all rooms, and forgets all users who can log in. */
void daemon_clean(void);

#endif
