/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hub with a real loop and a real store in a directory of its own, and two
 * faces that only write down what they are asked: "sip" has members, "net"
 * has links. Answers are given by the test.
 */
#ifndef CONFAB_HUB_RIG_H
#define CONFAB_HUB_RIG_H

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "hub.h"
#include "test.h"

enum { SENT_MAX = 8192, PATIENCE = 3000, RIG_ROOMS = 5 };

/* A delivery that a face was asked for. */
struct sent {
	uint64_t to; /* member or leg */
	uint64_t seq;
	uint64_t id; /* of the message */
	char text[160];
	char name[64];
	char meta[64];
	enum msg_kind kind;
	bool answered;
};

struct fake {
	struct sent sent[SENT_MAX];
	size_t count;
	size_t calls; /* of fanout or deliver */
	size_t starts, stops, attached, detached, topics;
	char topic[128]; /* asked for last */
	size_t expels;
	char expelled[128]; /* the last one: "nick (reason), kept out" */
	int attach_err, deliver_err, topic_err;
	bool not_any_more; /* no target is right */
	uint64_t last_leg;
};

struct rig {
	char dir[64];
	struct loop *loop;
	struct loop_waker *waker;
	struct store *store;
	struct hub *hub;
	struct fake sip, net;
	size_t done;
	int err; /* of the last hub_done_h */
	unsigned wait_msgs;  /* before rig_open(); 0: as hub_conf says */
	uint64_t wait_bytes;
	enum room_notices notices; /* likewise */
	size_t told;
	char told_to[128], told_text[256]; /* the last one */
	void (*openh)(void); /* before the hub loads; or NULL */
};

static struct rig rig;

/* ---- the faces ---- */

static inline void fake_note(struct fake *f, uint64_t to,
			     const struct msg *msg)
{
	struct sent *s = &f->sent[f->count++];

	assert_true(f->count < SENT_MAX);
	*s = (struct sent){
		.to = to, .seq = msg->seq, .id = msg->id, .kind = msg->kind
	};
	view_copy(s->text, sizeof(s->text), view_head(msg->text, 159));
	view_copy(s->name, sizeof(s->name), view_head(msg->name, 63));
	view_copy(s->meta, sizeof(s->meta), view_head(msg->meta, 63));
}

static inline int fake_start(void *face, struct hub *hub)
{
	(void)hub;
	((struct fake *)face)->starts++;
	return 0;
}

static inline void fake_stop(void *face)
{
	((struct fake *)face)->stops++;
}

static inline void fake_fanout(void *face, struct room *room, struct msg *msg,
			       struct member *const *members, size_t count)
{
	size_t i;

	(void)room;
	((struct fake *)face)->calls++;
	for (i = 0; i < count; i++)
		fake_note(face, members[i]->id, msg);
}

static inline void fake_tell(void *face, struct room *room,
			     const struct addr *to, struct view text)
{
	(void)face;
	(void)room;
	rig.told++;
	view_copy(rig.told_to, sizeof(rig.told_to), to->text);
	view_copy(rig.told_text, sizeof(rig.told_text), text);
}

static inline int fake_check(void *face, struct view target, struct view via,
			     struct buf *viaout, struct buf *why)
{
	(void)face;
	if (rig.net.not_any_more) {
		buf_adds(why, "this is a place of our own");
		return EINVAL;
	}
	if (view_eqs(target, "net:bad")) {
		buf_adds(why, "net:good would be right");
		return EINVAL;
	}
	if (view_empty(via))
		buf_adds(viaout, "home");
	return 0;
}

static inline int fake_attach(void *face, struct leg *leg)
{
	struct fake *f = face;

	f->attached++;
	f->last_leg = leg->id;
	return f->attach_err;
}

static inline void fake_detach(void *face, struct leg *leg)
{
	(void)leg;
	((struct fake *)face)->detached++;
}

static inline int fake_deliver(void *face, struct leg *leg, struct msg *msg)
{
	struct fake *f = face;

	assert_int_equal(leg->state, LEG_UP);
	f->calls++;
	if (!f->deliver_err)
		fake_note(f, leg->id, msg);
	return f->deliver_err;
}

static inline int fake_subject(void *face, struct leg *leg, struct view text)
{
	struct fake *f = face;

	assert_int_equal(leg->state, LEG_UP);
	if (f->topic_err)
		return f->topic_err;
	f->topics++;
	view_copy(f->topic, sizeof(f->topic), text);
	return 0;
}

static inline int fake_expel(void *face, struct leg *leg, struct view nick,
			     bool ban, struct view reason)
{
	struct fake *f = face;

	assert_int_equal(leg->state, LEG_UP);
	f->expels++;
	snprintf(f->expelled, sizeof(f->expelled), "%.*s (%.*s)%s",
		 VIEW_ARG(nick), VIEW_ARG(reason), ban ? ", kept out" : "");
	return 0;
}

