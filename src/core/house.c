/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose rules hold in our rooms. */
#include "house.h"

#include "hub_priv.h"

void hub_set_house(struct hub *h, const struct house *house)
{
	h->house = house ? *house : (struct house){ .arg = NULL };
}

enum house_no hub_house_check(struct hub *h, const struct house_ask *a)
{
	return h->house.check ? h->house.check(a, h->house.arg) : HOUSE_YES;
}

void hub_house_notice(struct hub *h, struct buf *out,
		      const struct house_ask *a)
{
	if (h->house.notice)
		h->house.notice(out, a, h->house.arg);
}

void hub_house_told(struct hub *h, struct buf *out, const struct house_ask *a)
{
	if (h->house.told)
		h->house.told(out, a, h->house.arg);
}
