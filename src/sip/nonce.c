/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nonces: 16 hex digits of time, 24 of its HMAC. */
#include "nonce_priv.h"

#include <string.h>

#include "clock.h"
#include "digest.h"
#include "hash.h"
#include "list.h"
#include "mem.h"

enum { TIME_DIGITS = 16, COUNTER_BITS = 16, MAC_BYTES = 12 };

struct used {
	struct hnode by_stamp;
	struct lnode order; /* by first use */
	uint64_t stamp;
	uint32_t highest;
	uint64_t seen; /* bit n: highest - n */
};

struct nonces {
	struct digest_key *key; /* owned */
	uint64_t last;      /* the newest stamp */
	uint64_t floor;     /* up to this one nothing is known any more */
	struct htable used; /* owns them */
	struct list order;
	size_t max;
};

struct nonces *nonces_new(size_t max)
{
	struct nonces *ns = mem_zalloc(sizeof(*ns));
	uint8_t key[32];

	rand_bytes(key, sizeof(key));
	ns->key = digest_key_new(view_mem(key, sizeof(key)));
	explicit_bzero(key, sizeof(key));
	list_init(&ns->order);
	ns->max = max;
	return ns;
}

static void used_free(struct nonces *ns, struct used *u)
{
	htable_del(&ns->used, &u->by_stamp);
	list_remove(&ns->order, &u->order);
	mem_free(u);
}

void nonces_free(struct nonces *ns)
{
	struct hnode *n;

	if (!ns)
		return;
	while ((n = htable_pop(&ns->used)))
		mem_free(CONTAINER(n, struct used, by_stamp));
	htable_free(&ns->used);
	digest_key_free(ns->key);
	mem_free(ns);
}

size_t nonces_count(const struct nonces *ns)
{
	return ns->used.count;
}

/* ---- the text ---- */

static void put_hex(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
}

static void put_text(const struct nonces *ns, char out[NONCE_TEXT + 1],
		     uint64_t stamp, uint64_t source)
{
	uint8_t plain[16], mac[DIGEST_HMAC] = { 0 };
	size_t i;

	for (i = 0; i < 8; i++) {
		plain[i] = (uint8_t)(stamp >> (56 - 8 * i));
		plain[8 + i] = (uint8_t)(source >> (56 - 8 * i));
	}
	if (digest_sign(mac, ns->key, view_mem(plain, sizeof(plain))))
		rand_bytes(mac, sizeof(mac)); /* so that it is never good */
	put_hex(out, plain, 8);
	put_hex(out + TIME_DIGITS, mac, MAC_BYTES);
	out[NONCE_TEXT] = '\0';
}

static bool read_stamp(uint64_t *out, struct view nonce)
{
	size_t i;

	if (nonce.n != NONCE_TEXT)
		return false;
	for (i = 0, *out = 0; i < TIME_DIGITS; i++) {
		char c = nonce.p[i];

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*out = *out << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

void nonce_make(struct nonces *ns, char out[NONCE_TEXT + 1], uint64_t source)
{
	uint64_t stamp = now_ms() << COUNTER_BITS;

	/* Within one millisecond the low bits count on, and run over into the
	 * next one's if need be. */
	ns->last = stamp > ns->last ? stamp : ns->last + 1;
	put_text(ns, out, ns->last, source);
}

static bool is_old(uint64_t stamp)
{
	return (stamp >> COUNTER_BITS) + NONCE_LIFE_MS < now_ms();
}

static struct used *find(const struct nonces *ns, uint64_t stamp)
{
	struct hnode *n = htable_find(&ns->used, hash_u64(stamp));

	while (n && CONTAINER(n, struct used, by_stamp)->stamp != stamp)
		n = htable_more(n);
	return n ? CONTAINER(n, struct used, by_stamp) : NULL;
}

bool nonce_good(const struct nonces *ns, struct view nonce, uint64_t source)
{
	char want[NONCE_TEXT + 1];
	uint64_t stamp;

	if (!read_stamp(&stamp, nonce))
		return false;
	put_text(ns, want, stamp, source);
	if (!digest_eq(nonce, view_mem(want, NONCE_TEXT)) || is_old(stamp))
		return false;
	return stamp > ns->floor || find(ns, stamp);
}

/* ---- use ---- */

static void drop_old(struct nonces *ns)
{
	struct lnode *n;

	while ((n = list_first(&ns->order))) {
		struct used *u = CONTAINER(n, struct used, order);

		if (!is_old(u->stamp) && ns->used.count < ns->max)
			return;
		if (u->stamp > ns->floor)
			ns->floor = u->stamp;
		used_free(ns, u);
	}
}

static struct used *used_new(struct nonces *ns, uint64_t stamp)
{
	struct used *u;

	drop_old(ns);
	u = mem_zalloc(sizeof(*u));
	u->stamp = stamp;
	htable_add(&ns->used, &u->by_stamp, hash_u64(stamp));
	list_append(&ns->order, &u->order);
	return u;
}

static void move_on(struct used *u, uint32_t nc)
{
	uint32_t by = nc - u->highest;

	u->seen = by < NONCE_WINDOW ? u->seen << by | 1 : 1;
	u->highest = nc;
}

bool nonce_use(struct nonces *ns, struct view nonce, uint32_t nc)
{
	struct used *u;
	uint64_t stamp, bit;

	if (!nc || !read_stamp(&stamp, nonce))
		return false;
	u = find(ns, stamp);
	if (!u && stamp <= ns->floor)
		return false;
	if (!u)
		u = used_new(ns, stamp);
	if (nc > u->highest) {
		move_on(u, nc);
		return true;
	}
	if (u->highest - nc >= NONCE_WINDOW)
		return false;
	bit = UINT64_C(1) << (u->highest - nc);
	if (u->seen & bit)
		return false;
	u->seen |= bit;
	return true;
}