static const struct face_ops sip_ops = {
	.scheme = "sip",
	.caps = FACE_MEMBERS,
	.start = fake_start,
	.stop = fake_stop,
	.fanout = fake_fanout,
	.tell = fake_tell,
};

static const struct face_ops net_ops = {
	.scheme = "net",
	.caps = FACE_LINKS,
	.start = fake_start,
	.stop = fake_stop,
	.check = fake_check,
	.attach = fake_attach,
	.detach = fake_detach,
	.deliver = fake_deliver,
	.subject = fake_subject,
	.expel = fake_expel,
};

static inline void fake_clear(struct fake *f)
{
	memset(f, 0, sizeof(*f));
}

/* How often this text went there. */
static inline size_t fake_got(const struct fake *f, uint64_t to,
			      const char *text)
{
	size_t i, n = 0;

	for (i = 0; i < f->count; i++)
		n += f->sent[i].to == to && !strcmp(f->sent[i].text, text);
	return n;
}

/* ---- the loop ---- */

static inline void rig_wake(void *arg)
{
	(void)arg;
	loop_wake(rig.waker);
}

static inline void rig_on_wake(void *arg)
{
	(void)arg;
	store_dispatch(rig.store);
}

#define AWAIT(cond)                                                           \
	do {                                                                  \
		int await_left = PATIENCE;                                    \
		while (!(cond) && await_left-- > 0)                           \
			loop_turn(rig.loop, 10);                              \
		assert_true(cond);                                            \
	} while (0)

/* Until the store has answered everything, and what was put together for the
 * end of the turn is out. */
static inline void rig_settle(void)
{
	struct store_stats st;

	loop_turn(rig.loop, 0);
	AWAIT((store_stats(rig.store, &st), st.queued == 0));
	loop_turn(rig.loop, 0);
}

static inline void rig_advance(uint64_t ms)
{
	clock_advance(ms);
	loop_turn(rig.loop, 0);
	rig_settle();
}

/* ---- life ---- */

static inline void rig_open(void)
{
	struct hub_conf conf = { .domain = "confab.example",
				 .keep_msgs = 1000,
				 .rooms = RIG_ROOMS };
	char why[200] = "";

	assert_int_equal(loop_new(&rig.loop), 0);
	assert_int_equal(loop_waker(&rig.waker, rig.loop, rig_on_wake, NULL),
			 0);
	assert_int_equal(store_open(&rig.store, rig.dir, rig_wake, NULL, why,
				    sizeof(why)),
			 0);
	conf.wait_msgs = rig.wait_msgs;
	conf.wait_bytes = rig.wait_bytes;
	conf.notices = rig.notices;
	conf.loop = rig.loop;
	conf.store = rig.store;
	assert_int_equal(hub_new(&rig.hub, &conf), 0);
	assert_int_equal(hub_add_face(rig.hub, &sip_ops, &rig.sip), 0);
	assert_int_equal(hub_add_face(rig.hub, &net_ops, &rig.net), 0);
	if (rig.openh)
		rig.openh();
	assert_int_equal(hub_load(rig.hub), 0);
}

static inline void rig_start(void)
{
	rig_open();
	assert_int_equal(hub_start(rig.hub), 0);
	rig_settle();
}

static inline void rig_close(void)
{
	store_close(rig.store);
	hub_free(rig.hub);
	loop_waker_free(rig.waker);
	loop_free(rig.loop);
}

/* As confabd ends; the next rig_start() finds what is on the disk. */
static inline void rig_stop(void)
{
	hub_stop(rig.hub);
	rig_close();
}

static inline void rig_restart(void)
{
	rig_stop();
	fake_clear(&rig.sip);
	fake_clear(&rig.net);
	rig_start();
}

static inline int rig_setup(void **state)
{
	memset(&rig, 0, sizeof(rig));
	clock_freeze(1000000, 1800000000000);
	view_copy(rig.dir, sizeof(rig.dir), VIEW("/tmp/t_hub_XXXXXX"));
	return test_setup(state) || !mkdtemp(rig.dir);
}

