/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Store, hub and faces: their wiring, start and stop. */
#include <errno.h>
#include <string.h>

#include "accounts.h"
#include "bridges/irc/face.h"
#include "bridges/irc/igate.h"
#include "clock.h"
#include "conference.h"
#include "control.h"
#include "elsewhere.h"
#include "events.h"
#include "heart_priv.h"
#include "ircgate.h"
#include "purple/pgate.h"
#include "nowhere.h"
#include "purplegate.h"
#include "jabber/face.h"
#include "jabber/gate.h"
#include "log.h"
#include "mem.h"
#include "netoff.h"
#include "linkset.h"
#include "networks.h"
#include "presence.h"
#include "share.h"
#include "xmppgate.h"

enum { WHY_MAX = 512, GOODBYE_MS = 2000, GOODBYE_STEP_MS = 50 };

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

static void on_turn_over(void *arg)
{
	struct confab *c = arg;

	if (c->store)
		store_flush(c->store);
}

static void soon(void *arg)
{
	struct confab *c = arg;

	c->gathered.h = on_turn_over;
	c->gathered.arg = c;
	loop_defer(c->loop, &c->gathered);
}

int heart_open(struct confab *c, struct buf *why)
{
	const struct conf_imc *ci = &c->conf->imc;
	const struct store_conf sc = {
		.shared = share_is_on(c->conf),
		.holder = &c->holder,
		.dir = c->conf->state_dir,
		.file = conf_db_file(ci->db_url),
		.rooms_table = ci->rooms_table,
		.members_table = ci->members_table,
		.soonh = soon,
	};
	char text[WHY_MAX] = "";
	int err;

	c->holder = (struct store_holder){ 0 };
	err = loop_waker(&c->waker, c->loop, on_wake, c);
	if (!err)
		err = store_open_conf(&c->store, &sc, wake, c, text,
				      sizeof(text));
	if (!err)
		return 0;
	buf_addf(why, "%s: %s", c->conf->state_dir,
		 *text ? text : strerror(err));
	if (c->waker)
		loop_waker_free(c->waker);
	c->waker = NULL;
	return err;
}

/* ---- hub and faces ---- */

/* The word was checked when the file was read. */
static enum room_notices notices_of(const char *word)
{
	enum room_notices n = NOTICES_ALL;

	(void)room_notices_parse(&n, view_str(word));
	return n;
}

static struct hub_conf hub_conf_of(const struct conf *conf)
{
	const struct conf_limits *l = &conf->limits;

	return (struct hub_conf){
		.keep_days = (unsigned)conf->journal_days,
		.keep_msgs = (uint64_t)conf->journal_messages,
		.wait_msgs = (unsigned)l->waiting_messages,
		.wait_bytes = (uint64_t)l->waiting_bytes,
		.invite_days = (unsigned)l->invite_days,
		.room_members = (unsigned)l->room_members,
		.rooms = (unsigned)l->rooms,
		.notices = notices_of(conf->imc.notices),
	};
}

static int start_hub(struct confab *c)
{
	struct hub_conf hc = hub_conf_of(c->conf);

	hc.loop = c->loop;
	hc.store = c->store;
	hc.domain = c->conf->domain;
	return hub_new(&c->hub, &hc);
}

static struct quota_conf quota_of(const struct conf_limits *l)
{
	return (struct quota_conf){
		.user_rate = (unsigned)l->user_rate,
		.user_burst = (unsigned)l->user_burst,
		.room_rate = (unsigned)l->room_rate,
		.room_burst = (unsigned)l->room_burst,
		.create_rate = (unsigned)l->create_rate,
		.join_rate = (unsigned)l->join_rate,
		.invite_rate = (unsigned)l->invite_rate,
		.invited_rate = (unsigned)l->invited_rate,
		.user_rooms = (unsigned)l->user_rooms,
		.user_places = (unsigned)l->user_places,
	};
}

static enum device_say say_of(const char *word)
{
	if (strcmp(word, "learn") == 0)
		return SAY_NOTHING;
	return strcmp(word, "yes") == 0 ? SAY_YES : SAY_NO;
}

/* mem_free() it. */
static struct device_rule *devices_of(const struct conf *conf)
{
	struct device_rule *rule =
		mem_array(NULL, conf->device_count + 1, sizeof(*rule));

	for (size_t i = 0; i < conf->device_count; i++)
		rule[i] = (struct device_rule){
			.pattern = conf->device[i].match,
			.max_bytes = (uint32_t)conf->device[i].max_bytes,
			.max_chars = (uint32_t)conf->device[i].max_chars,
			.typing = say_of(conf->device[i].typing),
			.charset = say_of(conf->device[i].charset),
			.cpim = say_of(conf->device[i].cpim),
		};
	return rule;
}

