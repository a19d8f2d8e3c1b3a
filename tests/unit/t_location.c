/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where users are, and how often that is written. The store is a fake one,
 * which counts. */
#include "test.h"

#include <errno.h>

#include "clock.h"
#include "hash.h"
#include "location.h"

struct store {
	int begun, committed, put, deleted;
	struct store_binding row; /* of the last put, without views */
	char flow[SIP_FLOW_TEXT_MAX], contact[80], agent[200];
	char gone[64];            /* the last one deleted */
	uint64_t gone_id;
};

#define ALICE "sip:alice@example.org"

static struct store st;
static struct wheel *wheel;
static struct location *loc;

struct store_txn *store_begin(struct store *s)
{
	s->begun++;
	return (struct store_txn *)s;
}

void store_put_binding(struct store_txn *t, const struct store_binding *b)
{
	struct store *s = (struct store *)t;

	s->put++;
	s->row = *b;
	assert_int_equal(view_copy(s->flow, sizeof(s->flow), b->flow), 0);
	assert_int_equal(view_copy(s->contact, sizeof(s->contact),
				   b->contact), 0);
	assert_int_equal(view_copy(s->agent, sizeof(s->agent), b->agent), 0);
}

void store_del_binding(struct store_txn *t, struct view aor, uint64_t id)
{
	struct store *s = (struct store *)t;

	s->deleted++;
	s->gone_id = id;
	assert_int_equal(view_copy(s->gone, sizeof(s->gone), aor), 0);
}

void store_commit(struct store_txn *t, store_done_h *doneh, void *arg)
{
	((struct store *)t)->committed++;
	if (doneh)
		doneh(0, arg);
}

static void open_with(size_t aors, size_t bytes)
{
	const struct location_conf conf = {
		.store = &st, .wheel = wheel, .aors = aors, .bytes = bytes,
	};

	loc = location_new(&conf);
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	memset(&st, 0, sizeof(st));
	clock_freeze(1000, UINT64_C(1700000000000));
	wheel = wheel_new(1000);
	open_with(10, 0);
	return 0;
}

