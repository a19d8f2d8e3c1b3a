/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our loop within GLib's, and libpurple's wishes for GLib's. */
#include <purple.h>

#include "pw_loop.h"

struct own_source {
	GSource base;
	struct loop *loop; /* borrowed */
	gpointer tag;	   /* of its descriptor */
};

static gboolean own_prepare(GSource *base, gint *timeout)
{
	struct own_source *s = (void *)base;

	*timeout = loop_backend_timeout(s->loop);
	return *timeout == 0;
}

static gboolean own_check(GSource *base)
{
	struct own_source *s = (void *)base;

	return g_source_query_unix_fd(base, s->tag) ||
	       loop_backend_timeout(s->loop) == 0;
}

static gboolean own_dispatch(GSource *base, GSourceFunc h, gpointer arg)
{
	(void)h;
	(void)arg;
	loop_turn(((struct own_source *)(void *)base)->loop, 0);
	return TRUE;
}

void pw_loop_attach(struct loop *l)
{
	static GSourceFuncs funcs = {
		.prepare = own_prepare,
		.check = own_check,
		.dispatch = own_dispatch,
	};
	GSource *base = g_source_new(&funcs, sizeof(struct own_source));
	struct own_source *s = (void *)base;

	s->loop = l;
	s->tag = g_source_add_unix_fd(base, loop_backend_fd(l), G_IO_IN);
	g_source_attach(base, NULL);
	g_source_unref(base);
}

/* ---- for libpurple ---- */

struct input {
	PurpleInputFunction h;
	gpointer arg;
};

static gboolean on_input(GIOChannel *channel, GIOCondition ready,
			 gpointer arg)
{
	struct input *in = arg;
	PurpleInputCondition cond = 0;

	if (ready & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		cond |= PURPLE_INPUT_READ;
	if (ready & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		cond |= PURPLE_INPUT_WRITE;
	in->h(in->arg, g_io_channel_unix_get_fd(channel), cond);
	return TRUE;
}

static guint input_add(int fd, PurpleInputCondition cond,
		       PurpleInputFunction h, gpointer arg)
{
	struct input *in = g_new0(struct input, 1);
	GIOChannel *channel = g_io_channel_unix_new(fd);
	GIOCondition want = 0;
	guint id;

	in->h = h;
	in->arg = arg;
	if (cond & PURPLE_INPUT_READ)
		want |= G_IO_IN | G_IO_HUP | G_IO_ERR;
	if (cond & PURPLE_INPUT_WRITE)
		want |= G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL;
	id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, want, on_input,
				 in, g_free);
	g_io_channel_unref(channel);
	return id;
}

void pw_loop_ui(void)
{
	static PurpleEventLoopUiOps ops = {
		.timeout_add = g_timeout_add,
		.timeout_remove = g_source_remove,
		.input_add = input_add,
		.input_remove = g_source_remove,
		.timeout_add_seconds = g_timeout_add_seconds,
	};

	purple_eventloop_set_ui_ops(&ops);
}
