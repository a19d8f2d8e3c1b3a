/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN Binding (RFC 5389), as far as a keep-alive needs it. */
#include "stun_priv.h"

enum {
	HEADER = 20,
	COOKIE_AT = 4,
	BINDING = 0x0001,
	BINDING_SUCCESS = 0x0101,
	XOR_MAPPED_ADDRESS = 0x0020,
	OPTIONAL = 0x8000, /* attributes that need not be understood */
	FAMILY_4 = 1,
	FAMILY_6 = 2,
};
#define COOKIE UINT32_C(0x2112a442)

bool stun_is(struct view packet)
{
	struct reader r = { .v = view_from(packet, COOKIE_AT) };

	return packet.n >= HEADER && !(packet.p[0] & 0xc0) &&
	       reader_u32(&r) == COOKIE;
}

/* RFC 5389 7.3.1: what has to be understood would need another answer. */
static bool is_plain(struct view attributes)
{
	struct reader r = { .v = attributes };
	uint16_t type;

	while (r.v.n && !r.bad) {
		type = reader_u16(&r);
		reader_bytes(&r, (reader_u16(&r) + 3u) & ~3u);
		if (type < OPTIONAL)
			return false;
	}
	return !r.bad;
}

/* RFC 5389 15.2: so that no NAT "repairs" it. id: the cookie and the
 * transaction's id. */
static void address_put(struct buf *out, const struct netaddr *src,
			struct view id)
{
	bool six = netaddr_family(src) == AF_INET6;
	const uint8_t *ip = six ? src->u.in6.sin6_addr.s6_addr :
				  (const uint8_t *)&src->u.in.sin_addr;
	size_t i, n = six ? 16 : 4;

	buf_put_u16(out, XOR_MAPPED_ADDRESS);
	buf_put_u16(out, (uint16_t)(4 + n));
	buf_put_u8(out, 0);
	buf_put_u8(out, six ? FAMILY_6 : FAMILY_4);
	buf_put_u16(out, netaddr_port(src) ^ (COOKIE >> 16));
	for (i = 0; i < n; i++)
		buf_put_u8(out, ip[i] ^ (uint8_t)id.p[i]);
}

bool stun_answer(struct buf *out, struct view packet,
		 const struct netaddr *src)
{
	struct view id = view_head(view_from(packet, COOKIE_AT), 16);
	struct reader r = { .v = packet };

	if (reader_u16(&r) != BINDING ||
	    reader_u16(&r) != packet.n - HEADER ||
	    !is_plain(view_from(packet, HEADER)))
		return false;
	buf_put_u16(out, BINDING_SUCCESS);
	buf_put_u16(out, netaddr_family(src) == AF_INET6 ? 24 : 12);
	buf_addv(out, id);
	address_put(out, src, id);
	return true;
}
