/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gateway to libpurple's networks: accounts, talks, presence, questions
 * and rooms, without a worker. */
#include "pgate_rig.h"

#define X "XMPP alice@x.org"
#define CAROL "carol%40x.org@xmpp.gw.org"

static const struct prow one[] = {
	{ .id = 3, .owner = "sip:alice@example.org", .proto = "prpl-jabber",
	  .login = "Alice@x.org/sip", .policy = PGATE_PRESENCE },
};

/* Alice has published, and is online there. */
static void open_up(void)
{
	pr_open(one, 1);
	pr_present("alice", SHOW_ONLINE, "");
	pr_up(X);
	buf_clear(&pr.wire);
}

static enum gate_watch watch(const char *target, bool once)
{
	struct addr *who = gr_addr("sip:alice@example.org");
	struct addr *to = gr_addr(target);
	const struct gateway *gw = hub_gateway(gr.hub, to->user, to->host);
	enum gate_watch w = GATE_WATCH_NOWHERE;

	if (!gw)
		gw = hub_gate_between(gr.hub, who, to->user, to->host);
	if (gw)
		w = gw->ops->watch(gw->gw, who, to, once);

	pr_advance(0);
	mem_deref(who);
	mem_deref(to);
	return w;
}

/* ---- logins ---- */

static void reasons_bring_it_online(void **state)
{
	(void)state;
	pr_open(one, 1);
	assert_string_equal(pr_state(3), "offline");
	pr_present("alice", SHOW_AWAY, "lunch & <coffee>");
	assert_string_equal(pr_state(3), "connecting");
	assert_string_equal(buf_str(&pr_session(X)->settings),
			    "password=tops3cret\n");
	pr.alice.count = 1;
	pr.alice.place[0].show = SHOW_AWAY;
	pr_up(X);
	assert_string_equal(pr_state(3), "online");
	assert_wire(X ": STATUS kind=2\n");
	/* a refresh is no second reason */
	pr_present("alice", SHOW_DND, "busy");
	pr_present("alice", SHOW_DND, "busy");
	assert_wire(X ": STATUS kind=4 text=busy\n"
		    X ": STATUS kind=4 text=busy\n");
	pr_present("alice", SHOW_OFFLINE, "");
	pr_advance(59000);
	assert_string_equal(pr_state(3), "online");
	pr_advance(1100);
	assert_string_equal(pr_state(3), "offline");
	assert_int_equal(pr_session(X)->state, 0);
	pr_close();
}

static void losses_are_tried_later_and_later(void **state)
{
	(void)state;
	open_up();
	pr_lost(X, LOST_NET, "broke");
	assert_string_equal(pr_state(3), "backoff");
	pr_advance(3900);
	assert_int_equal(pr_session(X)->state, 0);
	pr_advance(2200);
	assert_string_equal(pr_state(3), "connecting");
	pr_lost(X, LOST_NET, "broke");
	pr_advance(7900);
	assert_string_equal(pr_state(3), "backoff");
	pr_advance(4200);
	pr_up(X);
	assert_string_equal(pr_state(3), "online");
	pr_close();
}

static void a_bad_password_is_told_once(void **state)
{
	struct buf why = { 0 };

	(void)state;
	pr_open(one, 1);
	pr_present("alice", SHOW_ONLINE, "");
	pr_lost(X, LOST_AUTH, "Incorrect username or password");
	assert_string_equal(pr_state(3), "failed");
	assert_sip("tell alice <- purple@gw.org: ERROR: XMPP alice@x.org: "
		   "login failed: Incorrect username or password\n");
	pr_advance(3600 * 1000);
	assert_string_equal(pr_state(3), "failed");
	sip_says("alice", CAROL, "hello?");
	assert_sip("480 alice <- " CAROL ": ERROR: Your message was not "
		   "sent. XMPP login failed: Incorrect username or "
		   "password\n");
	/* a new password begins anew */
	pgate_account_changed(pr.gate, 3);
	pr_advance(0);
	assert_string_equal(pr_state(3), "connecting");
	pr_lost(X, LOST_AUTH, "no");
	assert_int_equal(pgate_login_now(pr.gate, 3, &why), 0);
	pr_advance(0);
	assert_string_equal(pr_state(3), "connecting");
	assert_int_equal(pgate_login_now(pr.gate, 4, &why), ENOENT);
	buf_free(&why);
	pr_close();
}

static void what_kills_workers_is_parked(void **state)
{
	(void)state;
	pr_open(one, 1);
	pr_present("alice", SHOW_ONLINE, "");
	assert_false(pr_session(X)->conf.alone);
	pr_died(X);
	pr_advance(7000);
	assert_true(pr_session(X)->conf.alone);
	pr_died(X);
	pr_advance(13000);
	assert_string_equal(pr_state(3), "connecting");
	pr_died(X);
	assert_string_equal(pr_state(3), "failed");
	pr_close();
}

/* A server that lets its account in and kills the worker then takes all with
 * it that are there: they are parted, until only it is left. */
static void what_kills_workers_later_is_found(void **state)
{
	(void)state;
	open_up();
	for (int i = 1; i <= 6; i++) {
		pr_died(X);
		pr_advance(7000);
		assert_int_equal(pr_session(X)->conf.any, i >= 2 && i < 5);
		assert_int_equal(pr_session(X)->conf.alone, i >= 5);
		pr_up(X);
		pr_advance(1000);
	}
	pr_died(X);
	assert_string_equal(pr_state(3), "failed");
	sip_says("alice", "xmpp.gw.org", ":online");
	pr_advance(100);
	assert_false(pr_session(X)->conf.alone);
	assert_false(pr_session(X)->conf.any);
	pr_close();
}

static void a_worker_lost_is_none_of_its_fault(void **state)
{
	(void)state;
	open_up();
	for (int i = 0; i < 5; i++) {
		pr_died(X);
		pr_advance(400 * 1000);
		pr_up(X);
		pr_advance(61000);
	}
	assert_string_equal(pr_state(3), "online");
	pr_close();
}

static void another_worker_is_no_trouble(void **state)
{
	(void)state;
	open_up();
	for (int i = 0; i < 3; i++) {
		pr_moved(X);
		pr_advance(1000);
		assert_string_equal(pr_state(3), "connecting");
		if (i % 2) /* amid its login, too */
			pr_up(X);
	}
	pr_up(X);
	/* Workers that do nothing else are no better than those that die. */
	pr_moved(X);
	assert_string_equal(pr_state(3), "backoff");
	pr_advance(7000);
	pr_up(X);
	assert_string_equal(pr_state(3), "online");
	assert_sip("");
	pr_close();
}

static void only_so_many_log_in_at_once(void **state)
{
	struct prow rows[20];
	char text[20][2][40];
	int starting = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(text[i][0], 40, "sip:u%d@example.org", i);
		snprintf(text[i][1], 40, "u%d@x.org", i);
		rows[i] = (struct prow){ .id = (uint64_t)i + 1,
					 .owner = text[i][0],
					 .proto = "gtalk",
					 .login = text[i][1],
					 .policy = PGATE_ALWAYS };
	}
	pr_open(rows, 20);
	for (int i = 0; i < 20; i++)
		starting += !strcmp(pr_state((uint64_t)i + 1), "connecting");
	assert_int_equal(starting, 5);
	pr_advance(1000);
	pr_advance(1000);
	pr_advance(1000);
	pr_advance(1000);
	assert_int_equal(pr.gate->connecting, 10);
	pr_up("XMPP u0@x.org");
	pr_advance(1000);
	assert_int_equal(pr.gate->connecting, 10);
	assert_string_equal(pr_state(12), "queued");
	/* nobody waits while another one is asked for a code */
	pr_in("XMPP u10@x.org", &(struct purp){ .verb = PURP_QUESTION,
						.number = 1,
						.text = VIEW("Code?") });
	pr_advance(1000);
	assert_string_equal(pr_state(11), "connecting");
	assert_string_equal(pr_state(12), "connecting");
	assert_int_equal(pr.gate->connecting, 10);
	pr_up("XMPP u10@x.org");
	assert_int_equal(pr.gate->connecting, 10);
	pr_advance(76000);
	assert_string_equal(pr_state(2), "backoff");
	pr_close();
}

