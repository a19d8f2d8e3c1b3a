/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subscriptions and publications over hours. The input is a list of steps, a
 * byte each with what belongs to it: a SUBSCRIBE or PUBLISH comes, new or in
 * a dialog, with headers of any content; a NOTIFY is answered; time goes by;
 * the package changes its mind. Each request has one answer, a dialog's
 * NOTIFYs count up, the package hears of each end once, and hours later
 * nothing is left.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "clock.h"
#include "log.h"
#include "prescan_priv.h"
#include "pubs_priv.h"
#include "sip_priv.h"
#include "subs_priv.h"

enum { STEPS = 48, DIALOGS = 6, ETAGS = 4, WORD = 64, HOURS = 3 };

struct dialog {
	char tag[WORD];     /* ours: of the last NOTIFY */
	char notify[20000];  /* that itself; empty: none, or answered */
	unsigned cseq;
};

static struct loop *loop;
static struct sip *sip;
static uint32_t edge;
static struct dialog dialogs[DIALOGS];
static char etags[ETAGS][WORD];
static unsigned branch, answers, watched, gone;
static uint64_t last_id;
static int verdict;
static enum sip_watch_state mind;
static struct buf headers; /* for the next request */
static struct buf entries; /* of the next list */

/* ---- the package ---- */

static int on_watch(const struct sip_watch *w, enum sip_watch_state *state,
		    void *arg)
{
	(void)arg;
	*state = mind;
	last_id = w->id;
	watched += verdict == 200;
	return verdict;
}

static void on_gone(const struct sip_watch *w, void *arg)
{
	struct sip_watch got;

	(void)arg;
	assert(w->resource.n && w->watcher.n);
	assert(!sip_watch_get(sip, w->id, &got) || got.id == w->id);
	gone++;
}

static void on_show(const struct sip_watch *w, struct buf *body, void *arg)
{
	(void)arg;
	buf_addv(body, w->watcher);
}

static bool on_list(struct view watcher, struct view resource,
		    struct buf *out, void *arg)
{
	(void)watcher;
	(void)resource;
	(void)out;
	(void)arg;
	return false;
}

static int on_check(const struct sip_publication *p, void *arg)
{
	(void)arg;
	return p->body.n > 3000 ? 413 : 200;
}

static void on_published(const struct sip_publication *p,
			 enum sip_publish_what what, void *arg)
{
	struct sip_publication all[EVENT_PUBS_RESOURCE];

	(void)arg;
	(void)what;
	assert(p->resource.n);
	assert(sip_published(sip, "presence", p->resource, all) <=
	       EVENT_PUBS_RESOURCE);
	sip_event_changed(sip, "presence", p->resource);
}

/* ---- what goes out ---- */

/* The value of a header, up to the line's end. */
static struct view value_of(struct view packet, const char *name)
{
	const char *at = memmem(packet.p, packet.n, name, strlen(name));
	const char *end;

	assert(at);
	at += strlen(name);
	end = memchr(at, '\r', (size_t)(packet.p + packet.n - at));
	assert(end);
	return view_mem(at, (size_t)(end - at));
}

static void on_send(const struct sip_flow *flow, struct view packet, void *arg)
{
	struct view call_id = value_of(packet, "\r\nCall-ID: "), uri, tag;
	struct dialog *d = &dialogs[(unsigned)call_id.p[0] % DIALOGS];
	uint64_t cseq;
	struct view number, rest;

	(void)flow;
	(void)arg;
	assert(view_starts(packet, VIEW("NOTIFY sip:")));
	view_cut(value_of(packet, "\r\nFrom: "), ';', &uri, &tag);
	tag = view_from(tag, strlen("tag="));
	view_cut(value_of(packet, "\r\nCSeq: "), ' ', &number, &rest);
	assert(!view_u64(&cseq, number, UINT32_MAX));
	if (!view_eqs(tag, d->tag))
		d->cseq = 0;
	assert(cseq >= d->cseq || d->cseq == 0);
	d->cseq = (unsigned)cseq;
	assert(!view_copy(d->tag, sizeof(d->tag), tag));
	assert(!view_copy(d->notify, sizeof(d->notify), packet));
}

static void turns(void)
{
	for (int i = 0; i < 4; i++)
		loop_turn(loop, 0);
}

/* ---- what comes in ---- */

static void etag_keep(struct view v)
{
	static unsigned next;

	assert(!view_copy(etags[next++ % ETAGS], WORD, v));
}