/* What may change while it runs; devices are to be freed. */
static struct imc_conf imc_conf_of(const struct conf *conf,
				   struct device_rule *devices)
{
	const struct conf_imc *ci = &conf->imc;

	return (struct imc_conf){
		.devices = devices,
		.device_count = conf->device_count,
		.create_on_join = ci->create_on_join,
		.check_on_create = ci->check_on_create,
		.history_on_join = (unsigned)ci->history_on_join,
		.time_marks = ci->time_marks,
		.quota = quota_of(&conf->limits),
		.peers = ci->peers,
	};
}

static int start_imc(struct confab *c, struct buf *why)
{
	const struct conf_imc *ci = &c->conf->imc;
	struct device_rule *devices = devices_of(c->conf);
	struct imc_conf ic = imc_conf_of(c->conf, devices);
	char text[WHY_MAX] = "";
	int err;

	ic.loop = c->loop;
	ic.hub = c->hub;
	ic.store = c->store;
	ic.users = c->users;
	ic.dns = c->dns;
	ic.domain = c->conf->domain;
	ic.manager = ci->manager;
	ic.imc_cmd_start_char = ci->imc_cmd_start_char;
	ic.dialect = ci->dialect;
	ic.links_by = ci->links_by;
	ic.outbound_proxy = ci->outbound_proxy;
	ic.extra_hdrs = ci->extra_hdrs;
	err = imc_new(&c->imc, &ic, text, sizeof(text));
	mem_free(devices);
	if (err)
		buf_addf(why, "imc: %s", *text ? text : strerror(err));
	return err;
}

/* Where the realm was changed afterwards, nobody could know why he is not
 * let in. */
static void check_realms(const struct confab *c)
{
	struct view realm = users_realm(c->users);
	const struct user *u = NULL;
	size_t pos = 0, n = 0;

	while ((u = users_each(c->users, &pos, u)))
		n += !view_eq(u->realm, realm);
	if (n)
		log_warning("%zu users have passwords for another realm than "
			    "\"%.*s\": they need new ones (confabctl user "
			    "passwd)", n, VIEW_ARG(realm));
}

/* In this order; whatever has no arg is not there. */
static int load_all(struct confab *c)
{
	const struct store_load loads[] = {
		{ .binding = imc_load_binding, .block = imc_load_block,
		  .arg = c->imc },
		{ .user = control_load_user, .arg = c },
		{ .account = accounts_load, .kept = accounts_load_kept,
		  .arg = c->accounts },
		{ .kept = networks_load, .arg = c },
		{ .kept = linkset_load, .arg = c },
		{ .kept = buddies_load, .arg = c->buddies },
		{ .kept = netoff_load, .arg = c },
		{ .visit = gate_load_visit, .watch = gate_load_watch,
		  .kept = gate_load_kept, .arg = c->gate },
		{ .visit = igate_load_visit, .kept = igate_load_kept,
		  .arg = c->igate },
		{ .visit = pgate_load_visit, .kept = pgate_load_kept,
		  .arg = c->pgate },
		{ .sub = event_keep_load_sub, .pub = event_keep_load_pub,
		  .arg = c->event_keep },
	};
	int err = hub_load(c->hub);

	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]) && !err; i++)
		if (loads[i].arg)
			err = store_load(c->store, &loads[i]);
	return err;
}

static int load(struct confab *c, struct buf *why)
{
	int err = load_all(c);
	char *path;

	if (!err) {
		check_realms(c);
		accounts_check(c->accounts);
		return 0;
	}
	path = conf_db_path(c->conf);
	buf_addf(why, "%s: %s", path, *store_why(c->store) ?
					      store_why(c->store) :
					      strerror(err));
	mem_free(path);
	return err;
}

/* ---- start and stop ---- */

int heart_start(struct confab *c, struct buf *why)
{
	int err;

	if ((err = dns_new(&c->dns, c->loop)) || (err = start_hub(c)) ||
	    (err = start_imc(c, why)) || (err = heart_start_jabber(c, why)) ||
	    (err = buddies_new(&c->buddies, c->imc, c->hub, c->store,
			       c->conf->domain)) ||
	    (err = heart_start_irc(c, why)) ||
	    (err = heart_start_purple(c, why)) ||
	    (err = heart_start_echo(c)) || (err = elsewhere_start(c)) ||
	    (err = heart_start_gate(c, why)) ||
	    (err = heart_start_igate(c, why)) ||
	    (err = heart_start_pgate(c, why)))
		return err;
	c->nowhere = nowhere_new(c);
	if (!c->nowhere)
		return EINVAL;
	c->event_keep = event_keep_new(c->loop, c->store);
	linkset_init(c);
	err = load(c, why);
	if (err)
		return err;
	return heart_start_links(c, why);
}

