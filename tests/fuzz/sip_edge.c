/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SIP edge by itself: listens on UDP and TCP at the address given, trusts
 * loopback, answers each MESSAGE with 202, prints its counters at SIGTERM.
 *
 *   sip_edge 127.0.0.1:5060
 */
#include <signal.h>
#include <stdio.h>

#include "sip.h"

struct edge {
	struct loop *loop;
	struct sip *sip;
};

static void on_request(const struct sip_request *req, void *arg)
{
	struct edge *e = arg;

	sip_answer(e->sip, req->txn, 202, NULL, NULL, 0);
}

static void on_term(int signum, void *arg)
{
	struct edge *e = arg;

	(void)signum;
	loop_stop(e->loop);
}

static void stats_print(const struct sip *s)
{
	struct sip_stats n;

	sip_stats(s, &n);
	printf("requests %lu bad %lu untrusted %lu answers %lu again %lu "
	       "strays %lu overload %lu transactions %zu connections %zu\n",
	       n.requests_in, n.bad, n.untrusted, n.responses_out,
	       n.retransmits_in, n.strays, n.overload, n.server_txns,
	       n.conns);
}

static int edge_open(struct edge *e, const struct netaddr *local)
{
	const struct sip_listen listen[] = {
		{ SIP_UDP, *local },
		{ SIP_TCP, *local },
	};
	struct netmask trusted;
	char why[200] = "";
	struct sip_conf conf = {
		.loop = e->loop,
		.listen = listen,
		.listen_count = 2,
		.trusted = &trusted,
		.trusted_count = 1,
		.domain = "edge.example",
		.product = "confab",
		.requesth = on_request,
		.arg = e,
	};
	int err = netmask_parse(&trusted, VIEW("127.0.0.0/8"));

	if (!err)
		err = sip_new(&e->sip, &conf, why, sizeof(why));
	if (err)
		fprintf(stderr, "sip_edge: %s\n", why);
	return err;
}

int main(int argc, char **argv)
{
	struct edge e = { 0 };
	struct netaddr local;
	int err;

	if (argc != 2 || netaddr_parse(&local, view_str(argv[1]))) {
		fprintf(stderr, "usage: sip_edge ADDRESS:PORT\n");
		return 2;
	}
	if (loop_new(&e.loop))
		return 1;
	err = edge_open(&e, &local);
	if (!err)
		err = loop_signal(e.loop, SIGTERM, on_term, &e);
	if (!err) {
		loop_run(e.loop);
		stats_print(e.sip);
	}
	sip_free(e.sip);
	loop_free(e.loop);
	return err != 0;
}
