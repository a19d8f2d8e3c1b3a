/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer target: a packet through all that reads one: pre-scan, libosip2
 * in its arena, our checks, the answer's making, and the scan of answers.
 */
#include <stdlib.h>

#include "fuzz.h"

#include "answer_priv.h"
#include "dest_priv.h"
#include "event_priv.h"
#include "mem.h"
#include "parse_priv.h"
#include "register_priv.h"
#include "response_priv.h"
#include "stun_priv.h"

static struct parser *parser;
static struct prescan pre;
static struct parsed req;

static void answer_try(void)
{
	const struct answer a = { .status = 400,
				  .reason = view_str(req.reason) };
	struct netaddr src;
	struct buf head = { 0 }, out = { 0 };

	netaddr_set(&src, VIEW("192.0.2.1"), 5060);
	answer_head(&head, &pre, &req.via, &src, 1);
	if (answer_put(&out, &a, buf_view(&head)))
		abort(); /* what was read may always be written back */
	buf_free(&head);
	buf_free(&out);
}

/* What a REGISTER was taken for may always be sent to. */
static void register_try(void)
{
	struct sip_dest *d;
	struct reg reg;
	size_t i;

	reg_read(&reg, &pre, 3600);
	for (i = 0; i < reg.count && !reg.status; i++) {
		if (sip_dest_new(&d, VIEW("sip:a@b"), reg.contact[i].uri,
				 buf_view(&reg.path)))
			abort();
		mem_deref(d);
	}
	reg_free(&reg);
}

/* What an Event was taken for may be written into a header. */
static void event_try(void)
{
	struct event_name name;

	if (event_parse(&name, pre.first[HDR_EVENT]))
		return;
	if (!scan_token_only(name.type) ||
	    (name.id.n && !scan_token_only(name.id)))
		abort();
}

static void stun_try(struct view packet)
{
	struct netaddr src;
	struct buf out = { 0 };

	netaddr_set(&src, VIEW("2001:db8::1"), 5060);
	if (stun_answer(&out, packet, &src) && out.n != 44)
		abort();
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view packet = view_mem(data, size);
	struct response response;

	if (stun_is(packet))
		stun_try(packet);

	if (!parser)
		parser = parser_new();
	packet = view_from(packet, prescan_blank(packet));
	if (!packet.n)
		return 0;
	response_scan(&response, packet);
	prescan(&pre, packet, 8192);
	if (pre.response)
		return 0;
	if (!pre.status) {
		register_try();
		event_try();
	}
	parser_run(parser, &req, &pre);
	if (pre.first[HDR_VIA].n)
		answer_try();
	return 0;
}
