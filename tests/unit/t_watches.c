/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence between SIP and XMPP: both machines of jabber.md 3.6, row by
 * row. */
#include "gate_rig.h"
#include "consent.h"

static struct presence_state alice_is; /* and all others */
static struct buf agent;   /* what the presence agent hears, a line each */

static const char *const watch_names[] = { "none", "pending", "active",
					   "nowhere", "anew" };

static void on_shown(struct addr *watcher, struct addr *target, void *arg)
{
	(void)arg;
	buf_addf(&agent, "shown %s to %s\n", target->text.p,
		 watcher->text.p);
}

/* As the agent: what has ended is watched no more. */
static void on_watch(struct addr *watcher, struct addr *target,
		     enum gate_watch state, void *arg)
{
	const struct gateway *gw;

	(void)arg;
	buf_addf(&agent, "%s %s to %s\n", watch_names[state],
		 target->text.p, watcher->text.p);
	if (state == GATE_WATCH_PENDING || state == GATE_WATCH_ACTIVE)
		return;
	gw = hub_gateway(gr.hub, target->user, target->host);
	gw->ops->unwatch(gw->gw, watcher, target);
}

static void presence_of(struct addr *user, struct presence_state *out,
			void *arg)
{
	(void)user;
	(void)arg;
	*out = alice_is;
}

static void assert_agent(const char *lines)
{
	assert_string_equal(buf_str(&agent), lines);
	buf_clear(&agent);
}

static void is_now(enum show show, const char *note)
{
	alice_is.count = 1;
	alice_is.place[0] = (struct presence_place){ .id = VIEW("d"),
						     .show = show,
						     .note = view_str(note) };
}

static void open_gate(void)
{
	const struct gate_listener l = {
		.shown = on_shown, .watch = on_watch,
		.presence_of = presence_of, .arg = &agent,
	};

	alice_is.count = 0;
	gate_rig_open();
	assert_int_equal(hub_listen_gates(gr.hub, &l), 0);
	components_up();
}

static void close_gate(void)
{
	gate_rig_close();
	buf_free(&agent);
}

/* auto_accept */
static void accept_by(const char *whom)
{
	const char **text = &jr.gate->conf.auto_accept;

	mem_free((char *)(uintptr_t)*text);
	*text = mem_strdup(whom);
}

static struct addr *sip_addr(const char *user)
{
	char text[128];

	snprintf(text, sizeof(text), "sip:%s", user);
	return gr_addr(text);
}

static enum gate_watch sip_watch(const char *user, const char *target,
				 bool once)
{
	struct addr *u = sip_addr(user), *t = sip_addr(target);
	const struct gateway *gw = hub_gateway(gr.hub, t->user, t->host);
	enum gate_watch state = gw->ops->watch(gw->gw, u, t, once);

	mem_deref(u);
	mem_deref(t);
	gr_settle();
	return state;
}

static void sip_unwatch(const char *user, const char *target)
{
	struct addr *u = sip_addr(user), *t = sip_addr(target);
	const struct gateway *gw = hub_gateway(gr.hub, t->user, t->host);

	gw->ops->unwatch(gw->gw, u, t);
	mem_deref(u);
	mem_deref(t);
	gr_settle();
}

/* "bob@x.org": "home away 5 note", one a place. */
static void assert_shows(const char *user, const char *target,
			 const char *lines)
{
	struct addr *u = sip_addr(user), *t = sip_addr(target);
	const struct gateway *gw = hub_gateway(gr.hub, t->user, t->host);
	struct presence_state s;
	struct buf b = { 0 };

	if (!gw->ops->show(gw->gw, u, t, &s))
		buf_adds(&b, "nothing");
	else if (!s.count)
		buf_adds(&b, "closed");
	else
		for (size_t i = 0; i < s.count; i++)
			buf_addf(&b, "%.*s %s %d %.*s\n",
				 VIEW_ARG(s.place[i].id),
				 show_name(s.place[i].show),
				 s.place[i].priority,
				 VIEW_ARG(s.place[i].note));
	assert_string_equal(buf_str(&b), lines);
	buf_free(&b);
	mem_deref(u);
	mem_deref(t);
}

