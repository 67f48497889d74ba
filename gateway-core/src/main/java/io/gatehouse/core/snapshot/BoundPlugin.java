package io.gatehouse.core.snapshot;

import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.exchange.PluginInstance;
import io.gatehouse.core.plugin.Lifecycle;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.plugin.PluginPage;
import java.util.List;
import java.util.Objects;

/**
 * A plugin instance with what it was made from, shared by all snapshots in which that is the same. Its counter of users
 * is guarded by the one thread that builds and closes snapshots.
 */
final class BoundPlugin {
    private final PluginEntity entity;
    private final Record config;
    private final PluginCatalogue.Known known;
    private final Lifecycle.Created created;
    private final PluginInstance instance;
    private int users;

    BoundPlugin(PluginEntity entity, Record config, PluginCatalogue.Known known, Lifecycle.Created created) {
        this.entity = entity;
        this.config = config;
        this.known = known;
        this.created = created;
        this.instance = new PluginInstance(entity.id(), entity.name(), created.plugin(), created.reads());
    }

    PluginEntity entity() {
        return entity;
    }

    PluginInstance instance() {
        return instance;
    }

    List<PluginPage> pages() {
        return created.pages();
    }

    PluginCatalogue.Known known() {
        return known;
    }

    /** Whether it may serve on as that entity: same place, equal config, same loader and extensions. */
    boolean serves(
            PluginEntity other, Record otherConfig, PluginCatalogue.Known otherKnown, PluginCatalogue catalogue) {
        return entity.id().equals(other.id())
                && entity.name().equals(other.name())
                && Objects.equals(entity.serviceId(), other.serviceId())
                && Objects.equals(entity.routeId(), other.routeId())
                && Objects.equals(entity.consumerId(), other.consumerId())
                && Objects.equals(entity.consumerGroupId(), other.consumerGroupId())
                && known.factory() == otherKnown.factory()
                && created.sameExtensions(catalogue)
                && config.equals(otherConfig);
    }

    void retain() {
        users++;
    }

    void follow(PluginCatalogue catalogue) {
        created.follow(catalogue);
    }

    /**
     * Gives one use back.
     *
     * @return whether it was the last; then the instance has to be closed
     */
    boolean release() {
        return --users == 0;
    }

    void close(Lifecycle lifecycle) {
        lifecycle.close(entity.name(), known.source(), created);
    }

    /** @param done called when it is closed, on another thread */
    void close(Lifecycle lifecycle, Runnable done) {
        lifecycle.close(entity.name(), known.source(), created, done);
    }
}
