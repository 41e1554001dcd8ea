/* edhoc/static_dh: authentication by a static Diffie-Hellman key and a MAC (RFC 9528, 4.1.1.2, 4.1.1.3, 5.3.2,
 * 5.4.2). */
#include "edhoc/session.h"

/* PRK_3e2m = EDHOC_Extract( SALT_3e2m, G_RX ), or PRK_4e3m = EDHOC_Extract( SALT_4e3m, G_IY ). */
static int mix(struct troth_edhoc *s, enum troth_key key, const uint8_t *peer_key)
{
    return session_extract(s, key, peer_key, session_in_message_3(s) ? SALT_4E3M : SALT_3E2M);
}

static int prove_begin(struct troth_edhoc *s, const struct troth_edhoc_cred *own, uint8_t *proof)
{
    (void)own;
    (void)proof;
    return mix(s, TROTH_KEY_IDENTITY, s->g_peer);
}

static int prove_finish(struct troth_edhoc *s, const struct troth_edhoc_cred *own, uint8_t *proof)
{
    return session_mac(s, own, proof, session_mac_len(s));
}

static int check_begin(struct troth_edhoc *s, const struct troth_edhoc_cred *peer, uint8_t *proof)
{
    (void)proof;
    return mix(s, TROTH_KEY_EPHEMERAL, peer->key);
}

static int check_finish(struct troth_edhoc *s, const struct troth_edhoc_cred *peer, uint8_t *proof)
{
    (void)proof;
    uint8_t mac[16];
    int result = session_mac(s, peer, mac, peer->proof.len);
    if (result == TROTH_OK && !ct_equal(mac, peer->proof.data, peer->proof.len)) {
        result = TROTH_E_FORGED;
    }
    wipe(mac, sizeof mac);
    return result;
}

const struct troth_edhoc_auth troth_edhoc_static_dh = {true, {prove_begin, prove_finish, check_begin, check_finish}};
