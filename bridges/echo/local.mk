# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += bridges/echo/libecho.a
bridges_echo_libecho_a_SOURCES = bridges/echo/echo.c bridges/echo/echo.h
bridges_echo_libecho_a_CPPFLAGS = $(INC_bridges) -I$(top_srcdir)/bridges/echo
