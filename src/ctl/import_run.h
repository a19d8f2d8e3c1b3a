/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confabctl import: reads rooms and members of another server's imc and sends
 * them to confabd, in batches. The file is read here, by the operator, so
 * confabd need not be able to.
 */
#ifndef CONFAB_IMPORT_RUN_H
#define CONFAB_IMPORT_RUN_H

#include <jansson.h>

/* argv: kamailio|opensips FILE [MEMBERS]. *answer is like one of confabd's:
 * what was taken, skipped and why, or an error. An errno value when the socket
 * failed. */
int import_run(json_t **answer, int fd, int argc, char **argv);

#endif
