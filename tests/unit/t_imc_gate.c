/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SIP face and a gateway: what users send there, what comes from there. */
#include "test.h"

#include "clock.h"
#include "gateway.h"
#include "imc_rig.h"

#define CAROL "sip:carol*x.org@gw.example"
#define BOSS  "sip:chat-manager@confab.example"
#define SEEN_MAX 16

struct seen {
	enum gate_kind kind;
	char from[64], to[64], text[512], dedupe[256];
	char subject[128], lang[32], thread[64], id[64];
	bool receipt, notice;
	uint64_t hops, time_ms;
};

struct end {
	char from[64], to[64], text[64];
	enum gate_fate fate;
	int status;
};

static struct {
	struct seen seen[SEEN_MAX];
	struct end ends[SEEN_MAX];
	size_t count, nends, registered;
	bool here;
	char who[64];
	struct gate_answer answer; /* given at once, if it has a status */
	gate_answer_h *h;          /* else: by the test */
	void *arg;
} gw;

static struct rig rig;
static struct user alice, bob;

static bool op_has(void *arg, struct view user, struct view host)
{
	(void)arg;
	(void)user;
	return view_ieqs(host, "gw.example");
}

#define COPY(dst, v) assert_int_equal(view_copy(dst, sizeof(dst), v), 0)

static void op_message(void *arg, const struct gate_msg *m, gate_answer_h *h,
		       void *harg)
{
	struct seen *s = &gw.seen[gw.count++];

	(void)arg;
	assert_true(gw.count < SEEN_MAX);
	s->kind = m->kind;
	COPY(s->from, m->from->text);
	COPY(s->to, m->to->text);
	COPY(s->text, m->text);
	COPY(s->dedupe, m->dedupe);
	COPY(s->subject, m->meta.subject);
	COPY(s->lang, m->meta.lang);
	COPY(s->thread, m->meta.thread);
	COPY(s->id, m->meta.id);
	s->receipt = m->meta.receipt;
	s->notice = m->meta.notice;
	s->hops = m->meta.hops;
	s->time_ms = m->time_ms;
	gw.h = h;
	gw.arg = harg;
	if (gw.answer.status)
		h(&gw.answer, harg);
}

static void op_settled(void *arg, struct addr *to, const struct msg *m,
		       enum gate_fate fate, int status)
{
	struct end *e = &gw.ends[gw.nends++];

	(void)arg;
	assert_true(gw.nends < SEEN_MAX);
	COPY(e->from, m->from->text);
	COPY(e->to, to->text);
	COPY(e->text, m->text);
	e->fate = fate;
	e->status = status;
}

static void op_registered(void *arg, struct addr *user, bool here)
{
	(void)arg;
	gw.registered++;
	gw.here = here;
	COPY(gw.who, user->text);
}

static const struct gateway_ops ops = {
	.name = "xmpp",
	.has = op_has,
	.message = op_message,
	.settled = op_settled,
	.registered = op_registered,
};

static int setup(void **state)
{
	int err = test_setup(state);

	memset(&gw, 0, sizeof(gw));
	gw.answer.status = 202;
	rig_start(&rig, NULL);
	assert_int_equal(hub_add_gateway(rig.hub, &ops, &gw), 0);
	user_open(&rig, &alice, "sip:alice@confab.example");
	user_open(&rig, &bob, "sip:bob@confab.example");
	return err;
}

static int teardown(void **state)
{
	rig_stop(&rig);
	return test_teardown(state);
}

#define GATE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static int ask_as(struct user *u, const char *to, const char *headers,
		  const char *body)
{
	user_send_as(&rig, u, to, headers, body);
	RIG_AWAIT(&rig, u->status);
	return u->status;
}

static int ask(struct user *u, const char *to, const char *body)
{
	return user_ask(&rig, u, to, body);
}

/* He is known, and which device he has. */
static void appear(struct user *u, const char *headers)
{
	assert_int_equal(ask_as(u, BOSS, headers, ""), 200);
}

