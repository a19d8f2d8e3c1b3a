/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What SIP users want of gateways: texts and commands, answered once. */
#include "gate_req.h"

#include <string.h>

#include "consent.h"
#include "mem.h"
#include "utf8.h"

enum { REASON_MAX = 300, QUOTE_CHARS = 40 };

/* There is room for it already: where it lies it stays. */
static void keep(struct buf *texts, struct view *v)
{
	const char *at = texts->p + texts->n;

	buf_addv(texts, *v);
	buf_addc(texts, '\0');
	*v = texts->over ? VIEW_NONE : view_mem(at, v->n);
}

void gate_req_init(struct gate_req *q, const struct gate_msg *m,
		   struct view *const *own, gate_answer_h *h, void *arg)
{
	struct buf flat = { 0 };
	struct view meta;
	size_t room;

	*q = (struct gate_req){
		.from = mem_ref(m->from),
		.to = mem_ref(m->to),
		.kind = m->kind,
		.text = m->text,
		.dedupe = m->dedupe,
		.time_ms = m->time_ms,
		.h = h,
		.arg = arg,
	};
	meta_put(&flat, &m->meta);
	meta = buf_view(&flat);
	room = m->text.n + m->dedupe.n + meta.n + 3;
	for (size_t i = 0; own[i]; i++)
		room += own[i]->n + 1;
	(void)buf_room(&q->texts, room);
	for (size_t i = 0; own[i]; i++)
		keep(&q->texts, own[i]);
	keep(&q->texts, &q->text);
	keep(&q->texts, &q->dedupe);
	keep(&q->texts, &meta);
	meta_get(&q->meta, meta);
	buf_free(&flat);
}

void gate_req_free(struct gate_req *q)
{
	mem_deref(q->from);
	mem_deref(q->to);
	buf_free(&q->texts);
}

void gate_refuse_now(gate_answer_h *h, void *arg, int status,
		     unsigned retry_after, struct view words)
{
	const struct gate_answer a = { status, retry_after, words };

	h(&a, arg);
}

void gate_req_answer(struct gate_req *q, int status, unsigned retry_after,
		     struct view words)
{
	if (q->answered)
		return;
	q->answered = true;
	gate_refuse_now(q->h, q->arg, status, retry_after, words);
}

/* The first characters of valid text. */
static struct view first_chars(struct view text, size_t count)
{
	struct view rest = text;

	while (count-- && rest.n)
		utf8_next(&rest);
	return view_head(text, utf8_cut(text, text.n - rest.n));
}

void gate_not_sent(struct buf *out, struct view reason, struct view body)
{
	struct buf line = { 0 };

	buf_adds(out, "ERROR: Your message was not sent. ");
	utf8_clean_line(out, reason, REASON_MAX);
	utf8_clean_line(&line, body, 4 * QUOTE_CHARS);
	if (line.n) {
		buf_adds(out, ": ");
		buf_addv(out, first_chars(buf_view(&line), QUOTE_CHARS));
	}
	buf_free(&line);
}

bool gate_req_consent(struct gate_req *q, struct hub *hub, struct addr *user)
{
	struct buf words = { 0 };
	enum consent_verb verb;
	struct view arg;
	int status;

	if (q->kind != GATE_TEXT || !consent_parse(q->text, &verb, &arg))
		return false;
	status = consent_do(hub, user, verb, arg, &words);
	gate_req_answer(q, status, 0, buf_view(&words));
	buf_free(&words);
	return true;
}

/* ---- commands ---- */

bool gate_verb_parse(struct view text, struct view *name, struct view *rest)
{
	struct view line = view_trim(text);

	if (line.n < 2 || line.p[0] != ':' || (line.p[1] | 32) < 'a' ||
	    (line.p[1] | 32) > 'z')
		return false;
	line = view_from(line, 1);
	*name = line;
	for (name->n = 0; name->n < line.n; name->n++)
		if (strchr(" \t\r\n", line.p[name->n]))
			break;
	*rest = view_trim(view_from(line, name->n));
	return true;
}

static bool has_name(const char *names, struct view name)
{
	struct view v = view_str(names), word;

	while (view_word(&v, " ", &word))
		if (view_ieq(word, name))
			return true;
	return false;
}

const struct gate_verb *gate_verb_find(gate_verb_h *nth, unsigned here,
				       struct view name, bool *known)
{
	const struct gate_verb *v;

	*known = false;
	for (size_t i = 0; (v = nth(i)); i++) {
		if (!has_name(v->names, name))
			continue;
		*known = true;
		if (v->kinds & here)
			return v;
	}
	return NULL;
}

void gate_verb_help(struct buf *out, gate_verb_h *nth, unsigned here)
{
	const struct gate_verb *v;

	for (size_t i = 0; (v = nth(i)); i++) {
		if (!(v->kinds & here))
			continue;
		if (out->n)
			buf_addc(out, '\n');
		buf_adds(out, v->help);
	}
}

void gate_verb_unknown(struct gate_req *q, struct view name, bool known)
{
	struct buf b = { 0 };

	buf_adds(&b, "ERROR: :");
	buf_addv(&b, view_head(name, 32));
	buf_adds(&b, known ? " is not for this address" : " is no command");
	buf_adds(&b, "; :help lists what there is here.");
	gate_req_answer(q, 400, 0, buf_view(&b));
	buf_free(&b);
}
