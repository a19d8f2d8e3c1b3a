/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole IRC gateway with a real hub and store, sessions that are none
 * (irc_stub.h), and SIP users who only write down what they get. Domain
 * example.org, ircdomain gw.org, networks libera and oftc; bob has the account
 * bobby on libera.
 */
#ifndef CONFAB_IGATE_RIG_H
#define CONFAB_IGATE_RIG_H

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "irc_stub.h"
#include "clock.h"
#include "hub.h"
#include "igate_priv.h"

struct igate_rig {
	char dir[64];
	struct loop *loop;
	struct loop_waker *waker;
	struct store *store;
	struct hub *hub;
	struct imap *map;
	struct igate *gate;
	struct igate_conf conf; /* before gate_rig_open(): what differs */
	bool account_gone, account_bad;
	const char *account_login; /* bobby */
	struct buf notes; /* what accounts were told, one line each */
	void (*fanout)(void *arg, struct room *room, struct msg *msg,
		       struct member *const *members, size_t count);
	void *fanout_arg;
	const struct bridge_voices *voices; /* of the module "puppets" */
	void *voices_arg;
	/* what SIP users got and are to be answered for */
	struct { uint64_t member, seq; } open[64];
	size_t open_count;
	struct buf sip;  /* what SIP users see, one line each */
};

static struct igate_rig gr;

/* ---- faces ---- */

void bridge_members(struct bridge *b,
		    void (*fanout)(void *arg, struct room *room,
				   struct msg *msg,
				   struct member *const *members,
				   size_t count),
		    void (*tell)(void *arg, struct room *room,
				 const struct addr *to, struct view text),
		    void *arg)
{
	(void)b;
	(void)tell;
	gr.fanout = fanout;
	gr.fanout_arg = arg;
}

void bridge_voices(struct bridge *b, const struct bridge_voices *ops,
		   void *arg)
{
	(void)b;
	gr.voices = ops;
	gr.voices_arg = arg;
}

static inline void gr_line(const char *what, const struct addr *to,
			   const struct addr *from, struct view text)
{
	buf_adds(&gr.sip, what);
	buf_addv(&gr.sip, to->user);
	buf_adds(&gr.sip, " <- ");
	buf_addv(&gr.sip, from->user);
	if (!from->user.n)
		buf_addv(&gr.sip, from->host);
	buf_adds(&gr.sip, ": ");
	buf_addv(&gr.sip, text);
	buf_addc(&gr.sip, '\n');
}

static inline void gr_sip_fanout(void *face, struct room *room,
				 struct msg *msg,
				 struct member *const *members, size_t count)
{
	(void)face;
	for (size_t i = 0; i < count; i++) {
		gr.open[gr.open_count].member = members[i]->id;
		gr.open[gr.open_count++].seq = msg->seq;
		assert_true(gr.open_count < 64);
		gr_line("", room->addr, msg->from, msg->text);
	}
}

static inline void gr_irc_fanout(void *face, struct room *room,
				  struct msg *msg,
				  struct member *const *members, size_t count)
{
	(void)face;
	gr.fanout(gr.fanout_arg, room, msg, members, count);
}

static inline void gr_tell(void *face, struct room *room,
			   const struct addr *to, struct view text)
{
	(void)face;
	gr_line("hub tells ", to, room->addr, text);
}

static inline int gr_face_start(void *face, struct hub *hub)
{
	(void)face;
	(void)hub;
	return 0;
}

static inline void gr_face_stop(void *face)
{
	(void)face;
}

/* ---- what imc does ---- */

static inline void gr_on_typing(struct addr *from, struct addr *user,
				enum gate_kind kind, struct view id,
				void *arg)
{
	(void)arg;
	gr_line(kind == GATE_TYPING ? "typing " :
		kind == GATE_IDLE   ? "idle " :
				      "receipt ",
		user, from, id);
}

static inline void gr_on_tell(struct addr *from, struct addr *user,
			      struct view text, void *arg)
{
	(void)arg;
	gr_line("tell ", user, from, text);
}

static inline bool gr_knows(struct addr *user, void *arg)
{
	(void)arg;
	return view_eqs(user->host, "example.org") &&
	       (view_eqs(user->user, "alice") ||
		view_eqs(user->user, "bob") || view_eqs(user->user, "carol"));
}

/* ---- accounts ---- */

