/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SIP face: who asks, which place he means, and whether he gives a
 * command or speaks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "blocks.h"
#include "clock.h"
#include "command.h"
#include "content.h"
#include "direct.h"
#include "extra.h"
#include "fork.h"
#include "fromgate.h"
#include "gateway.h"
#include "hash.h"
#include "imc_priv.h"
#include "mem.h"
#include "registrar.h"
#include "replay.h"
#include "seal.h"
#include "togate.h"
#include "typing.h"

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

static void way_set(const struct imc *i, struct way *w, struct binding *b)
{
	(void)location_flow(i->location, b, &w->flow);
	w->dest = b->dest;
	w->device = b;
	w->binding = b->id;
}

/* For one of whom nothing is known but his address. */
static enum route stray_way(struct imc *i, const struct addr *user,
			    struct way *out)
{
	i->stray = mem_deref(i->stray);
	if (sip_dest_new(&i->stray, user->text, VIEW_NONE, VIEW_NONE))
		return ROUTE_UNKNOWN;
	out->dest = i->stray;
	return ROUTE_OK;
}

/* What the proxy is given is the user's address: where he is it knows. */
static enum route proxy_way(struct imc *i, const struct addr *user,
			    struct way *out)
{
	struct binding *b = imc_device(i, user, 0);

	*out = (struct way){ .device = b, .dest = b ? b->dest : NULL };
	if (!resolve_flow(i->proxy, user->hash, &out->flow))
		return ROUTE_UNRESOLVED;
	return out->dest ? ROUTE_OK : stray_way(i, user, out);
}

static enum route foreign_way(struct imc *i, const struct addr *user,
			      struct way *out)
{
	int err;

	*out = (struct way){ 0 };
	err = foreign_flow(i->foreign, user->host, user->hash, &out->flow);
	if (err)
		return err == EAGAIN ? ROUTE_UNRESOLVED : ROUTE_UNKNOWN;
	return stray_way(i, user, out);
}

enum route imc_ways(struct imc *i, const struct addr *user, struct ways *out)
{
	struct binding *b[LOCATION_BINDINGS];

	out->count = 1;
	if (i->proxy)
		return proxy_way(i, user, &out->way[0]);
	out->count = location_find(i->location, user->text, user->hash, b);
	for (size_t n = 0; n < out->count; n++)
		way_set(i, &out->way[n], b[n]);
	if (out->count)
		return ROUTE_OK;
	out->count = 1;
	return foreign_way(i, user, &out->way[0]);
}

struct binding *imc_device(const struct imc *i, const struct addr *user,
			   uint64_t binding)
{
	return location_binding(i->location, user->text, user->hash, binding);
}

struct device_form imc_form(const struct way *way)
{
	return device_form(way->device ? &way->device->dev : NULL,
			   way->flow.transport);
}

bool imc_stream_flow(const struct imc *i, const struct addr *user,
		     uint64_t binding, struct sip_flow *out)
{
	const struct binding *b = imc_device(i, user, binding);

	return !i->proxy && i->sip && b && sip_conn_flow(i->sip, b->conn, out);
}

bool imc_packet_fits(const struct imc *i, const struct sip_template *t,
		     const struct way *way)
{
	return sip_is_stream(way->flow.transport) ||
	       sip_copy_size(i->sip, t, &way->flow, way->dest) <=
		       IMC_PACKET_MAX;
}

uint64_t imc_done_binding(const struct imc *i, const struct addr *user)
{
	struct sip_copy copy = sip_done_copy(i->sip);
	struct binding *b;

	if (i->proxy)
		return 0;
	b = location_by_flow(i->location, user->text, user->hash, &copy.flow,
			     VIEW_NONE);
	return b ? b->id : 0;
}

static bool same_way(const struct sip_flow *a, const struct sip_flow *b)
{
	return a->transport == b->transport &&
	       netaddr_eq(&a->peer, &b->peer) &&
	       (!sip_is_stream(a->transport) || a->conn == b->conn);
}

