/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user may ask of a channel: to be let in, and all that follows. Every
 * command says what came of it. */
#include <errno.h>

#include "clock.h"
#include "ivisit_priv.h"
#include "mem.h"
#include "utf8.h"

enum {
	JOINS = 10,             /* a minute */
	FULL_RETRY_S = 30,
	WISH_MS = 30 * 1000,    /* an answer may take so long */
	WISHES_MAX = 10000,
	NAMES_MAX = 1200,       /* bytes that are shown */
	TOPIC_MAX = 1000, WORDS_MAX = 400,
};

#define AT_CHANNEL (1U << IMAP_CHANNEL)

/* Something that the network has yet to answer. */
struct wish {
	struct lnode node;    /* ivisits.wishes, in their order */
	struct ivisits *all;  /* borrowed */
	struct seat *seat;    /* borrowed: ends with it */
	struct addr *to;      /* ref: where he said it */
	enum ircp_verb verb;
	struct buf place, nick, names;
	size_t count;         /* of names */
	uint64_t at_ms;
	bool told;
};

static void refuse(struct iask *a, int status, const char *words)
{
	iask_refuse(a, status, 0, view_str(words));
}

/* ---- wishes ---- */

static void wish_free(struct wish *w)
{
	seat_untell(w->seat, w);
	list_remove(&w->all->wishes, &w->node);
	mem_deref(w->to);
	buf_free(&w->place);
	buf_free(&w->nick);
	buf_free(&w->names);
	mem_free(w);
}

void ivisit_wishes_gone(struct ivisits *all, const struct seat *s)
{
	struct lnode *n, *nx;

	LIST_EACH (&all->wishes, n, nx)
		if (CONTAINER(n, struct wish, node)->seat == s)
			wish_free(CONTAINER(n, struct wish, node));
}

void ivisit_wishes_free(struct ivisits *all)
{
	struct lnode *n;

	wheel_stop(loop_wheel(all->gate->conf.loop), &all->sweep);
	while ((n = list_first(&all->wishes)))
		wish_free(CONTAINER(n, struct wish, node));
}

static void on_sweep(struct wtimer *t)
{
	struct ivisits *all = CONTAINER(t, struct ivisits, sweep);
	struct lnode *n;

	while ((n = list_first(&all->wishes))) {
		struct wish *w = CONTAINER(n, struct wish, node);
		uint64_t age = now_ms() - w->at_ms;

		if (age < WISH_MS) {
			wheel_start(loop_wheel(all->gate->conf.loop), t,
				    WISH_MS - age, on_sweep);
			return;
		}
		wish_free(w);
	}
}

/* Once for each; others may still come for it. */
static void tell(struct wish *w, struct view words)
{
	if (w->told)
		return;
	w->told = true;
	seat_tell(w->seat, w->to, words);
}

static void tell_refused(struct wish *w, unsigned numeric, struct view words)
{
	struct buf b = { 0 };

	buf_adds(&b, "ERROR: ");
	itext_why(&b, numeric, words);
	buf_addc(&b, '.');
	tell(w, buf_view(&b));
	buf_free(&b);
}

static void on_told(int err, struct view words, void *arg)
{
	struct wish *w = arg;
	struct buf b = { 0 };

	if (err == EAGAIN) {
		tell(w, VIEW("ERROR: The connection broke: nobody knows "
			     "whether the network has done it."));
	} else if (err) {
		tell_refused(w, 0, words);
	} else if (w->verb == IRCP_INVITE) {
		buf_adds(&b, "INFO: ");
		buf_addv(&b, buf_view(&w->nick));
		buf_adds(&b, " is invited.");
		tell(w, buf_view(&b));
		buf_free(&b);
	}
}

static struct wish *wish_new(struct iask *a, const struct ircp *p)
{
	struct ivisits *all = ivisits_of(a->gate);
	struct wish *w = mem_zalloc(sizeof(*w));

