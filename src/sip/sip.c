/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SIP edge: its making and its end. */
#include "sip_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "event_priv.h"
#include "hash.h"
#include "identity_priv.h"
#include "intake_priv.h"
#include "mem.h"
#include "pubs_priv.h"
#include "sift_priv.h"
#include "subs_priv.h"

enum { KIB = 1024, OUT_MAX = 64 * KIB, AMP_SOURCES = 65536 };

static size_t size_or(size_t n, size_t usual)
{
	return n ? n : usual;
}

static struct sip_limits limits_full(const struct sip_limits *l)
{
	struct sip_limits full = {
		.datagram = size_or(l->datagram, 8 * KIB),
		.head = size_or(l->head, 8 * KIB),
		.body = size_or(l->body, 16 * KIB),
		.server_txns = size_or(l->server_txns, 20000),
		.answers = size_or(l->answers, 256 * KIB),
		.source_rate = l->source_rate,
		.source_burst = l->source_burst,
		.memory = l->memory,
		.client_txns = size_or(l->client_txns, 200000),
		.conns = size_or(l->conns, 1024),
		.handshakes = size_or(l->handshakes, 128),
		.conns_per_ip = size_or(l->conns_per_ip, 32),
		.expires_min = l->expires_min ? l->expires_min : 60,
		.expires_max = l->expires_max ? l->expires_max : 3600,
		.tcp_idle_ms = size_or(l->tcp_idle_ms, 120 * 1000),
		.user_idle_ms = size_or(l->user_idle_ms, 65 * 60 * 1000),
		.dead_ms = size_or(l->dead_ms, 45 * 1000),
		.tcp_head_ms = size_or(l->tcp_head_ms, 10 * 1000),
	};

	if (full.datagram > UDP_DATAGRAM_MAX)
		full.datagram = UDP_DATAGRAM_MAX;
	return full;
}

static unsigned algos_of(const struct sip_conf *conf)
{
	return (conf->no_sha256 ? 0 : 1u << DIGEST_SHA256) |
	       (conf->no_md5 ? 0 : 1u << DIGEST_MD5);
}

static bool is_full(void *arg)
{
	struct sip *s = arg;

	if (!overload_memory_full(s))
		return false;
	s->stats.overload++;
	return true;
}

static int parts_new(struct sip *s, const struct sip_conf *conf, char *why,
		     size_t whysize)
{
	const struct stxn_ops stxn_ops = { uas_send_late, uas_stuck, s };
	const struct ctxn_ops ctxn_ops = { uac_send, uac_over, s };
	const struct transport_ops ops = {
		.datagram = uas_datagram,
		.full = is_full,
		.conn = { uas_message, uac_conn_gone, s },
		.arg = s,
	};
	struct wheel *w = loop_wheel(s->loop);
	int err;

	s->amp = amp_new(AMP_SOURCES);
	overload_init(&s->overload, &s->limits);
	if (conf->users)
		s->auth = auth_new(conf->users, algos_of(conf));
	s->parser = parser_new();
	s->stxns = stxns_new(w, s->limits.server_txns, s->limits.answers,
			     conf->branch_key, &stxn_ops);
	s->edges = edges_new();
	s->events = events_new(s);
	s->injects = injects_new(w, s->limits.server_txns, uas_stuck, s);
	s->ctxns = ctxns_new(w, s->limits.client_txns, conf->branch_key,
			     &ctxn_ops);
	s->sift = sift_new(s);
	err = intake_new(&s->intake, s);
	if (!err)
		return transport_new(&s->transport, conf, &s->limits, &ops,
				     why, whysize);
	snprintf(why, whysize, "%s", strerrordesc_np(err));
	return err;
}

static struct netmask *masks_dup(const struct netmask *masks, size_t count)
{
	struct netmask *copy = mem_array(NULL, count + 1, sizeof(*copy));

	if (count)
		memcpy(copy, masks, count * sizeof(*copy));
	return copy;
}

static void trust_set(struct sip *s, const struct sip_conf *conf)
{
	mem_free(s->trusted);
	mem_free(s->policy.allowed);
	s->trusted_certs = conf->trusted_certs;
	s->trusted_identity = conf->trusted_identity;
	s->trusted_ws = conf->trusted_ws;
	s->md5_agents = conf->no_md5 ? NULL : conf->md5_agents;
	s->policy.allowed = masks_dup(conf->send_to, conf->send_to_count);
	s->policy.count = conf->send_to_count;
	s->trusted_count = conf->trusted_count;
	s->trusted = masks_dup(conf->trusted, conf->trusted_count);
}

/* What tables were made for stays. */
static void limits_set(struct sip *s, const struct sip_limits *limits)
{
	const struct sip_limits full = limits_full(limits);
	struct sip_limits *l = &s->limits;

	l->source_rate = full.source_rate;
	l->source_burst = full.source_burst;
	l->memory = full.memory;
	l->conns = full.conns;
	l->conns_per_ip = full.conns_per_ip;
	l->tcp_idle_ms = full.tcp_idle_ms;
	l->expires_min = full.expires_min;
	l->expires_max = full.expires_max;
}

void sip_reconf(struct sip *s, const struct sip_conf *conf)
{
	trust_set(s, conf);
	limits_set(s, &conf->limits);
	if (s->auth)
		auth_set_algos(s->auth, algos_of(conf));
	overload_set(&s->overload, &s->limits);
	conns_set_limits(transport_conns_of(s->transport), &s->limits);
}

