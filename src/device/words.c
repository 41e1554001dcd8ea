/* device/words: errors and reasons in words, for people; the linker leaves them out where nobody reads. */
#include <troth/troth.h>

const char *troth_strerror(int result)
{
    switch (result) {
    case TROTH_OK:
        return "done";
    case TROTH_AGAIN:
        return "not finished: call again";
    case TROTH_E_FORGED:
        return "forged, damaged or replayed: dropped";
    case TROTH_E_STATE:
        return "not possible now: wait for the event that this call belongs to";
    case TROTH_E_SPACE:
        return "the buffer is too small: give a larger one";
    case TROTH_E_CRYPTO:
        return "the crypto chip or library failed: try again, then service this device";
    case TROTH_E_STORE:
        return "the store failed: what was stored before still holds; service this device";
    case TROTH_E_PEER:
        return "the peer's certificate is not acceptable: check maker, family and epoch";
    case TROTH_E_SUITE:
        return "no common cipher suite: check the configuration of both devices";
    case TROTH_E_UNKNOWN:
        return "the peer is not the paired device: to take a new one open a window on both";
    case TROTH_E_CONFIG:
        return "certificate, root, buffer, suites and method do not fit together: check the configuration";
    case TROTH_E_UNPAIRED:
        return "there is no paired device: open a window on both";
    default:
        return "unknown result";
    }
}

const char *troth_strreason(int reason)
{
    switch (reason) {
    case TROTH_REASON_NONE:
        return "no reason";
    case TROTH_REASON_TIMEOUT:
        return "no answer: check the wire, and that the other device is on and its window open";
    case TROTH_REASON_FORGED:
        return "a message did not verify: damaged on the wire, or somebody in the middle; check the wiring, try again";
    case TROTH_REASON_FOREIGN:
        return "not a device of this family: another maker's, an old epoch's or one's own certificate; take a genuine "
               "unit";
    case TROTH_REASON_UNKNOWN:
        return "not the paired device: to take a new one open a window on both";
    case TROTH_REASON_PEER:
        return "the other device ended the attempt: see what it shows";
    case TROTH_REASON_REFUSED:
        return "the owner of the other device refused";
    case TROTH_REASON_SUITE:
        return "no common cipher suite: the two devices were built for different suites";
    case TROTH_REASON_CRYPTO:
        return "the crypto chip failed: switch off and on; if it stays, service this device";
    case TROTH_REASON_STORE:
        return "storing failed, nothing was changed: service this device";
    case TROTH_REASON_CONFIG:
        return "this device is not set up right: provision it again";
    default:
        return "unknown reason";
    }
}
