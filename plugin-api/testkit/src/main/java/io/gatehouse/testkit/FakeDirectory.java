package io.gatehouse.testkit;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
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
    private final List<Credential> owned = new ArrayList<>();
    private final Map<String, List<ConsumerGroup>> groups = new HashMap<>();

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
        return add(credential);
    }

    /** Adds a credential that its consumer has and no key finds, such as one of {@code acls}. */
    public Credential add(Credential credential) {
        owned.add(credential);
        return credential;
    }

    /** Puts a consumer into a group; the group's id is made from its name. */
    public ConsumerGroup addToGroup(Consumer consumer, String group) {
        ConsumerGroup added = new ConsumerGroup(idOf("consumer_group", group), group);
        List<ConsumerGroup> all = groups.computeIfAbsent(consumer.id(), id -> new ArrayList<>());
        all.add(added);
        all.sort(Comparator.comparing(ConsumerGroup::name));
        return added;
    }

    @Override
    public @Nullable Credential credential(String type, String key) {
        return credentials.get(Objects.requireNonNull(type, "type") + '\n' + Objects.requireNonNull(key, "key"));
    }

    @Override
    public List<Credential> credentials(String type, Consumer consumer) {
        return owned.stream()
                .filter(one -> one.type().equals(type) && one.consumer().equals(consumer))
                .toList();
    }

    @Override
    public List<ConsumerGroup> groups(Consumer consumer) {
        return List.copyOf(groups.getOrDefault(consumer.id(), List.of()));
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
