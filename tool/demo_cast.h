/* tool/demo_cast.h: who appears in the demonstration, and what they can do. */
#ifndef TROTH_TOOL_DEMO_CAST_H
#define TROTH_TOOL_DEMO_CAST_H

#include "tool/demo.h"

enum cast { REMOTE, DOOR, SPARE };

/* Everything that is ever said over the wire. */
enum cast_line { OPEN, IS_OPEN, CLOSE, IS_CLOSED, STATE, LOCK, KNOCK, CAST_LINES };
extern const char *const cast_lines[CAST_LINES];

/* Starts a device at a side of the wire, and waits until it is there. */
enum { CAST_PAIRS = 1, CAST_ANSWERS = 2, CAST_SILENTLY = 4 };
bool cast_enter(struct stage *stage, struct actor *actor, enum side side, unsigned how);

/* Waits until each says that it is linked with the other. */
bool cast_link(struct stage *stage, struct actor *a, struct actor *b);

/* One says a line, the other must get it, and nothing else before it. */
bool cast_say(struct stage *stage, enum side side, struct actor *from, struct actor *to, const char *line);

#endif
