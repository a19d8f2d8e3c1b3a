/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where passwords come from. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "secret.h"

enum { SECRET_MAX = 1024 };

static void replace(char **secret, const char *p, size_t n)
{
	mem_wipe_free(*secret, *secret ? strlen(*secret) : 0);
	*secret = mem_strndup(p, n);
}

static const char *from_environment(const char *kind, const char *label)
{
	char *name = mem_printf("CONFAB_%s_%s_PASSWORD", kind, label);
	const char *value;

	for (char *p = name; *p; p++)
		*p = isalnum((unsigned char)*p) ?
			     (char)toupper((unsigned char)*p) :
			     '_';
	value = getenv(name);
	mem_free(name);
	return value;
}

static char *beside(const char *config, const char *file)
{
	const char *slash = strrchr(config, '/');

	if (file[0] == '/' || !slash)
		return mem_strdup(file);
	return mem_printf("%.*s/%s", (int)(slash - config), config, file);
}

/* Nobody but the owner (and, for packages, the group) may read it. */
static int check_mode(int fd, const char *path, struct buf *why)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		buf_addf(why, "%s: must be a plain file", path);
		return EINVAL;
	}
	if (!(st.st_mode & S_IRWXO))
		return 0;
	buf_addf(why, "%s: holds a password and is open to others: chmod 600 "
		      "%s",
		 path, path);
	return EACCES;
}

static int from_file(char **secret, const char *path, struct buf *why)
{
	char line[SECRET_MAX + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;
	int err;

	if (fd < 0) {
		err = errno;
		buf_addf(why, "%s: %s", path, strerror(err));
		return err;
	}
	err = check_mode(fd, path, why);
	n = err ? 0 : read(fd, line, sizeof(line) - 1);
	close(fd);
	if (err)
		return err;
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (!*line) {
		buf_addf(why, "%s: its first line must be the password", path);
		err = EINVAL;
	} else {
		replace(secret, line, strlen(line));
	}
	explicit_bzero(line, sizeof(line));
	return err;
}

static int in_config(const char *config, struct buf *why)
{
	int fd = open(config, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;

	if (fd < 0)
		return 0;
	err = check_mode(fd, config, why);
	close(fd);
	return err;
}

int secret_load(char **secret, const char *kind, const char *label,
		const char *file, const char *config, struct buf *why)
{
	const char *env = from_environment(kind, label);
	char *path;
	int err;

	if (env) {
		replace(secret, env, strlen(env));
		return 0;
	}
	if (!*file)
		return **secret ? in_config(config, why) : 0;
	path = beside(config, file);
	err = from_file(secret, path, why);
	mem_free(path);
	return err;
}
