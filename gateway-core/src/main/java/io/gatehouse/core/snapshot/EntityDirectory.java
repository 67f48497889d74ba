package io.gatehouse.core.snapshot;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import io.gatehouse.api.config.Secret;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

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

    /** The credentials of one type. */
    private record OfType(
            PMap<String, Held> held, PMap<Digest, Dated> byKey, PMap<String, List<Credential>> byConsumer) {
        static final OfType NONE = new OfType(HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty());

        List<Credential> of(String consumer) {
            return byConsumer.getOrDefault(consumer, List.of());
        }

        OfType minus(String id) {
            Held old = held.get(id);
            if (old == null) {
                return this;
            }
            String owner = old.consumer.id();
            List<Credential> left = of(owner).stream()
                    .filter(credential -> !credential.id().equals(id))
                    .toList();
            return new OfType(
                    held.minus(id),
                    old.digest == null ? byKey : byKey.minus(old.digest),
                    left.isEmpty() ? byConsumer.minus(owner) : byConsumer.plus(owner, left));
        }

        OfType plus(Held fresh) {
            String owner = fresh.consumer.id();
            List<Credential> own = new ArrayList<>(of(owner));
            own.add(fresh.dated.credential);
            return new OfType(
                    held.plus(fresh.entity.id(), fresh),
                    fresh.digest == null ? byKey : byKey.plus(fresh.digest, fresh.dated),
                    byConsumer.plus(owner, List.copyOf(own)));
        }

        /** With the credentials of some consumers in the order of the configuration. */
        OfType inOrderOf(List<Entity> entities, Set<String> owners) {
            Map<String, List<Credential>> sorted = new HashMap<>();
            for (Entity entity : entities) {
                Held one = held.get(entity.id());
                if (one != null && owners.contains(one.consumer.id())) {
                    sorted.computeIfAbsent(one.consumer.id(), id -> new ArrayList<>())
                            .add(one.dated.credential);
                }
            }
            sorted.replaceAll((owner, all) -> List.copyOf(all));
            return new OfType(held, byKey, byConsumer.plusAll(sorted));
        }
    }

    private final Clock clock;
    private final LongSupplier nanos;
    private PMap<String, HeldConsumer> consumers;
    private PMap<String, HeldConsumer> consumersByName;
    private final Map<String, OfType> types;
    private Map<String, List<ConsumerGroup>> groups;

    /** The directory before, or an empty one, to be changed before anyone sees it. */
    private EntityDirectory(@Nullable EntityDirectory before, Clock clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        this.consumers = before == null ? HashTreePMap.empty() : before.consumers;
        this.consumersByName = before == null ? HashTreePMap.empty() : before.consumersByName;
        this.types = before == null ? new HashMap<>() : new HashMap<>(before.types);
        this.groups = before == null ? Map.of() : before.groups;
    }

    /**
     * The directory of a configuration. Only what edits touched is made anew.
     *
     * @param old what the directory before is of
     * @param before one of the same clocks, whose consumers and credentials are taken over; null when there is none
     * @param clock tells how old a key with a time to live is already
     * @param nanos measures what is left of that time, since the other clock may be set
     */
    static EntityDirectory of(
            DeclarativeConfig config,
            DeclarativeConfig old,
            @Nullable EntityDirectory before,
            Clock clock,
            LongSupplier nanos) {
        EntityDirectory directory = new EntityDirectory(before, clock, nanos);
        DeclarativeConfig known = before == null ? DeclarativeConfig.empty() : old;
        Set<String> people = config.touchedSince(known, EntityKind.CONSUMER);
        directory.consumers(config, people);
        for (EntityKind kind : EntityKind.values()) {
            if (kind.isCredential()) {
                directory.credentials(config, kind, config.touchedSince(known, kind), people);
            }
        }
        if (before == null || !config.same(old, EntityKind.CONSUMER_GROUP, EntityKind.CONSUMER_GROUP_CONSUMER)) {
            directory.groups = groups(config);
        }
        return directory;
    }

    private void consumers(DeclarativeConfig config, Set<String> touched) {
        for (String id : touched) {
            HeldConsumer old = consumers.get(id);
            consumers = consumers.minus(id);
            String name = old == null ? null : old.entity.username();
            if (name != null) {
                consumersByName = consumersByName.minus(name);
            }
        }
        for (String id : touched) {
            Entity found = config.withId(EntityKind.CONSUMER, id);
            if (found != null) {
                ConsumerEntity entity = (ConsumerEntity) found.value();
                HeldConsumer fresh = new HeldConsumer(
                        entity, new Consumer(entity.id(), entity.username(), entity.customId(), entity.tags()));
                consumers = consumers.plus(id, fresh);
                if (entity.username() != null) {
                    consumersByName = consumersByName.plus(entity.username(), fresh);
                }
            }
        }
    }

    /** Those of a kind that were touched, and those whose consumer was: they have it from the same directory. */
    private void credentials(DeclarativeConfig config, EntityKind kind, Set<String> touched, Set<String> people) {
        OfType before = types.getOrDefault(kind.plural(), OfType.NONE);
        Set<String> ids = new LinkedHashSet<>(touched);
        for (String person : people) {
            before.of(person).forEach(credential -> ids.add(credential.id()));
        }
        if (ids.isEmpty()) {
            return;
        }
        OfType now = before;
        for (String id : ids) {
            now = now.minus(id);
        }
        Set<String> several = new HashSet<>();
        for (String id : ids) {
            Entity entity = config.withId(kind, id);
            Held fresh = entity == null ? null : held(entity, config);
            if (fresh != null) {
                now = now.plus(fresh);
                if (now.of(fresh.consumer.id()).size() > 1) {
                    several.add(fresh.consumer.id());
                }
            }
        }
        types.put(kind.plural(), several.isEmpty() ? now : now.inOrderOf(config.all(kind), several));
    }

    private static Map<String, List<ConsumerGroup>> groups(DeclarativeConfig config) {
        Map<String, ConsumerGroup> byId = new HashMap<>();
        for (ConsumerGroupEntity group : config.consumerGroups()) {
            byId.put(group.id(), new ConsumerGroup(group.id(), group.name()));
        }
        Map<String, List<ConsumerGroup>> groups = new HashMap<>();
        for (ConsumerGroupConsumer member : config.consumerGroupConsumers()) {
            ConsumerGroup group = byId.get(member.consumerGroupId());
            if (group != null) {
                groups.computeIfAbsent(member.consumerId(), id -> new ArrayList<>())
                        .add(group);
            }
        }
        groups.replaceAll((consumer, all) ->
                all.stream().sorted(Comparator.comparing(ConsumerGroup::name)).toList());
        return groups;
    }

    /** What a credential becomes; null when its consumer is not there. */
    private @Nullable Held held(Entity entity, DeclarativeConfig config) {
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
                HeldConsumer owner = consumers.get(String.valueOf(value));
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
        return new Held(entity, consumer, dated(credential, entity, config), key == null ? null : Digest.of(key));
    }

    private Dated dated(Credential credential, Entity entity, DeclarativeConfig config) {
        Integer ttl = entity.value() instanceof KeyauthCredential key ? key.ttl() : null;
        return ttl == null || ttl == 0
                ? new Dated(credential, false, 0)
                : new Dated(credential, true, nanos.getAsLong() + TimeUnit.SECONDS.toNanos(ttl - age(entity, config)));
    }

    /** Seconds since its ttl began to count. */
    private long age(Entity entity, DeclarativeConfig config) {
        return Math.max(0, clock.instant().getEpochSecond() - config.ttlSince(entity));
    }

    @Override
    public @Nullable Credential credential(String type, String key) {
        Dated found = types.getOrDefault(type, OfType.NONE).byKey.get(Digest.of(key));
        if (found == null || (found.ends && nanos.getAsLong() - found.endsAt >= 0)) {
            return null;
        }
        return found.credential;
    }

    @Override
    public List<Credential> credentials(String type, Consumer consumer) {
        return types.getOrDefault(type, OfType.NONE).of(consumer.id());
    }

    @Override
    public @Nullable Consumer consumer(String idOrUsername) {
        HeldConsumer found = consumers.get(idOrUsername);
        if (found == null) {
            found = consumersByName.get(idOrUsername);
        }
        return found == null ? null : found.consumer;
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
