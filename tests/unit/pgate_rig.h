/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole gateway to libpurple's networks with a real hub and store,
 * sessions that are none, and SIP users who only write down what they get.
 * Domain example.org, the gateway's gw.org; accounts are rows of pr.rows. A
 * session is called by its title: "XMPP alice@x.org".
 */
#ifndef CONFAB_PGATE_RIG_H
#define CONFAB_PGATE_RIG_H

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "consent.h"
#include "hub.h"
#include "purple/pgate_priv.h"
#include "session.h"
#include "test.h"

struct session {
	struct session_conf conf;
	char label[160];
	int state; /* 0 off, 1 starting, 2 up */
	unsigned starts;
	bool died, moved;
	struct buf settings;
	uint64_t tags[64];
	size_t tag_count;
	struct session *next;
};

struct prow {
	uint64_t id;
	const char *owner, *proto, *login;
	enum pgate_login policy;
	enum pgate_auth auth;
	bool disabled;
};

static struct {
	char dir[64];
	struct loop *loop;
	struct loop_waker *waker;
	struct store *store;
	struct hub *hub;
	struct pmap *map;
	struct pgate *gate;
	struct pgate_conf conf;    /* before pr_open(): what differs */
	const struct prow *rows;
	size_t row_count;
	bool secret_bad;
	struct presence_state alice; /* how she is */
	void (*fanout)(void *arg, struct room *room, struct msg *msg,
		       struct member *const *members, size_t count);
	void *fanout_arg;
	struct { uint64_t member, seq; } open[64];
	size_t open_count;
	struct buf sip, wire, notes;
	struct session *sessions;
	int start_err, send_err;
} pr;

/* ---- sessions ---- */

static inline const char *pr_verb(enum purp_verb verb)
{
	static const char *const name[PURP_VERBS] = {
		[PURP_SAY] = "SAY", [PURP_TYPING] = "TYPING",
		[PURP_STATUS] = "STATUS", [PURP_ADD] = "ADD",
		[PURP_REMOVE] = "REMOVE", [PURP_LOOK] = "LOOK",
		[PURP_ALLOW] = "ALLOW", [PURP_DENY] = "DENY",
		[PURP_ANSWER] = "ANSWER", [PURP_JOIN] = "JOIN",
		[PURP_PART] = "PART", [PURP_TOPIC] = "TOPIC",
		[PURP_WHO] = "WHO",
	};

	return name[verb] ? name[verb] : "?";
}

static inline void pr_field(const char *name, struct view v)
{
	if (!v.n)
		return;
	buf_addf(&pr.wire, " %s=", name);
	buf_addv(&pr.wire, v);
}

static inline void pr_write(const struct session *s, struct view parcel)
{
	struct purp p;

	assert_int_equal(purp_get(&p, parcel), 0);
	buf_addf(&pr.wire, "%s: %s", s->label, pr_verb(p.verb));
	if (p.kind)
		buf_addf(&pr.wire, " kind=%u", p.kind);
	if (p.number)
		buf_addf(&pr.wire, " number=%u", (unsigned)p.number);
	pr_field("who", p.who);
	pr_field("place", p.place);
	pr_field("other", p.other);
	pr_field("text", p.text);
	buf_addc(&pr.wire, '\n');
}

static inline struct session *pr_find(const char *label)
{
	struct session *s = pr.sessions;

	while (s && strcmp(s->label, label))
		s = s->next;
	return s;
}

static inline struct session *pr_session(const char *label)
{
	struct session *s = pr_find(label);

	assert_non_null(s);
	return s;
}

int session_settings(struct session *s, const struct bridge_setting *settings,
		     size_t count)
{
	buf_clear(&s->settings);
	for (size_t i = 0; i < count; i++)
		buf_addf(&s->settings, "%s=%s\n", settings[i].key,
			 settings[i].value);
	return 0;
}

