package io.gatehouse.core.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A consumer: who calls. At least one of {@code username} and {@code customId} is there.
 */
public record ConsumerEntity(
        String id, @Nullable String username, @Nullable String customId, List<String> tags) {
    public ConsumerEntity {
        tags = List.copyOf(tags);
    }
}
