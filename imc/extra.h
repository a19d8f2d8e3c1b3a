/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that others brought (imc.h), and the texts that are secret. */
#ifndef CONFAB_IMC_EXTRA_H
#define CONFAB_IMC_EXTRA_H

#include "ask.h"
#include "cmdtab.h"

struct imc_command;

/* NULL: none has this name. */
const struct imc_command *extra_find(const struct imc *i, struct view name);
/* Runs it, or refuses it where it is no place for it. */
void extra_run(struct ask *a, const struct imc_command *cmd,
	       const struct cmdline *line);
/* Their lines of the help text. */
void extra_help(struct buf *out, const struct imc *i);
/* True: the text was one that nobody else may see, and is answered. */
bool extra_secret(struct ask *a, struct view text);
/* True: he has told the manager who may see his presence (consent.h), and is
 * answered. */
bool extra_consent(struct ask *a, struct view text);

#endif
