/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IRC networks, of the configuration and of the operator. */
#include "networks.h"

#include <errno.h>
#include <string.h>

#include "accounts.h"
#include "bridges/irc/face.h"
#include "irc_words.h"
#include "ircgate.h"
#include "log.h"
#include "mem.h"
#include "netchange.h"
#include "netoff.h"
#include "options.h"
#include "sealed.h"
#include "words.h"

#define NETWORK VIEW("irc-network")

enum { WHY_MAX = 256, NETWORKS_MAX = 200, WORDS_MAX = 64 };

/* ---- to the face ---- */

static struct irc_network to_face(const struct confab *c,
				  const struct conf_irc *n)
{
	return (struct irc_network){
		.label = n->label,
		.server = n->server,
		.servers = n->servers,
		.port = (uint16_t)n->port,
		.tls = n->tls,
		.trusted = n->trusted,
		.ca_file = n->ca_file,
		.fingerprint = n->fingerprint,
		.cert_file = n->cert_file,
		.key_file = n->key_file,
		.bind = n->bind,
		.family = n->family,
		.charset = n->charset,
		.nick = n->nick,
		.username = n->username,
		.realname = n->realname,
		.password = n->password,
		.password_for_users = n->password_for_users,
		.account = n->account,
		.account_password = n->account_password,
		.sasl = n->sasl,
		.nickserv = n->nickserv,
		.webirc_host = n->webirc_host,
		.webirc_ip = n->webirc_ip,
		.webirc_password = n->webirc_password,
		.staff = n->staff,
		.contact = c->conf->irc_gateway.contact,
		.max_lines = (unsigned)n->max_lines,
		.flood_burst = (unsigned)n->flood_burst,
		.flood_ms = (unsigned)n->flood_ms,
	};
}

static int tell_face(struct confab *c, const struct conf_irc *n,
		     struct buf *why)
{
	const struct irc_network net = to_face(c, n);
	char text[WHY_MAX] = "";
	int err = irc_face_network(c->irc, &net, text, sizeof(text));

	if (err)
		buf_addf(why, "irc \"%s\": %s", n->label,
			 *text ? text : strerror(err));
	return err;
}

int networks_start(struct confab *c, struct buf *why)
{
	int err = 0;

	list_init(&c->networks);
	for (size_t i = 0; i < c->conf->irc_count && !err; i++)
		err = tell_face(c, &c->conf->irc[i], why);
	return err;
}

/* ---- those of the operator ---- */

static struct network *find(const struct confab *c, struct view label)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->networks, n, nx) {
		struct network *net = CONTAINER(n, struct network, node);

		if (view_ieqs(label, net->conf.label))
			return net;
	}
	return NULL;
}

static void network_free(struct network *n)
{
	irc_words_free(&n->conf);
	mem_free(n);
}

void networks_free(struct confab *c)
{
	struct lnode *n;

	while (c->networks.count && (n = list_shift(&c->networks)))
		network_free(CONTAINER(n, struct network, node));
}

/* It is there from now on. */
static int take(struct confab *c, struct network *n, struct buf *why)
{
	int err = tell_face(c, &n->conf, why);

	if (!err) {
		list_append(&c->networks, &n->node);
		ircgate_network(c, view_str(n->conf.label));
		netoff_apply(c, view_str(n->conf.label));
	}
	return err;
}

static void drop(struct confab *c, struct network *n)
{
	struct view label = view_str(n->conf.label);

	ircgate_network_gone(c, label);
	if (irc_face_network_gone(c->irc, label))
		log_warning("irc %s: is in use, and stays until the next "
			    "start", n->conf.label);
	list_remove(&c->networks, &n->node);
	network_free(n);
}

/* ---- on the disk ---- */

static int shut(struct confab *c, const struct conf_irc *n, struct buf *out)
{
	struct buf text = { 0 };
	int err;

	irc_words_put(&text, n);
	err = sealed_shut(c, NETWORK, view_str(n->label), buf_view(&text),
			  out);
	seal_wipe(&text);
	return err;
}

static int read_lines(struct network *n, struct view label, struct view text,
		      struct buf *why)
{
	struct view words[WORDS_MAX];
	size_t count = 0;

	while (text.n && count < WORDS_MAX)
		view_cut(text, '\n', &words[count++], &text);
	return irc_words_read(&n->conf, label, words, count, why);
}

void networks_load(const struct store_kept *k, void *arg)
{
	struct confab *c = arg;
	struct buf text = { 0 }, why = { 0 };
	struct network *n;
	int err;

	if (!view_eq(k->network, NETWORK))
		return;
	n = mem_zalloc(sizeof(*n));
	err = sealed_open(c, k, &text);
	if (!err)
		err = read_lines(n, k->key, buf_view(&text), &why);
	if (!err)
		err = take(c, n, &why);
	if (err) {
		log_error("irc %.*s: can't be used: %s", VIEW_ARG(k->key),
			  why.n ? buf_str(&why) :
				  "its settings can't be opened");
		network_free(n);
	}
	seal_wipe(&text);
	buf_free(&why);
}

