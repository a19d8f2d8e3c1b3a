/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading messages: jabber.md 3.2 and 4.4. */
#include "chat_read.h"

#include <string.h>

#include "xlink.h"

enum { URL_MAX = 2000 };

#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_HINTS "urn:xmpp:hints"
#define NS_OMEMO_OLD "eu.siacs.conversations.axolotl"

/* ---- words ---- */

/* "de" is met by "de-AT" (RFC 4647 3.3.1). */
static bool meets(struct view wanted, struct view lang)
{
	return wanted.n && view_istarts(lang, wanted) &&
	       (lang.n == wanted.n || lang.p[wanted.n] == '-');
}

/* How good a choice: the reader's language, none in particular, any. */
static int rank(const struct elem *body, struct view wanted)
{
	struct view lang = elem_get(body, "xml:lang");

	if (meets(wanted, lang))
		return 3;
	return lang.n ? 1 : 2;
}

static void choose_body(struct chat_words *w, const struct elem *e,
			struct view wanted)
{
	struct elem child;
	size_t pos = 0;
	int best = 0;

	while (elem_next(&child, e, &pos)) {
		int good = elem_is(&child, "body", NS_CLIENT) ?
				   rank(&child, wanted) : 0;

		if (good <= best)
			continue;
		best = good;
		w->body = child;
		w->has_body = true;
	}
	w->lang = w->has_body ? elem_get(&w->body, "xml:lang") : VIEW_NONE;
	if (!w->lang.n)
		w->lang = elem_get(e, "xml:lang");
}

static bool has_payload(const struct elem *e, const char *ns)
{
	struct elem sealed;

	return elem_child(&sealed, e, "encrypted", ns) &&
	       elem_has(&sealed, "payload", NULL);
}

/* XEP-0380, and what is older than it. Keys without a message are none. */
static bool is_encrypted(const struct elem *e)
{
	if (elem_has(e, "encrypted", NS_OMEMO_OLD) ||
	    elem_has(e, "encrypted", "urn:xmpp:omemo:2"))
		return has_payload(e, NS_OMEMO_OLD) ||
		       has_payload(e, "urn:xmpp:omemo:2");
	return elem_has(e, "encryption", "urn:xmpp:eme:0") ||
	       elem_has(e, "openpgp", "urn:xmpp:openpgp:0") ||
	       elem_has(e, "x", "jabber:x:encrypted");
}

static bool is_withdrawn(const struct elem *e)
{
	struct elem to;

	if (elem_has(e, "retract", "urn:xmpp:message-retract:1"))
		return true;
	return elem_child(&to, e, "apply-to", "urn:xmpp:fasten:0") &&
	       elem_has(&to, "retract", NULL);
}

static enum chat_state state_of(const struct elem *e)
{
	static const struct {
		const char *name;
		enum chat_state state;
	} names[] = {
		{ "active", CHAT_ACTIVE },     { "composing", CHAT_COMPOSING },
		{ "paused", CHAT_PAUSED },     { "gone", CHAT_GONE },
		{ "inactive", CHAT_INACTIVE },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (elem_has(e, names[i].name,
			     "http://jabber.org/protocol/chatstates"))
			return names[i].state;
	return CHAT_STATE_NONE;
}

static struct view id_of(const struct elem *e, const char *name,
			 const char *ns)
{
	struct elem child;

	return elem_child(&child, e, name, ns) ? elem_get(&child, "id") :
						 VIEW_NONE;
}

static struct view url_of(const struct elem *e)
{
	struct elem oob;

