/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where users are, and how often that is written. The store is a fake one,
 * which counts. */
#include "test.h"

#include "clock.h"
#include "contacts.h"

struct store {
	int begun, committed, put, deleted;
	char flow[SIP_FLOW_TEXT_MAX]; /* of the last put */
	char gone[64];                /* the last one deleted */
};

struct store_txn *store_begin(struct store *s)
{
	s->begun++;
	return (struct store_txn *)s;
}

void store_put_contact(struct store_txn *t, const struct store_contact *c)
{
	struct store *s = (struct store *)t;

	s->put++;
	assert_int_equal(c->seen_ms, wall_ms());
	assert_int_equal(view_copy(s->flow, sizeof(s->flow), c->flow), 0);
}

void store_del_contact(struct store_txn *t, struct view aor)
{
	struct store *s = (struct store *)t;

	s->deleted++;
	assert_int_equal(view_copy(s->gone, sizeof(s->gone), aor), 0);
}

void store_commit(struct store_txn *t, store_done_h *doneh, void *arg)
{
	(void)doneh;
	(void)arg;
	((struct store *)t)->committed++;
}

static struct addr *user_of(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static struct sip_flow flow_of(const char *text)
{
	struct sip_flow f;

	assert_int_equal(sip_flow_parse(&f, view_str(text)), 0);
	return f;
}

static void hear(struct contacts *cs, const char *user, const char *flow)
{
	struct addr *a = user_of(user);
	struct sip_flow f = flow_of(flow);

	contacts_heard(cs, a, &f);
	mem_deref(a);
}

static void assert_at(const struct contacts *cs, const char *user,
		      const char *flow)
{
	struct addr *a = user_of(user);
	struct sip_dest *dest;
	struct sip_flow f;
	char text[SIP_FLOW_TEXT_MAX];

	assert_true(contacts_find(cs, a, &f, &dest));
	assert_string_equal(sip_flow_str(text, &f), flow);
	mem_deref(a);
}

static void assert_nowhere(const struct contacts *cs, const char *user)
{
	struct addr *a = user_of(user);
	struct sip_dest *dest;
	struct sip_flow f;

	assert_false(contacts_find(cs, a, &f, &dest));
	mem_deref(a);
}

static void the_last_place_counts(void **state)
{
	struct store st = { 0 };
	struct contacts *cs = contacts_new(&st, 10);

	(void)state;
	assert_nowhere(cs, "sip:alice@example.org");
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	hear(cs, "sip:bob@example.org", "tcp:[2001:db8::1]:5062");
	assert_at(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	assert_at(cs, "sip:bob@example.org", "tcp:[2001:db8::1]:5062");
	hear(cs, "sip:alice@example.org", "udp:192.0.2.2:5060");
	assert_at(cs, "sip:alice@example.org", "udp:192.0.2.2:5060");
	/* the user's case matters, the host's does not */
	assert_nowhere(cs, "sip:Alice@example.org");
	assert_at(cs, "sip:alice@EXAMPLE.org", "udp:192.0.2.2:5060");
	assert_int_equal(contacts_count(cs), 2);
	contacts_free(cs);
}

static void only_a_change_is_written(void **state)
{
	struct store st = { 0 };
	struct contacts *cs = contacts_new(&st, 10);

	(void)state;
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 1);
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 1);
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5061");
	assert_int_equal(st.put, 2);
	hear(cs, "sip:alice@example.org", "tcp:192.0.2.1:5061");
	assert_int_equal(st.put, 3);
	assert_string_equal(st.flow, "tcp:192.0.2.1:5061");
	assert_int_equal(st.committed, st.begun);
	contacts_free(cs);
}

static void and_once_a_day(void **state)
{
	struct store st = { 0 };
	struct contacts *cs = contacts_new(&st, 10);
	const uint64_t hour = 60 * 60 * 1000;

	(void)state;
	clock_freeze(1000, UINT64_C(1700000000000));
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	clock_advance(23 * hour);
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 1);
	clock_advance(2 * hour);
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 2);
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	assert_int_equal(st.put, 2);
	clock_thaw();
	contacts_free(cs);
}

