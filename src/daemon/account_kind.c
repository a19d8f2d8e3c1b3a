/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of accounts. */
#include "account_kind.h"

#include <errno.h>
#include <string.h>

#include "bridges/irc/check.h"
#include "bridges/irc/imap.h"
#include "jabber/jid.h"
#include "jabber/jid_prep.h"
#include "mem.h"
#include "purple_words.h"
#include "utf8.h"

/* The old module's jab_id has no domain: it is jaddress then. */
static int jabber_login(struct buf *out, struct view text,
			const struct conf *conf, struct buf *why)
{
	struct buf jid = { 0 };
	const char *fault;
	int err = 0;

	text = view_trim(text);
	buf_addv(&jid, text);
	if (!view_has(text, '@')) {
		buf_addc(&jid, '@');
		buf_adds(&jid, conf->jabber_gateway.jaddress);
	}
	fault = jid_fault(buf_view(&jid));
	if (!fault && jid_prep(out, buf_view(&jid)))
		fault = "is no address that XMPP could have";
	if (fault) {
		buf_addv(why, view_head(text, 128));
		buf_addf(why, " %s", fault);
		err = EBADMSG;
	}
	buf_free(&jid);
	return err;
}

/* The network as its section spells it; one that there is not yet may come
 * at run time. */
static struct view irc_label(const struct conf *conf, struct view label)
{
	for (size_t i = 0; i < conf->irc_count; i++)
		if (view_ieqs(label, conf->irc[i].label))
			return view_str(conf->irc[i].label);
	return label;
}

static bool irc_login_ok(struct view label, struct view login)
{
	if (!label.n || label.n > IMAP_NETWORK_MAX || !login.n ||
	    login.n > IRC_TEXT_MAX || !utf8_valid(login))
		return false;
	for (size_t i = 0; i < login.n; i++)
		if ((unsigned char)login.p[i] <= ' ' || login.p[i] == 0x7f ||
		    login.p[i] == ':' || login.p[i] == '/')
			return false;
	for (size_t i = 0; i < label.n; i++)
		if ((unsigned char)label.p[i] <= ' ' ||
		    (unsigned char)label.p[i] >= 0x7f)
			return false;
	return true;
}

/* "libera/alice"; with one network only, "alice" will do. */
static int irc_login(struct buf *out, struct view text,
		     const struct conf *conf, struct buf *why)
{
	struct view label, login;

	text = view_trim(text);
	if (!view_cut(text, '/', &label, &login)) {
		login = text;
		label = conf->irc_count == 1 ? view_str(conf->irc[0].label) :
					       VIEW_NONE;
	}
	if (!irc_login_ok(label, login)) {
		buf_adds(why, "an account on IRC is NETWORK/ACCOUNT, like "
			      "libera/alice");
		return EBADMSG;
	}
	buf_addv(out, irc_label(conf, label));
	buf_addc(out, '/');
	buf_addv(out, login);
	return 0;
}

/* What is wrong with a name at this protocol; NULL: nothing. */
static const char *name_fault(const struct pmap_proto *p, struct view name)
{
	struct view user, host = VIEW_NONE, rest;
	const char *fault = NULL;

	if (p->dead)
		return NULL;
	if (!strcmp(p->id, "prpl-jabber")) {
		(void)view_cut(name, '/', &name, &rest);
		fault = view_has(name, '@') ? jid_fault(name) :
					      "has no domain: it is "
					      "user@domain";
	} else if (!strcmp(p->id, "prpl-irc") &&
		   (!view_rcut(name, '@', &user, &host) || !user.n ||
		    !host.n || view_has(name, ' '))) {
		fault = "is no account on IRC: it is nick@server";
	}
	return fault;
}

static void add_allowed(struct buf *b, const struct pmap *m, struct view name)
{
	const struct pmap_proto *p;

	buf_addv(b, view_head(name, 64));
	buf_adds(b, " is not allowed here. These are:");
	for (size_t i = 0; (p = pmap_at(m, i)); i++)
		if (p->allowed && !p->dead)
			buf_addf(b, " %s", p->label);
}

/* "prpl-jabber/alice@x.example"; the protocol by any of its names. One that
 * is dead is taken: its account says so. */
static int purple_login(struct buf *out, struct view text,
			const struct conf *conf, struct buf *why)
{
	struct view name, login;
	const struct pmap_proto *p = NULL;
	const char *fault;
	struct buf one = { 0 };
	struct pmap *m = NULL;
	int err = 0;

	text = view_trim(text);
	if (!view_cut(text, '/', &name, &login) || login.n > PMAP_NAME_MAX ||
	    pmap_name(&one, VIEW_NONE, login)) {
		buf_adds(why, "an account is PROTOCOL/NAME, like "
			      "prpl-jabber/alice@xmpp.example");
		err = EBADMSG;
	}
	if (!err)
		err = purple_map(&m, conf, why);
	if (!err)
		p = pmap_proto(m, name);
	if (!err && !p) {
		add_allowed(why, m, name);
		err = EBADMSG;
	}
	fault = p ? name_fault(p, login) : NULL;
	if (fault) {
		buf_addv(why, view_head(login, 128));
		buf_addf(why, " %s", fault);
		err = EBADMSG;
	} else if (p) {
		buf_adds(out, p->id);
		buf_addc(out, '/');
		buf_addv(out, login);
	}
	mem_deref(m);
	buf_free(&one);
	return err;
}

static const struct account_kind kinds[] = {
	{ "xmpp", "jabber", "user@domain", "your accounts on XMPP", "",
	  jabber_login },
	{ "irc", "irc", "network/account", "your accounts on IRC", "",
	  irc_login },
	{ "purple", "purple", "protocol/name",
	  "your accounts on other networks", "near=no by=chat",
	  purple_login },
};

const struct account_kind *account_kind_find(struct view word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (view_ieqs(word, kinds[i].word))
			return &kinds[i];
	return NULL;
}
