/* edhoc/static_dh: authentication by a static Diffie-Hellman key and a MAC (RFC 9528, 4.1.1.2, 4.1.1.3, 5.3.2,
 * 5.4.2). */
#include "edhoc/session.h"

/* PRK_3e2m = EDHOC_Extract( SALT_3e2m, G_RX ), or PRK_4e3m = EDHOC_Extract( SALT_4e3m, G_IY ): with one's own static
 * key where there is a proof to be made, else with the peer's. */
static int mix(struct troth_edhoc *s, const struct troth_edhoc_cred *cred, uint8_t *proof)
{
    enum info_label salt_label = session_in_message_3(s) ? SALT_4E3M : SALT_3E2M;
    if (proof != NULL) {
        return session_extract(s, TROTH_KEY_IDENTITY, s->g_peer, salt_label);
    }
    return session_extract(s, TROTH_KEY_EPHEMERAL, cred->key, salt_label);
}

static int prove(struct troth_edhoc *s, const struct troth_edhoc_cred *own, uint8_t *proof)
{
    return session_mac(s, own, proof, session_mac_len(s));
}

static int check(struct troth_edhoc *s, const struct troth_edhoc_cred *peer, uint8_t *proof)
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

const struct troth_edhoc_auth troth_edhoc_static_dh = {true, {mix, prove}, {mix, check}};