static inline int gr_find(const struct addr *owner, struct view network,
			  struct igate_account *out, void *arg)
{
	(void)arg;
	if (gr.account_gone || !view_eqs(network, "libera") ||
	    !view_eqs(owner->text, "sip:bob@example.org"))
		return ENOENT;
	*out = (struct igate_account){ .id = 7, .login = VIEW("bobby") };
	if (gr.account_login)
		out->login = view_str(gr.account_login);
	return 0;
}

static inline int gr_open(uint64_t id,
			  int (*use)(struct view password, void *use_arg),
			  void *use_arg, struct buf *why, void *arg)
{
	(void)arg;
	assert_int_equal(id, 7);
	if (gr.account_bad)
		buf_adds(why, "the key is missing");
	return gr.account_bad ? EACCES : use(VIEW("tops3cret"), use_arg);
}

static inline void gr_note(uint64_t id, struct view error, void *arg)
{
	(void)arg;
	buf_addf(&gr.notes, "%u: ", (unsigned)id);
	buf_addv(&gr.notes, error);
	buf_addc(&gr.notes, '\n');
}

/* Sealed is what is written backwards. */
static inline int gr_turn(struct buf *out, struct view owner,
			  struct view place, struct view text, void *arg)
{
	(void)owner;
	(void)place;
	(void)arg;
	while (text.n)
		buf_addc(out, text.p[--text.n]);
	return 0;
}

static const struct igate_accounts gr_accounts = {
	.find = gr_find, .open = gr_open, .note = gr_note,
	.shut = gr_turn, .unshut = gr_turn,
};

/* ---- life ---- */

static inline void gr_wake(void *arg)
{
	(void)arg;
	loop_wake(gr.waker);
}

static inline void gr_on_wake(void *arg)
{
	(void)arg;
	store_dispatch(gr.store);
}

/* Until nothing happens any more at this time. */
static inline void gr_settle(void)
{
	struct store_stats st;
	int quiet = 0;

	for (int left = 3000; quiet < 3 && left > 0; left--) {
		loop_turn(gr.loop, quiet ? 0 : 1);
		store_stats(gr.store, &st);
		quiet = st.queued ? 0 : quiet + 1;
	}
	assert_int_equal(quiet, 3);
}

/* A timer that is due has its tick. */
static inline void gr_advance(uint64_t ms)
{
	clock_advance(ms);
	loop_turn(gr.loop, 0);
	gr_settle();
}

static inline void gr_map(void)
{
	struct buf why = { 0 };

	assert_int_equal(imap_new(&gr.map, VIEW("gw.org"), &why), 0);
	assert_int_equal(imap_network(gr.map, VIEW("libera"), &why), 0);
	assert_int_equal(imap_network(gr.map, VIEW("oftc"), &why), 0);
	buf_free(&why);
}

static inline void gr_gate(void)
{
	struct igate_conf conf = gr.conf;
	struct buf why = { 0 };

	conf.loop = gr.loop;
	conf.hub = gr.hub;
	conf.store = gr.store;
	conf.map = gr.map;
	conf.accounts = &gr_accounts;
	conf.domain = "example.org";
	conf.contact = conf.contact ? conf.contact : "";
	conf.nick_suffix = conf.nick_suffix ? conf.nick_suffix : "";
	if (!conf.logins_rate)
		conf.logins_rate = 1000;
	assert_int_equal(igate_new(&gr.gate, &conf, &why), 0);
	buf_free(&why);
}

static inline void igate_rig_open(void)
{
	static const struct face_ops sip = {
		.scheme = "sip", .caps = FACE_MEMBERS,
		.start = gr_face_start, .stop = gr_face_stop,
		.fanout = gr_sip_fanout, .tell = gr_tell,
	}, irc = {
		.scheme = "irc", .caps = FACE_MEMBERS | FACE_ECHO,
		.start = gr_face_start, .stop = gr_face_stop,
		.fanout = gr_irc_fanout, .tell = gr_tell,
	};
	const struct gate_listener listener = {
		.typing = gr_on_typing, .tell = gr_on_tell, .knows = gr_knows,
		.arg = &gr,
	};
	struct store_load rows = { .visit = igate_load_visit,
				   .kept = igate_load_kept };
	struct hub_conf conf = { .domain = "example.org" };
	char why[200] = "";

	stub_open();
	assert_int_equal(loop_new(&gr.loop), 0);
	assert_int_equal(loop_waker(&gr.waker, gr.loop, gr_on_wake, NULL), 0);
	assert_int_equal(store_open(&gr.store, gr.dir, gr_wake, NULL, why,
				    sizeof(why)),
			 0);
	conf.loop = gr.loop;
	conf.store = gr.store;
	assert_int_equal(hub_new(&gr.hub, &conf), 0);
	gr_map();
	gr_gate();
	assert_int_equal(hub_add_face(gr.hub, &sip, &gr), 0);
	assert_int_equal(hub_add_face(gr.hub, &irc, &gr), 0);
	assert_int_equal(hub_listen_gates(gr.hub, &listener), 0);
	assert_int_equal(hub_load(gr.hub), 0);
	rows.arg = gr.gate;
	assert_int_equal(store_load(gr.store, &rows), 0);
	assert_int_equal(hub_start(gr.hub), 0);
	assert_int_equal(igate_start(gr.gate), 0);
	gr_settle();
}

