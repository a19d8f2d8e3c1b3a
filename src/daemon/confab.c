/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outer half: SIP edge, control, signals; start and stop of it all. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "confab.h"
#include "control.h"
#include "heart.h"
#include "key.h"
#include "log.h"
#include "mem.h"
#include "notify.h"
#include "reload.h"
#include "share.h"
#include "standby.h"

enum {
	DRAIN_MS = 10000,
	DRAIN_STEP_MS = 50,
	QUIET_MS = 1000,
	WHY_MAX = 512,
	TRUSTED_MAX = 256,
};

/* ---- the SIP edge ---- */

static void on_request(const struct sip_request *req, void *arg)
{
	static const struct sip_header again = { VIEW("Retry-After"),
						 VIEW("1") };
	struct confab *c = arg;

	switch (c->role) {
	case CONFAB_STARTING:
		sip_answer(c->sip, req->txn, 503, NULL, &again, 1);
		break;
	case CONFAB_STANDBY:
		standby_request(c->standby, req);
		break;
	case CONFAB_SERVING:
		imc_on_request(req, c->imc);
		break;
	}
}

/* While the packages are not here: before this one serves. */
static void on_event(const struct sip_request *req, void *arg)
{
	static const struct sip_header again = { VIEW("Retry-After"),
						 VIEW("1") };
	struct confab *c = arg;

	if (c->role == CONFAB_STANDBY)
		standby_request(c->standby, req);
	else
		sip_answer(c->sip, req->txn, 503, NULL, &again, 1);
}

static void on_stray(struct view packet, void *arg)
{
	struct confab *c = arg;

	if (c->standby)
		standby_response(c->standby, packet);
}

/* Daemons on one data base share the key as well. */
static void load_key(const struct confab *c, uint8_t key[SIP_BRANCH_KEY])
{
	char *dir = share_is_on(c->conf) ? share_dir(c->conf) :
					   mem_strdup(c->conf->state_dir);
	int err = key_load(key, SIP_BRANCH_KEY, dir, "branch.key");

	if (err)
		log_warning("%s/branch.key: %s: after a crash members may see "
			    "a few texts twice", dir, strerror(err));
	mem_free(dir);
}

/* The word was checked when the file was read. */
static enum sip_trust trust_of(const char *word)
{
	return strcmp(word, "asserted") == 0 ? SIP_TRUST_ASSERTED :
					       SIP_TRUST_FROM;
}

static struct sip_limits sip_limits_of(const struct conf_limits *l)
{
	return (struct sip_limits){
		.source_rate = (uint32_t)l->source_rate,
		.source_burst = (uint32_t)l->source_burst,
		.memory = (size_t)l->memory_max * 1024 * 1024,
		.conns = (size_t)l->connections,
		.conns_per_ip = (size_t)l->address_connections,
		.tcp_idle_ms = (uint64_t)l->idle_seconds * 1000,
		.expires_min = (uint32_t)l->expires_min,
		.expires_max = (uint32_t)l->expires_max,
	};
}

/* Their form was checked when the file was read. */
static int read_masks(struct netmask out[TRUSTED_MAX], size_t *count,
		      char *const *list, const char *what, struct buf *why)
{
	for (; *list; list++) {
		if (*count == TRUSTED_MAX) {
			buf_addf(why, "%s: at most %d networks", what,
				 TRUSTED_MAX);
			return EINVAL;
		}
		netmask_parse(&out[(*count)++], view_str(*list));
	}
	return 0;
}

struct masks {
	struct netmask trusted[TRUSTED_MAX], send_to[TRUSTED_MAX];
	size_t trusted_count, send_to_count;
};

static int masks_read(struct masks *m, const struct conf *conf,
		      struct buf *why)
{
	int err;

	m->trusted_count = m->send_to_count = 0;
	err = read_masks(m->trusted, &m->trusted_count, conf->trusted,
			 "trusted", why);
	if (!err)
		err = read_masks(m->send_to, &m->send_to_count, conf->send_to,
				 "send_to", why);
	return err;
}

/* What may change while it runs. */
static struct sip_conf edge_conf(const struct conf *conf,
				 const struct masks *m)
{
	return (struct sip_conf){
		.trusted = m->trusted,
		.trusted_count = m->trusted_count,
		.trusted_ws = conf->trusted_websockets,
		.trusted_certs = (const char *const *)conf->trusted_certs,
		.trusted_identity = trust_of(conf->trusted_identity),
		.send_to = m->send_to,
		.send_to_count = m->send_to_count,
		.no_sha256 = !conf->auth_sha256,
		.no_md5 = !conf->auth_md5,
		.md5_agents = (const char *const *)conf->auth_md5_agents,
		.limits = sip_limits_of(&conf->limits),
	};
}

int confab_edge_check(const struct conf *conf, struct buf *why)
{
	struct masks m;

	return masks_read(&m, conf, why);
}

void confab_edge_set(struct confab *c)
{
	struct buf why = { 0 };
	struct sip_conf sc;
	struct masks m;

	(void)masks_read(&m, c->conf, &why); /* it was checked */
	sc = edge_conf(c->conf, &m);
	sip_reconf(c->sip, &sc);
	buf_free(&why);
}