static void dead_networks_are_named(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "prpl-msn-pecan", .login = "alice@live.com",
		  .policy = PGATE_ALWAYS },
		{ .id = 2, .owner = "sip:alice@example.org",
		  .proto = "gtalk", .login = "alice@gmail.com",
		  .policy = PGATE_ALWAYS },
		{ .id = 3, .owner = "sip:alice@example.org",
		  .proto = "prpl-jabber", .login = "alice@x.org",
		  .policy = PGATE_MANUAL },
		{ .id = 4, .owner = "sip:bob@example.org",
		  .proto = "gtalk", .login = "ALICE@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 5, .owner = "sip:bob@example.org",
		  .proto = "prpl-irc", .login = "bob@irc.x.org",
		  .disabled = true },
	};
	struct buf out = { 0 };
	struct sink s = sink_buf(&out);

	(void)state;
	pr_open(rows, 5);
	assert_int_equal(pgate_status(pr.gate, &s), 0);
	assert_string_equal(
		buf_str(&out),
		"1 sip:alice@example.org prpl-msn-pecan alice@live.com: "
		"unsupported: MSN was closed in 2014\n"
		"2 sip:alice@example.org prpl-jabber alice@gmail.com: "
		"unsupported: Google Talk was closed in 2022\n"
		"3 sip:alice@example.org prpl-jabber alice@x.org: offline\n"
		"4 sip:bob@example.org prpl-jabber alice@x.org: "
		"unsupported: another user has this account\n"
		"5 sip:bob@example.org prpl-irc bob@irc.x.org: disabled\n");
	assert_null(pr.sessions);
	buf_free(&out);
	pr_close();
}

