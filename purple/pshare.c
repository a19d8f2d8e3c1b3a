/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the gateway's parts share: addresses, words for users, rates. */
#include <errno.h>

#include "clock.h"
#include "log.h"
#include "pgate_priv.h"

enum { RATES = 1024 };

void pgate_share_init(struct pgate *g)
{
	g->rates = gate_rates_new(RATES);
}

void pgate_share_free(struct pgate *g)
{
	gate_rates_free(g->rates);
}

uint64_t pgate_key(uint64_t account, struct view name)
{
	return hash_u64(account ^ hash_view(name));
}

bool pgate_rate(struct pgate *g, const struct pacct *a, struct view name,
		char what, const struct bucket_rate *rate)
{
	uint64_t key = hash_u64(pgate_key(a->id, name) ^
				((uint64_t)(unsigned char)what << 56));

	return gate_rates_take(g->rates, key, rate);
}

/* ---- addresses ---- */

int pgate_name(struct buf *out, const struct pacct *a, struct view name)
{
	return pmap_name(out, view_str(a->proto->id), name);
}

struct addr *pgate_addr(const struct pacct *a, struct view name)
{
	const struct pmap_target t = { .kind = PMAP_NAME,
				       .proto = view_str(a->proto->id),
				       .name = name };
	uint64_t account = pacct_pick(a->gate, a->owner, &t) == a ? 0 : a->id;
	struct buf text = { 0 };
	struct addr *addr = NULL;

	if (!pmap_to_sip(a->gate->map, t.proto, name, account, &text) &&
	    addr_parse(&addr, buf_view(&text)))
		addr = NULL;
	buf_free(&text);
	return addr;
}

struct addr *pgate_addr_of(const struct pacct *a, struct view name)
{
	const struct pacct *b = NULL;

	if (a->gate->conf.mapped_users)
		b = pacct_named(a->gate, view_str(a->proto->id), name);
	return b && pacct_is_pair(a, b) ? mem_ref(b->owner) :
					  pgate_addr(a, name);
}

/* An account of this user on the same network that has been let in. */
static const struct pacct *let_in(const struct pacct *a, struct view user,
				  struct view host)
{
	const struct pacct *b = NULL;

	while ((b = pacct_next(a->gate, b)))
		if (pacct_is_identity(b) && pacct_is_pair(a, b) &&
		    view_eq(b->owner->user, user) &&
		    view_ieq(b->owner->host, host))
			return b;
	return NULL;
}

struct pacct *pgate_mapped(const struct pgate *g, const struct addr *from,
			   struct view user, struct view host,
			   const struct pacct **other)
{
	struct pacct *a = NULL;

	if (!g->conf.mapped_users || !g->running)
		return NULL;
	while ((a = pacct_next(g, a))) {
		/* who was never let in learns of nobody that he is there */
		if (!addr_eq(a->owner, from) || a->state < PACCT_OFFLINE ||
		    (a->claimed && a->claim != PCLAIM_PROVEN))
			continue;
		*other = let_in(a, user, host);
		if (*other)
			return a;
	}
	return NULL;
}

int pgate_conv(struct addr **ap, const struct pacct *a, struct view name)
{
	struct buf text = { 0 };
	int err;

	buf_addf(&text, "purple:%llu/", (unsigned long long)a->id);
	pmap_escape(&text, name);
	buf_addc(&text, '/');
	buf_addv(&text, a->owner->text);
	err = addr_parse(ap, buf_view(&text));
	buf_free(&text);
	return err;
}

struct pacct *pgate_conv_of(const struct pgate *g, const struct addr *conv,
			    struct buf *name)
{
	struct view escaped, aor;
	struct pacct *a;
	uint64_t id;

	if (view_u64(&id, conv->host, UINT64_MAX))
		return NULL;
	(void)view_cut(conv->resource, '/', &escaped, &aor);
	a = pmap_unescape(name, escaped) ? NULL : pacct_find(g, id);
	/* the number may be another one's by now */
	return a && view_eq(aor, a->owner->text) ? a : NULL;
}

/* ---- words ---- */

void pgate_tell(struct pacct *a, struct addr *from, struct view text)
{
	static const struct bucket_rate rate = { 5, 1000, 60 };
	struct pgate *g = a->gate;
	bool muted = a->muted;

	a->muted = !bucket_take(&a->telling, &rate, now_ms());
	if (g->running && !a->muted)
		hub_gate_tell(g->conf.hub, from ? from : g->self, a->owner,
			      text);
	else if (a->muted && !muted)
		log_warning("purple %s of %s: the network says too much, "
			    "some of it is not told", a->name,
			    a->owner->text.p);
}

static void tell_lost(struct pacct *a)
{
	static const struct bucket_rate rate = { 1, 60 * 1000, 1 };
	struct buf b = { 0 };

	if (!bucket_take(&a->sorry, &rate, now_ms()))
		return;
	buf_adds(&b, "INFO: ");
	pacct_title(&b, a);
	buf_adds(&b, ": more is said than can be passed on; some of it is "
		     "lost.");
	pgate_tell(a, NULL, buf_view(&b));
	buf_free(&b);
}

bool pgate_may_hear(struct pacct *a, struct view name, bool many)
{
	static const struct bucket_rate one = { 10, 1000, 100 };
	static const struct bucket_rate all = { 50, 1000, 1000 };

	if ((many || pgate_rate(a->gate, a, name, 'H', &one)) &&
	    bucket_take(&a->hearing, &all, now_ms()))
		return true;
	tell_lost(a);
	return false;
}

bool pgate_may_type(struct pacct *a)
{
	static const struct bucket_rate rate = { 5, 1000, 20 };

	return bucket_take(&a->typing, &rate, now_ms());
}
