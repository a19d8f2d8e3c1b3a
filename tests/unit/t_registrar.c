/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registrar, on a whole edge. The store is a fake one that is slow. */
#include "sip_rig.h"

#include "hash.h"
#include "registrar.h"
#include "uri_priv.h"

#define ALICE "sip:alice@confab.example"

struct store {
	int begun, put, deleted;
	bool slow, broken;
	store_done_h *doneh[4];
	void *arg[4];
	size_t waiting;
};

static struct store st;
static struct location *loc;
static unsigned registered;
static unsigned cseq;

struct store_txn *store_begin(struct store *s)
{
	s->begun++;
	return (struct store_txn *)s;
}

void store_put_binding(struct store_txn *t, const struct store_binding *b)
{
	(void)b;
	((struct store *)t)->put++;
}

void store_del_binding(struct store_txn *t, struct view aor, uint64_t id)
{
	(void)aor;
	(void)id;
	((struct store *)t)->deleted++;
}

void store_commit(struct store_txn *t, store_done_h *doneh, void *arg)
{
	struct store *s = (struct store *)t;

	if (!doneh)
		return;
	if (s->slow) {
		assert_true(s->waiting < 4);
		s->doneh[s->waiting] = doneh;
		s->arg[s->waiting++] = arg;
		return;
	}
	doneh(s->broken ? ENOSPC : 0, arg);
}

static void store_answers(int err)
{
	for (size_t i = 0; i < st.waiting; i++)
		st.doneh[i](err, st.arg[i]);
	st.waiting = 0;
}

static void on_registered(struct view aor, void *arg)
{
	assert_ptr_equal(arg, &st);
	assert_view(aor, ALICE);
	registered++;
}

static void registrar_open(const char *trusted)
{
	const struct location_conf lc = { .store = &st,
					  .wheel = loop_wheel(loop) };
	struct sip_registrar rc = { .registeredh = on_registered,
				    .arg = &st };

	memset(&st, 0, sizeof(st));
	registered = 0;
	cseq = 0;
	edge_open(trusted, NULL);
	loc = location_new(&lc);
	location_set_sip(loc, edge);
	rc.location = loc;
	sip_set_registrar(edge, &rc);
}

static int close_all(void **state)
{
	sip_free(edge);
	edge = NULL;
	store_answers(ESHUTDOWN);
	location_free(loc);
	loc = NULL;
	return teardown(state);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, close_all)

struct visit {
	const char *to;      /* NULL: alice */
	const char *headers; /* each with its line end; \1 stands for a NUL */
	const char *via;     /* more Via, or NULL */
	unsigned cseq;       /* 0: the next one */
	const char *call_id; /* NULL: "call" */
	const char *ruri;    /* NULL: the domain */
};

static void visit_send(const struct visit *a)
{
	const struct netaddr *to = sip_local(edge, 0);
	static unsigned branch;
	char text[8000];
	int n = snprintf(
		text, sizeof(text),
		"REGISTER %s SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKr%u\r\n%s"
		"Max-Forwards: 70\r\nFrom: <%s>;tag=f\r\nTo: <%s>\r\n"
		"Call-ID: %s\r\nCSeq: %u REGISTER\r\n%s"
		"Content-Length: 0\r\n\r\n",
		a->ruri ? a->ruri : "sip:confab.example", ++branch,
		a->via ? a->via : "", ALICE, a->to ? a->to : ALICE,
		a->call_id ? a->call_id : "call",
		a->cseq ? a->cseq : ++cseq, a->headers);

	assert_in_range(n, 1, sizeof(text) - 1);
	for (char *nul = text; (nul = strchr(nul, '\1')) != NULL;)
		*nul = '\0';
	assert_true(sendto(udp, text, (size_t)n, 0, &to->u.sa,
			   netaddr_len(to)) == n);
}

/* The status; the answer is in in. */
static int visit(const struct visit *a)
{
	int status;

	visit_send(a);
	assert_true(received(udp));
	starts("SIP/2.0 ");
	assert_int_equal(sscanf(in, "SIP/2.0 %d", &status), 1);
	return status;
}

static int say(const char *headers)
{
	const struct visit a = { .headers = headers };

	return visit(&a);
}

static int say_as(unsigned number, const char *call_id, const char *headers)
{
	const struct visit v = { .headers = headers, .cseq = number,
				 .call_id = call_id };

	return visit(&v);
}

static const struct visit plain = {
	.headers = "Contact: <sip:a@192.0.2.1>\r\n",
};