int session_new(struct session **sp, const struct session_conf *conf)
{
	struct session *s = mem_zalloc(sizeof(*s));
	struct view owner, title;

	s->conf = *conf;
	view_cut(view_str(conf->label), ' ', &owner, &title);
	assert_true(view_starts(owner, VIEW("sip:")));
	view_copy(s->label, sizeof(s->label), title);
	s->next = pr.sessions;
	pr.sessions = s;
	*sp = s;
	return session_settings(s, conf->settings, conf->count);
}

int session_start(struct session *s)
{
	if (pr.start_err)
		return pr.start_err;
	if (s->state)
		return EALREADY;
	s->state = 1;
	s->starts++;
	s->died = s->moved = false;
	return 0;
}

void session_stop(struct session *s)
{
	s->state = 0;
	s->tag_count = 0;
}

int session_send(struct session *s, uint64_t tag, struct view parcel)
{
	if (!s->state)
		return ENOTCONN;
	if (pr.send_err)
		return pr.send_err;
	pr_write(s, parcel);
	if (tag) {
		assert_true(s->tag_count < 64);
		s->tags[s->tag_count++] = tag;
	}
	return 0;
}

bool session_worker_died(const struct session *s)
{
	return s->died;
}

bool session_moved(const struct session *s)
{
	return s->moved;
}

void session_free(struct session *s)
{
	struct session **p = &pr.sessions;

	if (!s)
		return;
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	buf_free(&s->settings);
	mem_free(s);
}

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
	pr.fanout = fanout;
	pr.fanout_arg = arg;
}

static inline void pr_line(const char *what, const struct addr *to,
			   const struct addr *from, struct view text)
{
	buf_adds(&pr.sip, what);
	buf_addv(&pr.sip, to->user);
	buf_adds(&pr.sip, " <- ");
	buf_addv(&pr.sip, view_from(from->text, 4));
	buf_adds(&pr.sip, ": ");
	buf_addv(&pr.sip, text);
	buf_addc(&pr.sip, '\n');
}

static inline void pr_sip_fanout(void *face, struct room *room,
				 struct msg *msg,
				 struct member *const *members, size_t count)
{
	(void)face;
	for (size_t i = 0; i < count; i++) {
		pr.open[pr.open_count].member = members[i]->id;
		pr.open[pr.open_count++].seq = msg->seq;
		assert_true(pr.open_count < 64);
		pr_line("", room->addr, msg->from, msg->text);
	}
}

static inline void pr_purple_fanout(void *face, struct room *room,
				    struct msg *msg,
				    struct member *const *members,
				    size_t count)
{
	(void)face;
	pr.fanout(pr.fanout_arg, room, msg, members, count);
}

static inline void pr_tell(void *face, struct room *room,
			   const struct addr *to, struct view text)
{
	(void)face;
	(void)room;
	(void)to;
	(void)text;
}

static inline int pr_face_start(void *face, struct hub *hub)
{
	(void)face;
	(void)hub;
	return 0;
}

static inline void pr_face_stop(void *face)
{
	(void)face;
}

/* ---- what imc and the presence agent do ---- */

static inline void pr_on_typing(struct addr *from, struct addr *user,
				enum gate_kind kind, struct view id,
				void *arg)
{
	(void)arg;
	pr_line(kind == GATE_TYPING ? "typing " : "idle ", user, from, id);
}

static inline void pr_on_tell(struct addr *from, struct addr *user,
			      struct view text, void *arg)
{
	(void)arg;
	pr_line("tell ", user, from, text);
}

static inline void pr_on_shown(struct addr *watcher, struct addr *target,
			       void *arg)
{
	struct presence_state p;
	const struct gateway *gw = hub_gateway(pr.hub, target->user,
					       target->host);

	(void)arg;
	if (!gw)
		gw = hub_gate_between(pr.hub, watcher, target->user,
				      target->host);
	assert_non_null(gw);
	if (!gw->ops->show(gw->gw, watcher, target, &p))
		pr_line("unknown ", watcher, target, VIEW_NONE);
	else
		pr_line(show_name(p.place[0].show), watcher, target,
			p.place[0].note);
}