/* ---- changes ---- */

static void on_added(int err, void *arg)
{
	struct netchange *ch = arg;
	struct network *n = find(ch->c, view_str(ch->label));

	if (n)
		n->coming = false;
	if (n && err)
		drop(ch->c, n);
	netchange_end(ch, err);
}

static void on_gone(int err, void *arg)
{
	struct netchange *ch = arg;
	struct network *n = find(ch->c, view_str(ch->label));

	if (n)
		n->going = false;
	if (n && !err) {
		netoff_forgotten(ch->c, view_str(ch->label));
		drop(ch->c, n);
	}
	netchange_end(ch, err);
}

static int keep(struct confab *c, struct network *n, struct view sealed,
		store_done_h *doneh, void *arg)
{
	const struct store_kept k = { NETWORK, view_str(n->conf.label),
				      sealed };
	struct store_txn *t = store_begin(c->store);

	n->coming = true;
	store_put_kept(t, &k);
	store_commit(t, on_added, netchange_new(c, n->conf.label, doneh, arg));
	return 0;
}

static int read_new(struct network *n, struct confab *c, struct view label,
		    const struct view *words, size_t count, struct buf *why)
{
	int err = irc_words_read(&n->conf, label, words, count, why);

	for (size_t i = 0; i < count && !err; i++)
		if (words_is_secret(words[i])) {
			buf_adds(why, "a password can be seen in a command: "
				      "write it to a file, and name that by "
				      "password_file=, "
				      "account_password_file= or "
				      "webirc_password_file=");
			err = EINVAL;
		}
	return err ? err : conf_irc_secrets(&n->conf, c->file, why);
}

int networks_add(struct confab *c, struct view label,
		 const struct view *words, size_t count, struct buf *why,
		 store_done_h *doneh, void *arg)
{
	struct network *n = mem_zalloc(sizeof(*n));
	struct buf sealed = { 0 };
	int err = read_new(n, c, label, words, count, why);

	if (!err && c->networks.count >= NETWORKS_MAX) {
		buf_adds(why, "there are too many networks");
		err = ENOSPC;
	}
	if (!err && shut(c, &n->conf, &sealed)) {
		buf_adds(why, "there is no key to seal its settings with: "
			      "see seal_key");
		err = ENOKEY;
	}
	if (!err)
		err = take(c, n, why);
	if (!err)
		err = keep(c, n, buf_view(&sealed), doneh, arg);
	else
		network_free(n);
	buf_free(&sealed);
	return err;
}

static const struct leg *link_to(const struct confab *c, const char *label)
{
	struct leg *leg = NULL;
	size_t pos = 0;

	while ((leg = hub_each_leg(c->hub, &pos, leg)))
		if (view_istarts(view_str(leg->target), VIEW("irc:")) &&
		    view_ieqs(view_str(leg->via), label))
			return leg;
	return NULL;
}

static bool is_configured(const struct confab *c, struct view label)
{
	for (size_t i = 0; i < c->conf->irc_count; i++)
		if (view_ieqs(label, c->conf->irc[i].label))
			return true;
	return false;
}

static int may_go(const struct confab *c, const struct network *n,
		  struct view label, struct buf *why)
{
	const struct leg *leg = n ? link_to(c, n->conf.label) : NULL;

	if (!n && is_configured(c, label)) {
		buf_addf(why, "%.*s is in the configuration: take it out "
			      "there and restart confabd", VIEW_ARG(label));
		return EPERM;
	}
	if (!n) {
		buf_addf(why, "there is no network %.*s", VIEW_ARG(label));
		return ENOENT;
	}
	if (leg) {
		buf_addf(why, "link %s goes there: remove it first",
			 leg->label);
		return EBUSY;
	}
	if (n->coming || n->going) {
		buf_adds(why, "a change of it is on its way to the disk");
		return EALREADY;
	}
	return 0;
}

int networks_del(struct confab *c, struct view label, struct buf *why,
		 store_done_h *doneh, void *arg)
{
	struct network *n = find(c, label);
	int err = may_go(c, n, label, why);
	struct store_txn *t;

	if (err)
		return err;
	n->going = true;
	t = store_begin(c->store);
	store_del_kept(t, NETWORK, view_str(n->conf.label));
	netoff_forget(c, t, view_str(n->conf.label));
	store_commit(t, on_gone, netchange_new(c, n->conf.label, doneh, arg));
	return 0;
}
