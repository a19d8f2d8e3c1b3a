/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joining a room that has a password. */
#include "room.h"

#include <string.h>

#include "map.h"
#include "mem.h"
#include "password.h"

bool room_is_ours(int argc, char **argv, const char *password_file)
{
	return password_file && argc > 3 && !strcmp(argv[0], "purple") &&
	       !strcmp(argv[1], "room") && !strcmp(argv[2], "join");
}

static json_t *request(int argc, char **argv, const char *password)
{
	json_t *list = json_array();
	json_t *row = json_pack("[s]", password);
	bool ok = row;

	for (int i = 0; i < argc && ok; i++)
		ok = !json_array_append_new(list, json_string(argv[i]));
	if (ok)
		return json_pack("{s:o, s:[o]}", "argv", list, "rows", row);
	json_decref(list);
	json_decref(row);
	return NULL;
}

int room_run(json_t **answer, int fd, int argc, char **argv,
	     const char *password_file)
{
	struct buf why = { 0 };
	char *password = NULL;
	json_t *root = NULL;
	int err = password_read(&password, password_file, &why);

	if (!err)
		root = request(argc, argv, password);
	if (root)
		err = map_ask(answer, fd, root);
	else
		*answer = map_refusal(!err   ? "what was given is no UTF-8" :
				      why.n ? buf_str(&why) :
					      strerror(err));
	mem_wipe_free(password, password ? strlen(password) : 0);
	buf_free(&why);
	return root ? err : 0;
}
