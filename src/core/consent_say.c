/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users say of who may see them: "/allow 17", "/deny bob@example.org",
 * "/watchers". */
#include "consent_priv.h"

#include "mem.h"

enum { LIST_BYTES = 4000 };

bool consent_parse(struct view text, enum consent_verb *verb,
		   struct view *arg)
{
	static const char *const names[] = { "/allow", "/deny", "/watchers" };
	struct view rest = view_trim(text), word;

	if (!view_word(&rest, " \t", &word))
		return false;
	*arg = view_trim(rest);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_ieqs(word, names[i])) {
			*verb = (enum consent_verb)i;
			return true;
		}
	return false;
}

static const char *state_name(enum consent now)
{
	static const char *const names[] = { "none", "asks", "allowed",
					     "denied" };

	return names[now];
}

static void put_list(struct buf *b, const struct hub *h,
		     const struct asked *u)
{
	struct lnode *n, *nx;
	size_t left = u ? u->rules.count : 0;

	buf_adds(b, left ? "*** Who may see your presence:" :
			   "*** Nobody has asked to see your presence");
	if (!u)
		return;
	LIST_EACH (&u->rules, n, nx) {
		const struct rule *r = CONTAINER(n, struct rule, node);

		if (b->n > LIST_BYTES)
			break;
		buf_adds(b, "\r\n");
		if (r->number)
			buf_addf(b, "%llu ", (unsigned long long)r->number);
		buf_addv(b, consent_shown(r->other));
		buf_addf(b, " (%s%s)", state_name(r->now),
			 consent_words_of(h, r->other)->of);
		left--;
	}
	if (left)
		buf_addf(b, "\r\nand %zu more", left);
}

static bool is_meant(const struct rule *r, struct view arg)
{
	uint64_t number;

	if (view_u64(&number, arg, UINT64_MAX) == 0)
		return number && r->number == number;
	return view_ieq(consent_shown(r->other), arg) ||
	       view_ieq(r->other->text, arg);
}

/* The same address on several networks: they are added to which. */
static void add_choice(struct buf *which, struct view network,
		       struct view address)
{
	if (which->n)
		buf_adds(which, " or ");
	buf_addv(which, network);
	buf_addc(which, ':');
	buf_addv(which, address);
}

static struct rule *by_words(const struct asked *u, struct view arg,
			     struct buf *which)
{
	struct rule *found = NULL;
	size_t count = 0;
	struct lnode *n, *nx;

	if (!u)
		return NULL;
	LIST_EACH (&u->rules, n, nx) {
		struct rule *r = CONTAINER(n, struct rule, node);

		if (!is_meant(r, arg))
			continue;
		add_choice(which, r->other->network, consent_shown(r->other));
		found = r;
		count++;
	}
	if (count == 1)
		buf_clear(which);
	return count == 1 ? found : NULL;
}

/* Where arg names no network: the one that it can be of, for who is ours is
 * on no other. False: it may be several, which says their names. */
static bool network_of(const struct hub *h, struct view arg,
		       struct view *network, struct buf *which)
{
	const struct consents *cs = h->consents;
	struct view user, host;
	size_t count = 0;

	*network = VIEW("sip");
	if (view_rcut(arg, '@', &user, &host) && hub_is_our_domain(h, host))
		return true;
	for (size_t i = 0; i < cs->listeners; i++) {
		if (cs->listener[i].words)
			continue; /* its rules are not of presence */
		*network = view_str(cs->listener[i].network);
		add_choice(which, *network, arg);
		count++;
	}
	if (count < 2)
		buf_clear(which);
	return count < 2;
}

/* RFC 7622 3.3.1: on XMPP they are the same user. */
static void fold_xmpp(struct buf *text)
{
	if (!view_istarts(buf_view(text), VIEW("xmpp:")))
		return;
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] >= 'A' && text->p[i] <= 'Z')
			text->p[i] |= 0x20;
}

/* One who has not asked yet. */
static struct rule *by_address(struct hub *h, struct addr *user,
			       struct view arg, struct buf *which)
{
	struct view network;
	struct buf text = { 0 };
	struct asked *u = consent_user(h, user);
	struct addr *other = NULL;
	struct rule *r = NULL;

	if (!view_has(arg, '@') || view_has(arg, ' '))
		return NULL;
	if (!view_istarts(arg, VIEW("sip:")) &&
	    !view_istarts(arg, VIEW("xmpp:"))) {
		if (!network_of(h, arg, &network, which))
			return NULL;
		buf_addv(&text, network);
		buf_addc(&text, ':');
	}
	buf_addv(&text, arg);
	fold_xmpp(&text);
	if ((!u || u->rules.count < CONSENT_USER_MAX) &&
	    !addr_parse(&other, buf_view(&text)) && other->user.n &&
	    !other->resource.n)
		r = consent_rule_new(h, consent_user_get(h, user), other);
	mem_deref(other);
	buf_free(&text);
	return r;
}

static int put_refusal(struct buf *words, const struct asked *u,
		       struct view arg, struct view which)
{
	uint64_t number;

	if (!arg.n) {
		buf_adds(words, "*** Who? Say the number of the question, or "
				"an address");
		return 400;
	}
	if (which.n) {
		buf_adds(words, "*** Which one? Say ");
		buf_addv(words, which);
		return 400;
	}
	if (u && !view_u64(&number, arg, u->last) && number)
		buf_addf(words, "*** Question %llu is not open any more",
			 (unsigned long long)number);
	else
		buf_adds(words, "*** There is no such question");
	return 404;
}

int consent_do(struct hub *h, struct addr *user, enum consent_verb verb,
	       struct view arg, struct buf *words)
{
	enum consent now = verb == CONSENT_ALLOW ? CONSENT_ALLOWED :
						   CONSENT_DENIED;
	struct buf which = { 0 };
	struct rule *r;

	if (verb == CONSENT_LIST) {
		put_list(words, h, consent_user(h, user));
		return 200;
	}
	r = by_words(consent_user(h, user), arg, &which);
	if (!r && !which.n)
		r = by_address(h, user, arg, &which);
	if (!r) {
		int status = put_refusal(words, consent_user(h, user), arg,
					 buf_view(&which));

		buf_free(&which);
		return status;
	}
	buf_adds(words, "*** ");
	buf_addv(words, consent_shown(r->other));
	buf_addc(words, ' ');
	buf_adds(words, now == CONSENT_ALLOWED ?
				consent_words_of(h, r->other)->may :
				consent_words_of(h, r->other)->may_not);
	if (r->now != now)
		consent_change(h, r, now);
	buf_free(&which);
	return 200;
}
