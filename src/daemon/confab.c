/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wiring: config, store, hub, faces, SIP edge, control; start and stop. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridges/irc/face.h"
#include "clock.h"
#include "confab.h"
#include "control.h"
#include "jabber/face.h"
#include "key.h"
#include "log.h"
#include "mem.h"
#include "notify.h"

enum {
	DRAIN_MS = 10000,
	DRAIN_STEP_MS = 50,
	QUIET_MS = 1000,
	GOODBYE_MS = 2000,
	WHY_MAX = 512,
	LISTEN_MAX = 16,
	TRUSTED_MAX = 256,
};

/* ---- the store ---- */

static void wake(void *arg)
{
	struct confab *c = arg;

	loop_wake(c->waker);
}

static void on_wake(void *arg)
{
	struct confab *c = arg;

	if (c->store)
		store_dispatch(c->store);
}

static int start_store(struct confab *c, struct buf *why)
{
	const struct conf_imc *ci = &c->conf->imc;
	const struct store_conf sc = {
		.dir = c->conf->state_dir,
		.file = conf_db_file(ci->db_url),
		.rooms_table = ci->rooms_table,
		.members_table = ci->members_table,
	};
	char text[WHY_MAX] = "";
	int err;

	err = loop_waker(&c->waker, c->loop, on_wake, c);
	if (!err)
		err = store_open_conf(&c->store, &sc, wake, c, text,
				      sizeof(text));
	if (err)
		buf_addf(why, "%s: %s", c->conf->state_dir,
			 *text ? text : strerror(err));
	return err;
}

/* ---- hub and faces ---- */

static int start_hub(struct confab *c)
{
	const struct hub_conf hc = {
		.loop = c->loop,
		.store = c->store,
		.domain = c->conf->domain,
		.keep_days = (unsigned)c->conf->journal_days,
		.keep_msgs = (uint64_t)c->conf->journal_messages,
	};

	return hub_new(&c->hub, &hc);
}

static int start_imc(struct confab *c, struct buf *why)
{
	const struct conf_imc *ci = &c->conf->imc;
	const struct imc_conf ic = {
		.loop = c->loop,
		.hub = c->hub,
		.store = c->store,
		.dns = c->dns,
		.domain = c->conf->domain,
		.manager = ci->manager,
		.imc_cmd_start_char = ci->imc_cmd_start_char,
		.create_on_join = ci->create_on_join,
		.check_on_create = ci->check_on_create,
		.dialect = ci->dialect,
		.links_by = ci->links_by,
		.history_on_join = (unsigned)ci->history_on_join,
		.time_marks = ci->time_marks,
		.outbound_proxy = ci->outbound_proxy,
		.extra_hdrs = ci->extra_hdrs,
	};
	char text[WHY_MAX] = "";
	int err = imc_new(&c->imc, &ic, text, sizeof(text));

	if (err)
		buf_addf(why, "imc: %s", *text ? text : strerror(err));
	return err;
}

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

