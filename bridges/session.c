/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions of a bridge. One is with a worker from its start to its loss; the
 * worker may still have to become ready meanwhile.
 */
#include "session.h"

#include <errno.h>
#include <string.h>

#include "bridge_priv.h"
#include "log.h"
#include "mem.h"


enum session_state { SESSION_OFF, SESSION_STARTING, SESSION_UP };

struct session {
	struct hnode by_id; /* in the bridge, always */
	struct session_conf conf; /* its settings are ours, below */
	struct bridge *bridge;    /* borrowed; NULL: gone */
	char *label;              /* owned */
	struct wire_setting settings[WIRE_SETTINGS_MAX]; /* owned, wiped */
	size_t settings_count;
	char *kept;               /* owned, wiped; or NULL: worker_keep() */
	uint32_t id;
	enum session_state state;
	struct sup *sup; /* borrowed; NULL while OFF */
	bool told;       /* the worker knows it */
	bool died;       /* see session_worker_died() */
	bool moved;      /* see session_moved() */
};

/* ---- settings ---- */

static void wipe_settings(struct session *s)
{
	for (size_t i = 0; i < s->settings_count; i++) {
		mem_free((char *)s->settings[i].key.p);
		mem_wipe_free((char *)s->settings[i].value.p,
			      s->settings[i].value.n);
	}
	s->settings_count = 0;
}

int session_settings(struct session *s, const struct bridge_setting *settings,
		     size_t count)
{
	int err = settings_check(settings, count);

	if (err)
		return err;
	wipe_settings(s);
	for (size_t i = 0; i < count; i++)
		s->settings[i] = (struct wire_setting){
			view_str(mem_strdup(settings[i].key)),
			view_str(mem_strdup(settings[i].value)),
		};
	s->settings_count = count;
	return 0;
}

int session_new(struct session **sp, const struct session_conf *conf)
{
	struct bridge *b = conf->bridge;
	struct session *s = mem_zalloc(sizeof(*s));
	int err = session_settings(s, conf->settings, conf->count);

	if (err) {
		mem_free(s);
		return err;
	}
	s->conf = *conf;
	s->conf.settings = NULL;
	s->bridge = b;
	s->label = mem_strdup(conf->label);
	s->id = ++b->session_id | SESSION_ID;
	htable_add(&b->sessions, &s->by_id, hash_u64(s->id));
	*sp = s;
	return 0;
}

/* ---- its worker ---- */

static void keep(struct session *s, struct view text)
{
	mem_scrub_free(s->kept);
	s->kept = text.n ? view_dup(text) : NULL;
}

/* What can't be sent costs the worker its life; the loss comes later. */
static void tell_start(struct session *s)
{
	struct wire_msg m = {
		.type = WIRE_SESSION,
		.id = s->id,
		.s = { view_str(s->label) },
		.settings_count = s->settings_count,
	};

	memcpy(m.settings, s->settings, sizeof(m.settings));
	if (s->kept && m.settings_count < WIRE_SETTINGS_MAX)
		m.settings[m.settings_count++] = (struct wire_setting){
			VIEW("kept"), view_str(s->kept)
		};
	s->told = true;
	sup_send(s->sup, &m);
}

static void tell_end(struct session *s)
{
	const struct wire_msg m = { .type = WIRE_SESSION_END, .id = s->id };

	if (s->told && sup_ready(s->sup))
		sup_send(s->sup, &m);
}

static void set_off(struct session *s)
{
	worker_count(s->bridge, s->sup, false);
	s->state = SESSION_OFF;
	s->sup = NULL;
	s->told = false;
}

int session_start(struct session *s)
{
	struct bridge *b = s->bridge;

	if (!b || !b->hub)
		return ENOTCONN;
	if (s->state != SESSION_OFF)
		return EALREADY;
	s->sup = worker_pick_session(b, s->conf.alone, s->conf.any);
	if (!s->sup)
		return EBUSY;
	worker_count(b, s->sup, true);
	s->state = SESSION_STARTING;
	s->died = s->moved = false;
	if (sup_ready(s->sup))
		tell_start(s);
	else
		sup_start(s->sup);
	return 0;
}

void session_stop(struct session *s)
{
	keep(s, VIEW_NONE);
	if (s->state == SESSION_OFF)
		return;
	tell_end(s);
	set_off(s);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	session_stop(s);
	if (s->bridge)
		htable_del(&s->bridge->sessions, &s->by_id);
	wipe_settings(s);
	mem_free(s->label);
	mem_free(s);
}

/* ---- what crosses ---- */

bool session_is_up(const struct session *s)
{
	return s->state == SESSION_UP;
}

bool session_worker_died(const struct session *s)
{
	return s->died;
}

bool session_moved(const struct session *s)
{
	return s->moved;
}

static bool is_open(const struct session *s)
{
	return s->state == SESSION_UP || (s->conf.early && s->told);
}

static int send_to(struct session *s, const struct wire_msg *m)
{
	if (!is_open(s))
		return ENOTCONN;
	if (m->s[0].n + m->s[1].n + 32 > FRAME_PAYLOAD_MAX)
		return EMSGSIZE;
	return sup_full(s->sup) ? EBUSY : sup_send(s->sup, m);
}

int session_send(struct session *s, uint64_t tag, struct view parcel)
{
	return send_to(s, &(struct wire_msg){ .type = WIRE_SEND,
					   .id = s->id,
					   .u = { tag },
					   .s = { parcel } });
}

