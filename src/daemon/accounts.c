/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of accounts in memory: finding them, and their secrets. */
#include <errno.h>
#include <string.h>

#include "accounts_priv.h"
#include "addr.h"
#include "log.h"
#include "mem.h"
#include "sip.h"
#include "utf8.h"

#define UNREADABLE "its password can't be read: "

enum { TOLD_MAX = 20 }; /* secrets that are named when the key is wrong */

static const char *const policies[ACCOUNT_POLICIES] = {
	"default", "manual", "registered", "published", "always",
};

const char *account_policy_name(enum account_policy p)
{
	return p < ACCOUNT_POLICIES ? policies[p] : "?";
}

int account_policy_parse(enum account_policy *out, struct view name)
{
	for (int i = 0; i < ACCOUNT_POLICIES; i++) {
		if (!view_ieqs(name, policies[i]))
			continue;
		*out = (enum account_policy)i;
		return 0;
	}
	return EINVAL;
}

const char *account_why(int err)
{
	switch (err) {
	case EEXIST:
		return "there is such an account already";
	case ESRCH:
		return "there is no such account";
	case ENOSPC:
		return "there are too many accounts of this user";
	case EBADMSG:
		return "an address, a name or a setting can't be used: it is "
		       "missing, too long or has control characters";
	case EINVAL:
		return "the password can't be used: it must be one line of 1 "
		       "to 1024 bytes";
	case ENOKEY:
		return "there is no key to seal passwords with; see "
		       "confabd's log";
	case EALREADY:
		return "it is being changed just now";
	default:
		return strerror(err);
	}
}

/* ---- snapshots ---- */

static struct view keep(char **at, struct view v)
{
	struct view kept = view_mem(*at, v.n);

	if (v.n)
		memcpy(*at, v.p, v.n);
	*at += v.n;
	*(*at)++ = '\0';
	return kept;
}

static void set_error(struct snap *s, struct view error)
{
	size_t n = utf8_cut(error, ACCOUNT_ERROR_MAX);

	if (n)
		memmove(s->error, error.p, n); /* it may be its own */
	s->error[n] = '\0';
	s->a.error = view_mem(s->error, n);
}

struct snap *snap_new(const struct account *a, struct view sealed)
{
	size_t n = a->network.n + a->owner.n + a->login.n + a->host.n +
		   a->resource.n + a->settings.n + sealed.n + 7;
	struct snap *s = mem_new(sizeof(*s) + n, NULL);
	char *at = s->bytes;

	s->a = *a;
	s->a.network = keep(&at, a->network);
	s->a.owner = keep(&at, a->owner);
	s->a.login = keep(&at, a->login);
	s->a.host = keep(&at, a->host);
	s->a.resource = keep(&at, a->resource);
	s->a.settings = keep(&at, a->settings);
	set_error(s, a->error);
	s->sealed = keep(&at, sealed);
	s->a.has_secret = sealed.n > 0;
	return s;
}

struct store_account snap_row(const struct snap *snap)
{
	const struct account *a = &snap->a;

	return (struct store_account){
		.id = a->id,
		.network = a->network,
		.owner = a->owner,
		.login = a->login,
		.secret = snap->sealed,
		.host = a->host,
		.port = a->port,
		.resource = a->resource,
		.policy = (uint32_t)a->policy,
		.enabled = a->enabled,
		.error = a->error,
		.used_ms = a->used_ms,
		.settings = a->settings,
		.created_ms = a->created_ms,
	};
}

/* ---- the table ---- */

static uint64_t owner_hash(struct view network, struct view owner)
{
	return hash_view(owner) + hash_view(network);
}

struct slot *accounts_slot(const struct accounts *as, uint64_t id)
{
	struct hnode *n = htable_find(&as->by_id, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct slot *s = CONTAINER(n, struct slot, by_id);

		if (s->snap->a.id == id)
			return s;
	}
	return NULL;
}

void accounts_put(struct accounts *as, struct snap *snap)
{
	struct slot *s = accounts_slot(as, snap->a.id);

	if (s) {
		mem_deref(s->snap);
		s->snap = snap;
		return;
	}
	s = mem_zalloc(sizeof(*s));
	s->snap = snap;
	list_append(&as->slots, &s->order);
	htable_add(&as->by_id, &s->by_id, hash_u64(snap->a.id));
	htable_add(&as->by_owner, &s->by_owner,
		   owner_hash(snap->a.network, snap->a.owner));
	if (as->last_id < snap->a.id)
		as->last_id = snap->a.id;
}

void accounts_drop(struct accounts *as, struct slot *s)
{
	list_remove(&as->slots, &s->order);
	htable_del(&as->by_id, &s->by_id);
	htable_del(&as->by_owner, &s->by_owner);
	mem_deref(s->snap);
	mem_free(s);
}

