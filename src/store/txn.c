/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building a transaction: each put becomes steps in one block of memory, laid
 * out as db.h says. Nothing here blocks or touches the disk.
 */
#include <assert.h>

#include "clock.h"
#include "job.h"
#include "mem.h"

enum { DEDUPE_MS = 60 * 60 * 1000 };

/* core/member.h has these numbers as well, but is a floor above. */
enum { ROLE_ADMIN = 2, ROLE_OWNER = 3 };
enum { STATE_INVITED = 0, STATE_BANNED = 2 };

/* The seeds' imc_members.flag. They skip members that are being deleted,
 * which is the nearest they have to a banned one. */
enum { SEED_OWNER = 1, SEED_ADMIN = 2, SEED_INVITED = 4, SEED_DELETED = 8 };

static uint64_t seed_flag(const struct store_member *m)
{
	static const uint64_t roles[] = {
		[ROLE_ADMIN] = SEED_ADMIN,
		[ROLE_OWNER] = SEED_OWNER,
	};
	uint64_t flag = m->role <= ROLE_OWNER ? roles[m->role] : 0;

	if (m->state == STATE_INVITED)
		flag |= SEED_INVITED;
	if (m->state == STATE_BANNED)
		flag |= SEED_DELETED;
	return flag;
}

static void note_kind(struct store_txn *t, enum step step)
{
	switch (step) {
	case STEP_DEDUPE_OLD:
	case STEP_DEDUPE:
	case STEP_HEAD:
	case STEP_INBOX_HEAD:
	case STEP_MSG:
		t->texts = true;
		break;
	case STEP_MEMBER_ACKED:
	case STEP_LINK_ACKED:
	case STEP_INBOX_ACKED:
		t->cursors = true;
		break;
	default:
		t->others = true;
	}
}

static void put_step(struct store_txn *t, enum step step)
{
	note_kind(t, step);
	buf_put_u8(&t->steps, (uint8_t)step);
}

/* SQLite's integers are signed; nothing real is that big. */
static void put_num(struct store_txn *t, uint64_t n)
{
	buf_put_u64(&t->steps, n > INT64_MAX ? INT64_MAX : n);
}

static void put_id(struct store_txn *t, uint64_t id)
{
	assert(id > 0 && id <= INT64_MAX);
	buf_put_u64(&t->steps, id);
}

static void put_text(struct store_txn *t, struct view v)
{
	if (v.n > UINT32_MAX) {
		t->steps.over = true;
		return;
	}
	buf_put_u32(&t->steps, (uint32_t)v.n);
	buf_addv(&t->steps, v);
}

static void put_step_id(struct store_txn *t, enum step step, uint64_t id)
{
	put_step(t, step);
	put_id(t, id);
}

static void txn_destroy(void *obj)
{
	struct store_txn *t = obj;

	buf_free(&t->steps);
}

struct store_txn *store_begin(struct store *s)
{
	struct store_txn *t = mem_new(sizeof(*t), txn_destroy);

	t->store = s;
	buf_init(&t->steps, 0);
	return t;
}

void store_abort(struct store_txn *t)
{
	mem_deref(t);
}

void store_put_room(struct store_txn *t, const struct store_room *r)
{
	put_step_id(t, STEP_ROOM, r->id);
	put_text(t, r->name);
	put_text(t, r->domain);
	put_num(t, r->flags);
	put_text(t, r->subject);
	put_num(t, r->created_ms);
	put_num(t, r->notices);
	put_step_id(t, STEP_ROOM_RENAMED, r->id);
}

void store_del_room(struct store_txn *t, uint64_t room)
{
	put_step_id(t, STEP_ROOM_DEL_MSGS, room);
	put_step_id(t, STEP_ROOM_DEL_LINKS, room);
	put_step_id(t, STEP_ROOM_DEL_MEMBERS, room);
	put_step_id(t, STEP_ROOM_DEL, room);
}

/* The seeds know SIP users only, as user and host. Another network's member
 * shows its network there, and cannot be taken for one. */
static void put_seed_names(struct store_txn *t, struct view addr)
{
	struct view user, host;

	if (view_starts(addr, VIEW("sip:")))
		addr = view_from(addr, 4);
	view_cut(addr, '@', &user, &host);
	put_text(t, user);
	put_text(t, host);
}

void store_put_member(struct store_txn *t, const struct store_member *m)
{
	put_step_id(t, STEP_MEMBER, m->id);
	put_id(t, m->room);
	put_seed_names(t, m->addr);
	put_num(t, seed_flag(m));
	put_text(t, m->addr);
	put_text(t, m->nick);
	put_num(t, m->role);
	put_num(t, m->state);
	put_num(t, m->acked);
	put_num(t, m->joined_ms);
	put_num(t, m->muted_until_ms);
	put_text(t, m->inviter);
	put_text(t, m->away);
}

