package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.EntitySchema;
import io.gatehouse.core.entity.PartialEntity;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.schema.RecordBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The configs of partials, which are parts of the configs of plugins. Stateless. */
public final class PartialConfigs {
    private PartialConfigs() {}

    /**
     * The record of a type's config: what the first of the plugins that can use it declares for that part. Null when none
     * does; then what stands there is looked at when a plugin uses it.
     */
    public static @Nullable Class<? extends Record> type(String type, PluginCatalogue catalogue) {
        List<Class<? extends Record>> types = types(type, catalogue);
        return types.isEmpty() ? null : types.get(0);
    }

    @SuppressWarnings("unchecked") // parts of configs are records
    private static List<Class<? extends Record>> types(String type, PluginCatalogue catalogue) {
        if (type.equals(PartialEntity.REDIS_EE)) {
            return List.of(); // has fields for sentinels and clusters that no plugin's part has
        }
        List<Class<? extends Record>> types = new ArrayList<>();
        for (PluginCatalogue.Known known : catalogue.plugins()) {
            Class<?> part = EntitySchema.partOf(known.factory().configType(), type);
            if (part != null) {
                types.add((Class<? extends Record>) part);
            }
        }
        return types;
    }

    /**
     * Reports what is wrong with the partials that edits touched, whether or not a plugin uses them: one is right when it is
     * for any plugin, and else wrong in the words of the first.
     *
     * @param before the configuration before the edits
     */
    static void check(
            DeclarativeConfig config, DeclarativeConfig before, PluginCatalogue catalogue, Consumer<Problem> sink) {
        for (String id : config.touchedSince(before, EntityKind.PARTIAL)) {
            Entity entity = config.withId(EntityKind.PARTIAL, id);
            if (entity != null && entity.value() instanceof PartialEntity partial) {
                check(partial, types(partial.type(), catalogue), config.binder(), sink);
            }
        }
    }

    private static void check(
            PartialEntity partial, List<Class<? extends Record>> types, RecordBinder binder, Consumer<Problem> sink) {
        List<Problem> first = null;
        for (Class<? extends Record> type : types) {
            List<Problem> problems = new ArrayList<>();
            if (binder.bind(partial.config(), type, problems::add) != null) {
                problems.forEach(sink);
                return;
            }
            first = first == null ? problems : first;
        }
        if (first != null) {
            first.forEach(sink);
        }
    }
}
