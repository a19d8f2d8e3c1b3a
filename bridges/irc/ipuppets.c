/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users in the channels of linked rooms. */
#include "igate_priv.h"

const struct igate_module igate_puppets = { 0 };
