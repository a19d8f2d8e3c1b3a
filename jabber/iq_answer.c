/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we answer to requests: jabber.md 4.3. */
#include "ascii.h"
#include "iq_priv.h"

#include <errno.h>
#include <string.h>

#include "base64.h"
#include "clock.h"
#include "config.h"
#include "consent.h"
#include "digest.h"
#include "jtext.h"
#include "mem.h"

#define NS_INFO "http://jabber.org/protocol/disco#info"
#define NS_ITEMS "http://jabber.org/protocol/disco#items"
#define NODE "urn:confab"
#define NAME "confab"

static const struct iq_refusal not_allowed = { "cancel", "not-allowed" },
			       forbidden = { "auth", "forbidden" },
			       malformed = { "modify", "jid-malformed" };

/* Sorted by bytes, as XEP-0115 5.1 counts them. */
static const char *const user_features[] = {
	"http://jabber.org/protocol/caps",
	"http://jabber.org/protocol/chatstates",
	NS_INFO,
	NS_ITEMS,
	"jabber:iq:last",
	"jabber:iq:version",
	"jabber:x:conference",
	"jabber:x:oob",
	"urn:xmpp:message-correct:0",
	"urn:xmpp:ping",
	"urn:xmpp:receipts",
	"vcard-temp",
};

static const char *const domain_features[] = {
	NS_INFO,
	NS_ITEMS,
	"jabber:iq:gateway",
	"jabber:iq:last",
	"jabber:iq:register",
	"jabber:iq:version",
	"jid\\20escaping",
	"urn:xmpp:ping",
	"vcard-temp",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- XEP-0115 ---- */

/* The hash is known by its base64. */
static void add_base64(struct buf *out, const char hex[41])
{
	char raw[20];

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (char)ascii_hex_byte(hex + 2 * i);
	(void)base64_encode(out, view_mem(raw, sizeof(raw)));
}

static void add_version(struct buf *out)
{
	struct buf b = { 0 };
	char hex[41];

	buf_adds(&b, "client/pc//" NAME "<");
	for (size_t i = 0; i < COUNT(user_features); i++) {
		buf_adds(&b, user_features[i]);
		buf_addc(&b, '<');
	}
	if (!digest_sha1_hex(hex, buf_view(&b)))
		add_base64(out, hex);
	buf_free(&b);
}

void roster_caps(struct buf *b)
{
	struct buf ver = { 0 };

	add_version(&ver);
	elem_open(b, "c", "http://jabber.org/protocol/caps");
	elem_attrs(b, "hash", "sha-1");
	elem_attrs(b, "node", NODE);
	elem_attr(b, "ver", buf_view(&ver));
	elem_close(b);
	buf_free(&ver);
}

/* ---- disco ---- */

static bool is_node(struct view node)
{
	struct buf b = { 0 };
	bool is;

	buf_adds(&b, NODE "#");
	add_version(&b);
	is = !node.n || view_eq(node, buf_view(&b));
	buf_free(&b);
	return is;
}

static void add_identity(struct buf *b, const char *category,
			 const char *type, const char *name)
{
	elem_open(b, "identity", NULL);
	elem_attrs(b, "category", category);
	elem_attrs(b, "type", type);
	elem_attrs(b, "name", name);
	elem_close(b);
}

static void add_features(struct buf *b, const char *const *features,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		elem_open(b, "feature", NULL);
		elem_attrs(b, "var", features[i]);
		elem_close(b);
	}
}

static const struct iq_refusal *info(struct buf *b, const struct iq *q)
{
	struct view node = elem_get(&q->query, "node");
	bool client = q->whom == IQ_ACCOUNT || q->full;

	if (q->whom == IQ_DOMAIN ? node.n > 0 : !is_node(node))
		return &iq_not_found;
	elem_open(b, "query", NS_INFO);
	elem_attr(b, "node", node);
	if (q->whom == IQ_DOMAIN) {
		add_identity(b, "gateway", "sip", NAME);
		add_features(b, domain_features, COUNT(domain_features));
	} else {
		add_identity(b, client ? "client" : "account",
			     client ? "pc" : "registered", NAME);
		add_features(b, user_features, COUNT(user_features));
	}
	elem_close(b);
	return NULL;
}

