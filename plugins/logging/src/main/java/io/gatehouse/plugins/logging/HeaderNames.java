package io.gatehouse.plugins.logging;

import io.gatehouse.api.json.JsonName;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Header names in lower case, ready to be written: most requests bring the same ones. Bounded like {@link EntityTexts}, and
 * read and written in the same way.
 */
final class HeaderNames {
    private static final int PLACES = 512;
    private static final int LONGEST = 64;
    private static final @Nullable Known[] KNOWN = new Known[PLACES];

    private record Known(String sent, JsonName shown) {}

    private HeaderNames() {}

    static JsonName shown(String sent) {
        int hash = sent.hashCode();
        int place = (hash ^ (hash >>> 9)) & (PLACES - 1);
        Known known = KNOWN[place];
        if (known != null && known.sent().equals(sent)) {
            return known.shown();
        }
        JsonName shown = JsonName.of(sent.toLowerCase(Locale.ROOT));
        if (sent.length() <= LONGEST) {
            KNOWN[place] = new Known(sent, shown);
        }
        return shown;
    }
}
