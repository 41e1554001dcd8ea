/* readme/board: the board of the README's example, as the test plays it: a virtual clock, a button, a wire. */
#ifndef TROTH_TEST_BOARD_H
#define TROTH_TEST_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board;
struct troth;

/* The README's example: one turn of the main loop. */
void device_step(struct board *board, struct troth *troth);

uint32_t board_ms(const struct board *board);
size_t board_receive(struct board *board, uint8_t *frame, size_t cap);
void board_send(struct board *board, const uint8_t *frame, size_t len);
bool board_button(struct board *board);
void board_show(struct board *board, const uint8_t *data, size_t len);
void board_complain(struct board *board, const char *sentence);
void board_sleep(struct board *board, uint32_t ms);

#endif
