/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The smallest face, without a worker: what is said to "echo:NAME" comes back
 * from "echo". The example to copy, and a link for tests.
 */
#ifndef CONFAB_ECHO_H
#define CONFAB_ECHO_H

#include "hub.h"

struct echo;

int echo_new(struct echo **ep, struct loop *l);
void echo_free(struct echo *e);
extern const struct face_ops echo_ops;

#endif
