# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/core/libcore.a
src_core_libcore_a_SOURCES = \
	src/core/addr.c src/core/addr.h \
	src/core/alive.c \
	src/core/change.c \
	src/core/change_room.c \
	src/core/circle.c \
	src/core/core_priv.h \
	src/core/consent.c src/core/consent.h \
	src/core/consent_priv.h src/core/consent_say.c \
	src/core/crowd.c src/core/crowd_priv.h src/core/crowd_words.c \
	src/core/cursor.c src/core/cursor.h \
	src/core/deliver.c \
	src/core/direct.c \
	src/core/book.c \
	src/core/expel.c src/core/expire.c \
	src/core/face.h \
	src/core/fate.c \
	src/core/gateway.c src/core/gateway.h \
	src/core/history.c \
	src/core/house.c src/core/house.h \
	src/core/hub.c src/core/hub.h src/core/hub_priv.h \
	src/core/journal.c \
	src/core/late.c \
	src/core/leg.c src/core/leg.h \
	src/core/legstate.c \
	src/core/links.c \
	src/core/load.c \
	src/core/member.c src/core/member.h \
	src/core/members.c \
	src/core/meta.c src/core/meta.h \
	src/core/missed.c \
	src/core/more.c \
	src/core/msg.c src/core/msg.h \
	src/core/name.c \
	src/core/relay.c \
	src/core/render.c src/core/render.h \
	src/core/repeat.c src/core/repeat.h \
	src/core/room.c src/core/room.h \
	src/core/member_name.c \
	src/core/rooms.c \
	src/core/say.c \
	src/core/settle.c \
	src/core/show.c src/core/show.h \
	src/core/tell.c \
	src/core/watch.c src/core/watch.h \
	src/core/topic.c \
	src/core/weigh.c
src_core_libcore_a_CPPFLAGS = $(INC_core)

check_PROGRAMS += tests/unit/t_core_meta
tests_unit_t_core_meta_SOURCES = tests/unit/t_core_meta.c
tests_unit_t_core_meta_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_meta_LDADD = src/core/libcore.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_addr
tests_unit_t_core_addr_SOURCES = tests/unit/t_core_addr.c
tests_unit_t_core_addr_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_addr_LDADD = src/core/libcore.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_cursor
tests_unit_t_core_cursor_SOURCES = tests/unit/t_core_cursor.c
tests_unit_t_core_cursor_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_cursor_LDADD = src/core/libcore.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_msg
tests_unit_t_core_msg_SOURCES = tests/unit/t_core_msg.c
tests_unit_t_core_msg_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_msg_LDADD = src/core/libcore.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_loop tests/unit/t_core_topic
check_PROGRAMS += tests/unit/t_core_crowd
tests_unit_t_core_crowd_SOURCES = tests/unit/t_core_crowd.c
tests_unit_t_core_crowd_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_crowd_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)
tests_unit_t_core_loop_SOURCES = tests/unit/t_core_loop.c
tests_unit_t_core_loop_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_loop_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)
tests_unit_t_core_topic_SOURCES = tests/unit/t_core_topic.c
tests_unit_t_core_topic_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_topic_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_render
tests_unit_t_core_render_SOURCES = tests/unit/t_core_render.c
tests_unit_t_core_render_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_render_LDADD = src/core/libcore.a $(LIB_base) $(CMOCKA_LIBS)

EXTRA_DIST += tests/unit/hub_rig.h

check_PROGRAMS += tests/unit/t_core_hub
tests_unit_t_core_hub_SOURCES = tests/unit/t_core_hub.c
tests_unit_t_core_hub_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_hub_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_idle
tests_unit_t_core_idle_SOURCES = tests/unit/t_core_idle.c
tests_unit_t_core_idle_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_idle_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_retry
tests_unit_t_core_retry_SOURCES = tests/unit/t_core_retry.c
tests_unit_t_core_retry_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_retry_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_direct
tests_unit_t_core_direct_SOURCES = tests/unit/t_core_direct.c
tests_unit_t_core_direct_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_direct_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_gate
tests_unit_t_core_gate_SOURCES = tests/unit/t_core_gate.c
tests_unit_t_core_gate_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_gate_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_consent
tests_unit_t_core_consent_SOURCES = tests/unit/t_core_consent.c
tests_unit_t_core_consent_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_consent_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_watch
tests_unit_t_core_watch_SOURCES = tests/unit/t_core_watch.c
tests_unit_t_core_watch_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_watch_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_links
tests_unit_t_core_links_SOURCES = tests/unit/t_core_links.c
tests_unit_t_core_links_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_links_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_legs
tests_unit_t_core_legs_SOURCES = tests/unit/t_core_legs.c
tests_unit_t_core_legs_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_legs_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_change
tests_unit_t_core_change_SOURCES = tests/unit/t_core_change.c
tests_unit_t_core_change_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_change_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_limits
tests_unit_t_core_limits_SOURCES = tests/unit/t_core_limits.c
tests_unit_t_core_limits_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_limits_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_missed
tests_unit_t_core_missed_SOURCES = tests/unit/t_core_missed.c
tests_unit_t_core_missed_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_core_missed_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_core_undo
tests_unit_t_core_undo_SOURCES = tests/unit/t_core_undo.c
tests_unit_t_core_undo_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_core_undo_LDADD = $(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)
