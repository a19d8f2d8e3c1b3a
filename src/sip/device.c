/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of devices, and what they tell of themselves. */
#include "device.h"

/* Substrings of User-Agent, any case: spec of each maker. */
static const struct {
	const char *part;
	uint32_t body;
	bool sms;
} kinds[] = {
	{ "asterisk", 1023, false }, /* copied through 1024 bytes */
	{ "fpbx", 1023, false },     /* FreePBX: Asterisk */
	{ "microsip", DEVICE_BODY_UDP, false },
	{ "pjsip", DEVICE_BODY_UDP, false },
	{ "pjsua", DEVICE_BODY_UDP, false },
	{ "pjproject", DEVICE_BODY_UDP, false },
	{ "dect", 0, true },
	{ "gsm", 0, true },
	{ "goip", 0, true },
};

/* Ignores the case of ASCII letters. */
static bool has_part(struct view v, struct view part)
{
	for (; part.n && v.n >= part.n; v = view_from(v, 1))
		if (view_istarts(v, part))
			return true;
	return false;
}

static void set_kind(struct device *d, struct view agent)
{
	d->kind = 0;
	d->sms = false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!has_part(agent, view_str(kinds[i].part)))
			continue;
		d->kind = kinds[i].body;
		d->sms = kinds[i].sms;
		return;
	}
}

static bool rule_is_for(const struct device_rule *rule, struct view aor,
			struct view agent)
{
	struct view pattern = view_str(rule->pattern);

	return view_istarts(pattern, VIEW("sip:")) ? view_ieq(pattern, aor) :
						     has_part(agent, pattern);
}

void device_name(struct device *d, struct view aor, struct view agent,
		 const struct device_rules *rules)
{
	agent = view_head(agent, DEVICE_AGENT_MAX);
	set_kind(d, agent);
	d->rule = NULL;
	for (size_t i = 0; i < rules->count && !d->rule; i++)
		if (rule_is_for(&rules->rule[i], aor, agent))
			d->rule = &rules->rule[i];
}

void device_forget(struct device *d)
{
	d->learned = 0;
	d->traits = 0;
}

static void keep_below(size_t *max, uint32_t limit)
{
	if (limit && limit < *max)
		*max = limit;
}

static bool said(enum device_say say, bool learned)
{
	return say == SAY_NOTHING ? learned : say == SAY_YES;
}

struct device_form device_form(const struct device *d,
			       enum sip_transport transport)
{
	const struct device_rule none = { 0 }, *rule;
	struct device_form f = {
		.body_max = sip_is_stream(transport) ? DEVICE_BODY_STREAM
						     : DEVICE_BODY_UDP,
	};

	if (!d)
		return f;
	rule = d->rule ? d->rule : &none;
	f.sms = d->sms && !rule->max_bytes;
	keep_below(&f.body_max, rule->max_bytes ? rule->max_bytes : d->kind);
	if (!sip_is_stream(transport) || d->traits & DEVICE_SMALL)
		keep_below(&f.body_max, d->learned);
	f.bare = !said(rule->charset, !(d->traits & DEVICE_BARE));
	f.typing = said(rule->typing, d->traits & DEVICE_TYPES);
	return f;
}

/* Is there a type of this list in an Accept header? */
static bool accept_has(struct view accept, const char *const *list)
{
	struct view item, type, params;

	while (!view_empty(accept)) {
		view_cut(accept, ',', &item, &accept);
		view_cut(item, ';', &type, &params);
		for (size_t i = 0; list[i]; i++)
			if (view_ieqs(view_trim(type), list[i]))
				return true;
	}
	return false;
}

/* RFC 3261 20.1: without the header nothing is known. */
static bool accepts_text(struct view accept)
{
	static const char *const list[] = { "text/plain", "text/*", "*/*",
					    NULL };

	return view_empty(accept) || accept_has(accept, list);
}

static void trait_set(struct device *d, uint32_t trait)
{
	d->traits |= trait;
}

bool device_heard(struct device *d, const struct device_heard *heard)
{
	static const char *const typing[] = { DEVICE_TYPING_TYPE, NULL };
	static const char *const cpim[] = { "message/cpim", NULL };
	uint32_t before = d->traits;

	if (accept_has(heard->accept, typing)) {
		trait_set(d, DEVICE_TYPES);
		d->traits &= ~(uint32_t)DEVICE_TYPES_NOT;
	}
	if (heard->typing && !(d->traits & DEVICE_TYPES_NOT))
		trait_set(d, DEVICE_TYPES);
	if (accept_has(heard->accept, cpim))
		trait_set(d, DEVICE_CPIM);
	return d->traits != before;
}

/* What is too much for a datagram may go down a connection. */
static bool learn_size(struct device *d, const struct device_answer *a)
{
	size_t body = a->body;

	if (body <= DEVICE_BODY_MIN)
		return false;
	if (sip_is_stream(a->transport))
		trait_set(d, DEVICE_SMALL);
	body /= 2;
	if (body < DEVICE_BODY_MIN)
		body = DEVICE_BODY_MIN;
	if (!d->learned || body < d->learned)
		d->learned = (uint32_t)body;
	return true;
}

/* An operator's word stands: nothing is tried against it. */
static bool learn_bare(struct device *d, const struct device_answer *a)
{
	if (a->bare || !accepts_text(a->accept) ||
	    (d->rule && d->rule->charset != SAY_NOTHING))
		return false;
	trait_set(d, DEVICE_BARE);
	return true;
}

bool device_answered(struct device *d, const struct device_answer *a)
{
	switch (a->status) {
	case 406:
	case 415:
	case 488:
		return learn_bare(d, a);
	case 413:
	case 513:
		return learn_size(d, a);
	default:
		return false;
	}
}

void device_no_typing(struct device *d)
{
	d->traits &= ~(uint32_t)DEVICE_TYPES;
	trait_set(d, DEVICE_TYPES_NOT);
}

void device_put(struct buf *b, const struct device *d,
		enum sip_transport transport)
{
	struct device_form f = device_form(d, transport);

	buf_adds(b, "at most ");
	buf_add_u64(b, f.body_max);
	buf_adds(b, f.sms ? " bytes and 160 characters" : " bytes");
	buf_adds(b, f.bare ? ", no charset" : "");
	buf_adds(b, f.typing ? ", typing" : "");
	buf_adds(b, d->traits & DEVICE_CPIM ? ", cpim" : "");
	if (d->rule) {
		buf_adds(b, ", as device \"");
		buf_adds(b, d->rule->pattern);
		buf_adds(b, "\" says");
	}
}
