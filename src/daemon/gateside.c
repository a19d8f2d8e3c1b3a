/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the accounts of users are to a gateway. */
#include "gateside.h"

void gateside_init(struct gateside *s, struct confab *c, const char *network,
		   account_change_h *changed)
{
	s->c = c;
	s->network = network;
	s->watch = (struct account_watch){ .network = network,
					   .h = changed,
					   .arg = s };
	accounts_watch(c->accounts, &s->watch);
}

void gateside_end(struct gateside *s)
{
	accounts_unwatch(s->c->accounts, &s->watch);
}

struct accounts *gateside_accounts(const struct gateside *s)
{
	return s->c->accounts;
}

struct view gateside_network(const struct gateside *s)
{
	return view_str(s->network);
}

void gateside_note(uint64_t id, struct view error, void *arg)
{
	accounts_note(gateside_accounts(arg), id, error);
}

int gateside_shut(struct buf *out, struct view owner, struct view place,
		  struct view secret, void *arg)
{
	const struct view parts[] = { gateside_network(arg), owner, place };

	return accounts_shut(gateside_accounts(arg), out, parts, secret);
}

int gateside_unshut(struct buf *out, struct view owner, struct view place,
		    struct view sealed, void *arg)
{
	const struct view parts[] = { gateside_network(arg), owner, place };

	return accounts_open(gateside_accounts(arg), out, parts, sealed);
}
