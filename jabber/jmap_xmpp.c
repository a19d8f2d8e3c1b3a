/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XMPP addresses behind our SIP hosts. A user part is read from the percents
 * inwards: percents, then the delimiters that divide it, then the marks of
 * those that do not, then what XEP-0106 makes of a name; and it is written
 * the other way round.
 */
#include <errno.h>
#include <string.h>

#include "jescape.h"
#include "jid.h"
#include "jid_prep.h"
#include "jmap_priv.h"

enum { PARTS_MAX = 4, NONE = PARTS_MAX };

enum fault {
	FAULT_NONE,
	FAULT_ESCAPE,
	FAULT_FORM,
	FAULT_NAME,
	FAULT_SERVER,
	FAULT_NICK,
	FAULT_LOOP,
};

static const char *const fault_words[] = {
	[FAULT_ESCAPE] = "The user part is too long, or its escapes are wrong",
	[FAULT_FORM] = "This address names nobody",
	[FAULT_NAME] = "There can be no such name in XMPP",
	[FAULT_SERVER] = "There can be no such server",
	[FAULT_NICK] = "There is no nick to write to",
	[FAULT_LOOP] = "This is an address of SIP already: use it as it is",
};

/* ---- saying what is wrong ---- */

static void add_form(struct buf *b, const char *const words[], char c,
		     const char *host)
{
	for (size_t i = 0; words[i]; i++) {
		if (i)
			buf_addc(b, c);
		buf_adds(b, words[i]);
	}
	buf_addc(b, '@');
	buf_adds(b, host);
}

static void add_forms(struct buf *b, const struct jmap *m,
		      const struct jmap_alias *a)
{
	static const char *const person[] = { "user", "server", NULL };
	static const char *const room[] = { "nick", "room", "server", NULL };
	static const char *const alias[] = { "user", NULL };

	if (a) {
		add_form(b, a->d ? person : alias, m->c, a->host.ascii);
		return;
	}
	add_form(b, person, m->c, m->jdomain.ascii);
	buf_adds(b, " or ");
	add_form(b, room, m->c, m->jdomain.ascii);
}

static void refuse(struct jmap_target *out, struct buf *text,
		   const struct jmap *m, const struct jmap_alias *a,
		   enum fault fault)
{
	buf_clear(text);
	buf_adds(text, fault_words[fault]);
	if (fault != FAULT_LOOP) {
		buf_adds(text, ": write to ");
		add_forms(text, m, a);
	}
	memset(out, 0, sizeof(*out));
	out->why = buf_view(text);
	out->status = fault == FAULT_LOOP ? 482 : 484;
}

/* ---- from SIP ---- */

static enum fault put_local(struct buf *text, struct view part,
			    struct jesc_marks k)
{
	struct buf name = { 0 };
	int err;

	jesc_unmark(&name, part, &k);
	err = k.literal ? jid_prep_local(text, buf_view(&name))
			: jesc_local(text, buf_view(&name));
	buf_free(&name);
	return err ? FAULT_NAME : FAULT_NONE;
}

static bool is_own(const struct jmap *m, struct view ascii)
{
	return jmap_host_is(&m->jdomain, ascii) || jmap_pair_of(m, ascii);
}

/* An alias's own spelling is what its transport answers to. */
static enum fault put_server(struct buf *text, struct view host,
			     const struct jmap *m)
{
	const struct jmap_alias *a;
	struct buf ascii = { 0 };
	enum fault fault = FAULT_NONE;

	if (jid_host_ascii(&ascii, host))
		fault = FAULT_SERVER;
	else if (is_own(m, buf_view(&ascii)))
		fault = FAULT_LOOP;
	a = jmap_alias_of(m, buf_view(&ascii));
	if (!fault && a)
		buf_adds(text, a->host.jid);
	else if (!fault && jid_host_unicode(text, buf_view(&ascii)))
		fault = FAULT_SERVER;
	buf_free(&ascii);
	return fault;
}

static void put_nick(struct buf *text, struct view part, struct jesc_marks k)
{
	jesc_unmark(text, part, &k);
}

/* Where in a user part is what: by the number of parts. */
struct shape {
	enum jmap_kind kind;
	uint8_t local, server, nick;
};