static int teardown(void **state)
{
	location_free(loc);
	wheel_free(wheel);
	clock_thaw();
	return test_teardown(state);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static struct sip_flow flow_of(const char *text)
{
	struct sip_flow f;

	assert_int_equal(sip_flow_parse(&f, view_str(text)), 0);
	return f;
}

static void hear_agent(const char *aor, const char *flow, const char *agent)
{
	const struct device_heard heard = { .user_agent = view_str(agent) };
	struct sip_flow f = flow_of(flow);

	location_heard(loc, view_str(aor), &f, &heard);
}

static void hear(const char *aor, const char *flow)
{
	hear_agent(aor, flow, "");
}

static size_t find(const char *aor, struct binding **out)
{
	struct view v = view_str(aor);

	return location_find(loc, v, hash_view(v), out);
}

static void assert_at(const char *aor, const char *flow)
{
	struct binding *b[LOCATION_BINDINGS];
	char text[SIP_FLOW_TEXT_MAX];

	assert_int_equal(find(aor, b), 1);
	assert_int_equal(b[0]->id, 0);
	assert_view(sip_dest_to(b[0]->dest), aor);
	assert_string_equal(sip_flow_str(text, &b[0]->flow), flow);
}

static void assert_nowhere(const char *aor)
{
	struct binding *b[LOCATION_BINDINGS];

	assert_int_equal(find(aor, b), 0);
}

static struct contact contact_of(const char *uri)
{
	return (struct contact){ .uri = view_str(uri),
				 .call_id = VIEW("call"), .cseq = 1 };
}

static void commit(struct location_change *c)
{
	location_commit(c, NULL, NULL);
}

static uint64_t settle(const char *uri, const char *flow, uint64_t seconds)
{
	struct location_change *c = location_begin(loc, VIEW(ALICE));
	struct contact contact = contact_of(uri);
	struct sip_flow f = flow_of(flow);
	struct binding *b;

	location_bind(c, &contact, &f, wall_ms() + seconds * 1000);
	commit(c);
	b = location_same(loc, VIEW(ALICE), &contact);
	assert_non_null(b);
	return b->id;
}

static void advance(uint64_t ms)
{
	clock_advance(ms);
	wheel_advance(wheel, now_ms());
}

static unsigned changes;

static void on_change(struct view aor, void *arg)
{
	assert_ptr_equal(arg, &st);
	assert_view(aor, ALICE);
	changes++;
}

static void registered_or_not_is_told(void **state)
{
	uint64_t id;
	struct location_change *c;

	(void)state;
	changes = 0;
	location_on_change(loc, on_change, &st);
	hear(ALICE, "udp:192.0.2.1:5060");
	assert_false(location_is_registered(loc, VIEW(ALICE)));
	id = settle("sip:a@192.0.2.1", "udp:192.0.2.1:5060", 60);
	assert_int_equal(changes, 1);
	assert_true(location_is_registered(loc, VIEW(ALICE)));
	settle("sip:b@192.0.2.2", "udp:192.0.2.2:5060", 120);
	settle("sip:b@192.0.2.2", "udp:192.0.2.2:5060", 120);
	c = location_begin(loc, VIEW(ALICE));
	location_unbind(c, id);
	commit(c);
	assert_int_equal(changes, 1);
	advance(121 * 1000);
	assert_int_equal(changes, 2);
	assert_false(location_is_registered(loc, VIEW(ALICE)));
	location_on_change(loc, on_change, &st); /* one more */
	settle("sip:a@192.0.2.1", "udp:192.0.2.1:5060", 60);
	assert_int_equal(changes, 4);
	location_quiet(loc, &changes); /* nobody of this name */
	location_quiet(loc, &st);
	advance(61 * 1000);
	assert_int_equal(changes, 4);
}

static void the_last_place_counts(void **state)
{
	(void)state;
	assert_nowhere(ALICE);
	hear(ALICE, "udp:192.0.2.1:5060");
	hear("sip:bob@example.org", "udp:[2001:db8::1]:5062");
	assert_at(ALICE, "udp:192.0.2.1:5060");
	assert_at("sip:bob@example.org", "udp:[2001:db8::1]:5062");
	hear(ALICE, "udp:192.0.2.2:5060");
	assert_at(ALICE, "udp:192.0.2.2:5060");
	assert_nowhere("sip:Alice@example.org");
	assert_int_equal(location_count(loc), 2);
	assert_true(location_has(loc, VIEW(ALICE), hash_view(VIEW(ALICE))));
}

static void only_a_change_is_written(void **state)
{
	const uint64_t minute = 60 * 1000;

	(void)state;
	hear(ALICE, "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 1);
	clock_advance(14 * minute);
	hear(ALICE, "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 1);
	clock_advance(2 * minute);
	hear(ALICE, "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 2);
	hear(ALICE, "udp:192.0.2.2:5060");
	assert_int_equal(st.put, 3);
	assert_string_equal(st.flow, "udp:192.0.2.2:5060");
	hear_agent(ALICE, "udp:192.0.2.2:5060", "phone 1");
	hear_agent(ALICE, "udp:192.0.2.2:5060", "phone 1");
	assert_int_equal(st.put, 4);
	assert_string_equal(st.agent, "phone 1");
	assert_int_equal(st.committed, st.begun);
}

static void a_connection_is_kept_in_mind(void **state)
{
	const struct device_heard nothing = { 0 };
	struct sip_flow tcp = flow_of("tcp:192.0.2.1:40000");
	struct binding *b[LOCATION_BINDINGS + 1];

	(void)state;
	tcp.conn = 8;
	location_heard(loc, VIEW(ALICE), &tcp, &nothing);
	tcp.conn = 9;
	location_heard(loc, VIEW(ALICE), &tcp, &nothing);
	/* there is no such connection any more: nobody else gets his texts */
	assert_nowhere(ALICE);
	assert_int_equal(location_all(loc, VIEW(ALICE), b), 1);
	assert_int_equal(b[0]->flow.conn, 9);
	assert_int_equal(st.put, 1);
	hear(ALICE, "udp:192.0.2.1:5060");
	assert_int_equal(find(ALICE, b), 1);
	assert_int_equal(b[0]->flow.transport, SIP_UDP);
	assert_int_equal(b[0]->conn, 9);
}

static void a_learned_place_has_an_end(void **state)
{
	const uint64_t minute = 60 * 1000;

	(void)state;
	hear(ALICE, "udp:192.0.2.1:5060");
	advance(50 * minute);
	hear(ALICE, "udp:192.0.2.1:5060");
	advance(50 * minute);
	assert_at(ALICE, "udp:192.0.2.1:5060");
	assert_int_equal(st.row.expires_ms, wall_ms() + 10 * minute);
	advance(11 * minute);
	assert_nowhere(ALICE);
	assert_int_equal(location_count(loc), 0);
	assert_string_equal(st.gone, ALICE);
	assert_int_equal(st.gone_id, 0);
}

static void leave(void)
{
	struct location_change *c = location_begin(loc, VIEW(ALICE));

	location_leave(c);
	commit(c);
}

static void who_leaves_is_nowhere(void **state)
{
	uint64_t id;
	struct location_change *c;

	(void)state;
	leave();
	hear(ALICE, "udp:192.0.2.1:5060");
	id = settle("sip:a@192.0.2.2", "udp:192.0.2.2:5060", 60);
	leave(); /* a device of his is left */
	assert_int_equal(st.deleted, 0);
	c = location_begin(loc, VIEW(ALICE));
	location_unbind(c, id);
	location_leave(c);
	commit(c);
	assert_nowhere(ALICE);
	assert_int_equal(location_count(loc), 0);
}

static void another_device_starts_afresh(void **state)
{
	struct binding *b[LOCATION_BINDINGS];

	(void)state;
	hear_agent(ALICE, "udp:192.0.2.1:5060", "phone 1");
	find(ALICE, b);
	b[0]->dev.learned = 500;
	location_learned(loc, b[0]);
	assert_int_equal(st.row.body_max, 500);
	/* behind a NAT that changed its mind */
	hear_agent(ALICE, "udp:192.0.2.1:6060", "phone 1");
	find(ALICE, b);
	assert_int_equal(b[0]->dev.learned, 500);
	hear_agent(ALICE, "udp:192.0.2.1:6060", "phone 2");
	find(ALICE, b);
	assert_int_equal(b[0]->dev.learned, 0);
}

static void the_silent_one_is_forgotten(void **state)
{
	(void)state;
	location_free(loc);
	open_with(3, 0);
	hear("sip:a@h", "udp:192.0.2.1:5060");
	hear("sip:b@h", "udp:192.0.2.2:5060");
	hear("sip:c@h", "udp:192.0.2.3:5060");
	hear("sip:a@h", "udp:192.0.2.1:5060");
	hear("sip:d@h", "udp:192.0.2.4:5060");
	assert_int_equal(location_count(loc), 3);
	assert_nowhere("sip:b@h");
	assert_at("sip:a@h", "udp:192.0.2.1:5060");
	assert_string_equal(st.gone, "sip:b@h");
}

static void who_is_registered_is_not_forgotten(void **state)
{
	struct binding *b[LOCATION_BINDINGS];

	(void)state;
	location_free(loc);
	open_with(2, 0);
	settle("sip:a@192.0.2.1", "udp:192.0.2.1:5060", 60);
	hear("sip:b@h", "udp:192.0.2.2:5060");
	hear("sip:c@h", "udp:192.0.2.3:5060");
	assert_nowhere("sip:b@h");
	assert_int_equal(find(ALICE, b), 1);
}

static void devices_go_before_the_learned_place(void **state)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	uint64_t id[2];

	(void)state;
	hear(ALICE, "udp:192.0.2.9:5060");
	id[0] = settle("sip:a-1@192.0.2.1:5060", "udp:198.51.100.1:40000", 60);
	id[1] = settle("sip:a-2@192.0.2.2", "udp:198.51.100.2:40000", 120);
	assert_true(id[0] && id[1] && id[0] != id[1]);
	assert_int_equal(find(ALICE, b), 2);
	assert_int_equal(b[1]->id, id[0]);
	assert_view(sip_dest_ruri(b[1]->dest), "sip:a-1@192.0.2.1:5060");
	assert_view(sip_dest_to(b[1]->dest), ALICE);
	assert_int_equal(location_all(loc, VIEW(ALICE), b), 3);
	assert_int_equal(b[2]->id, 0);
	assert_int_equal(location_registered(loc), 2);
	/* one expires, then the other */
	advance(60 * 1000 + 20);
	assert_int_equal(st.gone_id, id[0]);
	assert_int_equal(find(ALICE, b), 1);
	assert_int_equal(b[0]->id, id[1]);
	advance(60 * 1000);
	assert_at(ALICE, "udp:192.0.2.9:5060");
	assert_int_equal(location_registered(loc), 0);
}

static void a_refresh_keeps_the_device(void **state)
{
	struct binding *b[LOCATION_BINDINGS];
	uint64_t id = settle("sip:a@192.0.2.1", "udp:192.0.2.1:5060", 60);

	(void)state;
	advance(50 * 1000);
	assert_int_equal(settle("sip:%61@192.0.2.1", "udp:192.0.2.1:6060", 60),
			 id);
	advance(50 * 1000);
	assert_int_equal(find(ALICE, b), 1);
	assert_int_equal(netaddr_port(&b[0]->flow.peer), 6060);
	assert_view(b[0]->contact.uri, "sip:%61@192.0.2.1");
}

static uint64_t bind_instance(const char *uri, const char *instance,
			      uint32_t reg_id)
{
	struct location_change *c = location_begin(loc, VIEW(ALICE));
	struct contact contact = contact_of(uri);
	struct sip_flow f = flow_of("udp:192.0.2.1:5060");

	contact.instance = view_str(instance);
	contact.reg_id = reg_id;
	location_bind(c, &contact, &f, wall_ms() + 60000);
	commit(c);
	return location_same(loc, VIEW(ALICE), &contact)->id;
}

static void what_can_not_be_sent_to_is_not_bound(void **state)
{
	struct location_change *c = location_begin(loc, VIEW(ALICE));
	struct contact contact = contact_of("sip:a@192.0.2.1");
	struct sip_flow f = flow_of("udp:192.0.2.1:5060");

	(void)state;
	contact.path = view_mem("\"\\\0\" <sip:p;lr>", 15);
	expect_log(1);
	location_bind(c, &contact, &f, wall_ms() + 60000);
	commit(c);
	assert_null(location_same(loc, VIEW(ALICE), &contact));
	assert_false(location_is_registered(loc, VIEW(ALICE)));
}

static void an_instance_is_one_device(void **state)
{
	struct binding *b[LOCATION_BINDINGS];
	uint64_t id = bind_instance("sip:a@192.0.2.1:1000", "urn:uuid:1", 1);

	(void)state;
	assert_int_equal(bind_instance("sip:a@192.0.2.1:2000", "urn:uuid:1",
				       1), id);
	assert_int_equal(find(ALICE, b), 1);
	assert_true(bind_instance("sip:a@192.0.2.1:2000", "urn:uuid:1", 2) !=
		    id);
	assert_true(bind_instance("sip:a@192.0.2.1:2000", "urn:uuid:2", 1) !=
		    id);
	assert_int_equal(find(ALICE, b), 3);
	location_free(loc);
	open_with(10, 0);
	/* the same as before the restart */
	assert_int_equal(bind_instance("sip:a@192.0.2.1:3000", "urn:uuid:1",
				       1), id);
}

static void a_lost_connection_leads_nowhere(void **state)
{
	struct binding *b[LOCATION_BINDINGS + 1];

	(void)state;
	hear(ALICE, "udp:192.0.2.9:5060");
	settle("sip:a@192.0.2.1;transport=tcp", "tcp:192.0.2.1:40000", 60);
	/* there, but asleep: the learned place is no way round it */
	assert_int_equal(find(ALICE, b), 0);
	assert_int_equal(location_all(loc, VIEW(ALICE), b), 2);
}

static void who_registered_is_told_from_who_did_not(void **state)
{
	const struct device_heard typing = { .typing = true };
	struct sip_flow f = flow_of("udp:192.0.2.1:5060");
	struct binding *b[LOCATION_BINDINGS + 1];
	uint64_t id = settle("sip:a@192.0.2.1", "udp:192.0.2.1:5060", 60);
	struct view aor = VIEW(ALICE);

	(void)state;
	location_heard(loc, aor, &f, &typing);
	assert_int_equal(location_all(loc, aor, b), 1);
	assert_true(device_form(&b[0]->dev, SIP_UDP).typing);
	assert_int_equal(location_by_flow(loc, aor, hash_view(aor), &f,
					  VIEW_NONE)->id, id);
	f = flow_of("udp:192.0.2.1:5062");
	assert_null(location_by_flow(loc, aor, hash_view(aor), &f,
				     VIEW_NONE));
	location_heard(loc, aor, &f, &typing);
	assert_int_equal(location_by_flow(loc, aor, hash_view(aor), &f,
					  VIEW_NONE)->id, 0);
}

static void there_is_an_end_to_room(void **state)
{
	char uri[32];

	(void)state;
	location_free(loc);
	open_with(10, 400);
	for (int i = 0; i < LOCATION_BINDINGS; i++) {
		assert_int_equal(location_room(loc, VIEW(ALICE), 1, 24), 0);
		snprintf(uri, sizeof(uri), "sip:a%d@192.0.2.1", i);
		settle(uri, "udp:192.0.2.1:5060", 60);
	}
	assert_int_equal(location_room(loc, VIEW(ALICE), 1, 24), EBUSY);
	assert_int_equal(location_room(loc, VIEW(ALICE), 0, 24), 0);
	assert_int_equal(location_room(loc, VIEW("sip:b@h"), 1, 300), ENOSPC);
}

static void what_the_store_had(void **state)
{
	struct store_binding sb = {
		.aor = VIEW(ALICE),
		.id = 5,
		.contact = VIEW("sip:a@192.0.2.1"),
		.path = VIEW("<sip:p;lr>"),
		.flow = VIEW("udp:192.0.2.1:5060"),
		.listener = 2,
		.agent = VIEW("asterisk"),
		.expires_ms = UINT64_C(1700000000000) + 1000,
		.body_max = 700,
		.traits = DEVICE_BARE,
	};
	struct binding *b[LOCATION_BINDINGS];

	(void)state;
	location_load(&sb, loc);
	location_load(&sb, loc); /* twice the same */
	assert_int_equal(find(ALICE, b), 1);
	assert_view(sip_dest_route(b[0]->dest), "<sip:p;lr>");
	assert_int_equal(b[0]->flow.listener, 2);
	assert_int_equal(device_form(&b[0]->dev, SIP_UDP).body_max, 700);
	assert_int_equal(device_form(&b[0]->dev, SIP_UDP).type,
			 DEVICE_TYPE_BARE);
	assert_int_equal(b[0]->dev.kind, 1023);
	assert_int_equal(st.begun, 0);
	advance(1020);
	assert_nowhere(ALICE);
	assert_int_equal(st.gone_id, 5);
}

static void what_the_store_should_not_have(void **state)
{
	static const struct store_binding bad[] = {
		{ .aor = VIEW("sip:a@h"), .flow = VIEW("pigeon:1") },
		{ .aor = VIEW("sip:a@h"), .flow = VIEW("udp:192.0.2.1:5060"),
		  .id = 4 },
		{ .aor = VIEW("a@h"), .flow = VIEW("udp:192.0.2.1:5060") },
		{ .aor = VIEW("sip:a@h"), .flow = VIEW("udp:192.0.2.1:5060"),
		  .id = 4, .contact = VIEW("sip:a@h>\r\nX: y") },
		{ .flow = VIEW("udp:192.0.2.1:5060") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		location_load(&bad[i], loc);
		assert_int_equal(location_count(loc), 0);
	}
}

static void one_typing_notice_a_second(void **state)
{
	(void)state;
	assert_true(location_may_type(loc, VIEW(ALICE), 5000));
	hear(ALICE, "udp:192.0.2.1:5060");
	assert_true(location_may_type(loc, VIEW(ALICE), 5000));
	assert_false(location_may_type(loc, VIEW(ALICE), 5999));
	assert_true(location_may_type(loc, VIEW(ALICE), 6000));
}

static void the_operator_sees_it(void **state)
{
	struct binding *b[LOCATION_BINDINGS + 1];
	struct buf text = { 0 };

	(void)state;
	hear_agent(ALICE, "udp:192.0.2.9:5060", "phone");
	settle("sip:a@192.0.2.1;transport=tcp", "tcp:192.0.2.1:40000", 60);
	location_all(loc, VIEW(ALICE), b);
	location_put(&text, loc, b[0]);
	assert_string_equal(buf_str(&text),
			    "sip:a@192.0.2.1;transport=tcp registered, "
			    "tcp:192.0.2.1:40000 (gone), for 60 s, "
			    "at most 16384 bytes");
	buf_clear(&text);
	location_put(&text, loc, b[1]);
	assert_string_equal(buf_str(&text),
			    ALICE " learned, udp:192.0.2.9:5060, for 3600 s, "
			    "at most 3000 bytes, phone");
	buf_free(&text);
}

static void addresses_are_made_canonical(void **state)
{
	struct sip_uri uri;
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(sip_uri_parse(&uri, VIEW("SIPS:A@EXAMPLE.org:1;x")),
			 0);
	location_aor(&b, &uri);
	assert_string_equal(buf_str(&b), "sip:A@example.org");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(registered_or_not_is_told),
		CASE(the_last_place_counts),
		CASE(only_a_change_is_written),
		CASE(a_connection_is_kept_in_mind),
		CASE(a_learned_place_has_an_end),
		CASE(who_leaves_is_nowhere),
		CASE(another_device_starts_afresh),
		CASE(the_silent_one_is_forgotten),
		CASE(who_is_registered_is_not_forgotten),
		CASE(devices_go_before_the_learned_place),
		CASE(a_refresh_keeps_the_device),
		CASE(what_can_not_be_sent_to_is_not_bound),
		CASE(an_instance_is_one_device),
		CASE(a_lost_connection_leads_nowhere),
		CASE(who_registered_is_told_from_who_did_not),
		CASE(there_is_an_end_to_room),
		CASE(what_the_store_had),
		CASE(what_the_store_should_not_have),
		CASE(one_typing_notice_a_second),
		CASE(the_operator_sees_it),
		CASE(addresses_are_made_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