	return elem_child(&oob, e, "x", "jabber:x:oob") ?
		       elem_child_words(&oob, "url", NULL) : VIEW_NONE;
}

void chat_hints(struct buf *b)
{
	elem_leaf(b, "no-copy", NS_HINTS, VIEW_NONE);
	elem_leaf(b, "no-store", NS_HINTS, VIEW_NONE);
}

static bool is_notice(const struct elem *e)
{
	return elem_has(e, "no-copy", NS_HINTS) &&
	       elem_has(e, "no-store", NS_HINTS);
}

void chat_read(struct chat_words *w, const struct elem *e, struct view lang)
{
	*w = (struct chat_words){
		.encrypted = is_encrypted(e),
		.withdrawn = is_withdrawn(e),
		.reaction = elem_has(e, "reactions", "urn:xmpp:reactions:0"),
		.notice = is_notice(e),
		.receipt = elem_has(e, "request", "urn:xmpp:receipts"),
		.has_subject = elem_has(e, "subject", NS_CLIENT),
		.subject = elem_child_words(e, "subject", NS_CLIENT),
		.thread = elem_child_words(e, "thread", NS_CLIENT),
		.url = url_of(e),
		.replaces = id_of(e, "replace", "urn:xmpp:message-correct:0"),
		.received = id_of(e, "received", "urn:xmpp:receipts"),
		.state = state_of(e),
	};
	choose_body(w, e, lang);
}

/* ---- what is shown ---- */

static void add_url(struct buf *out, struct view url, struct view body)
{
	if (!url.n || url.n > URL_MAX ||
	    (body.n && memmem(body.p, body.n, url.p, url.n)))
		return;
	if (body.n)
		buf_addc(out, '\n');
	buf_addv(out, url);
}

static void add_sealed(struct buf *out, struct view body)
{
	buf_adds(out, "[encrypted] ");
	if (body.n)
		buf_addv(out, body);
	else
		buf_adds(out, "A message that only XMPP clients can read.");
}

void chat_compose(struct buf *out, const struct chat_words *w,
		  bool correction)
{
	struct buf text = { 0 };
	struct view body;

	if (w->reaction)
		return;
	if (w->withdrawn) {
		buf_adds(out, "* message withdrawn");
		return;
	}
	if (w->has_body)
		elem_add_text(&text, &w->body);
	body = view_trim(buf_view(&text));
	if (body.n && correction)
		buf_adds(out, "* correction: ");
	if (w->encrypted)
		add_sealed(out, body);
	else
		buf_addv(out, body);
	if (!w->encrypted)
		add_url(out, w->url, body);
	/* A subject by itself. Nothing to be seen is nothing to be sent. */
	if (!out->n && view_trim(w->subject).n) {
		buf_adds(out, "* subject: ");
		buf_addv(out, view_trim(w->subject));
	}
	buf_free(&text);
}

/* ---- invitations ---- */

static bool by_room(struct chat_invite *i, const struct elem *e)
{
	struct elem x, invite;

	if (!elem_child(&x, e, "x", NS_MUC_USER) ||
	    !elem_child(&invite, &x, "invite", NULL))
		return false;
	i->room = elem_get(e, "from");
	i->by = elem_get(&invite, "from");
	i->reason = elem_child_words(&invite, "reason", NULL);
	i->password = elem_child_words(&x, "password", NULL);
	return true;
}

bool chat_invite(struct chat_invite *i, const struct elem *e)
{
	struct elem x;

	*i = (struct chat_invite){ .by = VIEW_NONE };
	if (by_room(i, e))
		return true;
	if (!elem_child(&x, e, "x", "jabber:x:conference"))
		return false;
	i->room = elem_get(&x, "jid");
	i->by = elem_get(e, "from");
	i->reason = elem_get(&x, "reason");
	i->password = elem_get(&x, "password");
	return true;
}

bool chat_is_whisper(const struct elem *e)
{
	struct elem x;

	return elem_child(&x, e, "x", NS_MUC_USER) &&
	       !elem_has(&x, "invite", NULL);
}

/* ---- marks of others on it ---- */

struct view chat_stanza_id(const struct elem *e, struct view by)
{
	struct elem child;
	size_t pos = 0;

	while (elem_next(&child, e, &pos))
		if (elem_is(&child, "stanza-id", "urn:xmpp:sid:0") &&
		    view_ieq(elem_get(&child, "by"), by))
			return elem_get(&child, "id");
	return VIEW_NONE;
}

uint64_t chat_delay(const struct elem *e, struct view from)
{
	struct elem child;
	size_t pos = 0;

	while (elem_next(&child, e, &pos))
		if (elem_is(&child, "delay", "urn:xmpp:delay") &&
		    view_ieq(elem_get(&child, "from"), from))
			return stanza_time_parse(elem_get(&child, "stamp"));
	return 0;
}
