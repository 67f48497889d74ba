package io.gatehouse.core.admin;

import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.PartialEntity;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.entity.VaultEntity;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.schema.RecordData;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.service.EnvVaultConfig;
import io.gatehouse.core.service.FsVaultConfig;
import io.gatehouse.core.snapshot.PartialConfigs;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Entities of one snapshot as Kong shows them: every field, null where there is no value, other entities by their ids,
 * plugins with their whole config. Vault references stay references. Used by one thread.
 */
final class EntityJson {
    private final Snapshot live;
    private final RecordData data;

    /**
     * Shows entities.
     *
     * @param secrets whether secrets are shown as they are
     */
    EntityJson(Snapshot live, boolean secrets) {
        this.live = live;
        this.data = secrets ? RecordData.plain() : RecordData.masked();
    }

    JsonObject of(Entity entity) {
        EntityKind kind = entity.kind();
        Map<String, @Nullable Object> json = data.of(entity.value(), entity.node());
        for (EntityKind.Reference reference : kind.references()) {
            json.computeIfPresent(reference.field(), (field, id) -> Map.of("id", id));
        }
        if (kind == EntityKind.PLUGIN) {
            PluginEntity plugin = (PluginEntity) entity.value();
            json.computeIfPresent("partials", (field, links) -> links(plugin));
            Record config = live.pluginConfig(entity.id());
            if (config != null) {
                Map<String, @Nullable Object> shown =
                        data.of(config, entity.node().get("config"));
                live.config().withoutPartials(plugin, shown); // or nobody could send it back
                RecordShape.of(config.getClass()).addOldNames(shown);
                json.put("config", shown);
            }
        } else if (kind == EntityKind.CERTIFICATE) {
            json.put("snis", snis(entity.id()));
        } else if (kind == EntityKind.ROUTE && live.config().flavor() == RouterFlavor.EXPRESSIONS) {
            json.putIfAbsent("priority", 0);
        }
        // clients fill the defaults of partials in before they compare, and those of vaults they do not
        if (entity.value() instanceof PartialEntity partial) {
            Class<? extends Record> declared = configType(kind, partial.type(), live.catalogue());
            Record config =
                    declared == null ? null : live.config().binder().bind(partial.config(), declared, problem -> {});
            if (config != null) {
                json.put("config", data.of(config, partial.config()));
            }
        } else if (entity.value() instanceof VaultEntity vault
                && vault.config().entries().isEmpty()) {
            json.put("config", null); // clients leave an empty one out, here and in dumps
        }
        for (String time : kind.times()) {
            json.put(time, time(entity, time));
        }
        return new JsonObject(json);
    }

    /** The record of the config of a type of vault, or of partial; null when it is not known. */
    static @Nullable Class<? extends Record> configType(EntityKind kind, String type, PluginCatalogue catalogue) {
        if (kind == EntityKind.PARTIAL) {
            return PartialConfigs.type(type, catalogue);
        }
        return type.equals(FsVaultConfig.TYPE)
                ? FsVaultConfig.class
                : type.equals(EnvVaultConfig.TYPE) ? EnvVaultConfig.class : null;
    }

    private List<Map<String, @Nullable Object>> links(PluginEntity plugin) {
        return live.config().links(plugin).stream()
                .map(link -> data.of(link, null))
                .toList();
    }

    private long time(Entity entity, String field) {
        Long seconds = entity.time(field);
        return seconds != null ? seconds : live.config().since().getEpochSecond();
    }

    private List<String> snis(String certificate) {
        List<String> names = new ArrayList<>();
        for (Entity sni : live.config().referring(EntityKind.SNI, "certificate", certificate)) {
            names.add(sni.name());
        }
        Collections.sort(names);
        return names;
    }
}