static int start_sip(struct confab *c, struct buf *why)
{
	uint8_t key[SIP_BRANCH_KEY];
	char text[WHY_MAX] = "";
	struct sip_conf sc;
	struct masks m;
	int err = listen_load(&c->listen, c->conf, why);

	if (!err)
		err = masks_read(&m, c->conf, why);
	if (err)
		return err;
	load_key(c, key);
	sc = edge_conf(c->conf, &m);
	sc.loop = c->loop;
	sc.branch_key = key;
	sc.listen = c->listen.at;
	sc.listen_count = c->listen.count;
	sc.tls_server = c->listen.server;
	sc.tls_client = c->listen.client;
	sc.domain = c->conf->domain;
	sc.product = "confab/" CONFAB_VERSION;
	sc.accept = imc_accept();
	sc.users = c->users;
	sc.ws_origins = c->conf->ws_origins;
	sc.requesth = on_request;
	sc.registerh = on_request;
	sc.eventh = on_event;
	sc.strayh = on_stray;
	sc.arg = c;
	err = sip_new(&c->sip, &sc, text, sizeof(text));
	if (err)
		buf_addf(why, "%s", *text ? text : strerror(err));
	return err;
}

/* ---- signals, watchdog, end ---- */

/* What nobody has answered for a while waits in the journal for the next
 * start. */
static bool drained(struct confab *c)
{
	struct sip_stats st;
	size_t n;

	sip_stats(c->sip, &st);
	n = st.client_txns + share_under_way(c) +
	    (c->hub ? hub_draining(c->hub) : 0);
	if (n != c->draining) {
		c->draining = n;
		c->drain_moved_ms = now_ms();
	}
	return !n || now_ms() >= c->drain_until_ms ||
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
		reload_soon(c);
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
	if (c->hub)
		hub_drain(c->hub);
	share_drain(c);
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
	/* By themselves they would end us. */
	static const int harmless[] = { SIGUSR1, SIGUSR2, SIGALRM };
	int err = 0;

	for (size_t i = 0; i < 3; i++)
		signal(harmless[i], SIG_IGN);
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

static int start_edge(struct confab *c, struct buf *why)
{
	int err = start_sip(c, why);

	if (!err)
		err = start_control(c, why);
	return err ? err : start_signals(c);
}

static int start_serving(struct confab *c, struct buf *why)
{
	int err;

	if ((err = heart_start(c, why)) || (err = start_edge(c, why)) ||
	    (err = heart_join(c)))
		return err;
	c->role = CONFAB_SERVING;
	if (share_is_on(c->conf))
		share_serve(c);
	return 0;
}

static int start_standby(struct confab *c, struct buf *why)
{
	int err = heart_check(c, why);

	if (!err)
		err = start_edge(c, why);
	if (!err)
		share_stand_by(c);
	return err;
}

static int start_parts(struct confab *c, struct buf *why)
{
	bool shared = share_is_on(c->conf);
	struct buf words = { 0 };
	int err = heart_open(c, &words), bad = 0;

	if (shared && (!err || err == EBUSY))
		bad = share_check(c, why);
	if (bad)
		err = bad;
	else if (!err)
		err = start_serving(c, why);
	else if (shared && err == EBUSY)
		err = start_standby(c, why);
	else
		buf_addv(why, buf_view(&words));
	buf_free(&words);
	return err;
}

static struct view realm_of(const struct conf *conf)
{
	return view_str(*conf->auth_realm ? conf->auth_realm : conf->domain);
}

int confab_start(struct confab *c, struct conf *conf, const char *file,
		 struct buf *why)
{
	int err;

	*c = (struct confab){ .conf = mem_ref(conf),
			      .file = file,
			      .started_ms = now_ms() };
	err = loop_new(&c->loop);
	if (!err) {
		c->users = users_new(view_str(conf->domain), realm_of(conf));
		c->coming = users_new(view_str(conf->domain), realm_of(conf));
		err = start_parts(c, why);
	}
	if (err && !why->n)
		buf_adds(why, strerror(err));
	return err;
}

static void log_ready(const struct confab *c)
{
	if (c->role == CONFAB_SERVING)
		heart_log(c, "confabd " CONFAB_VERSION " is ready");
	else if (c->holder.pid)
		log_info("confabd " CONFAB_VERSION " is ready, and stands by: "
			 "process %d has the data base", c->holder.pid);
	else
		log_info("confabd " CONFAB_VERSION " is ready, and stands by: "
			 "another process has the data base");
	for (char **p = c->conf->listen; *p; p++)
		log_info("listening on %s", *p);
}

int confab_run(struct confab *c)
{
	log_ready(c);
	notify_state(c->role == CONFAB_SERVING ? "READY=1" :
						 "READY=1\nSTATUS=stands by");
	loop_run(c->loop);
	return c->failed;
}

void confab_stop(struct confab *c)
{
	if (!c->loop)
		return;
	wheel_stop(loop_wheel(c->loop), &c->drain);
	wheel_stop(loop_wheel(c->loop), &c->watchdog);
	wheel_stop(loop_wheel(c->loop), &c->reload);
	share_quiet(c);
	heart_quiet(c);
	sip_free(c->sip);
	c->sip = NULL;
	listen_free(&c->listen);
	heart_stop(c);
	share_stop(c);
	/* After what was waiting for the disk has been answered. */
	control_close(c->control);
	users_free(c->users);
	users_free(c->coming);
	loop_free(c->loop);
	c->conf = mem_deref(c->conf);
	c->loop = NULL;
}
