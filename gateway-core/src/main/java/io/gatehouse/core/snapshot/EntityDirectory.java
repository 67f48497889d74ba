package io.gatehouse.core.snapshot;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.entity.ConsumerEntity;
import io.gatehouse.core.entity.ConsumerGroupConsumer;
import io.gatehouse.core.entity.ConsumerGroupEntity;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.KeyauthCredential;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Consumers and credentials of one snapshot. Keys are held and compared as SHA-256 digests, so that neither time nor
 * memory tells them.
 */
final class EntityDirectory implements Directory {
    /** A credential and, if it has an end, when that is. */
    private record Dated(Credential credential, boolean ends, long endsAt) {}

    /**
     * What an entity of a credential became, for the next directory to take over.
     *
     * @param digest of the key that it is found by; null when it is not found by one
     */
    private record Held(
            Entity entity,
            Consumer consumer,
            Dated dated,
            @Nullable Digest digest) {}

    /** What an entity of a consumer became. */
    private record HeldConsumer(ConsumerEntity entity, Consumer consumer) {}

    private final Clock clock;
    private final LongSupplier nanos;
    private final Map<String, Consumer> consumersByName = new HashMap<>();
    private final Map<String, Map<Digest, Dated>> byKey = new HashMap<>();
    private final Map<String, Map<String, List<Credential>>> byConsumer = new HashMap<>();
    private final Map<String, List<ConsumerGroup>> groups = new HashMap<>();
    private final Map<String, HeldConsumer> heldConsumers = new HashMap<>();
    private final Map<String, Held> held = new HashMap<>();

    /**
     * The directory of a configuration.
     *
     * @param before one whose consumers and credentials are taken over where they are the same; null when there is none
     * @param clock tells how old a key with a time to live is already
     * @param nanos measures what is left of that time, since the other clock may be set
     */
    @SuppressWarnings("ReferenceEquality") // what an edit did not touch is the same object
    EntityDirectory(DeclarativeConfig config, @Nullable EntityDirectory before, Clock clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        for (ConsumerEntity entity : config.consumers()) {
            HeldConsumer known = before == null ? null : before.heldConsumers.get(entity.id());
            HeldConsumer mine = known != null && known.entity == entity
                    ? known
                    : new HeldConsumer(
                            entity, new Consumer(entity.id(), entity.username(), entity.customId(), entity.tags()));
            heldConsumers.put(entity.id(), mine);
            if (entity.username() != null) {
                consumersByName.put(entity.username(), mine.consumer);
            }
        }
        heldConsumers.forEach((id, one) -> consumersByName.put(id, one.consumer));
        for (EntityKind kind : EntityKind.values()) {
            if (kind.isCredential()) {
                for (Entity entity : config.all(kind)) {
                    Held known = before == null ? null : before.held.get(entity.id());
                    Held mine = known != null
                                    && known.entity == entity
                                    && consumersByName.get(known.consumer.id()) == known.consumer
                            ? known
                            : held(entity);
                    if (mine != null) {
                        add(kind.plural(), mine);
                    }
                }
            }
        }
        Map<String, ConsumerGroup> groupsById = new HashMap<>();
        for (ConsumerGroupEntity group : config.consumerGroups()) {
            groupsById.put(group.id(), new ConsumerGroup(group.id(), group.name()));
        }
        for (ConsumerGroupConsumer member : config.consumerGroupConsumers()) {
            ConsumerGroup group = groupsById.get(member.consumerGroupId());
            if (group != null) {
                groups.computeIfAbsent(member.consumerId(), id -> new ArrayList<>())
                        .add(group);
            }
        }
        groups.replaceAll((consumer, all) ->
                all.stream().sorted(Comparator.comparing(ConsumerGroup::name)).toList());
    }

    private void add(String type, Held one) {
        held.put(one.entity.id(), one);
        byConsumer
                .computeIfAbsent(type, any -> new HashMap<>())
                .computeIfAbsent(one.consumer.id(), id -> new ArrayList<>(1))
                .add(one.dated.credential);
        if (one.digest != null) {
            byKey.computeIfAbsent(type, any -> new HashMap<>()).put(one.digest, one.dated);
        }
    }

    /** What a credential becomes; null when its consumer is not there. */
    private @Nullable Held held(Entity entity) {
        EntityKind kind = entity.kind();
        List<String> identity = kind.identity();
        String lookup = identity.size() == 1 ? identity.get(0) : "";
        Map<String, Object> fields = new LinkedHashMap<>();
        Map<String, Secret> secrets = new LinkedHashMap<>();
        String key = null;
        Consumer consumer = null;
        for (Map.Entry<String, @Nullable Object> field : entity.fields().entrySet()) {
            String name = field.getKey();
            Object value = field.getValue();
            if (name.equals("consumer")) {
                HeldConsumer owner = heldConsumers.get(String.valueOf(value));
                consumer = owner == null ? null : owner.consumer;
            } else if (value instanceof Secret secret) {
                if (name.equals(lookup)) {
                    key = secret.value();
                } else {
                    secrets.put(name, secret);
                }
            } else if (value != null && !name.equals("id")) {
                fields.put(name, value);
                key = name.equals(lookup) ? String.valueOf(value) : key;
            }
        }
        if (consumer == null) {
            return null;
        }
        Credential credential = new Credential(entity.id(), kind.plural(), consumer, fields, secrets);
        return new Held(entity, consumer, dated(credential, entity), key == null ? null : Digest.of(key));
    }

    private Dated dated(Credential credential, Entity entity) {
        Integer ttl = entity.value() instanceof KeyauthCredential key ? key.ttl() : null;
        return ttl == null || ttl == 0
                ? new Dated(credential, false, 0)
                : new Dated(credential, true, nanos.getAsLong() + TimeUnit.SECONDS.toNanos(ttl - age(entity)));
    }

    /** Seconds since it was made; 0 where nothing says when that was. */
    private long age(Entity entity) {
        return entity.node().get("created_at") instanceof ConfigNode.Scalar made
                        && made.type() == ConfigNode.Type.INTEGER
                ? Math.max(0, clock.instant().getEpochSecond() - Long.parseLong(made.text()))
                : 0;
    }

    @Override
    public @Nullable Credential credential(String type, String key) {
        Map<Digest, Dated> all = byKey.get(type);
        Dated found = all == null ? null : all.get(Digest.of(key));
        if (found == null || (found.ends && nanos.getAsLong() - found.endsAt >= 0)) {
            return null;
        }
        return found.credential;
    }

    @Override
    public List<Credential> credentials(String type, Consumer consumer) {
        List<Credential> all = byConsumer.getOrDefault(type, Map.of()).get(consumer.id());
        return all == null ? List.of() : all;
    }

    @Override
    public @Nullable Consumer consumer(String idOrUsername) {
        return consumersByName.get(idOrUsername);
    }

    @Override
    public List<ConsumerGroup> groups(Consumer consumer) {
        return groups.getOrDefault(consumer.id(), List.of());
    }

    /** A SHA-256 digest as a map key. */
    private static final class Digest {
        private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Digest::sha256);

        private final byte[] bytes;

        private Digest(byte[] bytes) {
            this.bytes = bytes;
        }

        static Digest of(String key) {
            return new Digest(SHA_256.get().digest(key.getBytes(StandardCharsets.UTF_8)));
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every JDK has it
            }
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Digest that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return (bytes[0] & 255) << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | bytes[3] & 255;
        }
    }
}
