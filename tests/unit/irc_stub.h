/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions of confab-irc for tests of what is above them: no bridge, no
 * worker. A session is called "alice libera" after its user and network. What
 * it is sent is written down in wire, one parcel a line:
 *
 *	alice libera: SAY place=bob text=hi
 */
#ifndef CONFAB_IRC_STUB_H
#define CONFAB_IRC_STUB_H

#include <errno.h>
#include <string.h>

#include "mem.h"
#include "parcel.h"
#include "session.h"
#include "test.h"

struct session {
	struct session_conf conf;
	char label[128];
	int state;         /* 0 off, 1 starting, 2 up */
	unsigned starts;
	struct buf settings; /* "key=value\n" as they were last given */
	uint64_t tags[64]; /* of what was sent, not told of yet */
	size_t tag_count;
	struct session *next;
};

static struct buf wire;
static struct session *sessions;
static int start_err, send_err; /* what these answer */

/* ---- parcels in words ---- */

static inline const char *stub_verb(enum ircp_verb verb)
{
	static const char *const name[IRCP_VERBS] = {
		[IRCP_SAY] = "SAY", [IRCP_JOIN] = "JOIN",
		[IRCP_PART] = "PART", [IRCP_TOPIC] = "TOPIC",
		[IRCP_NICK] = "NICK", [IRCP_NAMES] = "NAMES",
		[IRCP_AWAY] = "AWAY", [IRCP_KICK] = "KICK",
		[IRCP_BAN] = "BAN", [IRCP_UNBAN] = "UNBAN",
		[IRCP_INVITE] = "INVITE", [IRCP_WHOIS] = "WHOIS",
		[IRCP_WATCH] = "WATCH", [IRCP_UNWATCH] = "UNWATCH",
		[IRCP_LEAVE] = "LEAVE",
	};

	return name[verb] ? name[verb] : "?";
}

static inline void stub_field(const char *name, struct view v)
{
	if (!v.n)
		return;
	buf_addf(&wire, " %s=", name);
	buf_addv(&wire, v);
}

static inline void stub_write(const struct session *s, struct view parcel)
{
	struct ircp p;

	assert_int_equal(ircp_get(&p, parcel), 0);
	buf_addf(&wire, "%s: %s", s->label, stub_verb(p.verb));
	if (p.kind)
		buf_addf(&wire, " kind=%u", p.kind);
	stub_field("place", p.place);
	stub_field("nick", p.nick);
	stub_field("other", p.other);
	stub_field("text", p.text);
	buf_addc(&wire, '\n');
}

/* ---- what tests do ---- */

/* NULL: there is none. */
static inline struct session *stub_find(const char *label)
{
	struct session *s = sessions;

	while (s && strcmp(s->label, label))
		s = s->next;
	return s;
}

static inline struct session *stub_session(const char *label)
{
	struct session *s = stub_find(label);

	assert_non_null(s);
	return s;
}

static inline bool stub_is_wanted(const char *label)
{
	const struct session *s = stub_find(label);

	return s && s->state;
}

static inline const char *stub_setting(const char *label, const char *key)
{
	static char value[256];
	struct view v = buf_view(&stub_session(label)->settings), line, k;

	value[0] = '\0';
	while (view_cut(v, '\n', &line, &v)) {
		struct view text;

		if (view_cut(line, '=', &k, &text) && view_eqs(k, key))
			view_copy(value, sizeof(value), text);
	}
	return value;
}

static inline void stub_up(const char *label, const char *nick)
{
	struct session *s = stub_session(label);

	assert_int_equal(s->state, 1);
	s->state = 2;
	s->conf.uph(s, view_str(nick), s->conf.arg);
}

static inline void stub_lost(const char *label, enum lost_why why,
			     const char *text)
{
	struct session *s = stub_session(label);

	assert_true(s->state > 0);
	s->state = 0;
	s->tag_count = 0;
	s->conf.losth(s, why, view_str(text), s->conf.arg);
}

