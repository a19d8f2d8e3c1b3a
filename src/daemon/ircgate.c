/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the IRC gateway needs of the daemon: its configuration, and the
 * accounts of users. */
#include "ircgate.h"

#include <errno.h>
#include <string.h>

#include "bridges/irc/igate.h"
#include "gateside.h"
#include "log.h"
#include "linkset.h"
#include "mem.h"
#include "netoff.h"

#define NETWORK VIEW("irc")

struct ircgate {
	struct gateside side;
	struct igate_accounts ops;
	struct imap *map;          /* ref; or NULL */
};

/* ---- accounts ---- */

/* "libera/alice" */
static struct view label_of(const struct account *a, struct view *login)
{
	struct view label, rest;

	if (!view_cut(a->login, '/', &label, &rest))
		label = VIEW_NONE;
	*login = rest;
	return label;
}

static int find(const struct addr *owner, struct view network,
		struct igate_account *out, void *arg)
{
	const struct account *a = NULL;
	struct view login;

	while ((a = accounts_each(gateside_accounts(arg), NETWORK, owner->text,
				  a))) {
		if (!a->enabled || !a->has_secret ||
		    !view_ieq(label_of(a, &login), network))
			continue;
		*out = (struct igate_account){ .id = a->id,
					       .login = login,
					       .nick = a->resource };
		return 0;
	}
	return ENOENT;
}

static int open_account(uint64_t id,
			int (*use)(struct view password, void *use_arg),
			void *use_arg, struct buf *why, void *arg)
{
	struct buf secret = { 0 };
	int err = accounts_secret(gateside_accounts(arg), id, &secret, why);

	if (!err)
		err = use(buf_view(&secret), use_arg);
	seal_wipe(&secret);
	return err;
}

static void on_change(const struct account *a, enum account_change what,
		      void *arg)
{
	const struct gateside *x = arg;
	struct addr *owner;
	struct view login;

	(void)what;
	if (!x->c->igate || addr_parse(&owner, a->owner))
		return;
	igate_account_changed(x->c->igate, owner, label_of(a, &login));
	mem_deref(owner);
}

/* ---- configuration ---- */

/* Another's already: our users', or XMPP's. */
static bool is_taken(const struct conf *conf, const struct imap *m)
{
	struct view host, mark;

	view_cut(view_str(conf->jabber_gateway.jdomain), '=', &host, &mark);
	return imap_is_ours(m, view_str(conf->domain)) ||
	       imap_is_ours(m, view_trim(host));
}

static int map_of(struct imap **mp, const struct conf *conf, struct buf *why)
{
	int err = imap_new(mp, view_str(conf->irc_gateway.ircdomain), why);

	if (!err && is_taken(conf, *mp)) {
		buf_adds(why, "ircdomain has to be another domain than that "
			      "of our users, and than jdomain");
		err = EINVAL;
	}
	for (size_t i = 0; i < conf->irc_count && !err; i++)
		err = imap_network(*mp, view_str(conf->irc[i].label), why);
	return err;
}

int ircgate_check(const struct conf *conf, struct buf *why)
{
	struct imap *map = NULL;
	struct buf text = { 0 };
	int err = *conf->irc_gateway.ircdomain ? map_of(&map, conf, &text) :
						 0;

	if (err)
		buf_addf(why, "irc_gateway: %s", buf_str(&text));
	mem_deref(map);
	buf_free(&text);
	return err;
}

static enum igate_identity identity_of(const char *mode)
{
	if (!strcmp(mode, "puppet"))
		return IGATE_BY_PUPPETS;
	return strcmp(mode, "relaymsg") ? IGATE_BY_RELAY : IGATE_BY_RELAYMSG;
}

static void link_conf(struct view label, struct igate_link *out, void *arg)
{
	const struct conf_link *l = linkset_find(arg, label);

	if (!l)
		return;
	out->identity = identity_of(l->mode);
	out->max_puppets = (size_t)l->max_puppets;
	out->expels = !view_eqs(view_str(l->on_kick), "notify");
	out->key = l->password;
}

/* Who is known to a proxy only is nobody whom we could have disabled. */
static bool may_be(const struct addr *user, void *arg)
{
	const struct confab *c = arg;
	const struct user *u = c->users ? users_find(c->users, user->user) :
					  NULL;

	return !u || !u->disabled;
}

static bool is_off(struct view network, struct buf *why, void *arg)
{
	return netoff_is(arg, network, why);
}

