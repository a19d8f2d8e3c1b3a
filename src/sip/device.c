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

void device_is_behind(struct device *d, bool behind)
{
	if (behind)
		d->traits |= DEVICE_BEHIND;
	else
		d->traits &= ~(uint32_t)DEVICE_BEHIND;
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

static enum device_type type_of(uint32_t traits,
				const struct device_rule *rule)
{
	const uint32_t only_cpim = DEVICE_CPIM | DEVICE_PLAIN_NOT;

	if (said(rule->cpim, (traits & only_cpim) == only_cpim))
		return DEVICE_TYPE_CPIM;
	return said(rule->charset, !(traits & DEVICE_BARE)) ?
		       DEVICE_TYPE_FULL : DEVICE_TYPE_BARE;
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
	f.sms = d->sms && !rule->max_bytes && !rule->max_chars;
	f.chars = rule->max_chars;
	keep_below(&f.body_max, rule->max_bytes ? rule->max_bytes : d->kind);
	if (!sip_is_stream(transport) || d->traits & DEVICE_SMALL)
		keep_below(&f.body_max, d->learned);
	f.type = type_of(d->traits, rule);
	f.typing = said(rule->typing, d->traits & DEVICE_TYPES);
	f.reports = (d->traits & DEVICE_REPORTS) &&
		    said(rule->cpim, !(d->traits & DEVICE_CPIM_NOT));
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

static bool accepts_typing(struct view accept)
{
	static const char *const list[] = { DEVICE_TYPING_TYPE, NULL };

	return accept_has(accept, list);
}

static bool accepts_reports(struct view accept)
{
	static const char *const list[] = { "message/imdn+xml", NULL };

	return accept_has(accept, list);
}

static bool accepts_cpim(struct view accept)
{
	static const char *const list[] = { "message/cpim", NULL };

	return accept_has(accept, list);
}

/* One way or the other. */
static void trait_set(struct device *d, uint32_t trait, uint32_t opposite)
{
	d->traits |= trait;
	d->traits &= ~opposite;
}

bool device_heard(struct device *d, const struct device_heard *heard)
{
	uint32_t before = d->traits;

	if (accepts_typing(heard->accept))
		trait_set(d, DEVICE_TYPES, DEVICE_TYPES_NOT);
	if (heard->typing && !(d->traits & DEVICE_TYPES_NOT))
		trait_set(d, DEVICE_TYPES, 0);
	if (heard->reports || accepts_reports(heard->accept))
		trait_set(d, DEVICE_REPORTS, 0);
	if (accepts_cpim(heard->accept)) {
		trait_set(d, DEVICE_CPIM, DEVICE_CPIM_NOT);
		trait_set(d, DEVICE_PLAIN_NOT, 0);
	}
	if (accepts_text(heard->accept) && !view_empty(heard->accept))
		trait_set(d, 0, DEVICE_PLAIN_NOT);
	return d->traits != before;
}

/* What is too much for a datagram may go down a connection. */
static bool learn_size(struct device *d, const struct device_answer *a)
{
	size_t body = a->body;

	if (body <= DEVICE_BODY_MIN)
		return false;
	if (sip_is_stream(a->transport))
		trait_set(d, DEVICE_SMALL, 0);
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
	if (a->type == DEVICE_TYPE_BARE || !accepts_text(a->accept) ||
	    (d->rule && d->rule->charset != SAY_NOTHING))
		return false;
	trait_set(d, DEVICE_BARE, 0);
	return true;
}

/* Text/plain was refused. */
static bool learn_cpim(struct device *d, const struct device_answer *a)
{
	if (d->traits & DEVICE_CPIM_NOT ||
	    (d->rule && d->rule->cpim != SAY_NOTHING))
		return false;
	if (view_empty(a->accept) ? !(d->traits & DEVICE_CPIM) :
				    !accepts_cpim(a->accept))
		return false;
	trait_set(d, DEVICE_CPIM | DEVICE_PLAIN_NOT, 0);
	return true;
}

static bool learn_type(struct device *d, const struct device_answer *a)
{
	if (a->type != DEVICE_TYPE_CPIM)
		return learn_bare(d, a) || learn_cpim(d, a);
	trait_set(d, DEVICE_CPIM_NOT, DEVICE_PLAIN_NOT | DEVICE_CPIM);
	return !d->rule || d->rule->cpim == SAY_NOTHING;
}

bool device_answered(struct device *d, const struct device_answer *a)
{
	switch (a->status) {
	case 406:
	case 415:
	case 488:
		return learn_type(d, a);
	case 413:
	case 513:
		return learn_size(d, a);
	default:
		return false;
	}
}

void device_no_typing(struct device *d)
{
	trait_set(d, DEVICE_TYPES_NOT, DEVICE_TYPES);
}

void device_no_reports(struct device *d)
{
	trait_set(d, 0, DEVICE_REPORTS);
}

static void put_form(struct buf *b, const struct device_form *f)
{
	static const char *const types[] = {
		[DEVICE_TYPE_FULL] = "",
		[DEVICE_TYPE_BARE] = ", no charset",
		[DEVICE_TYPE_CPIM] = ", all in message/cpim",
	};

	buf_addf(b, "at most %zu bytes", f->body_max);
	if (f->sms)
		buf_adds(b, " and 160 characters");
	if (f->chars)
		buf_addf(b, " and %zu characters", f->chars);
	buf_adds(b, types[f->type]);
	buf_adds(b, f->typing ? ", typing" : "");
	buf_adds(b, f->reports ? ", reports" : "");
}

void device_put(struct buf *b, const struct device *d,
		enum sip_transport transport)
{
	const struct device_form f = device_form(d, transport);

	put_form(b, &f);
	if (f.type != DEVICE_TYPE_CPIM && d->traits & DEVICE_CPIM)
		buf_adds(b, ", cpim");
	if (d->rule) {
		buf_adds(b, ", as device \"");
		buf_adds(b, d->rule->pattern);
		buf_adds(b, "\" says");
	}
}
