/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lock, and what follows when it is ours. */
#include "share.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "heart.h"
#include "log.h"
#include "mem.h"
#include "notify.h"
#include "serving.h"
#include "standby.h"

enum {
	TRY_MS = 250,
	GONE_MS = 20, /* for the kernel to take down who was killed */
};

bool share_is_on(const struct conf *conf)
{
	return conf->imc.db_mode == 2;
}

/* ---- the socket's place ---- */

static char *socket_path(const struct conf *conf)
{
	char *db = conf_db_path(conf), *path = mem_printf("%s.sock", db);

	mem_free(db);
	return path;
}

char *share_dir(const struct conf *conf)
{
	char *db = conf_db_path(conf), *path;
	struct view dir, name;

	view_rcut(view_str(db), '/', &dir, &name);
	path = dir.n ? view_dup(dir) : mem_strdup("/");
	mem_free(db);
	return path;
}

static int check_dir(const char *dir, struct buf *why)
{
	struct stat st;

	if (stat(dir, &st)) {
		buf_addf(why, "%s: %s", dir, strerrordesc_np(errno));
		return errno;
	}
	if (!(st.st_mode & 022) && (st.st_uid == geteuid() || !st.st_uid))
		return 0;
	buf_addf(why, "%s: others may write there: with db_mode = 2 the data "
		      "base's folder must be ours alone", dir);
	return EACCES;
}

int share_check(const struct confab *c, struct buf *why)
{
	char *path = socket_path(c->conf), *dir = share_dir(c->conf);
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	int err = check_dir(dir, why);

	if (!err && strlen(path) > max) {
		buf_addf(why, "%s: with db_mode = 2 there is a socket beside "
			      "the data base, and its path may have %zu bytes "
			      "at most", path, max);
		err = ENAMETOOLONG;
	}
	mem_free(dir);
	mem_free(path);
	return err;
}

/* ---- serving ---- */

static void on_reply(struct view text, uint64_t conn, uint64_t id, void *arg)
{
	struct confab *c = arg;

	serving_reply(c->serving, conn, id, text);
}

static void on_line(struct view line, uint64_t conn, uint64_t id, void *arg)
{
	struct confab *c = arg;

	control_take(c->control, line, on_reply, conn, id, c);
}

static int open_socket(struct confab *c)
{
	char *path = socket_path(c->conf);
	const struct serving_conf sc = {
		.loop = c->loop,
		.sip = c->sip,
		.path = path,
		.domain = c->conf->domain,
		.users = c->users,
		.lineh = on_line,
		.arg = c,
	};
	int err = serving_new(&c->serving, &sc);

	if (err && !c->share_told)
		log_warning("%s: %s: others can't pass on to this process "
			    "yet", path, strerrordesc_np(err));
	c->share_told = err;
	mem_free(path);
	return err;
}

/* Who was killed may not be quite gone, and we have the lock: again. */
static void on_serve(struct wtimer *t)
{
	struct confab *c = CONTAINER(t, struct confab, share);

	if (open_socket(c))
		wheel_start(loop_wheel(c->loop), t, TRY_MS, on_serve);
}

void share_serve(struct confab *c)
{
	on_serve(&c->share);
}

void share_user(struct confab *c, struct view name)
{
	if (c->serving)
		serving_user(c->serving, name);
}

/* ---- standing by ---- */

static void give_up(struct confab *c, int err, struct buf *why)
{
	log_error("can't take over: %s",
		  why->n ? buf_str(why) : strerrordesc_np(err));
	c->failed = err;
	c->role = CONFAB_STARTING;
	loop_stop(c->loop);
}

/* What the data base says of them counts, and not what we were told. */
static void forget_users(struct users *us)
{
	struct users *none = users_new(VIEW_NONE, VIEW_NONE);

	users_swap(us, none);
	users_free(none);
}

static void take_over(struct confab *c)
{
	struct buf why = { 0 };
	int err;

	forget_users(c->users);
	err = heart_start(c, &why);
	if (!err)
		err = heart_join(c);
	if (err) {
		give_up(c, err, &why);
	} else {
		c->role = CONFAB_SERVING;
		heart_log(c, "took over");
		notify_state("STATUS=serving");
		share_serve(c);
		standby_serve(c->standby);
		standby_free(c->standby);
		c->standby = NULL;
	}
	buf_free(&why);
}

static void on_try(struct wtimer *t)
{
	struct confab *c = CONTAINER(t, struct confab, share);
	struct buf why = { 0 };
	int err = heart_open(c, &why);

	if (!err) {
		take_over(c);
	} else if (err == EBUSY) {
		standby_meet(c->standby, &c->holder);
		wheel_start(loop_wheel(c->loop), t, TRY_MS, on_try);
	} else {
		give_up(c, err, &why);
	}
	buf_free(&why);
}

static void on_gone(void *arg)
{
	struct confab *c = arg;

	if (!c->drain_until_ms)
		wheel_start(loop_wheel(c->loop), &c->share, GONE_MS, on_try);
}

void share_stand_by(struct confab *c)
{
	char *path = socket_path(c->conf);
	const struct standby_conf sc = {
		.loop = c->loop,
		.sip = c->sip,
		.path = path,
		.domain = c->conf->domain,
		.users = c->users,
		.gone = on_gone,
		.arg = c,
	};

	c->standby = standby_new(&sc);
	c->role = CONFAB_STANDBY;
	mem_free(path);
	standby_meet(c->standby, &c->holder);
	wheel_start(loop_wheel(c->loop), &c->share, TRY_MS, on_try);
}

/* ---- the end ---- */

size_t share_under_way(const struct confab *c)
{
	struct standby_stats sb = { 0 };
	struct serving_stats sv = { 0 };

	if (c->standby)
		standby_stats(c->standby, &sb);
	if (c->serving)
		serving_stats(c->serving, &sv);
	return sb.waiting + sv.open;
}

void share_drain(struct confab *c)
{
	wheel_stop(loop_wheel(c->loop), &c->share);
	if (c->serving)
		serving_drain(c->serving);
}

void share_quiet(struct confab *c)
{
	wheel_stop(loop_wheel(c->loop), &c->share);
	if (c->serving)
		serving_quiet(c->serving);
	standby_free(c->standby);
	c->standby = NULL;
}

void share_stop(struct confab *c)
{
	serving_free(c->serving);
	c->serving = NULL;
}