static size_t bindings(struct binding **b)
{
	struct binding *all[LOCATION_BINDINGS + 1];
	size_t n = location_all(loc, VIEW(ALICE), all);

	if (b && n)
		*b = all[0];
	return n;
}

static void a_device_is_found(void **state)
{
	struct netaddr here = local_of(udp);
	struct binding *b = NULL;

	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say("Contact: \"A\" <sip:a-1@192.0.2.1:5070;x=y>\r\n"
			     "Expires: 600\r\nUser-Agent: phone\r\n"
			     "Accept: text/plain, message/cpim\r\n"), 200);
	has("\r\nContact: <sip:a-1@192.0.2.1:5070;x=y>;expires=600\r\n");
	has("\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
	has("\r\nSupported: path, outbound\r\n");
	assert_null(strstr(in, "Require:"));
	assert_int_equal(registered, 1);
	assert_int_equal(bindings(&b), 1);
	assert_view(sip_dest_ruri(b->dest), "sip:a-1@192.0.2.1:5070;x=y");
	assert_view(sip_dest_to(b->dest), ALICE);
	assert_view(b->contact.agent, "phone");
	assert_true(b->dev.traits & DEVICE_CPIM);
	/* by the way that it came, whatever it says of itself */
	assert_true(netaddr_eq(&b->flow.peer, &here));
}

static void what_was_learned_is_of_this_device(void **state)
{
	struct binding *b = NULL;

	(void)state;
	registrar_open("127.0.0.0/8");
	say("Contact: <sip:a@192.0.2.1>\r\nUser-Agent: one\r\n"
	    "Accept: message/cpim\r\n");
	bindings(&b);
	b->dev.learned = 500;
	say("Contact: <sip:a@192.0.2.1>\r\nUser-Agent: one\r\n");
	bindings(&b);
	assert_int_equal(b->dev.learned, 500);
	assert_int_equal(device_form(&b->dev, SIP_UDP).type,
			 DEVICE_TYPE_CPIM);
	/* another one in its place */
	say("Contact: <sip:a@192.0.2.1>\r\nUser-Agent: two\r\n");
	assert_int_equal(bindings(&b), 1);
	assert_int_equal(b->dev.learned, 0);
	assert_int_equal(b->dev.traits, 0);
}

static void it_is_told_after_the_disk(void **state)
{
	(void)state;
	registrar_open("127.0.0.0/8");
	st.slow = true;
	visit_send(&plain);
	assert_false(received(udp));
	assert_int_equal(registered, 0);
	store_answers(0);
	assert_true(received(udp));
	has("SIP/2.0 200 ");
	assert_int_equal(registered, 1);
	st.slow = false;
	st.broken = true;
	assert_int_equal(say("Contact: <sip:b@192.0.2.1>\r\n"), 503);
	has("\r\nRetry-After: 10\r\n");
	assert_int_equal(registered, 1);
}

static void a_query_lists_what_is_left(void **state)
{
	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say(""), 200);
	assert_null(strstr(in, "Contact:"));
	say("m: <sip:a@192.0.2.1>;expires=100, <sip:b@192.0.2.1>\r\n");
	has("\r\nContact: <sip:b@192.0.2.1>;expires=3600\r\n");
	has("\r\nContact: <sip:a@192.0.2.1>;expires=100\r\n");
	clock_advance(40 * 1000);
	assert_int_equal(say(""), 200);
	has("\r\nContact: <sip:a@192.0.2.1>;expires=60\r\n");
	assert_int_equal(st.put, 2);
	/* unregistered, of which the rest knows nothing */
	assert_int_equal(say("Contact: <sip:a@192.0.2.1>;expires=0\r\n"),
			 200);
	assert_null(strstr(in, "sip:a@192.0.2.1"));
	has("sip:b@192.0.2.1");
	assert_int_equal(st.deleted, 1);
	assert_int_equal(say("Contact: <sip:nobody@192.0.2.1>\r\n"
			     "Expires: 0\r\n"), 200);
}

/* Who has registered much writes somebody else's address into a copy of his
 * own request. */