	w->all = all;
	w->seat = a->seat;
	w->to = mem_ref(a->req.to);
	w->verb = p->verb;
	w->at_ms = now_ms();
	buf_addv(&w->place, p->place);
	buf_addv(&w->nick, p->nick);
	list_append(&all->wishes, &w->node);
	if (!wtimer_running(&all->sweep))
		wheel_start(loop_wheel(all->gate->conf.loop), &all->sweep,
			    WISH_MS, on_sweep);
	return w;
}

static void wish(struct iask *a, const struct ircp *p)
{
	struct wish *w;
	int err;

	if (ivisits_of(a->gate)->wishes.count >= WISHES_MAX) {
		refuse(a, 480, "ERROR: Too much is asked for at present.");
		return;
	}
	w = wish_new(a, p);
	err = seat_send(a->seat, p, on_told, w);
	if (err) {
		wish_free(w);
		refuse(a, 480, "ERROR: The network cannot be reached at "
			       "present.");
		return;
	}
	iask_ok(a, 202, VIEW_NONE); /* the network's answer follows */
}

/* Is it about what was asked for: the place, else the nick? */
static bool is_about(const struct wish *w, const struct ircp *p)
{
	struct view place = buf_view(&w->place), nick = buf_view(&w->nick);

	if (p->place.n && !view_ieq(p->place, place))
		return false;
	if (p->nick.n && nick.n && !view_ieq(p->nick, nick))
		return false;
	return p->place.n || (p->nick.n && nick.n);
}

static struct wish *wish_for(struct seat *s, const struct ircp *p)
{
	const struct ivisits *all = ivisits_of(s->gate);
	struct lnode *n, *nx;

	LIST_EACH (&all->wishes, n, nx) {
		struct wish *w = CONTAINER(n, struct wish, node);

		if (w->seat == s && is_about(w, p) &&
		    (p->verb == IRCP_REFUSED || w->verb == IRCP_NAMES))
			return w;
	}
	return NULL;
}

static void take_names(struct wish *w, const struct ircp *p)
{
	struct view rest = p->text, name;
	struct buf b = { 0 };

	while (view_word(&rest, " ", &name)) {
		w->count++;
		if (w->names.n > NAMES_MAX)
			continue;
		if (w->names.n)
			buf_adds(&w->names, ", ");
		utf8_clean_line(&w->names, name, IVISIT_NAME);
	}
	if (p->kind != 1)
		return;
	buf_adds(&b, "INFO: ");
	buf_addv(&b, buf_view(&w->place));
	buf_addf(&b, " has %zu %s", w->count,
		 w->count == 1 ? "occupant" : "occupants");
	buf_adds(&b, w->count ? ": " : ".");
	buf_addv(&b, buf_view(&w->names));
	if (w->names.n > NAMES_MAX)
		buf_adds(&b, " and others");
	tell(w, buf_view(&b));
	buf_free(&b);
	wish_free(w);
}

bool ivisit_answered(struct seat *s, const struct ircp *p)
{
	struct wish *w;

	if (p->verb != IRCP_REFUSED && p->verb != IRCP_NAMES_ARE)
		return false;
	w = wish_for(s, p);
	if (!w)
		return false;
	if (p->verb == IRCP_NAMES_ARE)
		take_names(w, p);
	else
		tell_refused(w, p->kind, p->text);
	return true;
}

/* ---- which channel ---- */

/* NULL: it was refused. */
static struct ivisit *now_in(struct iask *a)
{
	struct ivisit *v = ivisit_at(a->gate, a->req.from, a->target.network,
				     a->target.name);

	if (!v)
		refuse(a, 404, "ERROR: You are not in this channel. (:join)");
	else if (v->state != IVISIT_IN)
		refuse(a, 480, "ERROR: The channel cannot be reached at "
			       "present. You will be back in it as soon as it "
			       "can be.");
	return v && v->state == IVISIT_IN ? v : NULL;
}

/* ---- :join ---- */

