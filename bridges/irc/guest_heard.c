/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server says: words, invitations, WHOIS, refusals; all about rooms
 * and watched nicks goes on to their files. */
#include "caps.h"
#include "clock.h"
#include "guest_priv.h"
#include "log.h"
#include "manners.h"
#include "shim.h"
#include "tags.h"
#include "text.h"

enum { PING_MAX = 64 };

void guest_mask(struct buf *b, const struct ircb_line *l)
{
	if (!l->user.n || !l->host.n)
		return;
	ircb_to_utf8(b, l->user);
	buf_addc(b, '@');
	ircb_to_utf8(b, l->host);
}

/* ---- words ---- */

/* "services.x.net" where "a.x.net" speaks: names of hosts anybody can have
 * made, but none in the network's own domain. */
static bool is_at_home(const struct guest *g, struct view host)
{
	struct view services = VIEW("services.");

	return *g->home && view_istarts(host, services) &&
	       view_ieqs(view_from(host, services.n), g->home);
}

static void take_home(struct guest *g, const struct ircb_line *l)
{
	struct view name, domain;

	if (!l->user.n && view_cut(l->prefix, '.', &name, &domain) &&
	    view_copy(g->home, sizeof(g->home), domain))
		g->home[0] = '\0';
}

/* A server, or who is listed as services; others who only call themselves so
 * are people like any. */
static bool is_services(const struct guest *g, const struct ircb_line *l)
{
	struct buf full = { 0 };
	bool found;

	if (!l->user.n)
		return true;
	buf_addv(&full, l->prefix);
	found = *g->conf.nickserv &&
		ircb_mask_match(guest_map(g), view_str(g->conf.nickserv),
				buf_view(&full));
	buf_free(&full);
	return found ||
	       (view_eqs(l->user, "services") && is_at_home(g, l->host));
}

static struct view account_of(const struct guest *g,
			      const struct ircb_line *l)
{
	struct view v;

	if (!ircb_conn_can(g->conn, IRCB_CAP_ACCOUNT_TAG) ||
	    !ircb_tag(l->tags, "account", &v))
		return VIEW_NONE;
	return v;
}

static void tell_words(struct guest *g, const struct ircb_event *ev,
		       struct ircp *p, struct view raw)
{
	const struct ircb_line *l = &ev->line;
	struct buf text = { 0 }, mask = { 0 }, id = { 0 }, account = { 0 };
	struct view v;

	ircb_unguard(&text, raw);
	guest_mask(&mask, l);
	if (ircb_tag(l->tags, "msgid", &v))
		ircb_tag_text(&id, v);
	ircb_tag_text(&account, account_of(g, l));
	p->nick = l->nick;
	p->text = buf_view(&text);
	p->mask = buf_view(&mask);
	p->id = buf_view(&id);
	p->account = buf_view(&account);
	p->time_ms = ircb_past_time(ev);
	p->past = ev->batch == IRCB_BATCH_HISTORY;
	/* Only colours are no words. */
	if (view_trim(p->text).n)
		guest_tell(g, p);
	buf_free(&text);
	buf_free(&mask);
	buf_free(&id);
	buf_free(&account);
}

static void words(struct guest *g, const struct ircb_event *ev, unsigned kind,
		  struct view text)
{
	const struct ircb_line *l = &ev->line;
	struct view to = ircb_param(l, 0);
	struct ircp p = { .verb = IRCP_HEARD, .kind = kind };
	const struct groom *r;

	if (ircb_conn_is_us(g->conn, to)) {
		if (is_services(g, l))
			p = (struct ircp){ .verb = IRCP_SAID };
		tell_words(g, ev, &p, text);
		return;
	}
	/* What was said before we came is not for us. */
	r = guest_room_heard(g, to);
	if (!r || ev->batch == IRCB_BATCH_HISTORY)
		return;
	p.place = view_str(r->name);
	tell_words(g, ev, &p, text);
}

/* With the colon only: the user has a word to himself. What is not for us is
 * his. */
static bool is_sent_away(const struct guest *g, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	return ircb_wish(ircb_param(l, 1), false) == IRCB_WISH_OFF &&
	       ev->batch != IRCB_BATCH_HISTORY &&
	       ircb_conn_is_us(g->conn, ircb_param(l, 0)) &&
	       ircb_is_staff(guest_map(g), view_str(g->staff), l);
}

static void go_away(struct guest *g, const struct ircb_line *l)
{
	struct view params[2] = { l->nick };
	struct ircp p = { .verb = IRCP_UNWANTED };
	struct buf words = { 0 }, who = { 0 };

	if (g->sent_away)
		return;
	g->sent_away = true;
	ircb_obey(&words, view_str(g->contact));
	params[1] = buf_view(&words);
	(void)ircb_conn_send_now(g->conn, "NOTICE", params, 2);
	ircb_to_utf8(&who, l->prefix);
	p.text = buf_view(&who);
	guest_tell(g, &p);
	buf_free(&words);
	buf_free(&who);
}