bool imc_has_moved(const struct imc *i, const struct addr *user)
{
	const struct sip_copy copy = sip_done_copy(i->sip);
	struct binding *b[LOCATION_BINDINGS];
	size_t n = 0;

	if (!i->proxy)
		n = location_find(i->location, user->text, user->hash, b);
	for (size_t k = 0; k < n; k++)
		if (same_way(&b[k]->flow, &copy.flow))
			return false;
	return n > 0;
}

/* One who was never heard is made known, so that this is not lost. */
static struct binding *device_to_learn(struct imc *i, const struct addr *user,
				       uint64_t binding,
				       const struct sip_flow *flow)
{
	const struct device_heard nothing = { 0 };

	if (i->proxy && !imc_device(i, user, 0))
		location_heard(i->location, user->text, flow, &nothing);
	return imc_device(i, user, binding);
}

bool imc_learn(struct imc *i, const struct addr *user, uint64_t binding,
	       int status, enum device_type type)
{
	struct device_answer answer = { .status = status, .type = type };
	struct sip_copy copy;
	struct binding *b;

	if (!i->sip || !user)
		return false;
	copy = sip_done_copy(i->sip);
	answer.body = copy.body;
	answer.transport = copy.flow.transport;
	answer.accept = sip_done_header(i->sip, VIEW("Accept"));
	b = device_to_learn(i, user, binding, &copy.flow);
	if (!b || !device_answered(&b->dev, &answer))
		return false;
	location_learned(i->location, b);
	return true;
}

/* RFC 3263 4.3: no answer, or 503, means the next address. But both may as
 * well come from who is behind it. */
static enum hop_sign sign_of(const struct imc *i, int status)
{
	bool answered = sip_done_answered(i->sip);

	if (status == 503)
		return answered ? HOP_DOUBTED : HOP_BROKEN;
	return status == 408 && !answered ? HOP_DOUBTED : HOP_ANSWERED;
}

