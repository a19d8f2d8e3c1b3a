/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a connection to a login. First, where TLS is still to come, a stream
 * of our own that asks for nothing else; then libstrophe's. Of what the
 * server says libstrophe only sees what belongs to a login, and features in
 * words of ours: of the mechanisms only those that are worth something, as
 * PLAIN comes into question on a secured connection only.
 */
#include <string.h>

#include "conn_why.h"
#include "front_priv.h"
#include "jid.h"
#include "log.h"
#include "mem.h"
#include "stanza.h"
#include "xml.h"

enum {
	TEXT_MAX = 4096,
	/* A challenge a mechanism: each costs up to 0.3 s of key stretching,
	 * in which everybody waits. */
	CHALLENGES_MAX = 4,
	ROUNDS_MAX = 100000,
};

static const char *const mechanisms[] = {
	"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"
};

static bool is(xmpp_stanza_t *s, const char *name, const char *ns)
{
	return view_eqs(view_str(xmpp_stanza_get_name(s)), name) &&
	       view_eqs(in_attr(s, "xmlns"), ns);
}

/* ---- the stream of our own ---- */

void front_begin_stream(struct front *f)
{
	struct buf b = { 0 };
	struct jid own;

	jid_split(&own, view_str(f->conf.jid));
	front_set_state(f, FRONT_OFFERS);
	xtree_restart(f->tree);
	buf_adds(&b, "<?xml version='1.0'?><stream:stream "
		     "xmlns='jabber:client' xmlns:stream='" NS_STREAMS "' "
		     "version='1.0' to='");
	xml_escape(&b, own.domain);
	buf_adds(&b, "'>");
	front_write(f, buf_view(&b));
	buf_free(&b);
}

static void offers(struct front *f, xmpp_stanza_t *s)
{
	if (!is(s, "features", NS_STREAMS))
		return;
	if (!in_child(s, "starttls", XMPP_NS_TLS)) {
		front_lost_at(f, GONE_NET,
			      "TLS is required, but not offered by ");
		return;
	}
	front_set_state(f, FRONT_PROCEED);
	front_write(f, VIEW("<starttls xmlns='" XMPP_NS_TLS "'/>"));
}

static void proceed(struct front *f, xmpp_stanza_t *s)
{
	if (is(s, "failure", XMPP_NS_TLS)) {
		front_lost_at(f, GONE_NET, "TLS was offered, but fails at ");
	} else if (is(s, "proceed", XMPP_NS_TLS)) {
		front_set_state(f, FRONT_SECURING);
		xtree_stop(f->tree);
	}
}

/* ---- libstrophe's ---- */

void front_begin_login(struct front *f)
{
	struct buf b = { 0 };
	int err;

	front_set_state(f, FRONT_LOGIN);
	xtree_restart(f->tree);
	f->authenticated = false;
	err = shim_new(&f->shim, f->conf.jid, f->conf.password, &b);
	front_write(f, buf_view(&b));
	mem_scrub_free(b.p);
	if (err)
		front_lost(f, GONE_NET, view_str(strerror(err)));
}

static void gave_up(struct front *f)
{
	struct buf b = { 0 };
	enum worker_lost why = GONE_REFUSED;

	if (*f->unbound) {
		buf_adds(&b, "the server does not give us our resource: ");
		buf_adds(&b, f->unbound);
	} else if (*f->refused) {
		why = conn_why_sasl(&b, view_str(f->refused),
				    view_str(f->conf.domain));
	} else {
		why = GONE_CONFIG;
		buf_adds(&b, "the server's way to log in is not understood");
	}
	front_lost(f, why, buf_view(&b));
	buf_free(&b);
}

/* own is borrowed from the shim, or NULL. */
static void up(struct front *f, const char *own)
{
	char *jid = mem_strdup(own ? own : "");

	shim_free(f->shim);
	f->shim = NULL;
	front_set_state(f, FRONT_UP);
	if (f->ops->flat)
		xtree_flat(f->tree);
	f->ops->up(view_str(jid), f->arg);
	mem_free(jid);
}