static void of_two_with_one_account_the_older_has_it(void **state)
{
	static const struct prow newer[] = {
		{ .id = 5, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
	}, all[] = {
		{ .id = 4, .owner = "sip:alice@example.org",
		  .proto = "prpl-jabber", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 5, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
	};

	(void)state;
	pr_open(newer, 1);
	pr_up(X);
	pr.rows = all;
	pr.row_count = 2;
	pgate_account_changed(pr.gate, 4);
	assert_string_equal(pr_state(5), "unsupported");
	assert_string_equal(pr_state(4), "queued");
	pr.rows = newer;
	pr.row_count = 1;
	pgate_account_changed(pr.gate, 4);
	pr_advance(1000);
	assert_string_equal(pr_state(5), "connecting");
	pr_close();
}

static void other_policies_log_nobody_out(void **state)
{
	static const struct prow always[] = {
		{ .id = 3, .owner = "sip:alice@example.org",
		  .proto = "prpl-jabber", .login = "Alice@x.org/sip",
		  .policy = PGATE_ALWAYS },
	}, manual[] = {
		{ .id = 3, .owner = "sip:alice@example.org",
		  .proto = "prpl-jabber", .login = "Alice@x.org/sip",
		  .policy = PGATE_MANUAL },
	};
	struct pgate_conf conf;

	(void)state;
	open_up();
	conf = pr.gate->conf;
	conf.domain = "example.org";
	pr.rows = always;
	pgate_reconf(pr.gate, &conf);
	pr_present("alice", SHOW_OFFLINE, "");
	pr_advance(70000);
	assert_string_equal(pr_state(3), "online");
	assert_int_equal(pr_session(X)->starts, 1);
	pr.rows = manual;
	pgate_reconf(pr.gate, &conf);
	pr_advance(70000);
	assert_string_equal(pr_state(3), "offline");
	sip_says("alice", CAROL, "hi");
	assert_sip("480 alice <- " CAROL ": ERROR: Your message was not "
		   "sent. You are offline there: write :online first\n");
	sip_says("alice", "xmpp.gw.org", ":online");
	assert_string_equal(pr_state(3), "connecting");
	pr_close();
}

/* ---- from one to one ---- */

static size_t lines_with(const char *words)
{
	const char *at = gr.sip.n ? buf_str(&gr.sip) : "";
	size_t count = 0;

	while ((at = strstr(at, words))) {
		count++;
		at++;
	}
	return count;
}

static void flood(const struct purp *a, const struct purp *b)
{
	struct session *s = pr_session(X);
	struct buf first = { 0 }, next = { 0 };

	assert_int_equal(purp_put(&first, a), 0);
	assert_int_equal(purp_put(&next, b), 0);
	for (int i = 0; i < 500; i++) {
		s->conf.parcelh(s, buf_view(&first), s->conf.arg);
		s->conf.parcelh(s, buf_view(&next), s->conf.arg);
	}
	gr_settle();
	buf_free(&first);
	buf_free(&next);
}

/* A phone has no use for a thousand lines a second, whoever sends them. */
static void a_loud_network_is_turned_down(void **state)
{
	const struct view place = VIEW("lobby@rooms.x.org");
	const struct purp topic = { .verb = PURP_TOPIC_IS, .place = place,
				    .text = VIEW("tea") };
	const struct purp ask = { .verb = PURP_QUESTION, .number = 7,
				  .text = VIEW("a code") };
	const struct purp over = { .verb = PURP_QUESTION_OVER, .number = 7 };
	const struct purp types = { .verb = PURP_IS_TYPING, .kind = 1,
				    .who = VIEW("carol@x.org") };
	const struct purp rests = { .verb = PURP_IS_TYPING,
				    .who = VIEW("carol@x.org") };

	(void)state;
	open_up();
	sip_says("alice", "lobby%40rooms.x.org@xmpp.gw.org", ":join");
	buf_clear(&gr.sip);
	flood(&topic, &topic);
	assert_in_range(lines_with("tell "), 10, 100);
	pr_advance(60000);
	buf_clear(&gr.sip);
	flood(&ask, &over);
	assert_in_range(lines_with("tell "), 10, 100);
	flood(&types, &rests);
	assert_in_range(lines_with("typing "), 5, 50);
	/* and later all is well again */
	pr_advance(60000);
	buf_clear(&gr.sip);
	pr_in(X, &topic);
	pr_in(X, &types);
	assert_int_equal(lines_with("tell "), 1);
	assert_int_equal(lines_with("typing "), 1);
	pr_close();
}

/* One who floods is told so, and takes nobody else's turn. */
static void who_floods_is_not_heard_for_a_while(void **state)
{
	const struct purp p = { .verb = PURP_HEARD,
				.who = VIEW("eve@x.org"),
				.text = VIEW("spam") };

	(void)state;
	open_up();
	flood(&p, &p);
	assert_in_range(lines_with("spam"), 1, 8); /* the others wait */
	while (gr.open_count)
		sip_takes(200);
	assert_in_range(lines_with("spam"), 40, 120);
	assert_int_equal(lines_with("some of it is lost"), 1);
	assert_wire(X ": SAY who=eve@x.org text=Your message was not "
		    "delivered: too much waits for its reader. Try again "
		    "later.\n");
	buf_clear(&gr.sip);
	pr_in(X, &(struct purp){ .verb = PURP_HEARD,
				 .who = VIEW("carol@x.org"),
				 .text = VIEW("hi") });
	assert_sip("alice <- " CAROL ": hi\n");
	sip_takes(200);
	pr_close();
}

static void texts_go_both_ways(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", CAROL, "<&\"> \xf0\x9f\x98\x80\nline two");
	assert_sip("202 alice <- " CAROL ": \n");
	assert_wire(X ": SAY who=carol@x.org text=<&\"> \xf0\x9f\x98\x80\n"
		    "line two\n");
	pr_sent(X, 0, "");
	pr_in(X, &(struct purp){ .verb = PURP_HEARD,
				 .who = VIEW("Carol@x.org/home"),
				 .text = VIEW("a < b & c"),
				 .id = VIEW("m1") });
	pr_in(X, &(struct purp){ .verb = PURP_HEARD,
				 .who = VIEW("carol@x.org"),
				 .text = VIEW("a < b & c"),
				 .id = VIEW("m1") });
	assert_sip("alice <- " CAROL ": a < b & c\n");
	sip_takes(200);
	pr_send("alice", CAROL, "", GATE_TYPING);
	pr_send("alice", CAROL, "", GATE_IDLE);
	assert_wire(X ": TYPING kind=1 who=carol@x.org\n"
		    X ": TYPING who=carol@x.org\n");
	buf_clear(&gr.sip);
	pr_in(X, &(struct purp){ .verb = PURP_IS_TYPING, .kind = 1,
				 .who = VIEW("carol@x.org") });
	assert_sip("typing alice <- " CAROL ": \n");
	pr_close();
}

static void a_text_waits_for_the_login(void **state)
{
	(void)state;
	pr_open(one, 1);
	sip_says("alice", CAROL, "hi");
	assert_sip("202 alice <- " CAROL ": \n");
	assert_string_equal(pr_state(3), "connecting");
	pr_lost(X, LOST_NET, "broke");
	pr_advance(7000);
	pr_up(X);
	assert_wire(X ": STATUS kind=3\n" X ": SAY who=carol@x.org text=hi\n");
	/* the link breaks under it: nobody knows, so it is sent again */
	pr_lost(X, LOST_NET, "broke");
	pr_advance(13000);
	pr_up(X);
	assert_wire(X ": STATUS kind=3\n" X ": SAY who=carol@x.org text=hi\n");
	pr_sent(X, 0, "");
	pr_advance(61000);
	assert_string_equal(pr_state(3), "offline");
	assert_sip("");
	pr_close();
}

static void what_comes_too_late_is_told(void **state)
{
	(void)state;
	pr_open(one, 1);
	sip_says("alice", CAROL, "hi");
	buf_clear(&gr.sip);
	pr_advance(61000);
	assert_sip("tell alice <- " CAROL ": ERROR: Your message was not "
		   "sent. The network could not be reached in time: hi\n");
	assert_wire("");
	sip_says("alice", CAROL, "again");
	pr_lost(X, LOST_AUTH, "no");
	pr_advance(1000);
	assert_sip("202 alice <- " CAROL ": \n"
		   "tell alice <- purple@gw.org: ERROR: XMPP alice@x.org: "
		   "login failed: no\n"
		   "tell alice <- " CAROL ": ERROR: Your message was not "
		   "sent. no: again\n");
	pr_close();
}

static void refusals_say_why(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", CAROL, "hi");
	assert_sip("403 bob <- " CAROL ": ERROR: You have no XMPP "
		   "account.\n");
	sip_says("alice", "%23a@irc.gw.org", "hi");
	assert_sip("403 alice <- %23a@irc.gw.org: ERROR: You have no IRC "
		   "account.\n");
	sip_says("alice", "carol@gw.org", "hi");
	assert_true(view_starts(buf_view(&gr.sip), VIEW("404 ")));
	buf_clear(&gr.sip);
	sip_says("alice", "carol;account=9@xmpp.gw.org", "hi");
	assert_true(view_starts(buf_view(&gr.sip), VIEW("403 ")));
	buf_clear(&gr.sip);
	sip_says("alice", "purple@gw.org", "hello");
	assert_true(view_starts(buf_view(&gr.sip), VIEW("404 ")));
	buf_clear(&gr.sip);
	sip_says("alice", CAROL, "hi");
	pr_sent(X, EREMOTEIO, "no such user");
	assert_sip("202 alice <- " CAROL ": \n"
		   "tell alice <- " CAROL ": ERROR: Your message was not "
		   "sent. no such user: hi\n");
	pr_in(X, &(struct purp){ .verb = PURP_FAILED,
				 .who = VIEW("carol@x.org"),
				 .text = VIEW("service-unavailable") });
	pr_in(X, &(struct purp){ .verb = PURP_FAILED,
				 .who = VIEW("carol@x.org"),
				 .text = VIEW("service-unavailable") });
	assert_sip("tell alice <- " CAROL ": ERROR: Your message was not "
		   "delivered: service-unavailable\n");
	pr_close();
}

static void addresses_have_parameters(void **state)
{
	const struct gateway *gw;
	struct addr *a;

	(void)state;
	pr_open(one, 1);
	gw = hub_gateway(gr.hub, VIEW("c%40x.org"), VIEW("gw.org"));
	assert_non_null(gw);
	assert_int_equal(hub_gate_address(gw, &a, VIEW("c%40x.org"),
					  VIEW("gw.org"),
					  VIEW("proto=gtalk")), 0);
	assert_string_equal(a->text.p, "sip:c%40x.org@xmpp.gw.org");
	mem_deref(a);
	assert_int_equal(hub_gate_address(gw, &a, VIEW("c%40x.org"),
					  VIEW("gw.org"),
					  VIEW("proto=purple")), ELOOP);
	assert_int_equal(hub_gate_address(gw, &a, VIEW("c%40x.org"),
					  VIEW("gw.org"),
					  VIEW("proto=msn")), ENOENT);
	assert_true(hub_gate_loops(gr.hub, VIEW("x=y;PROTO=Purple")));
	assert_false(hub_gate_loops(gr.hub, VIEW("proto=xmpp")));
	assert_false(hub_gate_loops(gr.hub, VIEW_NONE));
	/* of a mapped user they mean nothing */
	assert_int_equal(hub_gate_address(gw, &a, VIEW("bob"),
					  VIEW("example.org"),
					  VIEW("transport=tcp")), 0);
	assert_string_equal(a->text.p, "sip:bob@example.org");
	mem_deref(a);
	pr_close();
}

static void mapped_users_reach_each_other(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "gtalk", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 2, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "bob@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 3, .owner = "sip:carol@example.org",
		  .proto = "prpl-irc", .login = "carol@irc.x.org",
		  .policy = PGATE_ALWAYS },
	};
	struct addr *alice;

	(void)state;
	pr.conf.mapped_users = true;
	pr_open(rows, 3);
	pr_up(X);
	pr_up("XMPP bob@x.org");
	buf_clear(&pr.wire);
	buf_clear(&gr.sip);
	sip_says("alice", "bob@example.org", "hi");
	assert_wire(X ": SAY who=bob@x.org text=hi\n");
	assert_sip("202 alice <- bob@example.org: \n");
	/* and so does what becomes of it */
	pr_in(X, &(struct purp){ .verb = PURP_FAILED,
				 .who = VIEW("bob@x.org"),
				 .text = VIEW("gone") });
	assert_sip("tell alice <- bob@example.org: ERROR: Your message was "
		   "not delivered: gone\n");
	pr_in("XMPP bob@x.org",
	      &(struct purp){ .verb = PURP_HEARD, .who = VIEW("alice@x.org"),
			      .text = VIEW("hi") });
	assert_sip("bob <- alice@example.org: hi\n");
	sip_takes(200);
	alice = gr_addr("sip:alice@example.org");
	assert_null(hub_gate_between(gr.hub, alice, VIEW("carol"),
				     VIEW("example.org")));
	assert_null(hub_gate_between(gr.hub, alice, VIEW("alice"),
				     VIEW("example.org")));
	mem_deref(alice);
	pr_close();
}

/* A nick is whoever took it, and a server may say what it likes. */
static void on_irc_nobody_is_mapped(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "prpl-irc", .login = "ally@irc.x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 2, .owner = "sip:bob@example.org",
		  .proto = "prpl-irc", .login = "bobby@irc.x.org",
		  .policy = PGATE_ALWAYS },
	};
	struct addr *alice;

	(void)state;
	pr.conf.mapped_users = true;
	pr_open(rows, 2);
	pr_up("IRC ally@irc.x.org");
	pr_up("IRC bobby@irc.x.org");
	buf_clear(&gr.sip);
	pr_in("IRC ally@irc.x.org",
	      &(struct purp){ .verb = PURP_HEARD,
			      .who = VIEW("bobby@irc.x.org"),
			      .text = VIEW("send me money") });
	assert_sip("alice <- bobby%40irc.x.org@irc.gw.org: send me money\n");
	sip_takes(200);
	alice = gr_addr("sip:alice@example.org");
	assert_null(hub_gate_between(gr.hub, alice, VIEW("bob"),
				     VIEW("example.org")));
	mem_deref(alice);
	pr_close();
}

