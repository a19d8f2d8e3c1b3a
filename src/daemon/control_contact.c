/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a user is, for the operator. */
#include <errno.h>
#include <string.h>

#include "accounts.h"
#include "buddies.h"
#include "clock.h"
#include "consent.h"
#include "control_priv.h"
#include "events.h"
#include "location.h"
#include "mem.h"

int control_aor(struct buf *aor, const struct confab *c, struct view text)
{
	struct buf b = { .max = 1024 };
	struct sip_uri uri;
	int err;

	if (!view_istarts(text, VIEW("sip:")) &&
	    !view_istarts(text, VIEW("sips:")))
		buf_adds(&b, "sip:");
	buf_addv(&b, text);
	if (!view_has(text, '@')) {
		buf_addc(&b, '@');
		buf_adds(&b, c->conf->domain);
	}
	err = sip_uri_parse(&uri, buf_view(&b));
	if (!err && view_empty(uri.user))
		err = EBADMSG;
	if (!err)
		location_aor(aor, &uri);
	buf_free(&b);
	return err;
}

static void set_text(json_t *o, const char *key, struct view v)
{
	json_object_set_new(o, key,
			    view_empty(v) ? json_null() : control_text(v));
}

static void set_ages(json_t *o, const struct binding *b)
{
	uint64_t now = wall_ms();
	uint64_t left = b->expires_ms > now ? b->expires_ms - now : 0;

	json_object_set_new(o, "heard_s",
			    json_integer((json_int_t)(
				    now > b->seen_ms ?
					    (now - b->seen_ms) / 1000 : 0)));
	json_object_set_new(o, "expires_s",
			    json_integer((json_int_t)(left / 1000)));
}

static json_t *contact_json(const struct location *l, const struct binding *b)
{
	char flow[SIP_FLOW_TEXT_MAX];
	struct buf device = { 0 };
	json_t *o = json_object();

	device_put(&device, &b->dev, b->flow.transport);
	set_text(o, "contact", sip_dest_ruri(b->dest));
	json_object_set_new(o, "registered", json_boolean(b->id != 0));
	json_object_set_new(o, "reachable",
			    json_boolean(location_reaches(l, b)));
	set_text(o, "by", view_str(sip_flow_str(flow, &b->flow)));
	set_text(o, "path", sip_dest_route(b->dest));
	set_ages(o, b);
	set_text(o, "agent", b->contact.agent);
	set_text(o, "takes", buf_view(&device));
	buf_free(&device);
	return o;
}

static void show(struct control_call *call, const struct location *l,
		 struct view aor)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	size_t i, n = location_all(l, aor, b);
	json_t *list = json_array();

	for (i = 0; i < n; i++)
		json_array_append_new(list, contact_json(l, b[i]));
	control_answer(call->control, call->conn, list);
}

/* One, or all. */
static bool is_meant(const struct control_call *call, const struct binding *b)
{
	return call->argc < 4 ||
	       view_eq(call->argv[3], sip_dest_ruri(b->dest));
}

static struct location_change *unbind(struct location *l, struct view aor,
				      const uint64_t *id, size_t count)
{
	struct location_change *ch = location_begin(l, aor);

	for (size_t i = 0; i < count; i++)
		location_unbind(ch, id[i]);
	return ch;
}

static void forget(struct control_call *call, struct location *l,
		   struct view aor)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	uint64_t id[LOCATION_BINDINGS + 1];
	size_t i, n = location_all(l, aor, b), count = 0;

	for (i = 0; i < n; i++)
		if (is_meant(call, b[i]))
			id[count++] = b[i]->id;
	if (!count) {
		control_refuse(call->control, call->conn,
			       "there is no such contact");
		return;
	}
	location_commit(unbind(l, aor, id, count), control_on_done,
			control_pending(call, mem_printf("%zu deleted",
							 count)));
}

void control_forget(struct confab *c, struct view user)
{
	struct location *l = imc_location(c->imc);
	struct binding *b[LOCATION_BINDINGS + 1];
	uint64_t id[LOCATION_BINDINGS + 1];
	struct buf aor = { 0 };
	size_t i, n = 0;

	if (!control_aor(&aor, c, user))
		n = location_all(l, buf_view(&aor), b);
	for (i = 0; i < n; i++)
		id[i] = b[i]->id;
	if (n)
		location_commit(unbind(l, buf_view(&aor), id, n), NULL, NULL);
	if (aor.n && c->sip)
		sip_forget(c->sip, buf_view(&aor));
	buf_free(&aor);
}

void control_forget_rules(struct confab *c, struct view user)
{
	struct buf aor = { 0 };
	struct addr *addr;

	if (!control_aor(&aor, c, user) &&
	    !addr_parse(&addr, buf_view(&aor))) {
		consent_forget(c->hub, addr);
		buddies_forget(c->buddies, addr->text);
		mem_deref(addr);
	}
	buf_free(&aor);
}

void control_forget_accounts(struct confab *c, struct view user)
{
	struct buf owner = { 0 };
	const struct account *a = NULL;

	if (c->accounts &&
	    !account_owner(&owner, user, view_str(c->conf->domain)))
		while ((a = accounts_each(c->accounts, VIEW_NONE,
					  buf_view(&owner), a)))
			(void)accounts_del(c->accounts, a->id, NULL, NULL);
	buf_free(&owner);
}

void control_contact(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	struct location *l = imc_location(c->imc);
	struct buf aor = { 0 };

	if (control_aor(&aor, c, call->argv[1]))
		control_refuse(call->control, call->conn,
			       "that is no user's address");
	else if (call->argc == 2)
		show(call, l, buf_view(&aor));
	else if (view_eqs(call->argv[2], "delete"))
		forget(call, l, buf_view(&aor));
	else
		control_refuse(call->control, call->conn,
			       "usage: contact USER [delete [CONTACT]]");
	buf_free(&aor);
}
