/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From gateways, past the journal: lines that one of us wrote, and notices. He
 * who blocked an address gets nothing from it.
 */
#include <errno.h>
#include <string.h>

#include "blocks.h"
#include "direct.h"
#include "fork.h"
#include "fromgate.h"
#include "gateway.h"
#include "imc_priv.h"
#include "log.h"
#include "mem.h"
#include "typing.h"
#include "utf8.h"

/* ---- lines ---- */

static int tell(struct imc *i, const struct addr *from,
		const struct addr *user, struct view text)
{
	const struct letter_conf conf = {
		.from = from->text,
		.text = text,
		.notice = true,
	};
	struct ways ways;

	if (imc_ways(i, user, &ways) != ROUTE_OK)
		return EHOSTUNREACH;
	return fork_send(i, &conf, ways.way, ways.count);
}

void fromgate_tell(struct imc *i, const struct addr *from,
		   const struct addr *user, struct view text)
{
	struct buf clean = { 0 };
	int err = 0;

	utf8_clean(&clean, text);
	if (utf8_shows(buf_view(&clean)))
		err = tell(i, from, user, buf_view(&clean));
	if (err)
		log_info("sip: can't send a text of %.*s to %.*s: %s",
			 VIEW_ARG(from->text), VIEW_ARG(user->text),
			 strerror(err));
	buf_free(&clean);
}

static void on_tell(struct addr *from, struct addr *user, struct view text,
		    void *arg)
{
	struct imc *i = arg;

	if (!blocks_has(i->blocks, user, from))
		fromgate_tell(i, from, user, text);
}

/* ---- notices ---- */

static void on_typing(struct addr *from, struct addr *user,
		      enum gate_kind kind, struct view id, void *arg)
{
	struct imc *i = arg;

	if (blocks_has(i->blocks, user, from))
		return;
	if (kind == GATE_RECEIPT)
		typing_report(i, user, from, id);
	else
		typing_tell(i, user, from, kind == GATE_TYPING);
}

/* ---- who is here ---- */

static bool on_knows(struct addr *user, void *arg)
{
	const struct imc *i = arg;

	return hub_is_our_domain(i->hub, user->host) && direct_knows(i, user);
}

static void tell_changes(void *arg)
{
	struct imc *i = arg;
	struct fromgate f = i->fromgate;

	/* more may come meanwhile */
	i->fromgate.list = NULL;
	i->fromgate.count = i->fromgate.size = 0;
	for (size_t n = 0; n < f.count; n++) {
		if (i->running)
			hub_gate_registered(i->hub, f.list[n],
					    location_is_registered(
						    i->location,
						    f.list[n]->text));
		mem_deref(f.list[n]);
	}
	mem_free(f.list);
}

static void on_change(struct view aor, void *arg)
{
	struct imc *i = arg;
	struct fromgate *f = &i->fromgate;
	struct addr *user;

	if (addr_parse(&user, aor))
		return;
	if (f->count == f->size) {
		f->size = f->size ? 2 * f->size : 16;
		f->list = mem_array(f->list, f->size, sizeof(f->list[0]));
	}
	f->list[f->count++] = user;
	if (i->running)
		loop_defer(i->loop, &f->job);
}

/* ---- life ---- */

void fromgate_init(struct imc *i)
{
	i->fromgate.job.h = tell_changes;
	i->fromgate.job.arg = i;
	location_on_change(i->location, on_change, i);
}

void fromgate_start(struct imc *i)
{
	const struct gate_listener l = {
		.typing = on_typing,
		.tell = on_tell,
		.knows = on_knows,
		.arg = i,
	};

	if (hub_listen_gates(i->hub, &l))
		log_error("sip: too many listen to gateways");
	/* those whom the store knew */
	loop_defer(i->loop, &i->fromgate.job);
}

void fromgate_stop(struct imc *i)
{
	hub_unlisten_gates(i->hub, i);
}

void fromgate_free(struct imc *i)
{
	struct fromgate *f = &i->fromgate;

	location_quiet(i->location, i);
	loop_undefer(i->loop, &f->job);
	while (f->count)
		mem_deref(f->list[--f->count]);
	mem_free(f->list);
	f->list = NULL;
	f->size = 0;
}
