/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever a server sends on a stream: read with limits, whole and in pieces
 * with the same result; then as the answers to a login, with libstrophe
 * behind it.
 */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

#include "front_priv.h"
#include "log.h"
#include "stanza.h"
#include "utf8.h"

enum { DEPTH_MAX = 32 };

static struct loop *loop;
static struct dns *dns;
static xmpp_ctx_t *ctx;
static struct list leaving;
static size_t live;

/* ---- reading ---- */

struct reading {
	struct xtree *tree;
	struct buf out;
	bool restarted;
};

static unsigned depth_of(xmpp_stanza_t *s)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(s);
	unsigned most = 0;

	for (; c; c = xmpp_stanza_get_next(c)) {
		unsigned n = xmpp_stanza_is_tag(c) ? depth_of(c) : 0;

		if (n > most)
			most = n;
	}
	return most + 1;
}

static void on_header(const struct xlimit_tag *tag, void *arg)
{
	struct reading *r = arg;

	assert(utf8_valid(tag->name) && utf8_valid(tag->ns));
	buf_adds(&r->out, "header ");
	buf_addv(&r->out, tag->name);
}

/* libstrophe reads back what it writes of it. */
static void on_stanza(xmpp_stanza_t *s, void *arg)
{
	struct reading *r = arg;
	xmpp_stanza_t *again;
	char *text;
	size_t n;

	assert(depth_of(s) <= DEPTH_MAX);
	assert(!xmpp_stanza_to_text(s, &text, &n));
	assert(utf8_valid(view_mem(text, n)));
	again = xmpp_stanza_new_from_string(ctx, text);
	assert(again);
	xmpp_stanza_release(again);
	buf_addv(&r->out, view_mem(text, n));
	xmpp_free(ctx, text);
	if (!strcmp(xmpp_stanza_get_name(s), "success") && !r->restarted) {
		r->restarted = true;
		xtree_restart(r->tree);
	}
	if (!strcmp(xmpp_stanza_get_name(s), "proceed"))
		xtree_stop(r->tree);
}

static void on_end(void *arg)
{
	struct reading *r = arg;

	buf_adds(&r->out, "end");
}

static int read_all(struct buf *out, struct view in, size_t piece)
{
	static const struct xtree_ops ops = { .header = on_header,
					      .stanza = on_stanza,
					      .end = on_end };
	struct reading r = { 0 };
	size_t used;
	int err = 0;

	r.tree = xtree_new(ctx, &ops, &r);
	while (in.n && !err) {
		struct view some = view_head(in, piece);

		err = xtree_feed(r.tree, some, &used);
		assert(used <= some.n && (err || used == some.n));
		in = view_from(in, some.n);
	}
	assert((err == EBADMSG) == (xtree_condition(r.tree) != NULL));
	assert(err != EBADMSG || *xtree_why(r.tree));
	*out = r.out;
	mem_deref(r.tree);
	return err;
}

static void read_both_ways(struct view in, size_t piece)
{
	struct buf whole, pieces;
	int err = read_all(&whole, in, in.n);

	assert(read_all(&pieces, in, piece) == err);
	/* What is refused may be so before something else was looked at. */
	assert(view_starts(buf_view(&pieces), buf_view(&whole)));
	assert(err == EBADMSG || pieces.n == whole.n);
	buf_free(&whole);
	buf_free(&pieces);
}

/* ---- a login ---- */

static unsigned ups, losts;

static void on_up(struct view own, void *arg)
{
	(void)arg;
	assert(own.n && !losts);
	ups++;
}

static void on_hear(xmpp_stanza_t *s, void *arg)
{
	(void)s;
	(void)arg;
	assert(ups == 1 && !losts);
}

static void on_lost(enum worker_lost why, struct view words, void *arg)
{
	(void)why;
	(void)arg;
	assert(words.n && !losts);
	losts++;
}

/* As if connected, with nobody to hear what we say. */
static struct front *begin(void)
{
	static const struct front_ops ops = { .up = on_up,
					      .stanza = on_hear,
					      .lost = on_lost };
	const struct front_conf conf = {
		.loop = loop, .dns = dns, .ctx = ctx, .leaving = &leaving,
		.jid = "gw@home.example/x", .domain = "home.example",
		.password = "pw", .server = "127.0.0.1", .mode = FRONT_PLAIN,
	};
	struct front *f = front_new(&conf, &ops, NULL);

	front_dial_stop(f);
	netaddr_set(&f->routes[0].addr, VIEW("127.0.0.1"), 5222);
	f->routes_count = f->route = 1;
	front_begin_login(f);
	return f;
}

static void log_in(struct view in)
{
	struct front *f = begin();

	ups = losts = 0;
	(void)xtree_feed(f->tree, in, NULL);
	assert(losts <= 1 && ups <= 1);
	front_close(f);
}

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void set_up(void)
{
	if (loop)
		return;
	log_set_handler(quiet, NULL);
	assert(!loop_new(&loop));
	assert(!dns_new(&dns, loop));
	list_init(&leaving);
	xmpp_initialize();
	ctx = xmpp_ctx_new(NULL, NULL);
	shim_setup(ctx);
	live = mem_live();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = view_mem(data, size);

	if (!size)
		return 0;
	set_up();
	read_both_ways(in, 1 + data[size - 1] % 64);
	log_in(in);
	assert(mem_live() == live);
	return 0;
}
