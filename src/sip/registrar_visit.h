/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What registrar.c and registrar_rules.c share. */
#ifndef CONFAB_REGISTRAR_VISIT_H
#define CONFAB_REGISTRAR_VISIT_H

#include "location.h"
#include "register_priv.h"
#include "uas_priv.h"

/* A REGISTER that is being looked at. */
struct registrar_visit {
	const struct uas *u;
	struct location *l;
	struct reg reg;
	struct buf aor;
	bool outbound;
};

/* Refuses it where the rules do, with an answer; else true. First whose places
 * these are, then, when it is read, all that it wants. */
bool registrar_know_user(struct registrar_visit *v);
bool registrar_may(struct registrar_visit *v);
struct contact registrar_contact(const struct registrar_visit *v,
			     const struct register_contact *c);

#endif
