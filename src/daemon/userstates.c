/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom somebody asked for last is kept: one change has many watchers. */
#include "userstates.h"

#include "compose.h"
#include "events.h"
#include "mem.h"

/* One who is to be told of. */
struct changed {
	struct hnode by_aor;
	struct addr *user; /* ref */
};

struct userstates {
	struct loop *loop;         /* borrowed */
	struct sip *sip;           /* borrowed */
	struct location *location; /* borrowed */
	const char *package;
	struct composed *last;     /* owned: of whom somebody asked last */
	struct htable changed;     /* owned */
	struct loop_idle job;
	userstates_h *h;
	void *arg;
};

const struct presence_state *userstates_of(struct userstates *us,
					   struct view aor)
{
	struct sip_publication published[EVENT_PUBS_RESOURCE];
	struct view body[EVENT_PUBS_RESOURCE];
	size_t n;

	if (composed_is(us->last, aor))
		return composed_state(us->last);
	n = sip_published(us->sip, us->package, aor, published);
	for (size_t i = 0; i < n; i++)
		body[i] = published[i].body;
	return compose(us->last, aor, body, n,
		       location_is_registered(us->location, aor));
}

static void on_job(void *arg)
{
	struct userstates *us = arg;
	struct hnode *n;

	while ((n = htable_pop(&us->changed))) {
		struct changed *c = CONTAINER(n, struct changed, by_aor);
		struct addr *user = c->user;

		mem_free(c);
		us->h(user, userstates_of(us, user->text), us->arg);
		mem_deref(user);
	}
}

static bool is_noted(const struct userstates *us, const struct addr *user)
{
	struct hnode *n = htable_find(&us->changed, user->hash);

	while (n && CONTAINER(n, struct changed, by_aor)->user != user)
		n = htable_more(n);
	return n;
}

void userstates_note(struct userstates *us, struct view aor)
{
	struct changed *c;
	struct addr *user;

	composed_forget(us->last);
	if (addr_parse(&user, aor))
		return;
	if (!is_noted(us, user)) {
		c = mem_zalloc(sizeof(*c));
		c->user = mem_ref(user);
		htable_add(&us->changed, &c->by_aor, user->hash);
		loop_defer(us->loop, &us->job);
	}
	mem_deref(user);
}

struct userstates *userstates_new(const struct presence_conf *conf,
				  const char *package, userstates_h *h,
				  void *arg)
{
	struct userstates *us = mem_zalloc(sizeof(*us));

	us->loop = conf->loop;
	us->sip = conf->sip;
	us->location = conf->location;
	us->package = package;
	us->last = composed_new();
	us->job.h = on_job;
	us->job.arg = us;
	us->h = h;
	us->arg = arg;
	return us;
}

void userstates_quiet(struct userstates *us)
{
	loop_undefer(us->loop, &us->job);
}

void userstates_free(struct userstates *us)
{
	struct hnode *n;

	if (!us)
		return;
	userstates_quiet(us);
	while ((n = htable_pop(&us->changed))) {
		struct changed *c = CONTAINER(n, struct changed, by_aor);

		mem_deref(c->user);
		mem_free(c);
	}
	htable_free(&us->changed);
	composed_free(us->last);
	mem_free(us);
}
