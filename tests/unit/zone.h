/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name server of a few lines on the test's loop: zone is what it knows, and
 * "server" the socket, both for the test to set. "crowd.test" has 20
 * addresses, names that begin with "fail." break, "silent." are not answered.
 */
#ifndef CONFAB_TEST_ZONE_H
#define CONFAB_TEST_ZONE_H

#include "test.h"

#include <stdio.h>

#include "mem.h"
#include "udp.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_SRV = 33, TYPE_NAPTR = 35 };

/* data: an address, or "priority weight port target". */
struct record {
	const char *name;
	unsigned type, ttl;
	const char *data;
};

static struct udp *server;
static const struct record *zone;
static size_t zone_count;

static struct {
	unsigned asked, asked_srv;
	bool silent;
} srv;

static inline void put_name(struct buf *b, const char *name)
{
	struct view rest = view_str(name), label;

	while (view_word(&rest, ".", &label)) {
		buf_put_u8(b, (uint8_t)label.n);
		buf_addv(b, label);
	}
	buf_put_u8(b, 0);
}


static inline void put_srv(struct buf *b, const char *data)
{
	struct view rest = view_str(data), word;
	char *target;
	uint64_t n;
	int i;

	for (i = 0; i < 3; i++) {
		view_word(&rest, " ", &word);
		view_u64(&n, word, 65535);
		buf_put_u16(b, (uint16_t)n);
	}
	view_word(&rest, " ", &word);
	target = view_dup(word);
	put_name(b, target);
	mem_free(target);
}


static inline void put_word(struct buf *b, struct view *rest)
{
	struct view word;

	view_word(rest, " ", &word);
	buf_put_u8(b, (uint8_t)word.n);
	buf_addv(b, word);
}


static inline void put_naptr(struct buf *b, const char *data)
{
	struct view rest = view_str(data), word;
	char *target;
	uint64_t n;
	int i;

	for (i = 0; i < 2; i++) {
		view_word(&rest, " ", &word);
		view_u64(&n, word, 65535);
		buf_put_u16(b, (uint16_t)n);
	}
	put_word(b, &rest);
	put_word(b, &rest);
	buf_put_u8(b, 0); /* no regexp */
	view_word(&rest, " ", &word);
	target = view_dup(word);
	put_name(b, target);
	mem_free(target);
}


static inline void put_data(struct buf *b, const struct record *r)
{
	struct netaddr a;

	if (r->type == TYPE_SRV) {
		put_srv(b, r->data);
		return;
	}
	if (r->type == TYPE_NAPTR) {
		put_naptr(b, r->data);
		return;
	}
	netaddr_set(&a, view_str(r->data), 0);
	if (r->type == TYPE_A)
		buf_add(b, &a.u.in.sin_addr, 4);
	else
		buf_add(b, &a.u.in6.sin6_addr, 16);
}


static inline void put_record(struct buf *b, const struct record *r)
{
	struct buf data = { 0 };

	buf_put_u16(b, 0xc00c); /* the question's name */
	buf_put_u16(b, (uint16_t)r->type);
	buf_put_u16(b, 1);
	buf_put_u32(b, r->ttl);
	put_data(&data, r);
	buf_put_u16(b, (uint16_t)data.n);
	buf_addv(b, buf_view(&data));
	buf_free(&data);
}


static inline void get_name(struct reader *r, struct buf *name)
{
	uint8_t n;

	while ((n = reader_u8(r))) {
		if (name->n)
			buf_addc(name, '.');
		buf_addv(name, reader_bytes(r, n));
	}
}


static inline unsigned put_answers(struct buf *b, struct view name,
				   unsigned type, bool *known)
{
	unsigned count = 0, i;
	char address[32];
	struct record crowd = { "crowd.test", TYPE_A, 60, address };

	for (i = 0; i < zone_count; i++) {
		if (!view_ieqs(name, zone[i].name))
			continue;
		*known = true;
		if (zone[i].type != type)
			continue;
		put_record(b, &zone[i]);
		count++;
	}
	for (i = 0; i < 20 && view_eqs(name, crowd.name); i++) {
		*known = true;
		if (type != TYPE_A)
			continue;
		snprintf(address, sizeof(address), "192.0.2.%u", 100 + i);
		put_record(b, &crowd);
		count++;
	}
	return count;
}


static inline void reply(struct view question, uint16_t id, struct view name,
		  unsigned type, const struct netaddr *to)
{
	struct buf b = { 0 }, answers = { 0 };
	bool known = false;
	unsigned n = put_answers(&answers, name, type, &known);
	unsigned rcode = known ? 0 : 3;

	if (view_starts(name, VIEW("fail.")))
		rcode = 2;
	buf_put_u16(&b, id);
	buf_put_u16(&b, (uint16_t)(0x8180 | rcode));
	buf_put_u16(&b, 1);
	buf_put_u16(&b, (uint16_t)n);
	buf_put_u32(&b, 0);
	buf_addv(&b, question);
	buf_addv(&b, buf_view(&answers));
	udp_send(server, to, b.p, b.n);
	buf_free(&answers);
	buf_free(&b);
}


static inline void on_question(char *p, size_t n, const struct netaddr *src,
			void *arg)
{
	struct reader r = { .v = view_mem(p, n) };
	struct buf name = { 0 };
	uint16_t id = reader_u16(&r), type;

	(void)arg;
	reader_bytes(&r, 10);
	get_name(&r, &name);
	type = reader_u16(&r);
	reader_u16(&r);
	assert_false(r.bad);
	srv.asked++;
	srv.asked_srv += type == TYPE_SRV;
	if (!srv.silent && !view_starts(buf_view(&name), VIEW("silent.")))
		reply(view_mem(p + 12, n - 12 - r.v.n), id, buf_view(&name),
		      type, src);
	buf_free(&name);
}

#endif
