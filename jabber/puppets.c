/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate_priv.h"

const struct gate_module puppets_module = { .start = NULL };
