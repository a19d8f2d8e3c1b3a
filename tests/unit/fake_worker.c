/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker for tests, on the real worker runtime: what it is told to say it
 * says back, and a text that begins with "!" makes it behave badly. Its
 * program name tells how it is to start: "mute" never says READY, "old" is of
 * another version, "early" reports before READY, "silly" sends garbage.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "hash.h"
#include "log.h"
#include "utf8.h"
#include "worker.h"

enum { ACCOUNTS = 8, SOON_MS = 20 };

struct fake {
	struct worker *w;
	struct loop *loop;
	bool known[ACCOUNTS];
	char nick[ACCOUNTS][32];
	uint64_t leg;	    /* the last one */
	uint32_t account;   /* its */
	uint32_t session;   /* the last one */
	struct wtimer soon; /* lets the answer out first */
	void (*deed)(struct fake *f);
};

static void raw(const void *p, size_t n)
{
	if (write(3, p, n) < 0)
		_exit(9);
}

static void raw_frame(unsigned type, struct view payload)
{
	struct buf b = { 0 };

	buf_put_u32(&b, (uint32_t)(payload.n + 6));
	buf_put_u16(&b, (uint16_t)type);
	buf_put_u32(&b, 0);
	buf_addv(&b, payload);
	raw(b.p, b.n);
	buf_free(&b);
}

/* ---- bad deeds ---- */

static void hang(struct fake *f)
{
	(void)f;
	for (;;)
		pause();
}

static void babble(struct fake *f)
{
	(void)f;
	raw("\xff\xff\xff\xff nonsense", 13);
}

static void two_gib(struct fake *f)
{
	(void)f;
	raw("\x80\0\0\0 more", 9);
}

static void half_frame(struct fake *f)
{
	(void)f;
	raw("\0\0\0\x20\0", 5);
	_exit(3);
}

static void half_for_ever(struct fake *f)
{
	raw("\0\0\0\x20\0", 5);
	hang(f);
}

static void unknown_type(struct fake *f)
{
	(void)f;
	raw_frame(WIRE_TYPES_END, VIEW_NONE);
}

static void wrong_way(struct fake *f)
{
	(void)f;
	raw_frame(WIRE_PING, VIEW("\0\0\0\0\0\0\0\1"));
}

static void short_frame(struct fake *f)
{
	(void)f;
	raw_frame(WIRE_DELIVERED, VIEW("\0\0\0\0\0\0\0\1"));
}

static void no_utf8(struct fake *f)
{
	(void)f;
	raw_frame(WIRE_ACCOUNT_UP, VIEW("\0\0\0\1\xff"));
}

static void odd_kind(struct fake *f)
{
	worker_heard(f->w, f->leg, 9, VIEW("fake"), VIEW("x"), 0, VIEW_NONE);
}

static void odd_pong(struct fake *f)
{
	(void)f;
	raw_frame(WIRE_PONG, VIEW("\0\0\0\0\0\0\xff\xff"));
}

