/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who has a nick that a user of ours speaks with. What identifies him is his
 * account with services where that is known, else user@host; a nick that
 * changes hands does not inherit a conversation.
 */
#include "clock.h"
#include "italk_priv.h"
#include "utf8.h"

enum { WHO_MAX = 255 }; /* bytes of an account, or of a mask */

bool ipeer_is_known(const struct ipeer *p)
{
	return p->called || ipeer_rule(p) == CONSENT_ALLOWED;
}

static bool is_same(const struct ipeer *p, struct view mask,
		    struct view account)
{
	if (account.n && p->account.n)
		return view_ieq(account, buf_view(&p->account));
	if (p->left)
		return false;
	if (!mask.n || !p->mask.n)
		return !p->mask.n && !p->account.n;
	return view_ieq(mask, buf_view(&p->mask));
}

/* False: that is what was there. */
static bool take_text(struct buf *b, struct view text)
{
	struct buf line = { 0 };
	bool news;

	utf8_clean_line(&line, text, WHO_MAX);
	news = !view_eq(buf_view(&line), buf_view(b));
	if (news) {
		buf_clear(b);
		buf_addv(b, buf_view(&line));
	}
	buf_free(&line);
	return news;
}

static void add_who(struct buf *b, struct view mask, struct view account)
{
	if (account.n) {
		buf_adds(b, "account ");
		utf8_clean_line(b, account, WHO_MAX);
	} else if (mask.n) {
		utf8_clean_line(b, mask, WHO_MAX);
	} else {
		buf_adds(b, "nobody knows who");
	}
}

static void tell_other(const struct ipeer *p, struct view mask,
		       struct view account)
{
	struct buf b = { 0 };

	buf_adds(&b, "*** ");
	buf_addv(&b, buf_view(&p->nick));
	buf_adds(&b, " is somebody else now (");
	add_who(&b, mask, account);
	buf_adds(&b, "; before: ");
	add_who(&b, buf_view(&p->mask), buf_view(&p->account));
	buf_addc(&b, ')');
	if (p->words.count)
		buf_addf(&b,
			 "; %zu messages that waited for your answer are "
			 "gone",
			 p->words.count);
	ipeer_tell(p, buf_view(&b));
	buf_free(&b);
}

void ipeer_anew(struct ipeer *p)
{
	ipeer_drop_words(p);
	p->called = p->left = false;
	p->since_ms = wall_ms();
	buf_clear(&p->mask);
	buf_clear(&p->account);
	/* a no is for the nick, whoever has it: another host is no way
	 * around it */
	if (ipeer_rule(p) != CONSENT_DENIED)
		ipeer_set_rule(p, CONSENT_NONE);
	ipeer_put(p);
}

void ipeer_is(struct ipeer *p, struct view mask, struct view account)
{
	bool news = p->left;

	if ((p->left || p->mask.n || p->account.n) &&
	    !is_same(p, mask, account)) {
		if (ipeer_is_known(p) || p->words.count)
			tell_other(p, mask, account);
		ipeer_anew(p);
	}
	p->left = false;
	if (mask.n)
		news |= take_text(&p->mask, mask);
	if (account.n || mask.n)
		news |= take_text(&p->account, account);
	if (news && p->stored)
		ipeer_put(p);
}

void ipeer_left(struct ipeer *p)
{
	if (p->left)
		return;
	p->left = true;
	ipeer_put(p);
}

/* ---- what is seen of them ---- */

/* He was seen to take another nick: under that he is who he was. */
static void carry(struct seat *s, struct ipeer *from, struct view nick)
{
	enum consent rule = ipeer_rule(from);
	struct ipeer *p = ipeer_of(s, nick);

	if (p && !p->left)
		ipeer_left(p); /* that was another one */
	if (p || from->left || !(from->mask.n || from->account.n) ||
	    !(from->called || rule == CONSENT_ALLOWED ||
	      rule == CONSENT_DENIED))
		return;
	p = ipeer_get(from->all, s->aor, s->network, nick);
	if (!p)
		return;
	p->called = from->called;
	buf_addv(&p->mask, buf_view(&from->mask));
	buf_addv(&p->account, buf_view(&from->account));
	if (rule == CONSENT_ALLOWED || rule == CONSENT_DENIED)
		ipeer_set_rule(p, rule);
	ipeer_put(p);
}

static void renamed(struct seat *s, const struct ircp *in)
{
	struct ipeer *p = ipeer_of(s, in->nick), *new;

	if (view_ieq(in->nick, in->other))
		return;
	new = ipeer_of(s, in->other);
	if (p && !p->left) { /* else it was told in another channel */
		carry(s, p, in->other);
		ipeer_left(p);
	} else if (!p && new) {
		ipeer_left(new);
	}
}

/* Somebody is there: is it he? */
static void seen(struct ipeer *p, const struct ircp *in)
{
	if (!in->mask.n && !in->account.n)
		return;
	if (p->left && in->account.n && p->account.n &&
	    view_ieq(in->account, buf_view(&p->account))) {
		p->left = false;
		ipeer_put(p);
	} else if ((p->mask.n || p->account.n) &&
		   !is_same(p, in->mask, in->account)) {
		ipeer_left(p);
	}
}

void ipeer_news(struct seat *s, const struct ircp *in)
{
	bool people = in->verb == IRCP_PEOPLE;
	struct ipeer *p;

	if (people && in->kind == IRCP_RENAMED) {
		renamed(s, in);
		return;
	}
	p = ipeer_of(s, in->nick);
	if (!p)
		return;
	if (people && in->kind == IRCP_QUIT)
		ipeer_left(p);
	else if (!people || in->kind == IRCP_CAME)
		seen(p, in);
}