static void mapped_users_see_each_other(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "gtalk", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 2, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "bob@x.org",
		  .policy = PGATE_ALWAYS },
	};
	struct pgate_conf conf;

	(void)state;
	pr.conf.mapped_users = true;
	pr_open(rows, 2);
	pr_up(X);
	assert_int_equal(watch("sip:bob@example.org", false),
			 GATE_WATCH_NOWHERE);
	/* what they saw of each other so far they see there from now on */
	buf_clear(&gr.sip);
	pr_up("XMPP bob@x.org");
	assert_sip("anew alice <- bob@example.org: \n"
		   "anew bob <- alice@example.org: \n");
	pr_lost("XMPP bob@x.org", LOST_NET, "broke");
	pr_advance(7000);
	pr_up("XMPP bob@x.org");
	assert_sip("");
	buf_clear(&pr.wire);
	assert_int_equal(watch("sip:bob@example.org", false),
			 GATE_WATCH_PENDING);
	assert_wire(X ": ADD who=bob@x.org\n");
	pr_in(X, &(struct purp){ .verb = PURP_SHOW, .who = VIEW("bob@x.org"),
				 .kind = PURP_BUSY, .text = VIEW("ssh") });
	assert_sip("active alice <- bob@example.org: \n"
		   "dndalice <- bob@example.org: ssh\n");
	assert_int_equal(watch("sip:alice@example.org", false),
			 GATE_WATCH_NOWHERE);
	conf = pr.gate->conf;
	conf.domain = "example.org";
	conf.mapped_users = false;
	pgate_reconf(pr.gate, &conf);
	assert_sip("anew alice <- bob@example.org: \n");
	assert_int_equal(watch("sip:bob@example.org", false),
			 GATE_WATCH_NOWHERE);
	pr_close();
}

/* Whoever loses his account is seen by SIP again. */
static void who_is_mapped_no_more_is_watched_anew(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "gtalk", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 2, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "bob@x.org",
		  .policy = PGATE_ALWAYS },
	};

	(void)state;
	pr.conf.mapped_users = true;
	pr_open(rows, 2);
	pr_up("XMPP bob@x.org");
	assert_int_equal(watch("sip:bob@example.org", false),
			 GATE_WATCH_ACTIVE);
	buf_clear(&gr.sip);
	pr.row_count = 1;
	pgate_account_changed(pr.gate, 2);
	assert_sip("anew alice <- bob@example.org: \n");
	assert_int_equal(pacct_find(pr.gate, 1)->watches, 0);
	pr_close();
}

static void bigger_lists_make_room(void **state)
{
	struct buf name = { 0 };
	struct pacct *a;

	(void)state;
	open_up();
	a = pacct_find(pr.gate, 3);
	assert_int_equal(watch("sip:" CAROL, false), GATE_WATCH_PENDING);
	for (int i = 0; i < 1500; i++) {
		buf_clear(&name);
		buf_addf(&name, "c%d@x.org", i);
		pr_in(X, &(struct purp){ .verb = PURP_CONTACT,
					 .who = buf_view(&name) });
	}
	assert_int_equal(a->contacts.count, 1000);
	assert_true(pshow_is_watched(a, VIEW("carol@x.org")));
	/* each of them may be watched, however many there are */
	assert_int_equal(watch("sip:c3%40x.org@xmpp.gw.org", false),
			 GATE_WATCH_PENDING);
	/* and nobody who writes takes a place of theirs */
	pshow_meet(a, VIEW("stranger@x.org"));
	assert_false(pshow_knows(a, VIEW("stranger@x.org")));
	buf_free(&name);
	pr_close();
}

/* ---- whose it is ---- */

#define CLAIM(n, who, name) \
	{ .id = n, .owner = "sip:" who "@example.org", \
	  .proto = "prpl-jabber", .login = name, .policy = PGATE_ALWAYS, \
	  .claimed = true }

#define WELCOME(who, name) \
	"tell " who " <- xmpp.gw.org: INFO: XMPP " name ": you are logged " \
	"in. People there have addresses like " \
	"sip:name%40server@xmpp.gw.org. Send :help here for what else " \
	"there is.\n"

static const struct prow claims[] = {
	CLAIM(1, "mallory", "carol@x.org"),
	CLAIM(2, "carol", "Carol@x.org/sip"),
};

/* Those who share a name are told apart by whose they are. */
static struct session *pr_of(const char *owner)
{
	struct session *s = pr.sessions;

	while (s && !view_starts(view_str(s->owner), view_str(owner)))
		s = s->next;
	assert_non_null(s);
	return s;
}

static void up_of(const char *owner)
{
	struct session *s = pr_of(owner);

	assert_int_equal(s->state, 1);
	s->state = 2;
	s->conf.uph(s, VIEW("me"), s->conf.arg);
	pr_advance(0);
}

static void lost_of(const char *owner, enum lost_why why)
{
	struct session *s = pr_of(owner);

	s->state = 0;
	s->conf.losth(s, why, VIEW("no"), s->conf.arg);
	pr_advance(0);
}

static void a_claim_counts_when_it_is_proven(void **state)
{
	(void)state;
	pr_open(claims, 2);
	/* both may try, each in a process of its own */
	assert_string_equal(pr_state(1), "connecting");
	assert_string_equal(pr_state(2), "connecting");
	assert_false(pr_of("sip:mallory")->conf.alone);
	assert_true(pr_of("sip:carol")->conf.alone);
	lost_of("sip:mallory", LOST_AUTH);
	assert_string_equal(pr_state(1), "failed");
	up_of("sip:carol");
	assert_string_equal(pr_state(2), "online");
	/* who never was let in learns no more than that his password is
	 * wrong */
	assert_sip("tell mallory <- purple@gw.org: ERROR: XMPP carol@x.org: "
		   "login failed: no\n" WELCOME("carol", "carol@x.org"));
	assert_ptr_equal(pacct_named(pr.gate, VIEW("prpl-jabber"),
				     VIEW("carol@x.org")),
			 pacct_find(pr.gate, 2));
	pr_close();
}

/* Elsewhere than on XMPP a name may be no more than what he typed. */
static void names_of_other_plugins_are_vouched_for(void **state)
{
	struct prow rows[] = {
		{ .id = 1, .owner = "sip:mallory@example.org",
		  .proto = "prpl-simple", .login = "carol",
		  .policy = PGATE_ALWAYS, .claimed = true },
	};
	struct buf why = { 0 };

	(void)state;
	pr_open(rows, 1);
	assert_int_equal(pmap_allow(pr.map, VIEW("prpl-simple"),
				    VIEW("simple"), &why), 0);
	pgate_account_changed(pr.gate, 1);
	pr_advance(1000);
	up_of("sip:mallory");
	assert_null(pacct_named(pr.gate, VIEW("prpl-simple"),
				VIEW("carol")));
	rows[0].claimed = false;
	pgate_account_changed(pr.gate, 1);
	pr_advance(1000);
	assert_ptr_equal(pacct_named(pr.gate, VIEW("prpl-simple"),
				     VIEW("carol")),
			 pacct_find(pr.gate, 1));
	buf_free(&why);
	pr_close();
}

static void who_knows_the_password_hears_that_it_is_taken(void **state)
{
	(void)state;
	pr_open(claims + 1, 1);
	up_of("sip:carol");
	assert_sip(WELCOME("carol", "carol@x.org"));
	pr.rows = claims;
	pr.row_count = 2;
	pgate_account_changed(pr.gate, 1);
	pr_advance(1000);
	assert_string_equal(pr_state(1), "connecting");
	assert_true(pr_of("sip:mallory")->conf.alone);
	up_of("sip:mallory");
	pr_advance(10);
	assert_string_equal(pr_state(1), "unsupported");
	assert_int_equal(pr_of("sip:mallory")->state, 0);
	assert_string_equal(pr_state(2), "online");
	assert_sip("tell mallory <- purple@gw.org: ERROR: XMPP carol@x.org: "
		   "another user has this account: ask the operator\n");
	/* so it is after a restart, without another login */
	pr_close();
	pr_open(claims, 2);
	assert_string_equal(pr_state(1), "unsupported");
	assert_string_equal(pr_state(2), "connecting");
	assert_false(pr_of("sip:carol")->conf.alone);
	assert_ptr_equal(pacct_named(pr.gate, VIEW("prpl-jabber"),
				     VIEW("carol@x.org")),
			 pacct_find(pr.gate, 2));
	/* once the other one is let in no more he may try again */
	lost_of("sip:carol", LOST_AUTH);
	buf_clear(&gr.sip);
	pr_advance(1000);
	assert_string_equal(pr_state(1), "connecting");
	up_of("sip:mallory");
	assert_string_equal(pr_state(1), "online");
	assert_sip("tell carol <- purple@gw.org: INFO: XMPP carol@x.org: "
		   "another user logs in with this account now. If it is "
		   "yours, give its new password.\n");
	pr_close();
}

