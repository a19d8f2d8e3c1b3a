/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The load generator's command line: every value has a range. */
#ifndef CONFAB_BENCH_OPTIONS_H
#define CONFAB_BENCH_OPTIONS_H

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>

struct options {
	struct sockaddr_in server, bind; /* on loopback, both */
	const char *domain, *manager, *prefix;
	unsigned rooms, members, messages, window, rate, size, sockets;
	unsigned timeout_s, joined;
	unsigned pid; /* whose cost is measured; 0: nobody's */
};

/* EINVAL: told on stderr what would be right. */
int options_parse(struct options *o, int argc, char **argv);
void options_help(FILE *out);

#endif