static inline int rig_remove(const char *path, const struct stat *st, int flag,
			     struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int rig_teardown(void **state)
{
	clock_thaw();
	nftw(rig.dir, rig_remove, 8, FTW_DEPTH | FTW_PHYS);
	return test_teardown(state);
}

#define RIG_TEST(fn)                                                          \
	cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

/* ---- what tests do ---- */

static inline void rig_done(int err, void *arg)
{
	(void)arg;
	rig.done++;
	rig.err = err;
}

/* Waits for the answer and returns it. */
static inline int rig_answer(size_t before)
{
	AWAIT(rig.done == before + 1);
	return rig.err;
}

static inline struct addr *rig_addr(const char *user)
{
	char text[128];
	struct addr *a;

	snprintf(text, sizeof(text), "sip:%s%s", user,
		 strchr(user, '@') ? "" : "@confab.example");
	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static inline struct room *rig_find_room(const char *name)
{
	return hub_room(rig.hub, view_str(name), VIEW("confab.example"));
}

static inline struct room *rig_room(const char *name)
{
	struct room *room = NULL;
	size_t before = rig.done;

	assert_int_equal(hub_room_create(rig.hub, &room, view_str(name),
					 VIEW("confab.example"), 0, NULL,
					 rig_done, NULL),
			 0);
	assert_non_null(room);
	assert_int_equal(rig.done, before);
	assert_int_equal(rig_answer(before), 0);
	return room;
}

static inline struct member *rig_find(struct room *room, const char *user)
{
	struct addr *a = rig_addr(user);
	struct member *m = room_member(room, a);

	mem_deref(a);
	return m;
}

static inline int rig_try_join(struct room *room, const char *user,
			       enum member_state state, const char *notice)
{
	struct hub_join join = { .role = ROLE_MEMBER, .state = state };
	size_t before = rig.done;
	int err;

	join.addr = rig_addr(user);
	join.notice = view_str(notice);
	err = hub_member_add(room, &join, rig_done, NULL);
	mem_deref(join.addr);
	return err ? err : rig_answer(before);
}

static inline struct member *rig_join(struct room *room, const char *user)
{
	assert_int_equal(rig_try_join(room, user, MEMBER_JOINED, ""), 0);
	return rig_find(room, user);
}

static inline int rig_try_say(struct room *room, const char *user,
			      const char *text, const char *dedupe)
{
	struct hub_say say = { .kind = MSG_TEXT };
	int err;

	say.from = rig_addr(user);
	say.text = view_str(text);
	say.dedupe = view_str(dedupe);
	err = hub_member_say(room, &say, rig_done, NULL);
	mem_deref(say.from);
	return err;
}

static inline void rig_say(struct room *room, const char *user,
			   const char *text)
{
	size_t before = rig.done;

	assert_int_equal(rig_try_say(room, user, text, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	loop_turn(rig.loop, 0);
}

/* n messages "PREFIX1", "PREFIX2" ... */
static inline void rig_say_many(struct room *room, const char *user,
				const char *prefix, int n)
{
	char text[32];
	int i;

	for (i = 1; i <= n; i++) {
		snprintf(text, sizeof(text), "%s%d", prefix, i);
		assert_int_equal(rig_try_say(room, user, text, NULL), 0);
	}
	rig_settle();
}

/* The face's answers, and what they bring. */
static inline void rig_delivered(const struct member *m, uint64_t seq)
{
	hub_on_member_delivered(rig.hub, m->id, seq);
	loop_turn(rig.loop, 0);
}

/* Says yes to everything that is open, also to what that brings. */
static inline void rig_deliver_all(void)
{
	size_t i;

	for (i = 0; i < rig.sip.count; i++) {
		struct sent *s = &rig.sip.sent[i];

		if (!s->answered)
			hub_on_member_delivered(rig.hub, s->to, s->seq);
		s->answered = true;
		rig_settle();
	}
	for (i = 0; i < rig.net.count; i++) {
		struct sent *s = &rig.net.sent[i];

		if (!s->answered)
			hub_on_delivered(rig.hub, s->to, s->seq);
		s->answered = true;
		rig_settle();
	}
}

static inline int rig_try_link(struct room *room, const char *label,
			       const char *target, bool configured)
{
	struct hub_link link = { .configured = configured };
	struct buf why = { 0 };
	size_t before = rig.done;
	int err;

	link.label = view_str(label);
	link.target = view_str(target);
	err = hub_link_add(rig.hub, room, &link, &why, rig_done, NULL);
	assert_int_equal(why.n > 0,
			 err == EINVAL || err == EEXIST || err == ELOOP);
	buf_free(&why);
	return err ? err : rig_answer(before);
}

static inline struct leg *rig_link(struct room *room, const char *label,
				   const char *target)
{
	struct leg *l;

	assert_int_equal(rig_try_link(room, label, target, false), 0);
	l = hub_link(rig.hub, view_str(label));
	assert_non_null(l);
	AWAIT(l->state == LEG_JOINING);
	return l;
}

static inline struct leg *rig_link_up(struct room *room, const char *label,
				      const char *target)
{
	struct leg *l = rig_link(room, label, target);

	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	assert_int_equal(l->state, LEG_UP);
	return l;
}

static inline void rig_hear(struct leg *l, const char *nick, const char *text,
			    const char *id)
{
	struct hub_heard in = { .kind = MSG_TEXT };

	in.nick = view_str(nick);
	in.text = view_str(text);
	in.dedupe = view_str(id);
	hub_on_message(rig.hub, l->id, &in);
	rig_settle();
}

#endif