static void claims_that_are_never_proven_lapse(void **state)
{
	(void)state;
	pr_open(claims, 1);
	for (int i = 0; i < 8; i++) {
		if (!strcmp(pr_state(1), "connecting"))
			lost_of("sip:mallory", LOST_NET);
		pr_advance(130 * 1000);
	}
	assert_string_equal(pr_state(1), "failed");
	/* he has waited for a word since the first one */
	assert_sip("tell mallory <- purple@gw.org: INFO: XMPP carol@x.org: "
		   "no login so far, it is tried again: no\n"
		   "tell mallory <- purple@gw.org: ERROR: XMPP carol@x.org: "
		   "login failed: no login with it has succeeded\n");
	pr_close();
}

static void the_operator_comes_first(void **state)
{
	struct prow rows[] = { claims[0], claims[1] };

	(void)state;
	pr_open(rows, 1);
	up_of("sip:mallory");
	buf_clear(&gr.sip);
	rows[1].claimed = false;
	pr.row_count = 2;
	pgate_account_changed(pr.gate, 2);
	pr_advance(1000);
	assert_string_equal(pr_state(1), "unsupported");
	assert_string_equal(pr_state(2), "connecting");
	assert_sip("tell mallory <- purple@gw.org: ERROR: XMPP carol@x.org "
		   "can't be used any more: another user has this "
		   "account.\n");
	/* and takes it away again */
	pr.row_count = 1;
	pgate_account_changed(pr.gate, 2);
	pr_advance(1000);
	assert_string_equal(pr_state(1), "connecting");
	pr_close();
}

static void claims_do_not_fill_the_machine(void **state)
{
	static const struct prow rows[] = {
		CLAIM(1, "carol", "carol@x.org"),
		CLAIM(2, "m1", "carol@x.org"), CLAIM(3, "m2", "carol@x.org"),
		CLAIM(4, "m3", "carol@x.org"), CLAIM(5, "m4", "carol@x.org"),
		CLAIM(6, "dave", "dave@x.org"),
	};

	(void)state;
	pr_open(rows, 6);
	pr_advance(1000);
	pr_advance(1000);
	assert_string_equal(pr_state(1), "connecting");
	assert_string_equal(pr_state(2), "connecting");
	assert_string_equal(pr_state(3), "connecting");
	assert_string_equal(pr_state(4), "queued");
	assert_string_equal(pr_state(5), "queued");
	assert_string_equal(pr_state(6), "connecting");
	lost_of("sip:m1", LOST_AUTH);
	pr_advance(1000);
	assert_int_equal(!strcmp(pr_state(4), "connecting") +
			 !strcmp(pr_state(5), "connecting"), 1);
	pr_close();
}

/* Those who only say that it is theirs do not keep its owner out. */
static void its_owner_waits_for_nobody(void **state)
{
	static const struct prow rows[] = {
		CLAIM(1, "m1", "carol@x.org"), CLAIM(2, "m2", "carol@x.org"),
		CLAIM(3, "m3", "carol@x.org"),
		CLAIM(4, "carol", "carol@x.org"),
	};
	const struct store_kept row = {
		.network = VIEW("purple"), .key = VIEW("claim 4"),
		.value = VIEW("proven sip:carol@example.org prpl-jabber "
			      "carol@x.org"),
	};

	(void)state;
	pr_open(rows, 3);
	pr_advance(1000);
	assert_string_equal(pr_state(3), "connecting");
	pgate_load_kept(&row, pr.gate);
	pr.row_count = 4;
	pgate_account_changed(pr.gate, 4);
	pr_advance(1000);
	assert_string_equal(pr_state(4), "connecting");
	pr_close();
}

/* Whoever was never let in there is nobody there, whatever he says. */
static void names_that_are_only_claimed(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "gtalk", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 2, .owner = "sip:mallory@example.org",
		  .proto = "gtalk", .login = "carol@x.org",
		  .policy = PGATE_ALWAYS },
	};
	struct addr *alice;

	(void)state;
	pr.conf.mapped_users = true;
	pr_open(rows, 2);
	pr_up(X);
	pr_lost("XMPP carol@x.org", LOST_AUTH, "Incorrect password");
	buf_clear(&gr.sip);
	pr_in(X, &(struct purp){ .verb = PURP_HEARD,
				 .who = VIEW("carol@x.org"),
				 .text = VIEW("hi") });
	assert_sip("alice <- " CAROL ": hi\n");
	alice = gr_addr("sip:alice@example.org");
	assert_null(hub_gate_between(gr.hub, alice, VIEW("mallory"),
				     VIEW("example.org")));
	mem_deref(alice);
	pr_close();
}

/* A server may name whom it likes: it is believed about its own people, and
 * where the operator has entered the account. */
static void names_that_another_server_says(void **state)
{
	struct prow rows[] = {
		CLAIM(1, "alice", "alice@evil.org"),
		CLAIM(2, "bob", "bob@x.org"),
		CLAIM(3, "carol", "carol@x.org"),
	};
	struct addr *alice;

	(void)state;
	pr.conf.mapped_users = true;
	pr_open(rows, 3);
	alice = gr_addr("sip:alice@example.org");
	up_of("sip:bob");
	/* who was never let in learns nothing of anybody */
	assert_null(hub_gate_between(gr.hub, alice, VIEW("bob"),
				     VIEW("example.org")));
	up_of("sip:alice");
	up_of("sip:carol");
	assert_null(hub_gate_between(gr.hub, alice, VIEW("bob"),
				     VIEW("example.org")));
	buf_clear(&gr.sip);
	pr_in("XMPP alice@evil.org",
	      &(struct purp){ .verb = PURP_HEARD, .who = VIEW("bob@x.org"),
			      .text = VIEW("send me money") });
	assert_sip("alice <- bob%40x.org@xmpp.gw.org: send me money\n");
	sip_takes(200);
	pr_in("XMPP carol@x.org",
	      &(struct purp){ .verb = PURP_HEARD, .who = VIEW("bob@x.org"),
			      .text = VIEW("hi") });
	assert_sip("carol <- bob@example.org: hi\n");
	sip_takes(200);
	/* the operator vouches for both servers */
	rows[0].claimed = rows[1].claimed = false;
	pgate_account_changed(pr.gate, 1);
	pgate_account_changed(pr.gate, 2);
	assert_non_null(hub_gate_between(gr.hub, alice, VIEW("bob"),
					 VIEW("example.org")));
	mem_deref(alice);
	pr_close();
}

/* As that of an account which went while its protocol was not allowed. */
static void a_number_is_used_again(void **state)
{
	struct store_kept row = {
		.network = VIEW("purple"), .key = VIEW("claim 2"),
		.value = VIEW("proven sip:carol@example.org prpl-jabber "
			      "victim@x.org"),
	};

	(void)state;
	pr_open(claims, 1);
	pgate_load_kept(&row, pr.gate);
	pr.row_count = 2;
	pgate_account_changed(pr.gate, 2);
	assert_int_equal(pacct_find(pr.gate, 2)->claim, PCLAIM_NONE);
	pr.row_count = 1;
	pgate_account_changed(pr.gate, 2);
	row.value = VIEW("proven sip:carol@example.org prpl-jabber "
			 "carol@x.org");
	pgate_load_kept(&row, pr.gate);
	pr.row_count = 2;
	pgate_account_changed(pr.gate, 2);
	assert_int_equal(pacct_find(pr.gate, 2)->claim, PCLAIM_PROVEN);
	pr_close();
}

