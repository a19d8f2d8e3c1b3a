/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGHUP: the file and the certificates are read again. All that can fail
 * comes before anything is changed, so a mistake leaves all as it was. What
 * comes while one is waiting is the same one.
 */
#include "reload.h"

#include "heart.h"
#include "log.h"
#include "mem.h"

enum { GATHER_MS = 100 };

/* Nothing is changed before all of it is known to be right: the last of these
 * takes what it checks, and only if it is right. */
static int check(struct confab *c, struct conf *fresh, struct buf *why)
{
	int err = confab_edge_check(fresh, why);

	if (!err)
		err = listen_read(&c->listen, why);
	if (!err && c->role == CONFAB_SERVING)
		err = heart_reload_faces(c, fresh, why);
	return err;
}

static void tell(const struct conf_taken *t)
{
	if (t->taken.n)
		log_info("SIGHUP: now as the file says: %.*s",
			 VIEW_ARG(buf_view(&t->taken)));
	if (t->later.n)
		log_warning("SIGHUP: has changed and needs a restart: %.*s",
			    VIEW_ARG(buf_view(&t->later)));
	if (!t->taken.n && !t->later.n)
		log_info("SIGHUP: the file has not changed; certificates were "
			 "read again");
}

static void take(struct confab *c, struct conf *fresh)
{
	struct conf_taken taken = { 0 };
	enum log_level level;

	conf_take(c->conf, fresh, &taken);
	if (!log_level_parse(&level, c->conf->log_level))
		log_set_level(level);
	listen_turn(&c->listen);
	confab_edge_set(c);
	if (c->role == CONFAB_SERVING)
		heart_reload(c);
	tell(&taken);
	buf_free(&taken.taken);
	buf_free(&taken.later);
}

static void on_reload(struct wtimer *t)
{
	struct confab *c = CONTAINER(t, struct confab, reload);
	struct conf *fresh = NULL;
	struct buf why = { 0 };
	int err = conf_load(&fresh, c->file, &why);

	if (!err)
		err = check(c, fresh, &why);
	if (err)
		log_error("SIGHUP: all stays as it was: %s", buf_str(&why));
	else
		take(c, fresh);
	mem_deref(fresh);
	buf_free(&why);
}

void reload_soon(struct confab *c)
{
	if (!wtimer_running(&c->reload))
		wheel_start(loop_wheel(c->loop), &c->reload, GATHER_MS,
			    on_reload);
}
