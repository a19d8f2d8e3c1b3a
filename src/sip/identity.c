/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who speaks. A From is believed from trusted sources only. */
#include "identity_priv.h"

bool identity_trusts(const struct sip *s, const struct sip_flow *flow)
{
	size_t i;

	for (i = 0; i < s->trusted_count; i++) {
		if (netmask_has(&s->trusted[i], &flow->peer))
			return true;
	}
	return false;
}

/* An injected request brings what the other edge settled. */
static bool settle_trusted(struct uas *u)
{
	struct view text = u->req->from.uri;

	if (u->in && u->in->identity.n)
		text = u->in->identity;
	if (sip_uri_parse(&u->id.uri, text))
		uas_answer(u, 400, "From Is No Address To Chat With", NULL, 0);
	else if (view_empty(u->id.uri.user))
		uas_answer(u, 403, "From Names No User", NULL, 0);
	else
		u->id.how = ID_TRUSTED;
	return u->id.how != ID_NONE;
}

bool identity_settle(struct uas *u)
{
	if (u->trusted)
		return settle_trusted(u);
	u->sip->stats.untrusted++;
	uas_answer(u, 403, NULL, NULL, 0);
	return false;
}
