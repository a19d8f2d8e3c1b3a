/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between fanout.c (what is sent) and fanout_fate.c (what became of it). */
#ifndef CONFAB_IMC_FANOUT_PRIV_H
#define CONFAB_IMC_FANOUT_PRIV_H

#include "imc_priv.h"

/* Of one of several devices; and of a copy that went to the only one. */
void fanout_on_letter(int status, uint64_t member, uint64_t seq, void *arg);
void fanout_on_copy(int status, uint64_t member, uint64_t seq, void *arg);
/* The hub hears of it when the op is over; by this job. */
void fanout_add_unsent(struct imc *i, const struct unsent *u);
void fanout_tell_unsent(void *arg);

#endif
