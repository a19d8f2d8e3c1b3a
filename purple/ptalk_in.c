/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people of other networks say to a SIP user, and how they type. */
#include <errno.h>
#include <string.h>

#include "digest.h"
#include "log.h"
#include "pgate_priv.h"
#include "utf8.h"
#include "worker.h"

enum { NAME_MAX = 64 };

/* ---- into his inbox ---- */

/* Words on their way to the disk. */
struct keeping {
	struct pgate *gate; /* borrowed: it outlives the hub */
	uint64_t account;
	struct buf name;
	bool person;
};

static void keeping_destroy(void *obj)
{
	struct keeping *k = obj;

	buf_free(&k->name);
}

/* Whoever said it is told, once a minute, and so is the log. */
static void not_kept(const struct keeping *k, int err)
{
	static const struct bucket_rate rate = { 1, 60 * 1000, 1 };
	struct pacct *a = pacct_find(k->gate, k->account);
	const struct purp p = {
		.verb = PURP_SAY,
		.who = buf_view(&k->name),
		.text = VIEW("Your message was not delivered: too much waits "
			     "for its reader. Try again later."),
	};

	if (!a || err == EBADMSG || /* nothing is to be seen of it */
	    !pgate_rate(k->gate, a, p.who, 'N', &rate))
		return;
	log_info("purple %s of %s: words of %.*s could not be kept: %s",
		 a->name, a->owner->text.p, VIEW_ARG(p.who), strerror(err));
	if (k->person)
		(void)pacct_send(a, &p, NULL, NULL);
}

static void on_kept(int err, void *arg)
{
	struct keeping *k = arg;

	if (err && err != EEXIST && k->gate->running)
		not_kept(k, err);
	mem_deref(k);
}

/* The same wherever and whenever it comes again. */
static void add_dedupe(struct buf *out, const struct pacct *a,
		       const struct ptalk_word *w)
{
	const struct view parts[] = { a->owner->text, view_str(a->proto->id),
				      view_str(a->name), w->name, w->id };
	char hex[DIGEST_HEX_MAX];

	if (!w->id.n || digest_hex(hex, DIGEST_SHA256, parts, 5))
		return;
	buf_adds(out, "purple ");
	buf_adds(out, hex);
}

static int say(struct pacct *a, const struct ptalk_word *w,
	       struct keeping *k)
{
	const struct meta m = { .time_ms = w->time_ms };
	struct addr *from = pgate_addr_of(a, w->name);
	struct buf meta = { 0 }, dedupe = { 0 };
	struct hub_say s = { .from = from, .kind = MSG_TEXT,
			     .text = w->text };
	int err = from ? 0 : ENOENT;

	meta_put(&meta, &m);
	add_dedupe(&dedupe, a, w);
	s.meta = buf_view(&meta);
	s.dedupe = buf_view(&dedupe);
	if (!err)
		err = hub_direct(a->gate->conf.hub, a->owner, &s, on_kept, k);
	mem_deref(from);
	buf_free(&meta);
	buf_free(&dedupe);
	return err;
}

void ptalk_keep(struct pacct *a, const struct ptalk_word *w)
{
	struct keeping *k = mem_new(sizeof(*k), keeping_destroy);
	int err;

	k->gate = a->gate;
	k->account = a->id;
	k->person = w->person;
	buf_addv(&k->name, w->name);
	err = pgate_may_hear(a, w->name, w->past || !w->person) ?
		      say(a, w, k) :
		      EBUSY;
	if (!err)
		return;
	not_kept(k, err);
	mem_deref(k);
}

/* ---- people ---- */

static void compose(struct buf *b, const struct purp *p)
{
	if (p->kind == SAY_EMOTE) {
		buf_adds(b, "* ");
		utf8_clean_name(b, p->other.n ? p->other : p->who, NAME_MAX);
		buf_addc(b, ' ');
	}
	buf_addv(b, p->text);
}

void ptalk_heard(struct pacct *a, const struct purp *p)
{
	struct buf name = { 0 }, text = { 0 };
	struct ptalk_word w = { .id = p->id,
				.time_ms = p->time_ms,
				.past = p->past,
				.person = p->kind != SAY_NOTICE };

	if (pgate_name(&name, a, p->who)) {
		log_info("purple %s of %s: words of one without an address",
			 a->name, a->owner->text.p);
	} else {
		compose(&text, p);
		w.name = buf_view(&name);
		w.text = buf_view(&text);
		pshow_meet(a, w.name);
		ptalk_keep(a, &w);
	}
	buf_free(&name);
	buf_free(&text);
}

void ptalk_typing(struct pacct *a, const struct purp *p)
{
	struct buf name = { 0 };
	struct addr *from = NULL;

	if (pgate_may_type(a) && !pgate_name(&name, a, p->who))
		from = pgate_addr_of(a, buf_view(&name));
	if (from)
		hub_gate_typing(a->gate->conf.hub, from, a->owner,
				p->kind ? GATE_TYPING : GATE_IDLE, VIEW_NONE);
	mem_deref(from);
	buf_free(&name);
}

/* A text did not get there after all. Told once a minute of each. */
void ptalk_failed(struct pacct *a, const struct purp *p)
{
	static const struct bucket_rate rate = { 1, 60 * 1000, 1 };
	struct buf name = { 0 }, b = { 0 };
	struct addr *from = NULL;

	if (!pgate_name(&name, a, p->who))
		from = pgate_addr_of(a, buf_view(&name));
	buf_adds(&b, "ERROR: Your message was not delivered: ");
	utf8_clean_line(&b, p->text, 300);
	log_info("purple %s of %s: not delivered to %.*s: %.*s", a->name,
		 a->owner->text.p, VIEW_ARG(p->who), VIEW_ARG(p->text));
	if (from && pgate_rate(a->gate, a, buf_view(&name), 'F', &rate))
		pgate_tell(a, from, buf_view(&b));
	mem_deref(from);
	buf_free(&name);
	buf_free(&b);
}

void ptalk_notice(struct pacct *a, const struct purp *p)
{
	static const struct bucket_rate rate = { 2, 1000, 30 };
	struct addr *from = pgate_addr(a, VIEW_NONE);
	struct buf b = { 0 };

	utf8_clean(&b, view_head(p->text, utf8_cut(p->text, 2000)));
	if (b.n && pgate_rate(a->gate, a, VIEW_NONE, 'S', &rate))
		pgate_tell(a, from, buf_view(&b));
	else
		log_info("purple %s of %s: words of the network are not "
			 "shown", a->name, a->owner->text.p);
	mem_deref(from);
	buf_free(&b);
}
