/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preparation of addresses, by libidn. */
#include "jid_prep.h"

#include <errno.h>
#include <string.h>
#include <stringprep.h>

#include "jid.h"
#include "utf8.h"

static int prep(struct buf *out, struct view part,
		const Stringprep_profile *profile)
{
	char text[JID_PART_MAX + 1];

	if (!part.n || memchr(part.p, '\0', part.n) || !utf8_valid(part) ||
	    view_copy(text, sizeof(text), part))
		return EBADMSG;
	if (stringprep(text, sizeof(text), 0, profile) != STRINGPREP_OK ||
	    !*text)
		return EBADMSG;
	buf_adds(out, text);
	return 0;
}

int jid_prep_resource(struct buf *out, struct view text)
{
	return prep(out, text, stringprep_xmpp_resourceprep);
}

int jid_prep(struct buf *out, struct view text)
{
	struct jid j;
	int err = 0;

	jid_split(&j, text);
	if (j.local.n) {
		err = prep(out, j.local, stringprep_xmpp_nodeprep);
		buf_addc(out, '@');
	}
	if (!err)
		err = prep(out, j.domain, stringprep_nameprep);
	if (!err && j.resource.n) {
		buf_addc(out, '/');
		err = jid_prep_resource(out, j.resource);
	}
	return err;
}
