/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several files of this folder share and nobody else sees. */
#ifndef CONFAB_CORE_PRIV_H
#define CONFAB_CORE_PRIV_H

#include <stdint.h>

/* "who@at", within MSG_NAME_MAX. */
enum { NAME_WHO_MAX = 64, NAME_AT_MAX = 63 };

/* A random id, 1..INT64_MAX: no two nodes make the same one. */
uint64_t core_new_id(void);

#endif