/* The word was checked when the file was read. */
static enum presence_policy policy_of(const struct conf *conf)
{
	enum presence_policy policy = PRESENCE_ASK;

	(void)presence_policy_parse(&policy, conf->presence);
	return policy;
}

static int start_presence(struct confab *c)
{
	struct presence_conf pc = {
		.loop = c->loop,
		.hub = c->hub,
		.sip = c->sip,
		.location = imc_location(c->imc),
		.users = c->users,
		.domain = c->conf->domain,
		.manager = c->conf->imc.manager,
		.policy = policy_of(c->conf),
	};
	int err = winfo_new(&c->winfo, c->hub, c->sip);

	pc.winfo = c->winfo;
	pc.buddies = c->buddies;
	buddies_set_sip(c->buddies, c->sip);
	if (!err)
		err = presence_new(&c->presence, &pc);
	return err ? err : conference_new(&c->conference, c->hub, c->sip);
}

int heart_join(struct confab *c)
{
	int err;

	imc_set_sip(c->imc, c->sip);
	err = start_presence(c);
	if (!err)
		err = hub_start(c->hub);
	if (!err)
		err = xmppgate_start(c);
	if (!err)
		err = ircgate_start(c);
	if (!err)
		err = purplegate_start(c);
	if (!err)
		sip_events_keep(c->sip, c->event_keep);
	return err;
}

int heart_reload_faces(struct confab *c, const struct conf *fresh,
		       struct buf *why)
{
	struct device_rule *devices = devices_of(fresh);
	const struct imc_conf ic = imc_conf_of(fresh, devices);
	int err = imc_reconf(c->imc, &ic, why);

	mem_free(devices);
	return err;
}

void heart_reload(struct confab *c)
{
	const struct hub_conf hc = hub_conf_of(c->conf);

	hub_reconf(c->hub, &hc);
	presence_set_policy(c->presence, policy_of(c->conf));
	xmppgate_reload(c);
	ircgate_reload(c);
	purplegate_reload(c);
}

void heart_log(const struct confab *c, const char *what)
{
	struct hub_stats st;

	hub_stats(c->hub, &st);
	log_info("%s: domain %s, %zu rooms, %zu members, %zu links", what,
		 c->conf->domain, st.rooms, st.members, st.legs);
}

/* The workers say goodbye to their networks. */
static void end_workers(struct confab *c)
{
	uint64_t until = now_ms() + GOODBYE_MS;
	int pids[1];

	while (now_ms() < until &&
	       ((c->jabber && bridge_pids(c->jabber, pids, 1)) ||
		(c->irc && bridge_pids(c->irc, pids, 1)) ||
		(c->purple && bridge_pids(c->purple, pids, 1))))
		loop_turn(c->loop, GOODBYE_STEP_MS);
}

void heart_quiet(struct confab *c)
{
	/* what ends from here on is there again at the start */
	event_keep_free(c->event_keep);
	c->event_keep = NULL;
	xmppgate_stop(c);
	ircgate_stop(c);
	purplegate_stop(c);
	nowhere_stop(c->nowhere);
	if (c->hub) {
		hub_stop(c->hub);
		end_workers(c);
	}
	presence_quiet(c->presence);
	conference_quiet(c->conference);
	winfo_quiet(c->winfo);
	if (c->imc)
		imc_set_sip(c->imc, NULL);
	if (c->buddies)
		buddies_set_sip(c->buddies, NULL);
}

void heart_stop(struct confab *c)
{
	store_close(c->store);
	loop_undefer(c->loop, &c->gathered);
	c->store = NULL;
	hub_free(c->hub);
	presence_free(c->presence);
	conference_free(c->conference);
	winfo_free(c->winfo);
	imc_free(c->imc);
	buddies_free(c->buddies);
	xmppgate_free(c);
	ircgate_free(c);
	purplegate_free(c);
	nowhere_free(c->nowhere);
	elsewhere_free(c);
	echo_free(c->echo);
	bridge_free(c->jabber);
	bridge_free(c->irc);
	bridge_free(c->purple);
	networks_free(c);
	linkset_free(c);
	netoff_free(c);
	if (c->dns)
		dns_free(c->dns);
	if (c->waker)
		loop_waker_free(c->waker);
}
