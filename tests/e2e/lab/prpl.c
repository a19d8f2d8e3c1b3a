/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A protocol plug-in of libpurple for tests: the network is one robot, which
 * does what it is told in texts and says what became of it. Loaded before
 * confab-purple (LD_PRELOAD) it shows itself to libpurple.
 *
 * Accounts: "code@lab" wants a code to log in, "form@lab" a form; all others
 * are in at once.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <purple.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ROBOT "robot"

/* The worker's call comes here first. Its folders are closed by then, ours
 * among them: this file is in memory already. */
gboolean purple_core_init(const char *ui)
{
	gboolean (*init)(const char *) = dlsym(RTLD_NEXT, "purple_core_init");
	PurplePlugin *(*probe)(const char *) =
		dlsym(RTLD_NEXT, "purple_plugin_probe");
	void (*probe_all)(const char *) =
		dlsym(RTLD_NEXT, "purple_plugins_probe");
	Dl_info us;

	if (!init(ui) || !dladdr((void *)purple_core_init, &us))
		return FALSE;
	probe(us.dli_fname);
	probe_all("so"); /* and what was found is there to be used */
	return TRUE;
}

static void say(PurpleConnection *gc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(PurpleConnection *gc, const char *format, ...)
{
	char *text, *html;
	va_list list;

	va_start(list, format);
	text = g_strdup_vprintf(format, list);
	va_end(list);
	html = g_markup_escape_text(text, -1);
	serv_got_im(gc, ROBOT, html, PURPLE_MESSAGE_RECV, time(NULL));
	g_free(html);
	g_free(text);
}

/* ---- questions ---- */

static void got_input(void *arg, const char *text)
{
	say(arg, "input: %s", text);
}

static void no_input(void *arg, const char *text)
{
	(void)text;
	say(arg, "input: cancelled");
}

static void got_choice(void *arg, int n)
{
	say(arg, "choice: %d", n);
}

static void no_choice(void *arg, int n)
{
	(void)n;
	say(arg, "choice: cancelled");
}

static void got_action(void *arg, int n)
{
	say(arg, "action: %d", n);
}

static void got_file(void *arg, const char *name)
{
	say(arg, "file: %s", name);
}

static void no_file(void *arg, const char *name)
{
	(void)name;
	say(arg, "file: cancelled");
}

static void got_fields(void *arg, PurpleRequestFields *f)
{
	const char *word = purple_request_fields_get_string(f, "word");

	say(arg, "fields: %s %d %s %d %s", word ? word : "none",
	    purple_request_fields_get_integer(f, "number"),
	    purple_request_fields_get_bool(f, "sure") ? "yes" : "no",
	    purple_request_fields_get_choice(f, "colour"),
	    purple_request_fields_get_string(f, "hidden"));
}

static void no_fields(void *arg, PurpleRequestFields *f)
{
	(void)f;
	say(arg, "fields: cancelled");
}

static PurpleRequestFieldGroup *add_field(PurpleRequestFieldGroup *g,
					  PurpleRequestField *f, bool need)
{
	purple_request_field_set_required(f, need);
	purple_request_field_group_add_field(g, f);
	return g;
}

static PurpleRequestFields *new_fields(int words)
{
	PurpleRequestFields *all = purple_request_fields_new();
	PurpleRequestFieldGroup *g = purple_request_field_group_new("Group");
	PurpleRequestField *f;

	add_field(g, purple_request_field_label_new("l", "Only words"), false);
	add_field(g, purple_request_field_string_new("word", "A word", NULL,
						     FALSE), true);
	add_field(g, purple_request_field_int_new("number", "A number", 7),
		  false);
	add_field(g, purple_request_field_bool_new("sure", "Sure?", FALSE),
		  false);
	f = purple_request_field_choice_new("colour", "A colour", 0);
	purple_request_field_choice_add(f, "red");
	purple_request_field_choice_add(f, "green <b>");
	add_field(g, f, true);
	f = purple_request_field_string_new("hidden", "?", "kept", FALSE);
	purple_request_field_set_visible(f, FALSE);
	add_field(g, f, false);
	for (int i = 0; i < words; i++) {
		char *name = g_strdup_printf("more%d", i);

		add_field(g, purple_request_field_string_new(name, name, NULL,
							     FALSE), true);
		g_free(name);
	}
	purple_request_fields_add_group(all, g);
	return all;
}

static void ask_fields(PurpleConnection *gc, int words)
{
	purple_request_fields(gc, "Form", "Please fill in", "now",
			      new_fields(words), "OK",
			      G_CALLBACK(got_fields), "Cancel",
			      G_CALLBACK(no_fields), gc->account, ROBOT, NULL,
			      gc);
}

static void ask_input(PurpleConnection *gc, bool masked)
{
	purple_request_input(gc, "Two-factor", "Enter the code",
			     "from <b>your</b> device", NULL, FALSE, masked,
			     NULL, "OK", G_CALLBACK(got_input), "Cancel",
			     G_CALLBACK(no_input), gc->account, ROBOT, NULL,
			     gc);
}

static void ask_choice(PurpleConnection *gc)
{
	purple_request_choice(gc, "Where", "Which way?", NULL, 10, "OK",
			      G_CALLBACK(got_choice), "Cancel",
			      G_CALLBACK(no_choice), gc->account, ROBOT, NULL,
			      gc, "left", 10, "right & up", 20, NULL);
}

static void ask_action(PurpleConnection *gc, int buttons)
{
	static const char *const names[] = { "_Yes", "_No", "_Later",
					     "_Never" };
	const char *n[4] = { names[0], names[1], names[2], names[3] };
	GCallback h = G_CALLBACK(got_action);

	purple_request_action(gc, "Decide", "Is it you?", "Really", 0,
			      gc->account, ROBOT, NULL, gc, buttons, n[0], h,
			      n[1], h, n[2], h, n[3], h);
}

static void ask_file(PurpleConnection *gc, bool folder)
{
	if (folder)
		purple_request_folder(gc, "Where to", NULL,
				      G_CALLBACK(got_file),
				      G_CALLBACK(no_file), gc->account, ROBOT,
				      NULL, gc);
	else
		purple_request_file(gc, "Which one", NULL, FALSE,
				    G_CALLBACK(got_file), G_CALLBACK(no_file),
				    gc->account, ROBOT, NULL, gc);
}

static void allowed(void *arg)
{
	say(arg, "authorize: allowed");
}

static void denied(void *arg)
{
	say(arg, "authorize: denied");
}

static void ask_authorize(PurpleConnection *gc, const char *who, bool known)
{
	purple_account_request_authorization(gc->account, who, NULL, "Carol C",
					     "please <let> me", known, allowed,
					     denied, gc);
}

/* ---- what is only told ---- */

static void tell_mails(PurpleConnection *gc, size_t count)
{
	const char *subjects[] = { "First <one>", "Second" };
	const char *froms[] = { "eve@lab", "joe@lab" };
	const char *tos[] = { "me@lab", "me@lab" };
	const char *urls[] = { "http://lab/1", "http://lab/2" };

	purple_notify_emails(gc, count, TRUE, subjects, froms, tos, urls, NULL,
			     NULL);
}

static void tell_info(PurpleConnection *gc)
{
	PurpleNotifyUserInfo *info = purple_notify_user_info_new();

	purple_notify_user_info_add_pair(info, "Town", "Ulm <b>here</b>");
	purple_notify_userinfo(gc, ROBOT, info, NULL, NULL);
	purple_notify_user_info_destroy(info);
}

static void tell_search(PurpleConnection *gc)
{
	PurpleNotifySearchResults *r = purple_notify_searchresults_new();
	GList *row = g_list_append(NULL, g_strdup("carol"));

	purple_notify_searchresults_column_add(
		r, purple_notify_searchresults_column_new("Who"));
	purple_notify_searchresults_row_add(r, row);
	purple_notify_searchresults(gc, "Found", "These", NULL, r, NULL, NULL);
}

static void tell_image(PurpleConnection *gc)
{
	static const char dot[] = "GIF89a";
	int id = purple_imgstore_add_with_id(g_memdup2(dot, 6), 6, "dot.gif");
	char *html = g_strdup_printf("see <img id=\"%d\"> there", id);

	serv_got_im(gc, ROBOT, html,
		    PURPLE_MESSAGE_RECV | PURPLE_MESSAGE_IMAGES, time(NULL));
	purple_imgstore_unref_by_id(id);
	g_free(html);
}

/* ---- files ---- */

static void xfer_init(PurpleXfer *x)
{
	say(x->data, "offer: accepted");
}

/* As plug-ins do: what is theirs is freed at the first word. */
static void xfer_denied(PurpleXfer *x)
{
	PurpleConnection *gc = x->data;

	x->data = NULL;
	say(gc, "offer: denied");
}

static void xfer_cancelled(PurpleXfer *x)
{
	PurpleConnection *gc = x->data;

	x->data = NULL;
	if (!gc)
		abort();
	say(gc, "offer: cancelled");
}

static void offer_file(PurpleConnection *gc, bool denies)
{
	PurpleXfer *x = purple_xfer_new(gc->account, PURPLE_XFER_RECEIVE,
					ROBOT);

	x->data = gc;
	purple_xfer_set_init_fnc(x, xfer_init);
	purple_xfer_set_cancel_recv_fnc(x, xfer_cancelled);
	if (denies)
		purple_xfer_set_request_denied_fnc(x, xfer_denied);
	purple_xfer_set_filename(x, "cat & <dog>.png");
	purple_xfer_set_size(x, 1000);
	purple_xfer_request(x);
}

/* ---- what a worker must not, and what may befall it ---- */

static void try_open(PurpleConnection *gc, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = errno;

	say(gc, "open: %s", fd < 0 ? strerror(err) : "done");
	if (fd >= 0)
		close(fd);
}

static void try_write(PurpleConnection *gc, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int err = errno;

	say(gc, "write: %s", fd < 0 ? strerror(err) : "done");
	if (fd >= 0)
		close(fd);
}

static void try_connect(PurpleConnection *gc, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? errno : 0;

	g_strlcpy(at.sun_path, path, sizeof(at.sun_path));
	if (!err && connect(fd, (struct sockaddr *)&at, sizeof(at)))
		err = errno;
	say(gc, "connect: %s", err ? strerror(err) : "done");
	if (fd >= 0)
		close(fd);
}

static void leak(size_t mib)
{
	for (size_t i = 0; i < mib; i++)
		memset(g_malloc(1 << 20), 1, 1 << 20);
}

/* Taken, and not touched: so it takes no time. */
static void grab(size_t mib)
{
	for (size_t i = 0; i < mib; i++)
		(void)g_malloc(1 << 20);
}

/* ---- what it is told ---- */

static bool do_ask(PurpleConnection *gc, const char *what, const char *rest)
{
	if (!strcmp(what, "input") || !strcmp(what, "secret"))
		ask_input(gc, *what == 's');
	else if (!strcmp(what, "choice"))
		ask_choice(gc);
	else if (!strcmp(what, "action"))
		ask_action(gc, atoi(rest));
	else if (!strcmp(what, "fields"))
		ask_fields(gc, atoi(rest));
	else if (!strcmp(what, "file") || !strcmp(what, "folder"))
		ask_file(gc, what[1] == 'o');
	else if (!strcmp(what, "authorize") || !strcmp(what, "known"))
		ask_authorize(gc, rest, *what == 'k');
	else if (!strcmp(what, "added"))
		purple_account_notify_added(gc->account, rest, NULL, "Carol",
					    NULL);
	else if (!strcmp(what, "add"))
		purple_account_request_add(gc->account, rest, NULL, "Carol",
					   NULL);
	else if (!strcmp(what, "close"))
		purple_request_close_with_handle(gc);
	else
		return false;
	return true;
}

static bool do_tell(PurpleConnection *gc, const char *what, const char *rest)
{
	if (!strcmp(what, "message"))
		purple_notify_error(gc, "Title", "Primary <b>", "Secondary");
	else if (!strcmp(what, "formatted"))
		purple_notify_formatted(gc, "Title", "Primary", "Secondary",
					"<b>bold</b> words", NULL, NULL);
	else if (!strcmp(what, "mails"))
		tell_mails(gc, (size_t)atoi(rest));
	else if (!strcmp(what, "info"))
		tell_info(gc);
	else if (!strcmp(what, "search"))
		tell_search(gc);
	else if (!strcmp(what, "uri"))
		purple_notify_uri(gc, rest);
	else if (!strcmp(what, "image"))
		tell_image(gc);
	else if (!strcmp(what, "html"))
		serv_got_im(gc, ROBOT, rest, PURPLE_MESSAGE_RECV, time(NULL));
	else if (!strcmp(what, "typing"))
		serv_got_typing(gc, ROBOT, 0, PURPLE_TYPING);
	else if (!strcmp(what, "typed"))
		serv_got_typing(gc, ROBOT, 0, PURPLE_TYPED);
	else if (!strcmp(what, "stopped"))
		serv_got_typing_stopped(gc, ROBOT);
	else if (!strcmp(what, "offer"))
		offer_file(gc, atoi(rest) == 0);
	else
		return false;
	return true;
}

static GHashTable *room_details(PurpleConnection *gc, const char *name);

static bool do_harm(PurpleConnection *gc, const char *what, const char *rest)
{
	if (!strcmp(what, "open"))
		try_open(gc, rest);
	else if (!strcmp(what, "write"))
		try_write(gc, rest);
	else if (!strcmp(what, "connect"))
		try_connect(gc, rest);
	else if (!strcmp(what, "leak"))
		leak((size_t)atoi(rest));
	else if (!strcmp(what, "grab"))
		grab((size_t)atoi(rest));
	else if (!strcmp(what, "crash"))
		raise(SIGSEGV);
	else if (!strcmp(what, "invite"))
		serv_got_chat_invite(gc, rest, ROBOT, "come",
				     room_details(gc, rest));
	else if (!strcmp(what, "out"))
		purple_connection_error_reason(
			gc, (PurpleConnectionError)atoi(rest),
			"Signed on elsewhere");
	else
		return false;
	return true;
}

/* Whom we have asked to be seen. */
static int asked;

static void add_buddy(PurpleConnection *gc, PurpleBuddy *buddy,
		      PurpleGroup *group)
{
	(void)gc;
	(void)buddy;
	(void)group;
	asked++;
}

static int send_im(PurpleConnection *gc, const char *who, const char *html,
		   PurpleMessageFlags flags)
{
	char *text = purple_markup_strip_html(html);
	char *rest = strchr(text, ' ');

	(void)flags;
	if (strcmp(who, ROBOT)) {
		g_free(text);
		return -EINVAL;
	}
	if (rest)
		*rest++ = '\0';
	if (!strcmp(text, "count"))
		say(gc, "asked: %d", asked);
	else if (!do_ask(gc, text, rest ? rest : "") &&
		 !do_tell(gc, text, rest ? rest : "") &&
		 !do_harm(gc, text, rest ? rest : ""))
		say(gc, "heard: %s %s", text, rest ? rest : "");
	g_free(text);
	return 1;
}

static unsigned send_typing(PurpleConnection *gc, const char *who,
			    PurpleTypingState state)
{
	(void)who;
	say(gc, "typing: %d", (int)state);
	return 0;
}

/* ---- rooms ---- */

static GList *chat_info(PurpleConnection *gc)
{
	struct proto_chat_entry *e = g_new0(struct proto_chat_entry, 1);

	(void)gc;
	e->label = "Room";
	e->identifier = "room";
	e->required = TRUE;
	return g_list_append(NULL, e);
}

/* As addresses the functions themselves would be wanted in confabd, too. */
static guint hash_of(gconstpointer key)
{
	return g_str_hash(key);
}

static gboolean is_equal(gconstpointer a, gconstpointer b)
{
	return g_str_equal(a, b);
}

static void drop(gpointer value)
{
	g_free(value);
}

static GHashTable *room_details(PurpleConnection *gc, const char *name)
{
	GHashTable *h = g_hash_table_new_full(hash_of, is_equal, NULL, drop);

	(void)gc;
	if (name)
		g_hash_table_insert(h, (void *)"room", g_strdup(name));
	return h;
}

static char *room_name(GHashTable *h)
{
	return g_strdup(g_hash_table_lookup(h, "room"));
}

static void join_chat(PurpleConnection *gc, GHashTable *h)
{
	const char *name = g_hash_table_lookup(h, "room");
	PurpleConversation *c;

	if (!strcmp(name, "closed")) {
		purple_notify_error(gc, "Join", "closed", "members only");
		purple_serv_got_join_chat_failed(gc, h);
		return;
	}
	c = serv_got_joined_chat(gc, (int)g_str_hash(name) & 0xffff, name);
	purple_conv_chat_set_nick(PURPLE_CONV_CHAT(c), "me");
	purple_conv_chat_add_user(PURPLE_CONV_CHAT(c), "me", NULL, 0, FALSE);
	purple_conv_chat_add_user(PURPLE_CONV_CHAT(c), ROBOT, NULL, 0, FALSE);
}

static void leave_chat(PurpleConnection *gc, int id)
{
	say(gc, "left: %s", purple_find_chat(gc, id) ? "a room" : "nothing");
}

static void in_room(PurpleConversation *c, const char *what, const char *rest)
{
	PurpleConvChat *chat = PURPLE_CONV_CHAT(c);

	if (!strcmp(what, "topic"))
		purple_conv_chat_set_topic(chat, ROBOT, rest);
	else if (!strcmp(what, "come"))
		purple_conv_chat_add_user(chat, rest, NULL, 0, TRUE);
	else if (!strcmp(what, "go"))
		purple_conv_chat_remove_user(chat, rest, "bye");
	else if (!strcmp(what, "robot"))
		purple_conv_chat_rename_user(chat, ROBOT, rest);
	else if (!strcmp(what, "me"))
		purple_conv_chat_rename_user(chat, "me", rest);
	else if (!strcmp(what, "kick")) {
		purple_conv_chat_write(chat, "", rest, PURPLE_MESSAGE_SYSTEM,
				       time(NULL));
		serv_got_chat_left(purple_conversation_get_gc(c),
				   purple_conv_chat_get_id(chat));
	}
}

static int chat_send(PurpleConnection *gc, int id, const char *html,
		     PurpleMessageFlags flags)
{
	char *text = purple_markup_strip_html(html);
	char *rest = strchr(text, ' ');

	(void)flags;
	serv_got_chat_in(gc, id, ROBOT, PURPLE_MESSAGE_RECV, html,
			 time(NULL));
	if (rest)
		*rest++ = '\0';
	in_room(purple_find_chat(gc, id), text, rest ? rest : "");
	g_free(text);
	return 1;
}

static void set_chat_topic(PurpleConnection *gc, int id, const char *topic)
{
	PurpleConversation *c = purple_find_chat(gc, id);

	purple_conv_chat_set_topic(
		PURPLE_CONV_CHAT(c),
		purple_conv_chat_get_nick(PURPLE_CONV_CHAT(c)), topic);
}

/* ---- logins ---- */

static void is_in(PurpleConnection *gc)
{
	purple_connection_set_state(gc, PURPLE_CONNECTED);
}

static void no_login(PurpleConnection *gc, const char *why)
{
	purple_connection_error_reason(
		gc, PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, why);
}

static void got_code(void *arg, const char *text)
{
	if (text && !strcmp(text, "123456"))
		is_in(arg);
	else
		no_login(arg, "The code is wrong");
}

static void no_code(void *arg, const char *text)
{
	(void)text;
	no_login(arg, "No code was given");
}

static void got_form(void *arg, PurpleRequestFields *f)
{
	const char *word = purple_request_fields_get_string(f, "word");

	if (word && !strcmp(word, "sesame"))
		is_in(arg);
	else
		no_login(arg, "The form is wrong");
}

static void no_form(void *arg, PurpleRequestFields *f)
{
	(void)f;
	no_login(arg, "The form was not filled in");
}

static void login(PurpleAccount *account)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	const char *name = purple_account_get_username(account);

	if (g_str_has_prefix(name, "code@"))
		purple_request_input(gc, "Two-factor", "Enter the code", NULL,
				     NULL, FALSE, TRUE, NULL, "OK",
				     G_CALLBACK(got_code), "Cancel",
				     G_CALLBACK(no_code), account, NULL, NULL,
				     gc);
	else if (g_str_has_prefix(name, "form@"))
		purple_request_fields(gc, "Login", NULL, NULL, new_fields(0),
				      "OK", G_CALLBACK(got_form), "Cancel",
				      G_CALLBACK(no_form), account, NULL, NULL,
				      gc);
	else
		is_in(gc);
}

