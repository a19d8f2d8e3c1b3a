# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/core/libcore.a
src_core_libcore_a_SOURCES = \
	src/core/addr.c src/core/addr.h \
	src/core/core_priv.h \
	src/core/cursor.c src/core/cursor.h \
	src/core/deliver.c \
	src/core/face.h \
	src/core/hub.c src/core/hub.h src/core/hub_priv.h \
	src/core/journal.c \
	src/core/leg.c src/core/leg.h \
	src/core/legstate.c \
	src/core/links.c \
	src/core/load.c \
	src/core/member.c src/core/member.h \
	src/core/msg.c src/core/msg.h \
	src/core/name.c \
	src/core/relay.c \
	src/core/render.c src/core/render.h \
	src/core/room.c src/core/room.h \
	src/core/rooms.c \
	src/core/say.c
src_core_libcore_a_CPPFLAGS = $(INC_core)
