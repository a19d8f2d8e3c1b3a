/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of accounts: checked, sealed, stored, and only then made in memory
 * and told. An account has at most one change under way, so that none is
 * built on what the disk may refuse.
 */
#include <errno.h>
#include <string.h>

#include "accounts_priv.h"
#include "clock.h"
#include "mem.h"
#include "utf8.h"

enum { NOTE_MS = 60 * 1000, NETWORK_MAX = 16 };

struct change {
	struct lnode node;
	struct accounts *as; /* borrowed: outlives the store */
	struct snap *snap;   /* owned: as it is to be, or was */
	enum account_change what;
	store_done_h *doneh;
	void *arg;
};

/* ---- what is allowed ---- */

static bool text_ok(struct view v, size_t max)
{
	if (v.n > max || !utf8_valid(v))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f)
			return false;
	return true;
}

static bool word_ok(struct view v, size_t max)
{
	return text_ok(v, max) && !view_has(v, ' ');
}

static int check_place(const struct account_new *n)
{
	return word_ok(n->host, ACCOUNT_HOST_MAX) &&
			       text_ok(n->resource, ACCOUNT_LOGIN_MAX) &&
			       text_ok(n->settings, ACCOUNT_SETTINGS_MAX) &&
			       n->policy < ACCOUNT_POLICIES ?
		       0 :
		       EBADMSG;
}

static int check_new(const struct account_new *n)
{
	if (!n->network.n || !word_ok(n->network, NETWORK_MAX) ||
	    !n->login.n || !word_ok(n->login, ACCOUNT_LOGIN_MAX) ||
	    !view_starts(n->owner, VIEW("sip:")) ||
	    !word_ok(n->owner, ACCOUNT_OWNER_MAX))
		return EBADMSG;
	return check_place(n);
}

/* RFC 8265 has more to say; servers do that. */
static int check_secret(struct view secret)
{
	return secret.n && text_ok(secret, SEAL_SECRET_MAX) ? 0 : EINVAL;
}

/* On its way to the disk, for this owner. */
static bool is_coming(const struct change *c, struct view network,
		      struct view owner)
{
	return c->what == ACCOUNT_ADDED &&
	       view_eq(c->snap->a.owner, owner) &&
	       view_eq(c->snap->a.network, network);
}

size_t accounts_taken(const struct accounts *as, struct view network,
		      struct view owner)
{
	size_t count = accounts_owned(as, network, owner);
	struct lnode *n, *nx;

	LIST_EACH (&as->changes, n, nx)
		count += is_coming(CONTAINER(n, struct change, node), network,
				   owner);
	return count;
}

static int seal_it(const struct accounts *as, const struct account *a,
		   struct view secret, struct buf *sealed)
{
	const struct view parts[] = ACCOUNT_FOR(a);
	int err = check_secret(secret);

	if (err)
		return err;
	if (!as->seal)
		return ENOKEY;
	return seal_shut(sealed, as->seal, parts, ACCOUNT_PARTS, secret);
}

/* ---- the way to the disk ---- */

static void tell(struct accounts *as, const struct account *a,
		 enum account_change what)
{
	struct lnode *n, *nx;

	LIST_EACH (&as->watches, n, nx) {
		struct account_watch *w =
			CONTAINER(n, struct account_watch, node);

		if (!w->network || view_eqs(a->network, w->network))
			w->h(a, what, w->arg);
	}
}

/* What was noted meanwhile is newer than what the change was made of. */
static void take(struct accounts *as, struct change *c)
{
	struct slot *s = accounts_slot(as, c->snap->a.id);
	struct account now = c->snap->a;
	struct snap *snap;

	if (c->what == ACCOUNT_REMOVED) {
		accounts_drop(as, s);
		tell(as, &c->snap->a, c->what);
		return;
	}
	if (s)
		now.used_ms = s->snap->a.used_ms;
	if (s && c->what != ACCOUNT_NEW_SECRET)
		now.error = s->snap->a.error;
	snap = snap_new(&now, c->snap->sealed);
	mem_deref(c->snap);
	c->snap = mem_ref(snap);
	accounts_put(as, snap);
	tell(as, &snap->a, c->what);
}

static void on_stored(int err, void *arg)
{
	struct change *c = arg;
	struct slot *s = accounts_slot(c->as, c->snap->a.id);

	list_remove(&c->as->changes, &c->node);
	if (s)
		s->busy = false;
	if (!err)
		take(c->as, c);
	if (c->doneh)
		c->doneh(err, c->arg);
	mem_deref(c->snap);
	mem_free(c);
}

/* Takes snap. */
static void keep_last(const struct accounts *as, struct store_txn *t)
{
	struct buf value = { 0 };

	buf_add_u64(&value, as->last_id);
	store_put_kept(t, &(struct store_kept){ ACCOUNTS_KEPT, ACCOUNTS_LAST,
						buf_view(&value) });
	buf_free(&value);
}

static void commit(struct accounts *as, struct snap *snap,
		   enum account_change what, store_done_h *doneh, void *arg)
{
	const struct store_account row = snap_row(snap);
	struct slot *s = accounts_slot(as, snap->a.id);
	struct store_txn *t = store_begin(as->store);
	struct change *c = mem_zalloc(sizeof(*c));

