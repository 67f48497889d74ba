package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.Ids;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a path of the Admin API names: {@code /services}, {@code /services/s}, {@code /services/s/routes}, {@code
 * /services/s/routes/r} or {@code /routes/r/service}.
 *
 * @param kind what is meant
 * @param parent the one whose own are meant; null for all
 * @param key the id or name of the one that is meant; null for a collection
 * @param through the field of the parent that refers to what is meant, as in {@code /routes/r/service}; else null
 */
record EntityPath(
        EntityKind kind,
        @Nullable Parent parent,
        @Nullable String key,
        @Nullable String through) {

    /** The one whose own are meant. */
    record Parent(EntityKind kind, String key) {}

    /** Reads the parts of a path; null when it is of something else than entities. */
    static @Nullable EntityPath of(List<String> parts) {
        EntityKind kind = parts.isEmpty() ? null : EntityKind.at(parts.get(0));
        if (kind == null || parts.size() > 4) {
            return null;
        }
        if (parts.size() <= 2) {
            return new EntityPath(kind, null, parts.size() == 1 ? null : parts.get(1), null);
        }
        Parent parent = new Parent(kind, parts.get(1));
        String key = parts.size() == 4 ? parts.get(3) : null;
        for (EntityKind child : kind.children()) {
            if (child.nestedPath().equals(parts.get(2))) {
                // Kong kept the history of targets there; there is none any more
                key = child == EntityKind.TARGET && "all".equals(key) ? null : key;
                return new EntityPath(child, parent, key, null);
            }
        }
        for (EntityKind.Reference reference : kind.references()) {
            if (reference.field().equals(parts.get(2)) && key == null) {
                return new EntityPath(reference.kind(), parent, null, reference.field());
            }
        }
        return null;
    }

    /**
     * The parts of a path.
     *
     * @throws IllegalArgumentException when its escapes are malformed or not UTF-8
     */
    static List<String> parts(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            if (!part.isEmpty()) {
                parts.add(ConfigText.unescaped(part));
            }
        }
        return parts;
    }

    /** Whether a path is of Wasm filters, which are off here; Kong then answers all of those alike. */
    static boolean isOfFilters(List<String> parts) {
        boolean nested = parts.size() > 2
                && (parts.get(0).equals("services") || parts.get(0).equals("routes"))
                && parts.get(2).equals("filter-chains");
        return nested || (!parts.isEmpty() && parts.get(0).equals("filter-chains"));
    }

    /** Whether one entity is meant. */
    boolean single() {
        return key != null || through != null;
    }

    /** The parent in a configuration; null when the path has none. */
    @Nullable
    Entity parent(DeclarativeConfig config) throws AdminError {
        if (parent == null) {
            return null;
        }
        Entity found = located(config, parent.kind(), parent.key());
        if (found == null) {
            throw missing(parent.kind(), parent.key());
        }
        return found;
    }

    /** As in Kong, a certificate is called by the names that it is shown for. */
    private static @Nullable Entity located(DeclarativeConfig config, EntityKind kind, String key) {
        if (!isServerName(kind, key)) {
            return config.locate(kind, key);
        }
        Entity sni = config.locate(EntityKind.SNI, key);
        return sni != null && sni.fields().get("certificate") instanceof String id ? config.find(kind, id) : null;
    }

    private static boolean isServerName(EntityKind kind, String key) {
        return kind == EntityKind.CERTIFICATE && !Ids.isValid(key);
    }

    private static AdminError missing(EntityKind kind, String key) {
        return isServerName(kind, key) ? AdminError.of(404, "SNI not found") : AdminError.notFound();
    }

    /** The name by which a certificate is called; null when it is none or is called by its id. */
    @Nullable
    String serverName() {
        return parent == null && key != null && isServerName(kind, key) ? key : null;
    }

    /** What is answered when there is no such entity. */
    AdminError missing() {
        return parent == null && key != null ? missing(kind, key) : AdminError.notFound();
    }

    /** The field of this kind that refers to the parent. */
    String parentField() {
        if (parent != null) {
            for (EntityKind.Reference reference : kind.references()) {
                if (reference.kind() == parent.kind()) {
                    return reference.field();
                }
            }
        }
        throw new IllegalStateException("no parent");
    }

    /** The one entity that is meant; null when there is none. */
    @Nullable
    Entity find(DeclarativeConfig config) throws AdminError {
        Entity found = any(config);
        return found == null || config.isOver(found) ? null : found;
    }

    private @Nullable Entity any(DeclarativeConfig config) throws AdminError {
        Entity above = parent(config);
        if (through != null && above != null) {
            return above.fields().get(through) instanceof String id ? config.find(kind, id) : null;
        }
        if (above == null || key == null) {
            return key == null ? null : located(config, kind, key);
        }
        for (Entity own : config.referring(kind, parentField(), above.id())) {
            if (config.isCalled(own, key)) {
                return own;
            }
        }
        return null;
    }
}