static const struct iq_refusal *items(struct buf *b, const struct iq *q)
{
	struct view node = elem_get(&q->query, "node");
	const char *rooms = q->gate->conf.rooms_domain;

	elem_open(b, "query", NS_ITEMS);
	elem_attr(b, "node", node);
	if (q->whom == IQ_DOMAIN && *rooms && !node.n) {
		elem_open(b, "item", NULL);
		elem_attrs(b, "jid", rooms);
		elem_attrs(b, "name", "Rooms");
		elem_close(b);
	}
	elem_close(b);
	return NULL;
}

/* ---- small ones ---- */

static const struct iq_refusal *pong(struct buf *b, const struct iq *q)
{
	(void)b;
	(void)q;
	return NULL;
}

static const struct iq_refusal *version(struct buf *b, const struct iq *q)
{
	(void)q;
	elem_open(b, "query", "jabber:iq:version");
	elem_leaf(b, "name", NULL, VIEW(NAME));
	elem_leaf(b, "version", NULL, VIEW(PACKAGE_VERSION));
	elem_close(b);
	return NULL;
}

static void add_name(struct buf *b, const struct iq *q)
{
	if (q->whom == IQ_DOMAIN) {
		buf_adds(b, "SIP gateway of ");
		buf_adds(b, q->gate->conf.domain);
	} else {
		hub_name_user(q->gate->conf.hub, b, q->person->aor);
	}
}

static const struct iq_refusal *vcard(struct buf *b, const struct iq *q)
{
	struct buf name = { 0 };

	add_name(&name, q);
	elem_open(b, "vCard", "vcard-temp");
	elem_leaf(b, "FN", NULL, buf_view(&name));
	if (q->whom != IQ_DOMAIN)
		elem_leaf(b, "NICKNAME", NULL, buf_view(&name));
	elem_close(b);
	buf_free(&name);
	return NULL;
}

/* A user of the component has no contact list: whom he allowed may see him. */
static bool is_allowed(const struct iq *q, struct view bare)
{
	struct buf text = { 0 };
	struct addr *other = NULL;
	bool is;

	buf_adds(&text, "xmpp:");
	buf_addv(&text, bare);
	is = !addr_parse(&other, buf_view(&text)) &&
	     consent_of(q->gate->conf.hub, q->person->aor, other) ==
		     CONSENT_ALLOWED;
	mem_deref(other);
	buf_free(&text);
	return is;
}

/* Only those who may see him may know that (XEP-0012 8). */
static bool may_see(const struct iq *q)
{
	struct view from = elem_get(q->stanza, "from"), bare, resource;
	const struct roster_item *i;

	if (q->whom == IQ_DOMAIN)
		return true;
	if (!view_cut(from, '/', &bare, &resource))
		bare = from;
	if (q->whom == IQ_USER)
		return is_allowed(q, bare);
	i = roster_find(q->person, bare);
	return i && (i->subscription == ROSTER_FROM ||
		     i->subscription == ROSTER_BOTH);
}

/* Monotonic: the domain since it runs, a client since it was used, and one
 * who is here not at all (XEP-0012 3). */
static uint64_t last_of(const struct iq *q)
{
	struct presence_state now = { .count = 0 };

	if (q->whom == IQ_DOMAIN)
		return q->gate->started_ms;
	if (!q->full)
		hub_gate_presence_of(q->gate->conf.hub, q->person->aor, &now);
	return presence_best(&now) == SHOW_OFFLINE ? q->person->busy_ms :
						     now_ms();
}

static const struct iq_refusal *last(struct buf *b, const struct iq *q)
{
	if (!may_see(q))
		return &forbidden;
	elem_open(b, "query", "jabber:iq:last");
	elem_attr_u64(b, "seconds", (now_ms() - last_of(q)) / 1000);
	elem_close(b);
	return NULL;
}

/* ---- XEP-0100: contacts by their SIP addresses ---- */