	*c = (struct change){ .as = as, .snap = snap, .what = what,
			      .doneh = doneh, .arg = arg };
	list_append(&as->changes, &c->node);
	if (s)
		s->busy = true;
	if (what == ACCOUNT_REMOVED) {
		store_del_account(t, row.id);
		keep_last(as, t);
	} else {
		store_put_account(t, &row);
	}
	store_commit(t, on_stored, c);
}

/* The slot of an account that can be changed now. */
static int pick(struct slot **sp, const struct accounts *as, uint64_t id)
{
	*sp = accounts_slot(as, id);
	if (!*sp)
		return ESRCH;
	return (*sp)->busy ? EALREADY : 0;
}

/* ---- the changes ---- */

int accounts_may_add(const struct accounts *as, const struct account_new *n)
{
	int err = check_new(n);

	if (!err && accounts_find(as, n->network, n->owner, n->login))
		err = EEXIST;
	if (!err && accounts_taken(as, n->network, n->owner) >=
			    ACCOUNT_OWNER_ACCOUNTS)
		err = ENOSPC;
	return !err && !as->seal ? ENOKEY : err;
}

int accounts_add(struct accounts *as, const struct account_new *n,
		 store_done_h *doneh, void *arg)
{
	const struct account a = {
		.id = as->last_id + 1,
		.network = n->network,
		.owner = n->owner,
		.login = n->login,
		.host = n->host,
		.resource = n->resource,
		.settings = n->settings,
		.port = n->port,
		.policy = n->policy,
		.enabled = !n->disabled,
		.created_ms = wall_ms(),
	};
	struct buf sealed = { 0 };
	int err = accounts_may_add(as, n);

	if (err == ENOKEY && !n->secret.n)
		err = 0;
	if (!err && n->secret.n)
		err = seal_it(as, &a, n->secret, &sealed);
	if (!err) {
		as->last_id++;
		commit(as, snap_new(&a, buf_view(&sealed)), ACCOUNT_ADDED,
		       doneh, arg);
	}
	buf_free(&sealed);
	return err;
}

int accounts_del(struct accounts *as, uint64_t id, store_done_h *doneh,
		 void *arg)
{
	struct slot *s;
	int err = pick(&s, as, id);

	if (!err)
		commit(as, mem_ref(s->snap), ACCOUNT_REMOVED, doneh, arg);
	return err;
}

int accounts_passwd(struct accounts *as, uint64_t id, struct view secret,
		    store_done_h *doneh, void *arg)
{
	struct buf sealed = { 0 };
	struct account a;
	struct slot *s;
	int err = pick(&s, as, id);

	if (!err)
		err = seal_it(as, &s->snap->a, secret, &sealed);
	if (!err) {
		a = s->snap->a;
		a.error = VIEW_NONE; /* it was about the old one */
		commit(as, snap_new(&a, buf_view(&sealed)),
		       ACCOUNT_NEW_SECRET, doneh, arg);
	}
	buf_free(&sealed);
	return err;
}

int accounts_enable(struct accounts *as, uint64_t id, bool on,
		    store_done_h *doneh, void *arg)
{
	struct account a;
	struct slot *s;
	int err = pick(&s, as, id);

	if (err)
		return err;
	a = s->snap->a;
	a.enabled = on;
	commit(as, snap_new(&a, s->snap->sealed),
	       on ? ACCOUNT_ENABLED : ACCOUNT_DISABLED, doneh, arg);
	return 0;
}

int accounts_set(struct accounts *as, uint64_t id, const struct account_new *n,
		 store_done_h *doneh, void *arg)
{
	struct account a;
	struct slot *s;
	int err = pick(&s, as, id);

	if (!err)
		err = check_place(n);
	if (err)
		return err;
	a = s->snap->a;
	a.host = n->host;
	a.port = n->port;
	a.resource = n->resource;
	a.settings = n->settings;
	a.policy = n->policy;
	commit(as, snap_new(&a, s->snap->sealed), ACCOUNT_MOVED, doneh, arg);
	return 0;
}

/* ---- use ---- */

static void note(struct accounts *as, struct slot *s, struct view error)
{
	struct store_txn *t;

	if (s->noted_ms && view_eq(s->snap->a.error, error) &&
	    now_ms() < s->noted_ms + NOTE_MS)
		return;
	accounts_used(s, error, wall_ms());
	s->noted_ms = now_ms();
	t = store_begin(as->store);
	store_account_used(t, s->snap->a.id, s->snap->a.used_ms, error);
	store_commit(t, NULL, NULL);
}

void accounts_note(struct accounts *as, uint64_t id, struct view error)
{
	struct slot *s = accounts_slot(as, id);
	struct buf clean = { 0 };

	if (!s)
		return;
	accounts_clean(&clean, error);
	note(as, s, buf_view(&clean));
	buf_free(&clean);
}

void accounts_watch(struct accounts *as, struct account_watch *w)
{
	list_append(&as->watches, &w->node);
}

void accounts_unwatch(struct accounts *as, struct account_watch *w)
{
	list_remove(&as->watches, &w->node);
}
