/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the occupant of a visit tells: it is in, it heard, it is out. */
#include "visit_priv.h"

#include "clock.h"

void visit_answer(struct visit *v, struct view text)
{
	struct person *p = v->person;

	v->asked = false;
	if (p)
		person_tell(p, v->told ? v->told : v->from, text);
}

static void joined_words(struct buf *out, const struct visit *v, size_t count,
			 struct view subject)
{
	buf_adds(out, "INFO: You have joined ");
	buf_addv(out, buf_view(&v->room));
	buf_adds(out, " as ");
	jtext_line(out, occupant_nick(v->o), VISIT_NICK);
	buf_addf(out, " (%zu occupant%s).", count, count == 1 ? "" : "s");
	if (occupant_public(v->o) & OCCUPANT_OPEN)
		buf_adds(out, " Everybody there sees your address.");
	if (occupant_public(v->o) & OCCUPANT_LOGGED)
		buf_adds(out, " What is said there is logged.");
	if (!subject.n)
		return;
	buf_adds(out, " Topic: ");
	jtext_line(out, subject, 500);
}

/* He came back, and his nick was taken meanwhile. */
static void renamed(struct visit *v, const struct occupant *o)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: You are in ");
	buf_addv(&b, buf_view(&v->room));
	buf_adds(&b, " as ");
	jtext_line(&b, occupant_nick(o), VISIT_NICK);
	buf_adds(&b, " now.");
	visit_tell(v, buf_view(&b));
	buf_free(&b);
}

static void on_joined(struct occupant *o, bool fresh, size_t count,
		      struct view subject, void *arg)
{
	struct visit *v = arg;
	struct buf words = { 0 };

	(void)fresh;
	if (!v->asked && !view_eq(buf_view(&v->nick), occupant_nick(o)))
		renamed(v, o);
	buf_clear(&v->nick);
	buf_addv(&v->nick, occupant_nick(o));
	if (!v->last_ms)
		v->last_ms = wall_ms();
	visit_put(v);
	visit_caught_up(v);
	joined_words(&words, v, count, subject);
	if (v->asked)
		visit_answer(v, buf_view(&words));
	buf_free(&words);
	visit_say_now(v);
}

static void on_heard(struct occupant *o, const struct occupant_heard *h,
		     void *arg)
{
	(void)o;
	visit_heard(arg, h);
}

static void on_whisper(struct occupant *o, const struct occupant_heard *h,
		       void *arg)
{
	(void)o;
	visit_whispered(arg, h);
}

static void on_opened(struct occupant *o, enum occupant_public what, bool now,
		      void *arg)
{
	(void)o;
	if (what == OCCUPANT_OPEN)
		visit_tell(arg, now ? VIEW("INFO: Everybody in the room sees "
					   "your address now.") :
				      VIEW("INFO: Your address is not shown "
					   "in the room any more."));
	else
		visit_tell(arg, now ? VIEW("INFO: What is said in the room is "
					   "logged now.") :
				      VIEW("INFO: What is said in the room is "
					   "not logged any more."));
}

static void on_happened(struct occupant *o, enum occupant_event what,
			const struct occupant_who *who, struct view other,
			struct view words, void *arg)
{
	struct visit *v = arg;

	if (what == OCCUPANT_RENAMED && view_eq(other, occupant_nick(o))) {
		buf_clear(&v->nick);
		buf_addv(&v->nick, other);
		visit_put(v);
	}
	visit_happened(v, what, who, other, words);
}

static void on_said(struct occupant *o, uint64_t tag, int err,
		    struct view words, void *arg)
{
	(void)o;
	visit_said(arg, tag, err, words);
}

/* Never in: the join was refused. */
static void refused_words(struct buf *out, enum occupant_gone why,
			  struct view words)
{
	struct view text = jtext(why == GONE_NICK ? JTEXT_NICK_TAKEN :
						    JTEXT_REFUSED);

	buf_addv(out, text);
	if (!words.n || why == GONE_NICK)
		return;
	buf_adds(out, " (");
	buf_addv(out, words);
	buf_addc(out, ')');
}

static void gone_words(struct buf *out, const struct visit *v,
		       struct view words)
{
	buf_adds(out, "INFO: You are no longer in ");
	buf_addv(out, buf_view(&v->room));
	buf_adds(out, ": ");
	jtext_line(out, words, 500);
	buf_addc(out, '.');
}

static void on_gone(struct occupant *o, enum occupant_gone why,
		    struct view words, void *arg)
{
	struct visit *v = arg;
	struct buf b = { 0 };

	(void)o;
	if (v->asked) {
		refused_words(&b, why, words);
		visit_answer(v, buf_view(&b));
	} else {
		gone_words(&b, v, words);
		visit_tell(v, buf_view(&b));
	}
	buf_free(&b);
	visit_drop(v, words);
}

const struct occupant_ops visit_ops = {
	.joined = on_joined,
	.heard = on_heard,
	.whisper = on_whisper,
	.happened = on_happened,
	.opened = on_opened,
	.said = on_said,
	.gone = on_gone,
};