static void published(const char *user)
{
	struct addr *u = sip_addr(user);

	hub_gate_presence(gr.hub, u, &alice_is);
	mem_deref(u);
	gr_advance(20);
}

static void registered(const char *user, bool here)
{
	struct addr *u = sip_addr(user);

	hub_gate_registered(gr.hub, u, here);
	mem_deref(u);
	gr_advance(20);
}

#define ALICE "alice@example.org"
#define BOB "bob@example.org"
#define EVE "eve*y.net@gw.org"
#define C "sip.x.org: "
#define B "sip:bob@example.org: "

/* ---- a SIP user watches somebody of XMPP ---- */

static void asks_and_is_allowed(void **state)
{
	(void)state;
	open_gate();
	assert_int_equal(sip_watch(ALICE, EVE, false), GATE_WATCH_PENDING);
	assert_wire(C "<presence type='subscribe' from='alice@sip.x.org' "
		      "to='eve@y.net'/>\n");
	assert_shows(ALICE, EVE, "nothing");
	xmpp_says("sip.x.org", "<presence type='subscribed' from='eve@y.net' "
			       "to='alice@sip.x.org'/>");
	assert_agent("active sip:eve*y.net@gw.org to sip:alice@example.org\n");
	xmpp_says("sip.x.org",
		  "<presence from='eve@y.net/pda' to='alice@sip.x.org/gw'>"
		  "<show>away</show><status>lunch</status><priority>5"
		  "</priority></presence>");
	xmpp_says("sip.x.org", "<presence from='eve@y.net/desk' "
			       "to='alice@sip.x.org'><priority>9</priority>"
			       "</presence>");
	assert_agent("shown sip:eve*y.net@gw.org to sip:alice@example.org\n"
		     "shown sip:eve*y.net@gw.org to sip:alice@example.org\n");
	assert_shows(ALICE, EVE, "desk online 9 \npda away 5 lunch\n");
	xmpp_says("sip.x.org", "<presence type='unavailable' "
			       "from='eve@y.net/desk' to='alice@sip.x.org'/>");
	assert_shows(ALICE, EVE, "pda away 5 lunch\n");
	xmpp_says("sip.x.org", "<presence type='unavailable' "
			       "from='eve@y.net' to='alice@sip.x.org'/>");
	assert_shows(ALICE, EVE, "closed");
	close_gate();
}

static void what_was_allowed_is_remembered(void **state)
{
	(void)state;
	open_gate();
	(void)sip_watch(ALICE, EVE, false);
	xmpp_says("sip.x.org", "<presence type='subscribed' from='eve@y.net' "
			       "to='alice@sip.x.org'/>");
	buf_clear(&wire);
	sip_unwatch(ALICE, EVE);
	assert_wire(C "<presence type='unavailable' from='alice@sip.x.org' "
		      "to='eve@y.net'/>\n");
	gate_rig_close();
	buf_clear(&agent);
	open_gate();
	assert_int_equal(sip_watch(ALICE, EVE, false), GATE_WATCH_ACTIVE);
	assert_wire(C "<presence type='probe' from='alice@sip.x.org' "
		      "to='eve@y.net'/>\n");
	/* again, a fetch: nothing new is asked once something is known */
	xmpp_says("sip.x.org", "<presence from='eve@y.net/r' "
			       "to='alice@sip.x.org'/>");
	assert_int_equal(sip_watch(ALICE, EVE, true), GATE_WATCH_ACTIVE);
	assert_wire("");
	close_gate();
}

