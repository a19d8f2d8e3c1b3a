/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabctl user: one user and his password. */
#include "user.h"

#include <errno.h>
#include <string.h>

#include "ask.h"
#include "digest.h"
#include "mem.h"
#include "password.h"

enum { ANSWER_MAX = 1024 * 1024 };

bool user_is_ours(const char *command)
{
	return strcmp(command, "add") == 0 || strcmp(command, "passwd") == 0 ||
	       strcmp(command, "import") == 0;
}

json_t *user_refusal(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

static json_t *ha1(enum digest_algo algo, struct view name,
		   struct view realm, struct view password)
{
	const struct view parts[] = { name, realm, password };
	char hex[DIGEST_HEX_MAX];
	json_t *s;

	/* Without the algorithm he can't log in by it: the text is empty. */
	digest_hex(hex, algo, parts, 3);
	s = json_string(hex);
	explicit_bzero(hex, sizeof(hex));
	return s;
}

json_t *user_row(const struct user_place *place, struct view name,
		 struct view password)
{
	struct view realm = view_str(place->realm);
	struct buf full = { 0 };
	json_t *row;

	buf_addv(&full, name);
	buf_addc(&full, '@');
	buf_adds(&full, place->domain);
	row = json_pack("[s%, s%]", name.p, name.n, realm.p, realm.n);
	if (row) {
		json_array_append_new(row, ha1(DIGEST_MD5, name, realm,
					       password));
		json_array_append_new(row, ha1(DIGEST_SHA256, name, realm,
					       password));
		json_array_append_new(row, ha1(DIGEST_MD5, buf_view(&full),
					       realm, password));
		json_array_append_new(row, ha1(DIGEST_SHA256, buf_view(&full),
					       realm, password));
	}
	buf_free(&full);
	return row;
}

/* ---- confabd ---- */

static int ask_for(json_t **out, int fd, json_t *request)
{
	struct buf in = { .max = ANSWER_MAX };
	json_error_t je;
	int err = ask(fd, request, &in);

	if (!err)
		*out = json_loadb(in.p, in.n, 0, &je);
	buf_free(&in);
	return !err && !*out ? EPROTO : err;
}

static int find_place(struct user_place *out, int fd)
{
	const char *domain, *realm;
	json_t *answer = NULL, *result;
	int err = ask_for(&answer, fd, json_pack("{s:[s, s]}", "argv", "user",
						 "realm"));

	result = json_object_get(answer, "result");
	domain = json_string_value(json_object_get(result, "domain"));
	realm = json_string_value(json_object_get(result, "realm"));
	if (!err && (!domain || !realm))
		err = EPROTO;
	if (!err) {
		out->domain = mem_strdup(domain);
		out->realm = mem_strdup(realm);
	}
	json_decref(answer);
	return err;
}

/* "sip:alice@domain", "alice@domain", "alice". */
static int own_name(struct view *out, const struct user_place *place,
		    const char *text, struct buf *why)
{
	struct view domain, v = view_str(text);

	if (view_istarts(v, VIEW("sip:")))
		v = view_from(v, 4);
	if (view_cut(v, '@', out, &domain) &&
	    !view_ieqs(domain, place->domain)) {
		buf_addf(why, "users are of %s", place->domain);
		return EINVAL;
	}
	return 0;
}

/* ---- add, passwd ---- */

/* confabd's word for the row becomes an answer for people. */
static json_t *in_words(const json_t *answer, struct view name, bool set)
{
	const json_t *result = json_object_get(answer, "result");
	const char *said = json_string_value(json_array_get(result, 0));
	struct buf text = { 0 };
	json_t *out;
	bool ok = said && strcmp(said, "taken") == 0;

	if (!said)
		said = json_string_value(json_object_get(answer, "error"));
	buf_addf(&text, "user %.*s", VIEW_ARG(name));
	if (ok)
		buf_adds(&text, set ? " has a new password" : " added");
	else if (said && strcmp(said, "there") == 0)
		buf_adds(&text, " exists; see user passwd");
	else
		buf_addf(&text, ": %s", said ? said : "no answer");
	out = ok ? json_pack("{s:b, s:s}", "ok", 1, "result", buf_str(&text)) :
		   user_refusal(buf_str(&text));
	buf_free(&text);
	return out;
}

static int send_user(json_t **answer, int fd, const struct user_place *place,
		     struct view name, const char *password, bool set)
{
	json_t *row = user_row(place, name, view_str(password));
	json_t *said = NULL;
	int err;

	if (!row) {
		*answer = user_refusal("the name is no UTF-8");
		return 0;
	}
	err = ask_for(&said, fd,
		      json_pack("{s:[s, s], s:[o]}", "argv", "put-users",
				set ? "set" : "add", "rows", row));
	if (!err)
		*answer = in_words(said, name, set);
	json_decref(said);
	return err;
}

static int set_password(json_t **answer, int fd,
			const struct user_place *place, char **argv,
			const char *password_file)
{
	bool set = strcmp(argv[0], "passwd") == 0;
	char *password = NULL;
	struct buf why = { 0 };
	struct view name;
	int err = own_name(&name, place, argv[1], &why);

	if (!err)
		err = password_read(&password, password_file, &why);
	if (err) {
		*answer = user_refusal(why.n ? buf_str(&why) : strerror(err));
		err = 0;
	} else {
		err = send_user(answer, fd, place, name, password, set);
	}
	mem_wipe_free(password, password ? strlen(password) : 0);
	buf_free(&why);
	return err;
}

int user_run(json_t **answer, int fd, int argc, char **argv,
	     const char *password_file)
{
	bool import = strcmp(argv[0], "import") == 0;
	struct user_place place = { 0 };
	int err;

	if (import ? argc < 2 : argc != 2) {
		*answer = user_refusal(import ?
					       "usage: user import FILE ..." :
					       "usage: user add|passwd USER "
					       "[--password-file FILE]");
		return 0;
	}
	err = find_place(&place, fd);
	if (!err && import)
		err = user_import(answer, fd, &place, argc - 1, argv + 1);
	else if (!err)
		err = set_password(answer, fd, &place, argv, password_file);
	mem_free(place.domain);
	mem_free(place.realm);
	return err;
}
