/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SUBSCRIBE, NOTIFY and PUBLISH on a whole edge, for a package that shows
 * what a string says. */
#include "sip_rig.h"

#include "events.h"
#include "store_disk.h"
#include "store_rig.h"

#define TYPE "application/pidf+xml"

static char shown[20000];      /* what there is to see */
static int verdict;            /* for the next SUBSCRIBE */
static enum sip_watch_state verdict_state;
static int check;              /* for the next body */
static unsigned watched, gone, published, unpublished;
static uint64_t last_id;
static char last_watch[200], last_body_published[100];
static uint32_t last_expires;

static int on_watch(const struct sip_watch *w, enum sip_watch_state *state,
		    void *arg)
{
	assert_ptr_equal(arg, shown);
	watched++;
	last_id = w->id;
	last_expires = w->expires;
	snprintf(last_watch, sizeof(last_watch), "%.*s -> %.*s",
		 VIEW_ARG(w->watcher), VIEW_ARG(w->resource));
	*state = verdict_state;
	return verdict;
}

static void on_gone(const struct sip_watch *w, void *arg)
{
	(void)arg;
	assert_true(w->id <= last_id);
	gone++;
}

static bool show_again; /* soon, once */

static void on_show(const struct sip_watch *w, struct buf *body, void *arg)
{
	if (show_again)
		sip_watch_changed(edge, w->id);
	show_again = false;
	buf_adds(body, arg);
}

static int on_check(const struct sip_publication *p, void *arg)
{
	(void)arg;
	assert_view(p->resource, "sip:alice@confab.example");
	return check;
}

static void on_published(const struct sip_publication *p,
			 enum sip_publish_what what, void *arg)
{
	(void)arg;
	assert_view(p->resource, "sip:alice@confab.example");
	assert_view(p->type, TYPE);
	if (what == SIP_PUBLISHED)
		published++;
	else
		unpublished++;
	view_copy(last_body_published, sizeof(last_body_published), p->body);
}

static bool on_list(struct view watcher, struct view resource,
		    struct buf *out, void *arg)
{
	(void)arg;
	if (!view_eqs(resource, "sip:friends@confab.example"))
		return false;
	assert_view(watcher, "sip:bob@confab.example");
	buf_adds(out, "sip:alice@confab.example\nsip:carol@confab.example\n");
	return true;
}

static const struct sip_package presence = {
	.name = "presence",
	.type = TYPE,
	.pace_ms = 5000,
	.watchh = on_watch,
	.goneh = on_gone,
	.showh = on_show,
	.checkh = on_check,
	.publishedh = on_published,
	.arg = shown,
	.listh = on_list,
};

static const struct sip_package roster = {
	.name = "conference",
	.type = "application/conference-info+xml",
	.watchh = on_watch,
	.showh = on_show,
	.arg = shown,
};

static void open_with(const char *trusted)
{
	verdict = check = 200;
	verdict_state = SIP_WATCH_ACTIVE;
	watched = gone = published = unpublished = 0;
	strcpy(shown, "here");
	edge_open(trusted, NULL);
	assert_int_equal(sip_package_add(edge, &presence), 0);
	assert_int_equal(sip_package_add(edge, &roster), 0);
	assert_int_equal(sip_package_add(edge, &presence), EEXIST);
}

static int open_edge(void **state)
{
	if (setup(state))
		return 1;
	open_with("127.0.0.0/8");
	return 0;
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_edge, teardown)

/* ---- asking ---- */

struct question {
	const char *method;  /* NULL: SUBSCRIBE */
	const char *ruri;    /* NULL: alice */
	const char *from;    /* NULL: bob */
	const char *to;      /* NULL: alice */
	const char *tag;     /* of To, or NULL */
	const char *call_id; /* NULL: "call" */
	const char *event;   /* NULL: presence; "": none */
	const char *contact; /* NULL: bob's; "": none */
	const char *headers; /* each with its line end, or NULL */
	const char *body;    /* or NULL */
	int expires;         /* -1: none */
	unsigned cseq;       /* 0: the next one */
};

static unsigned cseq;
static char sent[8000];

#define OR(a, b) ((a) ? (a) : (b))

static void question_send(const struct question *q)
{
	static unsigned branch;
	const char *method = OR(q->method, "SUBSCRIBE");
	const char *event = OR(q->event, "presence");
	const char *contact = OR(q->contact, "<sip:bob@127.0.0.1:5099;ob>");
	char expires[40] = "";
	int n;

	if (q->expires >= 0)
		snprintf(expires, sizeof(expires), "Expires: %d\r\n",
			 q->expires);
	n = snprintf(
		sent, sizeof(sent),
		"%s %s SIP/2.0\r\n"
		"Via: SIP/2.0/UDP c.example;rport;branch=z9hG4bKe%u\r\n"
		"From: <%s>;tag=bobs\r\nTo: <%s>%s%s\r\n"
		"Call-ID: %s\r\nCSeq: %u %s\r\n"
		"%s%s%s%s%s%s%s%sContent-Length: %zu\r\n\r\n%s",
		method, OR(q->ruri, "sip:alice@confab.example"), ++branch,
		OR(q->from, "sip:bob@confab.example:5070"),
		OR(q->to, "sip:alice@confab.example"),
		q->tag ? ";tag=" : "", OR(q->tag, ""),
		OR(q->call_id, "call"), q->cseq ? q->cseq : ++cseq, method,
		*event ? "Event: " : "", event, *event ? "\r\n" : "",
		*contact ? "Contact: " : "", contact, *contact ? "\r\n" : "",
		expires, OR(q->headers, ""), strlen(OR(q->body, "")),
		OR(q->body, ""));
	assert_in_range(n, 1, sizeof(sent) - 1);
	udp_put(sent, (size_t)n);
}

/* The status; the answer is in in. */
static int put(const struct question *q)
{
	int status;

	question_send(q);
	assert_true(received(udp));
	assert_int_equal(sscanf(in, "SIP/2.0 %d", &status), 1);
	return status;
}

/* What a header of in says. */
static void header(char *dst, size_t size, const char *name)
{
	const char *p = strstr(in, name), *end;

	assert_non_null(p);
	p += strlen(name);
	end = strstr(p, "\r\n");
	assert_int_equal(view_copy(dst, size, view_mem(p, (size_t)(end - p))),
			 0);
}

static char tag[40]; /* ours, in the dialog that subscribe() made */

static void tag_keep(void)
{
	header(tag, sizeof(tag), "\r\nTo: <sip:alice@confab.example>;tag=");
}

static void soon(void)
{
	clock_advance(20);
}

/* The next NOTIFY is in in. */
static void notified(void)
{
	soon();
	turns();
	soon();
	assert_true(received(udp));
	starts("NOTIFY ");
}

static void quiet(void)
{
	soon();
	assert_true(silent(udp));
}

/* The answer to the NOTIFY that is in in. */
static size_t reply_make(char text[4000], int status)
{
	static const char *const names[] = { "Via: ", "From: ", "To: ",
					     "Call-ID: ", "CSeq: " };
	int n = snprintf(text, 4000, "SIP/2.0 %d x\r\n", status);

	for (size_t i = 0; i < 5; i++) {
		char value[500], name[20];

		snprintf(name, sizeof(name), "\r\n%s", names[i]);
		header(value, sizeof(value), name);
		n += snprintf(text + n, 4000 - (size_t)n, "%s%s\r\n",
			      names[i], value);
	}
	n += snprintf(text + n, 4000 - (size_t)n,
		      "Content-Length: 0\r\n\r\n");
	return (size_t)n;
}