static void is_refused(void **state)
{
	(void)state;
	open_gate();
	(void)sip_watch(ALICE, EVE, false);
	(void)sip_watch(ALICE, "eve%2Ay.net@gw.org", false);
	buf_clear(&wire);
	xmpp_says("sip.x.org", "<presence type='unsubscribed' "
			       "from='eve@y.net' to='alice@sip.x.org'/>");
	assert_agent("none sip:eve*y.net@gw.org to sip:alice@example.org\n"
		     "none sip:eve%2Ay.net@gw.org to sip:alice@example.org\n");
	assert_shows(ALICE, EVE, "nothing");
	/* what nobody asked for does nothing */
	xmpp_says("sip.x.org", "<presence type='subscribed' "
			       "from='eve@y.net' to='alice@sip.x.org'/>");
	assert_agent("");
	assert_int_equal(sip_watch(ALICE, EVE, false), GATE_WATCH_PENDING);
	close_gate();
}

static void is_nobody_there(void **state)
{
	(void)state;
	open_gate();
	(void)sip_watch(ALICE, EVE, false);
	xmpp_says("sip.x.org", "<presence type='error' from='eve@y.net' "
			       "to='alice@sip.x.org'><error type='cancel'>"
			       "<remote-server-not-found xmlns='urn:ietf:"
			       "params:xml:ns:xmpp-stanzas'/></error>"
			       "</presence>");
	assert_agent("nowhere sip:eve*y.net@gw.org to "
		     "sip:alice@example.org\n");
	assert_int_equal(sip_watch(ALICE, "nick*room*c.y.net@gw.org", false),
			 GATE_WATCH_NOWHERE);
	assert_int_equal(sip_watch(ALICE, "*room*c.y.net@gw.org", false),
			 GATE_WATCH_NOWHERE);
	assert_int_equal(sip_watch(ALICE, "x@gw.org", false),
			 GATE_WATCH_NOWHERE);
	assert_int_equal(sip_watch(ALICE, "carol*sip.x.org@gw.org", false),
			 GATE_WATCH_NOWHERE);
	close_gate();
}

static void the_link_goes_and_comes(void **state)
{
	(void)state;
	open_gate();
	(void)sip_watch(ALICE, EVE, false);
	xmpp_says("sip.x.org", "<presence type='subscribed' from='eve@y.net' "
			       "to='alice@sip.x.org'/>");
	xmpp_says("sip.x.org", "<presence from='eve@y.net/r' "
			       "to='alice@sip.x.org'/>");
	(void)sip_watch(ALICE, "joe*y.net@gw.org", false);
	buf_clear(&wire);
	buf_clear(&agent);
	stub_lost("sip.x.org", LOST_NET, "gone");
	assert_agent("shown sip:eve*y.net@gw.org to sip:alice@example.org\n"
		     "shown sip:joe*y.net@gw.org to sip:alice@example.org\n");
	assert_shows(ALICE, EVE, "closed");
	gr_advance(3000);
	stub_up("sip.x.org", "sip.x.org");
	gr_advance(20);
	assert_wire(C "<presence type='probe' from='alice@sip.x.org' "
		      "to='eve@y.net'/>\n"
		    C "<presence type='subscribe' from='alice@sip.x.org' "
		      "to='joe@y.net'/>\n");
	close_gate();
}

