/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabctl jabber map, irc map: one account and its password. */
#include "map.h"

#include <errno.h>
#include <string.h>

#include "ask.h"
#include "mem.h"
#include "password.h"

enum { ANSWER_MAX = 1024 * 1024, MAP_WORDS = 12 };

static const char *const words[] = { "add", "passwd", "import" };

bool map_is_ours(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "map"))
		return false;
	if (strcmp(argv[0], "irc") == 0 && strcmp(argv[2], "import") == 0)
		return false; /* there was no such table */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(argv[2], words[i]) == 0)
			return true;
	return false;
}

json_t *map_refusal(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

int map_ask(json_t **out, int fd, json_t *request)
{
	struct buf in = { .max = ANSWER_MAX };
	json_error_t je;
	int err = ask(fd, request, &in);

	if (!err)
		*out = json_loadb(in.p, in.n, 0, &je);
	buf_free(&in);
	return !err && !*out ? EPROTO : err;
}

/* confabd's word for the row becomes an answer for people. */
static json_t *in_words(const json_t *answer, char **argv, bool passwd)
{
	const json_t *result = json_object_get(answer, "result");
	const char *said = json_string_value(json_array_get(result, 0));
	bool ok = said && strcmp(said, "taken") == 0;
	struct buf text = { 0 };
	json_t *out;

	if (!said)
		said = json_string_value(json_object_get(answer, "error"));
	buf_adds(&text, "account ");
	if (argv[4]) {
		buf_adds(&text, argv[4]);
		buf_adds(&text, " of ");
	}
	buf_adds(&text, argv[3]);
	if (ok)
		buf_adds(&text, passwd ? " has a new password" : " added");
	else if (said && strcmp(said, "there") == 0)
		buf_addf(&text, " exists; see %s map passwd", argv[0]);
	else
		buf_addf(&text, ": %s", said ? said : "no answer");
	out = ok ? json_pack("{s:b, s:s}", "ok", 1, "result", buf_str(&text)) :
		   map_refusal(buf_str(&text));
	buf_free(&text);
	return out;
}

/* What stands behind user and account are settings, for confabd to read.
 * check: only whether it would be taken. */
static json_t *request(int argc, char **argv, const char *password,
		       bool check)
{
	json_t *list = json_pack("[s, s, s+]", "put-accounts", argv[0],
				 check ? "check-" : "", argv[2]);
	json_t *row = json_pack("[s, s, s, b]", argv[3],
				argc > 4 ? argv[4] : "", password, 1);
	bool ok = list && row;

	for (int i = 5; i < argc && ok; i++)
		ok = !json_array_append_new(list, json_string(argv[i]));
	if (ok)
		return json_pack("{s:o, s:[o]}", "argv", list, "rows", row);
	json_decref(list);
	json_decref(row);
	return NULL;
}

static int send(json_t **answer, int fd, json_t *root, char **argv)
{
	json_t *said = NULL;
	int err;

	if (!root) {
		*answer = map_refusal("what was given is no UTF-8");
		return 0;
	}
	err = map_ask(&said, fd, root);
	if (!err)
		*answer = in_words(said, argv, strcmp(argv[2], "add") != 0);
	json_decref(said);
	return err;
}

static int put(json_t **answer, int fd, int argc, char **argv,
	       const char *password)
{
	return send(answer, fd, request(argc, argv, password, false), argv);
}

/* Nobody is to type a password for what will be refused: true, and *answer
 * says why, or *err. */
static bool is_in_vain(json_t **answer, int *err, int fd, int argc,
		       char **argv)
{
	*err = send(answer, fd, request(argc, argv, "", true), argv);
	if (*err || !json_is_true(json_object_get(*answer, "ok")))
		return true;
	json_decref(*answer);
	*answer = NULL;
	return false;
}

static int read_and_put(json_t **answer, int fd, int argc, char **argv,
			const char *password_file)
{
	struct buf why = { 0 };
	char *password = NULL;
	int err;

	if (is_in_vain(answer, &err, fd, argc, argv))
		return err;
	err = password_read(&password, password_file, &why);
	if (err) {
		*answer = map_refusal(why.n ? buf_str(&why) : strerror(err));
		err = 0;
	} else {
		err = put(answer, fd, argc, argv, password);
	}
	mem_wipe_free(password, password ? strlen(password) : 0);
	buf_free(&why);
	return err;
}

static json_t *usage(const char *word, bool add)
{
	char *text = mem_printf(add ? "usage: %s map add USER ACCOUNT "
				      "[SETTING=VALUE ...] "
				      "[--password-file FILE]" :
				      "usage: %s map passwd USER ACCOUNT "
				      "[--password-file FILE]",
				word);
	json_t *refusal = map_refusal(text);

	mem_free(text);
	return refusal;
}

/* "purple map add ... no-password": not every network wants one. */
static bool has_none(int argc, char **argv)
{
	return strcmp(argv[0], "purple") == 0 &&
	       strcmp(argv[2], "add") == 0 && argc > 5 &&
	       strcmp(argv[argc - 1], "no-password") == 0;
}

/* Of purple an id will do for an account that there is. */
static bool is_whole(int argc, char **argv, bool add)
{
	int least = !add && strcmp(argv[0], "purple") == 0 ? 4 : 5;

	return argc >= least && argc <= (add ? MAP_WORDS : 5);
}

int map_run(json_t **answer, int fd, int argc, char **argv,
	    const char *password_file)
{
	bool add = strcmp(argv[2], "add") == 0;

	if (strcmp(argv[2], "import") == 0)
		return map_import(answer, fd, argv[0], argc - 3, argv + 3);
	if (!is_whole(argc, argv, add)) {
		*answer = usage(argv[0], add);
		return 0;
	}
	if (has_none(argc, argv))
		return put(answer, fd, argc - 1, argv, "");
	return read_and_put(answer, fd, argc, argv, password_file);
}
