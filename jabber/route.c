/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dispatch by kind and sender. Only rooms that we are in are heard; private
 * messages get one polite error, never a relay; every request gets an answer
 * (RFC 6120 8.2.3). No error is ever answered, so that two gateways cannot
 * talk to each other for ever.
 */
#include "route.h"

#include <string.h>

#include "clock.h"
#include "jid.h"
#include "muc.h"
#include "stanza.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

static const char *const features[] = {
	"http://jabber.org/protocol/disco#info", NS_PING, NS_VERSION
};

/* ---- requests ---- */

static void answer_disco(xmpp_stanza_t *result, xmpp_stanza_t *query)
{
	xmpp_stanza_t *q = out_child(result, "query", XMPP_NS_DISCO_INFO);
	xmpp_stanza_t *id = out_child(q, "identity", NULL);

	if (in_attr(query, "node").n)
		out_attr(q, "node", in_attr(query, "node"));
	out_attr(id, "category", VIEW("client"));
	out_attr(id, "type", VIEW("bot"));
	out_attr(id, "name", VIEW("confab"));
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		out_attr(out_child(q, "feature", NULL), "var",
			 view_str(features[i]));
}

static void answer_version(xmpp_stanza_t *result, xmpp_stanza_t *query)
{
	xmpp_stanza_t *q = out_child(result, "query", NS_VERSION);

	(void)query;
	out_text(out_child(q, "name", NULL), VIEW("confab"));
	out_text(out_child(q, "version", NULL), VIEW(PACKAGE_VERSION));
}

static void answer_ping(xmpp_stanza_t *result, xmpp_stanza_t *query)
{
	(void)result;
	(void)query;
}

struct request {
	const char *type, *name, *ns;
	void (*answer)(xmpp_stanza_t *result, xmpp_stanza_t *query);
};

static const struct request requests[] = {
	{ "get", "ping", NS_PING, answer_ping },
	{ "get", "query", XMPP_NS_DISCO_INFO, answer_disco },
	{ "get", "query", NS_VERSION, answer_version },
};

static void request_in(struct account *a, xmpp_stanza_t *s, struct view type)
{
	xmpp_stanza_t *reply, *query;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const struct request *q = &requests[i];

		query = in_child(s, q->name, q->ns);
		if (!query || !view_eqs(type, q->type))
			continue;
		reply = out_stanza(account_jab(a)->ctx, "iq", "result",
				   in_attr(s, "from"), in_attr(s, "id"));
		q->answer(reply, query);
		account_send(a, reply);
		return;
	}
	account_send(a, out_error(s, "cancel", "service-unavailable",
				  VIEW_NONE));
}

static void iq_in(struct account *a, xmpp_stanza_t *s, struct room *r)
{
	struct view type = in_attr(s, "type");

	if (view_eqs(type, "get") || view_eqs(type, "set"))
		request_in(a, s, type);
	else if (r)
		room_iq(r, s);
}

/* ---- presence and messages ---- */

static void presence_in(struct account *a, xmpp_stanza_t *s, struct room *r,
			struct view nick)
{
	struct view type = in_attr(s, "type");

	if (r)
		room_presence(r, s, nick);
	else if (view_eqs(type, "subscribe"))
		account_send(a, out_stanza(account_jab(a)->ctx, "presence",
					   "unsubscribed",
					   jid_bare(in_attr(s, "from")),
					   VIEW_NONE));
}

/* Mediated (XEP-0045 7.8.2) or direct (XEP-0249). */
static bool is_invitation(xmpp_stanza_t *s)
{
	xmpp_stanza_t *x = in_child(s, "x", NS_MUC_USER);

	return in_child(s, "x", "jabber:x:conference") ||
	       in_child(x, "invite", NULL) || in_child(x, "decline", NULL);
}

static bool is_private_text(xmpp_stanza_t *s)
{
	struct view type = in_attr(s, "type");

	if (type.n && !view_eqs(type, "chat") && !view_eqs(type, "normal"))
		return false;
	/* What was stored is not answered out of its time. */
	return in_child(s, "body", XMPP_NS_CLIENT) && !is_invitation(s) &&
	       !in_child(s, "delay", NS_DELAY) && in_attr(s, "from").n;
}

static void private_in(struct account *a, xmpp_stanza_t *s)
{
	/* Of the conditions this is one that no room kicks for. */
	if (!is_private_text(s) || !account_may_answer(a, in_attr(s, "from")))
		return;
	account_send(a, out_error(s, "cancel", "not-acceptable", VIEW(
		"This is a relay between chat rooms: private messages do not "
		"get through")));
}

void route_in(struct account *a, xmpp_stanza_t *s)
{
	const char *name = xmpp_stanza_get_name(s);
	struct view from = in_attr(s, "from");
	struct room *r = room_of(a, jid_bare(from));
	struct jid j;

	if (!name)
		return;
	jid_split(&j, from);
	if (!strcmp(name, "iq")) {
		iq_in(a, s, r);
	} else if (!strcmp(name, "presence")) {
		presence_in(a, s, r, j.resource);
	} else if (!strcmp(name, "message")) {
		struct view type = in_attr(s, "type");
		bool room = view_eqs(type, "groupchat") ||
			    (view_eqs(type, "error") && !j.resource.n);

		if (!room)
			private_in(a, s);
		else if (r)
			room_message(r, s, j.resource);
	}
}