static void a_repetition_floods_nobody(void **state)
{
	int victim = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	const struct netaddr *to;
	struct netaddr other;
	size_t put = 0, got = 0;
	char text[2000];
	ssize_t n, r;
	int i;

	(void)state;
	netaddr_set(&other, VIEW("127.0.0.2"), 0);
	assert_int_equal(bind(victim, &other.u.sa, netaddr_len(&other)), 0);
	registrar_open("127.0.0.1");
	to = sip_local(edge, 0);
	for (i = 0; i < LOCATION_BINDINGS; i++) {
		snprintf(text, sizeof(text),
			 "Contact: <sip:a%d@192.0.2.1;x=%0400d>\r\n", i, i);
		assert_int_equal(say(text), 200);
	}
	assert_true(in_n > 4000);
	n = snprintf(text, sizeof(text),
		     "REGISTER sip:confab.example SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKamp\r\n"
		     "From: <" ALICE ">;tag=f\r\nTo: <" ALICE ">\r\n"
		     "Call-ID: call\r\nCSeq: 99 REGISTER\r\n"
		     "Max-Forwards: 70\r\n"
		     "Contact: <sip:none@192.0.2.1>;expires=0\r\n\r\n");
	udp_put(text, (size_t)n);
	assert_true(received(udp));
	starts("SIP/2.0 200 ");
	for (i = 0; i < 100; i++) {
		assert_true(sendto(victim, text, (size_t)n, 0, &to->u.sa,
				   netaddr_len(to)) == n);
		put += (size_t)n;
		loop_turn(loop, 0);
		while ((r = recv(victim, in, sizeof(in), MSG_DONTWAIT)) > 0)
			got += (size_t)r;
	}
	close(victim);
	assert_true(got <= put + 20 * 1024);
}

static void a_star_ends_all(void **state)
{
	(void)state;
	registrar_open("127.0.0.0/8");
	say("Contact: <sip:a@192.0.2.1>, sip:b@192.0.2.1\r\n");
	assert_int_equal(bindings(NULL), 2);
	assert_int_equal(say("Contact: *\r\n"), 400);
	assert_int_equal(say("Contact: *\r\nExpires: 60\r\n"), 400);
	assert_int_equal(say("Contact: *, <sip:a@192.0.2.1>\r\n"
			     "Expires: 0\r\n"), 400);
	assert_int_equal(say("Contact: <sip:a@192.0.2.1>\r\nContact: *\r\n"
			     "Expires: 0\r\n"), 400);
	assert_int_equal(bindings(NULL), 2);
	assert_int_equal(say_as(1, "call", "Contact: *\r\nExpires: 0\r\n"),
			 400);
	assert_int_equal(say("Contact: *\r\nExpires: 0\r\n"), 200);
	assert_null(strstr(in, "Contact:"));
	assert_int_equal(bindings(NULL), 0);
	assert_int_equal(registered, 1);
}

static void others_may_not(void **state)
{
	static const struct {
		const char *to, *ruri;
		int status;
	} cases[] = {
		{ "sip:bob@confab.example", NULL, 403 },
		{ "sip:alice@example.net", NULL, 404 },
		{ ALICE, "sip:example.net", 404 },
		{ "sip:confab.example", NULL, 400 },
		{ "tel:123", NULL, 400 },
		{ "sip:alice@127.0.0.1", "sip:127.0.0.1", 403 },
		{ "sip:%61lice@CONFAB.example:5070;x", "sip:127.0.0.1", 200 },
	};

	(void)state;
	registrar_open("127.0.0.0/8");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct visit a = {
			.to = cases[i].to,
			.ruri = cases[i].ruri,
			.headers = "Contact: *\r\nExpires: 0\r\n",
		};

		if (visit(&a) != cases[i].status)
			fail_msg("%s %s: %.30s", cases[i].to,
				 cases[i].ruri ? cases[i].ruri : "", in);
	}
}

static void expires_is_kept_in_bounds(void **state)
{
	static const struct {
		const char *headers;
		int status;
		const char *has;
	} cases[] = {
		{ "Contact: <sip:a@192.0.2.1>;expires=1\r\n", 423,
		  "Min-Expires: 60" },
		{ "Contact: <sip:a@192.0.2.1>\r\nExpires: 2\r\n", 423,
		  "Min-Expires: 60" },
		{ "Contact: <sip:a@192.0.2.1>;expires=59\r\nExpires: 900\r\n",
		  423, "Min-Expires: 60" },
		{ "Contact: <sip:a@192.0.2.1>;expires=60\r\n", 200,
		  ";expires=60\r\n" },
		{ "Contact: <sip:a@192.0.2.1>;expires=2147483648\r\n", 200,
		  ";expires=3600\r\n" },
		{ "Contact: <sip:a@192.0.2.1>;expires=4294967296\r\n", 200,
		  ";expires=3600\r\n" },
		{ "Contact: <sip:a@192.0.2.1>;expires=99999999999999999999"
		  "\r\n", 200, ";expires=3600\r\n" },
		{ "Contact: <sip:a@192.0.2.1>;expires=-1\r\n", 200,
		  ";expires=3600\r\n" },
		{ "Contact: <sip:a@192.0.2.1>;expires=x\r\nExpires: 70\r\n",
		  200, ";expires=70\r\n" },
	};

	(void)state;
	registrar_open("127.0.0.0/8");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (say(cases[i].headers) != cases[i].status ||
		    !strstr(in, cases[i].has))
			fail_msg("%s-> %s", cases[i].headers, in);
	}
	/* one of two is too brief: neither is taken */
	assert_int_equal(say("Contact: <sip:b@192.0.2.1>, "
			     "<sip:c@192.0.2.1>;expires=3\r\n"), 423);
	assert_int_equal(bindings(NULL), 1);
}