static inline void pr_on_watch(struct addr *watcher, struct addr *target,
			       enum gate_watch state, void *arg)
{
	(void)arg;
	assert_true(state == GATE_WATCH_ACTIVE || state == GATE_WATCH_ANEW);
	pr_line(state == GATE_WATCH_ANEW ? "anew " : "active ", watcher,
		target, VIEW_NONE);
}

static inline void pr_presence_of(struct addr *user,
				  struct presence_state *out, void *arg)
{
	(void)arg;
	out->count = 0;
	if (view_eqs(user->user, "alice"))
		*out = pr.alice;
}

/* ---- accounts ---- */

static inline void pr_each(const struct addr *owner,
			   void (*h)(const struct pgate_account *a,
				     void *h_arg),
			   void *h_arg, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < pr.row_count; i++) {
		const struct prow *r = &pr.rows[i];
		const struct pgate_account a = {
			.id = r->id, .owner = view_str(r->owner),
			.proto = view_str(r->proto),
			.login = view_str(r->login), .policy = r->policy,
			.auth = r->auth, .enabled = !r->disabled,
		};

		if (!owner || view_eq(owner->text, a.owner))
			h(&a, h_arg);
	}
}

static inline int pr_secret(uint64_t id,
			    int (*use)(const struct bridge_setting *s,
				       size_t count, void *use_arg),
			    void *use_arg, struct buf *why, void *arg)
{
	const struct bridge_setting s[] = { { "password", "tops3cret" } };

	(void)id;
	(void)arg;
	if (pr.secret_bad)
		buf_adds(why, "the key is missing");
	return pr.secret_bad ? EACCES : use(s, 1, use_arg);
}

static inline void pr_note(uint64_t id, struct view error, void *arg)
{
	(void)arg;
	buf_addf(&pr.notes, "%u: ", (unsigned)id);
	buf_addv(&pr.notes, error);
	buf_addc(&pr.notes, '\n');
}

/* Sealed is what is written backwards. */
static inline int pr_turn(struct buf *out, struct view owner,
			  struct view place, struct view text, void *arg)
{
	(void)owner;
	(void)place;
	(void)arg;
	while (text.n)
		buf_addc(out, text.p[--text.n]);
	return 0;
}

static const struct pgate_accounts pr_accounts = {
	.each = pr_each, .open = pr_secret, .note = pr_note,
	.shut = pr_turn, .unshut = pr_turn,
};

/* ---- life ---- */

static inline void pr_wake(void *arg)
{
	(void)arg;
	loop_wake(pr.waker);
}

static inline void pr_on_wake(void *arg)
{
	(void)arg;
	store_dispatch(pr.store);
}

/* Until nothing happens any more at this time. */
static inline void pr_settle(void)
{
	struct store_stats st;
	int quiet = 0;

	for (int left = 3000; quiet < 3 && left > 0; left--) {
		loop_turn(pr.loop, quiet ? 0 : 1);
		store_stats(pr.store, &st);
		quiet = st.queued ? 0 : quiet + 1;
	}
	assert_int_equal(quiet, 3);
}

/* A timer that is due has its tick; those that it starts have theirs. */
static inline void pr_advance(uint64_t ms)
{
	clock_advance(ms + 10);
	loop_turn(pr.loop, 0);
	clock_advance(10);
	loop_turn(pr.loop, 0);
	pr_settle();
}

static inline void pr_gate(void)
{
	struct pgate_conf conf = pr.conf;
	struct buf why = { 0 };

	conf.loop = pr.loop;
	conf.hub = pr.hub;
	conf.store = pr.store;
	conf.map = pr.map;
	conf.accounts = &pr_accounts;
	conf.domain = "example.org";
	assert_int_equal(pgate_new(&pr.gate, &conf, &why), 0);
	buf_free(&why);
}

