/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Socket addresses: text in and out, comparing, masks. Numeric only; names
 * are the business of dns.
 */
#include "netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "hash.h"

enum { MAPPED_BITS = 96 };

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool is_mapped(const struct netaddr *a)
{
	return netaddr_family(a) == AF_INET6 &&
	       !memcmp(&a->u.in6.sin6_addr, mapped_prefix, 12);
}


/* The address in network order, and how many bytes; 0 for no family. */
static size_t addr_bytes(const struct netaddr *a, const uint8_t **p)
{
	switch (netaddr_family(a)) {
	case AF_INET:
		*p = (const uint8_t *)&a->u.in.sin_addr;
		return 4;
	case AF_INET6:
		*p = a->u.in6.sin6_addr.s6_addr;
		return 16;
	default:
		*p = NULL;
		return 0;
	}
}


static struct view unbracket(struct view v)
{
	if (v.n < 2 || v.p[0] != '[' || v.p[v.n - 1] != ']')
		return v;
	return view_mem(v.p + 1, v.n - 2);
}


int netaddr_set(struct netaddr *a, struct view ip, uint16_t port)
{
	struct view bare = unbracket(ip);
	char text[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof(*a));
	if (view_has(bare, '\0') || view_copy(text, sizeof(text), bare))
		return EBADMSG;
	if (inet_pton(AF_INET6, text, &a->u.in6.sin6_addr) == 1)
		a->u.sa.sa_family = AF_INET6;
	else if (bare.n == ip.n &&
		 inet_pton(AF_INET, text, &a->u.in.sin_addr) == 1)
		a->u.sa.sa_family = AF_INET;
	else
		return EBADMSG;
	netaddr_set_port(a, port);
	return 0;
}


int netaddr_parse(struct netaddr *a, struct view text)
{
	struct view ip, port;
	uint64_t n;

	if (!view_rcut(text, ':', &ip, &port))
		return EBADMSG;
	if (view_u64(&n, port, UINT16_MAX))
		return EBADMSG;
	/* IPv6 without brackets: nobody knows where the port begins. */
	if (view_has(ip, ':') && !view_starts(ip, VIEW("[")))
		return EBADMSG;
	return netaddr_set(a, ip, (uint16_t)n);
}


socklen_t netaddr_len(const struct netaddr *a)
{
	switch (netaddr_family(a)) {
	case AF_INET:
		return sizeof(a->u.in);
	case AF_INET6:
		return sizeof(a->u.in6);
	default:
		return 0;
	}
}


int netaddr_family(const struct netaddr *a)
{
	return a->u.sa.sa_family;
}


uint16_t netaddr_port(const struct netaddr *a)
{
	switch (netaddr_family(a)) {
	case AF_INET:
		return ntohs(a->u.in.sin_port);
	case AF_INET6:
		return ntohs(a->u.in6.sin6_port);
	default:
		return 0;
	}
}


void netaddr_set_port(struct netaddr *a, uint16_t port)
{
	if (netaddr_family(a) == AF_INET)
		a->u.in.sin_port = htons(port);
	else if (netaddr_family(a) == AF_INET6)
		a->u.in6.sin6_port = htons(port);
}


static uint32_t scope(const struct netaddr *a)
{
	return netaddr_family(a) == AF_INET6 ? a->u.in6.sin6_scope_id : 0;
}


bool netaddr_eq(const struct netaddr *a, const struct netaddr *b)
{
	const uint8_t *p, *q;
	size_t n = addr_bytes(a, &p);

	if (n != addr_bytes(b, &q) || netaddr_port(a) != netaddr_port(b))
		return false;
	return !n || (!memcmp(p, q, n) && scope(a) == scope(b));
}


uint64_t netaddr_hash(const struct netaddr *a)
{
	struct {
		uint8_t ip[16];
		uint32_t scope, port;
	} key = { .scope = scope(a), .port = netaddr_port(a) };
	const uint8_t *p;
	size_t n = addr_bytes(a, &p);

	if (n == 4) {
		memcpy(&key.scope, p, 4);
		return hash_u64((uint64_t)key.scope << 16 | key.port);
	}
	if (n)
		memcpy(key.ip, p, n);
	return hash_view(view_mem(&key, sizeof(key)));
}