static void by_an_account(void **state)
{
	(void)state;
	open_gate();
	is_now(SHOW_DND, "busy");
	assert_int_equal(sip_watch(BOB, EVE, false), GATE_WATCH_PENDING);
	bob_up();
	assert_true(wire_has(B "<presence><show>dnd</show><status>busy"
			       "</status><priority>9</priority><c "));
	assert_true(wire_has(B "<presence type='subscribe' to='eve@y.net'/>"));
	/* her server says so by showing her */
	xmpp_says("sip:bob@example.org", "<presence from='eve@y.net/r' "
					 "to='bob@y.org'/>");
	assert_agent("active sip:eve*y.net@gw.org to sip:bob@example.org\n"
		     "shown sip:eve*y.net@gw.org to sip:bob@example.org\n");
	/* all others are remembered */
	xmpp_says("sip:bob@example.org", "<presence from='joe@y.net/r' "
					 "to='bob@y.org'/>");
	assert_shows(BOB, "joe*y.net@gw.org", "r online 0 \n");
	/* a transport */
	xmpp_says("sip:bob@example.org", "<presence from='icq.gw.org' "
					 "to='bob@y.org'/>");
	assert_int_equal(sip_watch(BOB, "icq.gw.org", true),
			 GATE_WATCH_PENDING);
	assert_shows(BOB, "icq.gw.org", " online 0 \n");
	assert_shows(ALICE, EVE, "nothing");
	close_gate();
}

/* The answer to the question for the list, which is on the wire. */
static void list_comes(const char *items)
{
	const char *ask = strstr(buf_str(&wire), "'jabber:iq:roster'"), *at;
	struct buf b = { 0 };

	assert_non_null(ask);
	at = strstr(buf_str(&wire), "type='get' id='");
	assert_true(at && at < ask);
	at += strlen("type='get' id='");
	buf_adds(&b, "<iq type='result' id='");
	buf_add(&b, at, strcspn(at, "'"));
	buf_addf(&b, "'><query xmlns='jabber:iq:roster'>%s</query></iq>",
		 items);
	xmpp_says("sip:bob@example.org", buf_str(&b));
	buf_free(&b);
}

/* Else they would take the place of those whom he knows. */
static void strangers_are_not_remembered(void **state)
{
	(void)state;
	open_gate();
	(void)sip_watch(BOB, EVE, false);
	bob_up();
	list_comes("<item jid='joe@y.net' subscription='both'/>");
	xmpp_says("sip:bob@example.org", "<presence from='joe@y.net/r' "
					 "to='bob@y.org'/>");
	xmpp_says("sip:bob@example.org", "<presence from='mal@z.net/r' "
					 "to='bob@y.org'/>");
	xmpp_says("sip:bob@example.org", "<presence from='eve@y.net/r' "
					 "to='bob@y.org'/>");
	assert_shows(BOB, "joe*y.net@gw.org", "r online 0 \n");
	assert_shows(BOB, "mal*z.net@gw.org", "nothing");
	assert_shows(BOB, EVE, "r online 0 \n");
	close_gate();
}

static void an_account_that_is_gone(void **state)
{
	struct addr *bob;

	(void)state;
	open_gate();
	(void)sip_watch(BOB, EVE, false);
	bob_up();
	buf_clear(&agent);
	jr.account_gone = true;
	bob = sip_addr(BOB);
	gate_account_changed(jr.gate, bob);
	mem_deref(bob);
	gr_settle();
	assert_non_null(strstr(buf_str(&agent),
			       "anew sip:eve*y.net@gw.org to "
			       "sip:bob@example.org\n"));
	close_gate();
}

static void too_many_requests(void **state)
{
	char target[64];
	int i;

	(void)state;
	open_gate();
	for (i = 0; i < 100; i++) {
		snprintf(target, sizeof(target), "u%d*y.net@gw.org", i);
		assert_int_equal(sip_watch(ALICE, target, false),
				 GATE_WATCH_PENDING);
	}
	assert_int_equal(sip_watch(ALICE, EVE, false), GATE_WATCH_NONE);
	xmpp_says("sip.x.org", "<presence type='subscribed' from='u7@y.net' "
			       "to='alice@sip.x.org'/>");
	assert_int_equal(sip_watch(ALICE, EVE, false), GATE_WATCH_PENDING);
	buf_clear(&wire);
	close_gate();
}

