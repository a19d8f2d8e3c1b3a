/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the operator is shown: the daemon's state, rooms, members, links. */
#include "control_priv.h"

#include <unistd.h>

#include "bridges/irc/igate.h"
#include "clock.h"
#include "jabber/gate.h"
#include "netoff.h"
#include "purple/pgate.h"
#include "serving.h"
#include "standby.h"

json_t *control_text(struct view v)
{
	json_t *s = json_stringn(v.p ? v.p : "", v.n);

	return s ? s : json_string("?");
}

static json_t *maybe(const char *s)
{
	return s && *s ? control_text(view_str(s)) : json_null();
}

/* Seconds since a monotonic time; null for 0 = never. */
static json_t *age(uint64_t since_ms)
{
	if (!since_ms)
		return json_null();
	return json_integer((json_int_t)((now_ms() - since_ms) / 1000));
}

static void set_count(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static json_t *link_json(const struct leg *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "label", maybe(l->label));
	json_object_set_new(o, "state",
			    json_string(leg_state_name(l->state)));
	json_object_set_new(o, "for_s", age(l->since_ms));
	json_object_set_new(o, "room", control_text(l->room->addr->text));
	json_object_set_new(o, "target", maybe(l->target));
	json_object_set_new(o, "via", maybe(l->via));
	json_object_set_new(o, "nick",
			    maybe(l->own_nick ? l->own_nick : l->nick));
	json_object_set_new(o, "traffic_s", age(l->traffic_ms));
	set_count(o, "sent", l->sent);
	set_count(o, "heard", l->heard);
	set_count(o, "failed", l->failed);
	set_count(o, "waiting", l->room->committed > l->cur.acked ?
					l->room->committed - l->cur.acked :
					0);
	json_object_set_new(o, "configured", json_boolean(l->configured));
	json_object_set_new(o, "error", maybe(l->error));
	return o;
}

static json_t *links_json(const struct confab *c)
{
	json_t *list = json_array();
	struct leg *l = NULL;
	size_t pos = 0;

	while ((l = hub_each_leg(c->hub, &pos, l)))
		json_array_append_new(list, link_json(l));
	return list;
}

static void add_lines(json_t *list, struct view rest)
{
	struct view line;

	while (rest.n) {
		view_cut(rest, '\n', &line, &rest);
		if (line.n)
			json_array_append_new(list, control_text(line));
	}
}

static int add_face(const struct face_ops *ops, void *face, void *arg)
{
	struct buf b = { 0 };
	struct sink s = sink_buf(&b);

	if (ops->status && !ops->status(face, &s))
		add_lines(arg, buf_view(&b));
	buf_free(&b);
	return 0;
}

static json_t *gate_json(struct confab *c)
{
	json_t *list = json_array();
	struct buf b = { 0 };
	struct sink s = sink_buf(&b);

	if (!gate_status(c->gate, &s))
		add_lines(list, buf_view(&b));
	buf_free(&b);
	return list;
}

static json_t *igate_json(struct confab *c)
{
	json_t *list = json_array();
	struct buf b = { 0 };
	struct sink s = sink_buf(&b);

	if (!netoff_status(c, &s) && !igate_status(c->igate, &s))
		add_lines(list, buf_view(&b));
	buf_free(&b);
	return list;
}

static json_t *pgate_json(struct confab *c)
{
	json_t *list = json_array();
	struct buf b = { 0 };
	struct sink s = sink_buf(&b);

	if (!pgate_status(c->pgate, &s))
		add_lines(list, buf_view(&b));
	buf_free(&b);
	return list;
}

static json_t *sip_json(const struct confab *c)
{
	struct sip_stats st;
	json_t *o = json_object();

	sip_stats(c->sip, &st);
	set_count(o, "requests_in", st.requests_in);
	set_count(o, "requests_out", st.requests_out);
	set_count(o, "retransmits_in", st.retransmits_in);
	set_count(o, "retransmits_out", st.retransmits_out);
	set_count(o, "bad", st.bad);
	set_count(o, "untrusted", st.untrusted);
	set_count(o, "auth_failures", st.auth_failures);
	set_count(o, "withheld", st.withheld);
	set_count(o, "overload", st.overload);
	set_count(o, "dropped", st.dropped);
	json_object_set_new(o, "load", json_string(sip_load_name(st.load)));
	set_count(o, "memory", st.memory);
	set_count(o, "memory_max", st.memory_max);
	set_count(o, "timeouts", st.timeouts);
	set_count(o, "server_transactions", st.server_txns);
	set_count(o, "answers_remembered", st.answers);
	set_count(o, "client_transactions", st.client_txns);
	set_count(o, "connections", st.conns);
	if (c->imc) {
		const struct location *l = imc_location(c->imc);

		set_count(o, "users_known", location_count(l));
		set_count(o, "devices_registered", location_registered(l));
	}
	set_count(o, "subscriptions", st.subscriptions);
	set_count(o, "publications", st.publications);
	set_count(o, "connections_refused", st.conns_refused);
	set_count(o, "connections_shed", st.conns_shed);
	return o;
}

