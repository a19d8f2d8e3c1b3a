/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Client transactions and what comes back. The input is a list of steps, a
 * byte each with what belongs to it: a request goes out, time goes by, a
 * connection ends, an answer comes, right, late or forged; or the rest is a
 * packet of any content, with "@" for a branch of ours. Each request ends
 * once, and by what was meant for it.
 */
#include <stdio.h>

#include "fuzz.h"

#include "clock.h"
#include "ctxn_priv.h"
#include "response_priv.h"

enum { REQUESTS = 32, STEPS = 64, CONN = 7 };

enum end { OPEN, ENDED };

static struct wheel *wheel;
static struct ctxns *set;
static uint64_t now, ids[REQUESTS];
static enum end ends[REQUESTS];
static size_t requests, ended;
static bool answering; /* over() may say what the answer says */

static void on_send(struct ctxn *c, void *arg)
{
	(void)arg;
	assert(c->a < requests && ends[c->a] == OPEN);
	assert(c->transport == SIP_UDP);
}

static void on_over(struct ctxn *done, int status, void *arg)
{
	(void)arg;
	assert(done->a < requests && ends[done->a] == OPEN);
	assert(status >= 200 && status <= 699);
	assert(answering || status == 408 || status == 503);
	ends[done->a] = ENDED;
	ended++;
	mem_deref(done->tmpl);
	mem_deref(done->dest);
}

static void begin(uint8_t how)
{
	struct ctxn *c;

	if (requests == REQUESTS)
		return;
	c = ctxn_new(set, how & 4 ? 1 : ctxn_wish(set, how, requests));
	assert(c);
	c->tmpl = mem_new(sizeof(*c->tmpl), NULL);
	c->tmpl->txns = set;
	c->tmpl->method = VIEW("MESSAGE");
	c->dest = mem_new(1, NULL);
	c->a = requests;
	c->transport = how & 1 ? SIP_TCP : SIP_UDP;
	if (how & 1)
		c->u.conn = CONN;
	ids[requests] = ctxn_id(c);
	ends[requests++] = OPEN;
	if (how & 2)
		ctxn_fail(set, c);
	else
		ctxn_start(set, c);
}

static void wait_ms(uint64_t ms)
{
	uint64_t end = now + ms, next;

	while (now < end) {
		next = wheel_next(wheel, now);
		now = next < end - now ? now + next + WHEEL_TICK_MS : end;
		wheel_advance(wheel, now);
	}
}

static struct view branch_of(char dst[64], size_t i, bool forged)
{
	uint64_t id = ids[i];
	int n = snprintf(dst, 64, "z9hG4bK%016lx%016lx", id,
			 ctxn_check(set, id) + forged);

	return view_mem(dst, (size_t)n);
}

/* An id that was free may have been taken again. */
static bool is_open(uint64_t id)
{
	for (size_t i = 0; i < requests; i++)
		if (ids[i] == id && ends[i] == OPEN)
			return true;
	return false;
}

static int status_of(uint8_t how)
{
	static const int statuses[] = { 100, 180, 200, 202, 404, 480, 603,
					699 };

	return statuses[how % 8];
}

/* To the i-th request. */
static void answer(uint8_t i, uint8_t how)
{
	int status = status_of(how);
	bool forged = how & 8, open;
	enum ctxn_match match;
	char text[64];

	if (i >= requests)
		return;
	open = is_open(ids[i]);
	answering = true;
	match = ctxns_answer(set, branch_of(text, i, forged),
			     how & 16 ? VIEW("NOTIFY") : VIEW("MESSAGE"),
			     status);
	answering = false;
	assert(!forged || match == CTXN_STRAY);
	assert(open || forged || match == CTXN_LATE);
	assert(is_open(ids[i]) ==
	       (open && (match != CTXN_TAKEN || status < 200)));
}

static void fill(struct buf *b, struct view v)
{
	char text[64];

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '@' && requests)
			buf_addv(b, branch_of(text, i % requests, false));
		else
			buf_addc(b, v.p[i]);
	}
}

static void packet(struct view v)
{
	static const char *const names[] = { "Retry-After", "Accept", "" };
	struct response r;
	struct buf b = { 0 };
	size_t before = ended;

	fill(&b, v);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert(fuzz_within(response_header(buf_view(&b),
						   view_str(names[i])),
				   buf_view(&b)));
	if (!response_scan(&r, buf_view(&b))) {
		assert(r.status >= 100 && r.status <= 699);
		assert(r.branch.n && fuzz_within(r.branch, buf_view(&b)));
		assert(r.method.n && fuzz_within(r.method, buf_view(&b)));
		answering = true;
		ctxns_answer(set, r.branch, r.method, r.status);
		answering = false;
		assert(ended - before <= (r.status >= 200));
	}
	buf_free(&b);
}

static void step(struct reader *in)
{
	uint8_t what = reader_u8(in);

	switch (what % 8) {
	case 0:
	case 1:
		begin(reader_u8(in));
		break;
	case 2:
		wait_ms(reader_u8(in) * 10u);
		break;
	case 3:
		wait_ms(40000);
		assert(ctxns_count(set) == 0);
		break;
	case 4:
		ctxns_conn_gone(set, CONN, ctxns_count(set));
		break;
	case 5:
		packet(in->v);
		in->v = VIEW_NONE;
		break;
	default:
		answer(what / 8, reader_u8(in));
		break;
	}
	assert(ctxns_count(set) == requests - ended);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[CTXN_KEY] = { 1, 2, 3 };
	const struct ctxn_ops ops = { on_send, on_over, NULL };
	struct reader in = { .v = view_mem(data, size) };
	static size_t live;

	requests = ended = 0;
	if (!set) {
		wheel = wheel_new(now);
		set = ctxns_new(wheel, REQUESTS, key, &ops);
		live = mem_live();
	}
	for (int n = 0; n < STEPS && in.v.n; n++)
		step(&in);
	wait_ms(40000);
	assert(ended == requests && mem_live() == live);
	return 0;
}
