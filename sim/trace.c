/* sim/trace.c: the text of events and reports. Includes libc. */
#include "trace.h"

#include <inttypes.h>

static const char *const event_name[] = {"power", "wake",    "idle",    "sleep",  "watchdog", "write",
                                         "read",  "refused", "command", "answer", "fault"};

static double milliseconds(uint64_t ns)
{
    return (double)ns / 1e6;
}

void trace_event(FILE *file, const struct chip_event *event)
{
    fprintf(file, "%12.3f %6" PRIu32 " %s", milliseconds(event->clock_ns), event->operation, event_name[event->kind]);
    if (event->name != NULL) {
        fprintf(file, " %s", event->name);
    }
    if (event->kind == CHIP_EVENT_COMMAND) {
        fprintf(file, " %.3f ms", milliseconds(event->time_ns));
    }
    if (event->len > 0) {
        fputc(' ', file);
    }
    for (size_t i = 0; i < event->len; i++) {
        fprintf(file, "%02x", event->bytes[i]);
    }
    fputc('\n', file);
}

void trace_report(FILE *file, const struct chip_report *report)
{
    fprintf(file, "chip clock %.3f ms: commands %.3f, bus %.3f, wakes %.3f\n", milliseconds(report->clock_ns),
            milliseconds(report->execution_ns), milliseconds(report->bus_ns), milliseconds(report->wake_ns));
    fprintf(file,
            "  %" PRIu32 " bus operations, %" PRIu32 " refused, %" PRIu32 " wakes, %" PRIu32 " watchdogs, %" PRIu32
            " bytes in, %" PRIu32 " out\n",
            report->operations, report->refused, report->wakes, report->watchdogs, report->bytes_in, report->bytes_out);
    for (size_t i = 0; i < CHIP_COMMANDS; i++) {
        if (report->command[i].count > 0) {
            fprintf(file, "  %-12s %6" PRIu32 " %12.3f ms\n", report->command[i].name, report->command[i].count,
                    milliseconds(report->command[i].execution_ns));
        }
    }
}