static inline void pr_open(const struct prow *rows, size_t count)
{
	static const struct face_ops sip = {
		.scheme = "sip", .caps = FACE_MEMBERS,
		.start = pr_face_start, .stop = pr_face_stop,
		.fanout = pr_sip_fanout, .tell = pr_tell,
	}, purple = {
		.scheme = "purple", .caps = FACE_MEMBERS | FACE_ECHO,
		.start = pr_face_start, .stop = pr_face_stop,
		.fanout = pr_purple_fanout, .tell = pr_tell,
	};
	const struct gate_listener listener = {
		.shown = pr_on_shown, .watch = pr_on_watch,
		.typing = pr_on_typing, .tell = pr_on_tell,
		.presence_of = pr_presence_of, .arg = &pr,
	};
	struct store_load load = { .visit = pgate_load_visit };
	struct hub_conf conf = { .domain = "example.org" };
	struct buf text = { 0 };
	char why[200] = "";

	pr.rows = rows;
	pr.row_count = count;
	assert_int_equal(loop_new(&pr.loop), 0);
	assert_int_equal(loop_waker(&pr.waker, pr.loop, pr_on_wake, NULL), 0);
	assert_int_equal(store_open(&pr.store, pr.dir, pr_wake, NULL, why,
				    sizeof(why)), 0);
	conf.loop = pr.loop;
	conf.store = pr.store;
	assert_int_equal(hub_new(&pr.hub, &conf), 0);
	assert_int_equal(pmap_new(&pr.map, VIEW("gw.org"), &text), 0);
	pr_gate();
	assert_int_equal(hub_add_face(pr.hub, &sip, &pr), 0);
	assert_int_equal(hub_add_face(pr.hub, &purple, &pr), 0);
	assert_int_equal(hub_listen_gates(pr.hub, &listener), 0);
	assert_int_equal(hub_load(pr.hub), 0);
	load.arg = pr.gate;
	assert_int_equal(store_load(pr.store, &load), 0);
	assert_int_equal(hub_start(pr.hub), 0);
	assert_int_equal(pgate_start(pr.gate), 0);
	pr_advance(0);
}

static inline void pr_close(void)
{
	pgate_stop(pr.gate);
	hub_stop(pr.hub);
	store_close(pr.store);
	hub_free(pr.hub);
	pgate_free(pr.gate);
	mem_deref(pr.map);
	loop_waker_free(pr.waker);
	loop_free(pr.loop);
	buf_free(&pr.sip);
	buf_free(&pr.wire);
	buf_free(&pr.notes);
	pr.open_count = 0;
	assert_null(pr.sessions);
}

static inline int pr_setup(void **state)
{
	memset(&pr, 0, sizeof(pr));
	clock_freeze(1000000, 1800000000000);
	view_copy(pr.dir, sizeof(pr.dir), VIEW("/tmp/t_pgate_XXXXXX"));
	return test_setup(state) || !mkdtemp(pr.dir);
}

