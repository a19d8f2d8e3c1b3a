/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flight: the SIP edge by itself, with 1 to 100,000 MESSAGEs under way that
 * nobody has answered: what one more costs, sent and answered, and how much
 * memory one holds. The clock stands still, so that nothing is sent again.
 * The other end is in this process as well, and so is what it costs.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "loop.h"
#include "mem.h"
#include "sip.h"
#include "sipload.h"
#include "udp.h"

enum { MORE = 20000, WINDOW = 64, TURN_MS = 20 };

struct flight {
	struct loop *loop;       /* owned, as are these: */
	struct sip *sip;
	struct udp *member, *silent;
	struct sip_template *tmpl;
	struct sip_dest *dest;
	uint64_t key;
	unsigned done, bad;
};

static double cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void on_request(const struct sip_request *req, void *arg)
{
	(void)req;
	(void)arg;
}

static void on_done(int status, uint64_t a, uint64_t b, void *arg)
{
	struct flight *f = arg;

	(void)a;
	(void)b;
	f->done++;
	f->bad += status != 200;
}

static void on_copy(char *p, size_t n, const struct netaddr *src, void *arg)
{
	struct flight *f = arg;
	struct sipload m;
	char answer[1024];

	if (!sipload_read(&m, view_mem(p, n)))
		udp_send(f->member, src, answer,
			 sipload_answer(answer, sizeof(answer), &m));
}

static void on_nothing(char *p, size_t n, const struct netaddr *src, void *arg)
{
	(void)p;
	(void)n;
	(void)src;
	(void)arg;
}

static int send_to(struct flight *f, const struct udp *u)
{
	const struct sip_flow flow = { .transport = SIP_UDP,
				       .peer = *udp_local(u) };

	return sip_send(f->sip, f->tmpl, &flow, f->dest, ++f->key, 0, 0);
}

static int hold(struct flight *f, size_t count)
{
	struct sip_stats st;
	int err = 0;

	for (sip_stats(f->sip, &st); st.client_txns < count && !err;
	     st.client_txns++) {
		err = send_to(f, f->silent);
		if (st.client_txns % WINDOW == 0)
			loop_turn(f->loop, 0);
	}
	return err;
}

/* CPU of one delivery. */
static int deliver(struct flight *f, double *us)
{
	double start = cpu_us();
	unsigned sent = 0;
	int err = 0;

	f->done = f->bad = 0;
	while (f->done < MORE && !err) {
		while (sent < MORE && sent < f->done + WINDOW && !err) {
			err = send_to(f, f->member);
			sent++;
		}
		loop_turn(f->loop, TURN_MS);
	}
	*us = (cpu_us() - start) / MORE;
	return err ? err : f->bad ? EIO : 0;
}

static int flight_new(struct flight *f)
{
	struct sip_listen listen = { .transport = SIP_UDP };
	struct sip_template_conf t = {
		.id = 1,
		.from = VIEW("sip:lobby@bench.example"),
		.content_type = VIEW("text/plain;charset=UTF-8"),
		.body = VIEW("<alice> a hundred bytes, as many as a text in "
			     "a room has with the name of whoever it is who "
			     "said"),
		.doneh = on_done,
		.arg = f,
	};
	struct sip_conf conf = {
		.listen = &listen,
		.listen_count = 1,
		.domain = "bench.example",
		.product = "confab",
		.requesth = on_request,
	};
	char why[200] = "";
	int err = loop_new(&f->loop);

	netaddr_set(&listen.local, VIEW("127.0.0.1"), 0);
	conf.loop = f->loop;
	if (err || (err = sip_new(&f->sip, &conf, why, sizeof(why))) ||
	    (err = udp_open(&f->member, f->loop, &listen.local, 0, on_copy,
			    f)) ||
	    (err = udp_open(&f->silent, f->loop, &listen.local, 0, on_nothing,
			    f)) ||
	    (err = sip_template_new(&f->tmpl, f->sip, &t)))
		return err;
	return sip_dest_new(&f->dest, VIEW("sip:bob@bench.example"),
			    VIEW_NONE, VIEW_NONE);
}

static void flight_free(struct flight *f)
{
	mem_deref(f->dest);
	mem_deref(f->tmpl);
	sip_free(f->sip);
	udp_close(f->member);
	udp_close(f->silent);
	if (f->loop) {
		loop_turn(f->loop, 0);
		loop_free(f->loop);
	}
}

static int run(struct flight *f)
{
	static const size_t counts[] = { 1, 1000, 10000, 100000 };
	size_t before, i;
	double us;
	int err = deliver(f, &us); /* to get warm */

	before = heap();
	for (i = 0; i < 4 && !err; i++) {
		err = hold(f, counts[i]);
		if (!err)
			err = deliver(f, &us);
		printf("flight_%zu_us=%.2f\n", counts[i], us);
	}
	printf("flight_bytes=%.0f\n", (double)(heap() - before) / 100000);
	return err;
}

int main(void)
{
	struct flight f = { .key = 0 };
	int err;

	clock_freeze(1000000, 1700000000000);
	err = flight_new(&f);
	if (!err)
		err = run(&f);
	if (err)
		fprintf(stderr, "flight: %s\n", strerror(err));
	flight_free(&f);
	return err ? 2 : 0;
}
