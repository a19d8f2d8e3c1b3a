/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a password. */
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "mem.h"

/* The first line; byte by byte, as a terminal gives no more than a line. */
static int read_line(char line[PASSWORD_MAX + 1], int fd, struct buf *why)
{
	size_t n = 0;
	char c = '\0';

	while (read(fd, &c, 1) == 1 && c != '\n') {
		if (n == PASSWORD_MAX || !c) {
			buf_addf(why, "a password has at most %d bytes, and "
				      "none of them is 0", PASSWORD_MAX);
			return EINVAL;
		}
		line[n++] = c;
	}
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	if (n)
		return 0;
	buf_adds(why, "the password is empty");
	return EINVAL;
}

/* Whoever gives up by ^C gets his terminal back as it was. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signum)
{
	interrupted = signum;
}

static int read_quietly(char line[PASSWORD_MAX + 1],
			const struct termios *was, struct buf *why)
{
	const struct sigaction catch = { .sa_handler = on_interrupt };
	struct sigaction before;
	struct termios quiet = *was;
	int err;

	sigaction(SIGINT, &catch, &before);
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	err = read_line(line, STDIN_FILENO, why);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, was);
	sigaction(SIGINT, &before, NULL);
	if (interrupted)
		raise(SIGINT);
	return err;
}

static int ask_terminal(char line[PASSWORD_MAX + 1], const char *prompt,
			struct buf *why)
{
	struct termios was;
	int err;

	if (tcgetattr(STDIN_FILENO, &was))
		return errno;
	fputs(prompt, stderr);
	err = read_quietly(line, &was, why);
	fputc('\n', stderr);
	return err;
}

static int from_terminal(char line[PASSWORD_MAX + 1], struct buf *why)
{
	char again[PASSWORD_MAX + 1] = "";
	int err = ask_terminal(line, "password: ", why);

	if (!err)
		err = ask_terminal(again, "once more: ", why);
	if (!err && strcmp(line, again)) {
		buf_adds(why, "the two are not the same");
		err = EINVAL;
	}
	explicit_bzero(again, sizeof(again));
	return err;
}

/* A file that all may read holds no secret. */
static int from_file(char line[PASSWORD_MAX + 1], const char *file,
		     struct buf *why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY), err = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		err = errno;
		buf_addf(why, "%s: %s", file, strerror(err));
	} else if (S_ISREG(st.st_mode) && st.st_mode & S_IRWXO) {
		buf_addf(why, "%s: holds a password and is open to others: "
			      "chmod 600 %s", file, file);
		err = EACCES;
	} else {
		err = read_line(line, fd, why);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int password_read(char **out, const char *file, struct buf *why)
{
	char line[PASSWORD_MAX + 1] = "";
	int err;

	if (file)
		err = from_file(line, file, why);
	else if (isatty(STDIN_FILENO))
		err = from_terminal(line, why);
	else
		err = read_line(line, STDIN_FILENO, why);
	if (!err)
		*out = mem_strdup(line);
	explicit_bzero(line, sizeof(line));
	return err;
}
