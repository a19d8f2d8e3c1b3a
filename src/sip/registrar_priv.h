/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registrar, as the edge calls it. */
#ifndef CONFAB_REGISTRAR_PRIV_H
#define CONFAB_REGISTRAR_PRIV_H

#include "uas_priv.h"

struct location;

/* What OPTIONS, 405 and 501 name in Allow. */
struct view registrar_allow(const struct sip *s);
/* A host that we are known by. */
bool registrar_is_ours(const struct uas *u, struct view host);
/* A Contact that nothing speaks against (policy_priv.h). */
bool registrar_allows(const struct uas *u, const struct sip_uri *contact);
bool registrar_is_open(const struct sip *s);
/* Or NULL. */
const struct location *registrar_location(const struct sip *s);
/* A REGISTER of one whose identity is settled. */
void registrar_serve(const struct uas *u);

#endif