bool netaddr_is_loopback(const struct netaddr *a)
{
	const uint8_t *p;

	switch (addr_bytes(a, &p)) {
	case 4:
		return p[0] == 127;
	case 16:
		return is_mapped(a) ? p[12] == 127
				    : IN6_IS_ADDR_LOOPBACK(
					      &a->u.in6.sin6_addr);
	default:
		return false;
	}
}


static bool is_near4(const uint8_t *p)
{
	return p[0] == 0 || p[0] == 127 || p[0] >= 224 ||
	       (p[0] == 169 && p[1] == 254);
}


bool netaddr_is_near(const struct netaddr *a)
{
	const uint8_t *p;
	size_t n = addr_bytes(a, &p);

	if (n == 4)
		return is_near4(p);
	if (!n || is_mapped(a))
		return n && is_near4(p + 12);
	return netaddr_is_any(a) || netaddr_is_loopback(a) || p[0] == 0xff ||
	       (p[0] == 0xfe && (p[1] & 0xc0) == 0x80);
}


bool netaddr_is_any(const struct netaddr *a)
{
	static const uint8_t zero[16];
	const uint8_t *p;
	size_t n = addr_bytes(a, &p);

	if (is_mapped(a))
		return !memcmp(p + 12, zero, 4);
	return n && !memcmp(p, zero, n);
}


void netaddr_put_ip(struct buf *b, const struct netaddr *a)
{
	char text[INET6_ADDRSTRLEN] = "?";
	const uint8_t *p;

	if (addr_bytes(a, &p))
		inet_ntop(netaddr_family(a), p, text, sizeof(text));
	buf_adds(b, text);
}


void netaddr_put(struct buf *b, const struct netaddr *a)
{
	bool v6 = netaddr_family(a) == AF_INET6;

	if (v6)
		buf_addc(b, '[');
	netaddr_put_ip(b, a);
	if (v6)
		buf_addc(b, ']');
	buf_addc(b, ':');
	buf_add_u64(b, netaddr_port(a));
}


const char *netaddr_str(char dst[NETADDR_TEXT_MAX], const struct netaddr *a)
{
	struct buf b;

	buf_init(&b, NETADDR_TEXT_MAX);
	netaddr_put(&b, a);
	view_copy(dst, NETADDR_TEXT_MAX, buf_view(&b));
	buf_free(&b);
	return dst;
}


void netaddr_unmap(struct netaddr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (!is_mapped(a))
		return;
	in.sin_port = a->u.in6.sin6_port;
	memcpy(&in.sin_addr, a->u.in6.sin6_addr.s6_addr + 12, 4);
	memset(a, 0, sizeof(*a));
	a->u.in = in;
}


int netmask_parse(struct netmask *m, struct view text)
{
	struct view ip, bits;
	const uint8_t *p;
	uint64_t n;
	bool cut = view_cut(text, '/', &ip, &bits);

	memset(m, 0, sizeof(*m));
	if (netaddr_set(&m->base, ip, 0))
		return EBADMSG;
	n = 8 * addr_bytes(&m->base, &p);
	if (cut && view_u64(&n, bits, n))
		return EBADMSG;
	m->bits = (unsigned)n;
	if (is_mapped(&m->base) && n >= MAPPED_BITS) {
		netaddr_unmap(&m->base);
		m->bits -= MAPPED_BITS;
	}
	return 0;
}


bool netmask_has(const struct netmask *m, const struct netaddr *a)
{
	struct netaddr plain = *a;
	const uint8_t *p, *q;
	size_t n, whole = m->bits / 8;
	unsigned rest = m->bits % 8;

	if (netaddr_family(&m->base) == AF_INET)
		netaddr_unmap(&plain);
	n = addr_bytes(&m->base, &p);
	if (!n || addr_bytes(&plain, &q) != n || memcmp(p, q, whole))
		return false;
	return !rest || !((p[whole] ^ q[whole]) >> (8 - rest));
}
