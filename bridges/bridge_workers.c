/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bridge and its workers: what they are told, what they tell, and which
 * account goes to which. A worker may only speak of legs that it has.
 */
#include <errno.h>
#include <string.h>

#include "bridge_priv.h"
#include "clock.h"
#include "log.h"
#include "mem.h"

/* ---- down ---- */

static void tell_account(struct account *a)
{
	struct wire_msg m = {
		.type = WIRE_ACCOUNT,
		.id = a->id,
		.s = { view_str(a->label) },
		.settings_count = a->settings_count,
	};

	if (a->told)
		return;
	memcpy(m.settings, a->settings, sizeof(m.settings));
	if (a->kept && m.settings_count < WIRE_SETTINGS_MAX)
		m.settings[m.settings_count++] = (struct wire_setting){
			VIEW("kept"), view_str(a->kept)
		};
	a->told = true;
	sup_send(a->sup, &m);
}

void tell_join(const struct bridge *b, const struct want *w)
{
	struct bridge_link l = { .key = "" };
	struct wire_msg m = {
		.type = WIRE_JOIN,
		.id = w->account->id,
		.s = { view_str(w->place), view_str(w->nick) },
	};

	if (b->link)
		b->link(b->link_arg, view_str(w->who->label), &l);
	m.u[0] = w->leg;
	m.u[1] = l.by_name ? JOIN_BY_NAME : JOIN_RELAY;
	m.s[2] = view_str(l.key);
	tell_account(w->account);
	sup_send(w->account->sup, &m);
}

void tell_part(const struct want *w)
{
	struct wire_msg m = {
		.type = WIRE_PART,
		.u = { w->leg },
		.s = { VIEW("link removed") },
	};

	if (sup_ready(w->account->sup))
		sup_send(w->account->sup, &m);
}

void tell_account_del(struct account *a)
{
	struct wire_msg m = { .type = WIRE_ACCOUNT_DEL, .id = a->id };

	if (!a->told)
		return;
	a->told = false;
	sup_send(a->sup, &m);
}

/* ---- up ---- */

/* Those that the hub attaches again in the meantime are at the end of the
 * list, and stay. */
void account_lost(struct bridge *b, struct account *a, enum lost_why why,
		  struct view text)
{
	size_t left = a->wants.count;

	while (left-- && b->hub && !list_empty(&a->wants)) {
		struct want *w = CONTAINER(list_first(&a->wants), struct want,
					   in_account);
		uint64_t leg = w->leg;

		want_drop(b, w);
		hub_on_lost(b->hub, leg, why, text);
	}
}

static void on_loss(struct sup *s, const char *text, void *arg)
{
	struct bridge *b = arg;
	struct lnode *n, *nx;

	LIST_EACH (&b->accounts, n, nx) {
		struct account *a = CONTAINER(n, struct account, in_bridge);

		if (a->sup != s)
			continue;
		a->told = false;
		account_lost(b, a, LOST_NET, view_str(text));
	}
	sessions_loss(b, s, view_str(text));
}

static void on_ready(struct sup *s, void *arg)
{
	struct bridge *b = arg;
	struct lnode *n, *nx, *m, *mx;

	LIST_EACH (&b->accounts, n, nx) {
		struct account *a = CONTAINER(n, struct account, in_bridge);

		if (a->sup != s)
			continue;
		LIST_EACH (&a->wants, m, mx)
			tell_join(b, CONTAINER(m, struct want, in_account));
	}
	sessions_ready(b, s);
}

/* The leg that a worker speaks of; NULL when it is gone, or another's. */
static struct want *want_of(const struct bridge *b, const struct sup *s,
			    const struct wire_msg *m)
{
	struct want *w = want_find(b, m->u[0]);

	return w && w->account->sup == s ? w : NULL;
}

static struct account *account_of(const struct bridge *b, const struct sup *s,
				  const struct wire_msg *m)
{
	struct lnode *n, *nx;

	LIST_EACH (&b->accounts, n, nx) {
		struct account *a = CONTAINER(n, struct account, in_bridge);

		if (a->id == m->id && a->sup == s)
			return a;
	}
	return NULL;
}

typedef const char *(got_h)(struct bridge *b, struct sup *s,
			    const struct wire_msg *m);

static const char *got_account_up(struct bridge *b, struct sup *s,
				  const struct wire_msg *m)
{
	const struct account *a = account_of(b, s, m);

	if (a)
		log_info("%s %s: logged in as %.*s", b->scheme, a->label,
			 VIEW_ARG(m->s[0]));
	return NULL;
}

/* To a worker that does not retire; nothing goes by it just now. */
void account_move(struct bridge *b, struct account *a)
{
	tell_account_del(a);
	a->sup = worker_pick(b);
}

