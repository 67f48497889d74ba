package io.gatehouse.plugins.ai.proxy;

import java.util.Locale;

/** Lower case without regard to where the gateway runs. */
final class Lower {
    private Lower() {}

    static String of(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
