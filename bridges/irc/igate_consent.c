/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may write to a user, as he says it at any of our addresses: by the
 * number of a question, or whoever he names, also before anybody asked.
 */
#include "consent.h"
#include "igate_priv.h"
#include "mem.h"

/* "bob*libera@gw.org", "libera/bob", "bob" of the network that it is said to;
 * nothing: the person that it is said to. */
static bool find_who(const struct iask *a, struct view arg,
		     struct imap_target *out, struct buf *text)
{
	const struct imap *map = a->gate->map;
	struct view left, right;

	*out = (struct imap_target){ .network = a->target.network,
				     .name = arg };
	if (!arg.n) {
		*out = a->target;
		return out->kind == IMAP_PERSON;
	}
	if (view_istarts(arg, VIEW("sip:")) || view_istarts(arg, VIEW("irc:")))
		arg = view_from(arg, 4);
	if (view_rcut(arg, '@', &left, &right))
		return !imap_from_sip(map, left, right, out, text) &&
		       out->kind == IMAP_PERSON;
	if (view_cut(arg, '/', &left, &right)) {
		out->network = imap_network_find(map, left);
		out->name = right;
	}
	return out->network.n && imap_is_nick(out->name);
}

static struct addr *who_is(const struct iask *a, struct view arg)
{
	struct buf text = { 0 }, name = { 0 };
	struct imap_target t;
	struct addr *who = NULL;

	if (find_who(a, arg, &t, &text)) {
		imap_addr(&name, t.network, t.name, VIEW_NONE);
		if (addr_parse(&who, buf_view(&name)))
			who = NULL;
	}
	buf_free(&text);
	buf_free(&name);
	return who;
}

/* Takes who. */
static int decide(const struct iask *a, struct addr *who,
		  enum consent_verb verb, struct buf *words)
{
	bool yes = verb == CONSENT_ALLOW;
	int err = consent_set(a->gate->conf.hub, a->req.from, who,
			      yes ? CONSENT_ALLOWED : CONSENT_DENIED);

	buf_adds(words, "*** ");
	if (!err)
		buf_addv(words, view_from(who->text, who->network.n + 1));
	buf_adds(words, err ? "You have too many rules already" :
		 yes	    ? " may write to you" :
			      " may not write to you");
	mem_deref(who);
	return err ? 480 : 200;
}

bool igate_consent(struct iask *a)
{
	struct buf words = { 0 };
	enum consent_verb verb;
	struct addr *who;
	struct view arg;
	int status;

	if (a->req.kind != GATE_TEXT ||
	    !consent_parse(a->req.text, &verb, &arg))
		return false;
	who = verb == CONSENT_LIST ? NULL : who_is(a, arg);
	status = who ? decide(a, who, verb, &words) :
		       consent_do(a->gate->conf.hub, a->req.from, verb, arg,
				  &words);
	if (status == 200)
		iask_ok(a, 200, buf_view(&words));
	else
		iask_refuse(a, status, 0, buf_view(&words));
	buf_free(&words);
	return true;
}