static void is_in(struct iask *a, struct ivisit *v, struct view key)
{
	struct buf b = { 0 };

	if (v->state != IVISIT_IN && key.n && v->seat) {
		iask_ok(a, 202, VIEW_NONE);
		(void)seat_wake(v->seat, true);
		ivisit_again(v, a->req.to, key);
		return;
	}
	buf_adds(&b, "INFO: You are in ");
	buf_addv(&b, buf_view(&v->place));
	if (v->state == IVISIT_IN) {
		buf_adds(&b, " as ");
		buf_adds(&b, v->seat->nick);
	} else {
		buf_adds(&b, ", as soon as it can be reached");
		(void)seat_wake(a->seat, true);
	}
	buf_addc(&b, '.');
	iask_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

static bool may_join(struct iask *a)
{
	static const struct bucket_rate rate = { JOINS, 60 * 1000, JOINS };
	size_t max = a->gate->conf.seat_channels;

	if (!igate_rate(a->gate, a->target.network, a->req.from->text, 'j',
			&rate)) {
		iask_refuse(a, 480, FULL_RETRY_S,
			    VIEW("ERROR: You join too many channels at "
				 "once."));
		return false;
	}
	if (ivisits_count(a->seat) < (max ? max : IVISIT_CHANNELS))
		return true;
	refuse(a, 403, "ERROR: You are in as many channels as one may be "
		       "in. (:exit leaves one)");
	return false;
}

static bool awake(struct iask *a)
{
	int err = seat_wake(a->seat, true);
	struct view why = seat_trouble(a->seat);
	struct buf b = { 0 };

	if (!err)
		return true;
	buf_adds(&b, "ERROR: You can't join. ");
	buf_addv(&b, err == EBUSY ? itext(ITEXT_FULL) :
		     why.n	  ? why :
				    itext(ITEXT_NO_LOGIN));
	iask_refuse(a, err == EBUSY ? 480 : 403,
		    err == EBUSY ? FULL_RETRY_S : 0, buf_view(&b));
	buf_free(&b);
	return false;
}

/* Neither is a list of more than one, nor a line of its own. */
static bool is_word(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == ',')
			return false;
	return true;
}

static void run_join(struct iask *a)
{
	struct ivisit_join j = { .seat = a->seat,
				 .told = a->req.to,
				 .place = a->target.name };
	struct view rest = a->req.text;
	struct ivisit *v;

	if (a->target.kind == IMAP_NETWORK)
		(void)view_word(&rest, " \t", &j.place);
	j.key = view_trim(rest);
	if (!ircb_is_channel(j.place) || !is_word(j.key)) {
		refuse(a, 400, "ERROR: That is no channel, or no key. "
			       "(:join [KEY]; to the network :join #CHANNEL "
			       "[KEY])");
		return;
	}
	v = ivisit_at(a->gate, a->req.from, a->target.network, j.place);
	if (v) {
		is_in(a, v, j.key);
	} else if (may_join(a) && awake(a)) {
		iask_ok(a, 202, VIEW_NONE);
		if (ivisit_new(&j))
			seat_tell(a->seat, a->req.to,
				  VIEW("ERROR: This channel can have no "
				       "address here."));
	}
}

/* ---- :exit ---- */

static void run_exit(struct iask *a)
{
	struct ivisit *v = ivisit_at(a->gate, a->req.from, a->target.network,
				     a->target.name);
	struct ircp p = { .verb = IRCP_PART, .text = a->req.text };

	if (!v) {
		refuse(a, 404, "ERROR: You are not in this channel. (:join)");
		return;
	}
	p.place = buf_view(&v->place);
	p.text = view_head(p.text, utf8_cut(p.text, WORDS_MAX));
	if (v->seat && v->state != IVISIT_OUT)
		(void)seat_send(v->seat, &p, NULL, NULL);
	iask_ok(a, 200, VIEW("INFO: You have left the channel."));
	ivisit_drop(v, itext(ITEXT_HAS_LEFT));
}