/* Those who were asked before he was forgotten count when he is back. */
static void requests_outlast_who_asks(void **state)
{
	char target[64];
	struct addr *a = sip_addr(ALICE);

	(void)state;
	open_gate();
	for (int i = 0; i < 100; i++) {
		snprintf(target, sizeof(target), "u%d*y.net@gw.org", i);
		assert_int_equal(sip_watch(ALICE, target, false),
				 GATE_WATCH_PENDING);
		sip_unwatch(ALICE, target);
	}
	for (int i = 0; i < 5 && person_find(jr.gate, a); i++)
		gr_advance(700 * 1000);
	assert_null(person_find(jr.gate, a));
	assert_int_equal(sip_watch(ALICE, EVE, false), GATE_WATCH_NONE);
	buf_clear(&wire);
	mem_deref(a);
	close_gate();
}

/* ---- somebody of XMPP watches a SIP user ---- */

#define SHOWN " from='alice@sip.x.org/gw' to='eve@y.net'>"
#define SUBSCRIBE "<presence type='subscribe' from='eve@y.net' " \
		  "to='alice@sip.x.org'/>"
#define TO_EVE "from='alice@sip.x.org' to='eve@y.net'/>\n"

static void he_is_asked_and_allows(void **state)
{
	(void)state;
	open_gate();
	is_now(SHOW_AWAY, "out & about");
	xmpp_says("sip.x.org", SUBSCRIBE);
	xmpp_says("sip.x.org", SUBSCRIBE);
	assert_wire("");
	assert_sip("alice <- eve*y.net: *** eve@y.net wants to see your "
		   "presence. Answer /allow 1 or /deny 1\n");
	sip_takes(200);
	buf_clear(&gr.sip);
	buf_clear(&wire);
	sip_says("alice", "eve*y.net", "/allow 1");
	assert_sip("200 alice <- eve*y.net: *** eve@y.net may see your "
		   "presence\n");
	assert_true(wire_has(C "<presence type='subscribed' " TO_EVE));
	assert_true(wire_has(C "<presence" SHOWN "<show>away</show><status>"
			       "out &amp; about</status><priority>9"
			       "</priority>"));
	buf_clear(&wire);
	/* he changes, she is told; nothing new, nothing said */
	is_now(SHOW_ONLINE, "");
	published(ALICE);
	assert_true(wire_has("sip.x.org to eve@y.net: <presence "
			     "from='alice@sip.x.org/gw'><priority>9"));
	buf_clear(&wire);
	published(ALICE);
	assert_wire("");
	alice_is.count = 0;
	published(ALICE);
	assert_wire("sip.x.org to eve@y.net: <presence type='unavailable' "
		    "from='alice@sip.x.org/gw'/>\n");
	close_gate();
}

static void he_denies(void **state)
{
	(void)state;
	open_gate();
	is_now(SHOW_ONLINE, "secret");
	xmpp_says("sip.x.org", SUBSCRIBE);
	sip_says("alice", "eve*y.net", "/deny 1");
	assert_wire(C "<presence type='unsubscribed' " TO_EVE
		    C "<presence type='unavailable' " TO_EVE);
	xmpp_says("sip.x.org", SUBSCRIBE);
	assert_wire(C "<presence type='unsubscribed' " TO_EVE
		    C "<presence type='unavailable' " TO_EVE);
	xmpp_says("sip.x.org", "<presence type='probe' from='eve@y.net/r' "
			       "to='alice@sip.x.org'/>");
	assert_wire(C "<presence type='unsubscribed' " TO_EVE);
	published(ALICE);
	assert_wire("");
	sip_takes(200);
	close_gate();
}