void imc_on_status(struct imc *i, int status)
{
	struct sip_copy copy;

	if (!i->sip)
		return;
	copy = sip_done_copy(i->sip);
	if (i->proxy)
		resolve_heard(i->proxy, &copy.flow, hash_view(copy.to),
			      sign_of(i, status));
	else
		foreign_heard(i->foreign, copy.to, &copy.flow,
			      sign_of(i, status));
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

static int say_in(struct ask *a, struct room *r, struct view text,
		  const struct sip_request *req)
{
	struct hub_say words = { .from = a->user, .text = text };
	struct buf key = { 0 }, meta = { 0 };
	int err;

	ask_add_dedupe(&key, a, req);
	words.dedupe = buf_view(&key);
	ask_add_meta(&meta, a);
	words.meta = buf_view(&meta);
	err = hub_member_say(r, &words, ask_on_said, ask_keep(a));
	if (err)
		mem_deref(a); /* the reference of ask_keep() */
	buf_free(&key);
	buf_free(&meta);
	return err;
}

/* The hub knows only that he may not speak; the table knows why. */
static void refuse_words(const struct ask *a, const struct room *r, int err)
{
	enum refusal why = REFUSED_NOT;

	if (err == EACCES)
		why = right_check(VERB_SAY, right_kind(r),
				  right_role(room_member(r, a->user)));
	ask_refuse(a, why ? why : refusal_of(err));
}

static bool can_speak(const struct member *mb)
{
	return mb && mb->state == MEMBER_JOINED &&
	       member_muted_until_ms(mb) <= wall_ms();
}

static void say(struct ask *a, struct view text,
		const struct sip_request *req)
{
	struct room *r = hub_room(a->imc->hub, a->at.name, a->at.domain);
	int err;

	if (!r) {
		ask_refuse(a, REFUSED_MANAGER_TEXT);
		return;
	}
	ask_about(a, r);
	/* who can't speak takes nothing from those who can */
	if (can_speak(room_member(r, a->user)) &&
	    !ask_within(a, QUOTA_ROOM, r->id))
		return;
	err = say_in(a, r, text, req);
	if (err == EBADMSG)
		ask_answer(a, 200); /* nothing to be seen in it, as if empty */
	else if (err)
		refuse_words(a, r, err);
}

static void serve_words(struct ask *a, struct view text,
			const struct sip_request *req)
{
	if (!ask_within(a, QUOTA_USER, a->user->hash))
		return;
	if (a->person)
		direct_say(a, text, req);
	else if (a->exists)
		say(a, text, req);
	else
		ask_refuse(a, REFUSED_NOWHERE);
}

static void serve_text(struct ask *a, struct view text,
		       const struct sip_request *req)
{
	struct buf line = { 0 };

	if (extra_secret(a, text) || extra_consent(a, text))
		return;
	if (!a->person &&
	    line_is_command(&line, &text, view_str(a->imc->mark)))
		command_run(a, buf_view(&line));
	else
		serve_words(a, text, req);
	buf_free(&line);
}

static void pass_typing(const struct ask *a, struct view notice)
{
	struct imc *i = a->imc;

	if (!location_may_type(i->location, a->user->text, now_ms()))
		return;
	if (a->person && blocks_has(i->blocks, a->person, a->user))
		return;
	if (a->person)
		typing_pass_to(i, a->person, a->user, notice);
	else
		typing_pass(i, hub_room(i->hub, a->at.name, a->at.domain),
			    a->user, notice);
}

static void serve(struct ask *a, const struct sip_request *req)
{
	const struct content_in in = {
		.type = req->content_type,
		.charset = req->charset,
		.params = req->type_params,
		.body = req->body,
	};
	struct buf text = { 0 };

	switch (content_read(&text, &in)) {
	case CONTENT_TEXT:
		serve_text(a, buf_view(&text), req);
		break;
	case CONTENT_TYPING:
		pass_typing(a, buf_view(&text));
		ask_answer(a, a->exists ? 200 : 404);
		break;
	case CONTENT_RECEIPT:
	case CONTENT_NOTHING:
		ask_answer(a, a->exists ? 200 : 404);
		break;
	case CONTENT_FOREIGN:
		if (a->exists)
			ask_refuse_type(a);
		else
			ask_answer(a, 404);
		break;
	case CONTENT_BROKEN:
		ask_answer(a, a->exists ? 400 : 404);
		break;
	}
	seal_wipe(&text); /* one of them may have been a password */
}

static bool place_exists(const struct ask *a)
{
	return view_empty(a->at.name) || a->person ||
	       hub_room(a->imc->hub, a->at.name, a->at.domain);
}

/* A room, the manager or somebody behind a gateway does not speak to us: this
 * is our own text, back by way of a proxy, and an answer would come back
 * again. */
static bool is_ourselves(const struct imc *i, const struct addr *user)
{
	return imc_is_manager(i, user->user, user->host) ||
	       hub_room(i->hub, user->user, user->host) ||
	       hub_gateway(i->hub, user->user, user->host);
}

/* Who asks: his address without port and parameters. EBADMSG: no address of
 * ours could be told from his. */
static int identify(struct addr **ap, const struct sip_uri *who)
{
	return addr_new(ap, VIEW("sip"), who->user, who->host, VIEW_NONE);
}

/* Where he is, and what he sends with. */
static void hear(struct imc *i, const struct addr *user,
		 const struct sip_request *req)
{
	const struct device_heard heard = {
		.user_agent = req->user_agent,
		.accept = req->accept,
		.typing = view_ieqs(req->content_type, CONTENT_TYPE_TYPING),
	};

	location_heard(i->location, user->text, &req->flow, &heard);
	hub_member_awake(i->hub, user);
}

void imc_on_request(const struct sip_request *req, void *arg)
{
	struct imc *i = arg;
	struct addr *user = NULL;
	struct ask *a;

	if (identify(&user, &req->identity)) {
		sip_answer(i->sip, req->txn, 403, "Nobody Who Could Chat",
			   NULL, 0);
		return;
	}
	if (is_ourselves(i, user)) {
		sip_answer(i->sip, req->txn, 482, NULL, NULL, 0);
		mem_deref(user);
		return;
	}
	hear(i, user, req);
	a = ask_new(i, req, user);
	if (!togate_serve(a, req)) {
		a->person = direct_person(a);
		a->exists = !view_empty(req->ruri.user) && place_exists(a);
		serve(a, req);
	}
	mem_deref(a);
	mem_deref(user);
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