static void reply(int status)
{
	char text[4000];

	udp_put(text, reply_make(text, status));
	turns();
}

static void subscribe(int expires)
{
	const struct question q = { .expires = expires };

	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
}

static int refresh(int expires)
{
	const struct question q = { .expires = expires, .tag = tag };

	return put(&q);
}

static size_t watchers(void)
{
	return sip_watchers(edge, "Presence",
			    VIEW("sip:alice@confab.example"), NULL, 0);
}

static void changed(const char *text)
{
	strcpy(shown, text);
	sip_event_changed(edge, "presence", VIEW("sip:alice@confab.example"));
}

/* ---- subscriptions ---- */

static void test_subscribe(void **state)
{
	const struct question q = {
		.expires = 600,
		.headers = "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\n"
			   "Record-Route: <sip:p3;lr>\r\n",
	};
	char line[200];

	(void)state;
	assert_int_equal(put(&q), 200);
	has("\r\nExpires: 600\r\n");
	snprintf(line, sizeof(line), "\r\nContact: <sip:alice@127.0.0.1:%u>"
		 "\r\n", netaddr_port(sip_local(edge, 0)));
	has(line);
	tag_keep();
	assert_string_equal(last_watch, "sip:bob@confab.example -> "
					"sip:alice@confab.example");
	assert_int_equal(last_expires, 600);

	notified();
	starts("NOTIFY sip:bob@127.0.0.1:5099;ob SIP/2.0\r\n");
	has(line);
	has("\r\nTo: <sip:bob@confab.example:5070>;tag=bobs\r\n");
	snprintf(line, sizeof(line),
		 "\r\nFrom: <sip:alice@confab.example>;tag=%s\r\n", tag);
	has(line);
	has("\r\nCall-ID: call\r\n");
	has("\r\nCSeq: 1 NOTIFY\r\n");
	has("\r\nRoute: <sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>\r\n");
	has("\r\nEvent: presence\r\n");
	has("\r\nSubscription-State: active;expires=600\r\n");
	has("\r\nContent-Type: " TYPE "\r\n");
	has("\r\n\r\nhere");
	reply(200);
	quiet();
	assert_int_equal(watchers(), 1);
}

static void test_pending(void **state)
{
	struct sip_watch w;

	(void)state;
	verdict_state = SIP_WATCH_PENDING;
	subscribe(600);
	has("\r\nSubscription-State: pending;expires=600\r\n");
	hasnt("here");
	hasnt("Content-Type");
	reply(200);
	changed("news");
	quiet();
	assert_true(sip_watch_get(edge, last_id, &w));
	assert_int_equal(w.state, SIP_WATCH_PENDING);
	sip_watch_set(edge, last_id, SIP_WATCH_ACTIVE);
	sip_watch_set(edge, last_id + 1, SIP_WATCH_ACTIVE);
	notified();
	has("\r\nSubscription-State: active;expires=600\r\n");
	has("\r\n\r\nnews");
	reply(200);
	sip_watch_end(edge, last_id, "rejected", 0);
	assert_int_equal(gone, 1);
	notified();
	has("\r\nSubscription-State: terminated;reason=rejected\r\n");
	hasnt("news");
	hasnt("Content-Type");
	assert_false(sip_watch_get(edge, last_id, &w));
	assert_int_equal(refresh(600), 481);
}

static void test_refused(void **state)
{
	const struct question q = { .expires = 600 };

	(void)state;
	verdict = 403;
	assert_int_equal(put(&q), 403);
	verdict = 480;
	assert_int_equal(put(&q), 480);
	has("\r\nRetry-After: ");
	quiet();
	assert_int_equal(watchers(), 0);
	assert_int_equal(gone, 0);
}

static void test_repeated(void **state)
{
	char first[KEPT];

	(void)state;
	subscribe(600);
	reply(200);
	udp_put(sent, strlen(sent));
	assert_true(received(udp));
	starts("SIP/2.0 200 ");
	keep(first);
	has("\r\nExpires: 600\r\n");
	has(tag);
	quiet();
	assert_int_equal(watched, 1);
	assert_int_equal(watchers(), 1);
}

static void test_expires(void **state)
{
	static const struct {
		int asked;
		const char *want;
	} cases[] = {
		{ -1, "3600" }, { 60, "60" }, { 3600, "3600" },
		{ 86400, "3600" }, { 2147483647, "3600" },
	};
	struct question q = { .expires = 59 };
	char id[20], line[40];

	(void)state;
	q.call_id = id;
	snprintf(id, sizeof(id), "none");
	assert_int_equal(put(&q), 423);
	has("\r\nMin-Expires: 60\r\n");
	for (size_t i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "call-%zu", i);
		q.expires = cases[i].asked;
		assert_int_equal(put(&q), 200);
		snprintf(line, sizeof(line), "\r\nExpires: %s\r\n",
			 cases[i].want);
		has(line);
		notified();
		reply(200);
	}
	q.expires = -1;
	q.headers = "Expires: -1\r\n";
	assert_int_equal(put(&q), 400);
	q.headers = "Expires: 99999999999\r\n";
	q.call_id = "more";
	assert_int_equal(put(&q), 200);
	has("\r\nExpires: 3600\r\n");
}

/* What is wrong with a SUBSCRIBE. */
static void test_bad(void **state)
{
	static char longest[300], long_uri[700], routes[2100];
	const struct {
		struct question q;
		int status;
		const char *line;
	} cases[] = {
		{ { .event = "" }, 489, "Allow-Events: presence, conference" },
		{ { .event = "dialog" }, 489, "Allow-Events: presence" },
		{ { .event = "presence.winfo" }, 489, "Allow-Events" },
		{ { .event = ";id=1" }, 400, "Event" },
		{ { .event = "presence;id=\"a b\"" }, 400, "Event" },
		{ { .event = "presence;id=1;id=2" }, 400, "Event" },
		{ { .event = "presence x" }, 400, "Event" },
		{ { .contact = "" }, 400, "No Contact" },
		{ { .contact = "*" }, 400, "Contact" },
		{ { .contact = "<sip:a@b>, <sip:c@d>" }, 400, "Contact" },
		{ { .contact = "<tel:1>" }, 400, "Contact" },
		{ { .contact = "<sip:x@224.0.0.1>" }, 403, "Contact" },
		{ { .contact = "<sip:x@169.254.169.254>" }, 403, "Contact" },
		{ { .tag = "none" }, 481, NULL },
		{ { .tag = "0000000000000000" }, 481, NULL },
		{ { .ruri = "sip:confab.example" }, 404, NULL },
		{ { .ruri = "tel:123" }, 416, NULL },
		{ { .headers = "Accept: text/plain\r\n" }, 406, NULL },
		{ { .headers = "Require: timer\r\n" }, 420, "timer" },
		{ { .headers = "Event: presence\r\n" }, 400, NULL },
		{ { .to = "tel:1" }, 400, NULL },
		{ { .to = "mailto:a@confab.example" }, 400, "No Address" },
		{ { .call_id = longest }, 400, "Too Long" },
		{ { .ruri = long_uri }, 414, NULL },
		{ { .to = long_uri }, 400, "Too Long" },
		{ { .ruri = "sip:alice@" }, 400, NULL },
		{ { .ruri = "sip:a:b@confab.example" }, 400, NULL },
		{ { .headers = routes }, 400, "Record-Route Too Long" },
		{ { .contact = "<sip:bob@192.0.2.1?X=y>" }, 400, "Contact" },
	};
	size_t i;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	snprintf(long_uri, sizeof(long_uri), "sip:alice@%0600d", 1);
	for (i = 0; i < 12; i++)
		strcat(routes, "Record-Route: <sip:a.proxy.that.has.a.very."
			       "long.name.indeed.example;lr;a=b;c=d;e=f;g=h;"
			       "i=jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj>\r\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = cases[i].q;

		q.expires = 600;
		if (put(&q) != cases[i].status)
			fail_msg("case %zu: %s", i, in);
		if (cases[i].line)
			has(cases[i].line);
	}
	quiet();
	assert_int_equal(watched, 0);
	assert_int_equal(watchers(), 0);
}

