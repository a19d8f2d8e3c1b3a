/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who watches whom, as a document. */
#include "winfo.h"

#include "consent.h"
#include "events.h"
#include "mem.h"
#include "pidf.h"

#define PACKAGE "presence.winfo"
#define WATCHED "presence"
#define NS "urn:ietf:params:xml:ns:watcherinfo"

enum {
	PACE_MS = 5000,
	TAIL_MAX = 64, /* bytes of what closes a document */
};

struct winfo {
	struct hub *hub; /* borrowed */
	struct sip *sip; /* borrowed */
};

/* A document that is being written. */
struct list_doc {
	struct winfo *w;
	const struct sip_watch *to;
	struct buf *out;
	struct addr *user;
	uint64_t *id;    /* of subscriptions */
	size_t ids;
	size_t asked;    /* numbers those who have none */
};

/* Whole, or not at all: what does not fit is left out. */
static void add(struct list_doc *d, struct buf *one)
{
	if (d->out->n + one->n + TAIL_MAX <= d->out->max)
		buf_addv(d->out, buf_view(one));
	buf_free(one);
}

static void put_watcher(struct list_doc *d, const struct sip_watch *w)
{
	bool active = w->state == SIP_WATCH_ACTIVE;
	struct buf one = { 0 };

	buf_addf(&one, "<watcher id=\"w%llu\" status=\"%s\" event=\"%s\">",
		 (unsigned long long)w->id, active ? "active" : "pending",
		 active ? "approved" : "subscribe");
	pidf_put_text(&one, w->watcher);
	buf_adds(&one, "</watcher>");
	add(d, &one);
}

static void put_watchers(struct list_doc *d, enum sip_watch_state state)
{
	struct sip_watch w;

	for (size_t i = 0; i < d->ids; i++)
		if (sip_watch_get(d->w->sip, d->id[i], &w) &&
		    w.state == state)
			put_watcher(d, &w);
}

/* He is asked for somebody whose subscription is over, or who has none as his
 * network has no such thing. */
static void on_asked(struct addr *other, void *arg)
{
	struct list_doc *d = arg;
	struct buf one = { 0 };

	d->asked++;
	if (sip_watches_of(d->w->sip, WATCHED, d->user->text, other->text,
			   NULL, 0))
		return;
	buf_addf(&one, "<watcher id=\"a%zu\" status=\"%s\" "
		       "event=\"%s\">", d->asked,
		 addr_is(other, "sip") ? "waiting" : "pending",
		 addr_is(other, "sip") ? "timeout" : "subscribe");
	pidf_put_text(&one, other->text);
	buf_adds(&one, "</watcher>");
	add(d, &one);
}

static void put_list(struct list_doc *d)
{
	static const char *const networks[] = { "sip", "xmpp" };
	const struct sip_watch *to = d->to;

	buf_adds(d->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
			 "<watcherinfo xmlns=\"" NS "\"");
	buf_addf(d->out, " version=\"%u\" state=\"full\"><watcher-list "
			 "resource=\"", to->version);
	pidf_put_text(d->out, to->resource);
	buf_adds(d->out, "\" package=\"" WATCHED "\">");
	put_watchers(d, SIP_WATCH_PENDING);
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		(void)consent_each(d->w->hub, d->user, networks[i],
				   CONSENT_ASKED, on_asked, d);
	put_watchers(d, SIP_WATCH_ACTIVE);
	buf_adds(d->out, "</watcher-list></watcherinfo>\r\n");
}

static void on_show(const struct sip_watch *to, struct buf *body, void *arg)
{
	struct winfo *w = arg;
	struct list_doc d = { .w = w, .to = to, .out = body };

	if (addr_parse(&d.user, to->resource))
		return;
	d.ids = sip_watchers(w->sip, WATCHED, to->resource, NULL, 0);
	d.id = mem_array(NULL, d.ids + 1, sizeof(*d.id));
	(void)sip_watchers(w->sip, WATCHED, to->resource, d.id, d.ids);
	put_list(&d);
	mem_free(d.id);
	mem_deref(d.user);
}

/* Everybody his own. */
static int on_watch(const struct sip_watch *w, enum sip_watch_state *state,
		    void *arg)
{
	(void)arg;
	*state = SIP_WATCH_ACTIVE;
	return view_eq(w->watcher, w->resource) ? 200 : 403;
}

/* A rule may change with nobody watching. */
static void on_consent(struct addr *user, struct addr *other,
		       enum consent now, void *arg)
{
	(void)other;
	(void)now;
	winfo_changed(arg, user->text);
}

int winfo_new(struct winfo **wp, struct hub *hub, struct sip *sip)
{
	struct winfo *w = mem_zalloc(sizeof(*w));
	const struct consent_listener sip_rules = { .network = "sip",
						    .h = on_consent,
						    .arg = w };
	const struct consent_listener xmpp_rules = { .network = "xmpp",
						     .h = on_consent,
						     .arg = w };
	const struct sip_package package = {
		.name = PACKAGE,
		.type = "application/watcherinfo+xml",
		.pace_ms = PACE_MS,
		.watchh = on_watch,
		.showh = on_show,
		.arg = w,
	};
	int err;

	w->hub = hub;
	w->sip = sip;
	err = sip_package_add(sip, &package);
	if (err) {
		winfo_free(w);
		return err;
	}
	consent_listen(hub, &sip_rules);
	consent_listen(hub, &xmpp_rules);
	*wp = w;
	return 0;
}

void winfo_changed(struct winfo *w, struct view resource)
{
	sip_event_changed(w->sip, PACKAGE, resource);
}

void winfo_quiet(struct winfo *w)
{
	if (w)
		consent_unlisten(w->hub, w);
}

void winfo_free(struct winfo *w)
{
	mem_free(w);
}