static void nonsense_is_refused_whole(void **state)
{
	static char long_path[2000] = "Contact: <sip:ok@192.0.2.1>\r\n";
	static const char *const bad[] = {
		"Contact: <sip:a@192.0.2.1>, <http://x>\r\n",
		"Contact: <im:a@192.0.2.1>\r\n",
		"Contact: <sip:a@192.0.2.1\r\n",
		"Contact: \"x <sip:a@192.0.2.1>\r\n",
		"Contact: <sip:a:pw@192.0.2.1>\r\n",
		"Contact: <sip:a@192.0.2.1?X=y>\r\n",
		"Contact: <>\r\n",
		"Contact: ,\r\n",
		"Contact: <sip:a@192.0.2.1> junk\r\n",
		"Contact: <sip:a@192.0.2.1>;;expires=5\r\n",
		"Contact: <sip:ok@192.0.2.1>\r\nPath: sip:p;lr\r\n",
		"Contact: <sip:ok@192.0.2.1>\r\nPath: <sip:p\r\n",
		long_path,
	};

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(long_path, "Path: <sip:a.proxy.with.a.very.long.name."
				  "indeed.example;lr;a=b>\r\n");
	registrar_open("127.0.0.0/8");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (say(bad[i]) != 400)
			fail_msg("%s-> %s", bad[i], in);
		assert_int_equal(bindings(NULL), 0);
	}
	assert_int_equal(st.begun, 0);
}

/* ST10: what nobody may make us, or a proxy of ours, send to. */
static void contacts_lead_nowhere_else(void **state)
{
	static const char *const bad[] = {
		"<sip:a@169.254.169.254>", "<sip:a@0.0.0.0>",
		"<sip:a@224.0.1.75>", "<sip:a@255.255.255.255>",
		"<sip:a@[::1]>", "<sip:a@[fe80::1]>", "<sip:a@[ff02::1]>",
		"<sip:a@127.0.0.2:6379;transport=tcp>",
		"<sip:a@[::ffff:169.254.169.254]>",
	};
	char own[80];

	(void)state;
	registrar_open("127.0.0.0/8");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(own, sizeof(own), "Contact: %s\r\n", bad[i]);
		if (say(own) != 403)
			fail_msg("%s-> %s", own, in);
	}
	snprintf(own, sizeof(own), "Contact: <sip:a@127.0.0.1:%u>\r\n",
		 netaddr_port(sip_local(edge, 0)));
	assert_int_equal(say(own), 403);
	assert_int_equal(bindings(NULL), 0);
	/* its own address, a private one, a name: its own flow is used */
	assert_int_equal(say("Contact: <sip:a@127.0.0.1:5071>\r\n"), 200);
	assert_int_equal(say("Contact: <sip:a@10.0.0.9>\r\n"), 200);
	assert_int_equal(say("Contact: <sip:a@x7f.invalid;transport=ws>\r\n"),
			 200);
}

/* SA14 */
static void ten_contacts_and_no_more(void **state)
{
	char text[100];

	(void)state;
	registrar_open("127.0.0.0/8");
	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof(text),
			 "Contact: <sip:a%d@192.0.2.1>\r\n", i);
		assert_int_equal(say(text), 200);
	}
	assert_int_equal(say("Contact: <sip:x@192.0.2.1>\r\n"), 403);
	has("Too Many Contacts");
	assert_int_equal(bindings(NULL), 10);
	assert_int_equal(say("Contact: <sip:a3@192.0.2.1>\r\n"), 200);
	assert_int_equal(say("Contact: <sip:a3@192.0.2.1>;expires=0\r\n"),
			 200);
	assert_int_equal(say("Contact: <sip:x@192.0.2.1>\r\n"), 200);
	assert_int_equal(bindings(NULL), 10);
}

