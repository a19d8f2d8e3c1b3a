/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers without state: the same request gets the same answer again, its To
 * tag included, because that is made from the transaction's key.
 */
#include "uas_priv.h"

#include "clock.h"
#include "intake_priv.h"
#include "log.h"

enum { RETRY_AFTER_MAX = 10 };

void uas_send(const struct sip_flow *flow, struct view text, void *arg)
{
	struct sip *s = arg;

	s->stats.responses_out++;
	transport_send(s->transport, flow, text);
}

/* RFC 3261 18.2.2: when the connection of a request is gone its answer goes by
 * a new one, to the sent-by's port. Only requests that were believed have got
 * so far, and flow is where way_back() lets it go; and only so often, as
 * whoever asks and hangs up makes us connect. */
void uas_send_late(const struct sip_flow *flow, struct view text, void *arg)
{
	static const struct bucket_rate rate = { 2, 1000, 10 };
	struct sip_flow anew = { .transport = SIP_TCP, .peer = flow->peer };
	struct sip_flow alive;
	struct sip *s = arg;

	if (flow->transport != SIP_TCP || !netaddr_port(&flow->peer) ||
	    sip_conn_flow(s, flow->conn, &alive)) {
		uas_send(flow, text, arg);
		return;
	}
	if (!bucket_take(&s->reconnects, &rate, now_ms()) ||
	    transport_route(s->transport, &anew))
		s->stats.send_errors++;
	else
		uas_send(&anew, text, arg);
}

/* Port 0: only by the connection that it came by. A client behind a NAT can't
 * be connected to, and by TLS there is no name to verify. */
static struct sip_flow way_back(const struct uas *u)
{
	const struct via *via = &u->req->via;
	uint16_t port = via->port ? via->port : 5060;
	struct sip_flow back = *u->flow;
	struct netaddr said;

	if (back.transport != SIP_TCP)
		return back;
	netaddr_set_port(&back.peer, port);
	if (u->trusted && !sip_is_own(u->sip, &back.peer))
		return back;
	if (netaddr_set(&said, via->host, port) ||
	    !netaddr_eq(&said, &back.peer) ||
	    !sip_may_send(u->sip, &back.peer))
		netaddr_set_port(&back.peer, 0);
	return back;
}

static void head_make(const struct uas *u)
{
	buf_clear(&u->sip->head);
	answer_head(&u->sip->head, u->pre, &u->req->via, &u->flow->peer,
		    u->key.a);
}

/* Over UDP nobody knows whose address a stranger's is, nor that of a copy of
 * what a user sent. */
static bool is_withheld(const struct uas *u, size_t bytes)
{
	if (u->trusted || u->id.how != ID_NONE ||
	    u->flow->transport != SIP_UDP || bytes <= u->packet.n ||
	    amp_take(u->sip->amp, auth_source(&u->flow->peer),
		     bytes - u->packet.n))
		return false;
	u->sip->stats.withheld++;
	return true;
}

/* Strangers are not told more than they need. */
bool uas_answer(const struct uas *u, int status, const char *reason,
		const struct sip_header *headers, size_t count)
{
	struct sip *s = u->sip;
	bool known = u->trusted || u->id.how != ID_NONE;
	const struct answer a = {
		.status = status,
		.reason = view_str(reason),
		.headers = headers,
		.count = count,
		.server = known ? view_str(s->product) : VIEW_NONE,
	};

	if (u->in) {
		u->in->answerh(status, a.reason, headers, count, u->in->a,
			       u->in->b, u->in->arg);
		return true;
	}
	head_make(u);
	buf_clear(&s->out);
	if (answer_put(&s->out, &a, buf_view(&s->head)))
		return true;
	if (is_withheld(u, s->out.n))
		return false;
	uas_send(u->flow, buf_view(&s->out), s);
	return true;
}

void uas_answer_with(const struct uas *u, int status, const char *name,
		     struct view value)
{
	const struct sip_header header = { view_str(name), value };

	uas_answer(u, status, NULL, &header, 1);
}

/* At random, so that they do not all come back at once. */
void uas_answer_busy(const struct uas *u)
{
	char digits[4];
	size_t n = 0;
	uint64_t after = 1 + rand_u64() % RETRY_AFTER_MAX;

	if (after >= 10)
		digits[n++] = '1';
	digits[n++] = (char)('0' + after % 10);
	u->sip->stats.overload++;
	uas_answer_with(u, 503, "Retry-After", view_mem(digits, n));
}

bool uas_repeated(const struct uas *u)
{
	struct sip *s = u->sip;
	struct answer again;

	switch (stxns_find(s->stxns, &u->key, &again)) {
	case STXN_NONE:
		return false;
	case STXN_WAITING:
		break;
	case STXN_DONE:
		again.server = view_str(s->product);
		head_make(u);
		buf_clear(&s->out);
		if (!answer_put(&s->out, &again, buf_view(&s->head)) &&
		    !is_withheld(u, s->out.n))
			uas_send(u->flow, buf_view(&s->out), s);
		break;
	}
	s->stats.retransmits_in++;
	return true;
}

int uas_txn(const struct uas *u, uint64_t *id)
{
	struct sip *s = u->sip;
	struct sip_flow back;

	if (u->in)
		return injects_add(s->injects, id, u->in);
	head_make(u);
	back = way_back(u);
	return stxn_new(s->stxns, id, &u->key, &back, buf_view(&s->head));
}

static void answer_injected(struct sip *s, uint64_t id, int code,
			    struct view reason,
			    const struct sip_header *headers, size_t count)
{
	struct sip_injection in;

	if (injects_take(s->injects, id, &in))
		in.answerh(code, reason, headers, count, in.a, in.b, in.arg);
}

void sip_answer(struct sip *s, uint64_t txn, int code, const char *reason,
		const struct sip_header *headers, size_t count)
{
	struct answer a = {
		.status = code,
		.reason = view_str(reason),
		.headers = headers,
		.count = count,
		.server = view_str(s->product),
	};
	struct view head;

	if (injects_is(txn)) {
		answer_injected(s, txn, code, a.reason, headers, count);
		return;
	}
	if (!stxn_head(s->stxns, txn, &head))
		return;
	buf_clear(&s->out);
	if (answer_put(&s->out, &a, head)) {
		log_warning("sip: an answer's headers can't be sent");
		a.reason = VIEW_NONE;
		a.count = 0;
		buf_clear(&s->out);
		answer_put(&s->out, &a, head);
	}
	if (txn != s->handling)
		load_answered(&s->overload.load);
	stxn_answer(s->stxns, txn, &a, buf_view(&s->out));
	intake_resume(s->intake);
}
