/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Typing notices. They are worth nothing a minute later: no journal, no
 * second try, and only to devices that are known to take them, because others
 * show the XML to the user.
 */
#include "clock.h"
#include "content.h"
#include "cpim.h"
#include "imc_priv.h"
#include "mem.h"
#include "typing.h"

/* A notice: who must not get it, and what it is sent with. */
struct typing {
	struct imc *imc;
	struct sip_template *t; /* ref */
	const struct addr *from;
	bool report;            /* of a message that has arrived */
};

/* RFC 3261 21.4, 21.5: the ones that say nothing of the content. */
static bool is_for_now(int status)
{
	return status < 400 || status == 408 || status == 430 ||
	       status == 480 || status == 486 ||
	       (status >= 500 && status < 600 && status != 501);
}

static void forget(struct imc *i, const struct addr *user,
		   void (*no_more)(struct device *d))
{
	struct binding *b = imc_device(i, user, imc_done_binding(i, user));

	if (!b)
		return;
	no_more(&b->dev);
	location_learned(i->location, b);
}

/* report: as of struct typing. */
static void on_notice(int status, uint64_t report, uint64_t b, void *arg)
{
	struct imc *i = arg;
	struct sip_copy copy;
	struct addr *user = NULL;

	(void)b;
	imc_on_status(i, status);
	if (!i->sip || is_for_now(status))
		return;
	copy = sip_done_copy(i->sip);
	if (!addr_parse(&user, copy.to))
		forget(i, user,
		       report ? device_no_reports : device_no_typing);
	mem_deref(user);
}

/* What can't be sent now is not sent. */
static void send_down(const struct typing *ty, uint64_t key,
		      const struct way *way)
{
	if (imc_packet_fits(ty->imc, ty->t, way))
		(void)sip_send(ty->imc->sip, ty->t, &way->flow, way->dest,
			       key + way->binding, ty->report, 0);
}

static bool takes(const struct typing *ty, const struct way *way)
{
	const struct device_form form = imc_form(way);

	return ty->report ? form.reports : form.typing;
}

static void send_to(const struct typing *ty, const struct addr *to,
		    uint64_t key)
{
	struct imc *i = ty->imc;
	struct ways ways;

	if (!addr_is(to, "sip") || addr_eq(to, ty->from) ||
	    imc_ways(i, to, &ways) != ROUTE_OK)
		return;
	for (size_t n = 0; n < ways.count; n++)
		if (takes(ty, &ways.way[n]))
			send_down(ty, key, &ways.way[n]);
}

/* False: it can't be sent. */
static bool typing_make(struct typing *ty, const struct addr *speaker,
			struct view notice)
{
	struct imc_text text = {
		.id = rand_u64(),
		.from = speaker->text,
		.type = ty->report ? VIEW(CPIM_TYPE) :
				     VIEW(CONTENT_TYPE_TYPING),
		.body = notice,
		.time_ms = wall_ms(),
		.doneh = on_notice,
	};

	return ty->imc->sip && !imc_template(&ty->t, ty->imc, &text);
}

static bool may_speak(const struct member *mb)
{
	return mb && mb->state == MEMBER_JOINED &&
	       member_muted_until_ms(mb) <= wall_ms();
}

void typing_pass(struct imc *i, struct room *r, const struct addr *from,
		 struct view notice)
{
	struct typing ty = { .imc = i, .from = from };
	struct lnode *n, *nx;

	if (!r || !may_speak(room_member(r, from)) ||
	    !typing_make(&ty, r->addr, notice))
		return;
	LIST_EACH (&r->order, n, nx) {
		const struct member *mb = CONTAINER(n, struct member, order);

		if (mb->state == MEMBER_JOINED)
			send_to(&ty, mb->addr, mb->id);
	}
	mem_deref(ty.t);
}

void typing_pass_to(struct imc *i, const struct addr *to,
		    const struct addr *from, struct view notice)
{
	struct typing ty = { .imc = i, .from = from };

	if (!typing_make(&ty, from, notice))
		return;
	send_to(&ty, to, rand_u64());
	mem_deref(ty.t);
}

void typing_tell(struct imc *i, const struct addr *to,
		 const struct addr *from, bool writes)
{
	struct buf doc = { 0 };

	buf_addf(&doc, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		       "<isComposing xmlns=\"urn:ietf:params:xml:ns:"
		       "im-iscomposing\"><state>%s</state>"
		       "<contenttype>text/plain</contenttype></isComposing>",
		 writes ? "active" : "idle");
	typing_pass_to(i, to, from, buf_view(&doc));
	buf_free(&doc);
}

void typing_report(struct imc *i, const struct addr *to,
		   const struct addr *from, struct view id)
{
	struct typing ty = { .imc = i, .from = from, .report = true };
	struct buf own = { 0 }, body = { 0 };
	struct cpim_report r = {
		.from = from->text,
		.to = to->text,
		.id = id,
		.time_ms = wall_ms(),
	};

	buf_addf(&own, "%016llx", (unsigned long long)rand_u64());
	r.own_id = buf_view(&own);
	if (!cpim_add_report(&body, &r) &&
	    typing_make(&ty, from, buf_view(&body))) {
		send_to(&ty, to, rand_u64());
		mem_deref(ty.t);
	}
	buf_free(&own);
	buf_free(&body);
}
