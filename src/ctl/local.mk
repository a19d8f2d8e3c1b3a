# SPDX-License-Identifier: GPL-3.0-or-later
bin_PROGRAMS += confabctl
confabctl_SOURCES = src/ctl/confabctl.c
confabctl_CPPFLAGS = $(INC_base) $(JANSSON_CFLAGS) \
	-DCONFAB_VERSION=\"$(VERSION)\"
confabctl_LDADD = $(LIB_base) $(JANSSON_LIBS)