static void test_taken(void **state)
{
	static const struct question cases[] = {
		{ .event = "Presence" },
		{ .event = "PRESENCE ; id=7" },
		{ .headers = "Accept: application/PIDF+xml\r\n" },
		{ .headers = "Accept: a/b\r\nAccept: c/d, application/*;q=1"
			     "\r\n" },
		{ .headers = "Accept: */*\r\n" },
		{ .ruri = "sip:alice@127.0.0.1:5060;transport=udp" },
		{ .ruri = "pres:alice@CONFAB.example" },
	};
	char id[20];
	size_t i, n = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (i = 0; i < n; i++) {
		struct question q = cases[i];

		q.expires = 600;
		snprintf(id, sizeof(id), "taken-%zu", i);
		q.call_id = id;
		if (put(&q) != 200)
			fail_msg("case %zu: %s", i, in);
		notified();
		if (i == 0)
			has("\r\nEvent: Presence\r\n");
		if (i == 1)
			has("\r\nEvent: PRESENCE;id=7\r\n");
		reply(200);
	}
	assert_int_equal(watchers(), n);
}

static void test_refresh(void **state)
{
	const struct question other = {
		.expires = 600,
		.tag = tag,
		.contact = "<sip:bob@127.0.0.1:6000>",
	};

	(void)state;
	subscribe(600);
	reply(200);
	clock_advance(500 * 1000);
	assert_int_equal(put(&other), 200);
	has("\r\nExpires: 600\r\n");
	notified();
	starts("NOTIFY sip:bob@127.0.0.1:6000 SIP/2.0\r\n");
	has("\r\nCSeq: 2 NOTIFY\r\n");
	has("expires=600");
	has("\r\n\r\nhere");
	reply(200);
	clock_advance(500 * 1000);
	quiet();
	assert_int_equal(watchers(), 1);
	assert_int_equal(watched, 1);
	clock_advance(101 * 1000);
	notified();
	has("\r\nSubscription-State: terminated;reason=timeout\r\n");
	assert_int_equal(gone, 1);
	reply(200);
	assert_int_equal(refresh(600), 481);
}

static void test_refresh_order(void **state)
{
	struct question q = { .expires = 600 };

	(void)state;
	q.cseq = 100;
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	reply(200);
	q.tag = tag;
	assert_int_equal(put(&q), 500);
	q.cseq = 99;
	assert_int_equal(put(&q), 500);
	q.cseq = 101;
	q.expires = 10;
	assert_int_equal(put(&q), 423);
	q.expires = 60;
	q.contact = "";
	assert_int_equal(put(&q), 200);
	notified();
	starts("NOTIFY sip:bob@127.0.0.1:5099;ob ");
}

/* A dialog is its watcher's, and of one package and id. */
static void test_refresh_by_others(void **state)
{
	static const struct question bad[] = {
		{ .from = "sip:mallory@confab.example" },
		{ .event = "conference" },
		{ .event = "presence;id=1" },
		{ .call_id = "another" },
	};

	(void)state;
	subscribe(600);
	reply(200);
	for (size_t i = 0; i < 4; i++) {
		struct question q = bad[i];

		q.tag = tag;
		q.expires = 0;
		if (put(&q) != 481)
			fail_msg("case %zu: %s", i, in);
	}
	assert_int_equal(watchers(), 1);
	assert_int_equal(gone, 0);
}

static void test_unsubscribe(void **state)
{
	(void)state;
	subscribe(600);
	reply(200);
	assert_int_equal(refresh(0), 200);
	has("\r\nExpires: 0\r\n");
	assert_int_equal(gone, 1);
	assert_int_equal(watchers(), 0);
	notified();
	has("\r\nSubscription-State: terminated;reason=timeout\r\n");
	has("\r\n\r\nhere");
	reply(200);
	assert_int_equal(refresh(600), 481);
}

static void test_fetch(void **state)
{
	(void)state;
	subscribe(0);
	assert_int_equal(last_expires, 0);
	has("\r\nSubscription-State: terminated;reason=timeout\r\n");
	has("\r\n\r\nhere");
	assert_int_equal(gone, 1);
	reply(200);
	quiet();
	assert_int_equal(refresh(600), 481);
}

static void test_fetch_pending(void **state)
{
	(void)state;
	verdict_state = SIP_WATCH_PENDING;
	subscribe(0);
	has("\r\nSubscription-State: terminated;reason=timeout\r\n");
	hasnt("here");
}

static void test_merged(void **state)
{
	const struct question q = { .expires = 600, .cseq = 77 };

	(void)state;
	assert_int_equal(put(&q), 200);
	notified();
	reply(200);
	assert_int_equal(put(&q), 482);
	assert_int_equal(watchers(), 1);
}

/* ---- NOTIFY ---- */

static void test_newest_replaces(void **state)
{
	(void)state;
	subscribe(600);
	/* Not answered yet: nothing else goes out. */
	changed("second");
	changed("third");
	quiet();
	clock_advance(500);
	assert_true(received(udp));
	has("\r\nCSeq: 1 NOTIFY\r\n");
	reply(200);
	quiet(); /* one in five seconds */
	changed("fourth");
	clock_advance(4500);
	notified();
	has("\r\nCSeq: 2 NOTIFY\r\n");
	has("\r\n\r\nfourth");
	reply(200);
	quiet();
}

static void test_answers(void **state)
{
	static const struct {
		int status;
		bool over;
	} cases[] = {
		{ 200, false }, { 202, false }, { 302, false }, { 401, false },
		{ 500, false }, { 503, false }, { 404, true }, { 405, true },
		{ 408, true }, { 410, true }, { 480, true }, { 481, true },
		{ 489, true }, { 501, true }, { 604, true },
	};
	struct question q = { .expires = 600 };
	char id[20];
	size_t i, left = 0;

	(void)state;
	q.call_id = id;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(id, sizeof(id), "answer-%zu", i);
		assert_int_equal(put(&q), 200);
		notified();
		reply(cases[i].status);
		left += !cases[i].over;
		if (watchers() != left)
			fail_msg("after %d", cases[i].status);
	}
	assert_int_equal(gone, i - left);
	quiet();
}

static void test_silence(void **state)
{
	(void)state;
	subscribe(600);
	for (int i = 0; i < 40; i++) {
		clock_advance(1000);
		turns();
	}
	assert_int_equal(watchers(), 0);
	assert_int_equal(gone, 1);
	while (!silent(udp))
		starts("NOTIFY ");
	assert_int_equal(refresh(600), 481);
}

static void test_too_large(void **state)
{
	(void)state;
	memset(shown, 'x', 12000);
	shown[12000] = '\0';
	{
		const struct question q = { .expires = 600 };

		assert_int_equal(put(&q), 200);
	}
	notified();
	has("\r\nSubscription-State: terminated;reason=giveup\r\n");
	hasnt("xxx");
	assert_int_equal(gone, 1);
}

