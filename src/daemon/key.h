/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A secret that stays the same from start to start: a file in state_dir. */
#ifndef CONFAB_KEY_H
#define CONFAB_KEY_H

#include <stddef.h>
#include <stdint.h>

/* Reads n bytes from dir/name; makes the file (0600), with random ones, where
 * it is missing or short; who does the same now gets the same. An errno value:
 * key is random and was not kept. */
int key_load(uint8_t *key, size_t n, const char *dir, const char *name);

#endif
