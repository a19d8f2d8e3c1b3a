/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors that libpurple keeps to itself, or says to nobody in particular. Of
 * XMPP a message that comes back is seen in the stanzas, and known by the id
 * of what was sent; of IRC the numbers that refuse a channel.
 */
#include <string.h>

#include "mem.h"
#include "pw_priv.h"
#include "utf8.h"

enum { STANZA_DEPTH = 6 };

static void forget(struct pw_sent *sent)
{
	mem_free(sent->stanza);
	mem_free(sent->id);
	*sent = (struct pw_sent){ NULL, NULL };
}

void pw_late_free(struct pw_seat *s)
{
	for (size_t i = 0; i < PW_LATE; i++)
		forget(&s->late[i]);
}

/* While pw_say() sends: the stanza that libpurple makes of it. */
static void on_sending(PurpleConnection *gc, xmlnode **stanza)
{
	struct pw_seat *s = pw_seat_of_gc(gc);
	struct pw_sent *sent;
	const char *id;

	if (!s || !s->saying.p || !stanza || !*stanza ||
	    strcmp((*stanza)->name, "message") ||
	    !xmlnode_get_child(*stanza, "body"))
		return;
	id = xmlnode_get_attrib(*stanza, "id");
	if (!id)
		return;
	sent = &s->late[s->late_at++ % PW_LATE];
	forget(sent);
	sent->stanza = mem_strdup(id);
	sent->id = view_dup(s->saying);
}

static const char *condition(xmlnode *stanza)
{
	xmlnode *error = xmlnode_get_child(stanza, "error");
	xmlnode *n = error ? error->child : NULL;

	while (n && n->type != XMLNODE_TYPE_TAG)
		n = n->next;
	return n && n->name ? n->name : "undefined-condition";
}

static struct pw_sent *find_sent(struct pw_seat *s, const char *id)
{
	for (size_t i = 0; id && i < PW_LATE; i++)
		if (s->late[i].stanza && !strcmp(s->late[i].stanza, id))
			return &s->late[i];
	return NULL;
}

static void tell(struct pw_seat *s, xmlnode *stanza, struct pw_sent *sent)
{
	struct purp p = {
		.verb = PURP_FAILED,
		.text = view_str(condition(stanza)),
		.id = sent ? view_str(sent->id) : VIEW_NONE,
	};
	const char *from = xmlnode_get_attrib(stanza, "from");
	struct pw_room *r;
	struct buf name = { 0 };

	pw_norm(&name, s, from ? from : "");
	r = name.n ? pw_room_find(s, buf_view(&name)) : NULL;
	p.who = r ? VIEW_NONE : buf_view(&name);
	p.place = r ? view_str(r->place) : VIEW_NONE;
	if (r && r->leg)
		worker_trouble(s->pw->worker, r->leg, p.text);
	else
		pw_tell(s, &p);
	buf_free(&name);
}

/* Where an avatar is said to be libpurple would fetch it, from whatever
 * machine a stranger names (XEP-0084 4.2.1). */
static void drop_urls(xmlnode *node, unsigned depth)
{
	for (xmlnode *n = node->child; n; n = n->next) {
		if (n->type != XMLNODE_TYPE_TAG)
			continue;
		if (!strcmp(n->name, "info"))
			xmlnode_remove_attrib(n, "url");
		if (depth)
			drop_urls(n, depth - 1);
	}
}

static void came_back(struct pw_seat *s, xmlnode *stanza)
{
	struct pw_sent *sent =
		find_sent(s, xmlnode_get_attrib(stanza, "id"));

	/* Chat states and receipts come back as well: nobody misses them. */
	if (!sent && !xmlnode_get_child(stanza, "body"))
		return;
	tell(s, stanza, sent);
	if (sent)
		forget(sent);
}

/* XEP-0045 15.6.2 */
static const struct {
	const char *code, *words;
} ends[] = {
	{ "307", "kicked" },
	{ "301", "banned" },
	{ "321", "not let in any more" },
	{ "322", "the room is for members only now" },
	{ "332", "the service is ending" },
};

static const char *end_of(xmlnode *x)
{
	xmlnode *n = xmlnode_get_child(x, "status");

	for (; n; n = xmlnode_get_next_twin(n))
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			if (!g_strcmp0(xmlnode_get_attrib(n, "code"),
				       ends[i].code))
				return ends[i].words;
	return NULL;
}

