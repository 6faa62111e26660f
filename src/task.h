/*
 * task: a search that runs beside the screen, and what becomes of its result.
 */
#ifndef OCTAVO_TASK_H
#define OCTAVO_TASK_H

#include "octavo/editor.h"

/* Stops it, whatever it does; NULL is nothing. */
void task_free(struct task *task);

#endif
