/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SIP face: its settings, and its life. What comes is imc_serve.c's, the
 * ways to users are imc_ways.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "blocks.h"
#include "content.h"
#include "fork.h"
#include "fromgate.h"
#include "gateway.h"
#include "imc_priv.h"
#include "mem.h"
#include "registrar.h"
#include "replay.h"

#define CONTENT_TYPE "text/plain;charset=UTF-8"

struct view imc_domain_of(const struct imc *i, struct view host)
{
	struct netaddr numeric;

	if (foreign_has(i->foreign, host))
		return host;
	/* Nothing is forwarded here: a number that led to us is ours */
	if (hub_is_our_domain(i->hub, host) || view_ieqs(host, "localhost") ||
	    !netaddr_set(&numeric, host, 0))
		return view_str(i->domain);
	return host;
}

bool imc_is_manager(const struct imc *i, struct view user, struct view domain)
{
	return view_ieqs(user, i->manager) &&
	       hub_is_our_domain(i->hub, domain);
}

int imc_template(struct sip_template **tp, struct imc *i,
		 const struct imc_text *t)
{
	char date[SIP_DATE_MAX];
	struct sip_header list[HEADERS_MAX + HEADERS_MORE];
	struct sip_template_conf conf = {
		.id = t->id,
		.from = t->from,
		.content_type = t->type.n ? t->type : VIEW(CONTENT_TYPE),
		.body = t->body,
		.in_reply_to = t->in_reply_to,
		.hops = t->more.hops,
		.headers = list,
		.doneh = t->doneh,
		.arg = i,
	};

	conf.header_count = headers_put(list, &i->headers, &t->more);
	list[0].value = sip_date(date, t->time_ms);
	return sip_template_new(tp, i->sip, &conf);
}

static int op_start(void *face, struct hub *hub)
{
	struct imc *i = face;

	(void)hub;
	i->running = true;
	imc_keep_house(i);
	fromgate_start(i);
	return 0;
}

static void stop(struct imc *i)
{
	i->running = false;
	fanout_stop(i);
}

static void op_stop(void *face)
{
	fromgate_stop(face);
	stop(face);
}

static void op_fanout(void *face, struct room *room, struct msg *msg,
		      struct member *const *members, size_t count)
{
	fanout_send(face, room, msg, members, count);
}

static void op_tell(void *face, struct room *room, const struct addr *to,
		    struct view text)
{
	imc_tell(face, room, to, text);
}

static int op_status(void *face, struct sink *out)
{
	const struct imc *i = face;
	struct sip_flow flow;
	char text[SIP_FLOW_TEXT_MAX];

	if (!i->proxy)
		return sink_printf(out, "sip %zu users known\n",
				   location_count(i->location));
	return sink_printf(out, "sip by way of %s\n",
			   resolve_flow(i->proxy, 0, &flow) ?
				   sip_flow_str(text, &flow) :
				   "a proxy that is not resolved");
}

static const struct face_ops ops = {
	.scheme = "sip",
	.caps = FACE_MEMBERS,
	.start = op_start,
	.stop = op_stop,
	.fanout = op_fanout,
	.tell = op_tell,
	.status = op_status,
};

static void imc_destroy(void *obj)
{
	struct imc *i = obj;

	replays_free(i);
	letters_free(i);
	forks_free(i);
	resolve_free(i->proxy);
	foreign_free(i->foreign);
	mem_deref(i->stray);
	location_free(i->location);
	quota_free(i->quotas);
	blocks_free(i->blocks);
	headers_free(&i->headers);
	mem_free(i->domain);
	mem_free(i->manager);
	mem_free(i->mark);
}

static int set_words(struct imc *i, const struct imc_conf *conf,
		     struct buf *why)
{
	static const char *const by[] = { "operator", "owner", "admin" };
	const char *links = conf->links_by ? conf->links_by : by[0];

	if (dialect_parse(&i->dialect, conf->dialect ? conf->dialect :
						       "kamailio")) {
		buf_adds(why, "dialect is kamailio or opensips");
		return EINVAL;
	}
	for (unsigned n = 0; n < sizeof(by) / sizeof(by[0]); n++) {
		if (strcmp(links, by[n]))
			continue;
		i->link_verb = VERB_LINK_OPERATOR + n;
		return 0;
	}
	buf_adds(why, "links_by is operator, owner or admin");
	return EINVAL;
}

/* Their DNS says where: not into our own network. */
static bool on_allow(const struct netaddr *a, void *arg)
{
	const struct imc *i = arg;

	return i->sip && sip_may_send(i->sip, a);
}

