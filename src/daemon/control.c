/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: connections, requests, answers. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmdtab.h"
#include "control_priv.h"
#include "log.h"
#include "mem.h"
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
	struct stream *stream;     /* owned */
	uint64_t id;
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

static void conn_send(struct conn *n, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	int err = EINVAL;

	json_decref(answer);
	if (text) {
		err = stream_write(n->stream, text, strlen(text));
		if (!err)
			err = stream_write(n->stream, "\n", 1);
		mem_free(text);
	}
	if (err)
		conn_free(n);
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

static void on_line(struct conn *n, struct view line)
{
	struct control_call call = { .control = n->control, .conn = n->id };
	json_error_t je;
	json_t *root = json_loadb(line.p, line.n, 0, &je);

	if (!root || !get_args(&call, root))
		control_refuse(n->control, n->id,
			       "a request is one JSON object a line, like "
			       "{\"argv\":[\"status\"]}");
	else
		control_run(&call);
	json_decref(root);
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
		mem_free(line);
	}
}

static void on_close(int err, const char *text, void *arg)
{
	(void)err;
	(void)text;
	conn_free(arg);
}

/* Only root and the user that confabd runs as (SO_PEERCRED, unix(7)). */
static bool peer_allowed(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	if (cred.uid == 0 || cred.uid == geteuid())
		return true;
	log_warning("control: refused user %u", (unsigned)cred.uid);
	return false;
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
	if (c->conns.count >= CONNS_MAX || !peer_allowed(fd)) {
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
	if (c->listener) {
		listener_close(c->listener);
		unlink(c->path);
	}
	while ((h = htable_pop(&c->conns))) {
		struct conn *n = CONTAINER(h, struct conn, by_id);

		stream_close(n->stream);
		mem_free(n);
	}
	htable_free(&c->conns);
	mem_free(c->path);
	mem_free(c);
}
