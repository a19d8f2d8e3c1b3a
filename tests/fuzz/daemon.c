/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Its data base is in $TMPDIR or /dev/shm: fast, and not kept. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control.h"
#include "daemon.h"
#include "log.h"

static struct confab daemon_one;
static char dir[64];

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static int remove_one(const char *path, const struct stat *st, int what,
		      struct FTW *at)
{
	(void)st;
	(void)what;
	(void)at;
	return remove(path);
}

static void stop(void)
{
	confab_stop(&daemon_one);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	assert(!mem_live());
}

static struct conf *read_conf(void)
{
	struct buf why = { 0 };
	struct conf *conf;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/confab.conf", dir);
	f = fopen(path, "w");
	assert(f);
	fprintf(f, "domain = \"confab.example\"\n"
		   "listen = {\"udp:127.0.0.1:%d\"}\n"
		   "trusted = {\"127.0.0.0/8\"}\n"
		   "state_dir = \"%s\"\ncontrol = \"%s/control\"\n"
		   "limits { user_rate = 0 room_rate = 0 create_rate = 0 "
		   "join_rate = 0 invite_rate = 0 invited_rate = 0 }\n",
		10000 + (int)(getpid() % 50000), dir, dir);
	fclose(f);
	if (conf_load(&conf, path, &why))
		fprintf(stderr, "%s\n", buf_str(&why));
	assert(!why.n);
	return conf;
}

static void start(void)
{
	const char *base = getenv("TMPDIR");
	struct buf why = { 0 };
	struct conf *conf;

	if (!base)
		base = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
	snprintf(dir, sizeof(dir), "%.40s/fuzz.XXXXXX", base);
	assert(mkdtemp(dir));
	log_set_handler(quiet, NULL);
	conf = read_conf();
	if (confab_start(&daemon_one, conf, "/dev/null", &why))
		fprintf(stderr, "%s\n", buf_str(&why));
	assert(!why.n && daemon_one.role == CONFAB_SERVING);
	mem_deref(conf);
	atexit(stop);
}

struct confab *daemon_get(void)
{
	if (!daemon_one.loop)
		start();
	return &daemon_one;
}

static void on_done(int err, void *arg)
{
	assert(!err);
	*(bool *)arg = true;
}

void daemon_settle(void)
{
	struct confab *c = daemon_get();
	bool done = false;

	store_commit(store_begin(c->store), on_done, &done);
	while (!done)
		loop_turn(c->loop, 1000);
	loop_turn(c->loop, 0);
}

void daemon_clean(void)
{
	struct confab *c = daemon_get();
	struct room *r, *next;
	const struct user *u;
	size_t pos = 0;

	for (r = hub_each_room(c->hub, &pos, NULL); r; r = next) {
		next = hub_each_room(c->hub, &pos, r);
		hub_room_destroy(r, VIEW_NONE, NULL, NULL);
	}
	pos = 0;
	while ((u = users_each(c->users, &pos, NULL))) {
		users_del(c->users, u->name);
		pos = 0;
	}
	daemon_settle();
}
