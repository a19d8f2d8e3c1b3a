/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What servers say when they do not let us into a channel. */
#ifndef CONFAB_IRCB_REFUSAL_H
#define CONFAB_IRCB_REFUSAL_H

#include "worker.h"

struct ircb_refusal {
	unsigned code;
	enum worker_lost why;
	const char *words;
};

/* NULL: the numeric is about something else. */
const struct ircb_refusal *ircb_refusal(unsigned code);

#endif
