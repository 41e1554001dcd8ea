/* sim/chip.c: a chip made, shown and freed. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

static void chip_begin_source(struct chip *chip)
{
    chip->source.seeded = false;
    if (chip->options.seeded) {
        source_seed(&chip->source, chip->options.seed, chip->memory.starts);
    }
}

static bool chip_fill(struct chip *chip, const uint8_t *image)
{
    uint8_t serial[6];
    if (image != NULL && !zones_unpack(&chip->memory, image)) {
        return false;
    }
    if (image == NULL) {
        chip_begin_source(chip);
        source_bytes(&chip->source, serial, sizeof serial);
        zones_fresh(&chip->memory, chip->options.part, chip->options.bus, serial);
    }
    chip->memory.starts++;
    chip_begin_source(chip);
    return true;
}

struct chip *chip_make(const struct chip_options *options, const uint8_t *image, const char **why)
{
    struct chip *chip = calloc(1, sizeof *chip);
    uint8_t kept[CHIP_IMAGE_SIZE];
    if (chip == NULL) {
        *why = "no memory";
        return NULL;
    }
    chip->options = *options;
    *why = NULL;
    if (!fault_parse(&chip->plan, options->fault)) {
        *why = "the fault plan cannot be read";
    } else if (!chip_fill(chip, image)) {
        *why = "the state is damaged or not a chip's";
    } else {
        zones_pack(&chip->memory, kept);
        chip->dead = options->keep != NULL && !options->keep(options->keep_ctx, kept);
        *why = chip->dead ? "the state cannot be kept" : NULL;
    }
    if (*why != NULL) {
        chip_free(chip);
        return NULL;
    }
    chip_power_cycle(chip);
    return chip;
}

void chip_free(struct chip *chip)
{
    if (chip != NULL) {
        memset(chip, 0, sizeof *chip);
    }
    free(chip);
}

void chip_image(const struct chip *chip, uint8_t image[CHIP_IMAGE_SIZE])
{
    zones_pack(chip->running ? &chip->before : &chip->memory, image);
}

bool chip_alive(const struct chip *chip)
{
    return !chip->dead;
}

bool chip_is_busy(const struct chip *chip)
{
    return chip->running;
}

void chip_report(const struct chip *chip, struct chip_report *report)
{
    *report = chip->report;
    report->clock_ns = chip->clock_ns;
    for (size_t i = 0; i < CHIP_COMMANDS; i++) {
        report->command[i].name = command_table[i].name;
    }
}

uint32_t chip_wear(const struct chip *chip, unsigned place)
{
    return chip->memory.wear[place];
}
