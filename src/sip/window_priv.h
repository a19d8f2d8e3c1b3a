/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many requests may be under way at once over UDP, where there are many
 * to send. It doubles with each window of answers as long as hardly any of
 * these needed a second request, is halved when more did, and then grows
 * slowly. What is lost now and then, on the air, does not count.
 */
#ifndef CONFAB_SIP_WINDOW_PRIV_H
#define CONFAB_SIP_WINDOW_PRIV_H

#include <stdbool.h>
#include <stddef.h>

enum {
	WINDOW_MIN = 128,   /* less would crawl */
	WINDOW_START = 256, /* what a usual socket's buffer takes */
	WINDOW_LATE = 50,   /* one of so many may come late */
};

struct window {
	size_t size, max, slow; /* from slow on it grows slowly */
	size_t answers, late;   /* in this window */
};

/* max is raised to WINDOW_MIN. */
void window_init(struct window *w, size_t max);
/* late: it took more than one request. */
void window_answer(struct window *w, bool late);

#endif
