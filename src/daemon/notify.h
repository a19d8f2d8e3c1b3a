/* SPDX-License-Identifier: GPL-3.0-or-later */
/* systemd's notification protocol (sd_notify(3)), without its library. */
#ifndef CONFAB_NOTIFY_H
#define CONFAB_NOTIFY_H

#include <stdint.h>

/* "READY=1" and the like; does nothing where $NOTIFY_SOCKET is not set. */
void notify_state(const char *state);
/* How often to say WATCHDOG=1: half of $WATCHDOG_USEC; 0: not asked for. */
uint64_t notify_watchdog_ms(void);

#endif
