/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every statement there is, prepared once. The steps come first, at their
 * numbers. Values are bound in the order of the fields.
 */
#include <errno.h>

#include "db_priv.h"

#define ROOM_URI "'sip:' || name || '@' || domain"

#define SUB_COLS \
	"id, package, resource, watcher, call_id, tag, own_tag, own_uri," \
	" event, event_id, peer, target, route, flow, listener, cseq_in," \
	" cseq_out, state, stranger, expires_ms, list"
#define PUB_COLS \
	"id, package, resource, etag, body, said, heard, expires_ms"

const struct sql sql_table[STMT_COUNT] = {
	[STEP_ROOM] = {
		"INSERT INTO imc_rooms"
		" (id, name, domain, flag, subject, created_ms, notices, head)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)"
		" ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
		" domain = excluded.domain, flag = excluded.flag,"
		" subject = excluded.subject,"
		" created_ms = excluded.created_ms,"
		" notices = excluded.notices",
		"issisii", 0 },
	/* members carry the address of their room, as in the seeds */
	[STEP_ROOM_RENAMED] = {
		"UPDATE imc_members SET room = r.uri"
		" FROM (SELECT " ROOM_URI " AS uri FROM imc_rooms"
		" WHERE id = ?1) AS r"
		" WHERE room_id = ?1 AND room <> r.uri",
		"i", 0 },
	[STEP_ROOM_DEL] = {
		"DELETE FROM imc_rooms WHERE id = ?1", "i", 0 },
	[STEP_ROOM_DEL_MEMBERS] = {
		"DELETE FROM imc_members WHERE room_id = ?1", "i", 0 },
	[STEP_ROOM_DEL_LINKS] = {
		"DELETE FROM links WHERE room = ?1", "i", 0 },
	[STEP_ROOM_DEL_MSGS] = {
		"DELETE FROM messages WHERE room = ?1", "i", 0 },
	[STEP_MEMBER] = {
		"INSERT INTO imc_members (id, room_id, username, domain, room,"
		" flag, addr, nick, role, state, acked, joined_ms,"
		" muted_until_ms, inviter, away)"
		" SELECT ?1, id, ?3, ?4, " ROOM_URI ","
		" ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14"
		" FROM imc_rooms WHERE id = ?2"
		" ON CONFLICT (id) DO UPDATE SET room_id = excluded.room_id,"
		" username = excluded.username, domain = excluded.domain,"
		" room = excluded.room, flag = excluded.flag,"
		" addr = excluded.addr, nick = excluded.nick,"
		" role = excluded.role, state = excluded.state,"
		" acked = excluded.acked, joined_ms = excluded.joined_ms,"
		" muted_until_ms = excluded.muted_until_ms,"
		" inviter = excluded.inviter, away = excluded.away",
		"iississiiiiiss", ENOENT },
	[STEP_MEMBER_DEL] = {
		"DELETE FROM imc_members WHERE id = ?1", "i", 0 },
	[STEP_MEMBER_ACKED] = {
		"UPDATE imc_members SET acked = ?2 WHERE id = ?1", "ii", 0 },
	[STEP_LINK] = {
		"INSERT INTO links (id, room, label, target, via, nick,"
		" configured, acked)"
		" SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8"
		" FROM imc_rooms WHERE id = ?2"
		" ON CONFLICT (id) DO UPDATE SET room = excluded.room,"
		" label = excluded.label, target = excluded.target,"
		" via = excluded.via, nick = excluded.nick,"
		" configured = excluded.configured, acked = excluded.acked",
		"iissssii", ENOENT },
	[STEP_LINK_DEL] = {
		"DELETE FROM links WHERE id = ?1", "i", 0 },
	[STEP_LINK_ACKED] = {
		"UPDATE links SET acked = ?2 WHERE id = ?1", "ii", 0 },
	/* a few for each that comes in: it never piles up, never stalls */
	[STEP_DEDUPE_OLD] = {
		"DELETE FROM dedupe WHERE (slot, hash) IN"
		" (SELECT slot, hash FROM dedupe WHERE slot <= ?1 LIMIT 4)",
		"i", 0 },
	/* of its fields dedupe.c makes these two */
	[STEP_DEDUPE] = {
		"INSERT OR IGNORE INTO dedupe (slot, hash) VALUES (?1, ?2)",
		"sii", 0 },
	/* kept apart from the messages: it outlives their pruning */
	[STEP_HEAD] = {
		"UPDATE imc_rooms SET head = max(head, ?2) WHERE id = ?1",
		"ii", ENOENT },
	[STEP_MSG] = {
		"INSERT INTO messages (room, seq, id, kind, time_ms, origin,"
		" reply_to, audience, sender, name, text, meta)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
		"iiiiiiiisssn", 0 },
	[STEP_BINDING] = {
		"INSERT OR REPLACE INTO bindings (aor, id, contact, path,"
		" instance, reg_id, call_id, cseq, flow, listener, agent,"
		" expires_ms, seen_ms, body_max, traits)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15)",
		"sisssisisisiiii", 0 },
	[STEP_BINDING_DEL] = {
		"DELETE FROM bindings WHERE aor = ?1 AND id = ?2", "si", 0 },
	[STEP_INBOX] = {
		"INSERT INTO inboxes (id, addr, head, acked)"
		" VALUES (?1, ?2, 0, ?3) ON CONFLICT (id) DO NOTHING",
		"isi", 0 },
	[STEP_INBOX_DEL] = {
		"DELETE FROM inboxes WHERE id = ?1", "i", 0 },
	[STEP_INBOX_HEAD] = {
		"UPDATE inboxes SET head = max(head, ?2) WHERE id = ?1",
		"ii", ENOENT },
	[STEP_INBOX_ACKED] = {
		"UPDATE inboxes SET acked = ?2 WHERE id = ?1", "ii", 0 },
	[STEP_BLOCK] = {
		"INSERT INTO blocks (user, other) VALUES (?1, ?2)"
		" ON CONFLICT (user, other) DO NOTHING",
		"ss", 0 },
	[STEP_BLOCK_DEL] = {
		"DELETE FROM blocks WHERE user = ?1 AND other = ?2", "ss", 0 },
	[STEP_USER] = {
		"INSERT INTO users (name, realm, md5, sha256, md5_full,"
		" sha256_full, disabled, created_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (name) DO UPDATE SET realm = excluded.realm,"
		" md5 = excluded.md5, sha256 = excluded.sha256,"
		" md5_full = excluded.md5_full,"
		" sha256_full = excluded.sha256_full,"
		" disabled = excluded.disabled,"
		" created_ms = excluded.created_ms",
		"ssssssii", 0 },
	[STEP_USER_DEL] = {
		"DELETE FROM users WHERE name = ?1", "s", 0 },
	[STEP_ACCOUNT] = {
		"INSERT INTO accounts (id, network, owner, login, secret,"
		" host, port, resource, policy, type, error, used_ms,"
		" settings, created_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14) ON CONFLICT (id) DO UPDATE SET"
		" network = excluded.network, owner = excluded.owner,"
		" login = excluded.login, secret = excluded.secret,"
		" host = excluded.host, port = excluded.port,"
		" resource = excluded.resource, policy = excluded.policy,"
		" type = excluded.type, error = excluded.error,"
		" used_ms = excluded.used_ms, settings = excluded.settings,"
		" created_ms = excluded.created_ms",
		"isssssisiisisi", 0 },
	[STEP_ACCOUNT_DEL] = {
		"DELETE FROM accounts WHERE id = ?1", "i", 0 },
	[STEP_ACCOUNT_USED] = {
		"UPDATE accounts SET used_ms = ?2, error = ?3 WHERE id = ?1",
		"iis", 0 },
	[STEP_VISIT] = {
		"INSERT INTO visits (id, network, owner, room, nick, secret,"
		" wanted, last_id, last_ms, settings)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
		" ON CONFLICT (id) DO UPDATE SET network = excluded.network,"
		" owner = excluded.owner, room = excluded.room,"
		" nick = excluded.nick, secret = excluded.secret,"
		" wanted = excluded.wanted, last_id = excluded.last_id,"
		" last_ms = excluded.last_ms, settings = excluded.settings",
		"isssssisis", 0 },
	[STEP_VISIT_DEL] = {
		"DELETE FROM visits WHERE id = ?1", "i", 0 },
	[STEP_VISIT_MARK] = {
		"UPDATE visits SET last_id = ?2, last_ms = ?3 WHERE id = ?1",
		"isi", 0 },
	[STEP_WATCH] = {
		"INSERT OR REPLACE INTO watches (network, user, other,"
		" direction, state, number, asked_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		"sssiiii", 0 },
	[STEP_WATCH_DEL] = {
		"DELETE FROM watches WHERE network = ?1 AND user = ?2"
		" AND other = ?3 AND direction = ?4",
		"sssi", 0 },
	[STEP_KEPT] = {
		"INSERT OR REPLACE INTO kept (network, key, value)"
		" VALUES (?1, ?2, ?3)",
		"sss", 0 },
	[STEP_KEPT_DEL] = {
		"DELETE FROM kept WHERE network = ?1 AND key = ?2", "ss", 0 },
	[STEP_SUB] = {
		"INSERT OR REPLACE INTO subscriptions (" SUB_COLS ")"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
		"isssssssssssssiiiiiis", 0 },
	[STEP_SUB_DEL] = {
		"DELETE FROM subscriptions WHERE id = ?1", "i", 0 },
	[STEP_PUB] = {
		"INSERT OR REPLACE INTO publications (" PUB_COLS ")"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		"issssiii", 0 },
	[STEP_PUB_DEL] = {
		"DELETE FROM publications WHERE id = ?1", "i", 0 },
	[STEP_PRUNE] = {
		"DELETE FROM messages WHERE room = ?1"
		" AND (seq < ?2 OR time_ms < ?3)",
		"iii", 0 },

	[STMT_BEGIN] = { "BEGIN IMMEDIATE", "", 0 },
	[STMT_COMMIT] = { "COMMIT", "", 0 },
	[STMT_ROLLBACK] = { "ROLLBACK", "", 0 },
	[STMT_SAVE] = { "SAVEPOINT one", "", 0 },
	[STMT_KEEP] = { "RELEASE one", "", 0 },
	[STMT_UNDO] = { "ROLLBACK TO one", "", 0 },
	[STMT_READ] = {
		"SELECT seq, id, kind, time_ms, origin, reply_to, audience,"
		" sender, name, text, meta FROM messages"
		" WHERE room = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
		"iii", 0 },
	[STMT_HISTORY] = {
		"SELECT * FROM (SELECT seq, id, kind, time_ms, origin,"
		" reply_to, audience, sender, name, text, meta FROM messages"
		" WHERE room = ?1 AND seq > ?2 AND seq <= ?4 AND kind < 2"
		" AND audience = 0 AND time_ms BETWEEN ?5 AND ?6"
		" ORDER BY seq DESC LIMIT ?3) ORDER BY seq",
		"iiiiii", 0 },
	[STMT_ARCHIVE] = {
		"SELECT seq, id, kind, time_ms, origin, reply_to, audience,"
		" sender, name, text, meta FROM messages"
		" WHERE room = ?1 AND seq > ?2 AND seq <= ?4 AND kind < 2"
		" AND audience = 0 AND time_ms BETWEEN ?5 AND ?6"
		" ORDER BY seq LIMIT ?3",
		"iiiiii", 0 },
	[STMT_SPOOL] = { "SELECT key FROM spool", "", 0 },
	[STMT_SPOOL_KEY] = { "UPDATE spool SET key = ?1", "", 0 },
	[STMT_KEYS] = {
		"SELECT slot, hash FROM dedupe WHERE slot > ?1"
		" ORDER BY slot, hash",
		"i", 0 },
	[STMT_DEDUPE_SECRET] = { "SELECT key FROM dedupe_secret", "", 0 },
	/* slot by slot: nothing between their beginnings is read */
	[STMT_KEY_FIND] = {
		"WITH RECURSIVE s(x) AS ("
		" SELECT min(slot) FROM dedupe WHERE slot BETWEEN ?1 AND ?2"
		" UNION ALL"
		" SELECT (SELECT min(slot) FROM dedupe"
		" WHERE slot > s.x AND slot <= ?2) FROM s WHERE x NOT NULL)"
		" SELECT 1 FROM s CROSS JOIN dedupe AS d"
		" ON d.slot = s.x AND d.hash = ?3 LIMIT 1",
		"iii", 0 },
	[STMT_ROOM_HEAD] = {
		"SELECT head FROM imc_rooms WHERE id = ?1", "i", 0 },
	[STMT_INBOX_HEAD] = {
		"SELECT head FROM inboxes WHERE id = ?1", "i", 0 },
	[STMT_MOVE_MSG] = {
		"INSERT OR IGNORE INTO messages (room, seq, id, kind, time_ms,"
		" origin, reply_to, audience, sender, name, text, meta)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
		"iiiiiiiisssn", 0 },
	[STMT_MOVE_OLD] = {
		"DELETE FROM dedupe WHERE (slot, hash) IN"
		" (SELECT slot, hash FROM dedupe WHERE slot <= ?1 LIMIT ?2)",
		"ii", 0 },
	[STMT_LOAD_ROOMS] = {
		"SELECT id, name, domain, flag, subject, created_ms, head,"
		" notices"
		" FROM imc_rooms ORDER BY id",
		"", 0 },
	[STMT_LOAD_MEMBERS] = {
		"SELECT id, room_id, addr, nick, role, state, acked,"
		" joined_ms, muted_until_ms, inviter, away"
		" FROM imc_members ORDER BY room_id, joined_ms, id",
		"", 0 },
	[STMT_LOAD_LINKS] = {
		"SELECT id, room, label, target, via, nick, configured, acked"
		" FROM links ORDER BY id",
		"", 0 },
	[STMT_LOAD_BINDINGS] = {
		"SELECT aor, id, contact, path, instance, reg_id, call_id,"
		" cseq, flow, listener, agent, expires_ms, seen_ms, body_max,"
		" traits FROM bindings",
		"", 0 },
	[STMT_LOAD_INBOXES] = {
		"SELECT id, addr, head, acked FROM inboxes ORDER BY id",
		"", 0 },
	[STMT_LOAD_BLOCKS] = {
		"SELECT user, other FROM blocks ORDER BY user, other", "", 0 },
	[STMT_LOAD_USERS] = {
		"SELECT name, realm, md5, sha256, md5_full, sha256_full,"
		" disabled, created_ms FROM users ORDER BY name",
		"", 0 },
	[STMT_LOAD_ACCOUNTS] = {
		"SELECT id, network, owner, login, secret, host, port,"
		" resource, policy, type, error, used_ms, settings,"
		" created_ms FROM accounts ORDER BY id",
		"", 0 },
	[STMT_LOAD_VISITS] = {
		"SELECT id, network, owner, room, nick, secret, wanted,"
		" last_id, last_ms, settings FROM visits ORDER BY id",
		"", 0 },
	[STMT_LOAD_WATCHES] = {
		"SELECT network, user, other, direction, state, number,"
		" asked_ms FROM watches"
		" ORDER BY network, user, other, direction",
		"", 0 },
	[STMT_LOAD_KEPT] = {
		"SELECT network, key, value FROM kept ORDER BY network, key",
		"", 0 },
	[STMT_LOAD_SUBS] = {
		"SELECT " SUB_COLS " FROM subscriptions ORDER BY id", "", 0 },
	[STMT_LOAD_PUBS] = {
		"SELECT " PUB_COLS " FROM publications ORDER BY id", "", 0 },
};