static int set_peers(struct imc *i, char *const *list, struct buf *why)
{
	const struct resolve_conf conf = {
		.loop = i->loop,
		.dns = i->dns,
		.what = "peers",
		.allowh = on_allow,
		.arg = i,
	};
	struct foreign *old = i->foreign;
	int err = foreign_new(&i->foreign, &conf, list, old, why);

	if (!err)
		foreign_free(old);
	return err;
}

static void set_ways(struct imc *i, const struct imc_conf *conf)
{
	i->create_on_join = conf->create_on_join;
	i->check_on_create = conf->check_on_create;
	i->history_on_join = conf->history_on_join < REPLAY_MAX ?
				     conf->history_on_join : REPLAY_MAX;
	i->time_marks = conf->time_marks;
}

int imc_reconf(struct imc *i, const struct imc_conf *conf, struct buf *why)
{
	int err = set_peers(i, conf->peers, why);

	if (err)
		return err;
	set_ways(i, conf);
	quota_set(i->quotas, &conf->quota);
	location_set_rules(i->location, conf->devices, conf->device_count);
	return 0;
}

static int imc_init(struct imc *i, const struct imc_conf *conf,
		    struct buf *why)
{
	const struct resolve_conf proxy = {
		.loop = conf->loop,
		.dns = conf->dns,
		.what = "outbound_proxy",
	};
	struct view uri = view_str(conf->outbound_proxy);
	int err;

	if (!conf->imc_cmd_start_char || !*conf->imc_cmd_start_char) {
		buf_adds(why, "imc_cmd_start_char is empty");
		return EINVAL;
	}
	err = set_words(i, conf, why);
	if (!err)
		err = headers_init(&i->headers, conf->extra_hdrs, why);
	if (!err && !view_empty(uri))
		err = resolve_new(&i->proxy, &proxy, uri, why);
	if (!err)
		err = set_peers(i, conf->peers, why);
	if (!err)
		err = hub_add_face(conf->hub, &ops, i);
	return err;
}

int imc_new(struct imc **ip, const struct imc_conf *conf, char *why,
	    size_t whysize)
{
	struct imc *i = mem_new(sizeof(*i), imc_destroy);
	const struct location_conf places = {
		.store = conf->store,
		.wheel = loop_wheel(conf->loop),
		.rule = conf->devices,
		.rules = conf->device_count,
	};
	struct buf reason = { 0 };
	int err;

	i->users = conf->users;
	i->loop = conf->loop;
	i->hub = conf->hub;
	i->sip = conf->sip;
	i->domain = mem_strdup(conf->domain);
	i->manager = mem_strdup(conf->manager);
	i->mark = mem_strdup(conf->imc_cmd_start_char ?
				     conf->imc_cmd_start_char : "");
	i->dns = conf->dns;
	set_ways(i, conf);
	list_init(&i->replays);
	i->location = location_new(&places);
	i->store = conf->store;
	i->blocks = blocks_new();
	i->quotas = quota_new(&conf->quota, QUOTAS_MAX);
	fanout_init(i);
	fromgate_init(i);
	err = imc_init(i, conf, &reason);
	if (err) {
		snprintf(why, whysize, "%s", buf_str(&reason));
		mem_deref(i);
	} else {
		*ip = i;
	}
	buf_free(&reason);
	return err;
}

void imc_free(struct imc *i)
{
	if (!i)
		return;
	stop(i);
	fromgate_free(i);
	i->sip = NULL;
	resolve_free(i->proxy);
	i->proxy = NULL;
	foreign_free(i->foreign);
	i->foreign = NULL;
	replays_free(i); /* they hold requests, which hold i */
	letters_free(i);
	forks_free(i);
	mem_deref(i); /* requests that wait for the disk still hold it */
}

static void on_registered(struct view aor, void *arg)
{
	struct imc *i = arg;
	struct addr *user = NULL;

	if (i->running && !addr_parse(&user, aor))
		hub_member_awake(i->hub, user);
	mem_deref(user);
}

void imc_set_sip(struct imc *i, struct sip *sip)
{
	const struct sip_registrar registrar = {
		.location = i->location,
		.registeredh = on_registered,
		.arg = i,
	};

	i->sip = sip;
	location_set_sip(i->location, sip);
	if (sip)
		sip_set_registrar(sip, &registrar);
}

const char *imc_accept(void)
{
	return CONTENT_ACCEPT;
}

struct location *imc_location(struct imc *i)
{
	return i->location;
}

void imc_load_binding(const struct store_binding *b, void *arg)
{
	struct imc *i = arg;

	location_load(b, i->location);
}

void imc_load_block(const struct store_block *b, void *arg)
{
	struct imc *i = arg;

	blocks_load(i->blocks, b);
}
