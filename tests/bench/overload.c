/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * overload: offers a server over UDP on loopback once, twice, five and ten
 * times as many MESSAGEs as it can take, while a few quiet users say a word
 * each second. First its capacity is measured, with a window of requests
 * under way, and again after each of these: goodput is against the mean of
 * both. Prints a line for each; of FACTOR, for that one only.
 * Ends with 0 when something got through each time, 2 when it could not be
 * tried.
 *
 *   overload SERVER BIND PID SECONDS [SPEAKERS [direct|proxy [FACTOR]]]
 *
 * SERVER and BIND are 127.x.y.z:port. All come from there, as from a proxy;
 * direct: each from an address of his own, BIND's and those after it, where he
 * registers, and by digest with his name for a password. What is under way
 * does not wait for the processor: in all phases it is polled for, so that no
 * phase has more of a processor that others share.
 * tests/bench/overload.sh runs it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "clock.h"
#include "cost.h"
#include "login.h"
#include "mem.h"
#include "post.h"
#include "sipload.h"

enum {
	QUIET = 8,              /* users, in a room of their own */
	QUIET_US = 1000 * 1000, /* between a quiet user's words */
	AGAIN_US = 500 * 1000,  /* a quiet user asks again (T1) */
	WINDOW = 1024,
	SPEAKERS_MAX = 10000,
	RATE_MAX = 400000,
	JOIN_US = 5 * 1000 * 1000,
	SETTLE_MAX_S = 3,
	PEAK_S = 10,            /* enough for one to compare with */
	SLICE = 256,            /* packets between looks at what came */
	SLICE_IN = 64,          /* so many of that may not be all */
};
#define DOMAIN "bench.example"

struct word {
	uint64_t sent_us, again_us; /* 0: nothing under way */
	uint32_t number;
};

struct result {
	uint64_t sent, ok, refused, other;
	uint64_t words, heard, refusals; /* of the quiet users */
	double seconds, cpu_s, p50_ms, p99_ms;
	uint64_t pss_kib;
};

struct bench {
	struct post *post; /* owned, as is what follows */
	struct buf text, from, to, id, here, headers, ruri;
	struct login *logins; /* of the speakers, then of the quiet */
	uint32_t *waits;   /* of the quiet users' words; us */
	size_t wait_count, wait_max;
	struct sockaddr_in bind;
	bool direct;
	unsigned pid, speakers, joining;
	unsigned factor; /* 0: all */
	uint64_t run, number;
	uint64_t joined;   /* number of the last join that was answered */
	int join_status;
	struct word word[QUIET];
	struct result r;
};

/* ---- what is sent ---- */

static void name_put(struct buf *b, const char *what, unsigned n)
{
	buf_clear(b);
	buf_addf(b, "%s%u", what, n);
}

/* Where the user of this number is. */
static void here_put(struct bench *b, unsigned who)
{
	struct in_addr at = b->bind.sin_addr;
	char ip[INET_ADDRSTRLEN];

	at.s_addr = htonl(ntohl(at.s_addr) + (b->direct ? who : 0));
	buf_clear(&b->here);
	buf_addf(&b->here, "%s:%u", inet_ntop(AF_INET, &at, ip, sizeof(ip)),
		 ntohs(b->bind.sin_port));
}

static void headers_put(struct bench *b, const struct sipload_text *t,
			unsigned who)
{
	buf_clear(&b->headers);
	if (!b->direct)
		return;
	buf_clear(&b->ruri);
	sipload_ruri(&b->ruri, t);
	login_put(&b->headers, &b->logins[who], t->from, VIEW(DOMAIN),
		  view_str(t->method), buf_view(&b->ruri));
	if (!t->to.n)
		buf_addf(&b->headers, "Contact: <sip:%.*s@%s>\r\n"
			 "Expires: 3600\r\n", VIEW_ARG(t->from),
			 buf_str(&b->here));
}

/* kind and number come back with the answer. Without a body: he registers. */
static void send_as(struct bench *b, unsigned who, char kind, uint64_t number,
		    struct view body)
{
	struct sipload_text t = {
		.method = body.n ? "MESSAGE" : "REGISTER",
		.from = buf_view(&b->from),
		.to = body.n ? buf_view(&b->to) : VIEW_NONE,
		.domain = DOMAIN,
		.body = body,
	};

