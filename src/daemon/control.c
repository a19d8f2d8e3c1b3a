/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: connections, requests, answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmdtab.h"
#include "control_priv.h"
#include "log.h"
#include "mem.h"
#include "peercred.h"
#include "standby.h"
#include "stream.h"

enum {
	LINE_MAX_BYTES = 16 * 1024,
	OUT_MAX = 64 * 1024 * 1024,
	CONNS_MAX = 32
};

struct control {
	struct confab *confab;     /* borrowed */
	struct listener *listener; /* owned */
	struct htable conns;       /* struct conn, by id */
	char *path;                /* owned */
	uint64_t last_id;
};

struct conn {
	struct hnode by_id;
	struct control *control;   /* borrowed */
	struct stream *stream;     /* owned; NULL: the line came elsewhere */
	uint64_t id;
	bool partly;               /* an answer is half written */
	control_reply_h *replyh;   /* without a stream, with these */
	uint64_t a, b;
	void *arg;
};

static void conn_free(struct conn *n)
{
	htable_del(&n->control->conns, &n->by_id);
	stream_close(n->stream);
	mem_free(n);
}

static struct conn *conn_find(struct control *c, uint64_t id)
{
	struct hnode *h = htable_find(&c->conns, hash_u64(id));

	while (h && CONTAINER(h, struct conn, by_id)->id != id)
		h = htable_more(h);
	return h ? CONTAINER(h, struct conn, by_id) : NULL;
}

static void conn_reply(struct conn *n, struct view line)
{
	control_reply_h *h = n->replyh;
	uint64_t a = n->a, b = n->b;
	void *arg = n->arg;

	conn_free(n);
	h(line, a, b, arg);
}

static void conn_send(struct conn *n, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;

	json_decref(answer);
	if (len)
		text[len++] = '\n'; /* in place of the NUL */
	if (!n->stream)
		conn_reply(n, view_mem(text, len));
	else if (!len || stream_write(n->stream, text, len))
		conn_free(n);
	mem_free(text);
}

void control_answer(struct control *c, uint64_t conn, json_t *result)
{
	struct conn *n = conn_find(c, conn);

	if (n)
		conn_send(n,
			  json_pack("{s:b, s:o}", "ok", 1, "result", result));
	else
		json_decref(result);
}

void control_refuse(struct control *c, uint64_t conn, const char *why)
{
	struct conn *n = conn_find(c, conn);

	if (n)
		conn_send(n, json_pack("{s:b, s:s}", "ok", 0, "error", why));
}

struct confab *control_confab(const struct control *c)
{
	return c->confab;
}

/* ---- requests ---- */

static bool get_args(struct control_call *call, const json_t *root)
{
	const json_t *argv = json_object_get(root, "argv");
	size_t n = json_array_size(argv);

	if (!n || n > CONTROL_ARGS_MAX)
		return false;
	call->rows = json_object_get(root, "rows");
	for (call->argc = 0; call->argc < n; call->argc++) {
		const json_t *s = json_array_get(argv, call->argc);

		if (!json_is_string(s))
			return false;
		call->argv[call->argc] =
			view_mem(json_string_value(s), json_string_length(s));
	}
	return true;
}

/* Pieces of an answer that another process gave. */
static void on_passed(int err, struct view text, bool more, uint64_t conn,
		      void *arg)
{
	struct conn *n = conn_find(arg, conn);

	if (!n)
		return;
	if (err && !n->partly)
		control_refuse(arg, conn, "the process that serves ended "
					  "before it answered");
	else if (err || stream_write(n->stream, text.p, text.n))
		conn_free(n);
	else
		n->partly = more;
}

/* Who stands by knows of himself only. */
static void pass(struct conn *n, struct view line)
{
	struct control *c = n->control;
	int err = standby_line(c->confab->standby, line, on_passed, n->id, c);

	if (err == ENOTCONN)
		control_refuse(c, n->id, "this process stands by, and nobody "
					 "serves at the moment");
	else if (err)
		control_refuse(c, n->id, strerrordesc_np(err));
}

static void on_line(struct conn *n, struct view line)
{
	struct control_call call = { .control = n->control, .conn = n->id };
	json_error_t je;
	json_t *root = json_loadb(line.p, line.n, 0, &je);

	if (!root || !get_args(&call, root))
		control_refuse(n->control, n->id,
			       "a request is one JSON object a line, like "
			       "{\"argv\":[\"status\"]}");
	else if (n->control->confab->standby &&
		 !view_eqs(call.argv[0], "status"))
		pass(n, line);
	else
		control_run(&call);
	json_decref(root);
}

void control_take(struct control *c, struct view line, control_reply_h *h,
		  uint64_t a, uint64_t b, void *arg)
{
	struct conn *n = mem_zalloc(sizeof(*n));

	n->control = c;
	n->id = ++c->last_id;
	n->replyh = h;
	n->a = a;
	n->b = b;
	n->arg = arg;
	htable_add(&c->conns, &n->by_id, hash_u64(n->id));
	on_line(n, line);
}

static void on_data(struct buf *in, void *arg)
{
	struct conn *n = arg;
	struct control *c = n->control;
	uint64_t id = n->id;
	char *end;

	/* A request may end its connection: look it up each time. */
	while (conn_find(c, id) && in->n &&
	       (end = memchr(in->p, '\n', in->n))) {
		char *line = mem_strndup(in->p, (size_t)(end - in->p));
		size_t len = (size_t)(end - in->p);

		buf_drop(in, len + 1);
		on_line(n, view_mem(line, len));
		mem_wipe_free(line, len);
	}
}

static void on_close(int err, const char *text, void *arg)
{
	(void)err;
	(void)text;
	conn_free(arg);
}

static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	static const struct stream_ops ops = { .on_data = on_data,
					       .on_close = on_close };
	static const struct stream_conf conf = { .in_max = LINE_MAX_BYTES,
						 .out_max = OUT_MAX };
	struct control *c = arg;
	struct conn *n;

	(void)peer;
	if (c->conns.count >= CONNS_MAX || !peercred_allowed(fd, "control")) {
		close(fd);
		return;
	}
	n = mem_zalloc(sizeof(*n));
	n->control = c;
	n->id = ++c->last_id;
	if (stream_adopt(&n->stream, c->confab->loop, fd, &conf, &ops, n)) {
		mem_free(n);
		return;
	}
	htable_add(&c->conns, &n->by_id, hash_u64(n->id));
}

int control_open(struct control **cp, struct confab *confab, const char *path)
{
	struct control *c = mem_zalloc(sizeof(*c));
	int err;

	json_set_alloc_funcs(malloc, mem_scrub_free); /* passwords come so */
	c->confab = confab;
	c->path = mem_strdup(path);
	err = listener_open_unix(&c->listener, confab->loop, path, on_accept,
				 c);
	if (err)
		control_close(c);
	else
		*cp = c;
	return err;
}

void control_close(struct control *c)
{
	struct hnode *h;

	if (!c)
		return;
	listener_close(c->listener); /* takes the path away, if it is its */
	while ((h = htable_pop(&c->conns))) {
		struct conn *n = CONTAINER(h, struct conn, by_id);

		stream_close(n->stream);
		mem_free(n);
	}
	htable_free(&c->conns);
	mem_free(c->path);
	mem_free(c);
}