static void on_message(struct guest *g, const struct ircb_event *ev)
{
	if (is_sent_away(g, ev)) {
		go_away(g, &ev->line);
		return;
	}
	words(g, ev, SAY_TEXT, ircb_param(&ev->line, 1));
}

static void on_notice(struct guest *g, const struct ircb_event *ev)
{
	words(g, ev, SAY_NOTICE, ircb_param(&ev->line, 1));
}

/* ---- CTCP ---- */

static bool may_answer(struct guest *g)
{
	uint64_t now = now_ms();

	if (g->ctcp_at && now - g->ctcp_at < IRCB_REPLY_CTCP_MS)
		return false;
	g->ctcp_at = now ? now : 1;
	return ircb_out_waiting(ircb_conn_out(g->conn)) < IRCB_QUEUE_MAX / 2;
}

static void answer(struct guest *g, struct view nick, const char *command,
		   struct view text)
{
	struct buf b = { 0 };
	struct view params[2] = { nick };

	buf_addc(&b, 1);
	buf_adds(&b, command);
	buf_addc(&b, ' ');
	ircb_strip_controls(&b, text);
	buf_addc(&b, 1);
	params[1] = buf_view(&b);
	if (ircb_conn_send(g->conn, "NOTICE", params, 2))
		log_debug("irc %.*s: no answer to %.*s", VIEW_ARG(g->label),
			  VIEW_ARG(nick));
	buf_free(&b);
}

static bool answer_about(struct guest *g, struct view nick,
			 struct view command)
{
	struct buf b = { 0 }, name = { 0 };
	bool known = ircb_about(&b, command, view_str(g->contact));

	/* what we know is a name without anything odd in it */
	if (known && may_answer(g)) {
		buf_addv(&name, command);
		answer(g, nick, buf_str(&name), buf_view(&b));
	}
	buf_free(&b);
	buf_free(&name);
	return known;
}

/* Never DCC: no bytes of strangers, no connection to them. */
static void on_ctcp(struct guest *g, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	struct view command, arguments;

	ircb_ctcp(ircb_param(l, 1), &command, &arguments);
	if (view_ieqs(command, "ACTION")) {
		words(g, ev, SAY_EMOTE, arguments);
		return;
	}
	if (!l->user.n || !ircb_conn_is_us(g->conn, ircb_param(l, 0)) ||
	    ev->batch == IRCB_BATCH_HISTORY)
		return;
	if (answer_about(g, l->nick, command))
		return;
	if (view_ieqs(command, "PING") && arguments.n <= PING_MAX &&
		 may_answer(g))
		answer(g, l->nick, "PING", arguments);
}

/* ---- invitations ---- */

/* Told some times a minute; nobody is joined for that. */
static void on_invite(struct guest *g, const struct ircb_event *ev)
{
	static const struct bucket_rate rate = { .count = 1,
						 .per_ms = 30000,
						 .burst = 5 };
	const struct ircb_line *l = &ev->line;
	struct ircp p = { .verb = IRCP_INVITED,
			  .place = ircb_param(l, 1),
			  .nick = l->nick };
	struct buf mask = { 0 };

	if (!ircb_conn_is_us(g->conn, ircb_param(l, 0)) ||
	    !ircb_is_channel(p.place))
		return;
	if (!bucket_take(&g->invites, &rate, now_ms())) {
		log_debug("irc %.*s: too many invitations",
			  VIEW_ARG(g->label));
		return;
	}
	guest_mask(&mask, l);
	p.mask = buf_view(&mask);
	guest_tell(g, &p);
	buf_free(&mask);
}

/* ---- WHOIS ---- */

static struct gask *whois_of(const struct guest *g, struct view nick)
{
	struct gask *a = guest_ask_find(g, GASK_QUESTION, IRCP_WHOIS,
					VIEW_NONE, nick);

	return a ? a : guest_ask_find(g, GASK_LOOK, IRCP_WATCH, VIEW_NONE,
				      nick);
}

static void add_part(struct gask *a, const char *what, struct view v)
{
	if (a->text.n)
		buf_adds(&a->text, "; ");
	buf_adds(&a->text, what);
	ircb_plain(&a->text, v);
}

/* RPL_WHOISUSER: us nick user host * :real name */
static void whois_user(struct gask *a, const struct ircb_line *l)
{
	a->found = true;
	buf_clear(&a->mask);
	ircb_to_utf8(&a->mask, ircb_param(l, 2));
	buf_addc(&a->mask, '@');
	ircb_to_utf8(&a->mask, ircb_param(l, 3));
	add_part(a, "", ircb_last(l));
}

static void whois_oper(struct gask *a, const struct ircb_line *l)
{
	(void)l;
	add_part(a, "IRC operator", VIEW_NONE);
}

static void whois_channels(struct gask *a, const struct ircb_line *l)
{
	add_part(a, "in ", view_trim(ircb_last(l)));
}