static void she_probes_and_leaves(void **state)
{
	(void)state;
	open_gate();
	is_now(SHOW_CHAT, "");
	accept_by("all");
	xmpp_says("sip.x.org", SUBSCRIBE);
	buf_clear(&wire);
	xmpp_says("sip.x.org", "<presence type='probe' from='eve@y.net/r' "
			       "to='alice@sip.x.org'/>");
	assert_true(wire_has("to='eve@y.net/r'><show>chat</show>"));
	buf_clear(&wire);
	xmpp_says("sip.x.org", "<presence type='unsubscribe' "
			       "from='eve@y.net' to='alice@sip.x.org'/>");
	assert_wire(C "<presence type='unsubscribed' " TO_EVE
		    C "<presence type='unavailable' " TO_EVE);
	is_now(SHOW_ONLINE, "");
	published(ALICE);
	assert_wire("");
	assert_sip("");
	close_gate();
}

static void whom_he_watches_may_see_him(void **state)
{
	(void)state;
	open_gate();
	accept_by("roster");
	(void)sip_watch(ALICE, EVE, false);
	buf_clear(&wire);
	xmpp_says("sip.x.org", SUBSCRIBE);
	assert_true(wire_has("<presence type='subscribed' " TO_EVE));
	buf_clear(&wire);
	xmpp_says("sip.x.org", "<presence type='subscribe' from='joe@y.net' "
			       "to='alice@sip.x.org'/>");
	assert_wire("");
	sip_takes(200);
	close_gate();
}

static void the_component_comes_back(void **state)
{
	(void)state;
	open_gate();
	is_now(SHOW_ONLINE, "");
	accept_by("all");
	xmpp_says("sip.x.org", SUBSCRIBE);
	xmpp_says("sip.x.org", "<presence type='subscribe' from='joe@y.net' "
			       "to='carol@sip.x.org'/>");
	accept_by("none");
	xmpp_says("sip.x.org", "<presence type='subscribe' from='joe@y.net' "
			       "to='alice@sip.x.org'/>");
	stub_lost("sip.x.org", LOST_NET, "gone");
	buf_clear(&wire);
	sip_says("alice", "eve*y.net", "/allow 1");
	assert_wire("");
	gr_advance(3000);
	stub_up("sip.x.org", "sip.x.org");
	gr_advance(20);
	assert_true(wire_has("sip.x.org to joe@y.net: <presence "
			     "type='subscribed' from='alice@sip.x.org'/>"));
	assert_true(wire_has("sip.x.org to eve@y.net: <presence "
			     "from='alice@sip.x.org/gw'>"));
	assert_true(wire_has("sip.x.org to joe@y.net: <presence "
			     "from='alice@sip.x.org/gw'>"));
	assert_true(wire_has("sip.x.org to joe@y.net: <presence "
			     "from='carol@sip.x.org/gw'>"));
	buf_clear(&wire);
	/* at the end all are gone */
	gate_stop(jr.gate);
	assert_true(wire_has("sip.x.org to eve@y.net: <presence "
			     "type='unavailable' "
			     "from='alice@sip.x.org/gw'/>"));
	buf_clear(&wire);
	sip_takes(200);
	close_gate();
}

static void a_worker_that_is_behind(void **state)
{
	(void)state;
	open_gate();
	accept_by("all");
	xmpp_says("sip.x.org", SUBSCRIBE);
	buf_clear(&wire);
	is_now(SHOW_ONLINE, "");
	send_err = EBUSY;
	published(ALICE);
	assert_wire("");
	send_err = 0;
	is_now(SHOW_AWAY, "");
	gr_advance(600);
	assert_true(wire_has("<show>away</show>"));
	buf_clear(&wire);
	/* what is said to one waits as well, in order */
	send_err = EBUSY;
	xmpp_says("sip.x.org", "<presence type='subscribe' from='joe@y.net' "
			       "to='alice@sip.x.org'/>");
	(void)sip_watch(ALICE, EVE, false);
	assert_wire("");
	gr_advance(600);
	send_err = 0;
	gr_advance(600);
	assert_true(wire_has(C "<presence type='subscribed' "
			       "from='alice@sip.x.org' to='joe@y.net'/>\n"
			     C "<presence from='alice@sip.x.org/gw' "
			       "to='joe@y.net'>"));
	assert_true(wire_has(C "<presence type='subscribe' " TO_EVE));
	buf_clear(&wire);
	close_gate();
}

