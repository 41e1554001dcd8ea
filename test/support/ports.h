/* ports: every crypto port of this host behind one interface, for tests that must hold on all of them. */
#ifndef TROTH_TEST_PORTS_H
#define TROTH_TEST_PORTS_H

#include "port/openssl/openssl.h"
#include "port/psa/psa.h"

/* PORT_SOFT: sha256 and aes128 are port/soft's, the rest is the openssl port's. */
enum port_kind { PORT_OPENSSL, PORT_PSA, PORT_SOFT, PORT_KINDS };

struct test_port {
    const char *name;
    struct troth_port port;
    uint8_t public_key[64]; /* of the identity */
    struct troth_crypto table;
    struct troth_openssl openssl;
    struct troth_psa psa;
    psa_key_id_t identity;
    psa_key_id_t store_key;
};

/* Opens a port of this kind with an identity key from its scalar, which signs or agrees. Ends the program on failure. */
void test_port_open(struct test_port *test, enum port_kind kind, const uint8_t identity[32], enum troth_psa_use use,
                    const uint8_t store_key[32]);

void test_port_close(struct test_port *test);

/* The next `generate` takes this scalar. */
void test_port_fix(struct test_port *test, const uint8_t scalar[32]);

#endif