int session_send_many(struct session *s, struct view parcel,
		      struct view rcpts)
{
	return send_to(s, &(struct wire_msg){ .type = WIRE_SEND_MANY,
					   .id = s->id,
					   .s = { parcel, rcpts } });
}

static struct session *find(const struct bridge *b, const struct sup *sup,
			    uint32_t id)
{
	struct hnode *n = htable_find(&b->sessions, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct session *s = CONTAINER(n, struct session, by_id);

		if (s->id == id)
			return s->sup == sup && s->told ? s : NULL;
	}
	return NULL;
}

static void lost(struct session *s, enum lost_why why, struct view text)
{
	set_off(s);
	if (s->conf.losth)
		s->conf.losth(s, why, text, s->conf.arg);
}

static const char *got_lost(struct session *s, const struct wire_msg *m)
{
	if (m->u[0] > LOST_CONFIG)
		return "unknown reason";
	log_info("%s %s: lost: %.*s", s->bridge->scheme, s->label,
		 VIEW_ARG(m->s[0]));
	s->moved = m->u[0] == LOST_NET && sup_retiring(s->sup);
	lost(s, (enum lost_why)m->u[0], m->s[0]);
	return NULL;
}

static const char *got_up(struct session *s, const struct wire_msg *m)
{
	if (s->state == SESSION_UP)
		return "up already";
	s->state = SESSION_UP;
	log_info("%s %s: logged in as %.*s", s->bridge->scheme, s->label,
		 VIEW_ARG(m->s[0]));
	if (s->conf.uph)
		s->conf.uph(s, m->s[0], s->conf.arg);
	return NULL;
}

static const char *got_keep(struct session *s, const struct wire_msg *m)
{
	if (m->s[0].n > KEPT_MAX)
		return "too much to keep";
	keep(s, m->s[0]);
	return NULL;
}

static const char *got_sent(struct session *s, const struct wire_msg *m)
{
	static const int err_of[] = { [PARCEL_SENT] = 0,
				      [PARCEL_LATER] = EAGAIN,
				      [PARCEL_NEVER] = EREMOTEIO };

	if (m->u[1] > PARCEL_NEVER)
		return "unknown fate";
	if (s->conf.senth)
		s->conf.senth(s, m->u[0], err_of[m->u[1]], m->s[0],
			      s->conf.arg);
	return NULL;
}

const char *session_got(struct bridge *b, struct sup *sup,
			const struct wire_msg *m)
{
	struct session *s = find(b, sup, m->id);

	if (!s)
		return NULL; /* ended here meanwhile */
	switch (m->type) {
	case WIRE_ACCOUNT_UP:
		return got_up(s, m);
	case WIRE_ACCOUNT_LOST:
		return got_lost(s, m);
	case WIRE_SENT:
		return got_sent(s, m);
	case WIRE_KEEP:
		return got_keep(s, m);
	case WIRE_PARCEL:
		if (s->conf.parcelh && is_open(s))
			s->conf.parcelh(s, m->s[0], s->conf.arg);
		return NULL;
	default:
		return "not of a session";
	}
}

/* ---- for the bridge ---- */

/* A handler may free any session: so by id, of a list made before. */
struct ids {
	uint32_t *id; /* owned */
	size_t count;
};

static void ids_of(struct ids *ids, const struct bridge *b,
		   const struct sup *sup)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	ids->count = 0;
	ids->id = mem_array(NULL, b->sessions.count + 1, sizeof(*ids->id));
	while ((n = htable_each(&b->sessions, &pos, n))) {
		const struct session *s = CONTAINER(n, struct session, by_id);

		if (s->state != SESSION_OFF && (!sup || s->sup == sup))
			ids->id[ids->count++] = s->id;
	}
}

static struct session *session_of(const struct bridge *b, uint32_t id)
{
	struct hnode *n = htable_find(&b->sessions, hash_u64(id));

	for (; n; n = htable_more(n))
		if (CONTAINER(n, struct session, by_id)->id == id)
			return CONTAINER(n, struct session, by_id);
	return NULL;
}

void sessions_ready(struct bridge *b, struct sup *sup)
{
	struct ids ids;

	ids_of(&ids, b, sup);
	for (size_t i = 0; i < ids.count; i++) {
		struct session *s = session_of(b, ids.id[i]);

		if (s && s->sup == sup && !s->told)
			tell_start(s);
	}
	mem_free(ids.id);
}

void sessions_loss(struct bridge *b, const struct sup *sup, struct view text)
{
	struct ids ids;

	ids_of(&ids, b, sup);
	for (size_t i = 0; i < ids.count; i++) {
		struct session *s = session_of(b, ids.id[i]);

		/* one that was started anew meanwhile is not meant */
		if (s && s->sup == sup && (s->told || !sup_ready(sup))) {
			s->moved = sup_retiring(sup);
			s->died = s->told && !s->moved;
			lost(s, LOST_NET, text);
		}
	}
	mem_free(ids.id);
}

void sessions_stop(struct bridge *b)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&b->sessions, &pos, n))) {
		struct session *s = CONTAINER(n, struct session, by_id);

		if (s->state != SESSION_OFF)
			set_off(s);
	}
}

void sessions_forget(struct bridge *b)
{
	struct hnode *n;

	while ((n = htable_pop(&b->sessions)))
		CONTAINER(n, struct session, by_id)->bridge = NULL;
}

size_t session_count(const struct bridge *b)
{
	struct ids ids;

	ids_of(&ids, b, NULL);
	mem_free(ids.id);
	return ids.count;
}
