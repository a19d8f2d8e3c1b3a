/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libpurple only wants to be known: errors, mail that came, who somebody
 * is. The user reads it as words of the network. libpurple does not say whose
 * errors are: they are told where only one can be meant. What XMPP and IRC
 * have to say is told by pw_late.c, which knows more.
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pw_ask.h"
#include "pw_text.h"

/* The registries of this file. */
static struct {
	char *text, *why; /* owned by GLib: all of it, and its last part */
	uint64_t at;
} last;

const char *pw_notified(const char *name)
{
	/* Just now, and of this room: never of another's. */
	return last.text && now_ms() - last.at < 1000 &&
			       strstr(last.text, name)
		       ? last.why
		       : "";
}

/* ---- connections ---- */

enum { JUST_NOW_MS = 100, WHY_MAX_SHOWN = 200 };

static struct {
	char text[WHY_MAX_SHOWN];
	uint64_t at;
} failure;

/* "Connection attempt failed: Connection refused" */
void pw_not_connected(const char *text)
{
	const char *why = strstr(text, ": ");
	struct buf line = { 0 };

	pw_line(&line, why ? why + 2 : text);
	view_copy(failure.text, sizeof(failure.text), buf_view(&line));
	failure.at = now_ms();
	buf_free(&line);
}

const char *pw_why_not_connected(void)
{
	const bool fresh = failure.at && now_ms() - failure.at < JUST_NOW_MS;

	failure.at = 0;
	return fresh ? failure.text : "";
}

/* ---- whose it is ---- */

/* The only login there is; or NULL. */
static struct pw_seat *only_seat(void)
{
	GList *l = purple_accounts_get_all();
	struct pw_seat *only = NULL, *s;

	for (; l; l = l->next) {
		s = pw_seat_of(l->data);
		if (!s)
			continue;
		if (only)
			return NULL;
		only = s;
	}
	return only;
}

static void tell(struct pw_seat *s, const struct pw_words *w,
		 const char *text)
{
	struct buf b = { 0 }, plain = { 0 };

	pw_words_put(&b, w);
	pw_plain(&plain, text);
	if (plain.n)
		buf_adds(&b, b.n ? ": " : "");
	buf_addv(&b, buf_view(&plain));
	log_debug("libpurple: %.*s", VIEW_ARG(buf_view(&b)));
	if (s && b.n)
		pw_tell(s, &(struct purp){ .verb = PURP_NOTICE,
					   .text = buf_view(&b) });
	buf_free(&b);
	buf_free(&plain);
}

static struct pw_seat *meant(void)
{
	struct pw_seat *s = only_seat();

	return s && !pw_is(s, "prpl-jabber") && !pw_is(s, "prpl-irc") ? s
								      : NULL;
}

static void *on_message(PurpleNotifyMsgType type, const char *title,
			const char *primary, const char *secondary)
{
	const struct pw_words w = { title, primary, secondary };

	(void)type;
	g_free(last.text);
	last.text = g_strdup_printf("%s %s %s", title ? title : "",
				    primary ? primary : "",
				    secondary ? secondary : "");
	g_free(last.why);
	last.why = g_strdup(secondary && *secondary ? secondary :
			    primary && *primary     ? primary :
			    title                   ? title :
						      "");
	last.at = now_ms();
	tell(meant(), &w, NULL);
	return NULL;
}

static void *on_formatted(const char *title, const char *primary,
			  const char *secondary, const char *text)
{
	const struct pw_words w = { title, primary, secondary };

	tell(meant(), &w, text);
	return NULL;
}

/* ---- those that say whose they are ---- */

static void *on_mail(PurpleConnection *gc, const char *subject,
		     const char *from, const char *to, const char *url)
{
	const struct pw_words w = { "New mail", from, subject };

	(void)to;
	tell(pw_seat_of_gc(gc), &w, url);
	return NULL;
}

/* Without details libpurple gives no lists; many are only counted. */
static void *on_mails(PurpleConnection *gc, size_t count, gboolean detailed,
		      const char **subjects, const char **froms,
		      const char **tos, const char **urls)
{
	enum { EACH = 5 };
	struct pw_words w = { "New mail", NULL, NULL };
	struct buf b = { 0 };

	for (size_t i = 0; detailed && count <= EACH && i < count; i++)
		on_mail(gc, subjects ? subjects[i] : NULL,
			froms ? froms[i] : NULL, tos ? tos[i] : NULL,
			urls ? urls[i] : NULL);
	if (count && (!detailed || count > EACH)) {
		buf_addf(&b, "%zu messages", count);
		w.primary = buf_str(&b);
		tell(pw_seat_of_gc(gc), &w, NULL);
	}
	buf_free(&b);
	return NULL;
}

static void *on_info(PurpleConnection *gc, const char *who,
		     PurpleNotifyUserInfo *info)
{
	const struct pw_words w = { "About", who, NULL };
	char *html = purple_notify_user_info_get_text_with_newline(info,
								   "<br>");

	tell(pw_seat_of_gc(gc), &w, html);
	g_free(html);
	return NULL;
}

static void add_row(struct buf *b, const GList *row)
{
	for (bool first = true; row; row = row->next, first = false) {
		buf_adds(b, first ? "<br>" : ", ");
		buf_adds(b, row->data ? row->data : "");
	}
}

static void *on_results(PurpleConnection *gc, const char *title,
			const char *primary, const char *secondary,
			PurpleNotifySearchResults *results, void *arg)
{
	enum { ROWS = 20 };
	const struct pw_words w = { title, primary, secondary };
	guint count = purple_notify_searchresults_get_rows_count(results);
	struct buf b = { 0 };

	(void)arg;
	for (guint i = 0; i < count && i < ROWS; i++)
		add_row(&b, purple_notify_searchresults_row_get(results, i));
	tell(pw_seat_of_gc(gc), &w, buf_str(&b));
	buf_free(&b);
	return NULL;
}

PurpleNotifyUiOps *pw_notify_ops(void)
{
	static PurpleNotifyUiOps ops = {
		.notify_message = on_message,
		.notify_email = on_mail,
		.notify_emails = on_mails,
		.notify_formatted = on_formatted,
		.notify_searchresults = on_results,
		.notify_userinfo = on_info,
	};

	return &ops;
}