static void log_out(PurpleConnection *gc)
{
	(void)gc;
}

static GList *status_types(PurpleAccount *account)
{
	GList *l = NULL;

	(void)account;
	l = g_list_append(l, purple_status_type_new_full(
				     PURPLE_STATUS_AVAILABLE, NULL, NULL, TRUE,
				     TRUE, FALSE));
	return g_list_append(l, purple_status_type_new_full(
					PURPLE_STATUS_OFFLINE, NULL, NULL,
					TRUE, TRUE, FALSE));
}

static const char *list_icon(PurpleAccount *account, PurpleBuddy *buddy)
{
	(void)account, (void)buddy;
	return "lab";
}

static PurplePluginProtocolInfo protocol = {
	.options = OPT_PROTO_PASSWORD_OPTIONAL | OPT_PROTO_CHAT_TOPIC,
	.list_icon = list_icon,
	.status_types = status_types,
	.login = login,
	.close = log_out,
	.send_im = send_im,
	.add_buddy = add_buddy,
	.send_typing = send_typing,
	.chat_info = chat_info,
	.chat_info_defaults = room_details,
	.get_chat_name = room_name,
	.join_chat = join_chat,
	.chat_leave = leave_chat,
	.chat_send = chat_send,
	.set_chat_topic = set_chat_topic,
	.struct_size = sizeof(PurplePluginProtocolInfo),
};

static PurplePluginInfo about = {
	.magic = PURPLE_PLUGIN_MAGIC,
	.major_version = PURPLE_MAJOR_VERSION,
	.minor_version = PURPLE_MINOR_VERSION,
	.type = PURPLE_PLUGIN_PROTOCOL,
	.priority = PURPLE_PRIORITY_DEFAULT,
	.id = (char *)"prpl-confab-lab",
	.name = (char *)"Lab",
	.version = (char *)"1",
	.summary = (char *)"A robot for tests",
	.description = (char *)"A robot for tests",
	.extra_info = &protocol,
};

static void init_plugin(PurplePlugin *plugin)
{
	(void)plugin;
}

PURPLE_INIT_PLUGIN(confab_lab, init_plugin, about)
