/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_check.h"

#include <errno.h>

#include "options.h"

static int check_component(const struct conf_jabber_component *jc,
			   const char *file, struct buf *why)
{
	const char *wrong = NULL;

	if (*jc->domain && !*jc->secret)
		wrong = "there is a domain but no secret: see secret_file";
	else if (*jc->muc_domain && !*jc->muc_secret)
		wrong = "there is a muc_domain but no secret: see "
			"muc_secret_file";
	else if (*jc->domain && view_ieqs(view_str(jc->domain),
					  jc->muc_domain))
		wrong = "domain and muc_domain must be two";
	if (wrong)
		buf_addf(why, "%s: jabber_component: %s", file, wrong);
	return wrong ? EINVAL : 0;
}

/* On XMPP only the component can be many people. */
int conf_check_link(const struct conf *c, const struct conf_link *l,
		    struct buf *why)
{
	struct view via = view_str(l->via), mode = view_str(l->mode);
	bool is_irc = view_starts(view_str(l->to), VIEW("irc:"));

	if (view_eqs(mode, "relaymsg") && !is_irc) {
		buf_adds(why, "mode = \"relaymsg\" is for links to IRC");
		return EINVAL;
	}
	if (!view_eqs(mode, "puppet") || is_irc ||
	    view_ieqs(via, "component") || view_ieqs(via, "puppets") ||
	    (via.n && view_ieqs(via, c->jabber_component.domain)))
		return 0;
	buf_adds(why, "mode is for links by the component: via = "
		      "\"component\"");
	return EINVAL;
}

static int check_link(const struct conf *c, const struct conf_link *l,
		      const char *file, struct buf *why)
{
	struct buf wrong = { 0 };
	int err = conf_check_link(c, l, &wrong);

	if (err)
		buf_addf(why, "%s: link \"%.64s\": %s", file, l->label,
			 buf_str(&wrong));
	buf_free(&wrong);
	return err;
}

int conf_check(const struct conf *c, const char *file, struct buf *why)
{
	if (!c->auth_sha256 && !c->auth_md5) {
		buf_addf(why, "%s: auth_sha256 and auth_md5 are both false: "
			      "nobody could log in", file);
		return EINVAL;
	}
	for (size_t i = 0; i < c->link_count; i++)
		if (check_link(c, &c->link[i], file, why))
			return EINVAL;
	return check_component(&c->jabber_component, file, why);
}
