/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user may ask of a room of XMPP: to be let in, and all that follows.
 * Every command says what came of it. */
#include <errno.h>
#include <string.h>

#include "jid.h"
#include "jid_prep.h"
#include "jnick.h"
#include "mem.h"
#include "visit_priv.h"

enum {
	ROOMS = 50,
	JOINS = 10, /* a minute */
	FULL_RETRY_S = 30,
	TEXT_MAX = 1200,
	TOPIC_MAX = 1000,
};

static void refuse(struct gate_ask *a, int status, const char *words)
{
	gate_refuse(a, status, 0, view_str(words));
}

/* ---- which room ---- */

struct place {
	struct view room, nick, rest; /* borrowed of buf, and of the ask */
	struct buf buf;
};

/* A JID, as people have it: "room@service" or with "/nick". */
static bool is_room_jid(struct place *p, struct view word)
{
	struct jid jid;

	jid_split(&jid, word);
	if (!jid.local.n || jid_prep(&p->buf, jid_bare(word)))
		return false;
	p->room = buf_view(&p->buf);
	p->nick = jid.resource;
	return true;
}

static bool is_room_address(struct place *p, const struct gate *g,
			    struct view word)
{
	struct jmap_target t;
	struct view user, host;

	if (view_istarts(word, VIEW("sip:")))
		word = view_from(word, 4);
	if (!view_rcut(word, '@', &user, &host) ||
	    !jmap_is_ours(g->map, host))
		return is_room_jid(p, word);
	if (jmap_from_sip(g->map, user, host, &t, &p->buf) ||
	    t.kind != JMAP_ROOM)
		return false;
	p->room = t.bare;
	p->nick = t.nick;
	return true;
}

/* At the registrar the room comes first. False: it was refused. */
static bool place_of(struct place *p, struct gate_ask *a)
{
	struct view rest = a->req.text, word;

	*p = (struct place){ .room = a->target.bare,
			     .nick = a->target.nick,
			     .rest = a->req.text };
	if (!a->registrar)
		return true;
	if (view_word(&rest, " \t\r\n", &word) &&
	    is_room_address(p, a->gate, word)) {
		p->rest = view_trim(rest);
		return true;
	}
	buf_free(&p->buf);
	refuse(a, 404, "ERROR: Which room? Write its address behind the "
		       "command: nick*room*server@gateway, or room@server.");
	return false;
}

/* NULL: it was refused. */
static struct visit *in_room(struct gate_ask *a, struct view room)
{
	struct visit *v = visit_find(a->gate, a->person->aor, room);

	if (!v)
		refuse(a, 404, "ERROR: You are not joined in the conference. "
			       "(:join)");
	return v;
}

static struct visit *now_in(struct gate_ask *a)
{
	struct visit *v = in_room(a, a->target.bare);

	if (!v || visit_is_in(v))
		return v;
	refuse(a, 480, "ERROR: The room cannot be reached at present. You "
		       "will be back in it as soon as it can be.");
	return NULL;
}

/* ---- :join ---- */

