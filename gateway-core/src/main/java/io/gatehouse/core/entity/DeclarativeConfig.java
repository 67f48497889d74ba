package io.gatehouse.core.entity;

import io.gatehouse.core.config.Compat;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.schema.RecordBinder;
import io.gatehouse.core.service.Vaults;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A configuration as entities, checked as far as the core can. Deeply immutable. */
public final class DeclarativeConfig {
    private final Compat compat;
    private final RouterFlavor flavor;
    private final Vaults.Draft secrets;
    private final Map<EntityKind, List<Entity>> entities = new EnumMap<>(EntityKind.class);
    private final Map<EntityKind, List<? extends Record>> records = new EnumMap<>(EntityKind.class);
    private final Map<EntityKind, Map<String, Entity>> byKey = new EnumMap<>(EntityKind.class);
    private final String fingerprint;

    DeclarativeConfig(Compat compat, RouterFlavor flavor, Vaults.Draft secrets, Map<EntityKind, List<Entity>> read) {
        this.compat = compat;
        this.flavor = flavor;
        this.secrets = secrets;
        for (EntityKind kind : EntityKind.values()) {
            List<Entity> all = List.copyOf(read.getOrDefault(kind, List.of()));
            List<Record> values = new ArrayList<>(all.size());
            Map<String, Entity> keys = new HashMap<>();
            for (Entity entity : all) {
                values.add(entity.value());
                keys.put(entity.id(), entity);
            }
            for (Entity entity : all) {
                if (kind.nameField() != null && kind != EntityKind.PLUGIN) {
                    keys.putIfAbsent(entity.name(), entity);
                }
            }
            entities.put(kind, all);
            records.put(kind, List.copyOf(values));
            byKey.put(kind, keys);
        }
        this.fingerprint = Fingerprint.of(this);
    }

    /** A configuration without entities. */
    public static DeclarativeConfig empty() {
        return new DeclarativeConfig(
                Compat.UNSET,
                RouterFlavor.TRADITIONAL_COMPATIBLE,
                Vaults.over(name -> null).draft(),
                Map.of());
    }

    /** Whose defaults hold. */
    public Compat compat() {
        return compat;
    }

    /** How its routes are matched. */
    public RouterFlavor flavor() {
        return flavor;
    }

    /** What its vault references were looked up in; to be committed when it goes live. */
    public Vaults.Draft secrets() {
        return secrets;
    }

    /** Binds the configs of plugins with the vaults and the defaults of this configuration. */
    public RecordBinder binder() {
        return new RecordBinder(secrets, compat);
    }

    /** All entities of a kind, nested ones too, in the order of the files. */
    public List<Entity> all(EntityKind kind) {
        return Objects.requireNonNull(entities.get(kind));
    }

    /** The entity of a kind with this id or name; null when there is none. */
    public @Nullable Entity find(EntityKind kind, String idOrName) {
        return Objects.requireNonNull(byKey.get(kind)).get(idOrName);
    }

    /** All services in the order of the files. */
    public List<ServiceEntity> services() {
        return records(EntityKind.SERVICE);
    }

    /** All routes, nested ones too, in the order of the files. */
    public List<RouteEntity> routes() {
        return records(EntityKind.ROUTE);
    }

    /** All plugins, nested and disabled ones too, in the order of the files. */
    public List<PluginEntity> plugins() {
        return records(EntityKind.PLUGIN);
    }

    /** All consumers in the order of the files. */
    public List<ConsumerEntity> consumers() {
        return records(EntityKind.CONSUMER);
    }

    /** All consumer groups in the order of the files. */
    public List<ConsumerGroupEntity> consumerGroups() {
        return records(EntityKind.CONSUMER_GROUP);
    }

    /** Which consumers are in which groups. */
    public List<ConsumerGroupConsumer> consumerGroupConsumers() {
        return records(EntityKind.CONSUMER_GROUP_CONSUMER);
    }

    /** All vaults in the order of the files. */
    public List<VaultEntity> vaults() {
        return records(EntityKind.VAULT);
    }

    /** The service with this id or name; null when there is none. */
    public @Nullable ServiceEntity service(String idOrName) {
        Entity entity = find(EntityKind.SERVICE, idOrName);
        return entity == null ? null : (ServiceEntity) entity.value();
    }

    /** The route with this id or name; null when there is none. */
    public @Nullable RouteEntity route(String idOrName) {
        Entity entity = find(EntityKind.ROUTE, idOrName);
        return entity == null ? null : (RouteEntity) entity.value();
    }

    /** The consumer with this id or username; null when there is none. */
    public @Nullable ConsumerEntity consumer(String idOrUsername) {
        Entity entity = find(EntityKind.CONSUMER, idOrUsername);
        return entity == null ? null : (ConsumerEntity) entity.value();
    }

    @SuppressWarnings("unchecked") // the entities of a kind have records of its type only
    private <E extends Record> List<E> records(EntityKind kind) {
        return (List<E>) Objects.requireNonNull(records.get(kind));
    }

    /**
     * 32 hexadecimal digits that are the same for the same entities, however they are spread over files,
     * ordered or formatted, whether or not a default of an entity is written out. Every field enters, secrets too; of a
     * secret in a vault its reference.
     */
    public String fingerprint() {
        return fingerprint;
    }
}