static void on_answer(int code, struct view reason,
		      const struct sip_header *list, size_t count, uint64_t a,
		      uint64_t b, void *arg)
{
	(void)a;
	(void)b;
	(void)arg;
	assert(code >= 200 && code <= 699 && !view_has(reason, '\n'));
	answers++;
	for (size_t i = 0; i < count; i++) {
		assert(!view_has(list[i].value, '\n'));
		if (view_eqs(list[i].name, "SIP-ETag"))
			etag_keep(list[i].value);
	}
}

static void put(struct view packet)
{
	struct sip_injection in = {
		.packet = packet,
		.flow = { .transport = SIP_UDP },
		.edge = edge,
		.answerh = on_answer,
	};

	netaddr_set(&in.flow.peer, VIEW("127.0.0.1"), 40000);
	answers = 0;
	if (!sip_inject(sip, &in))
		assert(answers == 1);
	assert(answers <= 1);
	turns();
}

static void add_expires(struct buf *b, uint8_t how)
{
	static const char *const list[] = { "", "0", "60", "61", "600", "3600",
					    "59", "4294967295" };

	if (how % 8)
		buf_addf(b, "Expires: %s\r\n", list[how % 8]);
}

static void add_event(struct buf *b, uint8_t how)
{
	static const char *const list[] = {
		"presence", "Presence;id=1", "conference", "none",
	};

	if (how & 4)
		buf_adds(b, "Event: presence\r\n");
	else
		buf_addf(b, "Event: %s\r\n", list[how % 4]);
}

static void add_head(struct buf *b, const char *method, uint8_t slot,
		     const char *tag)
{
	static unsigned cseq;

	branch++;
	cseq += slot & 0x80 ? 0 : 1;
	buf_addf(b, "%s sip:alice@confab.example SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bK%u\r\n"
		    "From: <sip:%s@confab.example>;tag=x\r\n"
		    "To: <sip:alice@confab.example>%s%s\r\n"
		    "Call-ID: %c\r\nCSeq: %u %s\r\n",
		 method, branch, slot & 0x40 ? "bob" : "alice",
		 *tag ? ";tag=" : "", tag, 'a' + slot % DIALOGS, cseq, method);
}

static void end_head(struct buf *b, struct view body)
{
	buf_addv(b, buf_view(&headers));
	buf_clear(&headers);
	buf_addf(b, "Content-Length: %zu\r\n\r\n", body.n);
	buf_addv(b, body);
}

static void add_list(struct buf *b)
{
	struct buf body = { 0 };

	buf_adds(b, "Supported: eventlist\r\n"
		    "Content-Type: application/resource-lists+xml\r\n");
	buf_adds(&body, "<resource-lists xmlns=\"urn:ietf:params:xml:ns:"
			"resource-lists\"><list>"
			"<entry uri=\"sip:alice@confab.example\"/>");
	buf_addv(&body, buf_view(&entries));
	buf_adds(&body, "</list></resource-lists>");
	end_head(b, buf_view(&body));
	buf_free(&body);
}

static void subscribe(uint8_t slot, uint8_t how)
{
	const struct dialog *d =
		&dialogs[(unsigned)('a' + slot % DIALOGS) % DIALOGS];
	struct buf b = { 0 };

	add_head(&b, "SUBSCRIBE", slot, slot & 0x20 ? d->tag : "");
	add_expires(&b, how);
	add_event(&b, how >> 3);
	if (!(how & 0x40))
		buf_adds(&b, "Contact: <sip:bob@127.0.0.1:40000>\r\n");
	if (how & 0x80)
		add_list(&b);
	else
		end_head(&b, VIEW_NONE);
	put(buf_view(&b));
	buf_free(&b);
}

static void publish(uint8_t slot, uint8_t how)
{
	struct buf b = { 0 };

	add_head(&b, "PUBLISH", slot, "");
	add_expires(&b, how);
	add_event(&b, how >> 3);
	if (how & 0x40)
		buf_addf(&b, "SIP-If-Match: %s\r\n", etags[slot % ETAGS]);
	if (how & 0x80)
		buf_adds(&b, "Content-Type: application/pidf+xml\r\n");
	end_head(&b, how & 0x80 ? VIEW("<presence/>") : VIEW_NONE);
	put(buf_view(&b));
	buf_free(&b);
}

static void answer(uint8_t slot, uint8_t how)
{
	static const int statuses[] = { 200, 202, 481, 404, 489, 500, 503,
					100 };
	static const char *const lines[] = {
		"\r\nVia: ", "\r\nFrom: ", "\r\nTo: ", "\r\nCall-ID: ",
		"\r\nCSeq: ",
	};
	struct dialog *d = &dialogs[slot % DIALOGS];
	struct buf b = { 0 };

	if (!*d->notify)
		return;
	buf_addf(&b, "SIP/2.0 %d x", statuses[how % 8]);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_adds(&b, lines[i]);
		buf_addv(&b, value_of(view_str(d->notify), lines[i]));
	}
	if (how & 0x80)
		buf_adds(&b, "\r\nRetry-After: 5");
	buf_adds(&b, "\r\nContent-Length: 0\r\n\r\n");
	sip_response(sip, buf_view(&b));
	buf_free(&b);
	turns();
}

