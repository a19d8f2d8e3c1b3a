/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people type, with a real hub and store behind it. Each line of the
 * input is a MESSAGE; its first byte says who sends it, and where to. Each
 * gets one answer, and of what was refused nobody hears but who asked: only a
 * room's owners, when he may not join it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "template_priv.h"
#include "utf8.h"

/* KEPT: objects in caches, and what is not let go at once. */
enum { LINES = 24, COPIES = 4096, KEPT = 512 };

static const char *const people[] = {
	"sip:alice@confab.example", "sip:bob@confab.example",
	"sip:carol@confab.example", "sip:dave@elsewhere.example",
};
static const char *const places[] = {
	"sip:lobby@confab.example", "sip:chat-manager@confab.example",
	"sip:den@confab.example", "sip:bob@confab.example",
};

static uint64_t last_txn;
static unsigned answers;
static int status;
static struct view asker;
static size_t overheard;    /* copies to others than who asks */

/* Copies under way: answered from the loop. */
static struct copy {
	struct sip_template *tmpl; /* ref */
	struct sip_dest *dest;     /* ref */
	struct sip_flow flow;
	uint64_t a, b;
} copies[COPIES], *current;
static size_t copy_count;

void __wrap_sip_answer(struct sip *s, uint64_t txn, int code,
		       const char *reason, const struct sip_header *headers,
		       size_t count);
int __wrap_sip_send(struct sip *s, struct sip_template *t,
		    const struct sip_flow *flow, const struct sip_dest *dest,
		    uint64_t key, uint64_t a, uint64_t b);
struct sip_copy __wrap_sip_done_copy(const struct sip *s);
bool __wrap_sip_done_answered(const struct sip *s);

void __wrap_sip_answer(struct sip *s, uint64_t txn, int code,
		       const char *reason, const struct sip_header *headers,
		       size_t count)
{
	(void)s;
	(void)reason;
	(void)headers;
	(void)count;
	assert(txn == last_txn && code >= 200 && code <= 699);
	status = code;
	answers++;
}

int __wrap_sip_send(struct sip *s, struct sip_template *t,
		    const struct sip_flow *flow, const struct sip_dest *dest,
		    uint64_t key, uint64_t a, uint64_t b)
{
	(void)s;
	(void)key;
	assert(copy_count < COPIES);
	assert(utf8_valid(view_from(t->tail, t->tail.n - t->body)));
	copies[copy_count++] = (struct copy){
		mem_ref(t), mem_ref(dest), *flow, a, b
	};
	overheard += !view_eq(sip_dest_to(dest), asker);
	return 0;
}

struct sip_copy __wrap_sip_done_copy(const struct sip *s)
{
	(void)s;
	assert(current);
	return (struct sip_copy){ sip_dest_to(current->dest),
				  sip_dest_ruri(current->dest), current->flow,
				  current->tmpl->body };
}

bool __wrap_sip_done_answered(const struct sip *s)
{
	(void)s;
	assert(current);
	return true;
}

/* All devices take everything. */
static void take_copies(void)
{
	for (size_t i = 0; i < copy_count; i++) {
		struct copy c = copies[i];

		current = &c;
		if (c.tmpl->doneh)
			c.tmpl->doneh(202, c.a, c.b, c.tmpl->arg);
		mem_deref(c.tmpl);
		mem_deref(c.dest);
	}
	current = NULL;
	copy_count = 0;
}

/* Until nobody has anything to say any more. */
static void settle(void)
{
	do {
		take_copies();
		daemon_settle();
	} while (copy_count);
}

static void uri_of(struct sip_uri *out, const char *text)
{
	assert(!sip_uri_parse(out, view_str(text)));
}

/* Who may not join a private room is named to its owners. */
static bool is_knock(struct view body)
{
	return status == 403 && body.n > 4 &&
	       view_istarts(view_from(body, 1), VIEW("join"));
}

static void say(unsigned who, unsigned where, struct view body)
{
	struct sip_request req = {
		.txn = ++last_txn,
		.method = SIP_MESSAGE,
		.ruri_text = view_str(places[where]),
		.from_tag = VIEW("t"),
		.content_type = VIEW("text/plain"),
		.body = body,
		.packet = body,
		.flow = { .transport = SIP_UDP },
	};
	char call[32];

	snprintf(call, sizeof(call), "%lu", last_txn);
	req.call_id = view_str(call);
	req.cseq = 1;
	uri_of(&req.ruri, places[where]);
	uri_of(&req.identity, people[who]);
	uri_of(&req.from, people[who]);
	uri_of(&req.to, places[where]);
	assert(!netaddr_set(&req.flow.peer, VIEW("127.0.0.1"),
			    (uint16_t)(40000 + who)));
	answers = 0;
	overheard = 0;
	asker = view_str(people[who]);
	imc_on_request(&req, daemon_get()->imc);
	settle();
	assert(answers == 1);
	assert(status < 300 || !overheard || is_knock(body));
}

/* Blocks outlive rooms. */
static void unblock_all(void)
{
	char text[64];

	for (unsigned who = 0; who < 4; who++)
		for (unsigned other = 0; other < 4; other++) {
			snprintf(text, sizeof(text), "#unblock %s",
				 people[other]);
			say(who, 1, view_str(text));
		}
}

static size_t begin(void)
{
	static size_t live;

	if (live)
		return live;
	for (unsigned who = 0; who < 4; who++)
		say(who, 1, VIEW("#help"));
	live = mem_live();
	return live;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_mem(data, size), line;
	size_t live = begin();

	for (int n = 0; n < LINES && rest.n; n++) {
		view_cut(rest, '\n', &line, &rest);
		if (line.n)
			say((uint8_t)*line.p & 3, (uint8_t)*line.p >> 2 & 3,
			     view_from(line, 1));
	}
	if (memmem(data, size, "lock", 4) || memmem(data, size, "LOCK", 4))
		unblock_all();
	daemon_clean();
	settle();
	assert(hub_room_count(daemon_get()->hub) == 0);
	assert(mem_live() <= live + KEPT);
	return 0;
}
