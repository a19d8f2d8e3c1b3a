/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of accounts. */
#include "account_kind.h"

#include <errno.h>

#include "jabber/jid.h"
#include "jabber/jid_prep.h"

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

static const struct account_kind kinds[] = {
	{ "xmpp", "jabber", "user@domain", jabber_login },
};

const struct account_kind *account_kind_find(struct view word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (view_ieqs(word, kinds[i].word))
			return &kinds[i];
	return NULL;
}
