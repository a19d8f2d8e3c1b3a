/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages. Name and text are cleaned here, once, so that whoever gets a
 * struct msg may rely on it; one block holds them all.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "core_priv.h"
#include "mem.h"
#include "meta.h"
#include "msg.h"
#include "utf8.h"

static const char *const kind_names[] = {
	[MSG_TEXT] = "text",
	[MSG_EMOTE] = "emote",
	[MSG_NOTICE] = "notice",
	[MSG_SUBJECT] = "subject",
};

const char *msg_kind_name(enum msg_kind kind)
{
	return (unsigned)kind <= MSG_SUBJECT ? kind_names[kind] : "unknown";
}

uint64_t core_new_id(void)
{
	uint64_t id;

	do
		id = rand_u64() & INT64_MAX;
	while (!id);
	return id;
}

uint64_t msg_new_id(void)
{
	return core_new_id();
}

static void msg_destroy(void *obj)
{
	struct msg *m = obj;

	mem_deref(m->from);
}

static int clean_text(struct buf *b, struct view text)
{
	struct view v;

	if (text.n > MSG_TEXT_MAX)
		return EMSGSIZE;
	utf8_clean(b, text);
	v = buf_view(b);
	while (v.n && v.p[v.n - 1] == '\n')
		v.n--;
	b->n = v.n;
	if (v.n > MSG_TEXT_MAX)
		return EMSGSIZE;
	return utf8_shows(v) ? 0 : EBADMSG;
}

/* The part behind the last @ is ours (a host, a link's label); one in front
 * of it would be somebody's invention. */
static void clean_name(struct buf *b, struct view name)
{
	struct view who, at;

	if (!view_rcut(name, '@', &who, &at)) {
		utf8_clean_name(b, name, MSG_NAME_MAX);
		return;
	}
	utf8_clean_name(b, who, NAME_WHO_MAX);
	buf_addc(b, '@');
	utf8_clean_name(b, at, NAME_AT_MAX);
}

static struct msg *msg_build(const struct msg_conf *conf, struct view name,
			     struct view text)
{
	struct view meta = conf->meta;
	struct msg *m = mem_new(sizeof(*m) + name.n + text.n + meta.n + 2,
				msg_destroy);
	char *p = (char *)(m + 1);

	memcpy(p, name.p, name.n);
	m->name = view_mem(p, name.n);
	p += name.n + 1;
	memcpy(p, text.p, text.n);
	m->text = view_mem(p, text.n);
	m->meta = VIEW_NONE;
	if (meta.n) {
		p += text.n + 1;
		memcpy(p, meta.p, meta.n);
		m->meta = view_mem(p, meta.n);
	}

	m->id = conf->id ? conf->id : core_new_id();
	m->kind = conf->kind;
	m->from = mem_ref(conf->from);
	m->time_ms = conf->time_ms ? conf->time_ms : wall_ms();
	m->reply_to = conf->reply_to;
	m->origin = conf->origin;
	m->audience = conf->audience;
	m->seq = conf->seq;
	return m;
}

int msg_new(struct msg **mp, const struct msg_conf *conf)
{
	struct buf name = { 0 }, text = { 0 };
	int err;

	err = conf->meta.n > META_MAX ? EMSGSIZE :
					clean_text(&text, conf->text);
	if (err)
		goto out;
	clean_name(&name, conf->name);
	*mp = msg_build(conf, buf_view(&name), buf_view(&text));
out:
	buf_free(&name);
	buf_free(&text);
	return err;
}

int msg_print(struct sink *out, const struct msg *m)
{
	return sink_printf(out, "%016llx %s %llu from %.*s, %zu bytes\n",
			   (unsigned long long)m->id, msg_kind_name(m->kind),
			   (unsigned long long)m->seq, VIEW_ARG(m->name),
			   m->text.n);
}
