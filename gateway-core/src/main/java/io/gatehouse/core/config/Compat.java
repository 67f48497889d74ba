package io.gatehouse.core.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The setting {@code compat}: which version's defaults hold where Kong changed them. Unset, they are the
 * safe ones, save that routes take plain http as well.
 */
public enum Compat {
    /** Credentials hidden, upstream certificates verified, routes on http and https. */
    UNSET(null, true, true),
    /** As in 3.10: credentials forwarded, upstream certificates not verified, routes on http and https. */
    KONG_3_10("3.10", false, true),
    /** As in 3.15: credentials hidden, upstream certificates verified, routes on https only. */
    KONG_3_15("3.15", true, false);

    private final @Nullable String setting;
    private final boolean safe;
    private final boolean plainHttp;

    Compat(@Nullable String setting, boolean safe, boolean plainHttp) {
        this.setting = setting;
        this.safe = safe;
        this.plainHttp = plainHttp;
    }

    /**
     * The one that a setting names.
     *
     * @throws IllegalArgumentException when it is neither null, {@code 3.10} nor {@code 3.15}
     */
    public static Compat of(@Nullable String setting) {
        if (setting == null || setting.isEmpty()) {
            return UNSET;
        }
        for (Compat compat : values()) {
            if (setting.equals(compat.setting)) {
                return compat;
            }
        }
        throw new IllegalArgumentException("compat: " + setting + " (expected: 3.10, 3.15)");
    }

    /** Whether upstream certificates are verified where a service does not say. */
    public boolean verifiesUpstreamTls() {
        return safe;
    }

    /** Whether the defaults of 3.10 hold for plugins' fields that changed since. */
    public boolean isKong310() {
        return this == KONG_3_10;
    }

    /** The protocols of a route that names none. */
    public List<String> routeProtocols() {
        return plainHttp ? List.of("http", "https") : List.of("https");
    }
}
