# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/cmdtab.c src/base/cmdtab.h \
	src/base/hash.c src/base/hash.h \
	src/base/list.c src/base/list.h \
	src/base/log.c src/base/log.h \
	src/base/mem.c src/base/mem.h \
	src/base/sink.c src/base/sink.h \
	src/base/utf8.c src/base/utf8.h \
	src/base/view.c src/base/view.h
src_base_libbase_a_CPPFLAGS = $(INC_base)
