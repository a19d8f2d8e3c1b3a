/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting libpurple: nothing of it on disk, in the log, or to people. */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "pw_dns.h"
#include "pw_loop.h"
#include "pw_near.h"
#include "pw_priv.h"

static GHashTable *ui_info(void)
{
	static GHashTable *h;

	if (h)
		return h;
	h = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_insert(h, (void *)"name", (void *)"confab");
	g_hash_table_insert(h, (void *)"version", (void *)"1");
	g_hash_table_insert(h, (void *)"client_type", (void *)"pc");
	return h;
}

static void ui_init(void)
{
	purple_connections_set_ui_ops(pw_connection_ops());
	purple_conversations_set_ui_ops(pw_conversation_ops());
	purple_accounts_set_ui_ops(pw_account_ops());
	purple_request_set_ui_ops(pw_request_ops());
	purple_notify_set_ui_ops(pw_notify_ops());
}

/* What GLib and libpurple complain of is theirs (a closed handle, a name that
 * is not there): nobody has to act. */
static void on_glib(const gchar *domain, GLogLevelFlags level,
		    const gchar *text, gpointer arg)
{
	(void)level;
	/* GLib's own threads may not touch our log. */
	if (g_thread_self() != arg)
		return;
	log_debug("%s: %s", domain ? domain : "glib", text);
}

/* Nothing of its own log, which has passwords in it, but why a connection was
 * not made: protocols tell only that. */
static gboolean is_wanted(PurpleDebugLevel level, const char *category)
{
	return level == PURPLE_DEBUG_ERROR && category &&
	       !strcmp(category, "proxy");
}

static void on_debug(PurpleDebugLevel level, const char *category,
		     const char *text)
{
	if (is_wanted(level, category))
		pw_not_connected(text);
}

static void set_prefs(void)
{
	purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
	purple_prefs_set_bool("/purple/logging/log_chats", FALSE);
	purple_prefs_set_bool("/purple/logging/log_system", FALSE);
	purple_prefs_set_bool("/purple/away/away_when_idle", FALSE);
	purple_prefs_set_string("/purple/away/idle_reporting", "none");
	purple_prefs_set_string("/purple/away/auto_reply", "never");
	purple_prefs_set_bool("/purple/savedstatus/startup_current_status",
			      FALSE);
}

static void log_protocols(void)
{
	struct buf b = { 0 };
	GList *l = purple_plugins_get_protocols();

	for (; l; l = l->next) {
		buf_adds(&b, b.n ? " " : "");
		buf_adds(&b, purple_plugin_get_id(l->data));
	}
	log_info("libpurple %s with %.*s", purple_core_get_version(),
		 VIEW_ARG(buf_view(&b)));
	buf_free(&b);
}

static void before_core(void)
{
	static PurpleDebugUiOps debug = {
		.print = on_debug,
		.is_enabled = is_wanted,
	};
	static PurpleCoreUiOps core = {
		.ui_init = ui_init,
		.get_ui_info = ui_info,
	};

	g_log_set_default_handler(on_glib, g_thread_self());
	purple_debug_set_enabled(FALSE);
	purple_debug_set_ui_ops(&debug);
	purple_util_set_user_dir("/dev/null");
	purple_core_set_ui_ops(&core);
	pw_loop_ui();
}

int pw_core_start(struct pw *w)
{
	static int handle;
	int err;

	before_core();
	pw_near_start(pw_may_near, w);
	err = pw_dns_ui(w->loop);
	if (err)
		return err;
	if (!purple_core_init(PW_UI))
		return ENOTSUP;
	purple_set_blist(purple_blist_new());
	purple_network_force_online();
	set_prefs();
	pw_cert_start();
	pw_conv_signals(&handle);
	pw_room_signals(&handle);
	pw_list_signals(&handle);
	pw_late_signals(&handle);
	log_protocols();
	return 0;
}
