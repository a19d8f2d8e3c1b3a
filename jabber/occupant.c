/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "occupant.h"

bool occupants_stanza(struct gate *g, struct xlink *x, const struct elem *e)
{
	(void)g;
	(void)x;
	(void)e;
	return false;
}

void occupants_up(struct gate *g, struct xlink *x)
{
	(void)g;
	(void)x;
}

void occupants_down(struct gate *g, struct xlink *x)
{
	(void)g;
	(void)x;
}