static void eleven_at_once(void **state)
{
	char text[600] = "Contact: <sip:a@192.0.2.1>";

	(void)state;
	registrar_open("127.0.0.0/8");
	for (int i = 0; i < 10; i++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, ", <sip:a%d@192.0.2.1>",
			 i);
	}
	memcpy(text + strlen(text), "\r\n", 3);
	assert_int_equal(say(text), 403);
	assert_int_equal(bindings(NULL), 0);
}

static void requests_come_in_order(void **state)
{
	const char *there = "Contact: <sip:a@192.0.2.1>\r\n";
	const char *gone = "Contact: <sip:a@192.0.2.1>;expires=0\r\n";

	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say_as(7, "call", there), 200);
	assert_int_equal(say_as(7, "call", there), 400);
	assert_int_equal(say_as(6, "call", there), 400);
	assert_int_equal(say_as(3, "call", gone), 400);
	assert_int_equal(bindings(NULL), 1);
	/* another Call-ID is another start */
	assert_int_equal(say_as(1, "other", there), 200);
	assert_int_equal(bindings(NULL), 1);
}

static void who_starts_again_is_there_once(void **state)
{
	struct binding *b = NULL;

	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say_as(1, "one", "Contact: <sip:a-1@192.0.2.1>\r\n"),
			 200);
	assert_int_equal(say_as(1, "two", "Contact: <sip:a-2@192.0.2.1>\r\n"),
			 200);
	assert_null(strstr(in, "sip:a-1@"));
	assert_int_equal(bindings(&b), 1);
	assert_view(b->contact.uri, "sip:a-2@192.0.2.1");
	/* by way of a proxy many come from one address */
	assert_int_equal(say_as(1, "three", "Contact: <sip:a-3@192.0.2.1>\r\n"
					    "Path: <sip:p;lr>\r\n"), 200);
	assert_int_equal(bindings(NULL), 2);
}

static void a_path_leads_back(void **state)
{
	struct binding *b = NULL;

	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say("Contact: <sip:a@192.0.2.1>\r\n"
			     "Path: <sip:p1;lr>, <sip:p2;lr>\r\n"
			     "Path: <sip:p3;lr>\r\nSupported: path\r\n"),
			 200);
	has("\r\nPath: <sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>\r\n");
	assert_int_equal(bindings(&b), 1);
	assert_view(sip_dest_route(b->dest),
		    "<sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>");
	/* who does not know of it is not told, but led */
	assert_int_equal(say("Contact: <sip:a@192.0.2.1>\r\n"
			     "Path: <sip:p4;lr>\r\n"), 200);
	assert_null(strstr(in, "\r\nPath:"));
	assert_int_equal(bindings(&b), 1);
	assert_view(sip_dest_route(b->dest), "<sip:p4;lr>");
}

/* Which a quoted pair may be; it can't stand in a request of ours. */
static void a_nul_leads_nowhere(void **state)
{
	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say("Contact: <sip:a@192.0.2.1>\r\n"
			     "Path: \"\\\1\" <sip:p;lr>\r\n"), 400);
	assert_int_equal(say("Contact: <sip:a@192.0.2.1>\r\n"
			     "Path: <sip:p;lr>, \"\\\1\" <sip:q;lr>\r\n"),
			 400);
	assert_int_equal(say("Require: \"\\\1\"\r\n"), 400);
	assert_int_equal(bindings(NULL), 0);
	assert_int_equal(say("Contact: \"\\\1\" <sip:a@192.0.2.1>\r\n"), 200);
	assert_int_equal(bindings(NULL), 1);
}

#define INSTANCE ";+sip.instance=\"<urn:uuid:0-1>\""