/* Somebody leaves a room, and not by himself: should that be us, libpurple
 * says only that we are out. */
static void on_unavailable(struct pw_seat *s, xmlnode *stanza)
{
	xmlnode *x = xmlnode_get_child_with_namespace(
		stanza, "x", "http://jabber.org/protocol/muc#user");
	const char *words = x ? end_of(x) : NULL;
	xmlnode *item = x ? xmlnode_get_child(x, "item") : NULL;
	xmlnode *why = item ? xmlnode_get_child(item, "reason") : NULL;
	const char *from = xmlnode_get_attrib(stanza, "from");
	struct view place, nick;
	struct pw_room *r;
	struct buf line = { 0 };
	char *text;

	if (!words || !from || !view_cut(view_str(from), '/', &place, &nick))
		return;
	r = pw_room_find(s, place);
	text = why ? xmlnode_get_data(why) : NULL;
	buf_adds(&line, words);
	if (text && *text)
		buf_addf(&line, ": %s", text);
	if (r)
		pw_room_line(r, buf_view(&line));
	g_free(text);
	buf_free(&line);
}

static void on_received(PurpleConnection *gc, xmlnode **stanza)
{
	struct pw_seat *s = pw_seat_of_gc(gc);
	const char *type;

	if (!s || !stanza || !*stanza)
		return;
	drop_urls(*stanza, STANZA_DEPTH);
	type = xmlnode_get_attrib(*stanza, "type");
	if (s->state != PW_UP || !type)
		return;
	if (!strcmp((*stanza)->name, "message") && !strcmp(type, "error"))
		came_back(s, *stanza);
	else if (!strcmp((*stanza)->name, "presence") &&
		 !strcmp(type, "unavailable"))
		on_unavailable(s, *stanza);
}

/* ---- IRC ---- */

/* The one thing we do that needs an operator is to set a topic. */
#define NOT_OPERATOR "482"

/* RFC 2812 5.2, and 477, 489 as servers have them: a JOIN is refused. */
static const char *const refusals[] = {
	"403", "405", "407", "437", "471", "473", "474", "475", "476", "477",
	"489", NOT_OPERATOR,
};

static bool is_refusal(struct view number)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (view_eqs(number, refusals[i]))
			return true;
	return false;
}

/* ":server 473 we #room :Cannot join channel (+i)" */
static void on_line(PurpleConnection *gc, char **line)
{
	struct pw_seat *s = pw_seat_of_gc(gc);
	struct view rest = view_str(line ? *line : NULL), number, place;
	struct pw_room *r;
	struct buf why = { 0 };

	if (!s || s->state != PW_UP || !view_starts(rest, VIEW(":")) ||
	    !view_word(&rest, " ", &number) ||
	    !view_word(&rest, " ", &number) || !is_refusal(number) ||
	    !view_word(&rest, " ", &place) || !view_word(&rest, " ", &place))
		return;
	r = pw_room_find(s, place);
	if (!r)
		return;
	rest = view_trim(rest);
	utf8_clean_line(&why, view_from(rest, view_starts(rest, VIEW(":"))),
			300);
	if (!view_eqs(number, NOT_OPERATOR))
		pw_room_refused(r, buf_view(&why));
	else if (r->leg)
		worker_topic(s->pw->worker, r->leg, TOPIC_REFUSED, VIEW_NONE,
			     buf_view(&why));
	else
		pw_notice(s, "", buf_str(&why));
	buf_free(&why);
}

void pw_late_signals(void *handle)
{
	PurplePlugin *xmpp = purple_find_prpl("prpl-jabber");
	PurplePlugin *irc = purple_find_prpl("prpl-irc");

	if (irc)
		purple_signal_connect(irc, "irc-receiving-text", handle,
				      PURPLE_CALLBACK(on_line), NULL);
	if (!xmpp)
		return;
	purple_signal_connect(xmpp, "jabber-receiving-xmlnode", handle,
			      PURPLE_CALLBACK(on_received), NULL);
	/* Before the one that writes it. */
	purple_signal_connect_priority(xmpp, "jabber-sending-xmlnode", handle,
				       PURPLE_CALLBACK(on_sending), NULL,
				       PURPLE_SIGNAL_PRIORITY_HIGHEST);
}