/* ---- the rest ---- */

/* From timer to timer, as time goes. */
static void wait_ms(uint64_t ms)
{
	uint64_t end = now_ms() + ms, next;

	while (now_ms() < end) {
		next = wheel_next(loop_wheel(loop), now_ms());
		if (next > end - now_ms() - 1)
			next = end - now_ms() - 1;
		clock_advance(next + 1);
		loop_turn(loop, 0);
	}
	turns();
}

static void decide(uint8_t how)
{
	verdict = how & 1 ? 403 : 200;
	mind = how & 2 ? SIP_WATCH_PENDING : SIP_WATCH_ACTIVE;
	if (how & 4)
		sip_watch_end(sip, last_id, "rejected", how);
	else if (how & 8)
		sip_watch_set(sip, last_id, mind);
	if (how & 16)
		sip_event_changed(sip, "presence",
				  VIEW("sip:alice@confab.example"));
	turns();
}

/* A line end is CR LF on the wire. */
static void keep_headers(struct view v)
{
	buf_clear(&headers);
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\n')
			buf_addc(&headers, '\r');
		buf_addc(&headers, v.p[i]);
	}
}

/* One that is over stays for its last NOTIFY. */
static void check(void)
{
	assert(watched - gone <= subs_count(sip->events->subs));
	assert(sip_watchers(sip, "presence", VIEW("sip:alice@confab.example"),
			    NULL, 0) <= watched - gone);
}

static void step(struct reader *in)
{
	uint8_t what = reader_u8(in), how = reader_u8(in);

	switch (what % 8) {
	case 0:
	case 1:
		subscribe(how, reader_u8(in));
		break;
	case 2:
		publish(how, reader_u8(in));
		break;
	case 3:
		wait_ms(how * UINT64_C(50));
		break;
	case 4:
		wait_ms(how * UINT64_C(10000));
		break;
	case 5:
		decide(how);
		break;
	case 6:
		if (what & 8) {
			buf_clear(&entries);
			buf_addv(&entries, reader_bytes(in, how));
		} else {
			keep_headers(reader_bytes(in, how));
		}
		break;
	default:
		answer(what / 8, how);
		break;
	}
	check();
}

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void add_packages(void)
{
	struct sip_package p = {
		.name = "presence",
		.type = "application/pidf+xml",
		.pace_ms = 5000,
		.watchh = on_watch,
		.goneh = on_gone,
		.showh = on_show,
		.checkh = on_check,
		.publishedh = on_published,
		.listh = on_list,
	};

	assert(!sip_package_add(sip, &p));
	p.name = "conference";
	p.type = "application/conference-info+xml";
	p.checkh = NULL;
	p.publishedh = NULL;
	assert(!sip_package_add(sip, &p));
}

static void stop(void)
{
	sip_free(sip);
	loop_turn(loop, 0);
	loop_free(loop);
	buf_free(&headers);
	buf_free(&entries);
	assert(!mem_live());
}

static void start(void)
{
	struct sip_listen listen = { .transport = SIP_UDP };
	const struct sip_conf conf = {
		.listen = &listen,
		.listen_count = 1,
		.domain = "confab.example",
		.product = "confab",
	};
	struct sip_conf own = conf;
	char why[200];

	clock_freeze(100000, UINT64_C(1700000000000));
	log_set_handler(quiet, NULL);
	netaddr_set(&listen.local, VIEW("127.0.0.1"), 0);
	assert(!loop_new(&loop));
	own.loop = loop;
	assert(!sip_new(&sip, &own, why, sizeof(why)));
	edge = sip_edge_add(sip, on_send, NULL);
	add_packages();
	atexit(stop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = { .v = view_mem(data, size) };

	if (!sip)
		start();
	watched = gone = 0;
	verdict = 200;
	mind = SIP_WATCH_ACTIVE;
	buf_clear(&headers);
	buf_clear(&entries);
	memset(dialogs, 0, sizeof(dialogs));
	memset(etags, 0, sizeof(etags));
	for (int n = 0; n < STEPS && in.v.n; n++)
		step(&in);
	for (int n = 0; n < HOURS; n++) {
		wait_ms(3601 * 1000);
		check();
	}
	assert(watched == gone);
	assert(!subs_count(sip->events->subs));
	assert(!pubs_count(sip->events->pubs));
	return 0;
}