static int start_jabber(struct confab *c, struct buf *why)
{
	char *path = worker_path(c, "confab-jabber"), text[WHY_MAX] = "";
	int err = check_worker(path, c->conf->jabber_count, why);

	if (!err)
		err = jabber_face_new(&c->jabber, c->loop, path,
				      worker_timeout(c));
	mem_free(path);
	for (size_t i = 0; i < c->conf->jabber_count && !err; i++) {
		const struct conf_jabber *j = &c->conf->jabber[i];
		const struct jabber_account a = {
			.label = j->label,
			.jid = j->jid,
			.password = j->password,
			.server = j->server,
			.port = (uint16_t)j->port,
			.tls = strcmp(j->tls, "off") == 0
				       ? JABBER_TLS_OFF
				       : JABBER_TLS_REQUIRED,
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
	return err;
}

static int start_irc(struct confab *c, struct buf *why)
{
	char *path = worker_path(c, "confab-irc"), text[WHY_MAX] = "";
	int err = check_worker(path, c->conf->irc_count, why);

	if (!err)
		err = irc_face_new(&c->irc, c->loop, path, worker_timeout(c));
	mem_free(path);
	for (size_t i = 0; i < c->conf->irc_count && !err; i++) {
		const struct conf_irc *n = &c->conf->irc[i];
		const struct irc_network net = {
			.label = n->label,
			.server = n->server,
			.port = (uint16_t)n->port,
			.tls = n->tls,
			.ca_file = n->ca_file,
			.nick = n->nick,
			.username = n->username,
			.realname = n->realname,
			.password = n->password,
			.flood_burst = (unsigned)n->flood_burst,
			.flood_ms = (unsigned)n->flood_ms,
		};

		err = irc_face_network(c->irc, &net, text, sizeof(text));
		if (err)
			buf_addf(why, "irc \"%s\": %s", n->label,
				 *text ? text : strerror(err));
	}
	if (!err)
		err = hub_add_face(c->hub, bridge_ops(c->irc), c->irc);
	return err;
}

static int start_echo(struct confab *c)
{
	int err = echo_new(&c->echo, c->loop);

	return err ? err : hub_add_face(c->hub, &echo_ops, c->echo);
}

static int load(struct confab *c)
{
	const struct store_load contacts = { .contact = imc_load_contact,
					     .arg = c->imc };
	int err = hub_load(c->hub);

	return err ? err : store_load(c->store, &contacts);
}

/* ---- rooms and links of the configuration ---- */

int confab_room(struct confab *c, struct room **rp, struct view text,
		bool create, struct buf *why)
{
	struct view name, domain;
	int err = 0;

	if (view_istarts(text, VIEW("sip:")))
		text = view_from(text, 4);
	if (!view_cut(text, '@', &name, &domain))
		domain = view_str(c->conf->domain);
	*rp = hub_room(c->hub, name, domain);
	if (*rp)
		return 0;
	if (create)
		err = hub_room_create(c->hub, rp, name, domain, 0, NULL, NULL,
				      NULL);
	if (err)
		buf_addf(why, "\"%.*s\" can't be a room's name: at most %d "
			      "letters, digits and ._-",
			 VIEW_ARG(name), ROOM_NAME_MAX);
	else if (!*rp)
		buf_addf(why, "there is no room %.*s@%.*s", VIEW_ARG(name),
			 VIEW_ARG(domain));
	return *rp ? 0 : err ? err : ENOENT;
}

static struct hub_link link_of(const struct conf_link *l)
{
	return (struct hub_link){
		.label = view_str(l->label),
		.target = view_str(l->to),
		.via = view_str(l->via),
		.nick = view_str(l->nick),
		.configured = true,
	};
}

static int start_link(struct confab *c, const struct conf_link *l,
		      struct buf *why)
{
	const struct hub_link link = link_of(l);
	struct buf text = { 0 };
	struct room *room;
	int err;

	err = confab_room(c, &room, view_str(l->room), true, &text);
	if (!err)
		err = hub_link_add(c->hub, room, &link, &text, NULL, NULL);
	if (err)
		buf_addf(why, "link \"%s\": %s", l->label,
			 text.n ? buf_str(&text) : strerror(err));
	buf_free(&text);
	return err;
}

static int start_links(struct confab *c, struct buf *why)
{
	size_t n = c->conf->link_count;
	struct hub_link *links = mem_array(NULL, n + 1, sizeof(*links));
	int err = 0;

	for (size_t i = 0; i < n; i++)
		links[i] = link_of(&c->conf->link[i]);
	hub_links_configured(c->hub, links, n);
	mem_free(links);
	for (size_t i = 0; i < n && !err; i++)
		err = start_link(c, &c->conf->link[i], why);
	return err;
}

/* ---- the SIP edge ---- */

static size_t read_listen(const struct confab *c, struct sip_listen *out)
{
	size_t n = 0;

	for (char **p = c->conf->listen; *p && n < LISTEN_MAX; p++, n++) {
		struct view proto, rest;

		view_cut(view_str(*p), ':', &proto, &rest);
		sip_transport_parse(&out[n].transport, proto);
		netaddr_parse(&out[n].local, rest);
	}
	return n;
}

static int start_sip(struct confab *c, struct buf *why)
{
	struct sip_listen listen[LISTEN_MAX];
	struct netmask trusted[TRUSTED_MAX];
	uint8_t key[SIP_BRANCH_KEY];
	struct sip_conf sc = {
		.loop = c->loop,
		.branch_key = key,
		.listen = listen,
		.trusted = trusted,
		.domain = c->conf->domain,
		.product = "confab/" CONFAB_VERSION,
		.accept = imc_accept(),
		.requesth = imc_on_request,
		.arg = c->imc,
	};
	char text[WHY_MAX] = "";
	int err;

	err = key_load(key, sizeof(key), c->conf->state_dir, "branch.key");
	if (err)
		log_warning("%s/branch.key: %s: after a crash members may see "
			 "a few texts twice", c->conf->state_dir,
			 strerror(err));
	sc.listen_count = read_listen(c, listen);
	for (char **p = c->conf->trusted; *p; p++) {
		if (sc.trusted_count == TRUSTED_MAX) {
			buf_addf(why, "trusted: at most %d networks",
				 TRUSTED_MAX);
			return EINVAL;
		}
		netmask_parse(&trusted[sc.trusted_count++], view_str(*p));
	}
	err = sip_new(&c->sip, &sc, text, sizeof(text));
	if (err)
		buf_addf(why, "%s", *text ? text : strerror(err));
	else
		imc_set_sip(c->imc, c->sip);
	return err;
}

/* ---- signals, watchdog, end ---- */

/* What nobody has answered for a while waits in the journal for the next
 * start. */
static bool drained(struct confab *c)
{
	struct sip_stats st;

	sip_stats(c->sip, &st);
	if (st.client_txns != c->draining) {
		c->draining = st.client_txns;
		c->drain_moved_ms = now_ms();
	}
	return !st.client_txns || now_ms() >= c->drain_until_ms ||
	       now_ms() >= c->drain_moved_ms + QUIET_MS;
}

static void on_drain(struct wtimer *t)
{
	struct confab *c = CONTAINER(t, struct confab, drain);

	if (!drained(c)) {
		wheel_start(loop_wheel(c->loop), &c->drain, DRAIN_STEP_MS,
			    on_drain);
		return;
	}
	loop_stop(c->loop);
}

static void on_signal(int signum, void *arg)
{
	struct confab *c = arg;

	if (signum == SIGHUP) {
		log_warning("SIGHUP: the configuration is read at the start "
			    "only; restart confabd to change it");
		return;
	}
	if (c->drain_until_ms) {
		loop_stop(c->loop);
		return;
	}
	log_info("stopping: what is under way may take %d s",
		 DRAIN_MS / 1000);
	notify_state("STOPPING=1");
	sip_drain(c->sip);
	c->drain_until_ms = now_ms() + DRAIN_MS;
	c->drain_moved_ms = now_ms();
	wheel_start(loop_wheel(c->loop), &c->drain, 0, on_drain);
}

static void on_watchdog(struct wtimer *t)
{
	struct confab *c = CONTAINER(t, struct confab, watchdog);

	notify_state("WATCHDOG=1");
	wheel_start(loop_wheel(c->loop), t, c->watchdog_ms, on_watchdog);
}

static int start_signals(struct confab *c)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	int err = 0;

	for (size_t i = 0; i < 3 && !err; i++)
		err = loop_signal(c->loop, signals[i], on_signal, c);
	c->watchdog_ms = notify_watchdog_ms();
	if (c->watchdog_ms)
		wheel_start(loop_wheel(c->loop), &c->watchdog, c->watchdog_ms,
			    on_watchdog);
	return err;
}

static int start_control(struct confab *c, struct buf *why)
{
	int err = control_open(&c->control, c, c->conf->control);

	if (err)
		buf_addf(why, "control: %s: %s", c->conf->control,
			 strerror(err));
	return err;
}

static int start_parts(struct confab *c, struct buf *why)
{
	int err;

	if ((err = start_store(c, why)) || (err = dns_new(&c->dns, c->loop)) ||
	    (err = start_hub(c)) || (err = start_imc(c, why)) ||
	    (err = start_jabber(c, why)) || (err = start_irc(c, why)) ||
	    (err = start_echo(c)) || (err = load(c)) ||
	    (err = start_links(c, why)) || (err = start_sip(c, why)) ||
	    (err = start_control(c, why)) || (err = start_signals(c)))
		return err;
	return hub_start(c->hub);
}

int confab_start(struct confab *c, struct conf *conf, struct buf *why)
{
	int err;

	*c = (struct confab){ .conf = mem_ref(conf),
			      .started_ms = now_ms() };
	err = loop_new(&c->loop);
	if (!err)
		err = start_parts(c, why);
	if (err && !why->n)
		buf_adds(why, strerror(err));
	return err;
}

static void log_ready(const struct confab *c)
{
	struct hub_stats st;

	hub_stats(c->hub, &st);
	log_info("confabd " CONFAB_VERSION " is ready: domain %s, %zu rooms, "
		 "%zu members, %zu links",
		 c->conf->domain, st.rooms, st.members, st.legs);
	for (char **p = c->conf->listen; *p; p++)
		log_info("listening on %s", *p);
}

void confab_run(struct confab *c)
{
	log_ready(c);
	notify_state("READY=1");
	loop_run(c->loop);
}

/* The workers say goodbye to their networks. */
static void end_workers(struct confab *c)
{
	uint64_t until = now_ms() + GOODBYE_MS;
	int pids[1];

	while (now_ms() < until &&
	       ((c->jabber && bridge_pids(c->jabber, pids, 1)) ||
		(c->irc && bridge_pids(c->irc, pids, 1))))
		loop_turn(c->loop, DRAIN_STEP_MS);
}

void confab_stop(struct confab *c)
{
	if (!c->loop)
		return;
	wheel_stop(loop_wheel(c->loop), &c->drain);
	wheel_stop(loop_wheel(c->loop), &c->watchdog);
	if (c->hub) {
		hub_stop(c->hub);
		end_workers(c);
	}
	if (c->imc)
		imc_set_sip(c->imc, NULL);
	sip_free(c->sip);
	store_close(c->store);
	c->store = NULL;
	hub_free(c->hub);
	/* After what was waiting for the disk has been answered. */
	control_close(c->control);
	imc_free(c->imc);
	echo_free(c->echo);
	bridge_free(c->jabber);
	bridge_free(c->irc);
	if (c->dns)
		dns_free(c->dns);
	if (c->waker)
		loop_waker_free(c->waker);
	loop_free(c->loop);
	c->conf = mem_deref(c->conf);
	c->loop = NULL;
}