static void a_new_connection_is_used_at_once(void **state)
{
	struct store st = { 0 };
	struct contacts *cs = contacts_new(&st, 10);
	struct addr *a = user_of("sip:alice@example.org");
	struct sip_dest *dest;
	struct sip_flow f = flow_of("tcp:192.0.2.1:40000");

	(void)state;
	f.conn = 7;
	contacts_heard(cs, a, &f);
	f.conn = 8;
	contacts_heard(cs, a, &f);
	assert_true(contacts_find(cs, a, &f, &dest));
	assert_int_equal(f.conn, 8);
	assert_int_equal(st.put, 1);
	mem_deref(a);
	contacts_free(cs);
}

static void a_connection_is_kept_in_mind(void **state)
{
	struct store st = { 0 };
	struct contacts *cs = contacts_new(&st, 10);
	struct addr *a = user_of("sip:alice@example.org");
	struct sip_dest *dest;
	struct sip_flow udp = flow_of("udp:192.0.2.1:5060");
	struct sip_flow tcp = flow_of("tcp:192.0.2.1:40000");

	(void)state;
	assert_int_equal(contacts_conn(cs, a), 0);
	contacts_heard(cs, a, &udp);
	assert_int_equal(contacts_conn(cs, a), 0);
	tcp.conn = 9;
	contacts_heard(cs, a, &tcp);
	contacts_heard(cs, a, &udp);
	assert_true(contacts_find(cs, a, &tcp, &dest));
	assert_int_equal(tcp.transport, SIP_UDP);
	assert_int_equal(contacts_conn(cs, a), 9);
	mem_deref(a);
	contacts_free(cs);
}

static void what_the_store_had(void **state)
{
	struct store st = { 0 };
	struct contacts *cs = contacts_new(&st, 10);
	struct store_contact sc = {
		.aor = VIEW("sip:alice@example.org"),
		.flow = VIEW("udp:192.0.2.1:5060"),
		.seen_ms = wall_ms(),
	};

	(void)state;
	contacts_load(cs, &sc);
	contacts_load(cs, &sc);
	sc.flow = VIEW("pigeon:post");
	sc.aor = VIEW("sip:bob@example.org");
	contacts_load(cs, &sc);
	sc.aor = VIEW("nobody");
	contacts_load(cs, &sc);
	assert_int_equal(contacts_count(cs), 1);
	assert_at(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	hear(cs, "sip:alice@example.org", "udp:192.0.2.1:5060");
	assert_int_equal(st.begun, 0);
	contacts_free(cs);
}

static void the_longest_silent_goes(void **state)
{
	struct store st = { 0 };
	struct contacts *cs = contacts_new(&st, 3);

	(void)state;
	hear(cs, "sip:a@x", "udp:192.0.2.1:1");
	hear(cs, "sip:b@x", "udp:192.0.2.1:2");
	hear(cs, "sip:c@x", "udp:192.0.2.1:3");
	hear(cs, "sip:a@x", "udp:192.0.2.1:1");
	hear(cs, "sip:d@x", "udp:192.0.2.1:4");
	assert_int_equal(contacts_count(cs), 3);
	assert_nowhere(cs, "sip:b@x");
	assert_at(cs, "sip:a@x", "udp:192.0.2.1:1");
	assert_at(cs, "sip:d@x", "udp:192.0.2.1:4");
	assert_int_equal(st.deleted, 1);
	assert_string_equal(st.gone, "sip:b@x");
	assert_int_equal(st.committed, st.begun);
	contacts_free(cs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_place_counts),
		TEST(only_a_change_is_written),
		TEST(and_once_a_day),
		TEST(a_new_connection_is_used_at_once),
		TEST(a_connection_is_kept_in_mind),
		TEST(what_the_store_had),
		TEST(the_longest_silent_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