static void test_end_while_busy(void **state)
{
	(void)state;
	subscribe(600);
	sip_watch_end(edge, last_id, "probation", 30);
	sip_watch_end(edge, last_id, "noresource", 0);
	quiet();
	clock_advance(500);
	assert_true(received(udp));
	has("CSeq: 1 NOTIFY");
	reply(200);
	notified();
	has("\r\nSubscription-State: terminated;reason=probation;"
	    "retry-after=30\r\n");
	has("CSeq: 2 NOTIFY");
	assert_int_equal(gone, 1);
	reply(481);
	assert_int_equal(gone, 1);
}

static void test_lost_connection(void **state)
{
	int fd = tcp_open();

	(void)state;
	tcp_put(fd, "SUBSCRIBE sip:alice@confab.example SIP/2.0\r\n"
		    "Via: SIP/2.0/TCP c.example;branch=z9hG4bKtcp\r\n"
		    "From: <sip:bob@confab.example>;tag=bobs\r\n"
		    "To: <sip:alice@confab.example>\r\nCall-ID: tcp\r\n"
		    "CSeq: 1 SUBSCRIBE\r\nEvent: presence\r\n"
		    "Contact: <sip:bob@127.0.0.1;transport=tcp>\r\n"
		    "Content-Length: 0\r\n\r\n");
	tcp_await(fd, "SIP/2.0 200 ");
	has(";transport=tcp>\r\n");
	soon();
	tcp_await(fd, "\r\n\r\nhere");
	has("NOTIFY sip:bob@127.0.0.1;transport=tcp SIP/2.0\r\n");
	assert_int_equal(watchers(), 1);
	close(fd);
	turns();
	soon();
	turns();
	assert_int_equal(watchers(), 0);
	assert_int_equal(gone, 1);
}

static void question_taken(struct question *q, const char *word, int i)
{
	char id[20];

	snprintf(id, sizeof(id), "%s-%d", word, i);
	q->call_id = id;
	question_send(q);
	while (received(udp) && strncmp(in, "SIP/2.0 200", 11))
		;
	q->call_id = NULL;
}

/* What there is to see may be who watches: it would cost the square. */
static void test_too_many_of_one(void **state)
{
	struct question q = { .expires = 600 };

	(void)state;
	for (int i = 0; i < EVENT_SUBS_SAME; i++)
		question_taken(&q, "same", i);
	assert_int_equal(watchers(), EVENT_SUBS_SAME);
	q.call_id = "one-more";
	while (!silent(udp))
		;
	assert_int_equal(put(&q), 480);
	has("\r\nRetry-After: ");
	q.from = "sip:carol@confab.example";
	assert_int_equal(put(&q), 200);
	q.from = NULL;
	q.call_id = "another";
	q.ruri = "sip:dave@confab.example";
	while (!silent(udp))
		;
	assert_int_equal(put(&q), 200);
}

static void test_too_many(void **state)
{
	struct question q = { .expires = 600 };
	char ruri[40];

	(void)state;
	q.ruri = ruri;
	for (int i = 0; i < EVENT_SUBS_USER; i++) {
		snprintf(ruri, sizeof(ruri), "sip:u%d@confab.example", i);
		question_taken(&q, "many", i);
	}
	q.ruri = NULL;
	q.call_id = "one-more";
	while (!silent(udp))
		;
	assert_int_equal(put(&q), 480);
	has("\r\nRetry-After: ");
	q.from = "sip:carol@confab.example";
	assert_int_equal(put(&q), 200);
}

/* ---- publications ---- */

static char etag[40];

static int publish(const char *if_match, const char *body, int expires)
{
	char headers[200] = "";
	const struct question q = {
		.method = "PUBLISH",
		.from = "sip:alice@confab.example",
		.contact = "",
		.headers = headers,
		.body = body,
		.expires = expires,
	};
	int n = 0, status;

	if (if_match)
		n = snprintf(headers, sizeof(headers),
			     "SIP-If-Match: %s\r\n", if_match);
	if (body)
		snprintf(headers + n, sizeof(headers) - (size_t)n,
			 "Content-Type: " TYPE "\r\n");
	status = put(&q);
	if (status == 200)
		header(etag, sizeof(etag), "\r\nSIP-ETag: ");
	return status;
}

static size_t there(struct sip_publication out[EVENT_PUBS_RESOURCE])
{
	return sip_published(edge, "presence",
			     VIEW("sip:alice@confab.example"), out);
}

static void test_publish(void **state)
{
	struct sip_publication p[EVENT_PUBS_RESOURCE];
	char first[40];

	(void)state;
	assert_int_equal(publish(NULL, "open", 600), 200);
	has("\r\nExpires: 600\r\n");
	strcpy(first, etag);
	assert_int_equal(published, 1);
	assert_int_equal(there(p), 1);
	assert_view(p[0].body, "open");

	/* refresh */
	assert_int_equal(publish(first, NULL, 600), 200);
	assert_string_not_equal(first, etag);
	assert_int_equal(published, 1);
	assert_int_equal(publish(first, NULL, 600), 412);
	strcpy(first, etag);

	/* modify */
	assert_int_equal(publish(first, "closed", -1), 200);
	has("\r\nExpires: 3600\r\n");
	assert_string_not_equal(first, etag);
	assert_int_equal(published, 2);
	assert_string_equal(last_body_published, "closed");
	assert_int_equal(there(p), 1);

	/* remove */
	strcpy(first, etag);
	assert_int_equal(publish(first, NULL, 0), 200);
	has("\r\nExpires: 0\r\n");
	assert_int_equal(unpublished, 1);
	assert_int_equal(there(p), 0);
	assert_int_equal(publish(etag, NULL, 0), 412);
}

static void test_publish_expires(void **state)
{
	struct sip_publication p[EVENT_PUBS_RESOURCE];

	(void)state;
	assert_int_equal(publish(NULL, "open", 60), 200);
	clock_advance(59 * 1000);
	turns();
	assert_int_equal(there(p), 1);
	clock_advance(2 * 1000);
	turns();
	assert_int_equal(there(p), 0);
	assert_int_equal(unpublished, 1);
	assert_string_equal(last_body_published, "open");
	assert_int_equal(publish(etag, NULL, 600), 412);
	/* Nothing is kept for no time. */
	assert_int_equal(publish(NULL, "open", 0), 200);
	assert_int_equal(there(p), 0);
	assert_int_equal(published, 1);
}

static void test_publish_devices(void **state)
{
	struct sip_publication p[EVENT_PUBS_RESOURCE];
	char body[20], first[40];
	int i;

	(void)state;
	for (i = 0; i < EVENT_PUBS_RESOURCE; i++) {
		snprintf(body, sizeof(body), "device %d", i);
		assert_int_equal(publish(NULL, body, 600), 200);
		if (i == 0)
			strcpy(first, etag);
	}
	assert_int_equal(there(p), EVENT_PUBS_RESOURCE);
	assert_view(p[0].body, "device 9");
	assert_view(p[9].body, "device 0");
	/* The first one is heard of again: the second is the oldest now. */
	assert_int_equal(publish(first, NULL, 600), 200);
	assert_int_equal(publish(NULL, "one more", 600), 200);
	assert_int_equal(there(p), EVENT_PUBS_RESOURCE);
	assert_view(p[0].body, "one more");
	assert_view(p[9].body, "device 0");
	assert_view(p[8].body, "device 2");
	assert_int_equal(unpublished, 1);
	/* What was said last counts, whoever was there first. */
	strcpy(first, etag);
	assert_int_equal(publish(NULL, "yet another", 600), 200);
	assert_int_equal(publish(first, "once more", 600), 200);
	assert_int_equal(there(p), EVENT_PUBS_RESOURCE);
	assert_view(p[0].body, "once more");
	assert_view(p[1].body, "yet another");
}

