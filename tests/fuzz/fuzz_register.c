/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * REGISTERs of one user, by a trusted proxy; the input has their headers, with
 * an empty line between two requests. Each gets one answer; what he has is
 * never more than ten places, all well formed, and the answer to a query
 * lists them all. A star ends them.
 */
#include <string.h>

#include "daemon.h"
#include "location.h"
#include "uri_priv.h"

#define ALICE "sip:alice@confab.example"

enum { REQUESTS = 16 };

static unsigned answers, contacts;
static int status;
static uint32_t cseq;

static void on_answer(int code, struct view reason,
		      const struct sip_header *headers, size_t count,
		      uint64_t a, uint64_t b, void *arg)
{
	(void)a;
	(void)b;
	(void)arg;
	assert(code >= 200 && code <= 699 && !view_has(reason, '\n'));
	answers++;
	status = code;
	contacts = 0;
	for (size_t i = 0; i < count; i++) {
		assert(!view_has(headers[i].value, '\n'));
		contacts += view_ieqs(headers[i].name, "Contact");
	}
}

static void visit(struct view headers)
{
	struct sip_injection in = {
		.flow = { .transport = SIP_UDP },
		.answerh = on_answer,
	};
	struct buf b = { 0 };

	netaddr_set(&in.flow.peer, VIEW("127.0.0.1"), 40000);
	buf_addf(&b, "REGISTER sip:confab.example SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bK%u\r\n"
		     "From: <" ALICE ">;tag=1\r\nTo: <" ALICE ">\r\n"
		     "Call-ID: c\r\nCSeq: %u REGISTER\r\n", cseq, cseq);
	cseq++;
	buf_addv(&b, headers);
	buf_adds(&b, "\r\n\r\n");
	in.packet = buf_view(&b);
	answers = 0;
	if (!sip_inject(daemon_get()->sip, &in)) {
		daemon_settle();
		assert(answers == 1);
	}
	assert(answers <= 1);
	buf_free(&b);
}

static void check(void)
{
	const struct location *l = imc_location(daemon_get()->imc);
	struct binding *b[LOCATION_BINDINGS + 1];
	size_t n = location_all(l, VIEW(ALICE), b), registered = 0;
	struct sip_uri uri;

	assert(n <= LOCATION_BINDINGS + 1);
	for (size_t i = 0; i < n; i++) {
		const struct contact *c = &b[i]->contact;

		if (!b[i]->id)
			continue;
		registered++;
		assert(!sip_uri_parse(&uri, c->uri));
		assert(view_eq(sip_dest_ruri(b[i]->dest), c->uri));
		assert(view_eq(sip_dest_route(b[i]->dest), c->path));
		assert(location_same(l, VIEW(ALICE), c) == b[i]);
		assert(b[i]->expires_ms);
	}
	assert(registered <= LOCATION_BINDINGS);
	assert(status != 200 || contacts == registered);
}

/* What stands before the next empty line. */
static struct view request_of(struct view *rest)
{
	const char *end = memmem(rest->p, rest->n, "\n\n", 2);
	struct view v = end ? view_head(*rest, (size_t)(end - rest->p)) :
			      *rest;

	*rest = end ? view_from(*rest, v.n + 2) : VIEW_NONE;
	return v;
}

/* A line end is CR LF on the wire. */
static void add_lines(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\n')
			buf_addc(b, '\r');
		buf_addc(b, v.p[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_mem(data, size);
	struct buf b = { 0 };

	cseq = 1;
	for (int n = 0; n < REQUESTS && rest.n; n++) {
		buf_clear(&b);
		add_lines(&b, request_of(&rest));
		visit(buf_view(&b));
		check();
	}
	buf_free(&b);
	visit(VIEW("Contact: *\r\nExpires: 0"));
	assert(status == 200 && contacts == 0);
	check();
	return 0;
}