static const char *got_account_lost(struct bridge *b, struct sup *s,
				    const struct wire_msg *m)
{
	struct account *a = account_of(b, s, m);

	if (m->u[0] > LOST_CONFIG)
		return "unknown reason";
	if (!a)
		return NULL;
	log_warning("%s %s: lost: %.*s", b->scheme, a->label,
		    VIEW_ARG(m->s[0]));
	account_lost(b, a, (enum lost_why)m->u[0], m->s[0]);
	if (sup_retiring(s) && list_empty(&a->wants))
		account_move(b, a);
	return NULL;
}

static const char *got_joined(struct bridge *b, struct sup *s,
			      const struct wire_msg *m)
{
	struct want *w = want_of(b, s, m);

	if (!w)
		return NULL;
	want_up(b, w);
	hub_on_attached(b->hub, m->u[0], m->s[0]);
	return NULL;
}

static const char *got_lost(struct bridge *b, struct sup *s,
			    const struct wire_msg *m)
{
	struct want *w = want_of(b, s, m);

	if (m->u[1] > LOST_CONFIG)
		return "unknown reason";
	if (!w)
		return NULL;
	want_drop(b, w);
	hub_on_lost(b->hub, m->u[0], (enum lost_why)m->u[1], m->s[0]);
	return NULL;
}

static const char *got_heard(struct bridge *b, struct sup *s,
			     const struct wire_msg *m)
{
	struct hub_heard heard = {
		.nick = m->s[0],
		.text = m->s[1],
		.kind = (enum msg_kind)m->u[1],
		.time_ms = m->u[2],
		.dedupe = m->s[2],
	};

	const struct want *w = want_of(b, s, m);

	if (m->u[1] > MSG_SUBJECT)
		return "unknown kind";
	if (w && !want_is_voice(b, w, m->s[0]))
		hub_on_message(b->hub, m->u[0], &heard);
	return NULL;
}

static const char *got_delivered(struct bridge *b, struct sup *s,
				 const struct wire_msg *m)
{
	if (want_of(b, s, m))
		hub_on_delivered(b->hub, m->u[0], m->u[1]);
	return NULL;
}

static const char *got_failed(struct bridge *b, struct sup *s,
			      const struct wire_msg *m)
{
	if (want_of(b, s, m))
		hub_on_failed(b->hub, m->u[0], m->u[1], m->u[2] != 0, m->s[0]);
	return NULL;
}

static const char *got_topic(struct bridge *b, struct sup *s,
			     const struct wire_msg *m)
{
	if (m->u[1] > SUBJECT_REFUSED)
		return "unknown kind of topic";
	if (want_of(b, s, m))
		hub_on_subject(b->hub, m->u[0], (enum hub_subject)m->u[1],
			       m->s[0], m->s[1]);
	return NULL;
}

static const char *got_people(struct bridge *b, struct sup *s,
			      const struct wire_msg *m)
{
	const struct hub_people p = {
		.what = (enum hub_change)m->u[1],
		.present = (size_t)m->u[2],
		.nick = m->s[0],
		.other = m->s[1],
		.reason = m->s[2],
	};

	const struct want *w = want_of(b, s, m);

	if (m->u[1] >= PEOPLE_CHANGES)
		return "unknown kind of change";
	if (w && !want_is_voice(b, w, m->s[0]))
		hub_on_people(b->hub, m->u[0], &p);
	return NULL;
}

static const char *got_trouble(struct bridge *b, struct sup *s,
			       const struct wire_msg *m)
{
	if (want_of(b, s, m))
		hub_on_notice(b->hub, m->u[0], true, m->s[0]);
	return NULL;
}

static const char *got_missed(struct bridge *b, struct sup *s,
			      const struct wire_msg *m)
{
	if (want_of(b, s, m))
		hub_on_missed(b->hub, m->u[0]);
	return NULL;
}

static const char *got_unwanted(struct bridge *b, struct sup *s,
				const struct wire_msg *m)
{
	const struct account *a = account_of(b, s, m);

	if (a && b->unwanted)
		b->unwanted(b->unwanted_arg, view_str(a->label), m->s[0]);
	return NULL;
}

static const char *got_of_session(struct bridge *b, struct sup *s,
				  const struct wire_msg *m)
{
	return m->id & SESSION_ID ? session_got(b, s, m) :
				    "a parcel of no session";
}

static const char *got_keep(struct bridge *b, struct sup *s,
			    const struct wire_msg *m)
{
	struct lnode *n, *nx;

	if (m->id & SESSION_ID)
		return session_got(b, s, m);
	if (m->s[0].n > KEPT_MAX)
		return "too much to keep";
	LIST_EACH (&b->accounts, n, nx) {
		struct account *a = CONTAINER(n, struct account, in_bridge);

		if (a->id != m->id || a->sup != s)
			continue;
		mem_scrub_free(a->kept);
		a->kept = m->s[0].n ? view_dup(m->s[0]) : NULL;
	}
	return NULL;
}

