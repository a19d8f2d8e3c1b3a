/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logins. A session is freed when it is lost; an account of links stays, and
 * logs in again when a link wants it. Nothing here tries again by itself.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "pw_near.h"
#include "pw_priv.h"
#include "pw_text.h"
#include "utf8.h"

/* ---- finding ---- */

struct pw_seat *pw_seat_find(const struct pw *w, uint32_t id)
{
	struct hnode *n = htable_find(&w->seats, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct pw_seat *s = CONTAINER(n, struct pw_seat, by_id);

		if (s->id == id)
			return s;
	}
	return NULL;
}

struct pw_seat *pw_seat_of(const PurpleAccount *account)
{
	struct pw_seat *s = account ? account->ui_data : NULL;

	return s && s->state != PW_OVER && s->state != PW_OFF ? s : NULL;
}

struct pw_seat *pw_seat_of_gc(PurpleConnection *gc)
{
	return gc ? pw_seat_of(purple_connection_get_account(gc)) : NULL;
}

const char *pw_setting(const struct pw_seat *s, const char *key)
{
	for (size_t i = 0; i < s->settings_count; i++)
		if (!strcmp(s->settings[i].key, key))
			return s->settings[i].value;
	return "";
}

PurpleConnection *pw_gc(const struct pw_seat *s)
{
	return s->account ? purple_account_get_connection(s->account) : NULL;
}

PurplePluginProtocolInfo *pw_proto(const struct pw_seat *s)
{
	PurplePlugin *prpl = purple_find_prpl(pw_setting(s, "proto"));

	return prpl ? PURPLE_PLUGIN_PROTOCOL_INFO(prpl) : NULL;
}

bool pw_is(const struct pw_seat *s, const char *proto)
{
	return !strcmp(pw_setting(s, "proto"), proto);
}

void pw_norm(struct buf *b, const struct pw_seat *s, const char *name)
{
	/* libpurple's answer is in a static buffer. */
	const char *norm = name ? purple_normalize(s->account, name) : NULL;

	buf_adds(b, norm ? norm : "");
}

/* ---- up ---- */

enum { TEXT_MAX = 64 * 1024, OTHER_MAX = 512 };

static struct view clip(const struct pw_seat *s, struct view v, size_t max)
{
	if (v.n <= max)
		return v;
	log_warning("purple %s: %zu bytes cut down to %zu", s->label, v.n,
		    max);
	return view_head(v, utf8_cut(v, max));
}

void pw_tell(struct pw_seat *s, const struct purp *p)
{
	struct buf b = { 0 };
	struct purp fit = *p;

	if (s->is_account || s->state == PW_OVER)
		return;
	fit.text = clip(s, p->text, TEXT_MAX);
	fit.other = clip(s, p->other, OTHER_MAX);
	if (!purp_put(&b, &fit))
		worker_parcel(s->pw->worker, s->id, buf_view(&b));
	else
		log_warning("purple %s: something can't be told", s->label);
	buf_free(&b);
}

void pw_notice(struct pw_seat *s, const char *words, const char *text)
{
	struct purp p = { .verb = PURP_NOTICE };
	struct buf b = { 0 };

	buf_adds(&b, words);
	pw_line(&b, text);
	p.text = buf_view(&b);
	pw_tell(s, &p);
	buf_free(&b);
}

/* ---- the end of a login ---- */

void pw_seat_blame(struct pw_seat *s, enum worker_lost why, struct view words)
{
	if (s->words.n)
		return;
	s->why = why;
	buf_addv(&s->words, words.n ? words : VIEW("no reason given"));
}

static void wipe_settings(struct pw_seat *s)
{
	for (size_t i = 0; i < s->settings_count; i++) {
		mem_free(s->settings[i].key);
		mem_scrub_free(s->settings[i].value);
	}
	mem_free(s->settings);
}

static void drop_conversations(const PurpleAccount *account)
{
	GList *l = purple_get_conversations(), *next;

	for (; l; l = next) {
		next = l->next;
		if (purple_conversation_get_account(l->data) == account)
			purple_conversation_destroy(l->data);
	}
}

/* What a login had; libpurple's part goes too, so from the loop only. */
static void seat_clear(struct pw_seat *s)
{
	PurpleAccount *account = s->account;

	wheel_stop(loop_wheel(s->pw->loop), &s->patience);
	pw_rooms_free(s);
	pw_asks_free(s);
	pw_list_free(s);
	pw_late_free(s);
	s->account = NULL;
	if (!account)
		return;
	account->ui_data = NULL;
	purple_account_set_enabled(account, PW_UI, FALSE);
	drop_conversations(account);
	purple_accounts_delete(account);
}

static void seat_free(struct pw_seat *s)
{
	s->state = PW_OVER;
	list_remove(&s->pw->dead, &s->node);
	htable_del(&s->pw->seats, &s->by_id);
	seat_clear(s);
	wipe_settings(s);
	buf_free(&s->words);
	mem_free(s->label);
	mem_free(s);
}

/* The login is gone, the wish for it may stay. */
static void seat_off(struct pw_seat *s)
{
	list_remove(&s->pw->dead, &s->node);
	seat_clear(s);
	buf_clear(&s->words);
	s->leaving_ms = 0;
	s->state = PW_OFF;
}