	here_put(b, who);
	t.here = buf_str(&b->here);
	headers_put(b, &t, who);
	t.headers = buf_view(&b->headers);
	buf_clear(&b->id);
	buf_addf(&b->id, "%c%" PRIu64 "x%" PRIx64, kind, number, b->run);
	t.id = buf_view(&b->id);
	sipload_request(&b->text, &t);
	post_send(b->post, b->direct ? who : 0, buf_view(&b->text));
}

static void send_load(struct bench *b)
{
	unsigned who = (unsigned)(b->number % b->speakers);

	name_put(&b->from, "loud", who);
	name_put(&b->to, "hall", who / 2);
	send_as(b, who, 'l', b->number++,
		VIEW("a word of no importance, but long enough to be one of "
		     "many"));
	b->r.sent++;
}

static void send_word(struct bench *b, unsigned who)
{
	struct word *w = &b->word[who];

	name_put(&b->from, "quiet", who);
	name_put(&b->to, "library", 0);
	send_as(b, b->speakers + who, (char)('A' + who), w->number,
		VIEW("hush"));
	w->again_us = post_us() + AGAIN_US;
}

static void send_words(struct bench *b, uint64_t now)
{
	unsigned i;

	for (i = 0; i < QUIET; i++) {
		struct word *w = &b->word[i];

		if (w->sent_us ? now < w->again_us : now < w->again_us +
							   QUIET_US)
			continue;
		if (!w->sent_us) {
			w->sent_us = now;
			w->number++;
			b->r.words++;
		}
		send_word(b, i);
	}
}

/* ---- what comes ---- */

static void word_heard(struct bench *b, unsigned who, uint64_t number,
		       const struct sipload *m, uint64_t at_us)
{
	struct word *w = &b->word[who];

	if (!w->sent_us || number != w->number)
		return;
	if (m->status >= 300)
		b->r.refusals++;
	else if (b->wait_count < b->wait_max)
		b->waits[b->wait_count++] = (uint32_t)(at_us - w->sent_us);
	b->r.heard += m->status < 300;
	w->sent_us = 0;
}

/* It is asked again, or is one of many. */
static void on_challenge(struct bench *b, const struct sipload *m, char kind,
			 uint64_t number)
{
	unsigned who = b->joining;

	if (kind == 'l')
		who = (unsigned)(number % b->speakers);
	else if (kind >= 'A' && kind < 'A' + QUIET)
		who = b->speakers + (unsigned)(kind - 'A');
	login_challenged(&b->logins[who], m->challenge);
	if (kind == 'l')
		b->r.other++;
	else if (kind != 'j')
		b->word[kind - 'A'].again_us = 0;
}

static void on_answer(struct bench *b, const struct sipload *m, uint64_t at_us)
{
	struct view id, rest;
	char kind = m->call_id.n ? m->call_id.p[0] : 0;
	uint64_t n;

	if (m->status < 200 || !view_cut(m->call_id, 'x', &id, &rest) ||
	    view_u64(&n, view_from(id, 1), UINT32_MAX))
		return;
	if (m->status == 401 && m->challenge.n)
		on_challenge(b, m, kind, n);
	if (kind == 'j') {
		b->joined = n;
		b->join_status = (int)m->status;
	} else if (kind == 'l' && m->status != 401) {
		b->r.ok += m->status < 300;
		b->r.refused += m->status == 503;
		b->r.other += m->status >= 300 && m->status != 503;
	} else if (kind >= 'A' && kind < 'A' + QUIET && m->status != 401) {
		word_heard(b, (unsigned)(kind - 'A'), n, m, at_us);
	}
}

static size_t on_packet(const struct packet *p, void *arg)
{
	struct sipload m;

	if (sipload_read(&m, p->bytes))
		return 0;
	if (!m.status)
		return sipload_answer(p->answer, POST_ANSWER_MAX, &m);
	on_answer(arg, &m, p->at_us);
	return 0;
}

/* ---- joining ---- */