void accounts_used(struct slot *s, struct view error, uint64_t used_ms)
{
	set_error(s->snap, error);
	s->snap->a.used_ms = used_ms;
}

void accounts_clean(struct buf *out, struct view error)
{
	struct buf clean = { 0 };

	utf8_clean(&clean, view_head(error, 4 * ACCOUNT_ERROR_MAX));
	for (size_t i = 0; i < clean.n; i++)
		if (clean.p[i] == '\n' || clean.p[i] == '\t')
			clean.p[i] = ' ';
	error = view_trim(buf_view(&clean));
	buf_addv(out, view_head(error, utf8_cut(error, ACCOUNT_ERROR_MAX)));
	buf_free(&clean);
}

struct accounts *accounts_new(struct store *store, struct seal *seal,
			      const char *why)
{
	struct accounts *as = mem_zalloc(sizeof(*as));

	as->store = store;
	as->seal = mem_ref(seal);
	as->why = mem_strdup(why ? why : "there is no key");
	list_init(&as->slots);
	list_init(&as->watches);
	list_init(&as->changes);
	return as;
}

void accounts_free(struct accounts *as)
{
	struct lnode *n, *nx;

	if (!as)
		return;
	LIST_EACH (&as->slots, n, nx)
		accounts_drop(as, CONTAINER(n, struct slot, order));
	htable_free(&as->by_id);
	htable_free(&as->by_owner);
	mem_deref(as->seal);
	mem_free(as->why);
	mem_free(as);
}

void accounts_load(const struct store_account *row, void *arg)
{
	const struct account a = {
		.id = row->id,
		.network = row->network,
		.owner = row->owner,
		.login = row->login,
		.host = row->host,
		.resource = row->resource,
		.settings = row->settings,
		.port = (uint16_t)row->port,
		.policy = row->policy < ACCOUNT_POLICIES ?
				  (enum account_policy)row->policy :
				  ACCOUNT_DEFAULT,
		.enabled = row->enabled,
		.error = row->error,
		.used_ms = row->used_ms,
		.created_ms = row->created_ms,
	};

	accounts_put(arg, snap_new(&a, row->secret));
}

/* The highest number that there ever was: what still waits for an account that
 * is gone must not find another of its number. */
void accounts_load_kept(const struct store_kept *k, void *arg)
{
	struct accounts *as = arg;
	uint64_t id;

	if (view_eq(k->network, ACCOUNTS_KEPT) &&
	    view_eq(k->key, ACCOUNTS_LAST) &&
	    !view_u64(&id, k->value, UINT64_MAX) && as->last_id < id)
		as->last_id = id;
}

/* ---- finding ---- */

int account_owner(struct buf *out, struct view text, struct view domain)
{
	struct buf whole = { 0 };
	struct addr *addr = NULL;
	struct sip_uri uri;
	bool bare;
	int err;

	text = view_trim(text);
	bare = !view_istarts(text, VIEW("sip:")) &&
	       !view_istarts(text, VIEW("sips:"));
	if (bare)
		buf_adds(&whole, "sip:");
	buf_addv(&whole, text);
	if (bare && !view_has(text, '@')) {
		buf_addc(&whole, '@');
		buf_addv(&whole, domain);
	}
	err = sip_uri_parse(&uri, buf_view(&whole));
	if (!err && (!uri.user.n || whole.n > ACCOUNT_OWNER_MAX))
		err = EBADMSG;
	if (!err)
		err = addr_new(&addr, VIEW("sip"), uri.user, uri.host,
			       VIEW_NONE);
	if (!err)
		buf_addv(out, addr->text);
	mem_deref(addr);
	buf_free(&whole);
	return err ? EBADMSG : 0;
}

/* The next slot of this owner; prev NULL: the first in the table's chain,
 * which has no order. */
static struct slot *next_of(const struct accounts *as, struct view network,
			    struct view owner, const struct slot *prev)
{
	struct hnode *n = prev ? htable_more(&prev->by_owner) :
				 htable_find(&as->by_owner,
					     owner_hash(network, owner));

	for (; n; n = htable_more(n)) {
		struct slot *s = CONTAINER(n, struct slot, by_owner);

		if (view_eq(s->snap->a.owner, owner) &&
		    view_eq(s->snap->a.network, network))
			return s;
	}
	return NULL;
}

const struct account *accounts_find(const struct accounts *as,
				    struct view network, struct view owner,
				    struct view login)
{
	struct slot *s = NULL;

	while ((s = next_of(as, network, owner, s)))
		if (view_eq(s->snap->a.login, login))
			return &s->snap->a;
	return NULL;
}

const struct account *accounts_default(const struct accounts *as,
				       struct view network, struct view owner)
{
	const struct account *best = NULL;
	struct slot *s = NULL;