/* Comes up for this session. */
static inline void stub_in(const char *label, const struct ircp *p)
{
	struct session *s = stub_session(label);
	struct buf b = { 0 };

	assert_int_equal(s->state, 2);
	assert_int_equal(ircp_put(&b, p), 0);
	s->conf.parcelh(s, buf_view(&b), s->conf.arg);
	buf_free(&b);
}

/* All that was sent and is to be told of has this fate. */
static inline void stub_sent(const char *label, int err, const char *text)
{
	struct session *s = stub_session(label);
	size_t n = s->tag_count;
	uint64_t tags[64];

	memcpy(tags, s->tags, sizeof(tags));
	s->tag_count = 0;
	for (size_t i = 0; i < n; i++)
		s->conf.senth(s, tags[i], err, view_str(text), s->conf.arg);
}

/* All of what was sent since the last call. */
static inline void assert_wire(const char *lines)
{
	assert_string_equal(buf_str(&wire), lines);
	buf_clear(&wire);
}

static inline void stub_open(void)
{
	buf_init(&wire, 0);
	sessions = NULL;
	start_err = send_err = 0;
}

static inline void stub_close(void)
{
	assert_null(sessions);
	buf_free(&wire);
}

/* ---- session.h ---- */

int session_settings(struct session *s, const struct bridge_setting *settings,
		     size_t count)
{
	buf_clear(&s->settings);
	for (size_t i = 0; i < count; i++)
		buf_addf(&s->settings, "%s=%s\n", settings[i].key,
			 settings[i].value);
	return count > WIRE_SETTINGS_MAX ? EINVAL : 0;
}

int session_new(struct session **sp, const struct session_conf *conf)
{
	struct view label = view_str(conf->label), user, rest, host, network;
	struct session *s = mem_zalloc(sizeof(*s));
	struct buf b = { 0 };

	s->conf = *conf;
	s->conf.label = NULL;
	view_cut(view_from(label, 4), '@', &user, &rest);
	view_cut(rest, ' ', &host, &network);
	buf_addv(&b, user);
	buf_addc(&b, ' ');
	buf_addv(&b, network);
	view_copy(s->label, sizeof(s->label), buf_view(&b));
	buf_free(&b);
	s->next = sessions;
	sessions = s;
	*sp = s;
	return session_settings(s, conf->settings, conf->count);
}

int session_start(struct session *s)
{
	if (start_err)
		return start_err;
	if (s->state)
		return EALREADY;
	s->state = 1;
	s->starts++;
	return 0;
}

void session_stop(struct session *s)
{
	s->state = 0;
	s->tag_count = 0;
}

int session_send(struct session *s, uint64_t tag, struct view parcel)
{
	if (s->state != 2)
		return ENOTCONN;
	if (send_err)
		return send_err;
	stub_write(s, parcel);
	if (tag) {
		assert_true(s->tag_count < 64);
		s->tags[s->tag_count++] = tag;
	}
	return 0;
}

bool session_is_up(const struct session *s)
{
	return s->state == 2;
}

void session_free(struct session *s)
{
	struct session **p = &sessions;

	if (!s)
		return;
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	buf_free(&s->settings);
	mem_free(s);
}

/* ---- bridge.h ---- */

/* Two networks. */
int bridge_settings(const struct bridge *b, struct view label,
		    struct view *own,
		    struct bridge_setting out[BRIDGE_SETTINGS_MAX],
		    size_t *count)
{
	static const char *const labels[] = { "libera", "oftc" };

	(void)b;
	for (size_t i = 0; i < 2; i++) {
		if (!view_ieqs(label, labels[i]))
			continue;
		*own = view_str(labels[i]);
		out[0] = (struct bridge_setting){ "server", "irc.x.org" };
		out[1] = (struct bridge_setting){ "nick", "relay" };
		out[2] = (struct bridge_setting){ "login", "relay" };
		out[3] = (struct bridge_setting){ "login_password", "pw" };
		out[4] = (struct bridge_setting){ "cert_file", "relay.pem" };
		out[5] = (struct bridge_setting){ "password", "serverpw" };
		out[6] = (struct bridge_setting){ "password_for_users",
						  i ? "1" : "0" };
		*count = 7;
		return 0;
	}
	return ENOENT;
}

#endif
