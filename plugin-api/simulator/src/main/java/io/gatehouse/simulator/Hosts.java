package io.gatehouse.simulator;

import java.util.Locale;

/** Host names as the ledger and scopes compare them. */
final class Hosts {
    private Hosts() {}

    /** A Host header's value in lower case and without its port. */
    static String name(String authority) {
        int end = authority.length();
        int colon = authority.lastIndexOf(':');
        if (colon >= 0 && colon > authority.lastIndexOf(']')) {
            end = colon;
        }
        return authority.substring(0, end).toLowerCase(Locale.ROOT);
    }
}
