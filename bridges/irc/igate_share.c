/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the gateway's modules share: addresses, words for users, rates. */
#include <errno.h>

#include "igate_priv.h"
#include "mem.h"

enum { RATES = 4096 };

void igate_share_init(struct igate *g)
{
	g->rates = gate_rates_new(RATES);
}

void igate_share_free(struct igate *g)
{
	gate_rates_free(g->rates);
}

bool igate_rate(struct igate *g, struct view network, struct view nick,
		char what, const struct bucket_rate *rate)
{
	uint64_t key = hash_u64(hash_iview(network) ^ (hash_iview(nick) << 1) ^
				((uint64_t)(unsigned char)what << 56));

	return gate_rates_take(g->rates, key, rate);
}

void igate_as(const struct igate *g, const struct addr *aor,
	      struct view network, struct buf *out)
{
	const struct igate_accounts *as = g->conf.accounts;
	struct igate_account a;

	if (as && !as->find(aor, network, &a, as->arg))
		buf_addv(out, a.login);
	else
		buf_addc(out, '*');
}

bool igate_is_as(const struct igate *g, const struct addr *aor,
		 struct view network, struct view as)
{
	struct buf now = { 0 };
	bool is;

	igate_as(g, aor, network, &now);
	is = !as.n || view_eq(as, buf_view(&now));
	buf_free(&now);
	return is;
}

static enum imap_kind kind_of(struct view name)
{
	if (!name.n)
		return IMAP_NETWORK;
	return ircb_is_channel(name) ? IMAP_CHANNEL : IMAP_PERSON;
}

struct addr *igate_addr(const struct igate *g, struct view network,
			struct view name)
{
	const struct imap_target t = { .kind = kind_of(name),
				       .network = network,
				       .name = name };
	struct buf text = { 0 };
	struct addr *a = NULL;

	if (g->map && !imap_to_sip(g->map, &t, &text) &&
	    addr_parse(&a, buf_view(&text)))
		a = NULL;
	buf_free(&text);
	return a;
}

int igate_say(struct igate *g, struct addr *from, struct addr *user,
	      enum msg_kind kind, struct view text, const struct meta *meta,
	      struct view dedupe, hub_done_h *doneh, void *arg)
{
	struct buf b = { 0 };
	struct hub_say say = {
		.from = from, .kind = kind, .text = text, .dedupe = dedupe
	};
	int err;

	if (meta)
		meta_put(&b, meta);
	say.meta = buf_view(&b);
	err = hub_direct(g->conf.hub, user, &say, doneh, arg);
	buf_free(&b);
	return err;
}

void seat_tell(struct seat *s, struct addr *from, struct view text)
{
	struct addr *a = from ? mem_ref(from) :
				igate_addr(s->gate, s->network, VIEW_NONE);

	if (a && s->gate->running)
		hub_gate_tell(s->gate->conf.hub, a, s->aor, text);
	mem_deref(a);
}
