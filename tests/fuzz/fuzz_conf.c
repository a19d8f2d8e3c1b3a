/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A configuration file of any content: read whole, or refused in one line
 * that names the file.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#include "conf.h"

static void check_list(char **list)
{
	assert(list);
	while (*list)
		assert(strlen(*list++) < 8192);
}

static void check(const struct conf *c)
{
	check_list(c->listen);
	check_list(c->trusted);
	check_list(c->send_to);
	check_list(c->imc.peers);
	assert(c->domain && c->state_dir && c->control && c->log_level);
	assert(c->imc.manager && *c->imc.imc_cmd_start_char);
	assert(c->auth_sha256 || c->auth_md5);
	assert(c->limits.rooms >= 0 && c->limits.expires_min > 0);
	assert(c->journal_days > 0 && c->worker_timeout > 0);
	for (size_t i = 0; i < c->jabber_count; i++)
		assert(*c->jabber[i].label && c->jabber[i].password);
	for (size_t i = 0; i < c->irc_count; i++)
		assert(*c->irc[i].label && c->irc[i].nick);
	for (size_t i = 0; i < c->link_count; i++)
		assert(*c->link[i].label && *c->link[i].to);
	for (size_t i = 0; i < c->device_count; i++)
		assert(c->device[i].match && c->device[i].max_bytes >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("confab.conf", MFD_CLOEXEC);
	char path[64];
	struct conf *c;
	struct buf why = { 0 };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (!conf_load(&c, path, &why)) {
		assert(!why.n);
		check(c);
		mem_deref(c);
	} else {
		assert(why.n > strlen(path));
		assert(view_starts(buf_view(&why), view_str(path)));
		assert(!view_has(view_trim(buf_view(&why)), '\n'));
	}
	buf_free(&why);
	close(fd);
	assert(!mem_live());
	return 0;
}
