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

/* ---- what links go by ---- */

static bool has_jabber(const struct conf *c, struct view label)
{
	for (size_t i = 0; i < c->jabber_count; i++)
		if (view_ieqs(label, c->jabber[i].label))
			return true;
	return false;
}

static bool has_irc(const struct conf *c, struct view label)
{
	for (size_t i = 0; i < c->irc_count; i++)
		if (view_ieqs(label, c->irc[i].label))
			return true;
	return false;
}

static bool has_purple(const struct conf *c, struct view label)
{
	for (size_t i = 0; i < c->purple_count; i++)
		if (view_ieqs(label, c->purple[i].label))
			return true;
	return false;
}

static int check_xmpp(const struct conf *c, struct view via, struct buf *why)
{
	if (view_ieqs(via, "component") || view_ieqs(via, "puppets")) {
		if (!*c->jabber_component.domain)
			buf_adds(why, "there is no component: section "
				      "jabber_component has no domain");
	} else if (via.n) {
		if (!has_jabber(c, via) &&
		    !view_ieqs(via, c->jabber_component.domain))
			buf_addf(why, "there is no section jabber \"%.*s\"",
				 VIEW_ARG(view_head(via, 64)));
	} else if (c->jabber_count != 1) {
		buf_adds(why, "via is needed: it says which section jabber "
			      "joins the room, by its label");
	}
	return why->n ? EINVAL : 0;
}

static int check_way(const struct conf *c, const struct conf_link *l,
		     struct buf *why)
{
	struct view scheme, rest, label, place;

	view_cut(view_str(l->to), ':', &scheme, &rest);
	view_cut(rest, '/', &label, &place);
	label = view_head(label, 64);
	if (view_eqs(scheme, "xmpp"))
		return check_xmpp(c, view_str(l->via), why);
	if (view_eqs(scheme, "irc")) {
		if (!has_irc(c, label))
			buf_addf(why,
				 "there is no section irc \"%.*s\": right "
				 "only if confabctl irc add has made that "
				 "network",
				 VIEW_ARG(label));
		return 0;
	}
	if (view_eqs(scheme, "purple") && !has_purple(c, label))
		buf_addf(why, "there is no section purple \"%.*s\"",
			 VIEW_ARG(label));
	else if (!view_eqs(scheme, "purple") && !view_eqs(scheme, "echo"))
		buf_addf(why, "no network can be linked to \"%.*s\"",
			 VIEW_ARG(view_head(view_str(l->to), 64)));
	return why->n ? EINVAL : 0;
}

int conf_check_ways(const struct conf *c, struct buf *why)
{
	int err = 0;

	for (size_t i = 0; i < c->link_count && !err; i++) {
		struct buf one = { 0 };

		err = check_way(c, &c->link[i], &one);
		if (err)
			buf_clear(why);
		if (one.n && (err || !why->n))
			buf_addf(why, "link \"%.64s\": %s", c->link[i].label,
				 buf_str(&one));
		buf_free(&one);
	}
	return err;
}
