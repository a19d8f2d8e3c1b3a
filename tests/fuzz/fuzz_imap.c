/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses of IRC both ways: the first byte chooses what the rest is. What
 * can be read is written in one form, and that is read as the same.
 */
#include <errno.h>

#include "fuzz.h"

#include "imap.h"
#include "names.h"
#include "utf8.h"

static struct imap *new_map(char c)
{
	struct buf why = { 0 };
	struct imap *m;

	assert(!imap_new(&m, c == '+' ? VIEW("gw.org=+") : VIEW("gw.org"),
			 &why));
	assert(!imap_network(m, VIEW("libera"), &why));
	assert(!imap_network(m, VIEW("dalnet"), &why));
	return m;
}

static bool is_plain(struct view user)
{
	for (size_t i = 0; i < user.n; i++)
		if (user.p[i] <= ' ' || user.p[i] > '~' || user.p[i] == '@')
			return false;
	return user.n <= IMAP_USER_MAX;
}

/* t is written and read. */
static void there_and_back(const struct imap *m, const struct imap_target *t)
{
	struct buf uri = { 0 }, text = { 0 };
	struct imap_target u;
	struct view user, host;

	assert(!imap_to_sip(m, t, &uri));
	assert(view_rcut(view_from(buf_view(&uri), 4), '@', &user, &host));
	assert(is_plain(user));
	assert(!imap_from_sip(m, user, host, &u, &text));
	assert(t->kind == u.kind && view_eq(t->network, u.network));
	assert(view_eq(t->name, u.name));
	buf_free(&uri);
	buf_free(&text);
}

static void from_sip(struct imap *m, struct view v)
{
	struct buf text = { 0 };
	struct imap_target t;

	assert(!imap_from_sip(m, v, VIEW("gw.org"), &t, &text));
	if (t.kind == IMAP_BAD) {
		assert(t.status == 484 || t.status == 404);
	} else {
		/* nothing that would be two words, or a line, on IRC */
		assert(!view_has(t.name, ' ') && !view_has(t.name, '\n'));
		assert(!view_has(t.name, '\r') && !view_has(t.name, '\0'));
		assert(!view_has(t.name, ',') && utf8_valid(t.name));
		there_and_back(m, &t);
	}
	buf_free(&text);
}

static void to_sip(struct imap *m, struct view v)
{
	struct imap_target t = { .kind = IMAP_PERSON,
				 .network = VIEW("libera"), .name = v };
	struct buf out = { 0 };

	if (ircb_is_channel(v))
		t.kind = IMAP_CHANNEL;
	if (!imap_to_sip(m, &t, &out))
		there_and_back(m, &t);
	else
		assert(!out.n);
	buf_free(&out);
}

static void hub_addr(struct view v)
{
	struct buf out = { 0 }, name = { 0 };
	struct view aor;

	if (imap_is_nick(v) || ircb_is_channel(v)) {
		imap_addr(&out, VIEW("libera"), v, VIEW("sip:a@b"));
		assert(!imap_addr_cut(view_from(buf_view(&out), 11), &name,
				      &aor));
		assert(view_eqs(aor, "sip:a@b"));
		assert(ircb_name_eq(IRCB_ASCII, buf_view(&name), v));
	}
	buf_free(&out);
	buf_free(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = view_mem(data, size);
	struct imap *m;

	if (!size)
		return 0;
	m = new_map((char)data[0] & 1 ? '+' : '*');
	v = view_from(v, 1);
	if (data[0] & 2)
		from_sip(m, v);
	else if (data[0] & 4)
		hub_addr(v);
	else
		to_sip(m, v);
	mem_deref(m);
	return 0;
}