static const struct iq_refusal *prompt(struct buf *b, const struct iq *q)
{
	(void)q;
	elem_open(b, "query", "jabber:iq:gateway");
	elem_leaf(b, "desc", NULL,
		  VIEW("Enter the SIP address of the person to add."));
	elem_leaf(b, "prompt", NULL, VIEW("SIP address"));
	elem_close(b);
	return NULL;
}

static int jid_of(struct view *jid, const struct iq *q, struct view text,
		  struct buf *room)
{
	struct jmap_sip sip;

	text = view_trim(text);
	if (view_istarts(text, VIEW("sip:")))
		text = view_from(text, 4);
	if (!view_rcut(text, '@', &sip.user, &sip.host)) {
		sip.user = text;
		sip.host = view_str(q->gate->conf.domain);
	}
	return sip.user.n ? jmap_jid(q->gate->map, JMAP_USERS, &sip, jid,
				     room) : EBADMSG;
}

static const struct iq_refusal *translate(struct buf *b, const struct iq *q)
{
	struct buf room = { 0 };
	struct view jid;
	int err = jid_of(&jid, q, elem_child_words(&q->query, "prompt", NULL),
			 &room);

	if (!err) {
		elem_open(b, "query", "jabber:iq:gateway");
		elem_leaf(b, "jid", NULL, jid);
		/* as XEP-0100 had it once */
		elem_leaf(b, "prompt", NULL, jid);
		elem_close(b);
	}
	buf_free(&room);
	return err ? &malformed : NULL;
}

/* Nobody needs an account here, and nobody's password is asked for. */
static const struct iq_refusal *instructions(struct buf *b,
					     const struct iq *q)
{
	struct buf text = { 0 };

	buf_adds(&text, "You need not register. To reach a SIP user, add his "
			"address as a contact: user@");
	buf_adds(&text, q->gate->conf.component_domain);
	buf_adds(&text, " is sip:user@");
	buf_adds(&text, q->gate->conf.domain);
	buf_adds(&text, ", and user\\40host@");
	buf_adds(&text, q->gate->conf.component_domain);
	buf_adds(&text, " is sip:user@host.");
	elem_open(b, "query", "jabber:iq:register");
	elem_leaf(b, "instructions", NULL, buf_view(&text));
	elem_close(b);
	buf_free(&text);
	return NULL;
}

static const struct iq_refusal *enrol(struct buf *b, const struct iq *q)
{
	(void)b;
	return elem_has(&q->query, "remove", NULL) ? NULL : &not_allowed;
}

/* ---- RFC 6121 2.1.6 ---- */

static const struct iq_refusal *push(struct buf *b, const struct iq *q)
{
	(void)b;
	return rosters_push(rosters_of(q->gate), q->person, q->stanza,
			    &q->query) ? NULL : &iq_unavailable;
}

/* ---- all of them ---- */

#define USERS (IQ_USER | IQ_ACCOUNT)
#define ALL (USERS | IQ_DOMAIN)

static const struct iq_kind kinds[] = {
	{ "query", NS_INFO, ALL, false, info },
	{ "query", NS_ITEMS, ALL, false, items },
	{ "ping", "urn:xmpp:ping", ALL | IQ_ROOMS, false, pong },
	{ "query", "jabber:iq:version", ALL | IQ_ROOMS, false, version },
	{ "vCard", "vcard-temp", ALL, false, vcard },
	{ "query", "jabber:iq:last", ALL, false, last },
	{ "query", "jabber:iq:gateway", IQ_DOMAIN, false, prompt },
	{ "query", "jabber:iq:gateway", IQ_DOMAIN, true, translate },
	{ "query", "jabber:iq:register", IQ_DOMAIN, false, instructions },
	{ "query", "jabber:iq:register", IQ_DOMAIN, true, enrol },
	{ "query", "jabber:iq:roster", IQ_ACCOUNT, true, push },
};

const struct iq_kind *iq_kind(const struct iq *q)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].set == q->set && (kinds[i].whom & q->whom) &&
		    elem_is(&q->query, kinds[i].name, kinds[i].ns))
			return &kinds[i];
	return NULL;
}
