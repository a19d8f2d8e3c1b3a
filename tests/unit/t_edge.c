/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edges elsewhere: their marks, and what becomes of a flow whose edge is
 * gone. */
#include "test.h"

#include <errno.h>

#include "edge_priv.h"

static struct edges *edges;
static unsigned sent;

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	edges = edges_new();
	sent = 0;
	return 0;
}

static int teardown(void **state)
{
	edges_free(edges);
	return test_teardown(state);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void on_send(const struct sip_flow *flow, struct view packet, void *arg)
{
	(void)arg;
	assert_int_equal(flow->listener, 1);
	assert_view(packet, "x");
	sent++;
}

static struct sip_flow udp(void)
{
	struct sip_flow f = { .transport = SIP_UDP, .listener = 1 };

	netaddr_set(&f.peer, VIEW("192.0.2.1"), 5060);
	return f;
}

static void a_flow_leads_back(void **state)
{
	uint32_t id = edges_add(edges, on_send, NULL);
	struct sip_flow f = udp();
	uint8_t brief;

	(void)state;
	edges_learn(edges, &f, id);
	assert_true(f.listener > SIP_LISTENER);
	brief = edges_short(edges, &f);
	assert_int_equal(brief, edge_short(id));
	assert_int_equal(edges_send(edges, brief, &f, VIEW("x")), 0);
	assert_int_equal(sent, 1);
	edges_del(edges, id);
	assert_int_equal(edges_send(edges, brief, &f, VIEW("x")), ENOTCONN);
	assert_int_equal(edges_short(edges, &f), 0);
	assert_int_equal(f.listener, 1);
}

/* Short numbers come round: a flow that was kept leads to nobody else. */
static void an_old_flow_leads_to_no_later_edge(void **state)
{
	struct sip_flow f = udp(), tcp = { .transport = SIP_TCP, .conn = 7 };
	uint32_t first = edges_add(edges, on_send, NULL), id;
	unsigned same = 0;

	(void)state;
	edges_learn(edges, &f, first);
	edges_learn(edges, &tcp, first);
	edges_del(edges, first);
	for (int i = 0; i < 600; i++) {
		struct sip_flow old = f, gone = tcp;

		id = edges_add(edges, on_send, NULL);
		assert_true(id && id != first);
		same += edge_short(id) == edge_short(first);
		assert_int_equal(edges_short(edges, &old), 0);
		assert_int_equal(edges_short(edges, &gone), 0);
		assert_int_equal(gone.conn, 0);
		assert_false(edges_conn(edges, tcp.conn, &gone));
		edges_del(edges, id);
	}
	assert_true(same > 0);
}

static void live_edges_have_different_numbers(void **state)
{
	bool taken[256] = { false };
	uint32_t id, kept = edges_add(edges, on_send, NULL);

	(void)state;
	taken[edge_short(kept)] = true;
	for (int i = 1; i < EDGES_MAX; i++) {
		id = edges_add(edges, on_send, NULL);
		assert_false(taken[edge_short(id)]);
		taken[edge_short(id)] = true;
	}
	assert_int_equal(edges_add(edges, on_send, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_flow_leads_back),
		CASE(an_old_flow_leads_to_no_later_edge),
		CASE(live_edges_have_different_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
