/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A binary search for the source, then its own few instructions. A packet
 * begins with its UDP header here; the IP header is found from SKF_NET_OFF. A
 * load from beyond the end would drop the packet, so lengths come first.
 */
#include "udp_filter.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>

#include "clock.h"
#include "mem.h"
#include "sock.h"

enum {
	UDP_HEADER = 8,
	IP4_SOURCE = 12,
	IP6_SOURCE = 8,
	PASS = -1, /* all of its bytes */
	DROP = 0,
	/* The program's memory. */
	M_HIGH = 0,  /* IPv6: the first half of the /64 */
	M_START = 1, /* the first four bytes, or 0 */
};
#define SIP_START UINT32_C(0x5349502f) /* "SIP/" */

struct source {
	uint32_t key, high;
	const struct udp_rule *rule; /* borrowed */
};

struct maker {
	struct sock_filter *prog; /* borrowed */
	size_t n;
	bool six;
	uint32_t factor;
	size_t count;
	struct source source[UDP_FILTER_RULES];
};

static void add(struct maker *m, unsigned code, uint32_t k, unsigned jt,
		unsigned jf)
{
	m->prog[m->n++] = (struct sock_filter){
		.code = (uint16_t)code, .jt = (uint8_t)jt,
		.jf = (uint8_t)jf, .k = k,
	};
}

static void add_load(struct maker *m, unsigned size, int at)
{
	add(m, BPF_LD | BPF_ABS | size, (uint32_t)at, 0, 0);
}

static void add_end(struct maker *m, int verdict)
{
	add(m, BPF_RET | BPF_K, (uint32_t)verdict, 0, 0);
}

/* What is not so passes. */
static void add_must(struct maker *m, uint32_t value)
{
	add(m, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
	add_end(m, PASS);
}

/* ---- the sources ---- */

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* The key of an IPv6 source is made of both words, so that nobody can choose
 * it; what has the same one by chance has no rule. */
static void source_add(struct maker *m, const struct udp_rule *r)
{
	const uint8_t *ip = m->six ? r->src.u.in6.sin6_addr.s6_addr :
				     (const uint8_t *)&r->src.u.in.sin_addr;
	struct source *s = &m->source[m->count++];

	s->rule = r;
	s->high = word(ip);
	s->key = m->six ? s->high * m->factor + word(ip + 4) : s->high;
}

static int by_key(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static void sources_sort(struct maker *m)
{
	size_t i, n = 0;

	qsort(m->source, m->count, sizeof(*m->source), by_key);
	for (i = 0; i < m->count; i++)
		if (!n || m->source[i].key != m->source[n - 1].key)
			m->source[n++] = m->source[i];
	m->count = n;
}

/* ---- the program ---- */

/* Leaves the first four bytes in M_START and the key in A. */
static void add_head(struct maker *m)
{
	add(m, BPF_LD | BPF_IMM, 0, 0, 0);
	add(m, BPF_ST, M_START, 0, 0);
	add(m, BPF_LD | BPF_W | BPF_LEN, 0, 0, 0);
	add(m, BPF_JMP | BPF_JGE | BPF_K, UDP_HEADER + 4, 0, 2);
	add_load(m, BPF_W, UDP_HEADER);
	add(m, BPF_ST, M_START, 0, 0);
	add_load(m, BPF_B, SKF_NET_OFF);
	add(m, BPF_ALU | BPF_RSH | BPF_K, 4, 0, 0);
	add_must(m, m->six ? 6 : 4);
	if (!m->six) {
		add_load(m, BPF_W, SKF_NET_OFF + IP4_SOURCE);
		return;
	}
	add_load(m, BPF_W, SKF_NET_OFF + IP6_SOURCE);
	add(m, BPF_ST, M_HIGH, 0, 0);
	add(m, BPF_ALU | BPF_MUL | BPF_K, m->factor, 0, 0);
	add(m, BPF_MISC | BPF_TAX, 0, 0, 0);
	add_load(m, BPF_W, SKF_NET_OFF + IP6_SOURCE + 4);
	add(m, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
}

static void add_source(struct maker *m, const struct source *s)
{
	add_must(m, s->key);
	if (m->six) {
		add(m, BPF_LD | BPF_MEM, M_HIGH, 0, 0);
		add_must(m, s->high);
	}
	if (!s->rule->answers) {
		add(m, BPF_LD | BPF_MEM, M_START, 0, 0);
		add(m, BPF_JMP | BPF_JEQ | BPF_K, SIP_START, 0, 1);
		add_end(m, PASS);
	}
	add_load(m, BPF_W, SKF_AD_OFF + SKF_AD_RANDOM);
	add(m, BPF_JMP | BPF_JGE | BPF_K, s->rule->pass, 0, 1);
	add_end(m, DROP);
	add_end(m, PASS);
}

/* A conditional jump reaches 255 instructions, the other any number. */
static void add_search(struct maker *m, const struct source *s, size_t n)
{
	size_t half = n / 2, jump;

	if (n == 1) {
		add_source(m, s);
		return;
	}
	add(m, BPF_JMP | BPF_JGE | BPF_K, s[half].key, 0, 1);
	jump = m->n;
	add(m, BPF_JMP | BPF_JA, 0, 0, 0);
	add_search(m, s, half);
	m->prog[jump].k = (uint32_t)(m->n - jump - 1);
	add_search(m, s + half, n - half);
}

size_t udp_filter_make(struct sock_filter prog[UDP_FILTER_SIZE], int family,
		       const struct udp_rule *rules, size_t count)
{
	struct maker m = { .prog = prog, .six = family == AF_INET6,
			   .factor = (uint32_t)rand_u64() | 1 };
	size_t i;

	for (i = 0; i < count && m.count < UDP_FILTER_RULES; i++)
		if (netaddr_family(&rules[i].src) == family)
			source_add(&m, &rules[i]);
	if (!m.count)
		return 0;
	sources_sort(&m);
	add_head(&m);
	add_search(&m, m.source, m.count);
	return m.n;
}

/* ---- the socket ---- */

static int attach(int fd, struct sock_filter *prog, size_t n)
{
	struct sock_fprog all = { .len = (unsigned short)n, .filter = prog };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &all,
			  sizeof(all)) ? errno : 0;
}

/* A system may allow less memory for it than the rules take (optmem_max). */
static int attach_most(int fd, int family, const struct udp_rule *rules,
		       size_t count)
{
	struct sock_filter *prog = mem_array(NULL, UDP_FILTER_SIZE,
					     sizeof(*prog));
	size_t n, most = count < UDP_FILTER_RULES ? count : UDP_FILTER_RULES;
	int err;

	do {
		n = udp_filter_make(prog, family, rules, most);
		err = n ? attach(fd, prog, n) : ENOENT;
		if (err == ENOMEM)
			most /= 2;
	} while (err == ENOMEM && most);
	mem_free(prog);
	return !err && most < count ? E2BIG : err;
}

int udp_filter_set(int fd, int family, const struct udp_rule *rules,
		   size_t count)
{
	int err = count ? attach_most(fd, family, rules, count) : ENOENT;

	if (!err || err == E2BIG)
		return err;
	sock_option(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
	return err == ENOENT ? 0 : err;
}

int udp_filter_drops(uint32_t *drops, int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size))
		return errno;
	*drops = info[SK_MEMINFO_DROPS];
	return 0;
}