static void test_publish_bad(void **state)
{
#define BODY "Content-Type: " TYPE "\r\n"
	static char long_uri[700];
	const struct {
		struct question q;
		int status;
		const char *line;
	} cases[] = {
		{ { .event = "" }, 489, "Allow-Events: " },
		{ { .event = "dialog" }, 489, "Allow-Events: " },
		{ { .event = "conference" }, 489, "Allow-Events: " },
		{ { .from = "sip:bob@confab.example" }, 403, NULL },
		{ { .ruri = "sip:bob@confab.example" }, 403, NULL },
		{ { .ruri = "sip:alice@elsewhere.example" }, 403, NULL },
		{ { .to = "sip:bob@confab.example" }, 403, NULL },
		{ { .headers = BODY "SIP-If-Match: a b\r\n" }, 400, NULL },
		{ { .headers = BODY "SIP-If-Match: \r\n" }, 400, NULL },
		{ { .headers = BODY "SIP-If-Match: a\r\nSIP-If-Match: b\r\n" },
		  400, NULL },
		{ { .headers = BODY "SIP-If-Match: 0123456789abcdef\r\n" },
		  412, NULL },
		{ { .headers = BODY, .expires = 59 }, 423, "Min-Expires: 60" },
		{ { .headers = BODY "Content-Encoding: gzip\r\n" }, 415,
		  "Accept-Encoding: identity" },
		{ { .headers = "Content-Type: text/plain\r\n" }, 415,
		  "Accept: " TYPE },
		{ { .headers = NULL }, 415, "Accept: " TYPE },
		{ { .headers = BODY, .body = "" }, 400, "Nothing" },
		{ { .ruri = long_uri }, 414, NULL },
	};
	struct sip_publication p[EVENT_PUBS_RESOURCE];
	size_t i;

	(void)state;
	snprintf(long_uri, sizeof(long_uri), "sip:alice@%0600d", 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = cases[i].q;

		q.method = "PUBLISH";
		q.contact = "";
		q.from = OR(q.from, "sip:alice@confab.example");
		q.body = OR(q.body, "open");
		q.expires = q.expires ? q.expires : 600;
		if (put(&q) != cases[i].status)
			fail_msg("case %zu: %s", i, in);
		if (cases[i].line)
			has(cases[i].line);
	}
	check = 400;
	assert_int_equal(publish(NULL, "no document", 600), 400);
	assert_int_equal(published, 0);
	assert_int_equal(there(p), 0);
#undef BODY
}

/* ---- all of it ---- */

static void test_nothing_known(void **state)
{
	const struct question q = { .expires = 600 };

	(void)state;
	sip_free(edge);
	edge_open("127.0.0.0/8", NULL);
	assert_int_equal(put(&q), 489);
	hasnt("Allow-Events");
	ask(REQUEST("OPTIONS", "o1") "\r\n", "SIP/2.0 200 ");
	has("\r\nAllow: MESSAGE, OPTIONS\r\n");
	hasnt("Allow-Events");
}

static void test_options(void **state)
{
	(void)state;
	ask(REQUEST("OPTIONS", "o2") "\r\n", "SIP/2.0 200 ");
	has("\r\nAllow: MESSAGE, OPTIONS, PUBLISH, SUBSCRIBE\r\n");
	has("\r\nAllow-Events: presence, conference\r\n");
	ask(REQUEST("NOTIFY", "n1") "Event: presence\r\n\r\n",
	    "SIP/2.0 405 ");
}

static void test_strangers(void **state)
{
	const struct question q = { .expires = 600 };

	(void)state;
	sip_free(edge);
	open_with("192.0.2.1");
	assert_int_equal(put(&q), 403);
	assert_int_equal(publish(NULL, "open", 600), 403);
	assert_int_equal(watched + published, 0);
}

static void test_draining(void **state)
{
	(void)state;
	subscribe(600);
	reply(200);
	sip_drain(edge);
	assert_int_equal(refresh(600), 503);
	assert_int_equal(publish(NULL, "open", 600), 503);
	assert_int_equal(watchers(), 1);
}

/* A package says, while it shows something, that it has changed. */
static void test_changed_while_shown(void **state)
{
	(void)state;
	show_again = true;
	subscribe(600);
	assert_false(show_again);
	reply(200);
	quiet();
	clock_advance(5000);
	notified();
	reply(200);
	clock_advance(5000);
	quiet();
}

/* ---- lists ---- */

#define LISTS(entries) \
	"<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'>" \
	"<list>" entries "</list></resource-lists>"
#define ENTRY(uri) "<entry uri='" uri "'/>"
#define LIST_HEADERS \
	"Supported: eventlist\r\nRequire: recipient-list-subscribe\r\n" \
	"Content-Type: application/resource-lists+xml\r\n"

static size_t times(const char *what)
{
	size_t n = 0;

	for (const char *p = in; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void test_list(void **state)
{
	const struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.headers = LIST_HEADERS,
		.body = LISTS(ENTRY("sip:alice@confab.example")
			      ENTRY("sip:dave@CONFAB.example:5070")
			      ENTRY("sip:alice@confab.example")),
	};
	struct sip_watch leaf;

	(void)state;
	assert_int_equal(put(&q), 200);
	has("\r\nRequire: eventlist\r\n");
	tag_keep();
	assert_int_equal(watched, 2);
	notified();
	has("\r\nSubscription-State: active;expires=600\r\n");
	has("\r\nRequire: eventlist\r\n");
	has("\r\nContent-Type: multipart/related;"
	    "type=\"application/rlmi+xml\";start=\"<list@confab.example>\";"
	    "boundary=");
	has("<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" "
	    "uri=\"sip:rls@confab.example\" version=\"0\" "
	    "fullState=\"true\">");
	has("<resource uri=\"sip:dave@confab.example\">"
	    "<instance id=\"3\" state=\"active\" cid=\"r3@confab.example\"/>");
	has("\r\nContent-ID: <r2@confab.example>\r\n\r\nhere\r\n");
	assert_int_equal(times("here"), 2);
	reply(200);
	quiet();
	/* one of them alone, at the pace of all */
	clock_advance(5000);
	changed("elsewhere");
	notified();
	has("version=\"1\" fullState=\"false\">");
	assert_int_equal(times("<resource "), 1);
	has("\r\n\r\nelsewhere\r\n");
	reply(200);
	changed("nowhere");
	quiet();
	/* one ends by itself */
	sip_watch_end(edge, 3, "noresource", 0);
	assert_int_equal(gone, 1);
	clock_advance(5000);
	notified();
	has("state=\"terminated\" reason=\"noresource\"");
	has("nowhere");
	reply(200);
	/* all with a refresh, and the rest with the list */
	assert_int_equal(refresh(900), 200);
	assert_true(sip_watch_get(edge, 2, &leaf));
	assert_int_equal(leaf.expires, 900);
	notified();
	has("fullState=\"true\"");
	assert_int_equal(times("<resource "), 2);
	reply(200);
	assert_int_equal(refresh(0), 200);
	assert_int_equal(gone, 2);
	notified();
	has("\r\nSubscription-State: terminated;reason=timeout\r\n");
	reply(200);
	assert_int_equal(watchers(), 0);
}

static void test_list_refused(void **state)
{
	struct question q = {
		.ruri = "sip:friends@confab.example",
		.expires = 600,
		.headers = "Supported: eventlist\r\n",
	};

	(void)state;
	verdict = 403;
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	assert_int_equal(times("reason=\"rejected\""), 2);
	hasnt("here");
	assert_int_equal(gone, 0);
	reply(200);
	sip_list_changed(edge, VIEW("sip:bob@confab.example"),
			 VIEW("sip:friends@confab.example"));
	notified();
	has("\r\nSubscription-State: terminated;reason=deactivated\r\n");
	assert_int_equal(gone, 0);
	reply(200);
	q.headers = NULL;
	assert_int_equal(put(&q), 421);
	has("\r\nRequire: eventlist\r\n");
}

static void test_list_bad(void **state)
{
	static const char *const bad[] = {
		"", "x", LISTS(""), LISTS("<entry/>"), LISTS(ENTRY("x")),
		LISTS(ENTRY("tel:+1")),
		"<!DOCTYPE a><resource-lists/>",
		"<list>" ENTRY("sip:a@b") "</list>",
	};
	struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.headers = LIST_HEADERS,
	};
	static char many[7000];
	int n = 0;

	(void)state;
	for (size_t i = 1; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.body = bad[i];
		assert_int_equal(put(&q), 400);
	}
	assert_int_equal(watched, 0);
	n = snprintf(many, sizeof(many), "<resource-lists xmlns='urn:ietf:"
		     "params:xml:ns:resource-lists'><list>");
	for (int i = 0; i < 201; i++)
		n += snprintf(many + n, sizeof(many) - (size_t)n,
			      "<entry uri='sip:a%d@b'/>", i);
	snprintf(many + n, sizeof(many) - (size_t)n,
		 "</list></resource-lists>");
	q.body = many;
	assert_int_equal(put(&q), 413);
	q.headers = LIST_HEADERS "Content-Encoding: deflate\r\n";
	assert_int_equal(put(&q), 415);
	assert_int_equal(watched, 0);
}

