/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tests of gateways share: a real hub and store, and SIP users of
 * example.org (alice, bob, carol) who only write down what they get. The
 * gateway's domain is gw.org.
 */
#ifndef CONFAB_GATES_RIG_H
#define CONFAB_GATES_RIG_H

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge.h"
#include "clock.h"
#include "gateway.h"
#include "hub.h"
#include "test.h"

static struct {
	char dir[64];
	struct loop *loop;
	struct loop_waker *waker;
	struct store *store;
	struct hub *hub;
	void (*fanout)(void *arg, struct room *room, struct msg *msg,
		       struct member *const *members, size_t count);
	void *fanout_arg;
	/* what SIP users got and are to be answered for */
	struct { uint64_t member, seq; } open[64];
	size_t open_count;
	struct buf sip;      /* what SIP users see, one line each */
	struct buf notes;    /* what accounts were told, one line each */
	bool whole;          /* the gateway's addresses have their domains */
	bool (*busy)(void);  /* something was done, and more may follow */
	void (*after)(void); /* each that a SIP user has sent */
} gr;

static struct meta gr_last_meta; /* of what a SIP user got; its marks */

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

static inline void gr_line(const char *what, const struct addr *to,
			   const struct addr *from, struct view text)
{
	buf_adds(&gr.sip, what);
	buf_addv(&gr.sip, to->user);
	buf_adds(&gr.sip, " <- ");
	if (gr.whole)
		buf_addv(&gr.sip, view_from(from->text, 4));
	else
		buf_addv(&gr.sip, from->user.n ? from->user : from->host);
	buf_adds(&gr.sip, ": ");
	buf_addv(&gr.sip, text);
	buf_addc(&gr.sip, '\n');
}

static inline void gr_sip_fanout(void *face, struct room *room,
				 struct msg *msg,
				 struct member *const *members, size_t count)
{
	struct meta meta;

	(void)face;
	meta_get(&meta, msg->meta);
	gr_last_meta = (struct meta){ .receipt = meta.receipt,
				      .notice = meta.notice };
	for (size_t i = 0; i < count; i++) {
		gr.open[gr.open_count].member = members[i]->id;
		gr.open[gr.open_count++].seq = msg->seq;
		assert_true(gr.open_count < 64);
		gr_line("", room->addr, msg->from, msg->text);
	}
}

static inline void gr_fanout(void *face, struct room *room,
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

static inline void gr_note(uint64_t id, struct view error, void *arg)
{
	(void)arg;
	buf_addf(&gr.notes, "%u: ", (unsigned)id);
	buf_addv(&gr.notes, error);
	buf_addc(&gr.notes, '\n');
}

/* Sealed is what is written backwards. */
static inline int gr_turn(struct buf *out, struct view owner, struct view room,
			  struct view text, void *arg)
{
	(void)owner;
	(void)room;
	(void)arg;
	while (text.n)
		buf_addc(out, text.p[--text.n]);
	return 0;
}

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
		quiet = st.queued || (gr.busy && gr.busy()) ? 0 : quiet + 1;
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

static inline void gr_hub_open(void)
{
	struct hub_conf conf = { .domain = "example.org" };
	char why[200] = "";

	assert_int_equal(loop_new(&gr.loop), 0);
	assert_int_equal(loop_waker(&gr.waker, gr.loop, gr_on_wake, NULL), 0);
	assert_int_equal(store_open(&gr.store, gr.dir, gr_wake, NULL, why,
				    sizeof(why)),
			 0);
	conf.loop = gr.loop;
	conf.store = gr.store;
	assert_int_equal(hub_new(&gr.hub, &conf), 0);
}

/* The hub with both faces, and with what is on the disk: rows are those of the
 * gateway. */
static inline void gr_hub_start(const struct face_ops *face,
				const struct gate_listener *listener,
				const struct store_load *rows)
{
	static const struct face_ops sip = {
		.scheme = "sip", .caps = FACE_MEMBERS,
		.start = gr_face_start, .stop = gr_face_stop,
		.fanout = gr_sip_fanout, .tell = gr_tell,
	};

	assert_int_equal(hub_add_face(gr.hub, &sip, &gr), 0);
	assert_int_equal(hub_add_face(gr.hub, face, &gr), 0);
	assert_int_equal(hub_listen_gates(gr.hub, listener), 0);
	assert_int_equal(hub_load(gr.hub), 0);
	assert_int_equal(store_load(gr.store, rows), 0);
	assert_int_equal(hub_start(gr.hub), 0);
}

/* When the gateway has stopped; it is freed between these. */
static inline void gr_hub_stop(void)
{
	hub_stop(gr.hub);
	store_close(gr.store);
	hub_free(gr.hub);
}

static inline void gr_hub_close(void)
{
	loop_waker_free(gr.waker);
	loop_free(gr.loop);
	buf_free(&gr.sip);
	buf_free(&gr.notes);
	gr.open_count = 0;
}

static inline int gr_setup(void **state)
{
	memset(&gr, 0, sizeof(gr));
	clock_freeze(1000000, 1800000000000);
	view_copy(gr.dir, sizeof(gr.dir), VIEW("/tmp/t_gate_XXXXXX"));
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

static inline int gr_teardown(void **state)
{
	clock_thaw();
	nftw(gr.dir, gr_remove, 8, FTW_DEPTH | FTW_PHYS);
	return test_teardown(state);
}

/* ---- what tests do ---- */

static inline struct addr *gr_addr(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

/* From whom and to whom: gr_on_answer() frees it. */
static inline struct addr **gr_ends(const char *from, const char *to)
{
	struct addr **ends = mem_zalloc(2 * sizeof(struct addr *));

	ends[0] = gr_addr(from);
	ends[1] = gr_addr(to);
	return ends;
}

static inline void gr_on_answer(const struct gate_answer *a, void *arg)
{
	struct addr **ends = arg;

	buf_addf(&gr.sip, "%d ", a->status);
	gr_line("", ends[0], ends[1], a->words);
	mem_deref(ends[0]);
	mem_deref(ends[1]);
	mem_free(ends);
}

struct gr_say {
	const char *from, *to; /* user parts; to: as gr.whole says */
	const char *text;
	struct meta meta;
	enum gate_kind kind;
	const char *dedupe;
};

/* All that a SIP user can send; its answer and all that follows is written
 * down. */
static inline void gr_send(const struct gr_say *say)
{
	struct addr **ends;
	struct buf from = { 0 }, to = { 0 };
	const struct gateway *gw;

	buf_addf(&from, "sip:%s@example.org", say->from);
	buf_addf(&to, "sip:%s%s", say->to, gr.whole ? "" : "@gw.org");
	ends = gr_ends(buf_str(&from), buf_str(&to));
	const struct gate_msg m = {
		.kind = say->kind, .from = ends[0], .to = ends[1],
		.text = view_str(say->text), .meta = say->meta,
		.dedupe = view_str(say->dedupe),
	};

	gw = hub_gateway(gr.hub, ends[1]->user, ends[1]->host);
	if (!gw)
		gw = hub_gate_between(gr.hub, ends[0], ends[1]->user,
				      ends[1]->host);
	assert_non_null(gw);
	gw->ops->message(gw->gw, &m, gr_on_answer, ends);
	gr_settle();
	if (gr.after)
		gr.after();
	buf_free(&from);
	buf_free(&to);
}

static inline void sip_says(const char *from, const char *to,
			    const char *text)
{
	gr_send(&(struct gr_say){ .from = from, .to = to, .text = text });
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

#endif