static void crash(struct fake *f)
{
	(void)f;
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void leave(struct fake *f)
{
	(void)f;
	_exit(3);
}

static void close_pipe(struct fake *f)
{
	close(3);
	hang(f);
}

static const struct {
	const char *text;
	void (*deed)(struct fake *f);
} deeds[] = {
	{ "!hang", hang },
	{ "!babble", babble },
	{ "!huge", two_gib },
	{ "!half", half_frame },
	{ "!halfhang", half_for_ever },
	{ "!unknown", unknown_type },
	{ "!wrongway", wrong_way },
	{ "!short", short_frame },
	{ "!noutf8", no_utf8 },
	{ "!kind", odd_kind },
	{ "!pong", odd_pong },
	{ "!crash", crash },
	{ "!exit", leave },
	{ "!close", close_pipe },
};

static void on_soon(struct wtimer *t)
{
	struct fake *f = CONTAINER(t, struct fake, soon);

	f->deed(f);
}

/* ---- answers ---- */

static bool answer(struct fake *f, const struct worker_say *say)
{
	if (view_eqs(say->text, "!lost"))
		worker_lost(f->w, say->leg, GONE_REFUSED, VIEW("kicked"));
	else if (view_eqs(say->text, "!gone"))
		worker_account_lost(f->w, f->account, GONE_AUTH,
				    VIEW("wrong password"));
	else if (view_eqs(say->text, "!later"))
		worker_failed(f->w, say->leg, say->seq, true, VIEW("later"));
	else if (view_eqs(say->text, "!never"))
		worker_failed(f->w, say->leg, say->seq, false, VIEW("never"));
	else
		return false;
	return true;
}

static void on_say(const struct worker_say *say, void *arg)
{
	struct fake *f = arg;
	struct buf b = { 0 };
	size_t i;

	f->leg = say->leg;
	if (answer(f, say))
		return;
	for (i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		if (view_eqs(say->text, deeds[i].text)) {
			f->deed = deeds[i].deed;
			wheel_start(loop_wheel(f->loop), &f->soon, SOON_MS,
				    on_soon);
		}
	}
	if (view_eqs(say->text, "!log"))
		log_warning("a line of the log");
	for (i = 0; i < 20000 && view_eqs(say->text, "!chatter"); i++)
		log_warning("chatter");
	if (view_starts(say->text, VIEW("!keep")))
		worker_keep(f->w, f->account, view_from(say->text, 5));
	if (view_eqs(say->text, "!other"))
		worker_heard(f->w, 999, SAY_TEXT, VIEW("fake"), VIEW("x"), 0,
			     VIEW_NONE);
	buf_adds(&b, "<");
	buf_addv(&b, say->name);
	buf_adds(&b, "> ");
	buf_addv(&b, view_head(say->text, utf8_cut(say->text, 100)));
	if (say->text.n && say->text.p[0] != '!')
		worker_heard(f->w, say->leg, say->kind, VIEW("fake"),
			     buf_view(&b), 0,
			     say->kind == SAY_EMOTE ? VIEW("id") : VIEW_NONE);
	worker_delivered(f->w, say->leg, say->seq);
	buf_free(&b);
}

/* ---- accounts and places ---- */

static int on_start(struct worker *w, struct loop *l, void *arg)
{
	struct fake *f = arg;

	f->w = w;
	f->loop = l;
	return 0;
}

static void on_account(uint32_t id, const struct wire_msg *m, void *arg)
{
	struct fake *f = arg;

	if (id >= ACCOUNTS)
		return;
	f->known[id] = true;
	view_copy(f->nick[id], sizeof(f->nick[id]), wire_setting(m, "nick"));
	if (wire_setting(m, "kept").n)
		view_copy(f->nick[id], sizeof(f->nick[id]),
			  wire_setting(m, "kept"));
	worker_account_up(f->w, id, m->s[0]);
}

static void on_account_del(uint32_t id, void *arg)
{
	struct fake *f = arg;

	if (id < ACCOUNTS)
		f->known[id] = false;
}

/* "closed" takes this key alone. */
static bool may_join(const struct worker_join *j)
{
	return !view_eqs(j->place, "closed") || view_eqs(j->key, "sesame");
}

static void on_join(uint32_t account, const struct worker_join *j, void *arg)
{
	struct fake *f = arg;

	f->leg = j->leg;
	f->account = account;
	if (account >= ACCOUNTS || !f->known[account])
		worker_lost(f->w, j->leg, GONE_CONFIG,
			    VIEW("no such account"));
	else if (!may_join(j))
		worker_lost(f->w, j->leg, GONE_REFUSED, VIEW("closed"));
	else if (j->by_name)
		worker_joined(f->w, j->leg, VIEW("by name"));
	else
		worker_joined(f->w, j->leg,
			      j->nick.n ? j->nick :
					  view_str(f->nick[account]));
}

static void on_part(uint64_t leg, struct view reason, void *arg)
{
	struct fake *f = arg;

	(void)reason;
	log_info("left %u", (unsigned)leg);
	if (f->leg == leg)
		f->leg = 0;
}

/* ---- sessions ---- */

static void on_session(uint32_t id, const struct wire_msg *m, void *arg)
{
	struct fake *f = arg;
	struct view kept = wire_setting(m, "kept");

	f->session = id;
	if (view_eqs(wire_setting(m, "password"), "right"))
		worker_account_up(f->w, id, kept.n ? kept : m->s[0]);
	else
		worker_account_lost(f->w, id, GONE_AUTH, VIEW("wrong"));
}

static void on_session_end(uint32_t id, void *arg)
{
	(void)id;
	(void)arg;
	log_info("session ended");
}

static void on_retire(uint64_t quiet_ms, uint64_t limit_ms, void *arg)
{
	struct fake *f = arg;

	log_info("retires: %u %u", (unsigned)quiet_ms, (unsigned)limit_ms);
	if (f->session)
		worker_account_lost(f->w, f->session, GONE_NET, VIEW("moved"));
	if (f->leg)
		worker_account_lost(f->w, f->account, GONE_NET, VIEW("moved"));
	f->session = 0;
	f->leg = 0;
	worker_quit(f->w);
}

static void on_send(uint32_t id, uint64_t tag, struct view parcel, void *arg)
{
	struct fake *f = arg;

	if (view_eqs(parcel, "!crash"))
		crash(f);
	if (view_starts(parcel, VIEW("!keep")))
		worker_keep(f->w, id, view_from(parcel, 5));
	if (view_eqs(parcel, "!retire")) {
		worker_retiring(f->w);
		on_retire(0, 0, f);
		return;
	}
	if (view_eqs(parcel, "!kick"))
		worker_account_lost(f->w, id, GONE_NET, VIEW("kicked"));
	else
		worker_parcel(f->w, id, parcel);
	if (tag)
		worker_sent(f->w, id, tag,
			    view_eqs(parcel, "!later") ? PARCEL_LATER :
							 PARCEL_SENT,
			    VIEW("words"));
}

static void on_send_many(uint32_t id, struct view parcel, struct view rcpts,
			 void *arg)
{
	struct fake *f = arg;
	struct view one;

	while (view_cut(rcpts, '\n', &one, &rcpts)) {
		struct buf b = { 0 };

		buf_addv(&b, one);
		buf_addc(&b, ':');
		buf_addv(&b, parcel);
		worker_parcel(f->w, id, buf_view(&b));
		buf_free(&b);
	}
}

/* A last word, to see that it is heard. */
static void on_stop(void *arg)
{
	struct fake *f = arg;

	if (f->leg)
		worker_heard(f->w, f->leg, SAY_TEXT, VIEW("fake"),
			     VIEW("goodbye"), 0, VIEW_NONE);
	wheel_stop(loop_wheel(f->loop), &f->soon);
	worker_done(f->w);
}

static const struct worker_ops ops = {
	.start = on_start,
	.account = on_account,
	.account_del = on_account_del,
	.join = on_join,
	.part = on_part,
	.say = on_say,
	.session = on_session,
	.session_end = on_session_end,
	.send = on_send,
	.send_many = on_send_many,
	.retire = on_retire,
	.stop = on_stop,
};

static void start_badly(const char *name)
{
	if (!strcmp(name, "mute"))
		hang(NULL);
	if (!strcmp(name, "old"))
		raw_frame(WIRE_READY, VIEW("\0\0\0\0\0\0\0\x63"));
	if (!strcmp(name, "early"))
		raw_frame(WIRE_DELIVERED, VIEW("\0\0\0\0\0\0\0\1"
					       "\0\0\0\0\0\0\0\1"));
	if (!strcmp(name, "silly"))
		babble(NULL);
}

int main(int argc, char **argv)
{
	static struct fake fake;
	const char *slash = strrchr(argc ? argv[0] : "", '/');

	if (slash)
		start_badly(slash + 1);
	return worker_main("fake_worker", &ops, &fake);
}
