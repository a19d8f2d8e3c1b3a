/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole gateway to XMPP on gates_rig.h, with sessions that are none
 * (session_stub.h). Components sip.x.org and rooms.x.org; users alice and
 * carol speak by the component, bob by his account bob@y.org.
 */
#ifndef CONFAB_GATE_RIG_H
#define CONFAB_GATE_RIG_H

#include "gate_priv.h"
#include "gates_rig.h"
#include "session_stub.h"

struct gate_rig {
	struct jmap *map;
	struct gate *gate;
	struct gate_conf conf; /* before gate_rig_open(): what differs */
	bool no_component, account_gone, account_bad;
	bool deaf; /* the server of our rooms takes nothing out of its
		      socket */
	enum gate_login login;
	const struct bridge_legs *legs; /* of the module "puppets" */
	void *legs_arg;
};

static struct gate_rig jr;

/* ---- faces ---- */

void bridge_legs(struct bridge *b, const struct bridge_legs *ops, void *arg)
{
	(void)b;
	jr.legs = ops;
	jr.legs_arg = arg;
}

/* The bridge between the hub and the legs of the gateway. */
static inline int gr_check(void *face, struct view target, struct view via,
			   struct buf *viaout, struct buf *why)
{
	(void)face;
	assert_true(jr.legs->has(jr.legs_arg, via));
	return jr.legs->check(jr.legs_arg, view_from(target, 5), via, viaout,
			      why);
}

static inline int gr_attach(void *face, struct leg *leg)
{
	(void)face;
	return jr.legs->attach(jr.legs_arg, leg,
			       view_from(view_str(leg->target), 5));
}

static inline void gr_detach(void *face, struct leg *leg)
{
	(void)face;
	jr.legs->detach(jr.legs_arg, leg);
}

static inline int gr_deliver(void *face, struct leg *leg, struct msg *msg)
{
	(void)face;
	return jr.legs->deliver(jr.legs_arg, leg, msg);
}

static inline int gr_expel(void *face, struct leg *leg, struct view nick,
			   bool ban, struct view reason)
{
	(void)face;
	return jr.legs->expel(jr.legs_arg, leg, nick, ban, reason);
}

static inline int gr_subject(void *face, struct leg *leg, struct view text)
{
	(void)face;
	return jr.legs->subject(jr.legs_arg, leg, text);
}

/* ---- accounts ---- */

static inline int gr_find(const struct addr *owner, struct gate_account *out,
			  void *arg)
{
	(void)arg;
	if (view_starts(owner->user, VIEW("many"))) {
		*out = (struct gate_account){ .id = 7,
					      .jid = VIEW("many@y.org"),
					      .login = jr.login };
		return 0;
	}
	if (jr.account_gone || !view_eqs(owner->text, "sip:bob@example.org"))
		return ENOENT;
	*out = (struct gate_account){
		.id = 7, .jid = VIEW("bob@y.org"), .login = jr.login
	};
	return 0;
}

static inline int gr_open(uint64_t id,
			  int (*use)(const struct bridge_setting *s,
				     size_t count, void *use_arg),
			  void *use_arg, struct buf *why, void *arg)
{
	const struct bridge_setting s[] = { { "kind", "account" } };

	(void)arg;
	assert_int_equal(id, 7);
	if (jr.account_bad)
		buf_adds(why, "the key is missing");
	return jr.account_bad ? EACCES : use(s, 1, use_arg);
}

static const struct gate_accounts gr_accounts = {
	.find = gr_find, .open = gr_open, .shut = gr_turn, .unshut = gr_turn,
};

/* ---- life ---- */

/* The server of our rooms' domain has what was sent. True: it was asked. */
static inline bool gr_server_has(void)
{
	struct session *s = sessions;

	while (s && (strcmp(s->label, "rooms.x.org") || s->state != 2))
		s = s->next;
	if (!s || !s->tag_count || jr.deaf)
		return false;
	stub_sent("rooms.x.org", 0, "");
	return true;
}

static inline void gr_map(void)
{
	struct buf why = { 0 };

	assert_int_equal(jmap_new(&jr.map, VIEW("gw.org"), 0, &why), 0);
	assert_int_equal(jmap_aliases(jr.map, VIEW("1;icq.gw.org"), &why), 0);
	assert_int_equal(jmap_zone(jr.map, JMAP_USERS, VIEW("example.org"),
				   VIEW("sip.x.org"), &why),
			 0);
	assert_int_equal(jmap_zone(jr.map, JMAP_ROOMS, VIEW("example.org"),
				   VIEW("rooms.x.org"), &why),
			 0);
	buf_free(&why);
}

static inline void gr_gate(void)
{
	struct gate_conf conf = jr.conf;
	struct buf why = { 0 };

	conf.loop = gr.loop;
	conf.hub = gr.hub;
	conf.store = gr.store;
	conf.map = jr.map;
	conf.accounts = &gr_accounts;
	conf.domain = "example.org";
	conf.registrar = "jabber_gateway@gw.org";
	conf.cache_s = 600;
	conf.delay_s = 90;
	conf.priority = 9;
	conf.auto_accept = "none";
	if (!jr.no_component) {
		conf.component_domain = "sip.x.org";
		conf.component_host = "127.0.0.1";
		conf.component_secret = "secret";
		conf.component_port = 5347;
		conf.rooms_domain = "rooms.x.org";
		conf.rooms_secret = "secret";
	}
	assert_int_equal(gate_new(&jr.gate, &conf, &why), 0);
	buf_free(&why);
}

static inline void gate_rig_open(void)
{
	static const struct face_ops xmpp = {
		.scheme = "xmpp",
		.caps = FACE_MEMBERS | FACE_ECHO | FACE_LINKS,
		.check = gr_check, .attach = gr_attach, .detach = gr_detach,
		.deliver = gr_deliver, .subject = gr_subject,
		.expel = gr_expel,
		.start = gr_face_start, .stop = gr_face_stop,
		.fanout = gr_fanout, .tell = gr_tell,
	};
	const struct gate_listener listener = {
		.typing = gr_on_typing, .tell = gr_on_tell, .knows = gr_knows,
		.arg = &gr,
	};
	struct store_load rows = { .visit = gate_load_visit,
				   .watch = gate_load_watch,
				   .kept = gate_load_kept };

	stub_open();
	gr_hub_open();
	gr_map();
	gr_gate();
	rows.arg = jr.gate;
	gr.busy = gr_server_has;
	gr_hub_start(&xmpp, &listener, &rows);
	assert_int_equal(gate_start(jr.gate), 0);
	gr_settle();
}

static inline void gate_rig_close(void)
{
	gate_stop(jr.gate);
	gr_hub_stop();
	gate_free(jr.gate);
	mem_deref(jr.map);
	gr_hub_close();
	stub_close();
}

static inline int gate_rig_setup(void **state)
{
	memset(&jr, 0, sizeof(jr));
	return gr_setup(state);
}

#define GATE_TEST(fn)                                                         \
	cmocka_unit_test_setup_teardown(fn, gate_rig_setup, gr_teardown)

/* ---- what tests do ---- */

static inline void xmpp_says(const char *label, const char *xml)
{
	stub_in(label, xml);
	gr_settle();
}

/* Both components, without their noise. */
static inline void components_up(void)
{
	stub_up("sip.x.org", "sip.x.org");
	stub_up("rooms.x.org", "rooms.x.org");
	gr_settle();
	buf_clear(&wire);
}

/* bob's account. */
static inline void bob_up(void)
{
	stub_up("sip:bob@example.org", "bob@y.org/r1");
	gr_settle();
}

#endif
