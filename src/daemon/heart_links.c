/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms and links of the configuration. */
#include "heart_priv.h"

#include <errno.h>
#include <string.h>

#include "linkset.h"
#include "mem.h"

int confab_room(struct confab *c, struct room **rp, struct view text,
		bool create, struct buf *why)
{
	struct view name, domain;
	int err = 0;

	if (view_istarts(text, VIEW("sip:")))
		text = view_from(text, 4);
	if (!view_cut(text, '@', &name, &domain))
		domain = view_str(c->conf->domain);
	*rp = hub_room(c->hub, name, domain);
	if (*rp)
		return 0;
	if (create)
		err = hub_room_create(c->hub, rp, name, domain, 0, NULL, NULL,
				      NULL);
	if (err)
		buf_addf(why, "\"%.*s\" can't be a room's name: at most %d "
			      "letters, digits and ._-",
			 VIEW_ARG(name), ROOM_NAME_MAX);
	else if (!*rp)
		buf_addf(why, "there is no room %.*s@%.*s", VIEW_ARG(name),
			 VIEW_ARG(domain));
	return *rp ? 0 : err ? err : ENOENT;
}

static struct hub_link link_of(const struct conf_link *l)
{
	struct hub_link link = linkset_hub(l);

	link.configured = true;
	return link;
}

static int start_link(struct confab *c, const struct conf_link *l,
		      struct buf *why)
{
	const struct hub_link link = link_of(l);
	struct buf text = { 0 };
	struct room *room;
	int err;

	err = confab_room(c, &room, view_str(l->room), true, &text);
	if (!err)
		err = hub_link_add(c->hub, room, &link, &text, NULL, NULL);
	if (err)
		buf_addf(why, "link \"%s\": %s", l->label,
			 text.n ? buf_str(&text) : strerror(err));
	buf_free(&text);
	return err;
}

int heart_start_links(struct confab *c, struct buf *why)
{
	size_t n = c->conf->link_count;
	struct hub_link *links = mem_array(NULL, n + 1, sizeof(*links));
	int err = 0;

	for (size_t i = 0; i < n; i++)
		links[i] = link_of(&c->conf->link[i]);
	hub_links_configured(c->hub, links, n);
	mem_free(links);
	for (size_t i = 0; i < n && !err; i++)
		err = start_link(c, &c->conf->link[i], why);
	return err;
}