/* Until there is an answer, and he is known. */
static int ask(struct bench *b, struct view body)
{
	uint64_t until = post_us() + JOIN_US, again = 0;

	b->number++;
	while (b->joined != b->number && post_us() < until) {
		if (post_us() >= again) {
			send_as(b, b->joining, 'j', b->number, body);
			again = post_us() + AGAIN_US;
		}
		post_poll(b->post, 1);
		if (b->joined == b->number && b->join_status == 401) {
			b->number++;
			again = 0;
		}
	}
	if (b->joined != b->number)
		return ETIMEDOUT;
	return b->join_status < 300 ? 0 : EACCES;
}

static int join(struct bench *b, const char *who, unsigned n, const char *room,
		unsigned r)
{
	int err = 0;

	name_put(&b->from, who, n);
	name_put(&b->to, room, r);
	if (b->direct)
		err = login_init(&b->logins[b->joining], buf_view(&b->from),
				 VIEW(DOMAIN));
	if (b->direct && !err)
		err = ask(b, VIEW_NONE);
	if (!err)
		err = ask(b, VIEW("#join"));
	b->joining++;
	return err;
}

static int join_all(struct bench *b)
{
	int err = 0;
	unsigned i;

	for (i = 0; i < b->speakers && !err; i++)
		err = join(b, "loud", i, "hall", i / 2);
	for (i = 0; i < QUIET && !err; i++)
		err = join(b, "quiet", i, "library", 0);
	return err;
}

/* ---- a phase ---- */

static void settle(struct bench *b, unsigned seconds)
{
	uint64_t until = post_us();

	until += (seconds < SETTLE_MAX_S ? seconds : SETTLE_MAX_S) *
		 UINT64_C(1000000);
	while (post_us() < until)
		post_poll(b->post, 1);
}

static uint64_t open_count(const struct bench *b)
{
	return b->r.sent - b->r.ok - b->r.refused - b->r.other;
}

/* rate 0: as many as there is room for in the window. */
static uint64_t due(const struct bench *b, uint64_t rate, uint64_t us)
{
	uint64_t n = rate * us / 1000000;

	if (!rate)
		return open_count(b) < WINDOW ? WINDOW - open_count(b) : 0;
	n = n > b->r.sent ? n - b->r.sent : 0;
	return n < SLICE ? n : SLICE;
}