int sip_new(struct sip **sp, const struct sip_conf *conf, char *why,
	    size_t whysize)
{
	struct sip *s;
	int err;

	if (!conf->listen_count || conf->listen_count > TRANSPORT_LISTENERS) {
		snprintf(why, whysize, "1 to %d addresses to listen at",
			 TRANSPORT_LISTENERS);
		return EINVAL;
	}
	s = mem_zalloc(sizeof(*s));
	s->loop = conf->loop;
	s->domain = mem_strdup(conf->domain);
	s->product = mem_strdup(conf->product);
	s->accept = conf->accept ? conf->accept : "text/plain";
	s->limits = limits_full(&conf->limits);
	s->requesth = conf->requesth;
	s->registerh = conf->registerh;
	s->eventh = conf->eventh;
	s->strayh = conf->strayh;
	s->arg = conf->arg;
	s->users = conf->users;
	trust_set(s, conf);
	buf_init(&s->head, OUT_MAX);
	buf_init(&s->out, OUT_MAX);
	err = parts_new(s, conf, why, whysize);
	if (err) {
		sip_free(s);
	} else {
		uac_window_init(s);
		*sp = s;
	}
	return err;
}

void sip_free(struct sip *s)
{
	if (!s)
		return;
	transport_free(s->transport);
	ctxns_free(s->ctxns);
	events_free(s->events);
	stxns_free(s->stxns);
	injects_free(s->injects);
	edges_free(s->edges);
	registrar_free(s->registrar);
	auth_free(s->auth);
	amp_free(s->amp);
	intake_free(s->intake);
	sift_free(s->sift);
	overload_free(&s->overload);
	parser_free(s->parser);
	buf_free(&s->head);
	buf_free(&s->out);
	mem_free(s->trusted);
	mem_free(s->policy.allowed);
	mem_free(s->domain);
	mem_free(s->product);
	mem_free(s);
}

void sip_drain(struct sip *s)
{
	s->draining = true;
}

bool sip_is_own(const struct sip *s, const struct netaddr *a)
{
	return transport_is_own(s->transport, a);
}

bool sip_may_send(const struct sip *s, const struct netaddr *a)
{
	return !sip_is_own(s, a) && policy_allows(&s->policy, a);
}

void sip_users_unknown(struct sip *s, bool unknown)
{
	s->users_unknown = unknown;
}

const struct netaddr *sip_local(const struct sip *s, size_t i)
{
	return transport_local(s->transport, i);
}

const char *sip_load_name(enum sip_load load)
{
	static const char *const names[] = { "calm", "late", "busy", "full" };

	return names[load];
}

/* Where the processor is what there is too little of, packets wait. */
static enum sip_load load_now(const struct sip *s)
{
	if (s->overload.level == SIP_CALM &&
	    intake_count(s->intake) > LOAD_FEW)
		return SIP_LATE;
	return s->overload.level;
}

void sip_stats(const struct sip *s, struct sip_stats *out)
{
	const struct ctxn_stats *c = ctxns_stats(s->ctxns);
	const struct conns_stats *t =
		conns_stats(transport_conns_of(s->transport));

	*out = s->stats;
	out->retransmits_out += c->retransmits;
	out->timeouts += c->timeouts;
	out->send_errors += transport_send_errors(s->transport);
	out->server_txns = stxns_count(s->stxns) + injects_count(s->injects);
	out->answers = dones_count(stxns_done(s->stxns));
	out->load = load_now(s);
	out->memory = mem_resident();
	out->memory_max = s->limits.memory;
	out->client_txns = ctxns_count(s->ctxns);
	out->conns_refused = t->refused;
	out->conns_shed = t->shed;
	out->overload += t->refused;
	out->dropped = overload_dropped(s);
	out->conns = transport_conns(s->transport);
	out->subscriptions = subs_count(s->events->subs);
	out->publications = pubs_count(s->events->pubs);
}

void sip_conn_known(struct sip *s, uint64_t conn, struct view aor)
{
	if (conn && !edge_has_conn(conn))
		conns_known(transport_conns_of(s->transport), (uint32_t)conn,
			    hash_view(aor));
}

void sip_user_was(struct sip *s, struct view aor, const struct sip_flow *flow)
{
	struct sip_uri uri;

	if (s->auth && !sip_uri_parse(&uri, aor) &&
	    view_ieqs(uri.host, s->domain))
		auth_knows(s->auth, uri.user, &flow->peer);
}

bool sip_trusts(const struct sip *s, const struct sip_flow *flow)
{
	return identity_trusts(s, flow) != ID_NONE;
}

bool sip_conn_at(const struct sip *s, struct sip_flow *flow, struct view aor)
{
	const struct conns *cs = transport_conns_of(s->transport);
	struct sip_flow found = *flow;

	if (!conns_at(cs, &found) ||
	    (!conns_knows(cs, (uint32_t)found.conn, hash_view(aor)) &&
	     !sip_trusts(s, &found)))
		return false;
	flow->conn = found.conn;
	return true;
}

bool sip_conn_is(const struct sip *s, uint64_t conn, struct view name)
{
	return !edge_has_conn(conn) &&
	       conns_is(transport_conns_of(s->transport), (uint32_t)conn,
			name);
}