/* More than fits into one goes in several, without waiting. */
static void test_list_large(void **state)
{
	const struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.headers = LIST_HEADERS,
		.body = LISTS(ENTRY("sip:a@b") ENTRY("sip:b@b")
			      ENTRY("sip:c@b")),
	};
	size_t seen;

	(void)state;
	memset(shown, 'x', 3000);
	shown[3000] = '\0';
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	/* all are named; how some of them are comes with the next one */
	has("version=\"0\" fullState=\"true\"");
	assert_int_equal(times("<resource "), 3);
	seen = times("<instance ");
	assert_in_range(seen, 1, 2);
	has("<resource uri=\"sip:c@b\"/>");
	reply(200);
	notified();
	has("version=\"1\" fullState=\"false\"");
	assert_int_equal(times("<resource "), 3 - seen);
	assert_int_equal(times("<instance "), 3 - seen);
	assert_int_equal(times("</resource>"), 3 - seen);
	reply(200);
	quiet();
}

/* Who only looks sees all of it too: the end is in the last one. */
static void test_list_large_fetch(void **state)
{
	const struct question q = {
		.ruri = "sip:rls@confab.example",
		.headers = LIST_HEADERS,
		.body = LISTS(ENTRY("sip:a@b") ENTRY("sip:b@b")
			      ENTRY("sip:c@b")),
	};

	(void)state;
	memset(shown, 'x', 3000);
	shown[3000] = '\0';
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	has("\r\nSubscription-State: active;expires=0\r\n");
	reply(200);
	notified();
	has("\r\nSubscription-State: terminated;reason=timeout\r\n");
	reply(200);
	quiet();
	assert_int_equal(gone, 3);
}

/* One that is too long for any datagram says so; the others are there. */
static void test_list_too_long(void **state)
{
	const struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.headers = LIST_HEADERS,
		.body = LISTS(ENTRY("sip:a@b") ENTRY("sip:b@b")),
	};

	(void)state;
	memset(shown, 'x', 12000);
	shown[12000] = '\0';
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	has("<resource uri=\"sip:a@b\"/>");
	has("<resource uri=\"sip:b@b\"><instance id=\"3\" "
	    "state=\"terminated\" reason=\"giveup\"/>");
	reply(200);
	notified();
	has("<resource uri=\"sip:a@b\"><instance id=\"2\" "
	    "state=\"terminated\" reason=\"giveup\"/>");
	reply(200);
	quiet();
	/* until it is shorter */
	strcpy(shown, "short");
	sip_event_changed(edge, "presence", VIEW("sip:a@b"));
	clock_advance(5000);
	notified();
	has("<instance id=\"2\" state=\"active\" cid=");
	reply(200);
	quiet();
}

/* Who refuses each part hears the first one no faster than others. */
static void test_list_large_refused(void **state)
{
	struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.headers = LIST_HEADERS,
		.body = LISTS(ENTRY("sip:a@b") ENTRY("sip:b@b")
			      ENTRY("sip:c@b")),
	};

	(void)state;
	memset(shown, 'x', 3000);
	shown[3000] = '\0';
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	has("version=\"0\" fullState=\"true\"");
	reply(500);
	quiet();
	clock_advance(5000);
	notified();
	has("version=\"1\" fullState=\"true\"");
	reply(500);
	quiet();
	/* nor does one that only looks */
	q.expires = 0;
	q.call_id = "fetch";
	assert_int_equal(put(&q), 200);
	notified();
	has("\r\nCall-ID: fetch\r\n");
	reply(500);
	quiet();
	clock_advance(5000);
	notified();
	has("\r\nCall-ID: call\r\n");
}

/* All that a part leaves out because of the names comes with the next. */
/* Addresses that are longer in XML than they are. */
static void test_list_escapes(void **state)
{
	static char body[4000];
	const struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.headers = LIST_HEADERS,
		.body = body,
	};
	int n = 0;
	size_t seen;

	(void)state;
	n = snprintf(body, sizeof(body),
		     "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-"
		     "lists'><list>");
	for (int i = 0; i < 3; i++) {
		n += snprintf(body + n, sizeof(body) - (size_t)n,
			      "<entry uri='sip:%d", i);
		for (int k = 0; k < 200; k++)
			n += snprintf(body + n, sizeof(body) - (size_t)n,
				      "&amp;");
		n += snprintf(body + n, sizeof(body) - (size_t)n, "@b'/>");
	}
	snprintf(body + n, sizeof(body) - (size_t)n,
		 "</list></resource-lists>");
	shown[0] = '\0';
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	reply(200);
	for (size_t size = 500; size < 5200; size += 50) {
		memset(shown, 'x', size);
		shown[size] = '\0';
		assert_int_equal(refresh(600), 200);
		for (seen = 0; seen < 3; seen += times("<instance ")) {
			notified();
			hasnt("giveup");
			reply(200);
		}
	}
	quiet();
}

static void test_list_names_take_room(void **state)
{
	static char body[4000];
	const struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.headers = LIST_HEADERS,
		.body = body,
	};
	int n = 0;
	size_t seen;

	(void)state;
	n = snprintf(body, sizeof(body),
		     "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-"
		     "lists'><list>");
	for (int i = 0; i < 40; i++)
		n += snprintf(body + n, sizeof(body) - (size_t)n,
			      "<entry uri='sip:somebody-%02d@elsewhere."
			      "example'/>", i);
	snprintf(body + n, sizeof(body) - (size_t)n,
		 "</list></resource-lists>");
	memset(shown, 'x', 5000);
	shown[5000] = '\0';
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	has("fullState=\"true\"");
	assert_int_equal(times("<resource "), 40);
	for (seen = times("<instance "); seen < 40;) {
		reply(200);
		notified();
		has("fullState=\"false\"");
		assert_int_equal(times("<instance "), 1);
		hasnt("giveup");
		seen++;
	}
	reply(200);
	quiet();
}

