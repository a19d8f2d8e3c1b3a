/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What gateways have for users beside the journal, and what they hear of
 * them (struct gate_listener of gateway.h). */
#ifndef CONFAB_IMC_FROMGATE_H
#define CONFAB_IMC_FROMGATE_H

#include "hash.h"
#include "loop.h"

struct addr;
struct imc;

/* Of texts that are never answered by themselves. */
#define NOTICE_HEADER "X-IM-Notice"

/* Users who came or went, to be told at the end of the loop's turn. */
struct fromgate {
	struct loop_idle job;
	struct addr **list; /* owned, refs */
	size_t count, size;
};

/* From imc_new() on it hears who comes and goes; of that is told, and what
 * gateways say is done, between start and stop. */
void fromgate_init(struct imc *i);
void fromgate_start(struct imc *i);
void fromgate_stop(struct imc *i);
void fromgate_free(struct imc *i);
/* One line from an address of a gateway, to all his devices. */
void fromgate_tell(struct imc *i, const struct addr *from,
		   const struct addr *user, struct view text);

#endif
