/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that look alike. Of Unicode's list of what can be taken for something
 * else (UTS 39) this has what makes Latin, Greek, Cyrillic and Armenian
 * letters pass for each other, letters of special shapes (wide,
 * mathematical), the digits that pass for letters, and marks, which are not
 * looked at. Pairs of letters for one ("rn" for "m") are let be: too many
 * honest names have them.
 */
#ifndef CONFAB_LOOK_H
#define CONFAB_LOOK_H

#include "buf.h"

/* Whether somebody may take one for the other; always for two that differ in
 * the case of ASCII letters only. */
bool look_same(struct view a, struct view b);

#endif