static json_t *store_json(const struct confab *c)
{
	struct store_stats st;
	json_t *o = json_object();

	store_stats(c->store, &st);
	set_count(o, "commits", st.commits);
	set_count(o, "transactions", st.transactions);
	set_count(o, "failed", st.failed);
	set_count(o, "queued", st.queued);
	return o;
}

static void set_hub(json_t *o, const struct confab *c)
{
	struct hub_stats st;

	hub_stats(c->hub, &st);
	set_count(o, "rooms", st.rooms);
	set_count(o, "active_rooms", st.rooms); /* the seeds' statistic */
	set_count(o, "members", st.members);
	set_count(o, "inboxes", st.inboxes);
	set_count(o, "accepted", st.accepted);
	set_count(o, "refused", st.refused);
	set_count(o, "delivered", st.delivered);
	set_count(o, "failed", st.failed);
	set_count(o, "given_up", st.given_up);
	set_count(o, "links_up", st.legs_up);
}

static json_t *standby_json(const struct confab *c)
{
	struct standby_stats st;
	json_t *o = json_object();

	standby_stats(c->standby, &st);
	json_object_set_new(o, "passes_to_process",
			    st.serving ? json_integer(st.serving) :
					 json_null());
	json_object_set_new(o, "data_base_is_with_process",
			    st.holder.pid ? json_integer(st.holder.pid) :
					    json_null());
	json_object_set_new(o, "shared", json_boolean(st.holder.shared));
	set_count(o, "passed", st.passed);
	set_count(o, "waiting", st.waiting);
	set_count(o, "refused", st.refused);
	set_count(o, "relayed", st.relayed);
	return o;
}

static json_t *serving_json(const struct confab *c)
{
	struct serving_stats st;
	json_t *o = json_object();

	serving_stats(c->serving, &st);
	set_count(o, "standing_by", st.standbys);
	set_count(o, "taken", st.taken);
	set_count(o, "waiting", st.open);
	return o;
}

/* Of whom this process knows: itself. */
static json_t *process_json(const struct confab *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "version", json_string(CONFAB_VERSION));
	json_object_set_new(o, "domain", maybe(c->conf->domain));
	json_object_set_new(o, "process", json_integer(getpid()));
	json_object_set_new(o, "stands_by", json_boolean(c->standby));
	json_object_set_new(o, "up_s", age(c->started_ms));
	return o;
}

void control_status(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	json_t *o = process_json(c), *workers;

	if (c->standby) {
		json_object_set_new(o, "standby", standby_json(c));
		json_object_set_new(o, "sip", sip_json(c));
		control_answer(call->control, call->conn, o);
		return;
	}
	set_hub(o, c);
	if (c->serving)
		json_object_set_new(o, "shared", serving_json(c));
	json_object_set_new(o, "sip", sip_json(c));
	json_object_set_new(o, "store", store_json(c));
	workers = json_array();
	hub_each_face(c->hub, add_face, workers);
	json_object_set_new(o, "workers", workers);
	if (c->gate)
		json_object_set_new(o, "xmpp", gate_json(c));
	if (c->igate)
		json_object_set_new(o, "irc", igate_json(c));
	if (c->pgate)
		json_object_set_new(o, "purple", pgate_json(c));
	json_object_set_new(o, "links", links_json(c));
	control_answer(call->control, call->conn, o);
}

void control_rooms(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	json_t *list = json_array();
	struct room *r = NULL;
	size_t pos = 0;

	while ((r = hub_each_room(c->hub, &pos, r))) {
		json_t *o = json_object();

		json_object_set_new(o, "room", control_text(r->addr->text));
		json_object_set_new(o, "private",
				    json_boolean(room_is_private(r)));
		set_count(o, "members", r->order.count);
		set_count(o, "links", r->legs.count);
		set_count(o, "messages", r->committed);
		json_array_append_new(list, o);
	}
	control_answer(call->control, call->conn, list);
}

static json_t *member_json(const struct member *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "address", control_text(m->addr->text));
	json_object_set_new(o, "role",
			    json_string(member_role_name(m->role)));
	json_object_set_new(o, "state",
			    json_string(member_state_name(m->state)));
	set_count(o, "waiting", m->room->committed > m->cur.acked ?
					m->room->committed - m->cur.acked :
					0);
	set_count(o, "failures", m->tries);
	return o;
}

void control_members(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	struct buf why = { 0 };
	struct lnode *n, *nx;
	struct room *room;
	json_t *list;

	if (confab_room(c, &room, call->argv[1], false, &why)) {
		control_refuse(call->control, call->conn, buf_str(&why));
		buf_free(&why);
		return;
	}
	list = json_array();
	LIST_EACH (&room->order, n, nx)
		json_array_append_new(
			list, member_json(CONTAINER(n, struct member, order)));
	control_answer(call->control, call->conn, list);
}

void control_links(struct control_call *call)
{
	control_answer(call->control, call->conn,
		       links_json(control_confab(call->control)));
}