static struct addr *addr_of(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static void on_done(int err, void *arg)
{
	*(int *)arg = err ? err : -1;
}

/* The gateway has something for alice. */
static void say(const char *from, const char *text, const struct meta *meta)
{
	struct buf b = { 0 };
	struct hub_say words = { .text = view_str(text) };
	struct addr *to = addr_of("sip:alice@confab.example");
	int done = 0;

	words.from = addr_of(from);
	if (meta)
		meta_put(&b, meta);
	words.meta = buf_view(&b);
	assert_int_equal(hub_direct(rig.hub, to, &words, on_done, &done), 0);
	RIG_AWAIT(&rig, done);
	assert_int_equal(done, -1);
	mem_deref(words.from);
	mem_deref(to);
	buf_free(&b);
}

#define TEXT "Content-Type: text/plain\r\n"
#define CPIM "Content-Type: message/cpim\r\n"
#define NS   "NS: imdn <urn:ietf:params:imdn>\r\n"

/* ---- to the gateway ---- */

static void texts_are_passed_whole(void **state)
{
	struct seen *s = &gw.seen[0];

	(void)state;
	assert_int_equal(ask(&alice,
			     "sip:carol*x.org@GW.example:5070;gr=a;x=y",
			     "#help\nand more"), 202);
	assert_int_equal(gw.count, 1);
	assert_int_equal(s->kind, GATE_TEXT);
	assert_string_equal(s->text, "#help\nand more");
	assert_string_equal(s->from, "sip:alice@confab.example");
	assert_string_equal(s->to, CAROL);
	assert_int_equal(s->hops, 70);
	assert_true(*s->thread);
	assert_false(s->receipt);
	assert_int_equal(s->time_ms, 0);
	/* escapes stay */
	assert_int_equal(ask(&alice, "sip:a%25b*x.org@gw.example", "x"), 202);
	assert_string_equal(gw.seen[1].to, "sip:a%25b*x.org@gw.example");
	/* the same words again are told from others */
	assert_string_not_equal(gw.seen[1].dedupe, s->dedupe);
	rig_settle(&rig);
	assert_int_equal(got_unseen(&alice), 0);
}

static void the_answer_may_come_late(void **state)
{
	const struct gate_answer busy = { .status = 480, .retry_after = 30,
					  .words = VIEW("ERROR: Busy.") };

	(void)state;
	gw.answer.status = 0;
	user_send(&rig, &alice, CAROL, "hello");
	RIG_AWAIT(&rig, gw.count);
	rig_settle(&rig);
	assert_int_equal(alice.status, 0);
	gw.h(&busy, gw.arg);
	RIG_AWAIT(&rig, alice.status);
	assert_int_equal(alice.status, 480);
	assert_non_null(strstr(alice.reply, "\r\nRetry-After: 30\r\n"));
	RIG_AWAIT(&rig, alice.count);
	assert_non_null(strstr(got_last(&alice), "\r\nX-IM-Notice: 1\r\n"));
	assert_true(got_text(&alice, CAROL, "ERROR: Busy."));
	/* without a word where none is said */
	gw.answer.status = 404;
	assert_int_equal(ask(&alice, CAROL, "hello"), 404);
	assert_null(strstr(alice.reply, "Retry-After"));
	rig_settle(&rig);
	assert_int_equal(got_unseen(&alice), 0);
}

static void what_writes_by_itself_is_not_answered(void **state)
{
	(void)state;
	gw.answer.words = VIEW("noted");
	assert_int_equal(ask_as(&alice, CAROL, "X-IM-Notice: 1\r\n" TEXT,
				"I am away"), 202);
	assert_int_equal(gw.count, 1);
	assert_true(gw.seen[0].notice);
	assert_int_equal(ask_as(&alice, BOSS, "X-IM-Notice: 1\r\n" TEXT,
				"#nonsense"), 400);
	assert_int_equal(ask_as(&alice, BOSS, "X-IM-Notice: 1\r\n" TEXT,
				"#help"), 200);
	assert_int_equal(ask_as(&alice, "sip:nowhere@confab.example",
				"X-IM-Notice: 1\r\n" TEXT, "hello"), 404);
	rig_settle(&rig);
	assert_int_equal(got_unseen(&alice), 0);
}

static void contents_as_everywhere(void **state)
{
	(void)state;
	assert_int_equal(ask_as(&alice, CAROL, "Content-Type: text/html\r\n",
				"<p>one &amp; two</p>"), 202);
	assert_string_equal(gw.seen[0].text, "one & two");
	assert_int_equal(ask_as(&alice, CAROL,
				"Content-Type: text/plain;charset=latin1\r\n",
				"caf\xe9"), 202);
	assert_string_equal(gw.seen[1].text, "caf\xc3\xa9");
	assert_int_equal(ask_as(&alice, CAROL, "Content-Type: image/png\r\n",
				"x"), 415);
	assert_non_null(strstr(alice.reply, "\r\nAccept: text/plain"));
	assert_int_equal(ask_as(&alice, CAROL, CPIM, "broken"), 400);
	assert_int_equal(ask_as(&alice, CAROL, TEXT, ""), 200);
	assert_int_equal(gw.count, 2);
}

static void cpim_says_more(void **state)
{
	struct seen *s = &gw.seen[0];

	(void)state;
	assert_int_equal(ask_as(&alice, CAROL, "Subject: outside\r\n" CPIM,
				"From: Alice <im:alice@Confab.example>\r\n"
				"Subject: inside\r\n" NS
				"imdn.Message-ID: m-1\r\n"
				"imdn.Disposition-Notification: "
				"positive-delivery, display\r\n\r\n"
				"Content-Type: text/plain\r\n\r\nhello"),
			 202);
	assert_string_equal(s->text, "hello");
	assert_string_equal(s->subject, "inside");
	assert_string_equal(s->id, "m-1");
	assert_true(s->receipt);
	/* he says that he is somebody else */
	assert_int_equal(ask_as(&alice, CAROL, CPIM,
				"From: <sip:bob@confab.example>\r\n\r\n"
				"Content-Type: text/plain\r\n\r\nhello"),
			 403);
	assert_int_equal(ask_as(&alice, CAROL, CPIM,
				"From: <mailto:alice>\r\n\r\n"
				"Content-Type: text/plain\r\n\r\nhello"),
			 403);
	assert_int_equal(gw.count, 1);
}

static void headers_go_with_it(void **state)
{
	struct seen *s = &gw.seen[0];

	(void)state;
	assert_int_equal(ask_as(&alice, CAROL,
				"s: Lunch\r\n today\r\n"
				"Content-Language: de-AT, en\r\n"
				"Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n" TEXT,
				"x"), 202);
	assert_string_equal(s->lang, "de-AT");
	assert_non_null(strstr(s->subject, "Lunch"));
	assert_non_null(strstr(s->subject, " today"));
	assert_null(strpbrk(s->subject, "\r\n"));
	assert_int_equal(s->time_ms, UINT64_C(1289690940000));
	/* of a clock that is ahead nothing can be told; nor of nonsense */
	assert_int_equal(ask_as(&alice, CAROL,
				"Date: Sat, 13 Nov 2110 23:29:00 GMT\r\n"
				"Expires: 1\r\nSubject: \xff\r\n" TEXT, "x"),
			 202);
	assert_int_equal(gw.seen[1].time_ms, 0);
	assert_string_equal(gw.seen[1].subject, "");
	/* it was to be read long ago */
	assert_int_equal(ask_as(&alice, CAROL,
				"Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n"
				"Expires: 3600\r\n" TEXT, "x"), 480);
	assert_int_equal(gw.count, 2);
}

#define STATE(s) "<?xml version='1.0'?><isComposing><state>" s \
		 "</state></isComposing>"
#define TYPING "Content-Type: application/im-iscomposing+xml\r\n"
#define IMDN "Content-Type: message/imdn+xml\r\n"
#define REPORT(of, how) "<imdn><message-id>a&amp;1</message-id><" of "-" \
			"notification><status><" how "/></status></" of \
			"-notification></imdn>"

static void notices_are_passed(void **state)
{
	(void)state;
	gw.answer.status = 200;
	assert_int_equal(ask_as(&alice, CAROL, TYPING, STATE("active")), 200);
	assert_int_equal(ask_as(&alice, CAROL, TYPING, STATE("idle")), 200);
	assert_int_equal(gw.count, 2);
	assert_int_equal(gw.seen[0].kind, GATE_TYPING);
	assert_int_equal(gw.seen[1].kind, GATE_IDLE);
	/* one a second; that he has stopped always */
	assert_int_equal(ask_as(&alice, CAROL, TYPING, STATE("active")), 200);
	assert_int_equal(gw.count, 2);
	assert_int_equal(ask_as(&alice, CAROL, IMDN,
				REPORT("delivery", "delivered")), 200);
	assert_int_equal(gw.count, 3);
	assert_int_equal(gw.seen[2].kind, GATE_RECEIPT);
	assert_string_equal(gw.seen[2].id, "a&1");
	assert_string_equal(gw.seen[2].text, "");
	assert_int_equal(ask_as(&alice, CAROL, IMDN,
				REPORT("delivery", "failed")), 200);
	assert_int_equal(ask_as(&alice, CAROL, IMDN,
				REPORT("display", "displayed")), 200);
	assert_int_equal(ask_as(&alice, CAROL, IMDN, "delivered"), 200);
	assert_int_equal(gw.count, 3);
}

static void what_is_refused_before(void **state)
{
	struct user carol;

	(void)state;
	assert_int_equal(ask(&alice, "sips:carol*x.org@gw.example", "x"), 416);
	/* our own words came back */
	user_open(&rig, &carol, CAROL);
	assert_int_equal(ask(&carol, "sip:alice@confab.example", "x"), 482);
	assert_int_equal(ask(&carol, CAROL, "x"), 482);
	assert_int_equal(gw.count, 0);
	/* and other hosts are as before */
	assert_int_equal(ask(&alice, "sip:carol@other.example", "x"), 404);
}

static bool is_secret(struct view text, void *arg)
{
	(void)arg;
	return view_starts(text, VIEW("7777"));
}

static void on_secret(struct ask *a, struct view text, bool at_manager,
		      void *arg)
{
	(void)text;
	assert_false(at_manager);
	assert_string_equal(imc_ask_gate(a)->text.p, CAROL);
	++*(size_t *)arg;
	imc_ask_answer(a, 403, VIEW("not here"));
}

static void run_nothing(struct ask *a, struct view line, void *arg)
{
	(void)line;
	(void)arg;
	imc_ask_answer(a, 200, VIEW_NONE);
}

static void secrets_stay_here(void **state)
{
	size_t caught = 0;
	const struct imc_command cmd = {
		.name = "x", .usage = "", .help = "", .run = run_nothing,
		.is_secret = is_secret, .secreth = on_secret, .arg = &caught,
	};

	(void)state;
	assert_int_equal(imc_add_command(rig.imc, &cmd), 0);
	assert_int_equal(ask(&alice, CAROL, "7777 password"), 403);
	assert_int_equal(ask_as(&alice, CAROL, CPIM,
				"From: <sip:alice@confab.example>\r\n\r\n"
				"Content-Type: text/plain\r\n\r\n"
				"7777 password"), 403);
	assert_int_equal(caught, 2);
	assert_int_equal(gw.count, 0);
	rig_settle(&rig);
}

static void floods_end_here(void **state)
{
	struct imc_conf conf = rig_conf();

	(void)state;
	conf.quota.user_rate = 1;
	conf.quota.user_burst = 3;
	rig_restart(&rig, &conf);
	assert_int_equal(hub_add_gateway(rig.hub, &ops, &gw), 0);
	assert_int_equal(ask(&alice, CAROL, "one"), 202);
	assert_int_equal(ask_as(&alice, CAROL, TYPING, STATE("idle")), 202);
	assert_int_equal(ask_as(&alice, CAROL, IMDN,
				REPORT("delivery", "delivered")), 202);
	assert_int_equal(ask_as(&alice, CAROL, TYPING, STATE("idle")), 480);
	assert_int_equal(ask_as(&alice, CAROL, IMDN,
				REPORT("delivery", "delivered")), 480);
	rig_settle(&rig);
	assert_int_equal(alice.count, 0); /* of notices without a word */
	assert_int_equal(ask(&alice, CAROL, "two"), 480);
	assert_non_null(strstr(alice.reply, "\r\nRetry-After: "));
	assert_int_equal(gw.count, 3);
}

/* ---- from the gateway ---- */

static void a_text_from_there(void **state)
{
	const struct meta meta = { .subject = VIEW("Lunch"),
				   .lang = VIEW("de"),
				   .thread = VIEW("t") };

	(void)state;
	appear(&alice, TEXT);
	say(CAROL, "/me waves\n#help", &meta);
	RIG_AWAIT(&rig, gw.nends);
	assert_non_null(strstr(got_last(&alice), "\r\nSubject: Lunch\r\n"));
	assert_non_null(strstr(got_last(&alice),
			       "\r\nContent-Language: de\r\n"));
	assert_non_null(strstr(got_last(&alice), "\r\nDate: "));
	assert_null(strstr(got_last(&alice), "X-IM-Notice"));
	assert_true(got_text(&alice, CAROL, "/me waves\n#help"));
	assert_int_equal(gw.ends[0].fate, GATE_DELIVERED);
	assert_int_equal(gw.ends[0].status, 200);
	assert_string_equal(gw.ends[0].to, "sip:alice@confab.example");
	/* what nobody wrote there is marked here */
	say(CAROL, "away", &(struct meta){ .notice = true });
	RIG_AWAIT(&rig, gw.nends == 2);
	assert_non_null(strstr(got_last(&alice), "\r\nX-IM-Notice: 1\r\n"));
	/* a language that is none, a subject that is long */
	say(CAROL, "x", &(struct meta){ .subject = VIEW("a\tb"),
					.lang = VIEW("de\"x") });
	RIG_AWAIT(&rig, gw.nends == 3);
	assert_null(strstr(got_last(&alice), "Subject"));
	assert_null(strstr(got_last(&alice), "Content-Language"));
}

static void his_device_refuses_it(void **state)
{
	(void)state;
	appear(&alice, TEXT);
	alice.answer = 603;
	say(CAROL, "hello", NULL);
	RIG_AWAIT(&rig, gw.nends);
	assert_int_equal(gw.ends[0].fate, GATE_REFUSED);
	assert_int_equal(gw.ends[0].status, 603);
	rig_settle(&rig);
	assert_int_equal(gw.count, 0); /* nobody writes to him */
}

static void the_device_tells_that_it_is_there(void **state)
{
	const struct meta meta = { .id = VIEW("id-1"), .receipt = true };

	(void)state;
	appear(&alice, "Accept: text/plain, message/cpim, message/imdn+xml"
		       "\r\n" TEXT);
	say(CAROL, "hello", &meta);
	RIG_AWAIT(&rig, gw.nends);
	/* so the 200 does not count as that */
	assert_int_equal(gw.ends[0].status, 202);
	assert_non_null(strstr(got_last(&alice), CPIM));
	assert_non_null(strstr(got_last(&alice), "imdn.Message-ID: id-1\r\n"
			       "imdn.Disposition-Notification: "
			       "positive-delivery\r\n"));
	/* he who is not asked for it gets it as ever */
	say(CAROL, "again", NULL);
	RIG_AWAIT(&rig, gw.nends == 2);
	assert_int_equal(gw.ends[1].status, 200);
	assert_true(got_text(&alice, CAROL, "again"));
	/* an id that can't stand there */
	say(CAROL, "odd", &(struct meta){ .id = VIEW("a b"),
					  .receipt = true });
	RIG_AWAIT(&rig, gw.nends == 3);
	assert_int_equal(gw.ends[2].status, 200);
	assert_true(got_text(&alice, CAROL, "odd"));
}

static void a_device_that_does_not(void **state)
{
	const struct meta meta = { .id = VIEW("id-1"), .receipt = true };

	(void)state;
	appear(&alice, TEXT);
	say(CAROL, "hello", &meta);
	RIG_AWAIT(&rig, gw.nends);
	assert_int_equal(gw.ends[0].status, 200);
	assert_true(got_text(&alice, CAROL, "hello"));
}

static void notices_from_there(void **state)
{
	struct addr *carol = addr_of(CAROL);
	struct addr *to = addr_of("sip:alice@confab.example");

	(void)state;
	appear(&alice, TEXT);
	hub_gate_typing(rig.hub, carol, to, GATE_TYPING, VIEW_NONE);
	hub_gate_typing(rig.hub, carol, to, GATE_RECEIPT, VIEW("1"));
	rig_settle(&rig);
	assert_int_equal(alice.count, 0); /* she takes nothing of that */
	appear(&alice, "Accept: text/plain, message/imdn+xml, "
		       "application/im-iscomposing+xml\r\n" TEXT);
	hub_gate_typing(rig.hub, carol, to, GATE_TYPING, VIEW_NONE);
	RIG_AWAIT(&rig, alice.count == 1);
	assert_non_null(strstr(got_last(&alice), TYPING));
	assert_non_null(strstr(got_last(&alice), "<state>active</state>"));
	hub_gate_typing(rig.hub, carol, to, GATE_IDLE, VIEW_NONE);
	RIG_AWAIT(&rig, alice.count == 2);
	assert_non_null(strstr(got_last(&alice), "<state>idle</state>"));
	hub_gate_typing(rig.hub, carol, to, GATE_RECEIPT, VIEW("<1>"));
	RIG_AWAIT(&rig, alice.count == 3);
	assert_non_null(strstr(got_last(&alice), CPIM));
	assert_non_null(strstr(got_last(&alice),
			       "<message-id>&lt;1&gt;</message-id>"));
	/* refused once, not sent again */
	alice.answer = 415;
	hub_gate_typing(rig.hub, carol, to, GATE_RECEIPT, VIEW("2"));
	RIG_AWAIT(&rig, alice.count == 4);
	rig_settle(&rig);
	hub_gate_typing(rig.hub, carol, to, GATE_RECEIPT, VIEW("3"));
	rig_settle(&rig);
	assert_int_equal(alice.count, 4);
	mem_deref(carol);
	mem_deref(to);
}

static void lines_from_there(void **state)
{
	struct addr *carol = addr_of(CAROL);
	struct addr *to = addr_of("sip:alice@confab.example");
	struct addr *far = addr_of("sip:zoe@confab.example");

	(void)state;
	appear(&alice, TEXT);
	hub_gate_tell(rig.hub, carol, to, VIEW("ERROR:\x01 gone"));
	RIG_AWAIT(&rig, alice.count);
	assert_non_null(strstr(got_last(&alice), "\r\nX-IM-Notice: 1\r\n"));
	assert_non_null(strstr(got_last(&alice), "ERROR:"));
	assert_null(strchr(got_last(&alice), '\x01'));
	hub_gate_tell(rig.hub, carol, to, VIEW("\x01\n"));
	hub_gate_tell(rig.hub, carol, far, VIEW("nobody"));
	rig_settle(&rig);
	assert_int_equal(alice.count, 1);
	assert_true(hub_gate_knows(rig.hub, to));
	assert_false(hub_gate_knows(rig.hub, far));
	assert_false(hub_gate_knows(rig.hub, carol));
	mem_deref(carol);
	mem_deref(to);
	mem_deref(far);
}

static void he_has_blocked_it(void **state)
{
	struct addr *carol = addr_of(CAROL);
	struct addr *to = addr_of("sip:alice@confab.example");

	(void)state;
	appear(&alice, "Accept: text/plain, application/im-iscomposing+xml"
		       "\r\n" TEXT);
	assert_int_equal(ask(&alice, BOSS, "#block carol*x.org@gw.example"),
			 200);
	RIG_AWAIT(&rig, alice.count);
	say(CAROL, "hello", NULL);
	RIG_AWAIT(&rig, gw.nends);
	assert_int_equal(gw.ends[0].fate, GATE_REFUSED);
	assert_int_equal(gw.ends[0].status, 403);
	hub_gate_typing(rig.hub, carol, to, GATE_TYPING, VIEW_NONE);
	hub_gate_tell(rig.hub, carol, to, VIEW("x"));
	rig_settle(&rig);
	assert_int_equal(alice.count, 1);
	/* and others are not concerned */
	say("sip:dan*x.org@gw.example", "hello", NULL);
	RIG_AWAIT(&rig, alice.count == 2);
	mem_deref(carol);
	mem_deref(to);
}

/* ---- who is here ---- */

static void set_device(const char *flow_text, bool there)
{
	struct location *l = imc_location(rig.imc);
	struct location_change *c =
		location_begin(l, VIEW("sip:dora@confab.example"));
	const struct contact contact = { .uri = VIEW("sip:d@127.0.0.1"),
					 .call_id = VIEW("c") };
	struct binding *b[LOCATION_BINDINGS + 1];
	struct sip_flow flow;
	int done = 0;

	assert_int_equal(sip_flow_parse(&flow, view_str(flow_text)), 0);
	assert_int_equal(location_all(l, VIEW("sip:dora@confab.example"), b),
			 !there);
	if (there)
		location_bind(c, &contact, &flow, wall_ms() + 3600 * 1000);
	else
		location_unbind(c, b[0]->id);
	location_commit(c, on_done, &done);
	RIG_AWAIT(&rig, done);
	rig_settle(&rig);
}

static void who_comes_and_goes(void **state)
{
	(void)state;
	appear(&alice, TEXT); /* heard, but not registered */
	rig_settle(&rig);
	assert_int_equal(gw.registered, 0);
	set_device("udp:127.0.0.1:9", true);
	assert_int_equal(gw.registered, 1);
	assert_true(gw.here);
	assert_string_equal(gw.who, "sip:dora@confab.example");
	rig_restart(&rig, NULL);
	assert_int_equal(hub_add_gateway(rig.hub, &ops, &gw), 0);
	rig_settle(&rig);
	assert_int_equal(gw.registered, 2); /* she is there from the start */
	assert_true(gw.here);
	set_device("udp:127.0.0.1:9", false);
	assert_int_equal(gw.registered, 3);
	assert_false(gw.here);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(texts_are_passed_whole),
		GATE_TEST(the_answer_may_come_late),
		GATE_TEST(what_writes_by_itself_is_not_answered),
		GATE_TEST(contents_as_everywhere),
		GATE_TEST(cpim_says_more),
		GATE_TEST(headers_go_with_it),
		GATE_TEST(notices_are_passed),
		GATE_TEST(what_is_refused_before),
		GATE_TEST(secrets_stay_here),
		GATE_TEST(floods_end_here),
		GATE_TEST(a_text_from_there),
		GATE_TEST(his_device_refuses_it),
		GATE_TEST(the_device_tells_that_it_is_there),
		GATE_TEST(a_device_that_does_not),
		GATE_TEST(notices_from_there),
		GATE_TEST(lines_from_there),
		GATE_TEST(he_has_blocked_it),
		GATE_TEST(who_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
