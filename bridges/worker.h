/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker runtime: a worker's main loop, its log, its answers to PING. A
 * worker has no config file, no database and no arguments: all comes over
 * descriptor 3, and it ends when that closes. Links no core.
 */
#ifndef CONFAB_WORKER_H
#define CONFAB_WORKER_H

#include "loop.h"
#include "wire.h"

struct worker;

struct worker_say {
	uint64_t leg, seq, id, time_ms;
	unsigned kind;            /* enum msg_kind's numbers: 0 text, 1 emote,
				     2 notice, 3 subject */
	struct view name, text;
};

struct worker_join {
	uint64_t leg;
	struct view place, nick;
	struct view key;          /* of the place; or empty. Never logged */
	bool by_name;             /* enum join_manner */
};

/* Each runs on the loop. Views are borrowed. Unknown ids and legs are to be
 * ignored: they may be gone meanwhile. */
struct worker_ops {
	/* After HELLO; the loop is ready. 0 or an errno that ends it. */
	int (*start)(struct worker *w, struct loop *l, void *arg);
	void (*account)(uint32_t id, const struct wire_msg *m, void *arg);
	void (*account_del)(uint32_t id, void *arg);
	/* Connect the account where that is needed, join the place. Answer
	 * with worker_joined() or worker_lost(), once; later worker_lost() at
	 * most once more, and worker_joined() when our nick has changed.
	 * A second join of a leg starts anew. */
	void (*join)(uint32_t account, const struct worker_join *join,
		     void *arg);
	void (*part)(uint64_t leg, struct view reason, void *arg);
	/* Answer with worker_delivered() or worker_failed(). Seq 0 and kind
	 * SAY_SUBJECT, where the network has topics: worker_topic(). */
	void (*say)(const struct worker_say *say, void *arg);
	/* Throw him out, where we may; else worker_trouble(). May be NULL. */
	void (*expel)(uint64_t leg, bool ban, struct view nick,
		      struct view reason, void *arg);
	/* Sessions, for workers that have them; else NULL. Log in: answer
	 * with worker_account_up() or worker_account_lost(), once; later
	 * worker_account_lost() at most once more. A second one of an id
	 * replaces the first. */
	void (*session)(uint32_t id, const struct wire_msg *m, void *arg);
	void (*session_end)(uint32_t id, void *arg);
	/* tag not 0: answer with worker_sent(). */
	void (*send)(uint32_t id, uint64_t tag, struct view parcel,
		     void *arg);
	void (*send_many)(uint32_t id, struct view parcel, struct view rcpts,
			  void *arg);
	/* A new worker is to take over. Let go (worker_account_lost(), with
	 * GONE_NET) each login once nothing came or went by it for quiet_ms,
	 * and all of them after limit_ms; then worker_quit(). May be NULL. */
	void (*retire)(uint64_t quiet_ms, uint64_t limit_ms, void *arg);
	/* One turn of a foreign loop that l is part of (loop_backend_fd()), in
	 * place of loop_run(); waits until something happens. Or NULL. */
	void (*turn)(struct loop *l, void *arg);
	/* The daemon is gone or ends us: leave politely, at once. The loop
	 * turns on until worker_done(), at most a second, and is not freed. */
	void (*stop)(void *arg);
};

enum worker_kind { SAY_TEXT, SAY_EMOTE, SAY_NOTICE, SAY_SUBJECT };
/* enum hub_subject's numbers. */
enum worker_topic { TOPIC_FOUND, TOPIC_SET, TOPIC_OURS, TOPIC_REFUSED };
/* enum hub_change's numbers. */
enum worker_change { CAME, WENT, KICKED, RENAMED, SPLIT };
/* enum lost_why's numbers. */
enum worker_lost { GONE_NET, GONE_AUTH, GONE_REFUSED, GONE_CONFIG };

/* The whole of main() after the library's own setup: never returns before
 * the end; gives the exit status. Started by hand (descriptor 3 is no socket)
 * it says what it is for, and returns 2. */
int worker_main(const char *program, const struct worker_ops *ops, void *arg);

/* After stop: all goodbyes are out, no need to wait longer. Also from within
 * stop. */
void worker_done(struct worker *w);

/* It ends, as if the daemon ended it. */
void worker_quit(struct worker *w);
/* It wants to be replaced, and does as after retire: it gets nothing more to
 * do, and its end is no fault. */
void worker_retiring(struct worker *w);

void worker_account_up(struct worker *w, uint32_t account, struct view own);
/* All legs of the account are lost with it; one call is enough. */
void worker_account_lost(struct worker *w, uint32_t account,
			 enum worker_lost why, struct view text);
void worker_joined(struct worker *w, uint64_t leg, struct view own_nick);
void worker_lost(struct worker *w, uint64_t leg, enum worker_lost why,
		 struct view text);
void worker_heard(struct worker *w, uint64_t leg, unsigned kind,
		  struct view nick, struct view text, uint64_t time_ms,
		  struct view stable_id);
void worker_topic(struct worker *w, uint64_t leg, enum worker_topic how,
		  struct view nick, struct view text);
/* Of others in the place, never of ourselves: see hub_on_people(). */
struct worker_people {
	enum worker_change what;
	size_t present; /* how many are in the place, we among them */
	struct view nick, other, reason;
};
void worker_people(struct worker *w, uint64_t leg,
		   const struct worker_people *p);
/* Right after worker_joined(): what was said there while we were not can't be
 * had. */
void worker_missed(struct worker *w, uint64_t leg);
/* Someone of the network's staff (who, in words) wants this account gone. */
void worker_unwanted(struct worker *w, uint32_t account, struct view who);
/* Something that the staff of the room should know. */
void worker_trouble(struct worker *w, uint64_t leg, struct view words);
void worker_delivered(struct worker *w, uint64_t leg, uint64_t seq);
/* EMSGSIZE would end the worker: at most FRAME_PAYLOAD_MAX less 4 bytes. */
void worker_parcel(struct worker *w, uint32_t session, struct view parcel);
void worker_sent(struct worker *w, uint32_t session, uint64_t tag,
		 enum parcel_fate fate, struct view text);
/* The session's next start has this text as its setting "kept", with whatever
 * worker: unless it was stopped by then; an account's next worker likewise.
 * Empty: none. At most 4 KiB. */
void worker_keep(struct worker *w, uint32_t session, struct view text);
/* Bytes that the daemon has not taken yet: above 1 MiB a worker should read
 * nothing more of its network for a while. */
size_t worker_behind(const struct worker *w);
void worker_failed(struct worker *w, uint64_t leg, uint64_t seq, bool again,
		   struct view text);

#endif
