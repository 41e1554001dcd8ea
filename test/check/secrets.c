/* secrets: port/soft with keys and data that MemorySanitizer takes for unknown: a branch on them, or an index from them,
 * ends the program. PLANT_BRANCH and PLANT_INDEX do so on purpose. */
#include "port/soft/soft.h"

#include <sanitizer/msan_interface.h>

static const uint8_t table[256] = {1, 2, 3};

int main(void)
{
    uint8_t key[16] = {0};
    uint8_t block[32] = {0};
    uint8_t message[150] = {0};
    uint8_t hash[32];
    struct troth_span part[2] = {{message, 70}, {message + 70, 80}};
    __msan_poison(key, sizeof key);
    __msan_poison(block, sizeof block);
    __msan_poison(message, sizeof message);
#ifdef PLANT_BRANCH
    if (key[3] > 7) {
        return 0;
    }
#endif
#ifdef PLANT_INDEX
    block[0] = table[key[3]];
#endif
    troth_soft_aes128(NULL, key, block, 1);
    troth_soft_aes128(NULL, key, block, 2);
    troth_soft_sha256(NULL, part, 2, hash);
    /* What came out is made of secrets: had it not been tracked, the silence above would mean nothing. */
    return __msan_test_shadow(block, sizeof block) == 0 && __msan_test_shadow(hash, sizeof hash) == 0 ? table[0] - 1
                                                                                                      : 1;
}