void pw_reap(struct pw *w)
{
	struct lnode *n;

	if (list_empty(&w->dead))
		return;
	while ((n = list_first(&w->dead)) != NULL) {
		struct pw_seat *s = CONTAINER(n, struct pw_seat, node);

		if (s->is_account)
			seat_off(s);
		else
			seat_free(s);
	}
	mem_trim();
}

void pw_seat_lost(struct pw_seat *s)
{
	if (s->state == PW_OVER || s->state == PW_OFF)
		return;
	if (!s->words.n)
		pw_seat_blame(s, GONE_NET, VIEW("the connection is lost"));
	log_info("purple %s: %.*s", s->label,
		 VIEW_ARG(buf_view(&s->words)));
	s->state = PW_OVER;
	worker_account_lost(s->pw->worker, s->id, s->why,
			    buf_view(&s->words));
	list_append(&s->pw->dead, &s->node);
	loop_defer(s->pw->loop, &s->pw->reap);
}

void pw_seat_end(struct pw_seat *s)
{
	if (s)
		seat_free(s);
}

/* ---- what libpurple says of connections ---- */

static const enum worker_lost meanings[] = {
	[PURPLE_CONNECTION_ERROR_NETWORK_ERROR] = GONE_NET,
	[PURPLE_CONNECTION_ERROR_INVALID_USERNAME] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED] = GONE_AUTH,
	[PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE] = GONE_AUTH,
	[PURPLE_CONNECTION_ERROR_NO_SSL_SUPPORT] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR] = GONE_NET,
	[PURPLE_CONNECTION_ERROR_NAME_IN_USE] = GONE_REFUSED,
	[PURPLE_CONNECTION_ERROR_INVALID_SETTINGS] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_NOT_PROVIDED] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_UNTRUSTED] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_EXPIRED] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_NOT_ACTIVATED] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_HOSTNAME_MISMATCH] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_FINGERPRINT_MISMATCH] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_SELF_SIGNED] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_CERT_OTHER_ERROR] = GONE_CONFIG,
	[PURPLE_CONNECTION_ERROR_OTHER_ERROR] = GONE_REFUSED,
};

/* Before it is logged in: by which proxy, and why there is no connection. */
static void add_way(struct buf *b, const struct pw_seat *s)
{
	const char *why = pw_why_not_connected();
	const char *port = pw_setting(s, "proxy_port");

	if (s->state != PW_CONNECTING)
		return;
	if (*pw_setting(s, "proxy_host"))
		buf_addf(b, " by the proxy %s:%s",
			 pw_setting(s, "proxy_host"), *port ? port : "3128");
	if (*why && !strstr(buf_str(b), why))
		buf_addf(b, ": %s", why);
}

static void on_reason(PurpleConnection *gc, PurpleConnectionError reason,
		      const char *text)
{
	struct pw_seat *s = pw_seat_of_gc(gc);
	struct buf words = { 0 };

	if (!s)
		return;
	if (pw_near_was_it())
		buf_adds(&words, PW_NEAR_WORDS);
	else
		pw_line(&words, text);
	if (reason == PURPLE_CONNECTION_ERROR_NETWORK_ERROR)
		add_way(&words, s);
	pw_seat_blame(s,
		      (size_t)reason < sizeof(meanings) / sizeof(meanings[0])
			      ? meanings[reason]
			      : GONE_REFUSED,
		      buf_view(&words));
	buf_free(&words);
}

static void on_disconnected(PurpleConnection *gc)
{
	struct pw_seat *s = pw_seat_of_gc(gc);

	if (s)
		pw_seat_lost(s);
}

/* Of IRC the nick, which may be another than was asked for. */
static void own_name(struct buf *b, const struct pw_seat *s,
		     PurpleConnection *gc)
{
	const char *shown = purple_connection_get_display_name(gc);

	if (pw_is(s, "prpl-irc") && shown && *shown)
		buf_adds(b, shown);
	else
		pw_norm(b, s, purple_account_get_username(s->account));
}

/* libpurple's own protocols need it for nothing more. Of others nobody knows:
 * some log in again by themselves. */
static void forget_password(struct pw_seat *s, PurpleConnection *gc)
{
	char *word = gc->password;

	if (!pw_is(s, "prpl-jabber") && !pw_is(s, "prpl-irc"))
		return;
	if (word)
		explicit_bzero(word, strlen(word));
	purple_account_set_password(s->account, NULL);
}

static void on_connected(PurpleConnection *gc)
{
	struct pw_seat *s = pw_seat_of_gc(gc);
	struct buf own = { 0 };

	if (!s || s->state != PW_CONNECTING)
		return;
	s->state = PW_UP;
	s->used_ms = now_ms();
	forget_password(s, gc);
	wheel_stop(loop_wheel(s->pw->loop), &s->patience);
	own_name(&own, s, gc);
	log_info("purple %s: logged in as %.*s", s->label,
		 VIEW_ARG(buf_view(&own)));
	worker_account_up(s->pw->worker, s->id, buf_view(&own));
	buf_free(&own);
	pw_rooms_enter(s);
}