/* What has no answer yet waits at least as long as it has waited now. */
static void leave_words(struct bench *b, uint64_t now)
{
	unsigned i;

	for (i = 0; i < QUIET; i++) {
		struct word *w = &b->word[i];

		if (w->sent_us && b->wait_count < b->wait_max)
			b->waits[b->wait_count++] =
				(uint32_t)(now - w->sent_us);
		w->sent_us = 0;
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double wait_ms(const struct bench *b, size_t percent)
{
	size_t i = b->wait_count * percent / 100;

	if (!b->wait_count)
		return -1;
	return b->waits[i < b->wait_count ? i : b->wait_count - 1] / 1e3;
}

static void phase(struct bench *b, uint64_t rate, unsigned seconds)
{
	uint64_t start = post_us(), now = start, end, n;
	struct cost before, after;

	b->r = (struct result){ 0 };
	b->wait_count = 0;
	cost_read(&before, b->pid);
	end = start + (uint64_t)seconds * 1000000;
	for (; now < end; now = post_us()) {
		for (n = due(b, rate, now - start); n; n--)
			send_load(b);
		send_words(b, now);
		/* All of it: what waits here would be the server's fault. */
		while (post_poll(b->post, 0) >= SLICE_IN)
			;
	}
	leave_words(b, now);
	b->r.seconds = (double)(now - start) / 1e6;
	cost_read(&after, b->pid);
	b->r.cpu_s = after.cpu_s - before.cpu_s;
	b->r.pss_kib = after.pss_kib;
	qsort(b->waits, b->wait_count, sizeof(*b->waits), by_size);
	b->r.p50_ms = wait_ms(b, 50);
	b->r.p99_ms = wait_ms(b, 99);
}

static void report(const struct bench *b, const char *name, double peak)
{
	const struct result *r = &b->r;
	double ok = (double)r->ok / r->seconds;

	printf("%-4s offered=%.0f ok=%.0f goodput=%.2f refused=%.0f "
	       "silent=%.0f other=%" PRIu64 " cpu=%.2f us_per_ok=%.1f "
	       "pss_mib=%.1f quiet_words=%" PRIu64 " quiet_ok=%" PRIu64
	       " quiet_refused=%" PRIu64 " quiet_p50_ms=%.1f "
	       "quiet_p99_ms=%.1f\n",
	       name, (double)r->sent / r->seconds, ok, peak ? ok / peak : 1,
	       (double)r->refused / r->seconds,
	       (double)open_count(b) / r->seconds, r->other,
	       r->cpu_s / r->seconds,
	       r->ok ? r->cpu_s * 1e6 / (double)r->ok : 0,
	       (double)r->pss_kib / 1024, r->words, r->heard, r->refusals,
	       r->p50_ms, r->p99_ms);
	fflush(stdout);
}

static uint64_t rate_of(double wanted)
{
	return wanted < RATE_MAX ? (uint64_t)wanted + 1 : RATE_MAX;
}

/* How much it can take just now. Other guests of the machine have a part in
 * that, so it is measured before and after each phase. */
static double peak(struct bench *b, unsigned seconds)
{
	phase(b, 0, seconds > PEAK_S ? PEAK_S : seconds);
	return (double)b->r.ok / b->r.seconds;
}

/* Against what it could take before and can afterwards; the latter. */
static double compare(struct bench *b, unsigned factor, unsigned seconds,
		      double before)
{
	struct result r;
	double after;
	char name[16];

	settle(b, seconds);
	phase(b, rate_of(before * factor), seconds);
	r = b->r;
	settle(b, seconds);
	after = peak(b, seconds);
	snprintf(name, sizeof(name), "%ux", factor);
	b->r = r;
	report(b, name, (before + after) / 2);
	return r.ok ? after : 0;
}

static bool run(struct bench *b, unsigned seconds)
{
	static const unsigned factors[] = { 1, 2, 5, 10 };
	double now = peak(b, seconds);

	report(b, "peak", 0);
	for (size_t i = 0; i < 4 && now > 0; i++)
		if (!b->factor || b->factor == factors[i])
			now = compare(b, factors[i], seconds, now);
	settle(b, seconds);
	return now > 0;
}

/* ---- the command line ---- */

static void bench_free(struct bench *b)
{
	mem_deref(b->post);
	buf_free(&b->text);
	buf_free(&b->from);
	buf_free(&b->to);
	buf_free(&b->id);
	buf_free(&b->here);
	buf_free(&b->headers);
	buf_free(&b->ruri);
	mem_free(b->logins);
	mem_free(b->waits);
}

static int options(struct bench *b, struct post_conf *conf, unsigned *seconds,
		   int argc, char **argv)
{
	if (argc < 5 || argc > 8 || args_loopback(&conf->server, argv[1]) ||
	    args_loopback(&conf->bind, argv[2]) ||
	    args_number(&b->pid, argv[3], 4194304) ||
	    args_number(seconds, argv[4], 600) ||
	    (argc > 5 && args_number(&b->speakers, argv[5], SPEAKERS_MAX)) ||
	    (argc > 7 && args_number(&b->factor, argv[7], 10)))
		return EINVAL;
	b->direct = conf->places =
		argc > 6 && view_eqs(view_str(argv[6]), "direct");
	b->bind = conf->bind;
	b->logins = mem_array(NULL, b->speakers + QUIET, sizeof(*b->logins));
	b->wait_max = (size_t)QUIET * *seconds * 2;
	b->waits = mem_array(NULL, b->wait_max, sizeof(*b->waits));
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = { .speakers = 100, .run = rand_u64() };
	struct post_conf conf = { .sockets = 1, .posth = on_packet,
				  .arg = &b };
	unsigned seconds;
	bool well = false;
	int err;

	if (options(&b, &conf, &seconds, argc, argv)) {
		fputs("usage: overload SERVER BIND PID SECONDS "
		      "[SPEAKERS [direct|proxy [FACTOR]]]\n", stderr);
		return 2;
	}
	err = post_open(&b.post, &conf);
	if (!err)
		err = join_all(&b);
	if (err)
		fprintf(stderr, "overload: %s\n", strerror(err));
	else
		well = run(&b, seconds);
	bench_free(&b);
	return err ? 2 : !well;
}
