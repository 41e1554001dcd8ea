/* sim/trace.h: events and reports as lines of text. Includes libc and chip.h. */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdio.h>

#include "chip.h"

/* One line an event: clock in ms, number of the bus operation, what happened, bytes in hex. */
void trace_event(FILE *file, const struct chip_event *event);
/* The totals: a line for the sums, then one for each command that ran. */
void trace_report(FILE *file, const struct chip_report *report);

#endif