/* When libstrophe can't go on it ends its stream, or just itself. */
static void feed(struct front *f, struct view xml)
{
	struct buf out = { 0 };
	enum shim_state state = shim_feed(f->shim, xml, &out);
	bool ended = strstr(buf_str(&out), "</stream:stream>");

	front_write(f, buf_view(&out));
	mem_scrub_free(out.p); /* of PLAIN: the password */
	if (state == SHIM_UP)
		up(f, shim_jid(f->shim));
	else if (state == SHIM_OVER || ended)
		gave_up(f);
}

static void feed_stanza(struct front *f, xmpp_stanza_t *s)
{
	char *text;
	size_t n;

	if (xmpp_stanza_to_text(s, &text, &n))
		return;
	feed(f, view_mem(text, n));
	xmpp_free(f->conf.ctx, text);
}

/* ---- what the server offers ---- */

static bool offers_mechanism(xmpp_stanza_t *list, const char *name)
{
	xmpp_stanza_t *c = list ? xmpp_stanza_get_children(list) : NULL;
	struct buf b = { 0 };
	bool yes = false;

	for (; c && !yes; c = xmpp_stanza_get_next(c)) {
		buf_clear(&b);
		if (xmpp_stanza_is_tag(c))
			in_text(&b, c, 64);
		yes = view_eqs(view_trim(buf_view(&b)), name);
	}
	buf_free(&b);
	return yes;
}

static bool put_mechanisms(struct buf *out, xmpp_stanza_t *s)
{
	xmpp_stanza_t *list = in_child(s, "mechanisms", XMPP_NS_SASL);
	bool any = false;

	buf_adds(out, "<mechanisms xmlns='" XMPP_NS_SASL "'>");
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(*mechanisms); i++) {
		if (!offers_mechanism(list, mechanisms[i]))
			continue;
		any = true;
		buf_adds(out, "<mechanism>");
		buf_adds(out, mechanisms[i]);
		buf_adds(out, "</mechanism>");
	}
	buf_adds(out, "</mechanisms>");
	return any;
}

static bool put_bind(struct buf *out, xmpp_stanza_t *s)
{
	xmpp_stanza_t *session = in_child(s, "session", XMPP_NS_SESSION);

	if (!in_child(s, "bind", XMPP_NS_BIND))
		return false;
	buf_adds(out, "<bind xmlns='" XMPP_NS_BIND "'/>");
	if (session && !in_child(session, "optional", NULL))
		buf_adds(out, "<session xmlns='" XMPP_NS_SESSION "'/>");
	return true;
}

static void features(struct front *f, xmpp_stanza_t *s)
{
	struct buf b = { 0 };
	bool good;

	f->offers_sm = in_child(s, "sm", NS_SM);
	if (f->authenticated && f->conf.unbound) {
		up(f, NULL);
		return;
	}
	buf_adds(&b, "<stream:features>");
	good = f->authenticated ? put_bind(&b, s) : put_mechanisms(&b, s);
	buf_adds(&b, "</stream:features>");
	if (good)
		feed(f, buf_view(&b));
	else
		front_lost_at(f, GONE_CONFIG, f->authenticated ?
			      "no resource can be had at " :
			      "no way to log in that we know is offered by ");
	buf_free(&b);
}

/* ---- SASL ---- */

/* SCRAM's number of rounds; 0: not to be found. */
static uint64_t rounds_of(struct view challenge)
{
	struct view part;
	uint64_t n;

	while (challenge.n) {
		view_cut(challenge, ',', &part, &challenge);
		if (!view_starts(part, VIEW("i=")))
			continue;
		return view_u64(&n, view_from(part, 2), UINT32_MAX) ? 0 : n;
	}
	return 0;
}

static bool challenge_is_sane(struct front *f, xmpp_stanza_t *s)
{
	struct buf b = { 0 };
	char *plain;
	uint64_t rounds;

	in_text(&b, s, TEXT_MAX);
	plain = b.n ? xmpp_base64_decode_str(f->conf.ctx, b.p, b.n) : NULL;
	rounds = rounds_of(view_str(plain));
	if (plain)
		xmpp_free(f->conf.ctx, plain);
	buf_free(&b);
	return rounds > 0 && rounds <= ROUNDS_MAX &&
	       ++f->challenges <= CHALLENGES_MAX;
}