/* ---- what is too long for a datagram ---- */

static char place[60]; /* a Contact that is where udp is */

/* Listens where udp is. */
static int listener_at(void)
{
	struct netaddr a = local_of(udp);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, &a.u.sa, netaddr_len(&a)), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static unsigned udp_port(void)
{
	const struct netaddr a = local_of(udp);

	return netaddr_port(&a);
}

static int open_long(void **state)
{
	if (setup(state))
		return 1;
	send_to = "127.0.0.0/8";
	open_with("127.0.0.0/8");
	send_to = NULL;
	memset(shown, 'x', 12000);
	strcpy(shown + 12000, "END");
	snprintf(place, sizeof(place), "<sip:bob@127.0.0.1:%u>", udp_port());
	return 0;
}

#define LONG_CASE(fn) cmocka_unit_test_setup_teardown(fn, open_long, teardown)

static int accepted(int listener)
{
	int fd = -1;

	for (int i = 0; i < TURNS && fd < 0; i++) {
		soon();
		turns();
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	}
	assert_true(fd >= 0);
	return fd;
}

static void tcp_reply(int fd, int status)
{
	char text[4000];

	(void)reply_make(text, status);
	tcp_put(fd, text);
	turns();
}

/* After a connection that could not be made. */
static void notified_late(void)
{
	bool there = false;

	for (int i = 0; i < TURNS && !there; i++) {
		soon();
		turns();
		there = recv(udp, in, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
	}
	assert_true(there);
	notified();
}

static void test_long_by_tcp(void **state)
{
	const struct question q = { .expires = 600, .contact = place };
	int listener = listener_at(), fd;

	(void)state;
	assert_int_equal(put(&q), 200);
	tag_keep();
	fd = accepted(listener);
	tcp_await(fd, "END");
	starts("NOTIFY sip:bob@127.0.0.1:");
	has("\r\nSubscription-State: active;expires=600\r\n");
	/* where he asks again is as it was */
	hasnt(";transport=tcp");
	tcp_reply(fd, 200);
	/* the same connection, and a datagram for what fits into one */
	clock_advance(5000);
	sip_event_changed(edge, "presence", VIEW("sip:alice@confab.example"));
	soon();
	tcp_await(fd, "END");
	tcp_reply(fd, 200);
	clock_advance(5000);
	changed("short");
	soon();
	tcp_await(fd, "short");
	tcp_reply(fd, 200);
	clock_advance(5000);
	changed("shorter");
	notified();
	has("shorter");
	reply(200);
	close(fd);
	close(listener);
}

/* Nobody listens: what can't go in parts ends. */
static void test_long_without_tcp(void **state)
{
	const struct question q = { .expires = 600, .contact = place };

	(void)state;
	assert_int_equal(put(&q), 200);
	notified_late();
	has("\r\nSubscription-State: terminated;reason=giveup\r\n");
	hasnt("xxx");
	reply(200);
	assert_int_equal(gone, 1);
}

/* No connection is made to where the request did not come from. */
static void test_long_elsewhere(void **state)
{
	static const struct {
		const char *start, *end;
	} elsewhere[] = {
		{ "sip:bob@127.0.0.2:", "" },
		{ "sip:bob@confab.example:", "" },
		{ "sip:bob@127.0.0.1:", ";transport=udp" },
		{ "sips:bob@127.0.0.1:", "" },
		{ "sip:bob@127.0.0.1:1", "" },
	};
	char call_id[20];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		const struct question q = { .expires = 600, .contact = place,
					    .call_id = call_id };

		snprintf(call_id, sizeof(call_id), "c%zu", i);
		snprintf(place, sizeof(place), "<%s%u%s>", elsewhere[i].start,
			 udp_port() / (i == 4 ? 10 : 1), elsewhere[i].end);
		assert_int_equal(put(&q), 200);
		notified();
		has("\r\nSubscription-State: terminated;reason=giveup\r\n");
		reply(200);
	}
}

/* The first part of a list is a datagram, the rest is one TCP message; or
 * parts, where there is no TCP after all. */
static void test_long_list(bool tcp)
{
	const struct question q = {
		.ruri = "sip:rls@confab.example",
		.expires = 600,
		.contact = place,
		.headers = LIST_HEADERS,
		.body = LISTS(ENTRY("sip:a@b") ENTRY("sip:b@b")
			      ENTRY("sip:c@b") ENTRY("sip:d@b")
			      ENTRY("sip:e@b")),
	};
	int listener = tcp ? listener_at() : -1, fd;
	size_t seen;

	strcpy(shown + 3000, "END");
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	seen = times("<instance ");
	assert_int_equal(seen, 2);
	reply(200);
	if (tcp) {
		fd = accepted(listener);
		tcp_await(fd, "END\r\n--");
		while (times("END") < 3)
			tcp_await(fd, "END");
		has("version=\"1\" fullState=\"false\"");
		assert_int_equal(times("<instance "), 3);
		tcp_reply(fd, 200);
		close(fd);
		close(listener);
	} else {
		for (seen = 0; seen < 5;) {
			notified_late();
			seen += times("<instance ");
			reply(200);
		}
		assert_int_equal(seen, 5);
	}
	quiet();
	assert_int_equal(gone, 0);
}

static void test_long_list_by_tcp(void **state)
{
	(void)state;
	test_long_list(true);
}

static void test_long_list_without_tcp(void **state)
{
	(void)state;
	test_long_list(false);
}

/* ---- over restarts ---- */

static struct rig *disk;
static struct event_keep *kept;

static void keep_begin(void)
{
	const struct store_load load = { .sub = event_keep_load_sub,
					 .pub = event_keep_load_pub };
	struct store_load with = load;

	rig_open(disk);
	kept = event_keep_new(loop, disk->s);
	with.arg = kept;
	assert_int_equal(store_load(disk->s, &with), 0);
	sip_events_keep(edge, kept);
}

static size_t subs_rows, pubs_rows;
static uint32_t row_cseq;

static void count_sub(const struct store_sub *s, void *arg)
{
	(void)arg;
	subs_rows++;
	row_cseq = s->cseq_out;
}

static void count_pub(const struct store_pub *p, void *arg)
{
	(void)arg;
	(void)p;
	pubs_rows++;
}

/* What the disk has after the daemon is gone, by a crash or in peace. */
static void assert_rows(size_t subs, size_t pubs)
{
	const struct store_load load = { .sub = count_sub, .pub = count_pub };

	subs_rows = pubs_rows = 0;
	event_keep_free(kept);
	kept = NULL;
	rig_shut(disk);
	rig_open(disk);
	assert_int_equal(store_load(disk->s, &load), 0);
	assert_int_equal(subs_rows, subs);
	assert_int_equal(pubs_rows, pubs);
	rig_shut(disk);
}

static int open_kept(void **state)
{
	if (open_edge(state))
		return 1;
	disk = rig_new();
	keep_begin();
	return 0;
}

static int close_kept(void **state)
{
	event_keep_free(kept);
	kept = NULL;
	rig_free(disk);
	return teardown(state);
}

#define KEPT_CASE(fn) cmocka_unit_test_setup_teardown(fn, open_kept, \
						      close_kept)