static void on_notice(PurpleConnection *gc, const char *text)
{
	struct pw_seat *s = pw_seat_of_gc(gc);

	if (s)
		pw_notice(s, "", text);
}

PurpleConnectionUiOps *pw_connection_ops(void)
{
	static PurpleConnectionUiOps ops = {
		.connected = on_connected,
		.disconnected = on_disconnected,
		.notice = on_notice,
		.report_disconnect_reason = on_reason,
	};

	return &ops;
}

/* ---- from the loop ---- */

static void take_settings(struct pw_seat *s, const struct wire_msg *m)
{
	s->settings = mem_array(NULL, m->settings_count + 1,
				sizeof(*s->settings));
	s->settings_count = m->settings_count;
	for (size_t i = 0; i < m->settings_count; i++) {
		s->settings[i].key = view_dup(m->settings[i].key);
		s->settings[i].value = view_dup(m->settings[i].value);
	}
}

struct pw_seat *pw_seat_new(struct pw *w, uint32_t id,
			    const struct wire_msg *m, bool is_account)
{
	struct pw_seat *s;

	pw_seat_end(pw_seat_find(w, id));
	s = mem_zalloc(sizeof(*s));
	s->pw = w;
	s->id = id;
	s->is_account = is_account;
	s->label = view_dup(m->s[0]);
	list_init(&s->rooms);
	list_init(&s->asks);
	take_settings(s, m);
	htable_add(&w->seats, &s->by_id, hash_u64(id));
	return s;
}

static void on_patience(struct wtimer *t)
{
	struct pw_seat *s = CONTAINER(t, struct pw_seat, patience);
	struct buf words = { 0 };

	buf_adds(&words, "the server does not log us in");
	add_way(&words, s);
	pw_seat_blame(s, GONE_NET, buf_view(&words));
	pw_seat_lost(s);
	buf_free(&words);
}

void pw_seat_patience(struct pw_seat *s)
{
	wheel_start(loop_wheel(s->pw->loop), &s->patience, PW_CONNECT_MS,
		    on_patience);
}

/* Of XMPP always with a resource: libpurple's own would be a person's. */
static char *user_name(const struct pw_seat *s)
{
	const char *user = pw_setting(s, "user");

	return g_strconcat(user,
			   pw_is(s, "prpl-jabber") && !strchr(user, '/')
				   ? "/sip"
				   : "",
			   NULL);
}

/* A session logs in but once; the account of a link may have to again. */
static void give_password(struct pw_seat *s)
{
	for (size_t i = 0; i < s->settings_count; i++) {
		char *word = s->settings[i].value;

		if (strcmp(s->settings[i].key, "password") || !*word)
			continue;
		purple_account_set_password(s->account, word);
		if (!s->is_account)
			explicit_bzero(word, strlen(word));
	}
}

/* libpurple has one account object for each protocol and name. */
static int make_account(struct pw_seat *s, struct buf *why)
{
	const char *proto = pw_setting(s, "proto");
	char *user;

	if (!*pw_setting(s, "user") || !purple_find_prpl(proto)) {
		buf_adds(why, *pw_setting(s, "user")
				      ? "there is no such protocol here: "
				      : "no user is set for ");
		buf_adds(why, *proto ? proto : "?");
		return EINVAL;
	}
	user = user_name(s);
	if (purple_accounts_find(user, proto)) {
		log_warning("purple %s: %s is in use by another login here",
			    s->label, user);
		/* whoever has added it without its password learns nothing */
		buf_adds(why, s->is_account ?
				      "this account is in use by somebody "
				      "else" :
				      "the server does not log us in");
		g_free(user);
		return EBUSY;
	}
	s->account = purple_account_new(user, proto);
	g_free(user);
	s->account->ui_data = s;
	purple_accounts_add(s->account);
	purple_account_set_remember_password(s->account, FALSE);
	give_password(s);
	return pw_options(s, why);
}

void pw_seat_login(struct pw_seat *s)
{
	struct buf why = { 0 };
	int err;

	/* An earlier login with this name may wait there. */
	pw_reap(s->pw);
	if (s->state != PW_OFF)
		return;
	s->state = PW_CONNECTING;
	err = make_account(s, &why);
	if (err) {
		pw_seat_blame(s,
			      err == EBUSY && !s->is_account ? GONE_NET :
							       GONE_CONFIG,
			      buf_view(&why));
		pw_seat_lost(s);
	} else {
		pw_seat_patience(s);
		purple_account_set_enabled(s->account, PW_UI, TRUE);
		if (s->state == PW_CONNECTING && !pw_gc(s)) {
			pw_seat_blame(s, GONE_AUTH, VIEW("there is no "
							 "password"));
			pw_seat_lost(s);
		}
	}
	buf_free(&why);
}

void pw_seats_stop(struct pw *w)
{
	struct hnode *n;

	pw_reap(w);
	while ((n = htable_pop(&w->seats)) != NULL)
		pw_seat_end(CONTAINER(n, struct pw_seat, by_id));
	htable_free(&w->seats);
}