static void whois_account(struct gask *a, const struct ircb_line *l)
{
	buf_clear(&a->account);
	ircb_to_utf8(&a->account, ircb_param(l, 2));
}

static void whois_secure(struct gask *a, const struct ircb_line *l)
{
	(void)l;
	add_part(a, "secure connection", VIEW_NONE);
}

static void whois_away(struct gask *a, const struct ircb_line *l)
{
	buf_clear(&a->away);
	ircb_plain(&a->away, ircb_last(l));
	add_part(a, "away: ", ircb_last(l));
}

static void whois_over(struct guest *g, struct gask *a)
{
	struct ircp p = { .verb = IRCP_WHO_IS,
			  .nick = view_str(a->nick),
			  .mask = buf_view(&a->mask),
			  .account = buf_view(&a->account),
			  .text = buf_view(&a->text) };

	if (a->step == GASK_LOOK) {
		guest_looked(g, a);
	} else if (!a->found) {
		guest_ask_refused(g, a, 401, VIEW("nobody has this nick now"));
		return;
	} else {
		guest_tell(g, &p);
	}
	guest_ask_done(g, a);
}

static bool whois_numeric(struct guest *g, const struct ircb_line *l)
{
	static const struct {
		unsigned code;
		void (*run)(struct gask *a, const struct ircb_line *l);
	} rows[] = {
		{ 301, whois_away },	 { 311, whois_user },
		{ 313, whois_oper },	 { 319, whois_channels },
		{ 330, whois_account },	 { 671, whois_secure },
	};
	struct gask *a = whois_of(g, ircb_param(l, 1));

	/* 301 answers words of ours as well; in a WHOIS 311 is before it. */
	if (!a || (l->code == 301 && !a->found))
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code != l->code)
			continue;
		rows[i].run(a, l);
		return true;
	}
	if (l->code == 318)
		whois_over(g, a);
	return l->code == 318;
}

/* ---- refusals of words ---- */

static const struct {
	unsigned code;
	const char *words;
} unsaid[] = {
	{ 401, "nobody has this nick now" },
	{ 403, "there is no such channel" },
	{ 404, "the channel does not let us speak" },
	{ 407, "that is more than one" },
	{ 408, "the channel takes no colours" },
	{ 442, "the server says that we are not in the channel" },
	{ 477, "only registered nicks are heard there" },
	{ 486, "he hears only registered nicks" },
	{ 489, "only secure connections are heard there" },
	{ 531, "he does not hear us" },
	{ 716, "he hears only those whom he allows" },
};

struct refused {
	struct guest *g;
	struct view words;
};

static void refuse_say(uint64_t leg, uint64_t seq, void *arg)
{
	const struct refused *r = arg;

	(void)leg;
	guest_sent(r->g, seq, PARCEL_NEVER, r->words);
}

static void on_unsaid(struct guest *g, const struct ircb_line *l)
{
	struct buf b = { 0 };
	struct refused r = { .g = g };

	for (size_t i = 0; i < sizeof(unsaid) / sizeof(unsaid[0]); i++) {
		if (unsaid[i].code != l->code)
			continue;
		buf_adds(&b, unsaid[i].words);
		buf_adds(&b, ": ");
		ircb_plain(&b, ircb_last(l));
		r.words = buf_view(&b);
		ircb_out_refused(ircb_conn_out(g->conn),
				 guest_say_leg(g, ircb_param(l, 1)),
				 refuse_say, &r);
		break;
	}
	buf_free(&b);
}

static void on_numeric(struct guest *g, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;

	take_home(g, l);
	if (whois_numeric(g, l) || guest_room_numeric(g, l) ||
	    guest_watch_numeric(g, l) || guest_ban_numeric(g, l) ||
	    guest_ask_error(g, l))
		return;
	on_unsaid(g, l);
}

/* ---- all ---- */

typedef void(event_h)(struct guest *g, const struct ircb_event *ev);

static event_h *const handlers[] = {
	[IRCB_EV_NUMERIC] = on_numeric, [IRCB_EV_MSG] = on_message,
	[IRCB_EV_NOTICE] = on_notice,	[IRCB_EV_CTCP] = on_ctcp,
	[IRCB_EV_INVITE] = on_invite,
};

void guest_event(const struct ircb_event *ev, void *arg)
{
	struct guest *g = arg;
	bool said = ev->type >= IRCB_EV_MSG && ev->type <= IRCB_EV_CTCP_REPLY;

	/* What we said ourselves never comes back, and of the past only what
	 * was said counts. */
	if ((said && ircb_conn_is_us(g->conn, ev->line.nick)) ||
	    (!said && ev->batch == IRCB_BATCH_HISTORY))
		return;
	guest_watch_event(g, ev);
	if (ev->type < sizeof(handlers) / sizeof(handlers[0]) &&
	    handlers[ev->type])
		handlers[ev->type](g, ev);
	else
		guest_room_event(g, ev);
}