static void of_an_account_he_is_asked_too(void **state)
{
	(void)state;
	open_gate();
	(void)sip_watch(BOB, EVE, false);
	bob_up();
	buf_clear(&wire);
	xmpp_says("sip:bob@example.org", "<presence type='subscribe' "
					 "from='joe@y.net' to='bob@y.org'/>");
	assert_wire("");
	sip_takes(200);
	buf_clear(&gr.sip);
	sip_says("bob", "joe*y.net", "/allow 1");
	assert_wire(B "<presence type='subscribed' to='joe@y.net'/>\n");
	/* the server knows it now, and we forget */
	sip_says("bob", "joe*y.net", "/watchers");
	assert_sip("200 bob <- joe*y.net: *** joe@y.net may see your "
		   "presence\n"
		   "200 bob <- joe*y.net: *** Nobody has asked to see your "
		   "presence\n");
	close_gate();
}

static void an_account_shows_its_user(void **state)
{
	(void)state;
	open_gate();
	(void)sip_watch(BOB, EVE, false);
	bob_up();
	assert_true(wire_has(B "<presence><priority>9</priority>"));
	buf_clear(&wire);
	is_now(SHOW_ONLINE, "");
	registered(BOB, true);
	assert_wire(""); /* as before */
	is_now(SHOW_AWAY, "tea");
	published(BOB);
	assert_true(wire_has(B "<presence><show>away</show><status>tea"
			       "</status><priority>9</priority>"));
	buf_clear(&wire);
	alice_is.count = 0;
	registered(BOB, false);
	assert_true(wire_has(B "<presence><show>away</show><status>SIP phone "
			       "offline</status><priority>-1</priority>"));
	buf_clear(&wire);
	close_gate();
}

static void who_is_nobody(void **state)
{
	(void)state;
	open_gate();
	xmpp_says("sip.x.org", "<presence type='subscribe' from='eve@y.net' "
			       "to='nobody@sip.x.org'/>");
	xmpp_says("sip.x.org", "<presence type='subscribe' from='eve@y.net' "
			       "to='sip.x.org'/>");
	xmpp_says("sip.x.org", "<presence type='probe' from='eve@y.net' "
			       "to='sip.x.org'/>");
	assert_wire(C "<presence type='unsubscribed' from='nobody@sip.x.org' "
		      "to='eve@y.net'/>\n"
		    C "<presence type='subscribed' from='sip.x.org' "
		      "to='eve@y.net'/>\n"
		    C "<presence from='sip.x.org' to='eve@y.net'/>\n");
	/* nor one of ours, by a detour */
	xmpp_says("sip.x.org", "<presence type='subscribe' "
			       "from='carol@sip.x.org' "
			       "to='alice@sip.x.org'/>");
	assert_wire("");
	assert_sip("");
	close_gate();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(asks_and_is_allowed),
		GATE_TEST(what_was_allowed_is_remembered),
		GATE_TEST(is_refused),
		GATE_TEST(is_nobody_there),
		GATE_TEST(the_link_goes_and_comes),
		GATE_TEST(by_an_account),
		GATE_TEST(strangers_are_not_remembered),
		GATE_TEST(an_account_that_is_gone),
		GATE_TEST(too_many_requests),
		GATE_TEST(requests_outlast_who_asks),
		GATE_TEST(he_is_asked_and_allows),
		GATE_TEST(he_denies),
		GATE_TEST(she_probes_and_leaves),
		GATE_TEST(whom_he_watches_may_see_him),
		GATE_TEST(the_component_comes_back),
		GATE_TEST(a_worker_that_is_behind),
		GATE_TEST(of_an_account_he_is_asked_too),
		GATE_TEST(an_account_shows_its_user),
		GATE_TEST(who_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
