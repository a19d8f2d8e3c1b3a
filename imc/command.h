/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The #commands. */
#ifndef CONFAB_IMC_COMMAND_H
#define CONFAB_IMC_COMMAND_H

#include "ask.h"

/* line: what follows the mark. Answers a, now or after the commit. */
void command_run(struct ask *a, struct view line);
/* The help text: an empty line, one line a command, by the name that our
 * dialect has for it, an empty line. */
void command_help(struct buf *out, const struct imc *i);

#endif