static got_h *const got[WIRE_TYPES_END] = {
	[WIRE_ACCOUNT_UP] = got_account_up,
	[WIRE_ACCOUNT_LOST] = got_account_lost,
	[WIRE_JOINED] = got_joined,
	[WIRE_LOST] = got_lost,
	[WIRE_HEARD] = got_heard,
	[WIRE_DELIVERED] = got_delivered,
	[WIRE_FAILED] = got_failed,
	[WIRE_PARCEL] = got_of_session,
	[WIRE_SENT] = got_of_session,
	[WIRE_KEEP] = got_keep,
	[WIRE_TOPIC] = got_topic,
	[WIRE_TROUBLE] = got_trouble,
	[WIRE_PEOPLE] = got_people,
	[WIRE_MISSED] = got_missed,
	[WIRE_UNWANTED] = got_unwanted,
};

static const char *on_frame(struct sup *s, const struct wire_msg *m, void *arg)
{
	struct bridge *b = arg;

	if (!b->hub)
		return NULL;
	return m->id & SESSION_ID ? session_got(b, s, m) :
				    got[m->type](b, s, m);
}

/* ---- which worker ---- */

size_t worker_load(const struct bridge *b, const struct sup *s)
{
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&b->accounts, n, nx)
		count += CONTAINER(n, struct account, in_bridge)->sup == s;
	for (size_t i = 0; i < b->crews_count; i++)
		if (b->crews[i].sup == s)
			count += b->crews[i].sessions;
	return count;
}

static struct sup *worker_add(struct bridge *b, bool alone)
{
	struct sup_conf conf = {
		.loop = b->conf.loop,
		.program = b->program,
		.ping_ms = b->conf.worker_ping_ms,
		.pong_ms = b->conf.worker_pong_ms,
		.age_ms = b->conf.worker_age_ms,
		.readyh = on_ready,
		.frameh = on_frame,
		.lossh = on_loss,
		.arg = b,
	};
	struct crew *c;

	b->crews = mem_array(b->crews, b->crews_count + 1, sizeof(*b->crews));
	c = &b->crews[b->crews_count++];
	*c = (struct crew){ .sup = sup_new(&conf), .alone = alone };
	return c->sup;
}

/* May it have one more, and with less than so many? */
static bool has_less(const struct bridge *b, const struct crew *c, size_t most)
{
	return !c->alone && !sup_retiring(c->sup) &&
	       worker_load(b, c->sup) < most;
}

/* The least loaded one of those that have room; or NULL. */
static struct sup *least_loaded(const struct bridge *b)
{
	size_t least = b->conf.accounts_per_worker, i;
	struct sup *s = NULL;

	for (i = 0; i < b->crews_count; i++) {
		if (!has_less(b, &b->crews[i], least))
			continue;
		s = b->crews[i].sup;
		least = worker_load(b, s);
	}
	return s;
}

/* One of those that have room, by chance; or NULL. */
static struct sup *any_one(const struct bridge *b)
{
	struct sup *s = NULL;
	uint64_t seen = 0;

	for (size_t i = 0; i < b->crews_count; i++)
		if (has_less(b, &b->crews[i], b->conf.accounts_per_worker) &&
		    rand_u64() % ++seen == 0)
			s = b->crews[i].sup;
	return s;
}

/* The least loaded one, or a new one where all are full. */
struct sup *worker_pick(struct bridge *b)
{
	struct sup *s = least_loaded(b);

	return s ? s : worker_add(b, false);
}

/* Those that retire, or did, are as good as none. */
static size_t shared_workers(const struct bridge *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->crews_count; i++)
		n += !b->crews[i].alone && !sup_retiring(b->crews[i].sup) &&
		     !sup_off(b->crews[i].sup);
	return n;
}

/* One whose process has retired. */
static struct sup *resting(const struct bridge *b)
{
	for (size_t i = 0; i < b->crews_count; i++)
		if (!b->crews[i].alone && sup_off(b->crews[i].sup) &&
		    !worker_load(b, b->crews[i].sup))
			return b->crews[i].sup;
	return NULL;
}

/* One that was alone before and is no more. */
static struct sup *idle_alone(const struct bridge *b)
{
	for (size_t i = 0; i < b->crews_count; i++)
		if (b->crews[i].alone && !b->crews[i].sessions &&
		    !sup_retiring(b->crews[i].sup))
			return b->crews[i].sup;
	return NULL;
}

/* New workers come before old ones get more. */
struct sup *worker_pick_session(struct bridge *b, bool alone, bool any)
{
	struct sup *s = alone ? idle_alone(b) : NULL;

	if (alone)
		return s ? s : worker_add(b, true);
	if (b->conf.workers && shared_workers(b) < b->conf.workers) {
		s = resting(b);
		return s ? s : worker_add(b, false);
	}
	s = any ? any_one(b) : least_loaded(b);
	return s || b->conf.workers ? s : worker_add(b, false);
}

void worker_count(struct bridge *b, const struct sup *s, bool more)
{
	for (size_t i = 0; i < b->crews_count; i++)
		if (b->crews[i].sup == s)
			b->crews[i].sessions += more ? 1 : (size_t)-1;
}
