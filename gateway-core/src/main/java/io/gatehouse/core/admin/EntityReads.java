package io.gatehouse.core.admin;

import io.gatehouse.core.entity.ConsumerEntity;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.Ids;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Entities as pages and one by one, from one snapshot. Stateless; may be called on any thread, and may take its time. */
final class EntityReads {
    private static final int PAGE = 100;
    private static final int LARGEST_PAGE = 1000;
    private static final Pattern ALL_OF = Pattern.compile("[^,/]+(,[^,/]+)*,?");
    private static final Pattern ONE_OF = Pattern.compile("[^,/]+(/[^,/]+)*/?");

    private EntityReads() {}

    /** The entities of a collection, a page of them. */
    static JsonObject page(Snapshot live, EntityPath path, String uri, MultiMap query, boolean secrets)
            throws AdminError {
        DeclarativeConfig config = live.config();
        Entity parent = path.parent(config);
        List<Entity> all = parent == null
                ? config.sorted(path.kind())
                : sorted(config.referring(path.kind(), path.parentField(), parent.id()));
        Predicate<Entity> tagged = tags(query.get("tags"));
        return page(
                all,
                Entity::id,
                entity -> tagged.test(entity) && !config.isOver(entity),
                new EntityJson(live, secrets)::of,
                uri,
                query);
    }

    /** As in Kong, the consumers of which another system calls one so, in place of a page of them. */
    static JsonObject calledByOthers(Snapshot live, String customId, boolean secrets) throws AdminError {
        if (customId.isEmpty()) {
            throw AdminError.of(400, "custom_id must be an unempty string");
        }
        JsonArray data = new JsonArray();
        EntityJson json = new EntityJson(live, secrets);
        for (Entity consumer : live.config().all(EntityKind.CONSUMER)) {
            if (consumer.value() instanceof ConsumerEntity one && customId.equals(one.customId())) {
                data.add(json.of(consumer));
            }
        }
        return new JsonObject().put("data", data).putNull("next");
    }

    /**
     * A page of anything.
     *
     * @param all sorted by {@code place}
     * @param place tells one from another: an id, or what begins with one and a colon
     */
    static <T> JsonObject page(
            List<T> all,
            Function<T, String> place,
            Predicate<T> wanted,
            Function<T, JsonObject> json,
            String uri,
            MultiMap query)
            throws AdminError {
        int size = size(query.get("size"));
        String after = offset(query.get("offset"));
        JsonArray data = new JsonArray();
        String last = null;
        boolean more = false;
        for (T one : all) {
            String at = place.apply(one);
            if ((after == null || at.compareTo(after) > 0) && wanted.test(one)) {
                if (data.size() == size) {
                    more = true;
                    break;
                }
                data.add(json.apply(one));
                last = at;
            }
        }
        JsonObject page = new JsonObject().put("data", data).putNull("next");
        if (more && last != null) {
            String offset =
                    Base64.getUrlEncoder().withoutPadding().encodeToString(last.getBytes(StandardCharsets.UTF_8));
            StringBuilder next = new StringBuilder(uri).append("?offset=").append(offset);
            for (String kept : List.of("size", "tags")) {
                String value = query.get(kept);
                if (value != null) {
                    next.append('&').append(kept).append('=').append(URLEncoder.encode(value, StandardCharsets.UTF_8));
                }
            }
            page.put("next", next.toString()).put("offset", offset);
        }
        return page;
    }

    private static List<Entity> sorted(List<Entity> entities) {
        List<Entity> sorted = new ArrayList<>(entities);
        sorted.sort(Comparator.comparing(Entity::id));
        return sorted;
    }

    private static int size(@Nullable String text) throws AdminError {
        if (text == null) {
            return PAGE;
        }
        int size;
        try {
            size = Integer.parseInt(text);
        } catch (NumberFormatException notANumber) {
            throw invalidSize("size must be a number");
        }
        if (size < 1 || size > LARGEST_PAGE) {
            throw invalidSize("size must be an integer between 1 and " + LARGEST_PAGE);
        }
        return size;
    }

    private static AdminError invalidSize(String message) {
        return AdminError.coded(400, 9, "invalid size", message, Map.of());
    }

    private static @Nullable String offset(@Nullable String text) throws AdminError {
        if (text == null) {
            return null;
        }
        String id;
        try {
            id = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw invalidOffset(text, "bad base64 encoding");
        }
        if (!Ids.isValid(id.split(":", 2)[0])) {
            throw invalidOffset(text, "not one that a list gave");
        }
        return id;
    }

    private static AdminError invalidOffset(String text, String why) {
        return AdminError.coded(400, 7, "invalid offset", "'" + text + "' is not a valid offset: " + why, Map.of());
    }

    private static Predicate<Entity> tags(@Nullable String text) throws AdminError {
        if (text == null) {
            return entity -> true;
        }
        if (text.isEmpty()) {
            throw invalidTags("cannot be null");
        }
        if (ALL_OF.matcher(text).matches()) {
            List<String> tags = List.of(text.split(","));
            return entity -> entity.tags().containsAll(tags);
        }
        if (ONE_OF.matcher(text).matches()) {
            List<String> tags = List.of(text.split("/"));
            return entity -> entity.tags().stream().anyMatch(tags::contains);
        }
        throw invalidTags("invalid filter syntax");
    }

    private static AdminError invalidTags(String message) {
        return AdminError.coded(
                400, 11, "invalid options", "invalid option (tags: " + message + ")", Map.of("tags", message));
    }
}