static void outbound_keeps_one_binding_a_flow(void **state)
{
	struct binding *b = NULL;

	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say("Contact: <sip:a@10.0.0.1:1>;reg-id=1" INSTANCE
			     "\r\nSupported: path, outbound\r\n"), 200);
	has("\r\nRequire: outbound\r\n");
	has("\r\nFlow-Timer: 120\r\n");
	has(INSTANCE ";reg-id=1\r\n");
	assert_int_equal(say("Contact: <sip:a@10.0.0.1:2>;reg-id=1" INSTANCE
			     "\r\nSupported: outbound\r\n"), 200);
	assert_int_equal(bindings(&b), 1);
	assert_view(b->contact.uri, "sip:a@10.0.0.1:2");
	assert_int_equal(say("Contact: <sip:a@10.0.0.1:2>;reg-id=2" INSTANCE
			     "\r\nSupported: outbound\r\n"), 200);
	assert_int_equal(bindings(NULL), 2);
	/* a proxy between that knows nothing of it */
	assert_int_equal(visit(&(struct visit){
				 .headers = "Contact: <sip:a@10.0.0.1>;"
					    "reg-id=3" INSTANCE
					    "\r\nSupported: outbound\r\n",
				 .via = "Via: SIP/2.0/UDP 192.0.2.9;"
					"branch=z9hG4bK1\r\n" }), 439);
	assert_int_equal(visit(&(struct visit){
				 .headers = "Contact: <sip:a@10.0.0.1>;"
					    "reg-id=3" INSTANCE
					    "\r\nSupported: outbound\r\n"
					    "Path: <sip:p;lr;ob>\r\n",
				 .via = "Via: SIP/2.0/UDP 192.0.2.9;"
					"branch=z9hG4bK1\r\n" }), 200);
	has("\r\nRequire: outbound\r\n");
}

static void only_what_is_known_may_be_required(void **state)
{
	(void)state;
	registrar_open("127.0.0.0/8");
	assert_int_equal(say("Require: path, outbound\r\n"), 200);
	assert_int_equal(say("Require: path, gruu\r\nRequire: x\r\n"), 420);
	has("\r\nUnsupported: gruu, x\r\n");
}

static void strangers_are_refused(void **state)
{
	(void)state;
	registrar_open("192.0.2.0/24");
	assert_int_equal(say("Contact: <sip:a@127.0.0.1>\r\n"), 403);
	assert_int_equal(bindings(NULL), 0);
}

static void without_a_place_nobody_registers(void **state)
{
	const struct sip_registrar none = { 0 };

	(void)state;
	registrar_open("127.0.0.0/8");
	sip_set_registrar(edge, &none);
	assert_int_equal(say("Contact: <sip:a@127.0.0.1>\r\n"), 405);
}

static void the_edge_may_go_first(void **state)
{
	(void)state;
	registrar_open("127.0.0.0/8");
	st.slow = true;
	visit_send(&plain);
	turns();
	assert_int_equal(st.waiting, 1);
}

static void uris_are_compared_by_the_book(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "sip:%61lice@atlanta.com;transport=TCP",
		  "sip:alice@AtLanTa.CoM;Transport=tcp", true },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5",
		  true },
		{ "sip:carol@chicago.com;security=on",
		  "sip:carol@chicago.com;newparam=5", true },
		{ "sip:ALICE@AtLanTa.CoM", "sip:alice@atlanta.com", false },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp",
		  false },
		{ "sip:carol@chicago.com;security=on",
		  "sip:carol@chicago.com;security=off", false },
		{ "sip:bob@biloxi.com", "sips:bob@biloxi.com", false },
		{ "nonsense", "nonsense", false },
		/* what MUST NOT be is no reason to bind it twice */
		{ "sip:a@b;x=1;x=2", "sip:a@b;x=1;x=2", true },
		{ "sip:a@b;x=1;x=2", "sip:a@b;x=1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view a = view_str(cases[i].a), b = view_str(cases[i].b);

		if (uri_same(a, b) != cases[i].same ||
		    uri_same(b, a) != cases[i].same)
			fail_msg("%s %s", cases[i].a, cases[i].b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_device_is_found),
		CASE(what_was_learned_is_of_this_device),
		CASE(it_is_told_after_the_disk),
		CASE(a_query_lists_what_is_left),
		CASE(a_repetition_floods_nobody),
		CASE(a_star_ends_all),
		CASE(others_may_not),
		CASE(expires_is_kept_in_bounds),
		CASE(nonsense_is_refused_whole),
		CASE(contacts_lead_nowhere_else),
		CASE(ten_contacts_and_no_more),
		CASE(eleven_at_once),
		CASE(requests_come_in_order),
		CASE(who_starts_again_is_there_once),
		CASE(a_path_leads_back),
		CASE(a_nul_leads_nowhere),
		CASE(outbound_keeps_one_binding_a_flow),
		CASE(only_what_is_known_may_be_required),
		CASE(strangers_are_refused),
		CASE(without_a_place_nobody_registers),
		CASE(the_edge_may_go_first),
		TEST(uris_are_compared_by_the_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