	while ((s = next_of(as, network, owner, s))) {
		const struct account *a = &s->snap->a;

		if (a->enabled && a->has_secret && (!best || a->id < best->id))
			best = a;
	}
	return best;
}

const struct account *accounts_by_id(const struct accounts *as, uint64_t id)
{
	const struct slot *s = accounts_slot(as, id);

	return s ? &s->snap->a : NULL;
}

const struct account *accounts_each(const struct accounts *as,
				    struct view network, struct view owner,
				    const struct account *prev)
{
	const struct slot *s = prev ? accounts_slot(as, prev->id) : NULL;
	const struct lnode *n = s ? list_next(&as->slots, &s->order) :
			     prev ? NULL : list_first(&as->slots);

	for (; n; n = list_next(&as->slots, n)) {
		const struct account *a =
			&CONTAINER(n, struct slot, order)->snap->a;

		if ((!network.n || view_eq(a->network, network)) &&
		    (!owner.n || view_eq(a->owner, owner)))
			return a;
	}
	return NULL;
}

size_t accounts_owned(const struct accounts *as, struct view network,
		      struct view owner)
{
	struct slot *s = NULL;
	size_t n = 0;

	while ((s = next_of(as, network, owner, s)))
		n++;
	return n;
}

size_t accounts_count(const struct accounts *as, struct view network)
{
	const struct account *a = NULL;
	size_t n = 0;

	while ((a = accounts_each(as, network, VIEW_NONE, a)))
		n++;
	return n;
}

/* ---- secrets ---- */

static int unseal(const struct accounts *as, const struct snap *snap,
		  struct buf *out, struct buf *why)
{
	const struct view parts[] = ACCOUNT_FOR(&snap->a);
	int err;

	if (!snap->sealed.n) {
		buf_adds(why, "it has no password");
		return ENODATA;
	}
	buf_adds(why, UNREADABLE);
	if (!as->seal) {
		buf_adds(why, as->why);
		return ENOKEY;
	}
	err = seal_open(out, as->seal, parts, ACCOUNT_PARTS, snap->sealed);
	if (err)
		buf_addf(why, "%s; it needs a new one", seal_why(err));
	else
		buf_clear(why);
	return err;
}

int accounts_secret(struct accounts *as, uint64_t id, struct buf *out,
		    struct buf *why)
{
	struct slot *s = accounts_slot(as, id);
	int err;

	if (!s) {
		buf_adds(why, account_why(ESRCH));
		return ESRCH;
	}
	err = unseal(as, s->snap, out, why);
	if (err)
		accounts_used(s, buf_view(why), s->snap->a.used_ms);
	return err;
}

static void tell_bad(const struct account *a, struct buf *why, size_t bad)
{
	if (bad <= TOLD_MAX)
		log_error("account %.*s of %.*s: %s", VIEW_ARG(a->login),
			  VIEW_ARG(a->owner), buf_str(why));
}

/* True: it can't be opened. What was said of that before may be over. */
static bool check_slot(struct accounts *as, struct slot *s, struct buf *why)
{
	struct buf out = { 0 };
	struct view was = s->snap->a.error;
	bool bad = unseal(as, s->snap, &out, why) != 0;

	seal_wipe(&out);
	if (bad || view_starts(was, VIEW(UNREADABLE)))
		accounts_used(s, buf_view(why), s->snap->a.used_ms);
	return bad;
}

void accounts_check(struct accounts *as)
{
	struct buf why = { 0 };
	struct lnode *n, *nx;
	size_t bad = 0;

	LIST_EACH (&as->slots, n, nx) {
		struct slot *s = CONTAINER(n, struct slot, order);

		if (s->snap->a.has_secret && check_slot(as, s, &why))
			tell_bad(&s->snap->a, &why, ++bad);
		buf_clear(&why);
	}
	if (bad > TOLD_MAX)
		log_error("accounts: so it is with %zu more; was the key "
			  "lost or changed?", bad - TOLD_MAX);
	buf_free(&why);
}

/* One part more than accounts have: what was sealed for the one is never
 * taken for the other, whoever has written into the store. */
#define KEPT_FOR(parts) { VIEW("kept"), (parts)[0], (parts)[1], (parts)[2] }

int accounts_shut(const struct accounts *as, struct buf *out,
		  const struct view parts[3], struct view secret)
{
	const struct view all[] = KEPT_FOR(parts);

	return as->seal ? seal_shut(out, as->seal, all, ACCOUNT_PARTS + 1,
				    secret) :
			  ENOKEY;
}

int accounts_open(const struct accounts *as, struct buf *out,
		  const struct view parts[3], struct view sealed)
{
	const struct view all[] = KEPT_FOR(parts);

	return as->seal ? seal_open(out, as->seal, all, ACCOUNT_PARTS + 1,
				    sealed) :
			  ENOKEY;
}
