package io.gatehouse.core.entity;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.schema.RecordBinder;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.service.Vaults;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A configuration as entities, checked as far as the core can. Deeply immutable. */
public final class DeclarativeConfig {
    private final Compat compat;
    private final RouterFlavor flavor;
    private final Instant since;
    private final Vaults.Draft secrets;
    private final Map<EntityKind, Listing> listings;
    private volatile @Nullable String fingerprint;

    DeclarativeConfig(Compat compat, RouterFlavor flavor, Vaults.Draft secrets, Map<EntityKind, List<Entity>> read) {
        this.compat = compat;
        this.flavor = flavor;
        this.secrets = secrets;
        this.since = Instant.now();
        this.listings = new EnumMap<>(EntityKind.class);
        for (EntityKind kind : EntityKind.values()) {
            listings.put(kind, Listing.of(kind, read.getOrDefault(kind, List.of())));
        }
    }

    /** What another one becomes by edits. */
    DeclarativeConfig(
            DeclarativeConfig before,
            Vaults.Draft secrets,
            Map<EntityKind, List<Entity>> changed,
            Map<EntityKind, Set<String>> gone) {
        this.compat = before.compat;
        this.flavor = before.flavor;
        this.secrets = secrets;
        this.since = before.since;
        this.listings = new EnumMap<>(before.listings);
        for (EntityKind kind : EntityKind.values()) {
            List<Entity> fresh = changed.getOrDefault(kind, List.of());
            Set<String> without = gone.getOrDefault(kind, Set.of());
            if (!fresh.isEmpty() || !without.isEmpty()) {
                listings.put(kind, before.listing(kind).with(fresh, without));
            }
        }
    }

    /** A configuration without entities. */
    public static DeclarativeConfig empty() {
        return new DeclarativeConfig(
                Compat.UNSET,
                RouterFlavor.TRADITIONAL_COMPATIBLE,
                Vaults.over(name -> null).draft(),
                Map.of());
    }

    /** When its files were read; entities that say no other time are as old, whatever was edited beside them. */
    public Instant since() {
        return since;
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
        return listing(kind).all();
    }

    Listing listing(EntityKind kind) {
        return Objects.requireNonNull(listings.get(kind));
    }

    /** Whether no edit between another configuration and this one touched an entity of these kinds. */
    public boolean same(DeclarativeConfig other, EntityKind... kinds) {
        for (EntityKind kind : kinds) {
            if (listing(kind) != other.listing(kind)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The ids of a kind's entities that edits since another configuration may have touched: all that are not the very same,
     * those that are gone too.
     */
    public Set<String> touchedSince(DeclarativeConfig before, EntityKind kind) {
        return listing(kind).touchedSince(before.listing(kind));
    }

    /** The entity of a kind with this id, whatever others are called; null when there is none. */
    public @Nullable Entity withId(EntityKind kind, String id) {
        return listing(kind).withId(id);
    }

    /** The entity of a kind with this id or name; null when there is none. */
    public @Nullable Entity find(EntityKind kind, String idOrName) {
        return listing(kind).find(idOrName);
    }

    /** All entities of a kind in the order of their ids. */
    public List<Entity> sorted(EntityKind kind) {
        return listing(kind).sorted();
    }

    /** The entities of a kind that refer to another one by a field. */
    public List<Entity> referring(EntityKind kind, String field, String id) {
        RecordShape.Component component =
                Objects.requireNonNull(RecordShape.of(kind.type()).component(field));
        List<Entity> found = new ArrayList<>();
        for (Entity entity : all(kind)) {
            if (id.equals(component.of(entity.value()))) {
                found.add(entity);
            }
        }
        return found;
    }

    /** Whether a plugin uses a partial. */
    public boolean isLinked(Entity partial) {
        return plugins().stream()
                .flatMap(plugin -> links(plugin).stream())
                .anyMatch(link -> partial.id().equals(link.id()));
    }

    /** The partials that a plugin uses, each with its id, its name if it has one, and where it stands. */
    public List<PluginEntity.PartialLink> links(PluginEntity plugin) {
        List<PluginEntity.PartialLink> links = new ArrayList<>();
        for (PluginEntity.PartialLink link : plugin.partials()) {
            Entity found = find(EntityKind.PARTIAL, link.id() != null ? link.id() : String.valueOf(link.name()));
            if (found == null) {
                links.add(link);
                continue;
            }
            PartialEntity partial = (PartialEntity) found.value();
            links.add(new PluginEntity.PartialLink(
                    found.id(),
                    partial.name(),
                    link.path() != null ? Partials.fullPath(link.path()) : Partials.standardPath(partial.type())));
        }
        return links;
    }

    /** From when the ttl of one of its entities counts, in seconds since the epoch. */
    public long ttlSince(Entity entity) {
        Long said = entity.ttlSince();
        return said != null ? said : since.getEpochSecond();
    }

    /** Whether its time is over: nobody finds it any more, though it is still kept. */
    public boolean isOver(Entity entity) {
        if (!(entity.value() instanceof KeyauthCredential key) || key.ttl() == null || key.ttl() == 0) {
            return false;
        }
        return Instant.now().getEpochSecond() - ttlSince(entity) >= key.ttl();
    }

    /** Takes what partials supply out of a plugin's config again. */
    public void withoutPartials(PluginEntity plugin, Map<?, ?> shown) {
        for (PluginEntity.PartialLink link : links(plugin)) {
            if (link.path() == null) {
                continue;
            }
            Object holder = shown;
            String[] names = link.path().substring("config.".length()).split("\\.", -1);
            for (int i = 0; i < names.length - 1 && holder instanceof Map<?, ?> map; i++) {
                holder = map.get(names[i]);
            }
            if (holder instanceof Map<?, ?> map) {
                map.remove(names[names.length - 1]);
            }
        }
    }

    /** The entity that users mean by an id, a name, or a key that is unique, such as an API key; null when there is none. */
    public @Nullable Entity locate(EntityKind kind, String key) {
        Entity found = find(kind, key);
        if (found == null && (kind.nameField() == null || kind == EntityKind.PLUGIN)) {
            for (Entity entity : all(kind)) {
                if (isCalled(entity, key)) {
                    return entity;
                }
            }
        }
        return found;
    }

    /** Whether users may mean an entity by an id, name or key; a key may be unique among those of one other entity only. */
    public boolean isCalled(Entity entity, String key) {
        if (entity.id().equals(key)) {
            return true;
        }
        String field = entity.kind().endpointKey();
        RecordShape.Component component =
                field == null ? null : RecordShape.of(entity.kind().type()).component(field);
        Object value = component == null ? null : component.of(entity.value());
        return key.equals(value instanceof Secret secret ? secret.value() : value);
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
        return (List<E>) listing(kind).records();
    }

    /** Whether there is no entity at all. */
    public boolean isEmpty() {
        return listings.values().stream().allMatch(listing -> listing.all().isEmpty());
    }

    /**
     * 32 hexadecimal digits that are the same for the same entities, however they are spread over files,
     * ordered or formatted, whether or not a default of an entity is written out. Every field enters, secrets too; of a
     * secret in a vault its reference.
     */
    public String fingerprint() {
        String known = fingerprint;
        if (known == null) {
            known = Fingerprint.of(this);
            fingerprint = known;
        }
        return known;
    }
}
