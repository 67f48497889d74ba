package io.gatehouse.testkit;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Consumers and credentials that a test fills in.
 *
 * <pre>{@code
 * directory.add("keyauth_credentials", "s3cret", directory.add("alice"));
 * }</pre>
 */
public final class FakeDirectory implements Directory {
    private final Map<String, Consumer> consumers = new HashMap<>();
    private final Map<String, Credential> credentials = new HashMap<>();

    /** Makes an empty directory. */
    public FakeDirectory() {}

    /** Adds a consumer with this username; its id is made from the name. */
    public Consumer add(String username) {
        return add(new Consumer(idOf("consumer", username), username, null, List.of()));
    }

    /** Adds a consumer. */
    public Consumer add(Consumer consumer) {
        consumers.put(consumer.id(), consumer);
        String username = consumer.username();
        if (username != null) {
            consumers.put(username, consumer);
        }
        return consumer;
    }

    /** Adds a credential; its id is made from type and key. */
    public Credential add(String type, String key, Consumer consumer) {
        return add(key, new Credential(idOf(type, key), type, consumer, Map.of()));
    }

    /** Adds a credential that is found by this key. */
    public Credential add(String key, Credential credential) {
        credentials.put(credential.type() + '\n' + key, credential);
        return credential;
    }

    @Override
    public @Nullable Credential credential(String type, String key) {
        return credentials.get(Objects.requireNonNull(type, "type") + '\n' + Objects.requireNonNull(key, "key"));
    }

    @Override
    public java.util.List<io.gatehouse.api.ConsumerGroup> groups(Consumer consumer) {
        return java.util.List.of();
    }

    @Override
    public @Nullable Consumer consumer(String idOrUsername) {
        return consumers.get(Objects.requireNonNull(idOrUsername, "idOrUsername"));
    }

    static String idOf(String kind, String name) {
        return UUID.nameUUIDFromBytes((kind + '\n' + name).getBytes(StandardCharsets.UTF_8))
                .toString();
    }
}
