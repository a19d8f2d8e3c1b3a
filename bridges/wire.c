/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames as structs and back. On the wire a u is 8 bytes, an s a u32 length
 * and its bytes, an m a u32 count and that many pairs of s. All that arrives
 * is checked here, so that nobody behind has to.
 */
#include <errno.h>
#include <string.h>

#include "utf8.h"
#include "wire.h"

enum side { DAEMON, WORKER };

struct row {
	const char *name;
	enum side to;
	const char *fields;
};

static const struct row rows[WIRE_TYPES_END] = {
#define X(name, to, fields) [WIRE_##name] = { #name, to, fields },
	WIRE_TYPES(X)
#undef X
};

/* How many fields of each kind have been done. */
struct count {
	size_t u, s;
};

static const struct row *row_of(unsigned type)
{
	if (type >= WIRE_TYPES_END || !rows[type].name)
		return NULL;
	return &rows[type];
}

const char *wire_name(unsigned type)
{
	const struct row *row = row_of(type);

	return row ? row->name : "?";
}

static const char *get_text(struct view *out, struct reader *r)
{
	*out = reader_bytes(r, reader_u32(r));
	if (r->bad)
		return "a field is short";
	return utf8_valid(*out) ? NULL : "text is not UTF-8";
}

static const char *get_settings(struct wire_msg *out, struct reader *r)
{
	uint32_t count = reader_u32(r);
	const char *why = NULL;

	if (count > WIRE_SETTINGS_MAX)
		return "too many settings";
	while (!why && out->settings_count < count) {
		struct wire_setting *s = &out->settings[out->settings_count++];

		why = get_text(&s->key, r);
		if (!why)
			why = get_text(&s->value, r);
	}
	return why ? why : r->bad ? "a field is short" : NULL;
}

static const char *get_field(struct wire_msg *out, struct reader *r,
			     char letter, struct count *done)
{
	switch (letter) {
	case 'u':
		out->u[done->u++] = reader_u64(r);
		return r->bad ? "a field is short" : NULL;
	case 's':
		return get_text(&out->s[done->s++], r);
	default:
		return get_settings(out, r);
	}
}

static const char *get_fields(struct wire_msg *out, const struct frame *f,
			      const char *fields)
{
	struct reader r = { .v = f->payload };
	struct count done = { 0 };
	const char *why = NULL;

	for (; !why && *fields; fields++)
		why = get_field(out, &r, *fields, &done);
	if (!why && r.v.n)
		why = "something is left over";
	return why;
}

int wire_decode(struct wire_msg *out, const struct frame *f, bool to_worker,
		const char **why)
{
	const struct row *row = row_of(f->type);

	*out = (struct wire_msg){ .type = WIRE_NONE };
	*why = NULL;
	if (!row)
		*why = "unknown type";
	else if (row->to != (to_worker ? WORKER : DAEMON))
		*why = "wrong direction";
	else
		*why = get_fields(out, f, row->fields);
	if (*why)
		return EBADMSG;
	out->type = f->type;
	out->id = f->id;
	return 0;
}

static void put_view(struct buf *b, struct view v)
{
	buf_put_u32(b, (uint32_t)v.n);
	buf_addv(b, v);
}

static void put_text(struct buf *b, struct view v)
{
	struct buf clean = { 0 };

	if (utf8_valid(v)) {
		put_view(b, v);
		return;
	}
	utf8_clean(&clean, v);
	put_view(b, buf_view(&clean));
	buf_free(&clean);
}

static void put_settings(struct buf *b, const struct wire_msg *m)
{
	size_t i;

	buf_put_u32(b, (uint32_t)m->settings_count);
	for (i = 0; i < m->settings_count; i++) {
		put_text(b, m->settings[i].key);
		put_text(b, m->settings[i].value);
	}
}

int wire_encode(struct buf *b, const struct wire_msg *m)
{
	const struct row *row = row_of(m->type);
	struct count done = { 0 };
	const char *letter;

	if (!row || m->settings_count > WIRE_SETTINGS_MAX)
		return EINVAL;
	for (letter = row->fields; *letter; letter++) {
		if (*letter == 'u')
			buf_put_u64(b, m->u[done.u++]);
		else if (*letter == 's')
			put_text(b, m->s[done.s++]);
		else
			put_settings(b, m);
	}
	return b->over ? EMSGSIZE : 0;
}

int wire_send(struct framer *f, const struct wire_msg *m)
{
	bool secret = m->settings_count || m->type == WIRE_JOIN;
	struct buf b;
	int err;

	buf_init(&b, FRAME_PAYLOAD_MAX);
	/* Settings hold secrets, and so do joins: with all the room from the
	 * start no copy is left behind by growing, and what there is can be
	 * wiped. */
	if (secret)
		buf_room(&b, FRAME_PAYLOAD_MAX);
	err = wire_encode(&b, m);
	if (!err)
		err = framer_send(f, (uint16_t)m->type, m->id, buf_view(&b));
	if (secret)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
	return err;
}

struct view wire_setting(const struct wire_msg *m, const char *key)
{
	size_t i;

	for (i = 0; i < m->settings_count; i++) {
		if (view_eqs(m->settings[i].key, key))
			return m->settings[i].value;
	}
	return VIEW_NONE;
}