static void unwanted(struct view network, struct view who, void *arg)
{
	netoff_wanted(arg, network, who);
}

static enum igate_first first_of(const char *word)
{
	static const char *const words[] = {
		[IGATE_FIRST_ASK] = "ask",
		[IGATE_FIRST_ALLOW] = "allow",
		[IGATE_FIRST_ACCOUNT] = "account",
		[IGATE_FIRST_DENY] = "deny",
	};
	size_t i = 0;

	while (i < IGATE_FIRST_DENY && strcmp(words[i], word))
		i++;
	return (enum igate_first)i;
}

static struct igate_conf igate_conf_of(struct confab *c)
{
	const struct conf_irc_gateway *g = &c->conf->irc_gateway;

	return (struct igate_conf){
		.loop = c->loop,
		.hub = c->hub,
		.store = c->store,
		.bridge = c->irc,
		.map = c->ircgate->map,
		.accounts = &c->ircgate->ops,
		.domain = c->conf->domain,
		.first = first_of(g->first_contact),
		.idle_s = (unsigned)g->idle_time,
		.delay_s = (unsigned)g->delay_time,
		.seats = (size_t)g->max_seats,
		.seat_channels = (size_t)g->channels,
		.waiting = (size_t)g->waiting,
		.logins_rate = (unsigned)g->logins_rate,
		.peer_rate = (unsigned)g->peer_rate,
		.nick_suffix = g->nick_suffix,
		.nick_always = g->nick_always,
		.contact = g->contact,
		.may = may_be,
		.may_arg = c,
		.is_off = is_off,
		.unwanted = unwanted,
		.link = link_conf,
		.link_arg = c,
	};
}

static void fill_in(struct ircgate *x, struct confab *c)
{
	gateside_init(&x->side, c, "irc", on_change);
	x->ops = (struct igate_accounts){ .find = find,
					  .open = open_account,
					  .note = gateside_note,
					  .shut = gateside_shut,
					  .unshut = gateside_unshut,
					  .arg = &x->side };
}

int ircgate_new(struct confab *c, struct buf *why)
{
	struct igate_conf gc;
	struct imap *map = NULL;
	int err = *c->conf->irc_gateway.ircdomain ?
			  map_of(&map, c->conf, why) :
			  0;

	if (err) {
		mem_deref(map);
		return err;
	}
	c->ircgate = mem_zalloc(sizeof(*c->ircgate));
	c->ircgate->map = map;
	fill_in(c->ircgate, c);
	gc = igate_conf_of(c);
	return igate_new(&c->igate, &gc, why);
}

void ircgate_network(struct confab *c, struct view label)
{
	struct buf why = { 0 };

	if (c->ircgate && c->ircgate->map &&
	    imap_network(c->ircgate->map, label, &why))
		log_warning("irc %.*s: no gateway to it: %s", VIEW_ARG(label),
			    buf_str(&why));
	if (c->igate)
		igate_network_changed(c->igate, label);
	buf_free(&why);
}

void ircgate_network_gone(struct confab *c, struct view label)
{
	if (c->ircgate && c->ircgate->map)
		(void)imap_network_gone(c->ircgate->map, label);
	if (c->igate)
		igate_network_changed(c->igate, label);
}

void ircgate_user(struct confab *c, struct view name, bool gone)
{
	struct buf aor = { 0 };
	struct addr *user;

	if (c->igate &&
	    !account_owner(&aor, name, view_str(c->conf->domain)) &&
	    !addr_parse(&user, buf_view(&aor))) {
		igate_user_changed(c->igate, user, gone);
		mem_deref(user);
	}
	buf_free(&aor);
}

void ircgate_reload(struct confab *c)
{
	struct igate_conf gc;

	if (!c->igate)
		return;
	gc = igate_conf_of(c);
	igate_reconf(c->igate, &gc);
}

int ircgate_start(struct confab *c)
{
	return c->igate ? igate_start(c->igate) : 0;
}

void ircgate_stop(struct confab *c)
{
	if (c->igate)
		igate_stop(c->igate);
}

void ircgate_free(struct confab *c)
{
	igate_free(c->igate);
	c->igate = NULL;
	if (!c->ircgate)
		return;
	gateside_end(&c->ircgate->side);
	mem_deref(c->ircgate->map);
	mem_free(c->ircgate);
	c->ircgate = NULL;
}
