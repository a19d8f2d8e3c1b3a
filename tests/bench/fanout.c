/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fanout: plays all members of chat rooms over UDP on loopback, and measures
 * what their talk costs the server: time, CPU and memory. Prints "key=value"
 * lines. Ends with 0 only when every member but the speaker got every message
 * exactly once, 1 when not, 2 when it could not be tried.
 *
 * tests/bench/fanout.sh runs it against confabd and Kamailio.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cost.h"
#include "crowd.h"
#include "mem.h"
#include "options.h"

static int fail(const char *what, int err)
{
	fprintf(stderr, "fanout: %s: %s\n", what, strerror(err));
	return err;
}

static double cpu_between(const struct cost *from, const struct cost *to)
{
	return to->cpu_s - from->cpu_s;
}

static void print_joined(const struct joined *j, const struct cost *from,
			 const struct cost *to)
{
	printf("joined=%u\njoin_seconds=%.3f\njoin_settled_seconds=%.3f\n",
	       j->count, j->seconds, j->settled_s);
	printf("join_notices=%" PRIu64 "\njoin_cpu_s=%.2f\n", j->notices,
	       cpu_between(from, to));
	printf("join_pss_kib=%" PRIu64 "\n", to->pss_kib);
}

static void print_speed(const struct heard *h)
{
	struct spread s = tally_spread(&h->tally);

	printf("seconds=%.3f\ndeliveries_per_s=%.0f\n", h->seconds,
	       h->seconds > 0 ? (double)h->tally.delivered / h->seconds : 0);
	printf("p50_ms=%.3f\np99_ms=%.3f\nmax_ms=%.3f\n", s.p50_ms, s.p99_ms,
	       s.max_ms);
}

/* others_cpu_s: nothing of this. The more there is, the less the figures
 * are worth. */
static void print_cost(const struct heard *h, const struct cost *from,
		       const struct cost *to)
{
	double n = h->tally.delivered ? (double)h->tally.delivered : 1;
	double cpu_s = cpu_between(from, to), own_s = to->own_s - from->own_s;
	double others_s = to->all_s - from->all_s - cpu_s - own_s;

	printf("cpu_s=%.2f\ncpu_us_per_delivery=%.2f\n", cpu_s,
	       cpu_s * 1e6 / n);
	printf("load_us_per_delivery=%.2f\n", own_s * 1e6 / n);
	printf("others_cpu_s=%.2f\nstolen_cpu_s=%.2f\n",
	       others_s > 0 ? others_s : 0, to->stolen_s - from->stolen_s);
	printf("pss_kib=%" PRIu64 "\n", to->pss_kib);
}

static void print_heard(const struct heard *h, const struct cost *from,
			const struct cost *to)
{
	printf("expected=%" PRIu64 "\ndelivered=%" PRIu64 "\nlost=%" PRIu64
	       "\n", h->expected, h->tally.delivered,
	       h->expected - h->tally.delivered);
	printf("doubled=%" PRIu64 "\nrepeated=%" PRIu64 "\nstrange=%" PRIu64
	       "\n", h->tally.doubled, h->tally.repeated, h->strange);
	printf("refused=%" PRIu64 "\nresent=%" PRIu64 "\n", h->refused,
	       h->resent);
	print_speed(h);
	print_cost(h, from, to);
}

static bool all_is_well(const struct heard *h)
{
	return h->tally.delivered == h->expected && !h->tally.doubled &&
	       !h->strange && !h->refused;
}

static int join(struct crowd *c, const struct options *o, struct cost *cost)
{
	struct cost before;
	struct joined j;
	int err;

	if (cost_read(&before, o->pid))
		return fail("--pid", ESRCH);
	if (o->joined) {
		*cost = before;
		return 0;
	}
	err = crowd_join(c, &j);
	if (cost_read(cost, o->pid))
		return fail("the server is gone", ESRCH);
	print_joined(&j, &before, cost);
	return err ? fail("joining", err) : 0;
}

static int talk(struct crowd *c, const struct options *o,
		const struct cost *before, bool *well)
{
	struct cost after;
	struct heard h;
	int err = crowd_talk(c, &h);

	if (err)
		return fail("sending", err);
	if (cost_read(&after, o->pid))
		return fail("the server is gone", ESRCH);
	print_heard(&h, before, &after);
	*well = all_is_well(&h);
	return 0;
}

static int run(const struct options *o, bool *well)
{
	struct crowd *c = NULL;
	struct cost cost;
	int err = crowd_new(&c, o);

	if (err)
		return fail("--bind", err);
	err = join(c, o, &cost);
	fflush(stdout);
	if (!err && o->messages)
		err = talk(c, o, &cost, well);
	mem_deref(c);
	return err;
}

int main(int argc, char **argv)
{
	struct options o;
	bool well = true;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		options_help(stdout);
		return 0;
	}
	if (options_parse(&o, argc, argv) || run(&o, &well))
		return 2;
	return well ? 0 : 1;
}