/* ---- :who, :topic, :kick, :invite, :notices ---- */

static void run_who(struct iask *a)
{
	struct ivisit *v = now_in(a);
	struct ircp p = { .verb = IRCP_NAMES };

	if (!v)
		return;
	p.place = buf_view(&v->place);
	wish(a, &p);
}

static void show_topic(struct iask *a, const struct ivisit *v)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: ");
	buf_addv(&b, buf_view(&v->place));
	buf_adds(&b, v->topic.n ? " has the topic: " : " has no topic.");
	buf_addv(&b, buf_view(&v->topic));
	iask_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

static void run_topic(struct iask *a)
{
	struct ivisit *v = now_in(a);
	struct ircp p = { .verb = IRCP_TOPIC };
	struct buf text = { 0 };

	if (!v)
		return;
	if (!a->req.text.n) {
		show_topic(a, v);
		return;
	}
	utf8_clean_line(&text,
			view_eqs(a->req.text, "-") ? VIEW_NONE : a->req.text,
			TOPIC_MAX);
	p.place = buf_view(&v->place);
	p.text = buf_view(&text);
	wish(a, &p);
	buf_free(&text);
}

/* A nick, and what is behind it. */
static void run_on_nick(struct iask *a, enum ircp_verb verb)
{
	struct ivisit *v = now_in(a);
	struct view rest = a->req.text, nick = VIEW_NONE;
	struct buf why = { 0 };

	if (!v)
		return;
	if (!view_word(&rest, " \t", &nick) || !imap_is_nick(nick)) {
		refuse(a, 400, "ERROR: Who? Write his nick behind the "
			       "command.");
		return;
	}
	utf8_clean_line(&why, rest, WORDS_MAX);
	wish(a, &(struct ircp){ .verb = verb,
				.place = buf_view(&v->place),
				.nick = nick,
				.text = buf_view(&why) });
	buf_free(&why);
}

static void run_kick(struct iask *a)
{
	run_on_nick(a, IRCP_KICK);
}

static void run_invite(struct iask *a)
{
	run_on_nick(a, IRCP_INVITE);
}

static void run_notices(struct iask *a)
{
	struct ivisit *v = ivisit_at(a->gate, a->req.from, a->target.network,
				     a->target.name);

	if (!v) {
		refuse(a, 404, "ERROR: You are not in this channel. (:join)");
	} else if (view_ieqs(a->req.text, "on") ||
		   view_ieqs(a->req.text, "off")) {
		v->notices = view_ieqs(a->req.text, "on");
		ivisit_put(v);
		iask_ok(a, 200,
			v->notices ? VIEW("INFO: You are told who comes and "
					  "goes.") :
				     VIEW("INFO: You are not told who comes "
					  "and goes."));
	} else {
		refuse(a, 400, "ERROR: on or off? (:notices on)");
	}
}

const struct icommand ivisit_commands[IVISIT_COMMANDS] = {
	{ { "join jab_join_jconf",
	    ":join [KEY] - go into the channel (to the network: :join "
	    "#CHANNEL [KEY])",
	    AT_CHANNEL | 1U << IMAP_NETWORK },
	  run_join },
	{ { "exit jab_exit_jconf leave part",
	    ":exit [WORDS] - leave the channel", AT_CHANNEL },
	  run_exit },
	{ { "who names", ":who - who is in the channel", AT_CHANNEL },
	  run_who },
	{ { "topic", ":topic [TEXT] - show or set the topic (-: none)",
	    AT_CHANNEL },
	  run_topic },
	{ { "kick", ":kick NICK [WHY] - throw somebody out", AT_CHANNEL },
	  run_kick },
	{ { "invite", ":invite NICK - ask somebody in", AT_CHANNEL },
	  run_invite },
	{ { "notices", ":notices on|off - be told who comes and goes, or not",
	    AT_CHANNEL },
	  run_notices },
};
