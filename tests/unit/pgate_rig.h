/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole gateway to libpurple's networks on gates_rig.h, with sessions that
 * are none; accounts are rows of pr.rows. A session is called by its title:
 * "XMPP alice@x.org".
 */
#ifndef CONFAB_PGATE_RIG_H
#define CONFAB_PGATE_RIG_H

#include "consent.h"
#include "gates_rig.h"
#include "purple/pgate_priv.h"
#include "session.h"

struct session {
	struct session_conf conf;
	char label[160], owner[160];
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
	bool disabled, claimed;
};

static struct {
	struct pmap *map;
	struct pgate *gate;
	struct pgate_conf conf;    /* before pr_open(): what differs */
	const struct prow *rows;
	size_t row_count;
	bool secret_bad;
	struct presence_state alice; /* how she is */
	struct buf wire;
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
	view_copy(s->owner, sizeof(s->owner), owner);
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

/* ---- what imc and the presence agent do ---- */

static inline void pr_on_shown(struct addr *watcher, struct addr *target,
			       void *arg)
{
	struct presence_state p;
	const struct gateway *gw = hub_gateway(gr.hub, target->user,
					       target->host);

	(void)arg;
	if (!gw)
		gw = hub_gate_between(gr.hub, watcher, target->user,
				      target->host);
	assert_non_null(gw);
	if (!gw->ops->show(gw->gw, watcher, target, &p))
		gr_line("unknown ", watcher, target, VIEW_NONE);
	else
		gr_line(p.place[0].idle ? "idle" :
					  show_name(p.place[0].show),
			watcher, target, p.place[0].note);
}

static inline void pr_on_watch(struct addr *watcher, struct addr *target,
			       enum gate_watch state, void *arg)
{
	(void)arg;
	assert_true(state == GATE_WATCH_ACTIVE || state == GATE_WATCH_ANEW);
	gr_line(state == GATE_WATCH_ANEW ? "anew " : "active ", watcher,
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
			.claimed = r->claimed,
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

static const struct pgate_accounts pr_accounts = {
	.each = pr_each, .open = pr_secret, .note = gr_note,
	.shut = gr_turn, .unshut = gr_turn,
};

/* ---- life ---- */

/* A timer that is due has its tick; those that it starts have theirs. */
static inline void pr_advance(uint64_t ms)
{
	clock_advance(ms + 10);
	loop_turn(gr.loop, 0);
	clock_advance(10);
	loop_turn(gr.loop, 0);
	gr_settle();
}

static inline void pr_tick(void)
{
	pr_advance(0);
}

static inline void pr_gate(void)
{
	struct pgate_conf conf = pr.conf;
	struct buf why = { 0 };

	conf.loop = gr.loop;
	conf.hub = gr.hub;
	conf.store = gr.store;
	conf.map = pr.map;
	conf.accounts = &pr_accounts;
	conf.domain = "example.org";
	assert_int_equal(pgate_new(&pr.gate, &conf, &why), 0);
	buf_free(&why);
}

static inline void pr_open(const struct prow *rows, size_t count)
{
	static const struct face_ops purple = {
		.scheme = "purple", .caps = FACE_MEMBERS | FACE_ECHO,
		.start = gr_face_start, .stop = gr_face_stop,
		.fanout = gr_fanout, .tell = gr_tell,
	};
	const struct gate_listener listener = {
		.shown = pr_on_shown, .watch = pr_on_watch,
		.typing = gr_on_typing, .tell = gr_on_tell,
		.presence_of = pr_presence_of, .arg = &pr,
	};
	struct store_load load = { .visit = pgate_load_visit,
				   .kept = pgate_load_kept };
	struct buf text = { 0 };

	pr.rows = rows;
	pr.row_count = count;
	gr.whole = true;
	gr.after = pr_tick;
	gr_hub_open();
	assert_int_equal(pmap_new(&pr.map, VIEW("gw.org"), &text), 0);
	pr_gate();
	load.arg = pr.gate;
	gr_hub_start(&purple, &listener, &load);
	assert_int_equal(pgate_start(pr.gate), 0);
	pr_advance(0);
}

static inline void pr_close(void)
{
	pgate_stop(pr.gate);
	gr_hub_stop();
	pgate_free(pr.gate);
	mem_deref(pr.map);
	gr_hub_close();
	buf_free(&pr.wire);
	assert_null(pr.sessions);
}

static inline int pr_setup(void **state)
{
	memset(&pr, 0, sizeof(pr));
	return gr_setup(state);
}

#define PGATE_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, pr_setup, gr_teardown)

/* ---- what tests do ---- */

static inline void pr_send(const char *from, const char *to, const char *text,
			   enum gate_kind kind)
{
	gr_send(&(struct gr_say){
		.from = from, .to = to, .text = text, .kind = kind });
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
	gr_settle();
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
	gr_settle();
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
	a = gr_addr(buf_str(&b));
	hub_gate_presence(gr.hub, a, &p);
	pr_advance(0);
	mem_deref(a);
	buf_free(&b);
}

static inline const char *pr_state(uint64_t id)
{
	return pacct_state_name(pacct_find(pr.gate, id)->state);
}

static inline void assert_wire(const char *lines)
{
	assert_string_equal(buf_str(&pr.wire), lines);
	buf_clear(&pr.wire);
}

#endif