static void is_in(struct gate_ask *a, struct visit *v, struct view nick)
{
	struct buf b = { 0 };
	int err = 0;

	buf_adds(&b, "INFO: You are in ");
	buf_addv(&b, buf_view(&v->room));
	buf_adds(&b, " as ");
	jtext_line(&b, buf_view(&v->nick), VISIT_NICK);
	if (!visit_is_in(v))
		buf_adds(&b, ", as soon as it can be reached");
	else if (nick.n && !view_eq(nick, buf_view(&v->nick)))
		err = occupant_rename(v->o, nick);
	buf_addc(&b, '.');
	if (err)
		refuse(a, 480, "ERROR: The room cannot be reached at "
			       "present.");
	else
		gate_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

static bool may_join(struct gate_ask *a)
{
	static const struct bucket_rate rate = { JOINS, 60 * 1000, JOINS };
	unsigned max = a->gate->conf.user_rooms;

	if (!gate_rate(a->gate, a->person->aor->text, 'j', &rate)) {
		gate_refuse(a, 480, FULL_RETRY_S,
			    VIEW("ERROR: You join too many rooms at once."));
		return false;
	}
	if (visits_count(a->gate, a->person->aor) < (max ? max : ROOMS))
		return true;
	gate_refuse(a, 403, 0, jtext(JTEXT_NO_ROOM));
	return false;
}

static bool awake(struct gate_ask *a)
{
	int err = person_wake(a->person);

	if (!err)
		return true;
	if (err == EBUSY)
		gate_refuse(a, 480, FULL_RETRY_S, jtext(JTEXT_FULL));
	else
		gate_refuse(a, 403, 0, jtext(JTEXT_NO_LOGIN));
	return false;
}

static void join(struct gate_ask *a, const struct place *p, struct view nick,
		 struct view password)
{
	struct visit_join j = { .person = a->person,
				.told = a->req.to,
				.room = p->room,
				.shown = p->nick,
				.nick = nick };
	struct buf known = { 0 };

	if (!may_join(a) || !awake(a))
		return;
	buf_addv(&known, password);
	if (!password.n)
		visits_invited_with(a->gate, a->person->aor, p->room, &known);
	j.password = buf_view(&known);
	gate_ok(a, 200, VIEW_NONE);
	visit_new(&j);
	mem_scrub_free(known.p);
}

static void run_join(struct gate_ask *a)
{
	struct view wanted = VIEW_NONE, rest;
	struct buf nick = { 0 };
	struct visit *v;
	struct place p;

	if (!place_of(&p, a))
		return;
	rest = p.rest;
	(void)view_word(&rest, " \t\r\n", &wanted);
	v = visit_find(a->gate, a->person->aor, p.room);
	if (wanted.n ? jnick_prep(&nick, wanted) :
		       jnick_choose(&nick, p.nick, a->person->aor->user,
				    VIEW_NONE))
		refuse(a, 400, "ERROR: This can be nobody's nickname.");
	else if (v)
		is_in(a, v, wanted.n ? buf_view(&nick) : VIEW_NONE);
	else
		join(a, &p, buf_view(&nick), view_trim(rest));
	buf_free(&nick);
	buf_free(&p.buf);
}

/* ---- :exit ---- */

static void run_exit(struct gate_ask *a)
{
	struct visit *v;
	struct place p;

	if (!place_of(&p, a))
		return;
	v = in_room(a, p.room);
	buf_free(&p.buf);
	if (!v)
		return;
	gate_ok(a, 200, jtext(JTEXT_LEFT));
	visit_drop(v, VIEW("You have left the conference."));
}

/* ---- :who ---- */

static void add_who(struct buf *b, const struct visit *v,
		    const struct occupant_who *who)
{
	visit_add_nick(b, who->nick);
	if (view_eq(who->nick, buf_view(&v->nick)))
		buf_adds(b, " (you)");
	else if (view_eqs(who->role, "moderator"))
		buf_adds(b, " (moderator)");
	else if (who->show != SHOW_ONLINE && who->show != SHOW_CHAT) {
		buf_adds(b, " (");
		buf_adds(b, show_name(who->show));
		buf_addc(b, ')');
	}
}

static void run_who(struct gate_ask *a)
{
	struct visit *v = now_in(a);
	struct buf b = { 0 }, names = { 0 };
	struct occupant_who who;
	size_t pos = 0, shown = 0;

	if (!v)
		return;
	while (occupant_each(v->o, &pos, &who)) {
		if (names.n > TEXT_MAX)
			continue;
		buf_adds(&names, shown++ ? ", " : ": ");
		add_who(&names, v, &who);
	}
	buf_adds(&b, "INFO: ");
	buf_addv(&b, buf_view(&v->room));
	buf_addf(&b, " has %zu occupant%s", occupant_count(v->o),
		 occupant_count(v->o) == 1 ? "" : "s");
	buf_addv(&b, buf_view(&names));
	if (shown < occupant_count(v->o))
		buf_addf(&b, " and %zu more", occupant_count(v->o) - shown);
	gate_ok(a, 200, buf_view(&b));
	buf_free(&names);
	buf_free(&b);
}

/* ---- :nick, :topic ---- */

static void asked(struct gate_ask *a, int err)
{
	if (err)
		refuse(a, 480, "ERROR: The room cannot be reached at "
			       "present.");
	else
		gate_ok(a, 200, VIEW_NONE); /* the room's answer follows */
}

static void run_nick(struct gate_ask *a)
{
	struct visit *v = now_in(a);
	struct buf nick = { 0 };

	if (!v)
		return;
	if (jnick_prep(&nick, a->req.text))
		refuse(a, 400, "ERROR: This can be nobody's nickname.");
	else if (view_eq(buf_view(&nick), buf_view(&v->nick)))
		is_in(a, v, VIEW_NONE);
	else
		asked(a, occupant_rename(v->o, buf_view(&nick)));
	buf_free(&nick);
}

static void run_topic(struct gate_ask *a)
{
	struct visit *v = now_in(a);
	struct buf text = { 0 };

	if (!v)
		return;
	if (!a->req.text.n) {
		buf_adds(&text, "INFO: ");
		buf_addv(&text, buf_view(&v->room));
		buf_adds(&text, occupant_topic(v->o).n ? " has the topic: " :
							" has no topic.");
		jtext_line(&text, occupant_topic(v->o), TOPIC_MAX);
		gate_ok(a, 200, buf_view(&text));
	} else {
		jtext_line(&text,
			   view_eqs(a->req.text, "-") ? VIEW_NONE :
							a->req.text,
			   TOPIC_MAX);
		asked(a, occupant_subject(v->o, buf_view(&text)));
	}
	buf_free(&text);
}

/* ---- :msg ---- */

/* Nicks have spaces: the longest one that text begins with. */
static struct view nick_in(const struct visit *v, struct view text)
{
	struct view best = VIEW_NONE;
	struct occupant_who who;
	size_t pos = 0;

	while (occupant_each(v->o, &pos, &who))
		if (who.nick.n > best.n && who.nick.n < text.n &&
		    view_starts(text, who.nick) &&
		    strchr(" \t\n", text.p[who.nick.n]))
			best = view_head(text, who.nick.n);
	return best;
}

static void run_msg(struct gate_ask *a)
{
	struct visit *v = now_in(a);
	struct view nick, text;

	if (!v)
		return;
	nick = nick_in(v, a->req.text);
	text = view_trim(view_from(a->req.text, nick.n));
	if (!nick.n || !text.n)
		refuse(a, 404, "ERROR: Nobody of this name is in the room, "
			       "or there are no words for him. (:msg NICK "
			       "TEXT; :who)");
	else
		visit_whisper_ask(a, v, nick, text);
}

#define AT_ROOM (1U << JMAP_ROOM)

const struct gate_command visit_commands[VISIT_COMMANDS] = {
	{ { "join jab_join_jconf",
	    ":join [NICK [PASSWORD]] - go into the room", AT_ROOM },
	  run_join },
	{ { "join jab_join_jconf",
	    ":join ROOM@SERVER [NICK [PASSWORD]] - go into a room",
	    GATE_TO_REGISTRAR },
	  run_join },
	{ { "exit jab_exit_jconf leave", ":exit - leave the room", AT_ROOM },
	  run_exit },
	{ { "exit jab_exit_jconf leave", ":exit ROOM@SERVER - leave a room",
	    GATE_TO_REGISTRAR },
	  run_exit },
	{ { "who", ":who - who is in the room", AT_ROOM }, run_who },
	{ { "nick", ":nick NICK - be called so in the room", AT_ROOM },
	  run_nick },
	{ { "topic", ":topic [TEXT] - show or set the topic (-: none)",
	    AT_ROOM },
	  run_topic },
	{ { "msg", ":msg NICK TEXT - say it to one in the room alone",
	    AT_ROOM },
	  run_msg },
};
