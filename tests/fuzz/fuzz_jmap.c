/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses both ways: the first byte chooses what the rest is. What can be
 * read is written in one form, and that is read as the same.
 */
#include <errno.h>

#include "fuzz.h"

#include "jerror.h"
#include "jescape.h"
#include "jid_prep.h"
#include "jmap.h"
#include "jnick.h"
#include "jtext.h"
#include "utf8.h"

static struct jmap *new_map(void)
{
	struct buf why = { 0 };
	struct jmap *m;

	assert(!jmap_new(&m, VIEW("gw.org"), 4, &why));
	assert(!jmap_aliases(m, VIEW("3;icq.gw.org;msn.gw.org=%;at.gw.org=@"),
			     &why));
	assert(!jmap_zone(m, JMAP_USERS, VIEW("e.org"), VIEW("sip.e.org"),
			  &why));
	assert(!jmap_zone(m, JMAP_ROOMS, VIEW("c.org"), VIEW("rooms.e.org"),
			  &why));
	return m;
}

static void same_target(const struct jmap_target *a,
			const struct jmap_target *b)
{
	assert(a->kind == b->kind);
	assert(view_eq(a->bare, b->bare) && view_eq(a->nick, b->nick));
}

static bool is_plain(struct view user)
{
	for (size_t i = 0; i < user.n; i++)
		if (user.p[i] <= ' ' || user.p[i] > '~' || user.p[i] == '@')
			return false;
	return user.n <= JMAP_USER_MAX;
}

/* t is written, read, and written again. */
static void there_and_back(const struct jmap *m, const struct jmap_target *t)
{
	struct buf one = { 0 }, two = { 0 }, text = { 0 };
	struct jmap_sip s, again;
	struct jmap_target u;
	int err = jmap_to_sip(m, t, &s, &one);

	assert(!err || err == EMSGSIZE);
	if (!err) {
		assert(is_plain(s.user) && s.host.n);
		assert(!jmap_from_sip(m, s.user, s.host, &u, &text));
		same_target(t, &u);
		assert(!jmap_to_sip(m, &u, &again, &two));
		assert(view_eq(s.user, again.user));
		assert(view_eq(s.host, again.host));
	}
	buf_free(&one);
	buf_free(&two);
	buf_free(&text);
}

static void from_sip(struct jmap *m, struct view v)
{
	struct buf text = { 0 };
	struct jmap_target t;
	struct view user, host;

	if (!view_rcut(v, '@', &user, &host)) {
		host = v;
		user = VIEW_NONE;
	}
	if (!jmap_from_sip(m, user, host, &t, &text)) {
		assert(jesc_is_text(buf_view(&text)));
		if (t.kind != JMAP_BAD)
			there_and_back(m, &t);
		else
			assert(t.status == 484 || t.status == 482);
	}
	buf_free(&text);
}

/* "bare nick": a stanza's from, which nobody has looked at. */
static void to_sip(struct jmap *m, struct view v, enum jmap_kind kind)
{
	struct jmap_target t = { .kind = kind }, u;
	struct buf one = { 0 }, two = { 0 };
	struct jmap_sip s;

	view_cut(v, ' ', &t.bare, &t.nick);
	if (!jmap_to_sip(m, &t, &s, &one)) {
		assert(!jmap_from_sip(m, s.user, s.host, &u, &two));
		assert(u.kind == kind);
		there_and_back(m, &u);
	}
	buf_free(&one);
	buf_free(&two);
}

static void to_person(struct jmap *m, struct view v)
{
	to_sip(m, v, JMAP_PERSON);
}

static void to_room(struct jmap *m, struct view v)
{
	to_sip(m, v, JMAP_ROOM);
}

static void to_pm(struct jmap *m, struct view v)
{
	to_sip(m, v, JMAP_PM);
}

static void remember(struct jmap *m, struct view v)
{
	struct buf jid = { 0 }, aor = { 0 }, again = { 0 };
	struct jmap_sip s, got;
	struct view bare, same;

	if (view_rcut(v, '@', &s.user, &s.host) &&
	    !jmap_remember(m, JMAP_USERS, &s)) {
		assert(!jmap_jid(m, JMAP_USERS, &s, &bare, &jid));
		assert(!jmap_aor(m, bare, &got, &aor));
		assert(!jmap_remember(m, JMAP_USERS, &got));
		assert(!jmap_jid(m, JMAP_USERS, &got, &same, &again));
		assert(view_eq(bare, same));
		jmap_forget(m, JMAP_USERS, &got);
	}
	buf_free(&jid);
	buf_free(&aor);
	buf_free(&again);
}

static void aor(struct jmap *m, struct view v)
{
	struct buf text = { 0 }, jid = { 0 };
	struct jmap_sip s;
	struct view bare;
	enum jmap_zone kind;

	if (!jmap_aor(m, v, &s, &text)) {
		kind = view_ieqs(view_from(v, v.n - 9), "sip.e.org")
			       ? JMAP_USERS
			       : JMAP_ROOMS;
		assert(is_plain(s.user) && s.user.n);
		if (!jmap_jid(m, kind, &s, &bare, &jid))
			assert(bare.n);
		else
			assert(s.user.n > JMAP_USER_MAX);
	}
	buf_free(&text);
	buf_free(&jid);
}

static void config(struct jmap *m, struct view v)
{
	struct buf why = { 0 };
	struct jmap *other;
	struct view sip, xmpp;

	jmap_aliases(m, v, &why);
	view_cut(v, ' ', &sip, &xmpp);
	jmap_zone(m, JMAP_USERS, sip, xmpp, &why);
	if (!jmap_new(&other, sip, 1, &why))
		mem_deref(other);
	buf_free(&why);
}

static void words(struct jmap *m, struct view v)
{
	struct buf nick = { 0 }, again = { 0 }, text = { 0 };

	if (!jnick_prep(&nick, v)) {
		assert(nick.n && nick.n <= JNICK_MAX);
		assert(jesc_is_text(buf_view(&nick)));
		assert(!view_has(buf_view(&nick), '['));
		assert(!jnick_prep(&again, buf_view(&nick)));
		assert(view_eq(buf_view(&nick), buf_view(&again)));
	}
	jerror_phrase(&text, jerror_sip(v), v);
	assert(text.n && text.n <= 80 && jesc_is_text(buf_view(&text)));
	jtext_not_sent(&text, v, v);
	jmap_gr(&text, buf_view(&nick));
	jmap_resource(&text, v);
	(void)m;
	buf_free(&nick);
	buf_free(&again);
	buf_free(&text);
}

static void host(struct jmap *m, struct view v)
{
	struct buf ascii = { 0 }, uni = { 0 }, back = { 0 };

	(void)m;
	if (!jid_host_ascii(&ascii, v)) {
		assert(!jid_host_unicode(&uni, v));
		assert(utf8_valid(buf_view(&uni)));
		assert(!jid_host_ascii(&back, buf_view(&uni)));
		assert(view_eq(buf_view(&ascii), buf_view(&back)));
	}
	buf_free(&ascii);
	buf_free(&uni);
	buf_free(&back);
}

static void (*const readers[])(struct jmap *m, struct view v) = {
	from_sip, to_person, to_room, to_pm, remember, aor,
	config,	  words,     host,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jmap *m;

	if (!size)
		return 0;
	m = new_map();
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](
		m, view_mem(data + 1, size - 1));
	mem_deref(m);
	assert(!mem_live());
	return 0;
}