static const struct shape *shape_of(const struct view *part, size_t n)
{
	static const struct shape person = { JMAP_PERSON, 0, 1, NONE };
	static const struct shape room = { JMAP_ROOM, 1, 2, 0 };
	static const struct shape pm = { JMAP_PM, 2, 3, 1 };

	if (n == 2)
		return &person;
	if (n == 3)
		return &room;
	return n == 4 && view_ieqs(part[0], "pm") ? &pm : NULL;
}

/* How many parts there are, PARTS_MAX + 1 for more than that; what is behind
 * the last is empty. */
static size_t divide(struct view part[PARTS_MAX + 1], struct view v, char c)
{
	size_t n = 0;

	while (n <= PARTS_MAX && view_cut(v, c, &part[n], &v))
		n++;
	return n <= PARTS_MAX ? n + 1 : n;
}

static enum fault read_gateway(struct jmap_target *out, struct buf *text,
			       struct view user, const struct jmap *m)
{
	struct jesc_marks k = { .c = m->c };
	struct view part[PARTS_MAX + 1] = { 0 };
	const struct shape *s = shape_of(part, divide(part, user, m->c));
	enum fault fault;
	size_t bare;

	if (!s)
		return FAULT_FORM;
	if (s->kind == JMAP_PM && !part[s->nick].n)
		return FAULT_NICK;
	fault = put_local(text, part[s->local], k);
	buf_addc(text, '@');
	if (!fault)
		fault = put_server(text, part[s->server], m);
	if (fault)
		return fault;

	bare = text->n;
	put_nick(text, part[s->nick], k);
	out->kind = s->kind;
	out->bare = view_head(buf_view(text), bare);
	out->nick = view_from(buf_view(text), bare);
	return FAULT_NONE;
}

static enum fault read_alias(struct jmap_target *out, struct buf *text,
			     struct view user, const struct jmap *m,
			     const struct jmap_alias *a)
{
	struct jesc_marks k = { .c = a->d ? m->c : 0, .d = a->d };
	enum fault fault = FAULT_NONE;

	if (user.n) {
		fault = put_local(text, user, k);
		buf_addc(text, '@');
	}
	if (fault)
		return fault;
	buf_adds(text, a->host.jid);
	out->kind = user.n ? JMAP_PERSON : JMAP_SERVICE;
	out->bare = buf_view(text);
	return FAULT_NONE;
}

/* Both may be NULL: not ours. */
static bool find_host(const struct jmap *m, struct view host,
		      const struct jmap_alias **a)
{
	struct buf ascii = { 0 };
	bool found = false;

	*a = NULL;
	if (!jid_host_ascii(&ascii, host)) {
		*a = jmap_alias_of(m, buf_view(&ascii));
		found = *a || jmap_host_is(&m->jdomain, buf_view(&ascii));
	}
	buf_free(&ascii);
	return found;
}

bool jmap_is_ours(const struct jmap *m, struct view host)
{
	const struct jmap_alias *a;

	return find_host(m, host, &a);
}

int jmap_from_sip(const struct jmap *m, struct view user, struct view host,
		  struct jmap_target *out, struct buf *text)
{
	const struct jmap_alias *a;
	struct buf plain = { 0 };
	enum fault fault;

	if (!find_host(m, host, &a))
		return ENOENT;
	buf_clear(text);
	memset(out, 0, sizeof(*out));
	if (user.n > JMAP_USER_MAX || jesc_plain(&plain, user))
		fault = FAULT_ESCAPE;
	else if (a)
		fault = read_alias(out, text, buf_view(&plain), m, a);
	else
		fault = read_gateway(out, text, buf_view(&plain), m);
	if (fault)
		refuse(out, text, m, a, fault);
	buf_free(&plain);
	return 0;
}

/* ---- to SIP ---- */

/* A local part as a name where it is one, else as it stands. */
static int write_local(struct buf *plain, struct view local,
		       struct jesc_marks k)
{
	struct buf jid = { 0 }, name = { 0 };
	int err = jid_prep_local(&jid, local);

	if (!err && jesc_name(&name, buf_view(&jid))) {
		k.literal = true;
		buf_addv(&name, buf_view(&jid));
	}
	if (!err)
		jesc_mark(plain, buf_view(&name), &k);
	buf_free(&jid);
	buf_free(&name);
	return err;
}