void store_del_member(struct store_txn *t, uint64_t member)
{
	put_step_id(t, STEP_MEMBER_DEL, member);
}

void store_put_link(struct store_txn *t, const struct store_link *l)
{
	put_step_id(t, STEP_LINK, l->id);
	put_id(t, l->room);
	put_text(t, l->label);
	put_text(t, l->target);
	put_text(t, l->via);
	put_text(t, l->nick);
	put_num(t, l->configured);
	put_num(t, l->acked);
}

void store_del_link(struct store_txn *t, uint64_t link)
{
	put_step_id(t, STEP_LINK_DEL, link);
}

static void put_dedupe(struct store_txn *t, struct view key)
{
	uint64_t now = wall_ms();

	put_step(t, STEP_DEDUPE_OLD);
	put_num(t, now);
	put_step(t, STEP_DEDUPE);
	put_text(t, key);
	put_num(t, now + DEDUPE_MS);
	put_num(t, now);
}

void store_put_inbox(struct store_txn *t, const struct store_inbox *i)
{
	put_step_id(t, STEP_INBOX, i->id);
	put_text(t, i->addr);
	put_num(t, i->acked);
}

void store_del_inbox(struct store_txn *t, uint64_t inbox)
{
	put_step_id(t, STEP_ROOM_DEL_MSGS, inbox);
	put_step_id(t, STEP_INBOX_DEL, inbox);
}

void store_put_msg(struct store_txn *t, const struct store_msg *m)
{
	assert(m->meta.n <= STORE_META_MAX);
	if (!view_empty(m->dedupe))
		put_dedupe(t, m->dedupe);
	put_step_id(t, m->inbox ? STEP_INBOX_HEAD : STEP_HEAD, m->room);
	put_id(t, m->seq);
	put_step_id(t, STEP_MSG, m->room);
	put_id(t, m->seq);
	put_id(t, m->id);
	put_num(t, m->kind);
	put_num(t, m->time_ms);
	put_num(t, m->origin);
	put_num(t, m->reply_to);
	buf_put_u64(&t->steps, m->audience); /* its top bit is a flag */
	put_text(t, m->from);
	put_text(t, m->name);
	put_text(t, m->text);
	put_text(t, m->meta);
}

void store_put_binding(struct store_txn *t, const struct store_binding *b)
{
	put_step(t, STEP_BINDING);
	put_text(t, b->aor);
	put_num(t, b->id);
	put_text(t, b->contact);
	put_text(t, b->path);
	put_text(t, b->instance);
	put_num(t, b->reg_id);
	put_text(t, b->call_id);
	put_num(t, b->cseq);
	put_text(t, b->flow);
	put_num(t, b->listener);
	put_text(t, b->agent);
	put_num(t, b->expires_ms);
	put_num(t, b->seen_ms);
	put_num(t, b->body_max);
	put_num(t, b->traits);
}

void store_del_binding(struct store_txn *t, struct view aor, uint64_t id)
{
	put_step(t, STEP_BINDING_DEL);
	put_text(t, aor);
	put_num(t, id);
}

static void put_block(struct store_txn *t, enum step step,
		      const struct store_block *b)
{
	put_step(t, step);
	put_text(t, b->user);
	put_text(t, b->other);
}

void store_put_block(struct store_txn *t, const struct store_block *b)
{
	put_block(t, STEP_BLOCK, b);
}

void store_del_block(struct store_txn *t, const struct store_block *b)
{
	put_block(t, STEP_BLOCK_DEL, b);
}

void store_put_user(struct store_txn *t, const struct store_user *u)
{
	size_t i;

	put_step(t, STEP_USER);
	put_text(t, u->name);
	put_text(t, u->realm);
	for (i = 0; i < STORE_HA1S; i++)
		put_text(t, u->ha1[i]);
	put_num(t, u->disabled);
	put_num(t, u->created_ms);
}

void store_del_user(struct store_txn *t, struct view name)
{
	put_step(t, STEP_USER_DEL);
	put_text(t, name);
}

void store_put_account(struct store_txn *t, const struct store_account *a)
{
	put_step_id(t, STEP_ACCOUNT, a->id);
	put_text(t, a->network);
	put_text(t, a->owner);
	put_text(t, a->login);
	put_text(t, a->secret);
	put_text(t, a->host);
	put_num(t, a->port);
	put_text(t, a->resource);
	put_num(t, a->policy);
	put_num(t, !a->enabled);
	put_text(t, a->error);
	put_num(t, a->used_ms);
	put_text(t, a->settings);
	put_num(t, a->created_ms);
}

