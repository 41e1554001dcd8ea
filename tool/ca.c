/* tool/ca: the command line of `troth ca`. */
#include "tool/ca.h"

#include "tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "usage: troth ca init DIR [--name NAME] [--method 0|3]\n"
    "       troth ca init DIR --under ROOTDIR [--name NAME]\n"
    "       troth ca issue DIR --serial S (--pubkey FILE | --keygen) [--epoch N] [--out DEVDIR]\n"
    "\n"
    "init makes a certification authority in the new folder DIR: a root, or with --under an issuing CA that the root "
    "in\n"
    "ROOTDIR signs. A product family has one root and one method: its devices sign (0, the default) or agree (3).\n"
    "  --name NAME     its name in certificates, at most 31 characters; without it, the last part of DIR\n"
    "\n"
    "issue gives a device its certificate. Its folder, which is told on stdout, holds certificate.c509, root.c509 "
    "and,\n"
    "with --keygen, key.pem: what `troth device --store` takes.\n"
    "  --serial S      the serial number that is printed on the device\n"
    "  --pubkey FILE   the device's public key: PEM, DER, or the point in 33, 64 or 65 bytes or their hexadecimal\n"
    "  --keygen        make a key pair here\n"
    "  --epoch N       the epoch of the batch, which a floor may exclude later; without it, the time in seconds\n"
    "  --out DEVDIR    the folder; without it, DIR/devices/S\n"
    "\n"
    "Nothing is ever overwritten. DIR/ledger lists what was issued; one key, and one serial number, gets one "
    "certificate.\n"
    "DIR/key.pem is not encrypted: keep DIR as safe as what the devices protect.\n";

static bool parse_u32(const char *text, uint32_t *value)
{
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    *value = (uint32_t)parsed;
    return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0 && parsed <= UINT32_MAX;
}

/* The last part of a path. */
static void base_name(const char *path, char out[CA_NAME_LEN + 1])
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    snprintf(out, CA_NAME_LEN + 1, "%.*s", (int)(end - start), path + start);
}

static int init_main(int argc, char **argv)
{
    const char *dir = NULL;
    const char *name = NULL;
    const char *under = NULL;
    const char *method_text = NULL;
    char from_path[CA_NAME_LEN + 1];
    unsigned method = 0;
    const struct tool_option options[] = {
        {"--name", &name, NULL}, {"--under", &under, NULL}, {"--method", &method_text, NULL}};
    int result = tool_options(argc, argv, options, sizeof options / sizeof *options, &dir, 1, 1);
    if (result != 0) {
        return result;
    }
    if (method_text != NULL) {
        if (strcmp(method_text, "0") != 0 && strcmp(method_text, "3") != 0) {
            return tool_misused("ca init: --method is 0 (devices sign) or 3 (devices agree)");
        }
        method = method_text[0] == '3' ? 3 : 0;
    }
    if (name == NULL) {
        base_name(dir, from_path);
        name = from_path;
    }
    if (!ca_name_fits(name) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return tool_misused("ca init: \"%s\" cannot be a name: give one of 1 to %d ASCII characters with --name", name,
                            CA_NAME_MAX);
    }
    if (under != NULL) {
        return ca_init_under(dir, under, name, method_text == NULL ? NULL : &method);
    }
    return ca_init_root(dir, name, method);
}

static int issue_main(int argc, char **argv)
{
    struct ca_order order = {0};
    const char *epoch_text = NULL;
    uint32_t epoch;
    bool keygen = false;
    const struct tool_option options[] = {{"--serial", &order.serial, NULL},
                                          {"--pubkey", &order.pubkey, NULL},
                                          {"--keygen", NULL, &keygen},
                                          {"--epoch", &epoch_text, NULL},
                                          {"--out", &order.out, NULL}};
    int result = tool_options(argc, argv, options, sizeof options / sizeof *options, &order.dir, 1, 1);
    if (result != 0) {
        return result;
    }
    if (order.serial == NULL) {
        return tool_misused("ca issue: --serial is missing: the number that is printed on the device");
    }
    if (keygen == (order.pubkey != NULL)) {
        return tool_misused("ca issue: give either --pubkey FILE or --keygen");
    }
    if (epoch_text != NULL) {
        if (!parse_u32(epoch_text, &epoch)) {
            return tool_misused("ca issue: --epoch is a number from 0 to 4294967295");
        }
        order.epoch = &epoch;
    }
    return ca_issue(&order);
}

int troth_ca_main(int argc, char **argv)
{
    if (tool_wants_help(argc, argv)) {
        fputs(help_text, stdout);
        return EXIT_SUCCESS;
    }
    if (argc >= 2 && strcmp(argv[1], "init") == 0) {
        argv[1] = "ca init";
        return init_main(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "issue") == 0) {
        argv[1] = "ca issue";
        return issue_main(argc - 1, argv + 1);
    }
    return tool_misused("ca: say init or issue: see troth ca --help");
}
