package io.gatehouse.core.config;

import io.gatehouse.api.config.Secret;
import java.util.List;

/**
 * An API key of a consumer.
 *
 * @param key the key as the client sends it
 */
public record KeyauthCredential(String id, String consumerId, Secret key, List<String> tags) {
    public KeyauthCredential {
        tags = List.copyOf(tags);
    }
}
