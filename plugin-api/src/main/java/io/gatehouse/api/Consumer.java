package io.gatehouse.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A consumer of the configuration. At least one of username and custom id is set. Immutable. */
public record Consumer(
        String id, @Nullable String username, @Nullable String customId, List<String> tags) {
    /** Copies the tags. */
    public Consumer {
        tags = List.copyOf(tags);
    }

    /** The name that metrics and logs show: the username, else the custom id. */
    public String displayName() {
        if (username != null) {
            return username;
        }
        return customId != null ? customId : id;
    }
}
