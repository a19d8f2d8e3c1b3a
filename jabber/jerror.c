/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors, by table. */
#include "jerror.h"

#include "jtext.h"
#include "utf8.h"

enum { PHRASE_MAX = 80 };

/* RFC 7247 7.1, table 2; where we part from it, jerror.h says why. A status
 * of 6xx says that nobody else need be asked: only of a bare JID is that so.
 * "undefined-condition" is last, and what all others are. */
static const struct jerror_sip to_sip[] = {
	{ "bad-request", 400, 400, "Bad Request" },
	{ "conflict", 400, 400, "Already in Use" },
	{ "feature-not-implemented", 405, 501, "Not Possible There" },
	{ "forbidden", 403, 603, "Not Allowed" },
	{ "gone", 410, 410, "No Longer There" },
	{ "internal-server-error", 500, 500, "Fault of the Server" },
	{ "item-not-found", 404, 604, "Not Found" },
	{ "jid-malformed", 400, 400, "No Such Address" },
	{ "not-acceptable", 406, 606, "Not Acceptable" },
	{ "not-allowed", 403, 403, "Not Allowed" },
	{ "not-authorized", 403, 403, "Password Needed" },
	{ "policy-violation", 403, 403, "Against the Rules There" },
	{ "recipient-unavailable", 480, 600, "Temporarily Unavailable" },
	{ "redirect", 480, 480, "Reached Elsewhere" },
	{ "registration-required", 403, 403, "Members Only" },
	{ "remote-server-not-found", 404, 404, "No Such Server" },
	{ "remote-server-timeout", 408, 408, "No Answer From the Server" },
	{ "resource-constraint", 500, 500, "Server Too Busy" },
	{ "service-unavailable", 403, 404, "No Such User or Service" },
	{ "subscription-required", 400, 400, "Subscription Needed" },
	{ "unexpected-request", 491, 491, "Not Expected Now" },
	{ "undefined-condition", 400, 400, "Refused" },
};

/* RFC 7247 7.2, table 3; the types are RFC 6120 8.3.3's. */
static const struct jerror_xmpp to_xmpp[] = {
	{ 300, "redirect", "modify" },
	{ 301, "gone", "cancel" },
	{ 302, "redirect", "modify" },
	{ 305, "redirect", "modify" },
	{ 380, "not-acceptable", "modify" },
	{ 400, "bad-request", "modify" },
	{ 401, "not-authorized", "auth" },
	{ 402, "bad-request", "modify" },
	{ 403, "forbidden", "auth" },
	{ 404, "item-not-found", "cancel" },
	{ 405, "feature-not-implemented", "cancel" },
	{ 406, "not-acceptable", "modify" },
	{ 407, "registration-required", "auth" },
	{ 408, "remote-server-timeout", "wait" },
	{ 410, "gone", "cancel" },
	{ 413, "policy-violation", "modify" },
	{ 414, "policy-violation", "modify" },
	{ 415, "not-acceptable", "modify" },
	{ 416, "not-acceptable", "modify" },
	{ 420, "feature-not-implemented", "cancel" },
	{ 421, "not-acceptable", "modify" },
	{ 423, "resource-constraint", "wait" },
	{ 430, "recipient-unavailable", "wait" },
	{ 439, "feature-not-implemented", "cancel" },
	{ 440, "policy-violation", "modify" },
	{ 480, "recipient-unavailable", "wait" },
	{ 481, "item-not-found", "cancel" },
	{ 482, "not-acceptable", "modify" },
	{ 483, "not-acceptable", "modify" },
	{ 484, "item-not-found", "cancel" },
	{ 485, "item-not-found", "cancel" },
	{ 486, "recipient-unavailable", "wait" },
	{ 487, "recipient-unavailable", "wait" },
	{ 488, "not-acceptable", "modify" },
	{ 489, "policy-violation", "modify" },
	{ 491, "unexpected-request", "wait" },
	{ 493, "bad-request", "modify" },
	{ 500, "internal-server-error", "cancel" },
	{ 501, "feature-not-implemented", "cancel" },
	{ 502, "remote-server-not-found", "cancel" },
	{ 503, "internal-server-error", "cancel" },
	{ 504, "remote-server-timeout", "wait" },
	{ 505, "not-acceptable", "modify" },
	{ 513, "policy-violation", "modify" },
	{ 600, "recipient-unavailable", "wait" },
	{ 603, "recipient-unavailable", "wait" },
	{ 604, "item-not-found", "cancel" },
	{ 606, "not-acceptable", "modify" },
};

enum {
	TO_SIP = sizeof(to_sip) / sizeof(to_sip[0]),
	TO_XMPP = sizeof(to_xmpp) / sizeof(to_xmpp[0]),
};

const struct jerror_sip *jerror_sip(struct view condition)
{
	for (size_t i = 0; i < TO_SIP; i++)
		if (view_eqs(condition, to_sip[i].condition))
			return &to_sip[i];
	return &to_sip[TO_SIP - 1];
}

static const struct jerror_xmpp *find(unsigned status)
{
	for (size_t i = 0; i < TO_XMPP; i++)
		if (to_xmpp[i].status == status)
			return &to_xmpp[i];
	return NULL;
}

const struct jerror_xmpp *jerror_xmpp(unsigned status)
{
	const struct jerror_xmpp *e = find(status);

	if (!e)
		e = find(status / 100 * 100);
	return e ? e : find(500);
}

/* Appends before and text, on one line; false: nothing of it shows. */
static bool add_phrase(struct buf *out, const char *before, struct view text)
{
	struct buf line = { 0 };
	bool shows;

	jtext_line(&line, text, PHRASE_MAX);
	shows = utf8_shows(buf_view(&line));
	if (shows) {
		buf_adds(out, before);
		buf_addv(out, buf_view(&line));
	}
	buf_free(&line);
	return shows;
}

void jerror_phrase(struct buf *out, const struct jerror_sip *e,
		   struct view text)
{
	if (!add_phrase(out, "", text))
		buf_adds(out, e->reason);
}

void jerror_words(struct buf *out, unsigned status, struct view phrase)
{
	buf_add_u64(out, status);
	add_phrase(out, " ", phrase);
}
