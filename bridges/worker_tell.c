/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker tells confabd: a frame each, cut to what a frame holds. */
#include "log.h"
#include "utf8.h"
#include "worker_priv.h"

enum {
	NAME_MAX_OUT = 1024,
	TEXT_MAX_OUT = 64 * 1024, /* the hub takes 16 KiB anyway */
};

static struct view clip(struct worker *w, struct view v, size_t max)
{
	if (v.n <= max)
		return v;
	if (worker_is_running(w))
		log_warning("%zu bytes cut down to %zu", v.n, max);
	return view_head(v, utf8_cut(v, max));
}

void worker_account_up(struct worker *w, uint32_t account, struct view own)
{
	struct wire_msg m = {
		.type = WIRE_ACCOUNT_UP,
		.id = account,
		.s = { clip(w, own, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_account_lost(struct worker *w, uint32_t account,
			 enum worker_lost why, struct view text)
{
	struct wire_msg m = {
		.type = WIRE_ACCOUNT_LOST,
		.id = account,
		.u = { why },
		.s = { clip(w, text, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_joined(struct worker *w, uint64_t leg, struct view own_nick)
{
	struct wire_msg m = {
		.type = WIRE_JOINED,
		.u = { leg },
		.s = { clip(w, own_nick, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_lost(struct worker *w, uint64_t leg, enum worker_lost why,
		 struct view text)
{
	struct wire_msg m = {
		.type = WIRE_LOST,
		.u = { leg, why },
		.s = { clip(w, text, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_heard(struct worker *w, uint64_t leg, unsigned kind,
		  struct view nick, struct view text, uint64_t time_ms,
		  struct view stable_id)
{
	struct wire_msg m = {
		.type = WIRE_HEARD,
		.u = { leg, kind, time_ms },
		.s = { clip(w, nick, NAME_MAX_OUT),
		       clip(w, text, TEXT_MAX_OUT),
		       clip(w, stable_id, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_topic(struct worker *w, uint64_t leg, enum worker_topic how,
		  struct view nick, struct view text)
{
	struct wire_msg m = {
		.type = WIRE_TOPIC,
		.u = { leg, how },
		.s = { clip(w, nick, NAME_MAX_OUT),
		       clip(w, text, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_people(struct worker *w, uint64_t leg,
		   const struct worker_people *p)
{
	struct wire_msg m = {
		.type = WIRE_PEOPLE,
		.u = { leg, p->what, p->present },
		.s = { clip(w, p->nick, NAME_MAX_OUT),
		       clip(w, p->other, NAME_MAX_OUT),
		       clip(w, p->reason, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_trouble(struct worker *w, uint64_t leg, struct view words)
{
	struct wire_msg m = {
		.type = WIRE_TROUBLE,
		.u = { leg },
		.s = { clip(w, words, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_unwanted(struct worker *w, uint32_t account, struct view who)
{
	struct wire_msg m = {
		.type = WIRE_UNWANTED,
		.id = account,
		.s = { clip(w, who, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_missed(struct worker *w, uint64_t leg)
{
	struct wire_msg m = { .type = WIRE_MISSED, .u = { leg } };

	worker_send(w, &m);
}

void worker_retiring(struct worker *w)
{
	const struct wire_msg m = { .type = WIRE_RETIRING };

	worker_send(w, &m);
}

void worker_delivered(struct worker *w, uint64_t leg, uint64_t seq)
{
	struct wire_msg m = {
		.type = WIRE_DELIVERED,
		.u = { leg, seq },
	};

	worker_send(w, &m);
}

void worker_failed(struct worker *w, uint64_t leg, uint64_t seq, bool again,
		   struct view text)
{
	struct wire_msg m = {
		.type = WIRE_FAILED,
		.u = { leg, seq, again },
		.s = { clip(w, text, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}

void worker_parcel(struct worker *w, uint32_t session, struct view parcel)
{
	struct wire_msg m = {
		.type = WIRE_PARCEL,
		.id = session,
		.s = { parcel },
	};

	worker_send(w, &m);
}

void worker_keep(struct worker *w, uint32_t session, struct view text)
{
	struct wire_msg m = {
		.type = WIRE_KEEP,
		.id = session,
		.s = { text },
	};

	worker_send(w, &m);
}

void worker_sent(struct worker *w, uint32_t session, uint64_t tag,
		 enum parcel_fate fate, struct view text)
{
	struct wire_msg m = {
		.type = WIRE_SENT,
		.id = session,
		.u = { tag, fate },
		.s = { clip(w, text, NAME_MAX_OUT) },
	};

	worker_send(w, &m);
}
