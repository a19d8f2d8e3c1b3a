/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The faces of other networks, with their workers, and their gateways. */
#include "heart_priv.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "bridges/irc/face.h"
#include "bridges/irc/igate.h"
#include "ircgate.h"
#include "jabber/face.h"
#include "jabber/gate.h"
#include "linkset.h"
#include "mem.h"
#include "netoff.h"
#include "networks.h"
#include "purple/pgate.h"
#include "purplegate.h"
#include "xmppgate.h"

enum { WHY_MAX = 512 };

/* Workers beside our own program when that is where they are (the build
 * tree), else where they were installed. */
static char *worker_path(const struct confab *c, const char *name)
{
	char self[PATH_MAX], *slash, *path;
	ssize_t n;

	if (*c->conf->worker_dir)
		return mem_printf("%s/%s", c->conf->worker_dir, name);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		path = mem_printf("%.*s/%s", (int)(slash - self), self, name);
		if (!access(path, X_OK))
			return path;
		mem_free(path);
	}
	return mem_printf("%s/%s", CONFAB_LIBEXECDIR, name);
}

/* A build may leave a worker out; sections that need it then can't work. */
static int check_worker(const char *path, size_t sections, struct buf *why)
{
	if (!sections || !access(path, X_OK))
		return 0;
	buf_addf(why, "%s: %s (was confab built without it? see worker_dir)",
		 path, strerror(errno));
	return ENOENT;
}

static uint64_t worker_timeout(const struct confab *c)
{
	return (uint64_t)c->conf->worker_timeout * 1000;
}

static enum jabber_tls tls_of(const char *text)
{
	if (!strcmp(text, "off"))
		return JABBER_TLS_OFF;
	return strcmp(text, "direct") ? JABBER_TLS_REQUIRED :
					JABBER_TLS_DIRECT;
}

/* Who needs confab-jabber: so many. */
static size_t jabber_needed(const struct conf *conf)
{
	return conf->jabber_count + xmppgate_wanted(conf);
}

/* Of either network, what concerns it. */
static void link_conf(void *arg, struct view label, struct bridge_link *out)
{
	const struct conf_link *l = linkset_find(arg, label);

	if (!l)
		return;
	out->key = l->password;
	out->by_name = view_eqs(view_str(l->mode), "relaymsg");
}

int heart_start_jabber(struct confab *c, struct buf *why)
{
	char *path = worker_path(c, "confab-jabber"), text[WHY_MAX] = "";
	const struct jabber_pool pool = {
		.workers = (size_t)c->conf->jabber_gateway.workers,
		.each = (size_t)c->conf->jabber_gateway.max_jobs,
	};
	int err = check_worker(path, jabber_needed(c->conf), why);

	if (!err)
		err = jabber_face_new(&c->jabber, c->loop, path,
				      worker_timeout(c),
				      xmppgate_wanted(c->conf) ? &pool : NULL);
	mem_free(path);
	for (size_t i = 0; i < c->conf->jabber_count && !err; i++) {
		const struct conf_jabber *j = &c->conf->jabber[i];
		const struct jabber_account a = {
			.label = j->label,
			.jid = j->jid,
			.password = j->password,
			.server = j->server,
			.port = (uint16_t)j->port,
			.tls = tls_of(j->tls),
			.ca_file = j->ca_file,
			.resource = j->resource,
		};

		err = jabber_face_account(c->jabber, &a, text, sizeof(text));
		if (err)
			buf_addf(why, "jabber \"%s\": %s", j->label,
				 *text ? text : strerror(err));
	}
	if (!err)
		err = hub_add_face(c->hub, bridge_ops(c->jabber), c->jabber);
	if (!err)
		bridge_links(c->jabber, link_conf, c);
	return err;
}

int heart_start_irc(struct confab *c, struct buf *why)
{
	char *path = worker_path(c, "confab-irc");
	int err = check_worker(path, c->conf->irc_count, why);

	if (!err)
		err = irc_face_new(&c->irc, c->loop, path, worker_timeout(c));
	mem_free(path);
	if (!err)
		err = networks_start(c, why);
	if (!err)
		err = hub_add_face(c->hub, bridge_ops(c->irc), c->irc);
	if (!err)
		bridge_links(c->irc, link_conf, c);
	if (!err)
		netoff_start(c);
	return err;
}

int heart_start_purple(struct confab *c, struct buf *why)
{
	char *path = worker_path(c, "confab-purple");
	int err = check_worker(path, purplegate_needed(c->conf), why);

	if (!err)
		err = purplegate_face(c, path, worker_timeout(c), why);
	mem_free(path);
	if (!err)
		bridge_links(c->purple, link_conf, c);
	return err;
}

int heart_start_gate(struct confab *c, struct buf *why)
{
	struct buf text = { 0 };
	int err = xmppgate_new(c, &text);

	if (err)
		buf_addf(why, "jabber_gateway: %s",
			 text.n ? buf_str(&text) : strerror(err));
	buf_free(&text);
	return err;
}

int heart_start_igate(struct confab *c, struct buf *why)
{
	struct buf text = { 0 };
	int err = ircgate_new(c, &text);

	if (err)
		buf_addf(why, "irc_gateway: %s",
			 text.n ? buf_str(&text) : strerror(err));
	buf_free(&text);
	return err;
}

int heart_start_pgate(struct confab *c, struct buf *why)
{
	struct buf text = { 0 };
	int err = purplegate_new(c, &text);

	if (err)
		buf_addf(why, "purple_gateway: %s",
			 text.n ? buf_str(&text) : strerror(err));
	buf_free(&text);
	return err;
}

int heart_start_echo(struct confab *c)
{
	int err = echo_new(&c->echo, c->loop);

	return err ? err : hub_add_face(c->hub, &echo_ops, c->echo);
}

int heart_check(const struct confab *c, struct buf *why)
{
	char *jabber = worker_path(c, "confab-jabber");
	char *irc = worker_path(c, "confab-irc");
	char *purple = worker_path(c, "confab-purple");
	int err = check_worker(jabber, jabber_needed(c->conf), why);

	if (!err)
		err = check_worker(irc, c->conf->irc_count, why);
	if (!err)
		err = check_worker(purple, purplegate_needed(c->conf), why);
	mem_free(purple);
	mem_free(jabber);
	mem_free(irc);
	return err;
}