static void of_several_accounts_the_right_one_speaks(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "prpl-jabber", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 2, .owner = "sip:alice@example.org",
		  .proto = "prpl-jabber", .login = "alice@y.org",
		  .policy = PGATE_ALWAYS },
	};

	(void)state;
	pr_open(rows, 2);
	pr_up(X);
	pr_up("XMPP alice@y.org");
	buf_clear(&pr.wire);
	sip_says("alice", CAROL, "a");
	sip_says("alice", "carol%40x.org;account=2@xmpp.gw.org", "b");
	assert_wire(X ": SAY who=carol@x.org text=a\n"
		    "XMPP alice@y.org: SAY who=carol@x.org text=b\n");
	buf_clear(&gr.sip);
	/* who is known to one alone needs no number */
	pr_in("XMPP alice@y.org",
	      &(struct purp){ .verb = PURP_HEARD, .who = VIEW("dan@x.org"),
			      .text = VIEW("hi") });
	pr_in("XMPP alice@y.org",
	      &(struct purp){ .verb = PURP_HEARD, .who = VIEW("carol@x.org"),
			      .text = VIEW("ho") });
	sip_takes(200);
	assert_sip("alice <- dan%40x.org@xmpp.gw.org: hi\n"
		   "alice <- carol%40x.org;account=2@xmpp.gw.org: ho\n");
	pr_close();
}

/* ---- presence ---- */

static void strangers_take_nobodys_place(void **state)
{
	struct buf name = { 0 };
	struct pacct *a;

	(void)state;
	open_up();
	a = pacct_find(pr.gate, 3);
	pr_in(X, &(struct purp){ .verb = PURP_CONTACT,
				 .who = VIEW("friend@x.org") });
	for (int i = 0; i < 2000; i++) {
		buf_clear(&name);
		buf_addf(&name, "s%d@x.org", i);
		pshow_meet(a, buf_view(&name));
	}
	assert_true(a->contacts.count <= 1000);
	assert_true(pshow_knows(a, VIEW("friend@x.org")));
	assert_true(pshow_knows(a, VIEW("s1999@x.org")));
	assert_false(pshow_knows(a, VIEW("s0@x.org")));
	assert_int_equal(watch("sip:" CAROL, false), GATE_WATCH_PENDING);
	buf_free(&name);
	pr_close();
}

static void contacts_are_shown(void **state)
{
	struct addr *who, *to;
	const struct gateway *gw;

	(void)state;
	open_up();
	assert_int_equal(watch("sip:" CAROL, false), GATE_WATCH_PENDING);
	assert_int_equal(watch("sip:" CAROL, false), GATE_WATCH_ACTIVE);
	assert_int_equal(watch("sip:%23a@irc.gw.org", false),
			 GATE_WATCH_NONE);
	assert_int_equal(watch("sip:xmpp.gw.org", false),
			 GATE_WATCH_NOWHERE);
	assert_wire(X ": ADD who=carol@x.org\n");
	pr_in(X, &(struct purp){ .verb = PURP_SHOW,
				 .who = VIEW("Carol@x.org"),
				 .kind = PURP_AWAY,
				 .text = VIEW("lunch & <coffee>") });
	assert_sip("active alice <- " CAROL ": \n"
		   "awayalice <- " CAROL ": lunch & <coffee>\n");
	pr_in(X, &(struct purp){ .verb = PURP_SHOW,
				 .who = VIEW("Carol@x.org"),
				 .kind = PURP_CHAT });
	assert_sip("chatalice <- " CAROL ": \n");
	pr_in(X, &(struct purp){ .verb = PURP_SHOW,
				 .who = VIEW("Carol@x.org"),
				 .kind = PURP_AVAILABLE,
				 .number = 600 });
	assert_sip("idlealice <- " CAROL ": \n");
	pr_lost(X, LOST_NET, "broke");
	assert_sip("unknown alice <- " CAROL ": \n");
	pr_advance(7000);
	pr_up(X);
	assert_wire(X ": STATUS kind=3\n" X ": ADD who=carol@x.org\n");
	/* she is a reason to be online */
	pr_present("alice", SHOW_OFFLINE, "");
	pr_advance(70000);
	assert_string_equal(pr_state(3), "online");
	who = gr_addr("sip:alice@example.org");
	to = gr_addr("sip:" CAROL);
	gw = hub_gateway(gr.hub, to->user, to->host);
	gw->ops->unwatch(gw->gw, who, to);
	mem_deref(who);
	mem_deref(to);
	pr_advance(70000);
	assert_string_equal(pr_state(3), "offline");
	pr_close();
}

/* Nobody is watched by an account that is no more, or may not be used. */
static size_t wire_times(const char *words)
{
	const char *at = pr.wire.n ? buf_str(&pr.wire) : "";
	size_t count = 0;

	for (; (at = strstr(at, words)); at++)
		count++;
	return count;
}

/* A phone that publishes without end gets nobody thrown out there; how he is
 * at last is shown in any case. */
static void he_changes_as_often_as_is_good(void **state)
{
	(void)state;
	open_up();
	for (int i = 0; i < 50; i++) {
		pr_present("alice", SHOW_AWAY, "");
		pr_present("alice", SHOW_ONLINE, "");
	}
	assert_in_range(wire_times("STATUS"), 3, 15);
	pr_present("alice", SHOW_DND, "");
	pr.alice = (struct presence_state){ .count = 1 };
	pr.alice.place[0].show = SHOW_DND;
	buf_clear(&pr.wire);
	pr_advance(5000);
	assert_wire(X ": STATUS kind=4\n");
	pr_advance(60000);
	assert_wire("");
	pr.send_err = EBUSY;
	pr_present("alice", SHOW_DND, "");
	pr.send_err = 0;
	pr_advance(5000);
	assert_wire(X ": STATUS kind=4\n");
	pr_close();
}

static void watches_end_with_the_account(void **state)
{
	struct prow rows[] = { one[0] };

	(void)state;
	pr_open(rows, 1);
	pr_present("alice", SHOW_ONLINE, "");
	pr_up(X);
	watch("sip:" CAROL, false);
	rows[0].disabled = true;
	pgate_account_changed(pr.gate, 3);
	assert_sip("anew alice <- " CAROL ": \n");
	assert_int_equal(pacct_find(pr.gate, 3)->watches, 0);
	assert_int_equal(watch("sip:" CAROL, false), GATE_WATCH_NONE);
	rows[0].disabled = false;
	pgate_account_changed(pr.gate, 3);
	pr_advance(1000);
	assert_int_equal(watch("sip:" CAROL, false), GATE_WATCH_ACTIVE);
	pr.row_count = 0;
	pgate_account_changed(pr.gate, 3);
	assert_sip("anew alice <- " CAROL ": \n");
	pr_close();
}

/* ---- questions ---- */

static const struct purp asks = { .verb = PURP_ASKED, .number = 41,
				  .who = VIEW("carol@x.org"),
				  .text = VIEW("please") };

static void who_asks_is_allowed_by_chat(void **state)
{
	(void)state;
	open_up();
	pr_in(X, &asks);
	assert_wire("");
	assert_true(strstr(buf_str(&gr.sip), "carol@x.org (XMPP)"));
	assert_true(strstr(buf_str(&gr.sip), "/allow 1"));
	gr.open_count = 0;
	buf_clear(&gr.sip);
	sip_says("alice", "purple@gw.org", "/allow 1");
	assert_wire(X ": ALLOW number=41\n");
	assert_true(view_starts(buf_view(&gr.sip), VIEW("200 ")));
	buf_clear(&gr.sip);
	/* and is known from now on */
	pr_in(X, &(struct purp){ .verb = PURP_ASKED, .number = 42,
				 .who = VIEW("carol@x.org") });
	assert_wire(X ": ALLOW number=42\n");
	assert_sip("");
	pr_close();
}