static void test_kept(void **state)
{
	char body[] = "open", first[40];

	(void)state;
	subscribe(600);
	reply(200);
	assert_int_equal(publish(NULL, body, 600), 200);
	strcpy(first, etag);
	assert_rows(1, 1);
	assert_true(row_cseq >= 33);
	sip_free(edge);
	watched = published = 0;
	open_with("127.0.0.0/8");
	keep_begin();
	assert_int_equal(watched, 1);
	assert_int_equal(published, 1);
	assert_string_equal(last_body_published, body);
	assert_int_equal(watchers(), 1);
	/* the same dialog, and no CSeq that was used */
	notified();
	has("\r\nCall-ID: call\r\n");
	has("\r\n\r\nhere");
	has(";tag=bobs\r\n");
	has(tag);
	reply(200);
	assert_int_equal(refresh(600), 200);
	notified();
	reply(200);
	assert_int_equal(publish(first, NULL, 600), 200);
	assert_int_equal(publish(first, NULL, 600), 412);
	assert_int_equal(refresh(0), 200);
	notified();
	reply(200);
	assert_rows(0, 1);
}

static void test_kept_list(void **state)
{
	const struct question q = {
		.ruri = "sip:friends@confab.example",
		.expires = 600,
		.headers = "Supported: eventlist\r\n",
	};

	(void)state;
	subscribe(600); /* has the id of no leaf then */
	reply(200);
	assert_int_equal(put(&q), 200);
	tag_keep();
	notified();
	reply(200);
	assert_rows(2, 0);
	sip_free(edge);
	open_with("127.0.0.0/8");
	keep_begin();
	assert_int_equal(watched, 3);
	notified();
	if (!strstr(in, "fullState")) { /* in any order */
		reply(200);
		notified();
	}
	has("fullState=\"true\"");
	has("<instance id=\"3\"");
	has("<instance id=\"4\"");
	assert_int_equal(times("here"), 2);
	reply(200);
	assert_int_equal(sip_watches_of(edge, "presence",
					VIEW("sip:alice@confab.example"),
					VIEW("sip:bob@confab.example"), NULL,
					0), 2);
	assert_rows(2, 0);
}

static void test_kept_end(void **state)
{
	(void)state;
	subscribe(600);
	reply(200);
	assert_int_equal(publish(NULL, "open", 600), 200);
	assert_rows(1, 1);
	sip_free(edge);
	clock_advance(601000);
	open_with("127.0.0.0/8");
	keep_begin();
	soon();
	turns();
	assert_int_equal(watchers(), 0);
	assert_int_equal(unpublished, 1);
	quiet();
	assert_rows(0, 0);
}

static void test_kept_refused(void **state)
{
	(void)state;
	subscribe(600);
	reply(200);
	assert_rows(1, 0);
	sip_free(edge);
	open_with("127.0.0.0/8");
	verdict = 403;
	gone = 0;
	keep_begin();
	notified();
	has("\r\nSubscription-State: terminated;reason=rejected\r\n");
	hasnt("here");
	reply(200);
	assert_int_equal(gone, 0);
	assert_rows(0, 0);
}

/* Rows are written seldom, and never hold a CSeq that was used already. */
static void test_kept_cseq(void **state)
{
	unsigned n = 0, number;

	(void)state;
	subscribe(3600);
	for (n = 1; n < 100; n++) {
		char what[20];

		assert_non_null(strstr(in, "\r\nCSeq: "));
		assert_int_equal(sscanf(strstr(in, "\r\nCSeq: "),
					"\r\nCSeq: %u", &number), 1);
		assert_int_equal(number, n);
		reply(200);
		snprintf(what, sizeof(what), "%u", n);
		changed(what);
		clock_advance(5000);
		notified();
	}
	assert_rows(1, 0);
	assert_true(row_cseq > n);
	assert_true(row_cseq <= n + 64);
}

/* Until the store has answered what it was asked so far. */
static void disk_answers(void)
{
	(void)rig_run(disk, store_begin(disk->s));
}

/* So long, and what is due then is written, or not. */
static void disk_after(uint64_t ms)
{
	clock_advance(ms);
	turns();
	disk_answers();
}

/* What is written from now on is not. */
static void assert_rows_now(size_t subs, size_t pubs)
{
	fail_call(DOOR_WRITES, 1, true);
	event_keep_free(kept);
	kept = NULL;
	rig_shut(disk);
	heal();
	rig_open(disk);
	assert_rows(subs, pubs);
}

/* Nothing has to change for what the disk did not take to be tried again. */
static void test_kept_again(void **state)
{
	(void)state;
	subscribe(600);
	reply(200);
	expect_log(2);
	fail_call(DOOR_WRITES, 1, true);
	assert_int_equal(publish(NULL, "open", 600), 200);
	disk_after(100);
	assert_int_equal(fault.hits, 1);
	/* the next try fails as well, then it waits for twice as long */
	disk_after(900);
	assert_int_equal(fault.hits, 1);
	disk_after(100);
	assert_int_equal(fault.hits, 2);
	heal();
	disk_after(2000);
	assert_rows_now(1, 1);
}

/* Nor for what is gone; what came and went meanwhile never was. */
static void test_kept_gone_again(void **state)
{
	char first[40];

	(void)state;
	subscribe(600);
	reply(200);
	assert_int_equal(publish(NULL, "open", 600), 200);
	strcpy(first, etag);
	disk_after(100);
	expect_log(1);
	fail_call(DOOR_WRITES, 1, true);
	assert_int_equal(publish(first, NULL, 0), 200);
	assert_int_equal(publish(NULL, "shut", 600), 200);
	strcpy(first, etag);
	disk_after(100);
	assert_int_equal(publish(first, NULL, 0), 200);
	heal();
	disk_after(1000);
	assert_rows_now(1, 0);
}

/* Answers that come when nobody keeps anything any more. */
static void test_kept_late(void **state)
{
	(void)state;
	subscribe(600);
	reply(200);
	clock_advance(100);
	turns();
	event_keep_free(kept);
	kept = NULL;
	sip_free(edge);
	edge = NULL;
	disk_answers();
	open_with("127.0.0.0/8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_subscribe), CASE(test_pending), CASE(test_refused),
		CASE(test_repeated), CASE(test_expires), CASE(test_bad),
		CASE(test_taken), CASE(test_refresh),
		CASE(test_refresh_order), CASE(test_refresh_by_others),
		CASE(test_unsubscribe), CASE(test_fetch),
		CASE(test_fetch_pending), CASE(test_merged),
		CASE(test_newest_replaces), CASE(test_answers),
		CASE(test_silence), CASE(test_too_large),
		CASE(test_end_while_busy), CASE(test_lost_connection),
		CASE(test_too_many), CASE(test_too_many_of_one),
		CASE(test_changed_while_shown),
		CASE(test_publish),
		CASE(test_publish_expires), CASE(test_publish_devices),
		CASE(test_publish_bad), CASE(test_nothing_known),
		CASE(test_options), CASE(test_strangers),
		CASE(test_draining),	      KEPT_CASE(test_kept),
		KEPT_CASE(test_kept_end),     KEPT_CASE(test_kept_refused),
		KEPT_CASE(test_kept_cseq),    KEPT_CASE(test_kept_list),
		KEPT_CASE(test_kept_again),   KEPT_CASE(test_kept_gone_again),
		KEPT_CASE(test_kept_late),
		CASE(test_list),	      CASE(test_list_refused),
		CASE(test_list_bad),	      CASE(test_list_large),
		CASE(test_list_large_fetch),  CASE(test_list_too_long),
		CASE(test_list_large_refused),
		CASE(test_list_names_take_room), CASE(test_list_escapes),
		LONG_CASE(test_long_by_tcp),
		LONG_CASE(test_long_without_tcp),
		LONG_CASE(test_long_elsewhere),
		LONG_CASE(test_long_list_by_tcp),
		LONG_CASE(test_long_list_without_tcp),
	};

	return cmocka_run_group_tests(tests, disk_install, NULL);
}
