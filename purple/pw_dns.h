/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libpurple's questions to the DNS, by our resolver: its own would start a
 * process for each.
 */
#ifndef CONFAB_PW_DNS_H
#define CONFAB_PW_DNS_H

#include "loop.h"

/* Once, before purple_core_init(). */
int pw_dns_ui(struct loop *l);

#endif