static void a_decision_made_offline_is_applied_later(void **state)
{
	(void)state;
	open_up();
	pr_in(X, &asks);
	pr_lost(X, LOST_NET, "broke");
	gr.open_count = 0;
	buf_clear(&gr.sip);
	sip_says("alice", "purple@gw.org", "/deny 1");
	assert_wire("");
	pr_advance(7000);
	pr_up(X);
	buf_clear(&pr.wire);
	pr_in(X, &(struct purp){ .verb = PURP_ASKED, .number = 50,
				 .who = VIEW("carol@x.org") });
	assert_wire(X ": DENY number=50\n");
	pr_close();
}

static void what_is_over_is_not_answered(void **state)
{
	(void)state;
	open_up();
	pr_in(X, &asks);
	pr_in(X, &(struct purp){ .verb = PURP_ASK_OVER, .number = 41 });
	gr.open_count = 0;
	sip_says("alice", "purple@gw.org", "/allow 1");
	assert_wire("");
	pr_close();
}

static void policies_answer_by_themselves(void **state)
{
	static const struct prow rows[] = {
		{ .id = 1, .owner = "sip:alice@example.org",
		  .proto = "prpl-jabber", .login = "alice@x.org",
		  .policy = PGATE_ALWAYS, .auth = PGATE_KNOWN },
		{ .id = 2, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "bob@x.org",
		  .policy = PGATE_ALWAYS, .auth = PGATE_DENY },
	};
	struct purp p = asks;

	(void)state;
	pr_open(rows, 2);
	pr_up(X);
	pr_up("XMPP bob@x.org");
	buf_clear(&pr.wire);
	pr_in("XMPP bob@x.org", &asks);
	assert_wire("XMPP bob@x.org: DENY number=41\n");
	p.kind = 1;
	pr_in(X, &p);
	assert_wire(X ": ALLOW number=41\n");
	p.kind = 0;
	pr_in(X, &p);
	assert_wire("");
	pr_close();
}

static bool is_own(const char *text)
{
	struct addr *a = gr_addr(text);
	bool own = pgate_is_own(pr.gate, a);

	mem_deref(a);
	return own;
}

static void codes_may_go_where_they_were_asked(void **state)
{
	(void)state;
	pr_open(one, 1);
	assert_true(is_own("sip:purple@gw.org"));
	assert_false(is_own("sip:purple@xmpp.gw.org"));
	assert_false(is_own("sip:" CAROL));
	assert_false(is_own("sip:purple@other.org"));
	assert_false(is_own("sip:carol@example.org"));
	pr_close();
}

static int code(const char *user, const char *text)
{
	struct addr *a = gr_addr(user);
	struct buf words = { 0 };
	int status = pgate_code(pr.gate, a, view_str(text), &words);

	assert_true(words.n > 0);
	assert_null(strstr(buf_str(&words), "123456"));
	buf_free(&words);
	mem_deref(a);
	return status;
}

static void codes_are_answered_once_and_by_him(void **state)
{
	const struct purp q = { .verb = PURP_QUESTION, .number = 9,
				.text = VIEW("Two-factor code?") };

	(void)state;
	assert_true(pgate_is_code(VIEW("/code 1 abc")));
	assert_true(pgate_is_code(VIEW(" /CODE")));
	assert_false(pgate_is_code(VIEW("/codes 1 abc")));
	pr_open(one, 1);
	pr_present("alice", SHOW_ONLINE, "");
	pr_in(X, &q); /* it takes that to log in */
	assert_sip("tell alice <- purple@gw.org: XMPP alice@x.org asks: "
		   "Two-factor code?\nAnswer within ten minutes, here and "
		   "never in a room: /code 1 ANSWER\n");
	pr_advance(100 * 1000);
	assert_string_equal(pr_state(3), "connecting");
	assert_int_equal(code("sip:bob@example.org", "/code 1 123456"), 404);
	assert_int_equal(code("sip:alice@example.org", "/code 1"), 400);
	assert_wire("");
	assert_int_equal(code("sip:alice@example.org", "/code 1 123456"),
			 200);
	assert_wire(X ": ANSWER number=9 text=123456\n");
	assert_int_equal(code("sip:alice@example.org", "/code 1 123456"),
			 404);
	pr_up(X);
	buf_clear(&pr.wire);
	pr_in(X, &q);
	pr_advance(600 * 1000);
	assert_wire(X ": ANSWER number=9\n");
	pr_close();
}

static void nobody_is_asked_without_an_end(void **state)
{
	struct purp q = { .verb = PURP_QUESTION, .text = VIEW("Again?") };
	const struct purp over = { .verb = PURP_QUESTION_OVER };

	(void)state;
	open_up();
	for (q.number = 1; q.number <= 31; q.number++) {
		struct purp end = over;

		buf_clear(&pr.wire);
		pr_in(X, &q);
		end.number = q.number;
		pr_in(X, &end);
	}
	assert_wire(X ": ANSWER number=31\n");
	pr_close();
}

/* ---- rooms ---- */

#define ROOM "lobby%40rooms.x.org@xmpp.gw.org"

/* The number of an account that is gone is given to the next one. */
static void numbers_are_no_identity(void **state)
{
	static const struct prow bobs[] = {
		{ .id = 3, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "bob@x.org",
		  .policy = PGATE_ALWAYS },
	};

	(void)state;
	pr_open(one, 1);
	sip_says("alice", ROOM, ":join Ally s3cret");
	sip_says("alice", CAROL, "my secret");
	buf_clear(&gr.sip);
	pr_close();
	pr_open(bobs, 1);
	pr_up("XMPP bob@x.org");
	pr_advance(1000);
	assert_wire("XMPP bob@x.org: STATUS kind=3\n");
	assert_sip("tell alice <- purple@gw.org: ERROR: Your message was not "
		   "sent. Your account there is gone: my secret\n");
	sip_says("bob", ROOM, ":exit");
	assert_true(view_starts(buf_view(&gr.sip), VIEW("404 ")));
	pr_close();
}

/* On IRC a line is a command. */
static void a_rooms_password_is_one_line(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", ROOM, ":join Ally s3cret word\r\nQUIT :x");
	assert_wire(X ": JOIN who=Ally place=lobby@rooms.x.org "
		    "other=s3cret word\n");
	sip_says("alice", ROOM, ":join\nAlly\tkey\r\nQUIT :x\n");
	assert_wire(X ": JOIN who=Ally place=lobby@rooms.x.org other=key\n");
	pr_close();
}

static void rooms_are_joined_again(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", ROOM, ":join Ally s3cret word");
	assert_wire(X ": JOIN who=Ally place=lobby@rooms.x.org "
		    "other=s3cret word\n");
	assert_sip("202 alice <- " ROOM ": \n");
	sip_says("alice", ROOM, "too early");
	assert_wire("");
	pr_in(X, &(struct purp){ .verb = PURP_JOINED,
				 .place = VIEW("lobby@rooms.x.org"),
				 .who = VIEW("Ally"),
				 .text = VIEW("tea") });
	pr_advance(0);
	assert_wire(X ": SAY place=lobby@rooms.x.org text=too early\n");
	pr_sent(X, 0, "");
	buf_clear(&gr.sip);
	pr_in(X, &(struct purp){ .verb = PURP_HEARD,
				 .place = VIEW("lobby@rooms.x.org"),
				 .who = VIEW("Bob"), .text = VIEW("hi") });
	assert_sip("alice <- " ROOM ": <Bob> hi\n");
	sip_takes(200);
	pr_lost(X, LOST_NET, "broke");
	pr_advance(7000);
	pr_up(X);
	assert_wire(X ": STATUS kind=3\n"
		    X ": JOIN who=Ally place=lobby@rooms.x.org "
		    "other=s3cret word\n");
	/* and after a restart */
	pr_close();
	pr_open(one, 1);
	pr_present("alice", SHOW_ONLINE, "");
	pr_up(X);
	assert_wire(X ": STATUS kind=3\n"
		    X ": JOIN who=Ally place=lobby@rooms.x.org "
		    "other=s3cret word\n");
	pr_in(X, &(struct purp){ .verb = PURP_LEFT,
				 .place = VIEW("lobby@rooms.x.org"),
				 .text = VIEW("banned") });
	assert_sip("tell alice <- " ROOM ": ERROR: You can't enter the room: "
		   "banned\n");
	sip_says("alice", ROOM, ":exit");
	assert_true(view_starts(buf_view(&gr.sip), VIEW("404 ")));
	pr_close();
}

