/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a whole file. */
#include "import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };
#define FILE_MAX ((size_t)1 << 30)

static int read_all(struct buf *out, int fd)
{
	ssize_t n;

	do {
		char *room = buf_room(out, CHUNK);

		if (!room)
			return EFBIG;
		n = read(fd, room, CHUNK);
		if (n > 0)
			buf_wrote(out, (size_t)n);
	} while (n > 0);
	return n < 0 ? errno : 0;
}

int import_file_read(struct buf *text, const char *path, struct buf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	text->max = FILE_MAX;
	err = fd < 0 ? errno : read_all(text, fd);
	if (fd >= 0)
		close(fd);
	if (err)
		buf_addf(why, "%s: %s", path, strerror(err));
	return err;
}

bool import_file_is_sqlite(const struct buf *text)
{
	/* https://sqlite.org/fileformat.html 1.3.1 */
	return view_starts(buf_view(text), VIEW("SQLite format 3\0"));
}