static int write_nick(struct buf *plain, const struct jmap_target *t, char c)
{
	struct jesc_marks k = { .c = c };

	if (t->nick.n > JID_PART_MAX || !jesc_is_text(t->nick))
		return EBADMSG;
	if (t->kind == JMAP_PM && !t->nick.n)
		return EBADMSG;
	if (t->kind == JMAP_PM) {
		buf_adds(plain, "pm");
		buf_addc(plain, c);
	}
	jesc_mark(plain, t->nick, &k);
	buf_addc(plain, c);
	return 0;
}

static int write_gateway(struct buf *plain, const struct jmap *m,
			 const struct jmap_target *t, const struct jid *j)
{
	struct jesc_marks k = { .c = m->c };
	int err = 0;

	if (t->kind != JMAP_PERSON)
		err = write_nick(plain, t, m->c);
	if (!err)
		err = write_local(plain, j->local, k);
	buf_addc(plain, m->c);
	return err ? err : jid_host_ascii(plain, j->domain);
}

static int write_alias(struct buf *plain, const struct jmap *m,
		       const struct jmap_alias *a, const struct jid *j)
{
	struct jesc_marks k = { .c = a->d ? m->c : 0, .d = a->d };

	return write_local(plain, j->local, k);
}

static int check_target(const struct jmap_target *t, const struct jid *j,
			const struct jmap_alias *a)
{
	if (t->kind == JMAP_BAD || view_has(t->bare, '/'))
		return EBADMSG;
	if (t->kind == JMAP_SERVICE)
		return a && !view_has(t->bare, '@') ? 0 : EBADMSG;
	return j->local.n ? 0 : EBADMSG;
}

/* The user part, not yet with its percents, and the host. */
static int write_target(struct buf *plain, const char **host,
			const struct jmap *m, const struct jmap_target *t)
{
	const struct jmap_alias *a;
	struct buf ascii = { 0 };
	struct jid j;
	int err;

	jid_split(&j, t->bare);
	err = jid_host_ascii(&ascii, j.domain);
	if (!err && is_own(m, buf_view(&ascii)))
		err = ELOOP;
	a = jmap_alias_of(m, buf_view(&ascii));
	if (!err)
		err = check_target(t, &j, a);
	if (t->kind != JMAP_PERSON && t->kind != JMAP_SERVICE)
		a = NULL;
	*host = a ? a->host.ascii : m->jdomain.ascii;
	if (!err && t->kind != JMAP_SERVICE)
		err = a ? write_alias(plain, m, a, &j)
			: write_gateway(plain, m, t, &j);
	buf_free(&ascii);
	return err;
}

int jmap_to_sip(const struct jmap *m, const struct jmap_target *t,
		struct jmap_sip *out, struct buf *text)
{
	struct buf plain = { 0 }, user = { 0 };
	const char *host;
	int err = write_target(&plain, &host, m, t);

	jesc_user(&user, buf_view(&plain));
	if (!err && user.n > JMAP_USER_MAX)
		err = EMSGSIZE;
	if (!err) {
		buf_clear(text);
		buf_addv(text, buf_view(&user));
		buf_adds(text, host);
		out->user = view_head(buf_view(text), user.n);
		out->host = view_from(buf_view(text), user.n);
	}
	buf_free(&plain);
	buf_free(&user);
	return err;
}

/* ---- one of several clients ---- */

int jmap_resource(struct buf *out, struct view params)
{
	struct buf plain = { 0 };
	struct view param, key, value;
	int err = ENOENT;

	while (err == ENOENT && params.n) {
		view_cut(params, ';', &param, &params);
		view_cut(param, '=', &key, &value);
		if (!view_ieqs(key, "gr"))
			continue;
		err = value.n > 3 * JID_PART_MAX
			      ? EBADMSG
			      : jesc_plain(&plain, value);
		if (!err)
			err = jid_prep_resource(out, buf_view(&plain));
	}
	buf_free(&plain);
	return err;
}

void jmap_gr(struct buf *out, struct view resource)
{
	buf_adds(out, ";gr=");
	jesc_param(out, resource);
}
