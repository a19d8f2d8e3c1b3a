/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was said before, sent to one person: one MESSAGE a line, one after the
 * other, each with its own Date.
 */
#ifndef CONFAB_IMC_REPLAY_H
#define CONFAB_IMC_REPLAY_H

#include "ask.h"

enum { REPLAY_MAX = 200 };

/* The newest count (<= REPLAY_MAX) texts of the room that a is about, to him
 * who asks. asked: he gets his answer with them; otherwise he has it. */
void replay_start(struct ask *a, unsigned count, bool asked);
/* At the end: nothing is sent any more. */
void replays_free(struct imc *i);

#endif
