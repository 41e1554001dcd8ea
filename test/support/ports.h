/* ports: every crypto port of this host behind one interface, for tests that must hold on all of them. */
#ifndef TROTH_TEST_PORTS_H
#define TROTH_TEST_PORTS_H

#include "port/openssl/openssl.h"
#include "port/psa/psa.h"
#include "test/support/chip.h"

/* PORT_SOFT: sha256 and aes128 are port/soft's, the rest is the openssl port's. PORT_CHIP: our driver on a simulated chip, on I2C and
 * on a single wire; it waits while the chip says TROTH_AGAIN. An identity that signs has method 0, one that agrees method 3. */
enum port_kind { PORT_OPENSSL, PORT_PSA, PORT_SOFT, PORT_CHIP, PORT_CHIP_SWI, PORT_KINDS };

struct test_port {
    const char *name;
    struct troth_port port;
    uint8_t public_key[64]; /* of the identity */
    struct troth_crypto table;
    struct troth_openssl openssl;
    struct troth_psa psa;
    struct test_chip chip;
    enum port_kind kind;
    psa_key_id_t identity;
    psa_key_id_t store_key;
};

/* Opens a port of this kind with an identity key from its scalar, which signs or agrees. Ends the program on failure. */
void test_port_open(struct test_port *test, enum port_kind kind, const uint8_t identity[32], enum troth_psa_use use,
                    const uint8_t store_key[32]);

void test_port_close(struct test_port *test);

/* The next `generate` takes this scalar; not on a chip, which makes its keys itself. */
void test_port_fix(struct test_port *test, const uint8_t scalar[32]);
bool test_port_is_chip(const struct test_port *test);

/* A port whose next `agree` uses this scalar: the name of the key. A chip begins anew with another identity. */
enum troth_key test_port_use(struct test_port *test, const uint8_t scalar[32]);

/* A peer or key that is no good was refused. A chip refuses with one status for every reason, so its port cannot always say
 * TROTH_E_FORGED. */
bool test_port_refused(const struct test_port *test, int result);

#endif