static void the_operator_joins_and_leaves(void **state)
{
	struct pgate_join j = { .name = VIEW("Lobby@rooms.x.org"),
				.nick = VIEW("Ally"),
				.password = VIEW("s3cret") };

	(void)state;
	pr.conf.user_rooms = 1;
	open_up();
	assert_int_equal(pgate_join(pr.gate, 9, &j), ENOENT);
	assert_int_equal(pgate_join(pr.gate, 3, &j), 0);
	gr_settle();
	assert_wire(X ": JOIN who=Ally place=lobby@rooms.x.org "
		    "other=s3cret\n");
	j.name = VIEW("other@rooms.x.org");
	assert_int_equal(pgate_join(pr.gate, 3, &j), ENOSPC);
	j.name = VIEW_NONE;
	assert_int_equal(pgate_join(pr.gate, 3, &j), EBADMSG);
	assert_int_equal(pgate_leave(pr.gate, 3, VIEW("other@rooms.x.org")),
			 ESRCH);
	assert_int_equal(pgate_leave(pr.gate, 9, VIEW("lobby@rooms.x.org")),
			 ENOENT);
	assert_int_equal(pgate_leave(pr.gate, 3, VIEW("lobby@rooms.x.org")),
			 0);
	assert_wire(X ": PART place=lobby@rooms.x.org\n");
	assert_sip("");
	pr_close();
}

static void reload_tries_what_was_given_up(void **state)
{
	static const struct prow rows[] = {
		one[0],
		{ .id = 4, .owner = "sip:bob@example.org",
		  .proto = "prpl-jabber", .login = "bob@x.org",
		  .policy = PGATE_ALWAYS },
		{ .id = 5, .owner = "sip:carol@example.org",
		  .proto = "prpl-jabber", .login = "carol@x.org",
		  .policy = PGATE_ALWAYS },
	};
	struct pgate_state st;

	(void)state;
	pr_open(rows, 3);
	pr_present("alice", SHOW_ONLINE, "");
	pr_up(X);
	pr_lost("XMPP carol@x.org", LOST_NET, "no");
	pr_lost("XMPP bob@x.org", LOST_AUTH, "no");
	assert_int_equal(pgate_account_state(pr.gate, 4, &st), 0);
	assert_string_equal(st.name, "failed");
	assert_true(st.since_ms > 0 && st.since_ms < wall_ms());
	assert_int_equal(pgate_reload(pr.gate), 2);
	pr_advance(1000);
	assert_string_equal(pr_state(3), "online");
	assert_string_equal(pr_state(4), "connecting");
	assert_string_equal(pr_state(5), "connecting");
	assert_int_equal(pr_session(X)->starts, 1);
	assert_int_equal(pgate_reload(pr.gate), 0);
	assert_int_equal(pgate_account_state(pr.gate, 3, &st), 0);
	assert_true(st.since_ms < wall_ms());
	pr_close();
}

static void rooms_are_spoken_of_at_the_account(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", "xmpp.gw.org", "/join Lobby@rooms.x.org");
	assert_wire(X ": JOIN place=lobby@rooms.x.org\n");
	sip_says("alice", "xmpp.gw.org", "/who lobby@rooms.x.org");
	assert_wire(X ": WHO place=lobby@rooms.x.org\n");
	buf_clear(&gr.sip);
	pr_in(X, &(struct purp){ .verb = PURP_PEOPLE,
				 .kind = PURP_IS_THERE,
				 .place = VIEW("lobby@rooms.x.org"),
				 .who = VIEW("Bob") });
	pr_in(X, &(struct purp){ .verb = PURP_PEOPLE,
				 .kind = PURP_IS_THERE,
				 .place = VIEW("lobby@rooms.x.org"),
				 .who = VIEW("Ann") });
	pr_in(X, &(struct purp){ .verb = PURP_PEOPLE,
				 .kind = PURP_IS_THERE,
				 .place = VIEW("lobby@rooms.x.org") });
	assert_sip("tell alice <- " ROOM ": INFO: In the room: Bob, Ann\n");
	sip_says("alice", ROOM, ":topic tea at five");
	assert_wire(X ": TOPIC place=lobby@rooms.x.org text=tea at five\n");
	sip_says("alice", "xmpp.gw.org", "/part lobby@rooms.x.org");
	assert_wire(X ": PART place=lobby@rooms.x.org\n");
	buf_clear(&gr.sip);
	sip_says("alice", "xmpp.gw.org", ":status");
	assert_sip("200 alice <- xmpp.gw.org: INFO: XMPP alice@x.org: "
		   "online\n");
	sip_says("alice", "xmpp.gw.org", ":offline");
	assert_string_equal(pr_state(3), "offline");
	sip_says("alice", "xmpp.gw.org", ":online");
	assert_string_equal(pr_state(3), "connecting");
	buf_clear(&gr.sip);
	sip_says("alice", "xmpp.gw.org", "/nonsense");
	assert_true(view_starts(buf_view(&gr.sip), VIEW("400 ")));
	pr_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PGATE_TEST(reasons_bring_it_online),
		PGATE_TEST(losses_are_tried_later_and_later),
		PGATE_TEST(a_bad_password_is_told_once),
		PGATE_TEST(what_kills_workers_is_parked),
		PGATE_TEST(what_kills_workers_later_is_found),
		PGATE_TEST(a_worker_lost_is_none_of_its_fault),
		PGATE_TEST(another_worker_is_no_trouble),
		PGATE_TEST(only_so_many_log_in_at_once),
		PGATE_TEST(dead_networks_are_named),
		PGATE_TEST(of_two_with_one_account_the_older_has_it),
		PGATE_TEST(other_policies_log_nobody_out),
		PGATE_TEST(a_loud_network_is_turned_down),
		PGATE_TEST(who_floods_is_not_heard_for_a_while),
		PGATE_TEST(texts_go_both_ways),
		PGATE_TEST(a_text_waits_for_the_login),
		PGATE_TEST(what_comes_too_late_is_told),
		PGATE_TEST(refusals_say_why),
		PGATE_TEST(addresses_have_parameters),
		PGATE_TEST(mapped_users_reach_each_other),
		PGATE_TEST(on_irc_nobody_is_mapped),
		PGATE_TEST(mapped_users_see_each_other),
		PGATE_TEST(who_is_mapped_no_more_is_watched_anew),
		PGATE_TEST(bigger_lists_make_room),
		PGATE_TEST(a_claim_counts_when_it_is_proven),
		PGATE_TEST(names_of_other_plugins_are_vouched_for),
		PGATE_TEST(who_knows_the_password_hears_that_it_is_taken),
		PGATE_TEST(claims_that_are_never_proven_lapse),
		PGATE_TEST(the_operator_comes_first),
		PGATE_TEST(claims_do_not_fill_the_machine),
		PGATE_TEST(its_owner_waits_for_nobody),
		PGATE_TEST(names_that_are_only_claimed),
		PGATE_TEST(names_that_another_server_says),
		PGATE_TEST(a_number_is_used_again),
		PGATE_TEST(of_several_accounts_the_right_one_speaks),
		PGATE_TEST(strangers_take_nobodys_place),
		PGATE_TEST(contacts_are_shown),
		PGATE_TEST(he_changes_as_often_as_is_good),
		PGATE_TEST(watches_end_with_the_account),
		PGATE_TEST(who_asks_is_allowed_by_chat),
		PGATE_TEST(a_decision_made_offline_is_applied_later),
		PGATE_TEST(what_is_over_is_not_answered),
		PGATE_TEST(policies_answer_by_themselves),
		PGATE_TEST(codes_may_go_where_they_were_asked),
		PGATE_TEST(codes_are_answered_once_and_by_him),
		PGATE_TEST(nobody_is_asked_without_an_end),
		PGATE_TEST(numbers_are_no_identity),
		PGATE_TEST(a_rooms_password_is_one_line),
		PGATE_TEST(rooms_are_joined_again),
		PGATE_TEST(the_operator_joins_and_leaves),
		PGATE_TEST(reload_tries_what_was_given_up),
		PGATE_TEST(rooms_are_spoken_of_at_the_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
