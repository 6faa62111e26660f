/*
 * config: the file of defaults: $XDG_CONFIG_HOME/octavo/config, else
 * ~/.config/octavo/config: command lines (set, map).
 */
#ifndef OCTAVO_CONFIG_H
#define OCTAVO_CONFIG_H

#include "octavo/editor.h"

/* Runs its lines; no such file is fine.  The error names the file and the
 * line of the first that fails. */
bool config_load(struct editor *editor, struct error *error);

#endif
