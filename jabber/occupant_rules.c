/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of XEP-0045 and XEP-0410, as an occupant reads them. */
#include "occupant_priv.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct end_rule join_rules[] = {
	{ "not-authorized", GONE_PASSWORD, false, "it wants a password" },
	{ "registration-required", GONE_MEMBERS_ONLY, false,
	  "it is for members only" },
	{ "forbidden", GONE_BANNED, false, "you are banned from it" },
	{ "item-not-found", GONE_NO_ROOM, false,
	  "there is no such room, or it is locked" },
	{ "not-allowed", GONE_NO_ROOM, false,
	  "there is no such room, and none may be made" },
	{ "service-unavailable", GONE_FULL, false,
	  "it is full, or there is none" },
	{ "not-acceptable", GONE_OTHER, false, "it does not take this nick" },
	{ "conflict", GONE_NICK, false, "the nick is taken" },
	{ "jid-malformed", GONE_OTHER, false,
	  "its address or the nick is malformed" },
	{ "gone", GONE_DESTROYED, false, "it has moved" },
	{ "redirect", GONE_DESTROYED, false, "it has moved" },
	{ "remote-server-not-found", GONE_OTHER, true,
	  "its server cannot be found" },
	{ "remote-server-timeout", GONE_OTHER, true,
	  "its server does not answer" },
	{ "resource-constraint", GONE_OTHER, true, "its server is busy" },
	{ "internal-server-error", GONE_OTHER, true,
	  "its server has an internal error" },
};

const struct end_rule *occupant_join_rule(struct view condition,
					  struct view type)
{
	static const struct end_rule wait = { "", GONE_OTHER, true,
					      "not now" };
	static const struct end_rule other = { "", GONE_OTHER, false,
					       "it refused" };

	for (size_t i = 0; i < COUNT(join_rules); i++)
		if (view_eqs(condition, join_rules[i].word))
			return &join_rules[i];
	return view_eqs(type, "wait") ? &wait : &other;
}

/* The first that applies counts: some servers add 307 to a ban and to 333,
 * which is nobody's wish. */
static const struct removed_rule removed_rules[] = {
	{ 301, GONE_BANNED, false, false, "banned" },
	{ 321, GONE_MEMBERS_ONLY, false, false, "no longer a member" },
	{ 322, GONE_MEMBERS_ONLY, false, false,
	  "the room is for members only now" },
	{ 332, GONE_OTHER, true, false, "the room's service shuts down" },
	{ 333, GONE_OTHER, true, true, "removed for technical reasons" },
	{ 307, GONE_KICKED, false, false, "kicked" },
};

const struct removed_rule *occupant_removed_rule(const unsigned *codes,
						 size_t count)
{
	for (size_t i = 0; i < COUNT(removed_rules); i++)
		if (codes_has(codes, count, removed_rules[i].code))
			return &removed_rules[i];
	return NULL;
}

enum occupant_ping occupant_ping_rule(struct view condition)
{
	/* XEP-0410 3: the server, or another client of ours, has answered */
	static const char *const in[] = { "service-unavailable",
					  "feature-not-implemented",
					  "item-not-found" };

	if (view_empty(condition))
		return PING_IN;
	for (size_t i = 0; i < COUNT(in); i++)
		if (view_eqs(condition, in[i]))
			return PING_IN;
	if (view_eqs(condition, "remote-server-not-found") ||
	    view_eqs(condition, "remote-server-timeout"))
		return PING_UNSURE;
	return PING_OUT;
}

static const char *word_of(const char *const *words, size_t count,
			   struct view v)
{
	for (size_t i = 0; i < count; i++)
		if (view_eqs(v, words[i]))
			return words[i];
	return "none";
}

const char *occupant_role(struct view v)
{
	static const char *const words[] = { "visitor", "participant",
					     "moderator" };

	return word_of(words, COUNT(words), v);
}

const char *occupant_affiliation(struct view v)
{
	static const char *const words[] = { "outcast", "member", "admin",
					     "owner" };

	return word_of(words, COUNT(words), v);
}

/* ---- reading ---- */

void fault_read(struct stanza_fault *f, const struct elem *e)
{
	static const char ns[] = "urn:ietf:params:xml:ns:xmpp-stanzas";
	struct elem error, c;
	size_t pos = 0;

	*f = (struct stanza_fault){ .condition = VIEW("undefined-condition") };
	if (!elem_child(&error, e, "error", NULL))
		return;
	f->type = elem_get(&error, "type");
	f->text = elem_child_words(&error, "text", ns);
	while (elem_next(&c, &error, &pos))
		if (view_eqs(c.ns, ns) && !view_eqs(c.name, "text")) {
			f->condition = c.name;
			return;
		}
}

size_t codes_read(unsigned codes[OCCUPANT_CODES], const struct elem *x)
{
	struct elem c;
	size_t pos = 0, count = 0;
	uint64_t n;

	while (count < OCCUPANT_CODES && elem_next(&c, x, &pos))
		if (elem_is(&c, "status", NULL) &&
		    !view_u64(&n, elem_get(&c, "code"), 999))
			codes[count++] = (unsigned)n;
	return count;
}

bool codes_has(const unsigned *codes, size_t count, unsigned code)
{
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}

static unsigned if_has(const unsigned *codes, size_t count, unsigned code,
		       unsigned bit)
{
	return codes_has(codes, count, code) ? bit : 0;
}

unsigned codes_open(const unsigned *codes, size_t count)
{
	return if_has(codes, count, 100, OCCUPANT_OPEN) |
	       if_has(codes, count, 172, OCCUPANT_OPEN) |
	       if_has(codes, count, 170, OCCUPANT_LOGGED);
}

unsigned codes_closed(const unsigned *codes, size_t count)
{
	return if_has(codes, count, 173, OCCUPANT_OPEN) |
	       if_has(codes, count, 171, OCCUPANT_LOGGED);
}