void store_del_account(struct store_txn *t, uint64_t account)
{
	put_step_id(t, STEP_ACCOUNT_DEL, account);
}

void store_account_used(struct store_txn *t, uint64_t account,
			uint64_t used_ms, struct view error)
{
	put_step_id(t, STEP_ACCOUNT_USED, account);
	put_num(t, used_ms);
	put_text(t, error);
}

void store_put_visit(struct store_txn *t, const struct store_visit *v)
{
	put_step_id(t, STEP_VISIT, v->id);
	put_text(t, v->network);
	put_text(t, v->owner);
	put_text(t, v->room);
	put_text(t, v->nick);
	put_text(t, v->secret);
	put_num(t, v->wanted);
	put_text(t, v->last_id);
	put_num(t, v->last_ms);
	put_text(t, v->settings);
}

void store_del_visit(struct store_txn *t, uint64_t visit)
{
	put_step_id(t, STEP_VISIT_DEL, visit);
}

void store_visit_mark(struct store_txn *t, uint64_t visit, struct view last_id,
		      uint64_t last_ms)
{
	put_step_id(t, STEP_VISIT_MARK, visit);
	put_text(t, last_id);
	put_num(t, last_ms);
}

static void put_watch(struct store_txn *t, enum step step,
		      const struct store_watch *w)
{
	put_step(t, step);
	put_text(t, w->network);
	put_text(t, w->user);
	put_text(t, w->other);
	put_num(t, w->direction);
}

void store_put_watch(struct store_txn *t, const struct store_watch *w)
{
	put_watch(t, STEP_WATCH, w);
	put_num(t, w->state);
	put_num(t, w->number);
	put_num(t, w->asked_ms);
}

void store_del_watch(struct store_txn *t, const struct store_watch *w)
{
	put_watch(t, STEP_WATCH_DEL, w);
}

void store_put_kept(struct store_txn *t, const struct store_kept *k)
{
	put_step(t, STEP_KEPT);
	put_text(t, k->network);
	put_text(t, k->key);
	put_text(t, k->value);
}

void store_del_kept(struct store_txn *t, struct view network, struct view key)
{
	put_step(t, STEP_KEPT_DEL);
	put_text(t, network);
	put_text(t, key);
}

void store_put_sub(struct store_txn *t, const struct store_sub *s)
{
	put_step_id(t, STEP_SUB, s->id);
	put_text(t, s->package);
	put_text(t, s->resource);
	put_text(t, s->watcher);
	put_text(t, s->call_id);
	put_text(t, s->tag);
	put_text(t, s->own_tag);
	put_text(t, s->own_uri);
	put_text(t, s->event);
	put_text(t, s->event_id);
	put_text(t, s->peer);
	put_text(t, s->target);
	put_text(t, s->route);
	put_text(t, s->flow);
	put_num(t, s->listener);
	put_num(t, s->cseq_in);
	put_num(t, s->cseq_out);
	put_num(t, s->state);
	put_num(t, s->stranger);
	put_num(t, s->expires_ms);
	put_text(t, s->list);
}

void store_del_sub(struct store_txn *t, uint64_t sub)
{
	put_step_id(t, STEP_SUB_DEL, sub);
}

void store_put_pub(struct store_txn *t, const struct store_pub *p)
{
	put_step_id(t, STEP_PUB, p->id);
	put_text(t, p->package);
	put_text(t, p->resource);
	put_text(t, p->etag);
	put_text(t, p->body);
	put_num(t, p->said);
	put_num(t, p->heard);
	put_num(t, p->expires_ms);
}

void store_del_pub(struct store_txn *t, uint64_t pub)
{
	put_step_id(t, STEP_PUB_DEL, pub);
}

void store_member_cursor(struct store_txn *t, uint64_t member, uint64_t acked)
{
	put_step_id(t, STEP_MEMBER_ACKED, member);
	put_num(t, acked);
}

void store_link_cursor(struct store_txn *t, uint64_t link, uint64_t acked)
{
	put_step_id(t, STEP_LINK_ACKED, link);
	put_num(t, acked);
}

void store_inbox_cursor(struct store_txn *t, uint64_t inbox, uint64_t acked)
{
	put_step_id(t, STEP_INBOX_ACKED, inbox);
	put_num(t, acked);
}

void store_prune(struct store_txn *t, uint64_t room, uint64_t below,
		 uint64_t before_ms)
{
	put_step_id(t, STEP_PRUNE, room);
	put_num(t, below);
	put_num(t, before_ms);
}