static inline void igate_rig_close(void)
{
	igate_stop(gr.gate);
	hub_stop(gr.hub);
	store_close(gr.store);
	hub_free(gr.hub);
	igate_free(gr.gate);
	mem_deref(gr.map);
	loop_waker_free(gr.waker);
	loop_free(gr.loop);
	buf_free(&gr.sip);
	buf_free(&gr.notes);
	gr.open_count = 0;
	stub_close();
}

static inline int igate_rig_setup(void **state)
{
	memset(&gr, 0, sizeof(gr));
	clock_freeze(1000000, 1800000000000);
	view_copy(gr.dir, sizeof(gr.dir), VIEW("/tmp/t_igate_XXXXXX"));
	return test_setup(state) || !mkdtemp(gr.dir);
}

static inline int gr_remove(const char *path, const struct stat *st, int flag,
			    struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int igate_rig_teardown(void **state)
{
	clock_thaw();
	nftw(gr.dir, gr_remove, 8, FTW_DEPTH | FTW_PHYS);
	return test_teardown(state);
}

#define IGATE_TEST(fn)                                                        \
	cmocka_unit_test_setup_teardown(fn, igate_rig_setup,                  \
					igate_rig_teardown)

/* ---- what tests do ---- */

static inline struct addr *gr_addr(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static inline void gr_on_answer(const struct gate_answer *a, void *arg)
{
	struct addr *const *ends = arg;

	buf_addf(&gr.sip, "%d ", a->status);
	gr_line("", ends[0], ends[1], a->words);
}

struct gr_say {
	const char *from, *to; /* user parts */
	const char *text;
	struct meta meta;
	enum gate_kind kind;
	const char *dedupe;
};

/* All that a SIP user can send; its answer and all that follows is written
 * down. */
static inline void gr_send(const struct gr_say *say)
{
	struct addr *ends[2];
	struct buf from = { 0 }, to = { 0 };
	const struct gateway *gw;

	buf_addf(&from, "sip:%s@example.org", say->from);
	buf_addf(&to, "sip:%s@gw.org", say->to);
	ends[0] = gr_addr(buf_str(&from));
	ends[1] = gr_addr(buf_str(&to));
	const struct gate_msg m = {
		.kind = say->kind, .from = ends[0], .to = ends[1],
		.text = view_str(say->text), .meta = say->meta,
		.dedupe = view_str(say->dedupe),
	};

	gw = hub_gateway(gr.hub, ends[1]->user, ends[1]->host);
	assert_non_null(gw);
	gw->ops->message(gw->gw, &m, gr_on_answer, ends);
	gr_settle();
	mem_deref(ends[0]);
	mem_deref(ends[1]);
	buf_free(&from);
	buf_free(&to);
}

static inline void sip_says(const char *from, const char *to,
			    const char *text)
{
	gr_send(&(struct gr_say){ .from = from, .to = to, .text = text });
}

/* Somebody there says something: to alice by herself where place is empty. */
static inline void irc_says(const char *label, const struct ircp *p)
{
	stub_in(label, p);
	gr_settle();
}

/* All devices of SIP users answer what they got like this. */
static inline void sip_takes(int status)
{
	while (gr.open_count) {
		const struct hub_answer a = {
			.member = gr.open[0].member,
			.seq = gr.open[0].seq,
			.status = status,
			.text = VIEW("so"),
		};

		memmove(gr.open, gr.open + 1,
			--gr.open_count * sizeof(gr.open[0]));
		hub_on_member_answered(gr.hub, &a);
		gr_settle();
	}
}

/* All that SIP users saw since the last call. */
static inline void assert_sip(const char *lines)
{
	assert_string_equal(buf_str(&gr.sip), lines);
	buf_clear(&gr.sip);
}

/* Logs in whoever waits for it, and is called nick there. */
static inline void seat_comes_up(const char *label, const char *nick)
{
	stub_up(label, nick);
	gr_settle();
}

#endif
