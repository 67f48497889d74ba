package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.EntitySchema;
import io.gatehouse.core.entity.PartialEntity;
import io.gatehouse.core.plugin.PluginCatalogue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The configs of partials, which are parts of the configs of plugins. Stateless. */
public final class PartialConfigs {
    private PartialConfigs() {}

    /**
     * The record of a type's config: what the plugins that can use it declare for that part. Null when none does; then what
     * stands there is looked at when a plugin uses it.
     */
    @SuppressWarnings("unchecked") // parts of configs are records
    public static @Nullable Class<? extends Record> type(String type, PluginCatalogue catalogue) {
        if (type.equals(PartialEntity.REDIS_EE)) {
            return null; // has fields for sentinels and clusters that no plugin's part has
        }
        for (PluginCatalogue.Known known : catalogue.plugins()) {
            Class<?> part = EntitySchema.partOf(known.factory().configType(), type);
            if (part != null) {
                return (Class<? extends Record>) part;
            }
        }
        return null;
    }

    /**
     * Reports what is wrong with the partials that edits touched, whether or not a plugin uses them.
     *
     * @param before the configuration before the edits
     */
    static void check(
            DeclarativeConfig config, DeclarativeConfig before, PluginCatalogue catalogue, Consumer<Problem> sink) {
        for (String id : config.touchedSince(before, EntityKind.PARTIAL)) {
            Entity entity = config.withId(EntityKind.PARTIAL, id);
            if (entity != null && entity.value() instanceof PartialEntity partial) {
                Class<? extends Record> type = type(partial.type(), catalogue);
                if (type != null) {
                    var unused = config.binder().bind(partial.config(), type, sink);
                }
            }
        }
    }
}