static inline int pr_remove(const char *path, const struct stat *st, int flag,
			    struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int pr_teardown(void **state)
{
	clock_thaw();
	nftw(pr.dir, pr_remove, 8, FTW_DEPTH | FTW_PHYS);
	return test_teardown(state);
}

#define PGATE_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)

/* ---- what tests do ---- */

static inline struct addr *pr_addr(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static inline void pr_on_answer(const struct gate_answer *a, void *arg)
{
	struct addr *const *ends = arg;

	buf_addf(&pr.sip, "%d ", a->status);
	pr_line("", ends[0], ends[1], a->words);
}

/* from: a user of example.org; to: "user@host". All that follows is written
 * down. */
static inline void pr_send(const char *from, const char *to, const char *text,
			   enum gate_kind kind)
{
	struct addr *ends[2];
	struct buf a = { 0 }, b = { 0 };
	const struct gateway *gw;

	buf_addf(&a, "sip:%s@example.org", from);
	buf_addf(&b, "sip:%s", to);
	ends[0] = pr_addr(buf_str(&a));
	ends[1] = pr_addr(buf_str(&b));
	const struct gate_msg m = { .kind = kind, .from = ends[0],
				    .to = ends[1], .text = view_str(text) };

	gw = hub_gateway(pr.hub, ends[1]->user, ends[1]->host);
	if (!gw)
		gw = hub_gate_between(pr.hub, ends[0], ends[1]->user,
				      ends[1]->host);
	assert_non_null(gw);
	gw->ops->message(gw->gw, &m, pr_on_answer, ends);
	pr_settle();
	pr_advance(0);
	mem_deref(ends[0]);
	mem_deref(ends[1]);
	buf_free(&a);
	buf_free(&b);
}

static inline void sip_says(const char *from, const char *to,
			    const char *text)
{
	pr_send(from, to, text, GATE_TEXT);
}

static inline void pr_up(const char *label)
{
	struct session *s = pr_session(label);

	assert_int_equal(s->state, 1);
	s->state = 2;
	s->conf.uph(s, VIEW("me"), s->conf.arg);
	pr_advance(0);
}

static inline void pr_lost(const char *label, enum lost_why why,
			   const char *text)
{
	struct session *s = pr_session(label);

	assert_true(s->state > 0);
	s->state = 0;
	s->tag_count = 0;
	s->conf.losth(s, why, view_str(text), s->conf.arg);
	pr_advance(0);
}

static inline void pr_moved(const char *label)
{
	pr_session(label)->moved = true;
	pr_lost(label, LOST_NET, "a new worker takes over");
}

static inline void pr_died(const char *label)
{
	pr_session(label)->died = true;
	pr_lost(label, LOST_NET, "the worker died");
}

/* Comes up for this session. */
static inline void pr_in(const char *label, const struct purp *p)
{
	struct session *s = pr_session(label);
	struct buf b = { 0 };

	assert_true(s->state > 0);
	assert_int_equal(purp_put(&b, p), 0);
	s->conf.parcelh(s, buf_view(&b), s->conf.arg);
	buf_free(&b);
	pr_settle();
}

/* All that was sent and is to be told of has this fate. */
static inline void pr_sent(const char *label, int err, const char *text)
{
	struct session *s = pr_session(label);
	size_t n = s->tag_count;
	uint64_t tags[64];

	memcpy(tags, s->tags, sizeof(tags));
	s->tag_count = 0;
	for (size_t i = 0; i < n; i++)
		s->conf.senth(s, tags[i], err, view_str(text), s->conf.arg);
	pr_settle();
}

static inline void pr_take(void)
{
	while (pr.open_count) {
		const struct hub_answer a = { .member = pr.open[0].member,
					      .seq = pr.open[0].seq,
					      .status = 200 };

		memmove(pr.open, pr.open + 1,
			--pr.open_count * sizeof(pr.open[0]));
		hub_on_member_answered(pr.hub, &a);
		pr_settle();
	}
}

static inline void pr_present(const char *user, enum show show,
			      const char *note)
{
	struct presence_state p = { .count = show != SHOW_OFFLINE };
	struct buf b = { 0 };
	struct addr *a;

	p.place[0] = (struct presence_place){ .show = show,
					      .note = view_str(note) };
	buf_addf(&b, "sip:%s@example.org", user);
	a = pr_addr(buf_str(&b));
	hub_gate_presence(pr.hub, a, &p);
	pr_advance(0);
	mem_deref(a);
	buf_free(&b);
}

static inline const char *pr_state(uint64_t id)
{
	return pacct_state_name(pacct_find(pr.gate, id)->state);
}

static inline void assert_sip(const char *lines)
{
	assert_string_equal(buf_str(&pr.sip), lines);
	buf_clear(&pr.sip);
}

static inline void assert_wire(const char *lines)
{
	assert_string_equal(buf_str(&pr.wire), lines);
	buf_clear(&pr.wire);
}

#endif
