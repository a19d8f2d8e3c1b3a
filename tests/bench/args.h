/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the load generators' command lines have in common. */
#ifndef CONFAB_BENCH_ARGS_H
#define CONFAB_BENCH_ARGS_H

#include <netinet/in.h>

/* "127.x.y.z:port" and nothing else, or EINVAL. */
int args_loopback(struct sockaddr_in *sa, const char *text);
/* 1 to max, or EINVAL. */
int args_number(unsigned *out, const char *text, unsigned max);

#endif