static void keep_condition(char dst[FRONT_CONDITION_MAX], xmpp_stanza_t *s)
{
	xmpp_stanza_t *c = s ? xmpp_stanza_get_children(s) : NULL;
	struct view name = VIEW("refused");

	while (c && (!xmpp_stanza_is_tag(c) ||
		     view_eqs(view_str(xmpp_stanza_get_name(c)), "text")))
		c = xmpp_stanza_get_next(c);
	if (c)
		name = view_str(xmpp_stanza_get_name(c));
	view_copy(dst, FRONT_CONDITION_MAX,
		  view_head(name, FRONT_CONDITION_MAX - 1));
}

static void sasl(struct front *f, xmpp_stanza_t *s)
{
	if (is(s, "challenge", XMPP_NS_SASL)) {
		if (challenge_is_sane(f, s))
			feed_stanza(f, s);
		else
			front_lost_at(f, GONE_CONFIG, "no sane way to prove "
				      "the password is asked for by ");
	} else if (is(s, "failure", XMPP_NS_SASL)) {
		keep_condition(f->refused, s);
		feed(f, VIEW("<failure xmlns='" XMPP_NS_SASL "'/>"));
	} else if (is(s, "success", XMPP_NS_SASL)) {
		f->authenticated = true;
		xtree_restart(f->tree);
		feed(f, VIEW("<success xmlns='" XMPP_NS_SASL "'/>"));
	}
}

/* ---- all ---- */

static void iq(struct front *f, xmpp_stanza_t *s)
{
	struct view id = in_attr(s, "id");

	if (!f->authenticated || (!view_eqs(id, "_xmpp_bind1") &&
				  !view_eqs(id, "_xmpp_session1")))
		return;
	if (view_eqs(in_attr(s, "type"), "error"))
		keep_condition(f->unbound, in_child(s, "error", NULL));
	feed_stanza(f, s);
}

static void login(struct front *f, xmpp_stanza_t *s)
{
	if (is(s, "features", NS_STREAMS))
		features(f, s);
	else if (view_eqs(in_attr(s, "xmlns"), XMPP_NS_SASL) &&
		 !f->authenticated)
		sasl(f, s);
	else if (is(s, "iq", XMPP_NS_CLIENT))
		iq(f, s);
}

static void stream_error(struct front *f, xmpp_stanza_t *s)
{
	xmpp_stanza_t *other = in_child(s, "see-other-host", NS_STREAM_ERRORS);
	struct buf said = { 0 }, words = { 0 };
	char condition[FRONT_CONDITION_MAX];
	enum worker_lost why;

	if (other && f->state != FRONT_UP) {
		in_text(&said, other, 300);
		front_dial_other(f, buf_view(&said));
	} else {
		keep_condition(condition, s);
		in_text(&said, in_child(s, "text", NS_STREAM_ERRORS), 300);
		why = conn_why_stream(&words, view_str(condition),
				      buf_view(&said));
		front_lost(f, why, buf_view(&words));
	}
	buf_free(&said);
	buf_free(&words);
}

void front_header(struct front *f, const struct xlimit_tag *tag)
{
	if (!view_eqs(tag->name, "stream") || !view_eqs(tag->ns, NS_STREAMS) ||
	    !xlimit_attr(tag, "version"))
		front_lost_at(f, GONE_CONFIG, "no XMPP 1.0 is spoken by ");
	else if (f->state == FRONT_LOGIN)
		feed(f, VIEW("<?xml version='1.0'?><stream:stream "
			     "xmlns='jabber:client' xmlns:stream='"
			     NS_STREAMS "' id='1' version='1.0'>"));
}

void front_stanza(struct front *f, xmpp_stanza_t *s)
{
	if (f->state == FRONT_LEAVING || f->state == FRONT_OVER)
		return;
	if (is(s, "error", NS_STREAMS))
		stream_error(f, s);
	else if (f->state == FRONT_OFFERS)
		offers(f, s);
	else if (f->state == FRONT_PROCEED)
		proceed(f, s);
	else if (f->state == FRONT_LOGIN)
		login(f, s);
	else if (f->state == FRONT_UP)
		f->ops->stanza(s, f->arg);
}
