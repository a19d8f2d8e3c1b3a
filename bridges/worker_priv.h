/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What worker.c (life, what confabd asks) and worker_tell.c share. */
#ifndef CONFAB_WORKER_PRIV_H
#define CONFAB_WORKER_PRIV_H

#include "worker.h"

/* What can't be sent ends the process. */
void worker_send(struct worker *w, const struct wire_msg *m);
bool worker_is_running(const struct worker *w);

#endif
