/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence of our own users, seen by themselves. */
#include "presence.h"

#include <string.h>

#include "events.h"
#include "mem.h"
#include "utf8.h"

#define PACKAGE "presence"

enum { PACE_MS = 5000 }; /* RFC 3856 6.10 */

struct presence {
	struct sip *sip;           /* borrowed, while it lives */
	struct location *location; /* borrowed */
	char *domain;              /* owned */
};

/* ---- documents ---- */

static void xml_put(struct buf *b, struct view v)
{
	static const char *const escape[256] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;",
		['"'] = "&quot;", ['\''] = "&apos;",
	};

	for (size_t i = 0; i < v.n; i++) {
		const char *word = escape[(unsigned char)v.p[i]];

		if (word)
			buf_adds(b, word);
		else
			buf_addc(b, v.p[i]);
	}
}

/* RFC 3863, the least there is. */
static void basic_put(struct buf *b, struct view aor, bool open)
{
	buf_adds(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
		    "entity=\"");
	xml_put(b, aor);
	buf_adds(b, "\"><tuple id=\"registered\"><status><basic>");
	buf_adds(b, open ? "open" : "closed");
	buf_adds(b, "</basic></status></tuple></presence>\r\n");
}

static bool has_text(struct view v, const char *text)
{
	return memmem(v.p, v.n, text, strlen(text));
}

/* It goes to other devices as it is, so it may do them no harm: no document
 * type, no entities of its own. */
static int on_check(const struct sip_publication *p, void *arg)
{
	(void)arg;
	return utf8_valid(p->body) && has_text(p->body, "presence") &&
			       !has_text(p->body, "<!DOCTYPE") &&
			       !has_text(p->body, "<!ENTITY") &&
			       !view_has(p->body, '\0') ?
		       200 :
		       400;
}

/* ---- who sees what ---- */

static int on_watch(const struct sip_watch *w, enum sip_watch_state *state,
		    void *arg)
{
	const struct presence *p = arg;
	struct sip_uri uri;

	if (sip_uri_parse(&uri, w->resource) ||
	    !view_ieqs(uri.host, p->domain))
		return 404;
	*state = view_eq(w->watcher, w->resource) ? SIP_WATCH_ACTIVE :
						    SIP_WATCH_PENDING;
	return 200;
}

static void on_show(const struct sip_watch *w, struct buf *body, void *arg)
{
	struct sip_publication published[EVENT_PUBS_RESOURCE];
	const struct presence *p = arg;

	if (sip_published(p->sip, PACKAGE, w->resource, published))
		buf_addv(body, published[0].body);
	else
		basic_put(body, w->resource,
			  location_is_registered(p->location, w->resource));
}

static void on_published(const struct sip_publication *pub,
			 enum sip_publish_what what, void *arg)
{
	const struct presence *p = arg;

	(void)what;
	sip_event_changed(p->sip, PACKAGE, pub->resource);
}

static void on_registered(struct view aor, void *arg)
{
	const struct presence *p = arg;

	sip_event_changed(p->sip, PACKAGE, aor);
}

int presence_new(struct presence **pp, struct sip *s, struct location *l,
		 const char *domain)
{
	struct presence *p = mem_zalloc(sizeof(*p));
	const struct sip_package package = {
		.name = PACKAGE,
		.type = "application/pidf+xml",
		.pace_ms = PACE_MS,
		.watchh = on_watch,
		.showh = on_show,
		.checkh = on_check,
		.publishedh = on_published,
		.arg = p,
	};
	int err = sip_package_add(s, &package);

	p->sip = s;
	p->location = l;
	p->domain = mem_strdup(domain);
	if (err) {
		presence_free(p);
		return err;
	}
	location_on_change(l, on_registered, p);
	*pp = p;
	return 0;
}

void presence_quiet(struct presence *p)
{
	if (p)
		location_quiet(p->location, p);
}

void presence_free(struct presence *p)
{
	if (!p)
		return;
	mem_free(p->domain);
	mem_free(p);
}
